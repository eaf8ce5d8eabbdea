//! Submitting workloads and reading from the database what became of them.

use std::time::Duration;

use futures::stream::{self, StreamExt as _, TryStreamExt as _};
use goalpost_proto::v1::central_decision_group_client::CentralDecisionGroupClient;
use goalpost_proto::v1::{Blueprint, SubmitGoalRequest};
use serde_json::{Map, Value, json};
use tokio_postgres::Client;
use tonic::transport::Channel;

use crate::Error;
use crate::system::System;

/// Goals that are on their way at once.
const SUBMITTERS: usize = 64;

pub(crate) type Submitter = CentralDecisionGroupClient<Channel>;

pub(crate) async fn connect(system: &System) -> Result<Submitter, Error> {
    Ok(CentralDecisionGroupClient::connect(system.endpoints.decision_group.clone()).await?)
}

/// An input of about 200 bytes.
pub(crate) fn input(number: usize) -> Map<String, Value> {
    let Value::Object(input) = json!({"payload": "p".repeat(200), "left": number.is_multiple_of(2)}) else {
        return Map::new();
    };
    input
}

pub(crate) async fn submit(
    client: &mut Submitter,
    blueprint: &Blueprint,
    number: usize,
) -> Result<String, Error> {
    let request = SubmitGoalRequest {
        blueprint: Some(blueprint.clone()),
        input: Some(goalpost_proto::struct_from_map(&input(number))),
        ..SubmitGoalRequest::default()
    };
    Ok(client.submit_goal(request).await?.into_inner().id)
}

/// Submits `count` goals, many at once.
pub(crate) async fn submit_many(
    client: &Submitter,
    blueprint: &Blueprint,
    count: usize,
) -> Result<(), Error> {
    stream::iter(0..count)
        .map(|number| {
            let mut client = client.clone();
            async move { submit(&mut client, blueprint, number).await }
        })
        .buffer_unordered(SUBMITTERS)
        .try_for_each(async |_| Ok(()))
        .await
}

/// Waits until no goal is open. This watches from outside and is no part of the system: it asks.
pub(crate) async fn wait_for_all(database: &Client) -> Result<(), Error> {
    let open = "SELECT count(*) FROM goals WHERE is_open_goal(state)";
    while database.query_one(open, &[]).await?.get::<_, i64>(0) > 0 {
        tokio::time::sleep(Duration::from_millis(100)).await;
    }
    let failed = "SELECT count(*) FROM goals WHERE state <> 'SUCCEEDED'";
    match database.query_one(failed, &[]).await?.get::<_, i64>(0) {
        0 => Ok(()),
        failed => Err(format!("{failed} goals did not succeed").into()),
    }
}

/// Forgets everything, so that each workload begins with empty tables.
pub(crate) async fn clear(database: &Client) -> Result<(), Error> {
    // With what belongs to goals.
    let clear = "TRUNCATE goals, workflows, tasks, events, histories CASCADE; CHECKPOINT";
    database.batch_execute(clear).await?;
    Ok(())
}

/// How long the work took by the clock of the database.
pub(crate) struct Span {
    /// Tasks that succeeded.
    pub(crate) steps: f64,
    /// From the first goal's submission to the last goal's end.
    pub(crate) whole_seconds: f64,
    /// From the first attempt's start to the last workflow's end.
    pub(crate) run_seconds: f64,
}

pub(crate) async fn span(database: &Client) -> Result<Span, Error> {
    let row = database
        .query_one(
            "SELECT (SELECT count(*) FROM tasks WHERE state = 'SUCCEEDED')::float8, \
                    (SELECT extract(epoch FROM max(ended_at) - min(created_at)) FROM goals)::float8, \
                    extract(epoch FROM (SELECT max(ended_at) FROM workflows) - (SELECT min(started_at) FROM tasks))::float8",
            &[],
        )
        .await?;
    Ok(Span { steps: row.try_get(0)?, whole_seconds: row.try_get(1)?, run_seconds: row.try_get(2)? })
}

#[cfg(test)]
mod tests {
    #[tokio::test]
    async fn every_workload_can_begin_with_empty_tables() {
        let database = goalpost_testkit::database().await;
        let client = database.client().await;
        client
            .batch_execute(
                "INSERT INTO goals (id, goal, goal_type, input, state) VALUES (gen_random_uuid(), 'g', '', '{}', 'SUBMITTED')",
            )
            .await
            .expect("a goal");
        super::clear(&client).await.expect("empty tables");
        let goals: i64 = client.query_one("SELECT count(*) FROM goals", &[]).await.expect("a count").get(0);
        assert_eq!(goals, 0);
    }
}
