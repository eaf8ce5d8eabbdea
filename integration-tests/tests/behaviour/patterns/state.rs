//! Patterns 16 to 20: what the world decides, and what is withdrawn.

use goalpost_client::v1::GoalState;
use serde_json::json;

use super::stage::{Scene, Story};

pub(super) async fn deferred_choice(scene: Scene<'_>) {
    for (signal, wins, loses, way) in
        [("accept", "accepted", "refused", "book"), ("refuse", "refused", "accepted", "offer_again")]
    {
        let play = scene.begin(json!({})).await;
        play.waits("accepted").await;
        play.waits("refused").await;
        play.signal(signal, json!({})).await;
        let story = play.succeeds().await;
        story.tells(&[
            &format!("TASK_SUCCEEDED {wins}"),
            &format!("TASK_CANCELLED {loses}"),
            "WORKFLOW_SUCCEEDED",
        ]);
        story.tells(&[
            &format!("TASK_SUCCEEDED {wins}"),
            "TASK_SUCCEEDED first",
            &format!("TASK_READY {way}"),
        ]);
        story.ran_only(&[way], &["book", "offer_again"]);
    }
}

pub(super) async fn interleaved_routing(scene: Scene<'_>) {
    for order in [["blood", "eyes", "lungs"], ["lungs", "blood", "eyes"]] {
        let story = scene.run(json!({"order": order})).await;
        let told = order.iter().enumerate().flat_map(|(place, task)| {
            ["TASK_READY", "ATTEMPT_STARTED", "TASK_SUCCEEDED"]
                .map(|word| format!("{word} visit[{place}].{task}"))
        });
        let told: Vec<String> = told.collect();
        story.tells(&told.iter().map(String::as_str).collect::<Vec<_>>());
        let others = |place: usize| ["blood", "eyes", "lungs"].map(|task| format!("visit[{place}].{task}"));
        for (place, task) in order.iter().enumerate() {
            let others = others(place);
            let others: Vec<&str> = others.iter().map(String::as_str).collect();
            story.ran_only(&[&format!("visit[{place}].{task}")], &others);
        }
    }
}

pub(super) async fn milestone(scene: Scene<'_>) {
    // In time.
    let play = scene.begin(json!({})).await;
    play.waits("change").await;
    play.signal("change", json!({})).await;
    play.succeeded("make_the_change").await;
    play.signal("due", json!({})).await;
    let story = play.succeeds().await;
    story.tells(&[
        "TASK_SUCCEEDED placed",
        "TASK_WAITING change",
        "TASK_SUCCEEDED make_the_change",
        "TASK_SUCCEEDED due",
        "TASK_SUCCEEDED send",
    ]);

    // Too late.
    scene.hold(&["send"]);
    let play = scene.begin(json!({})).await;
    play.waits("due").await;
    play.signal("due", json!({})).await;
    play.started("send").await;
    play.signal("change", json!({})).await;
    play.let_go("send");
    let story = play.succeeds().await;
    story.tells(&["TASK_SUCCEEDED due", "TASK_CANCELLED change", "TASK_SUCCEEDED send"]);
    story.ran_only(&["send"], &["make_the_change", "send"]);

    // Too early: it is kept until the offer is there.
    scene.hold(&["placed"]);
    let play = scene.begin(json!({})).await;
    play.started("placed").await;
    play.signal("change", json!({})).await;
    play.let_go("placed");
    play.succeeded("make_the_change").await;
    play.signal("due", json!({})).await;
    let story = play.succeeds().await;
    story.tells(&["TASK_SUCCEEDED placed", "TASK_SUCCEEDED change", "TASK_READY make_the_change"]);
}

pub(super) async fn cancel_activity(scene: Scene<'_>) {
    scene.hold(&["search"]);
    let play = scene.begin(json!({})).await;
    play.started("search").await;
    play.signal("enough", json!({})).await;
    play.stopped("search").await;
    let story = play.succeeds().await;
    story.tells(&[
        "ATTEMPT_STARTED search",
        "TASK_SUCCEEDED enough",
        "TASK_CANCELLED search",
        "TASK_SUCCEEDED report",
    ]);
}

pub(super) async fn cancel_case(mut scene: Scene<'_>) {
    // By hand.
    scene.hold(&["paint", "build"]);
    let play = scene.begin(json!({})).await;
    play.started("paint").await;
    play.started("build").await;
    play.cancel().await;
    play.stopped("paint").await;
    play.stopped("build").await;
    let story = play.ends().await;
    assert_eq!(story.goal.state(), GoalState::Cancelled);
    withdrawn(&story);

    // By its deadline.
    scene.blueprint.deadline_ms = 1;
    scene.hold(&["paint", "build"]);
    let story = scene.begin(json!({})).await.ends().await;
    assert_eq!(story.goal.failure.as_ref().unwrap().kind, "DEADLINE_EXCEEDED");
    withdrawn(&story);
}

fn withdrawn(story: &Story) {
    for task in ["paint", "build", "move_in"] {
        assert_eq!(story.count(&format!("TASK_CANCELLED {task}")), 1, "{task}");
        assert_eq!(story.count(&format!("TASK_SUCCEEDED {task}")), 0, "{task}");
    }
    assert_eq!(story.count("TASK_READY move_in"), 0);
}
