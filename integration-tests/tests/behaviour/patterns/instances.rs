//! Patterns 12 to 15: a task that runs several times.

use serde_json::json;

use super::stage::{Scene, Story};

/// Checks that so many instances of the task have run, all of them before `next` was ready.
fn ran_before(story: &Story, instances: usize, name: impl Fn(usize) -> String, next: &str) {
    let next = format!("TASK_READY {next}");
    for place in 0..instances {
        let name = name(place);
        story.tells(&[&format!("ATTEMPT_STARTED {name}"), &format!("TASK_SUCCEEDED {name}"), &next]);
    }
    assert_eq!(story.count(&format!("TASK_READY {}", name(instances))), 0);
}

pub(super) async fn without_synchronization(scene: Scene<'_>) {
    scene.hold(&["tell[1].mail"]);
    let play = scene.begin(json!({"people": ["ann", "bob"]})).await;
    play.started("tell[1].mail").await;
    play.succeeded("send").await;
    play.let_go("tell[1].mail");
    let story = play.succeeds().await;
    story.tells(&["TASK_SUCCEEDED send", "TASK_SUCCEEDED tell[1].mail", "WORKFLOW_SUCCEEDED"]);
    assert_eq!(story.count("TASK_SUCCEEDED tell[0].mail"), 1);
    assert_eq!(story.result(), json!({"sent": true}));
}

pub(super) async fn of_the_design(scene: Scene<'_>) {
    let names = ["review[0].ask", "review[1].ask", "review[2].ask"];
    scene.hold(&names);
    let play = scene.begin(json!({})).await;
    for name in names {
        play.started(name).await;
    }
    // The answers come in another order than they are asked for.
    for name in names.iter().rev() {
        play.let_go(name);
        play.succeeded(name).await;
    }
    let story = play.succeeds().await;
    ran_before(&story, 3, |place| format!("review[{place}].ask"), "decide");
    let answer = |whom: &str| json!({"ask": {"whom": whom}});
    assert_eq!(story.result()["decide"]["answers"], json!([answer("ann"), answer("bob"), answer("eve")]));
}

pub(super) async fn of_the_run(scene: Scene<'_>) {
    for parts in [vec!["lid", "pot"], vec!["a", "b", "c", "d", "e"], vec![]] {
        let story = scene.run(json!({"parts": parts})).await;
        ran_before(&story, parts.len(), |place| format!("each[{place}].order"), "assemble");
        story.tells(&["TASK_SUCCEEDED look_up", "TASK_SUCCEEDED each", "TASK_READY assemble"]);
    }
}

pub(super) async fn that_come_up(scene: Scene<'_>) {
    let first = "rounds[0].each[0].check";
    scene.hold(&[first]);
    let play = scene.begin(json!({"reports": ["one"]})).await;
    play.started(first).await;
    play.waits("rounds[0].more").await;
    play.signal("more", json!({"items": ["two", "three"]})).await;
    play.succeeded("rounds[0].more").await;
    play.let_go(first);
    for place in 0..2 {
        play.succeeded(&format!("rounds[1].each[{place}].check")).await;
    }
    play.signal("more", json!({"items": []})).await;
    let story = play.succeeds().await;
    story.tells(&[
        "ATTEMPT_STARTED rounds[0].each[0].check",
        "TASK_SUCCEEDED rounds[0].more",
        "TASK_SUCCEEDED rounds[0].each[0].check",
    ]);
    ran_before(&story, 2, |place| format!("rounds[1].each[{place}].check"), "settle");
    assert_eq!(story.count("TASK_SUCCEEDED rounds[2].each"), 0);
}
