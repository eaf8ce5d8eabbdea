//! `kill -9` in the middle of many workflows.

use std::time::Duration;

use futures::future::join_all;
use goalpost_client::NewGoal;
use goalpost_client::v1::GoalState;
use goalpost_testkit::wait_for;

use crate::harness::{System, chain, folder, for_several_lives, worker};

const WORKFLOWS: usize = 200;

#[tokio::test]
async fn two_hundred_workflows_survive_a_kill() {
    let arguments = for_several_lives();
    let system = System::start(folder(), &arguments).await;
    let worker = worker(&system.endpoints.graph_engine, |_, input| async move {
        // Long enough that many attempts run at the moment of the kill.
        tokio::time::sleep(Duration::from_millis(20)).await;
        Ok(input)
    });
    let client = system.client();
    let submitted = join_all((0..WORKFLOWS).map(|_| client.submit(NewGoal::blueprint(chain(5))))).await;
    let goals: Vec<String> = submitted.into_iter().map(|goal| goal.unwrap().id).collect();
    wait_for("the middle", async || (worker.begun.lock().unwrap().len() >= WORKFLOWS).then_some(())).await;
    let data = system.kill().await;
    let second = System::start(data, &arguments).await;
    for goal in &goals {
        let ended = second.client().wait(goal).await.unwrap();
        assert_eq!(ended.state(), GoalState::Succeeded, "{:?}", ended.failure);
    }
    worker.assert_nothing_ran_twice();
    second.verify().await;
    second.stop().await;
}
