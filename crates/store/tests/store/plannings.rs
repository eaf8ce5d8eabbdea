//! What a language model plans, and the journal of what it has said.

use goalpost_model::{
    AttemptRef, Digest, GoalId, LlmUsage, ModelAnswer, PlanningRef, PlanningStep, WorkflowId,
};
use goalpost_store::outbox::{PlannedBy, open_goals, unplanned_tasks};
use goalpost_store::{Store, plannings, retention};
use tokio_postgres::Client;
use uuid::Uuid;

async fn submitted(client: &Client) -> GoalId {
    let id = Uuid::now_v7();
    let submit =
        "INSERT INTO goals (id, goal, goal_type, input, state) VALUES ($1, 'a goal', '', '{}', 'SUBMITTED')";
    client.execute(submit, &[&id]).await.unwrap();
    GoalId(id)
}

/// A goal that runs, and whose only task waits for a plan.
async fn with_task(client: &Client) -> AttemptRef {
    let GoalId(id) = submitted(client).await;
    client
        .execute("UPDATE goals SET state = 'RUNNING', blueprint_digest = '' WHERE id = $1", &[&id])
        .await
        .unwrap();
    let begin = "\
        WITH d AS (UPDATE histories SET last_number = last_number + 1, begun = true WHERE id = $1 RETURNING last_number) \
        INSERT INTO workflows (id, blueprint_digest, goal_text, goal_input, state, event) \
        SELECT $1, '', '', '{}', 'RUNNING', last_number FROM d";
    client.execute(begin, &[&id]).await.unwrap();
    let wait = "\
        WITH d AS (UPDATE histories SET last_number = last_number + 1 WHERE id = $1 RETURNING last_number) \
        INSERT INTO tasks (workflow_id, ordinal, name, capability, state, attempt, failures, waits_for, event) \
        SELECT $1, 0, 't', 'goalpost.sub_goal', 'WAITING', 0, 0, 'plan', last_number FROM d";
    client.execute(wait, &[&id]).await.unwrap();
    AttemptRef { workflow: WorkflowId(id), task: 0, attempt: 0 }
}

/// What is on its way to the list, in order.
async fn delivered(client: &Client) -> Vec<String> {
    let rows =
        client.query("SELECT element FROM outbox WHERE list = 'drafts' ORDER BY id", &[]).await.unwrap();
    rows.iter().map(|row| row.get(0)).collect()
}

fn step(text: &str) -> PlanningStep {
    let usage = LlmUsage {
        model: "m".to_owned(),
        requests: 1,
        input_tokens: 2,
        output_tokens: 3,
        money_micros: None,
    };
    PlanningStep { request: Digest::of(text.as_bytes()), answer: ModelAnswer::Text(text.to_owned()), usage }
}

#[tokio::test]
async fn what_a_model_plans_is_handed_over_once_and_delivered_once() {
    let database = goalpost_testkit::database().await;
    let (store, client) = (Store::new(database.url(), 2).unwrap(), database.client().await);
    let (goal, task) = (submitted(&client).await, with_task(&client).await);
    let (goal, of_task) = (PlanningRef::Goal(goal), PlanningRef::Task(task));
    let stale = PlanningRef::Task(AttemptRef { attempt: 1, ..task });
    let running = PlanningRef::Goal(GoalId(task.workflow.0));
    for _ in 0..2 {
        plannings::begin(&store, &[of_task, goal, stale, running]).await.unwrap();
        assert_eq!(delivered(&client).await, [goal.to_string(), of_task.to_string()]);
    }
    // A Redis without memory is told the same.
    let goals = open_goals(&client, None, 10).await.unwrap();
    assert_eq!(goals.iter().map(|(_, _, by)| *by).collect::<Vec<_>>(), [PlannedBy::Model]);
    let tasks = unplanned_tasks(&client, None, 10).await.unwrap();
    assert_eq!(tasks.iter().map(|(at, _, by)| (*at, *by)).collect::<Vec<_>>(), [(task, PlannedBy::Model)]);
}

#[tokio::test]
async fn a_journal_has_each_step_once_and_ends_with_its_goal() {
    let database = goalpost_testkit::database().await;
    let (store, client) = (Store::new(database.url(), 2).unwrap(), database.client().await);
    let (goal, task) = (submitted(&client).await, with_task(&client).await);
    let id = goal.0;
    let (goal, of_task) = (PlanningRef::Goal(goal), PlanningRef::Task(task));
    let kept = async |planning| plannings::steps(&store, planning).await.unwrap();
    // Nobody has begun to plan it.
    plannings::keep(&store, goal, 1, &step("early")).await.unwrap();
    assert!(kept(goal).await.is_empty());
    plannings::begin(&store, &[goal, of_task]).await.unwrap();
    for (planning, number, text) in
        [(goal, 1, "a\0"), (goal, 1, "too late"), (goal, 2, "b"), (of_task, 1, "c")]
    {
        assert!(plannings::is_wanted(&store, planning).await.unwrap());
        plannings::keep(&store, planning, number, &step(text)).await.unwrap();
    }
    assert_eq!((kept(goal).await, kept(of_task).await), (vec![step("a\0"), step("b")], vec![step("c")]));
    client.execute("UPDATE goals SET state = 'CANCELLED' WHERE id = $1", &[&id]).await.unwrap();
    assert!(!plannings::is_wanted(&store, goal).await.unwrap());
    let archived = retention::histories_as_json(&store, &[WorkflowId(id)]).await.unwrap().remove(0);
    assert!(archived.contains(&step("b").request.to_string()), "{archived}");
    retention::remove(&store, &[WorkflowId(id)], true).await.unwrap();
    assert_eq!((kept(goal).await, kept(of_task).await), (Vec::<PlanningStep>::new(), vec![step("c")]));
}
