//! Stores that go down and come back.

use goalpost_client::NewGoal;
use goalpost_client::v1::{GetGoalRequest, GoalState, SubmitGoalRequest};
use goalpost_testkit::{own_postgres, redis, wait_for};
use tonic::Code;

use crate::harness::{System, chain, echo_worker, folder};

#[tokio::test]
async fn calls_are_unavailable_while_postgresql_is_down_and_everything_goes_on_afterwards() {
    let (mut postgres, _data) = own_postgres().await;
    let redis = redis().await;
    let stores =
        ["--database-url", &postgres.url("goalpost"), "--redis-url", &redis.url()].map(str::to_owned);
    let system = System::start(folder(), &stores).await;
    let _worker = echo_worker(&system.endpoints.graph_engine);
    let client = system.client();
    let goal = client.submit(NewGoal::blueprint(chain(2))).await.unwrap();
    assert_eq!(client.wait(&goal.id).await.unwrap().state(), GoalState::Succeeded);
    postgres.kill().await;
    // Not through the client, which would try again.
    let cake = SubmitGoalRequest { goal: "Bake a cake".to_owned(), ..SubmitGoalRequest::default() };
    assert_eq!(client.raw().submit_goal(cake).await.unwrap_err().code(), Code::Unavailable);
    let get = GetGoalRequest { id: goal.id };
    assert_eq!(client.raw().get_goal(get).await.unwrap_err().code(), Code::Unavailable);
    postgres.restart().await.unwrap();
    let next =
        wait_for("the next goal", async || client.submit(NewGoal::blueprint(chain(3))).await.ok()).await;
    let ended = wait_for("its end", async || client.wait(&next.id).await.ok()).await;
    assert_eq!(ended.state(), GoalState::Succeeded);
    wait_for("the verification", async || {
        system.persistence().await.verify(goalpost_client::v1::VerifyRequest::default()).await.ok()
    })
    .await;
    system.verify().await;
}

#[tokio::test]
async fn a_redis_that_dies_and_comes_back_empty_loses_nothing() {
    let database = goalpost_testkit::database().await;
    let mut redis = redis().await;
    let stores = ["--database-url", database.url(), "--redis-url", &redis.url()].map(str::to_owned);
    let system = System::start(folder(), &stores).await;
    let client = system.client();
    let mut goals = Vec::new();
    for _ in 0..10 {
        goals.push(client.submit(NewGoal::blueprint(chain(3))).await.unwrap().id);
    }
    redis.kill().await;
    // Goals are taken all the same.
    goals.push(client.submit(NewGoal::blueprint(chain(3))).await.unwrap().id);
    redis.restart().await.unwrap();
    let worker = echo_worker(&system.endpoints.graph_engine);
    for goal in &goals {
        assert_eq!(client.wait(goal).await.unwrap().state(), GoalState::Succeeded);
    }
    worker.assert_nothing_ran_twice();
    system.verify().await;
}
