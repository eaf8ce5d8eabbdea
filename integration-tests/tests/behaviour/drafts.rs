//! Goals that a language model plans keep nobody waiting, and nothing of them is lost.

use std::sync::Arc;

use goalpost_client::v1::GoalState;
use goalpost_client::{Client, NewGoal};
use goalpost_queue::{List, Queue};
use goalpost_testkit::llm::{Line, Server};
use goalpost_testkit::wait_for;
use serde_json::{Value, json};
use tokio::sync::Semaphore;

use crate::harness::{OnStores, TestWorker, blueprint, echo_worker, on_stores_with};
use crate::llm::{flags, plan, result, tea, used};
use crate::truth::flush;

/// A system whose language model holds its answers back until there are permits.
struct Held {
    on: OnStores,
    server: Server,
    permits: Arc<Semaphore>,
    client: Client,
    _worker: TestWorker,
}

async fn held(answers: usize) -> Held {
    let permits = Arc::new(Semaphore::new(0));
    let answer = plan("test.echo").to_string();
    let lines = (0..answers).map(|_| Line::Held(answer.clone(), Arc::clone(&permits)));
    let server = Server::start(lines).await;
    let flags = flags(&server.url());
    let on = on_stores_with(&flags.each_ref().map(String::as_str)).await;
    let (client, worker) = (on.system.client(), echo_worker(&on.system.endpoints.graph_engine));
    Held { on, server, permits, client, _worker: worker }
}

impl Held {
    async fn asked(&self, times: usize) {
        wait_for(format!("{times} requests"), async || (self.server.recorded().len() == times).then_some(()))
            .await;
    }

    async fn submit(&self, goal: NewGoal) -> String {
        self.client.submit(goal).await.unwrap().id
    }

    async fn succeeds(&self, goal: &str) -> Value {
        result(self.client.wait(goal).await.unwrap())
    }
}

/// A goal with a goal inside of it.
fn around(words: &str) -> NewGoal {
    NewGoal::blueprint(blueprint(json!({
        "name": "outer",
        "tasks": [{"name": "inner", "capability": "goalpost.sub_goal",
                   "input": {"goal": words, "input": {"cups": 2}}}],
    })))
}

#[tokio::test]
async fn goals_that_need_no_model_do_not_wait_for_those_that_do_nor_do_these_for_each_other() {
    let held = held(3).await;
    let slow = held.submit(NewGoal::text("Say this")).await;
    held.asked(1).await;
    // What comes behind it is not held up, whichever way it goes.
    let quick = held.submit(tea()).await;
    assert_eq!(held.client.wait(&quick).await.unwrap().state(), GoalState::Succeeded);
    let second = held.submit(NewGoal::text("Say that")).await;
    held.asked(2).await;
    let inside = held.submit(around("Say something else")).await;
    held.asked(3).await;
    let quick_inside = held.submit(around("Brew some tea")).await;
    assert_eq!(held.client.wait(&quick_inside).await.unwrap().state(), GoalState::Succeeded);
    held.on.system.verify().await;
    held.permits.add_permits(3);
    assert_eq!(held.succeeds(&slow).await, json!({"say": {"words": "Say this"}}));
    assert_eq!(held.succeeds(&second).await, json!({"say": {"words": "Say that"}}));
    let echoed = json!({"inner": {"say": {"words": "Say something else"}}});
    assert_eq!(held.succeeds(&inside).await, echoed);
    assert_eq!(held.server.recorded().len(), 3);
    held.on.system.verify().await;
}

#[tokio::test]
async fn what_a_model_plans_is_delivered_to_a_new_redis_and_asked_for_once() {
    let held = held(2).await;
    let goal = held.submit(NewGoal::text("Say this")).await;
    let inside = held.submit(around("Say that")).await;
    held.asked(2).await;
    flush(&held.on).await;
    // A delivery that comes again finds that somebody is at it.
    let queue = Queue::new(&held.on.redis.url()).unwrap();
    wait_for("both to be taken again", async || {
        let taken = queue.contents().await.ok()?.taken;
        (taken.iter().filter(|(_, list, _)| *list == List::drafts()).count() == 2).then_some(())
    })
    .await;
    held.permits.add_permits(2);
    held.succeeds(&goal).await;
    held.succeeds(&inside).await;
    let decided = held.client.get(&goal).await.unwrap();
    assert_eq!((decided.decisions.len(), &decided.decisions[0].usage), (1, &used(1)));
    assert_eq!(held.server.recorded().len(), 2);
    held.on.system.verify().await;
}

#[tokio::test]
async fn a_goal_that_is_cancelled_while_a_model_plans_stays_so_and_what_it_took_is_journaled() {
    let held = held(1).await;
    let goal = held.submit(NewGoal::text("Say this")).await;
    held.asked(1).await;
    held.client.cancel(&goal, "changed my mind").await.unwrap();
    held.permits.add_permits(1);
    let database = held.on.database.client().await;
    let steps = "SELECT count(*) FROM planning_steps";
    wait_for("the step", async || {
        (database.query_one(steps, &[]).await.unwrap().get::<_, i64>(0) == 1).then_some(())
    })
    .await;
    assert_eq!(held.client.get(&goal).await.unwrap().state(), GoalState::Cancelled);
    let other = held.submit(tea()).await;
    assert_eq!(held.client.wait(&other).await.unwrap().state(), GoalState::Succeeded);
    held.on.system.verify().await;
}
