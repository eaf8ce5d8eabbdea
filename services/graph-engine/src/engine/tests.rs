//! Batches put together without a store.

use std::sync::Arc;

use goalpost_checker::compile;
use goalpost_model::{
    Amount, Blueprint, BudgetChange, EngineId, Failure, GoalBudget, Lane, PayloadLimit, SessionId, TaskState,
    Usage, WorkflowId, WorkflowState,
};
use goalpost_store::workflows::Holder;
use serde_json::{Map, Value, json};
use tokio::sync::oneshot::{self, error::TryRecvError};
use uuid::Uuid;

use crate::engine::batch::Batch;
use crate::engine::cache::Cache;
use crate::engine::command::{Command, Creation, Outcome, Refusal, Step};
use crate::engine::live::Live;

type Answer = oneshot::Receiver<Result<Outcome, Refusal>>;

pub(crate) const ID: WorkflowId = WorkflowId(Uuid::from_u128(1));

fn creation() -> Creation {
    creation_of(&json!({
        "name": "chain",
        "tasks": [{"name": "first", "capability": "c"}, {"name": "second", "capability": "c"}],
        "edges": [{"from": "first", "to": "second"}],
        "capabilities": [{"name": "c"}],
    }))
}

pub(crate) fn creation_of(blueprint: &Value) -> Creation {
    let blueprint: Blueprint = serde_json::from_value(blueprint.clone()).unwrap();
    Creation {
        blueprint: Arc::new(compile(&blueprint).unwrap()),
        goal_text: "some steps".to_owned(),
        goal_input: Map::new(),
        payload_limit: PayloadLimit::default(),
        lane: Lane::default(),
        traceparent: None,
        budget: GoalBudget::default(),
        spent_before: Amount::default(),
    }
}

/// So many tasks that are ready at once and can be undone, and one after the first of them.
pub(crate) fn side_by_side(tasks: usize) -> Value {
    let task = |place: usize| json!({"name": format!("task{place}"), "capability": "c", "compensate_with": {"capability": "c"}});
    let all: Vec<Value> = (0..tasks).map(task).chain([json!({"name": "last", "capability": "c"})]).collect();
    let edges = json!([{"from": "task0", "to": "last"}]);
    json!({"name": "wide", "tasks": all, "edges": edges, "capabilities": [{"name": "c"}]})
}

/// A workflow of two tasks, one after the other, that has not begun.
pub(crate) fn live_chain() -> Live {
    Live::begin(&creation())
}

fn command(step: Step) -> (Command, Answer) {
    let (reply, answer) = oneshot::channel();
    (Command { workflow: ID, step, may_have_passed: false, reply }, answer)
}

fn holder(session: u128) -> Holder {
    Holder {
        engine: EngineId(Uuid::from_u128(8)),
        session: SessionId(Uuid::from_u128(session)),
        worker: "w".to_owned(),
    }
}

fn claim() -> Step {
    claim_of(0)
}

pub(crate) fn claim_of(task: usize) -> Step {
    Step::Claim { task, attempt: 1, holder: holder(9) }
}

pub(crate) fn finish(task: &str, session: u128) -> Step {
    let session = SessionId(Uuid::from_u128(session));
    Step::Finish {
        task: task.to_owned(),
        attempt: 1,
        session,
        outcome: Ok(json!(1)),
        usage: Usage::default(),
    }
}

/// A batch of its own for each step, as if each was committed.
pub(crate) fn run(cache: &mut Cache, steps: Vec<Step>) -> Vec<Batch> {
    steps
        .into_iter()
        .map(|step| {
            let mut batch = Batch::default();
            assert!(batch.add(cache, command(step).0).is_none());
            batch
        })
        .collect()
}

#[test]
fn a_chain_writes_each_row_once_a_step() {
    let mut cache = Cache::new(10);
    let batches = run(&mut cache, vec![Step::Create(Arc::new(creation())), claim(), finish("first", 9)]);
    assert_eq!(batches[0].transitions.created.len(), 1);
    assert_eq!(batches[0].transitions.new_tasks[0].state, TaskState::Ready);
    assert!(batches[0].transitions.fences.is_empty());
    assert_eq!(batches[1].transitions.changed_tasks[0].holder, Some(holder(9)));
    assert_eq!(batches[1].transitions.fences.len(), 1);
    let last = &batches[2].transitions;
    assert_eq!(last.changed_tasks[0].state, TaskState::Succeeded);
    assert_eq!(last.changed_tasks[0].holder, None);
    assert_eq!((last.new_tasks[0].name.as_str(), last.new_tasks[0].attempt), ("second", 1));
    assert!(last.moved.is_empty());
}

#[test]
fn a_second_change_of_one_task_waits_for_the_next_batch() {
    let mut cache = Cache::new(10);
    run(&mut cache, vec![Step::Create(Arc::new(creation())), claim()]);
    let mut batch = Batch::default();
    assert!(batch.add(&mut cache, command(finish("first", 9)).0).is_none());
    let (again, mut answer) = command(finish("first", 9));
    let again = batch.add(&mut cache, again);
    assert!(again.is_some(), "it must not be answered from what is not durable yet");
    assert_eq!(answer.try_recv().unwrap_err(), TryRecvError::Empty);
    let (cancel, _answer) = command(Step::Cancel { failure: Failure::new(Failure::CANCELLED, "enough") });
    assert!(batch.add(&mut cache, cancel).is_some());
    // Once the first is durable, the second is answered like it.
    assert!(Batch::default().add(&mut cache, again.unwrap()).is_none());
    assert!(matches!(answer.try_recv().unwrap(), Ok(Outcome::Done)));
}

#[test]
fn a_result_of_another_session_is_refused_and_changes_nothing() {
    let mut cache = Cache::new(10);
    run(&mut cache, vec![Step::Create(Arc::new(creation())), claim()]);
    let mut batch = Batch::default();
    let (other, mut answer) = command(finish("first", 10));
    assert!(batch.add(&mut cache, other).is_none());
    assert!(matches!(answer.try_recv().unwrap(), Err(Refusal::Stale(_))));
    assert!(batch.is_empty());
}

#[test]
fn nothing_is_refused_for_what_was_read_in_an_earlier_round() {
    let mut cache = Cache::new(10);
    run(&mut cache, vec![Step::Create(Arc::new(creation()))]);
    // In memory the second task waits; another engine may have made it ready since.
    let ahead = Step::Claim { task: 1, attempt: 1, holder: holder(9) };
    let mut later = Batch::new(7);
    let (ahead, mut answer) = command(ahead);
    let ahead = later.add(&mut cache, ahead).expect("it waits until the workflow was read again");
    assert_eq!(answer.try_recv().unwrap_err(), TryRecvError::Empty);
    assert!(later.outdated.contains(&ID));
    // Nor is any other step on it answered before: this one fits what is in memory.
    assert!(later.add(&mut cache, command(claim()).0).is_some());
    // Read in this round, it says the same: now the refusal stands.
    let mut live = live_chain();
    live.read_in = 8;
    cache.insert(ID, live);
    assert!(Batch::new(8).add(&mut cache, ahead).is_none());
    assert!(matches!(answer.try_recv().unwrap(), Err(Refusal::Stale(_))));
}

/// No write would find out: a step that is taken to have happened is compared with nothing.
#[test]
fn nothing_is_taken_to_have_happened_for_what_was_read_in_an_earlier_round() {
    let mut cache = Cache::new(10);
    run(&mut cache, vec![Step::Create(Arc::new(creation()))]);
    // In memory it runs; another engine may have paused it, or seen it end, since.
    for step in [Step::Resume, Step::Retry { all: false }] {
        let mut later = Batch::new(7);
        let (step, mut answer) = command(step);
        let step = later.add(&mut cache, step).expect("it waits until the workflow was read again");
        assert_eq!(answer.try_recv().unwrap_err(), TryRecvError::Empty);
        assert!(later.outdated.contains(&ID));
        let mut live = Live::begin(&creation());
        live.read_in = 8;
        let mut read = Cache::new(10);
        read.insert(ID, live);
        assert!(Batch::new(8).add(&mut read, step).is_none());
        assert!(matches!(answer.try_recv().unwrap(), Ok(Outcome::Done)));
    }
}

#[test]
fn a_claim_whose_answer_was_lost_is_answered_again() {
    let mut cache = Cache::new(10);
    run(&mut cache, vec![Step::Create(Arc::new(creation())), claim()]);
    let mut batch = Batch::default();
    let (again, mut answer) = command(claim());
    assert!(batch.add(&mut cache, Command { may_have_passed: true, ..again }).is_none());
    assert!(matches!(answer.try_recv().unwrap(), Ok(Outcome::Claimed(claim)) if claim.task == "first"));
    assert!(batch.is_empty());
}

#[test]
fn a_delivery_that_repeats_claims_nothing_even_for_the_same_worker() {
    let mut cache = Cache::new(10);
    run(&mut cache, vec![Step::Create(Arc::new(creation())), claim()]);
    let mut batch = Batch::default();
    let (again, mut answer) = command(claim());
    assert!(batch.add(&mut cache, again).is_none());
    assert!(matches!(answer.try_recv().unwrap(), Err(Refusal::Stale(_))));
    assert!(batch.is_empty());
}

#[test]
fn cancel_ends_every_task_and_the_workflow() {
    let mut cache = Cache::new(10);
    let cancel = Step::Cancel { failure: Failure::new(Failure::CANCELLED, "enough") };
    let batches = run(&mut cache, vec![Step::Create(Arc::new(creation())), claim(), cancel]);
    let last = &batches[2].transitions;
    assert_eq!(last.changed_tasks[0].state, TaskState::Cancelled);
    assert_eq!(last.new_tasks[0].state, TaskState::Cancelled);
    assert_eq!(last.moved[0].state, WorkflowState::Cancelled);
}

#[test]
fn what_does_not_exist_is_not_found() {
    let mut cache = Cache::new(10);
    let mut batch = Batch::default();
    let (unknown, mut answer) = command(claim());
    assert!(batch.add(&mut cache, unknown).is_none());
    assert!(matches!(answer.try_recv().unwrap(), Err(Refusal::NotFound("workflow"))));
    run(&mut cache, vec![Step::Create(Arc::new(creation()))]);
    let (unknown, mut answer) = command(finish("third", 9));
    assert!(batch.add(&mut cache, unknown).is_none());
    assert!(matches!(answer.try_recv().unwrap(), Err(Refusal::NotFound("task"))));
}

/// `first` and `second` have all the tokens that there are, `third` waits for some.
fn short_of_tokens() -> Creation {
    let task = |name: &str| json!({"name": name, "capability": "c", "retry": {"max_attempts": 2, "initial_backoff_ms": 0}});
    let creation = creation_of(&json!({
        "name": "short",
        "tasks": [task("first"), task("second"), task("third")],
        "capabilities": [{"name": "c", "cost": {"tokens": 100}}],
    }));
    Creation { budget: GoalBudget { tokens: 200, ..GoalBudget::default() }, ..creation }
}

fn end(task: &str, outcome: Result<Value, Failure>, tokens: u64) -> Step {
    let usage = Usage { tokens: Some(tokens), ..Usage::default() };
    Step::Finish { task: task.to_owned(), attempt: 1, session: SessionId(Uuid::from_u128(9)), outcome, usage }
}

fn break_down(task: &str, tokens: u64) -> Step {
    end(task, Err(Failure::new("BROKEN", "it broke")), tokens)
}

#[test]
fn a_task_that_begins_to_wait_for_room_gets_it_in_a_later_batch() {
    let mut cache = Cache::new(10);
    let create = Step::Create(Arc::new(short_of_tokens()));
    let batches = run(&mut cache, vec![create, claim_of(0), claim_of(1)]);
    let begun: Vec<TaskState> = batches[0].transitions.new_tasks.iter().map(|task| task.state).collect();
    assert_eq!(begun, [TaskState::Ready, TaskState::Ready, TaskState::Waiting]);
    assert!(batches[0].transitions.moved.is_empty());
    let mut batch = Batch::default();
    assert!(batch.add(&mut cache, command(break_down("first", 60)).0).is_none());
    let failed = &batch.transitions.changed_tasks[0];
    assert_eq!((failed.state, failed.events, failed.spent.tokens), (TaskState::Waiting, 1, 60));
    // It would give the first one another attempt, and that row is written already.
    let second = batch
        .add(&mut cache, command(end("second", Ok(json!(1)), 40)).0)
        .expect("it waits for the next batch");
    let mut next = Batch::default();
    assert!(next.add(&mut cache, second).is_none());
    let ready: Vec<usize> = next.transitions.changed_tasks.iter().map(|task| task.ordinal).collect();
    assert_eq!(ready, [1, 0]);
}

#[test]
fn a_workflow_that_will_have_no_room_is_paused_and_goes_on_when_its_budget_is_raised() {
    let mut cache = Cache::new(10);
    let create = Step::Create(Arc::new(short_of_tokens()));
    let raise =
        |tokens: u64| Step::Fund { change: BudgetChange { tokens: Some(tokens), ..BudgetChange::default() } };
    let steps = vec![create, claim_of(0), claim_of(1), break_down("first", 101), raise(301)];
    let batches = run(&mut cache, steps);
    let paused = &batches[3].transitions.moved[0];
    assert_eq!(paused.state, WorkflowState::Paused);
    let raised = &batches[4].transitions;
    assert_eq!((raised.funded.len(), raised.moved[0].state), (1, WorkflowState::Running));
    let ready: Vec<usize> = raised.changed_tasks.iter().map(|task| task.ordinal).collect();
    assert_eq!(ready, [0], "there is room for one of the two");
    // The same again changes nothing.
    let mut batch = Batch::default();
    let (again, mut answer) = command(raise(301));
    assert!(batch.add(&mut cache, again).is_none());
    assert!(matches!(answer.try_recv().unwrap(), Ok(Outcome::Done)));
    assert!(batch.is_empty());
}
