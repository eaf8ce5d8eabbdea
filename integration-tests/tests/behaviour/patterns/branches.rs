//! Patterns 6 to 11: any number of ways, what waits for some of them, cycles, and ends.

use serde_json::json;

use super::stage::Scene;

/// Which of the two ways are chosen.
const CHOICES: [(bool, bool); 4] = [(true, true), (true, false), (false, true), (false, false)];

fn chosen(hotel: bool, car: bool) -> Vec<&'static str> {
    [("hotel", hotel), ("car", car)].into_iter().filter(|(_, chosen)| *chosen).map(|(name, _)| name).collect()
}

pub(super) async fn multi_choice(scene: Scene<'_>) {
    for (hotel, car) in CHOICES {
        let story = scene.run(json!({"hotel": hotel, "car": car})).await;
        story.ran_only(&chosen(hotel, car), &["hotel", "car"]);
    }
}

pub(super) async fn synchronizing_merge(scene: Scene<'_>) {
    for (hotel, car) in CHOICES {
        let chosen = chosen(hotel, car);
        scene.hold(&chosen);
        let play = scene.begin(json!({"hotel": hotel, "car": car})).await;
        for task in &chosen {
            play.started(task).await;
        }
        for task in &chosen {
            play.let_go(task);
            play.succeeded(task).await;
        }
        let story = play.succeeds().await;
        story.ran_only(&chosen, &["hotel", "car"]);
        let mut order: Vec<String> = chosen.iter().map(|task| format!("TASK_SUCCEEDED {task}")).collect();
        order.extend(["TASK_READY confirm", "TASK_SUCCEEDED confirm"].map(str::to_owned));
        story.tells(&order.iter().map(String::as_str).collect::<Vec<_>>());
    }
}

pub(super) async fn multi_merge(scene: Scene<'_>) {
    scene.hold(&["each[0].by_mail"]);
    let play = scene.begin(json!({"ways": ["mail", "phone"]})).await;
    play.started("each[0].by_mail").await;
    play.succeeded("each[1].note").await;
    play.let_go("each[0].by_mail");
    let story = play.succeeds().await;
    story.ran_only(
        &["each[0].by_mail", "each[0].note"],
        &["each[0].by_mail", "each[0].by_phone", "each[0].note"],
    );
    story.ran_only(
        &["each[1].by_phone", "each[1].note"],
        &["each[1].by_mail", "each[1].by_phone", "each[1].note"],
    );
    story.tells(&[
        "TASK_SUCCEEDED each[1].note",
        "TASK_SUCCEEDED each[0].by_mail",
        "TASK_SUCCEEDED each[0].note",
    ]);
}

pub(super) async fn discriminator(scene: Scene<'_>) {
    scene.hold(&["north", "west"]);
    let play = scene.begin(json!({})).await;
    play.succeeded("begin").await;
    play.let_go("west");
    play.succeeded("decide").await;
    play.let_go("north");
    let story = play.succeeds().await;
    story.tells(&[
        "TASK_SUCCEEDED south",
        "TASK_READY begin",
        "TASK_SUCCEEDED begin",
        "TASK_SUCCEEDED west",
        "TASK_READY decide",
        "TASK_SUCCEEDED decide",
        "TASK_SUCCEEDED north",
    ]);
}

pub(super) async fn structured_loop(scene: Scene<'_>) {
    let story = scene.run(json!({"tries": 3})).await;
    story.tells(&[
        "TASK_SUCCEEDED until_good[0].write",
        "TASK_SUCCEEDED until_good[0].check",
        "TASK_READY until_good[1].write",
        "TASK_SUCCEEDED until_good[1].check",
        "TASK_READY until_good[2].write",
        "TASK_SUCCEEDED until_good[2].check",
        "TASK_READY publish",
    ]);
    assert_eq!(story.count("TASK_READY until_good[3].write"), 0);
}

pub(super) async fn implicit_termination(scene: Scene<'_>) {
    scene.hold(&["archive"]);
    let play = scene.begin(json!({})).await;
    play.succeeded("answer").await;
    play.let_go("archive");
    let story = play.succeeds().await;
    story.tells(&["TASK_SUCCEEDED answer", "TASK_SUCCEEDED archive", "WORKFLOW_SUCCEEDED"]);
}
