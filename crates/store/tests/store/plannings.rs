//! What a language model plans, and the journal of what it has said.

use goalpost_model::{
    AttemptRef, Digest, GoalId, LlmUsage, ModelAnswer, Past, PlanningRef, PlanningStep, ReplanRef, WorkflowId,
};
use goalpost_store::outbox::{PlannedBy, open_goals, unplanned_tasks, unplanned_workflows};
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
    let stale = AttemptRef { attempt: 1, ..task };
    let running = GoalId(task.workflow.0);
    for _ in 0..2 {
        plannings::begin(&store, &[goal, running], &[task, stale]).await.unwrap();
        assert_eq!(delivered(&client).await, [goal.to_string(), task.to_string()]);
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
    plannings::begin(&store, &[], &[task]).await.unwrap();
    let (goal, of_task) = (PlanningRef::Goal(goal), PlanningRef::Task(task));
    let kept = async |planning| plannings::steps(&store, planning).await.unwrap();
    // Nobody has begun to plan it.
    plannings::keep(&store, goal, 1, &step("early")).await.unwrap();
    assert!(kept(goal).await.is_empty());
    plannings::begin(&store, &[GoalId(id)], &[]).await.unwrap();
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

#[tokio::test]
async fn another_plan_is_handed_over_once_for_each_time_that_a_workflow_waits_for_one() {
    let database = goalpost_testkit::database().await;
    let (store, client) = (Store::new(database.url(), 2).unwrap(), database.client().await);
    let task = with_task(&client).await;
    let wanted = |number| ReplanRef { workflow: task.workflow, number };
    let past = |reason: &str| Past { reason: reason.to_owned(), ..Past::default() };
    plannings::begin_anew(&store, wanted(1), &past("early")).await.unwrap();
    let wait = "\
        WITH d AS (UPDATE histories SET last_number = last_number + 1 WHERE id = $1 RETURNING last_number) \
        UPDATE workflows SET state = 'REPLANNING', replans = 1, failure = '{\"kind\": \"K\", \"message\": \"\"}', event = last_number \
        FROM d WHERE id = $1";
    client.execute(wait, &[&task.workflow.0]).await.unwrap();
    for reason in ["it broke", "said again"] {
        plannings::begin_anew(&store, wanted(1), &past(reason)).await.unwrap();
        plannings::begin_anew(&store, wanted(2), &past(reason)).await.unwrap();
        assert_eq!(delivered(&client).await, [wanted(1).to_string()]);
    }
    let planning = |number| PlanningRef::Replan(wanted(number));
    assert_eq!(plannings::past(&store, wanted(1)).await.unwrap(), Some(past("it broke")));
    assert_eq!(plannings::past(&store, wanted(2)).await.unwrap(), None);
    assert!(plannings::is_wanted(&store, planning(1)).await.unwrap());
    assert!(!plannings::is_wanted(&store, planning(2)).await.unwrap());
    plannings::keep(&store, planning(1), 1, &step("a")).await.unwrap();
    assert_eq!(plannings::steps(&store, planning(1)).await.unwrap(), [step("a")]);
    assert!(plannings::steps(&store, PlanningRef::Goal(GoalId(task.workflow.0))).await.unwrap().is_empty());
    let workflows = unplanned_workflows(&client, None, 10).await.unwrap();
    let known = workflows.into_iter().map(|(replan, _, by)| (replan, by)).collect::<Vec<_>>();
    assert_eq!(known, [(wanted(1), PlannedBy::Model)]);
}
