//! Patterns 1 to 5: sequences, splits and choices of which all or one way is gone.

use serde_json::json;

use super::stage::Scene;

pub(super) async fn sequence(scene: Scene<'_>) {
    let story = scene.run(json!({})).await;
    story.tells(&[
        "TASK_READY pack",
        "TASK_SUCCEEDED pack",
        "TASK_READY send",
        "TASK_SUCCEEDED send",
        "TASK_READY bill",
        "TASK_SUCCEEDED bill",
    ]);
}

pub(super) async fn parallel_split(scene: Scene<'_>) {
    scene.hold(&["pack", "bill"]);
    let play = scene.begin(json!({})).await;
    // Neither ends before both have begun.
    play.started("pack").await;
    play.started("bill").await;
    play.let_go("pack");
    play.let_go("bill");
    let story = play.succeeds().await;
    story.tells(&["TASK_SUCCEEDED order", "ATTEMPT_STARTED pack", "TASK_SUCCEEDED bill"]);
    story.tells(&["TASK_SUCCEEDED order", "ATTEMPT_STARTED bill", "TASK_SUCCEEDED pack"]);
}

pub(super) async fn synchronization(scene: Scene<'_>) {
    scene.hold(&["pack"]);
    let play = scene.begin(json!({})).await;
    play.succeeded("bill").await;
    play.let_go("pack");
    let story = play.succeeds().await;
    story.tells(&["TASK_SUCCEEDED bill", "TASK_SUCCEEDED pack", "TASK_READY send", "TASK_SUCCEEDED send"]);
}

pub(super) async fn exclusive_choice(scene: Scene<'_>) {
    for (total, way) in [(5000, "inspect"), (500, "ask"), (50, "accept")] {
        let story = scene.run(json!({"total": total})).await;
        story.ran_only(&[way], &["inspect", "ask", "accept"]);
    }
}

pub(super) async fn simple_merge(scene: Scene<'_>) {
    for (card, way) in [(true, "by_card"), (false, "by_bill")] {
        let story = scene.run(json!({"card": card})).await;
        story.ran_only(&[way, "send"], &["by_card", "by_bill", "send"]);
        story.tells(&[&format!("TASK_SUCCEEDED {way}"), "TASK_READY send", "TASK_SUCCEEDED send"]);
    }
}
