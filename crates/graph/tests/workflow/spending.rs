//! What attempts may take is reserved before they are given out, and what they took is spent.

use goalpost_graph::{Effect, Event, IllegalTransition};
use goalpost_model::{
    Amount, Blueprint, Failure, GoalBudget, Spending, TaskState, TimerKind, Usage, WaitsFor, WorkflowState,
};
use serde_json::{Value, json};

use crate::run::{Run, broken, kind};

const TOKENS: GoalBudget =
    GoalBudget { tasks: 0, attempts: 0, tokens: 1_730, money_micros: 0, wall_time_ms: 0 };

/// Capability `ask` takes up to 100 tokens and 5 micros, `dear` up to 1,000 tokens, `free` nothing.
fn blueprint(tasks: Value, edges: Value) -> Blueprint {
    serde_json::from_value(json!({
        "name": "test", "tasks": tasks, "edges": edges,
        "capabilities": [
            {"name": "ask", "cost": {"tokens": 100, "money_micros": 5}},
            {"name": "dear", "cost": {"tokens": 1_000}},
            {"name": "free"},
        ],
    }))
    .unwrap()
}

/// A workflow with this budget that has begun.
fn begin(tasks: Value, edges: Value, budget: GoalBudget) -> Run {
    let mut run = Run::new(&blueprint(tasks, edges));
    run.workflow.fund(budget, Amount::default());
    run.apply(Event::Start);
    run
}

/// Fifty tasks side by side, up to 100 tokens each.
fn fifty(budget: GoalBudget) -> Run {
    let items: Vec<usize> = (0..50).collect();
    let body = json!({"tasks": [{"name": "ask", "capability": "ask"}]});
    begin(json!([{"name": "each", "input": {"items": items}, "for_each": {"body": body}}]), json!([]), budget)
}

fn ask(number: usize) -> String {
    format!("each[{number}].ask")
}

fn in_state(run: &Run, state: TaskState) -> usize {
    let asks = run.workflow.tasks.iter().filter(|(ordinal, _)| *ordinal > 0);
    asks.filter(|(_, task)| task.state == state).count()
}

/// Ends the attempt that runs, with this use of tokens.
fn end(run: &mut Run, task: &str, tokens: Option<u64>) -> Vec<Effect> {
    let (task, attempt) = (run.ordinal(task), run.task(task).attempt);
    let usage = Usage { tokens, ..Usage::default() };
    run.apply(Event::AttemptSucceeded { task, attempt, output: json!({}), usage })
}

fn fail(run: &mut Run, task: &str, tokens: Option<u64>) -> Vec<Effect> {
    let (task, attempt) = (run.ordinal(task), run.task(task).attempt);
    let usage = Usage { tokens, ..Usage::default() };
    run.apply(Event::AttemptFailed { task, attempt, failure: broken(), usage })
}

fn raise(tokens: u64) -> Event {
    Event::SetBudget { budget: GoalBudget { tokens, ..GoalBudget::default() } }
}

fn paused_kind(run: &Run) -> &str {
    assert_eq!(run.workflow.state, WorkflowState::Paused);
    kind(run.workflow.failure.as_ref())
}

fn assert_restorable(run: &Run) {
    assert_eq!(run.restore(run.rows()).unwrap(), run.workflow);
}

#[test]
fn no_more_is_given_out_than_fits_and_the_rest_waits_for_room() {
    let mut run = fifty(TOKENS);
    assert_eq!((in_state(&run, TaskState::Ready), in_state(&run, TaskState::Waiting)), (17, 33));
    let reserved = Spending { tasks: 17, attempts: 17, tokens: 1_700, money_micros: 85 };
    assert_eq!((run.workflow.reserved(), run.workflow.spent()), (reserved, Spending::default()));
    let eighteenth = run.ordinal(&ask(17));
    assert_eq!(run.workflow.waits_for(eighteenth), Some(WaitsFor::Budget));
    assert_eq!(run.workflow.timer(eighteenth), None);
    // They may still give back what they do not take.
    assert_eq!(run.workflow.state, WorkflowState::Running);
    assert_restorable(&run);
    run.start(&ask(3));
    let given = end(&mut run, &ask(3), Some(20));
    assert!(given.contains(&Effect::TaskReady { task: eighteenth, attempt: 1 }), "{given:?}");
    assert_eq!((in_state(&run, TaskState::Ready), run.workflow.spent().tokens), (17, 20));
    assert_restorable(&run);
}

#[test]
fn it_pauses_when_there_will_be_no_room_and_goes_on_when_the_budget_is_raised() {
    let mut run = fifty(TOKENS);
    (0..17).for_each(|number| drop(run.start(&ask(number))));
    for number in 0..16 {
        assert_eq!(
            end(&mut run, &ask(number), None),
            [Effect::TaskSucceeded { task: run.ordinal(&ask(number)) }]
        );
    }
    let last = end(&mut run, &ask(16), None);
    assert_eq!(last.last(), Some(&Effect::WorkflowPaused));
    assert_eq!(paused_kind(&run), Failure::BUDGET_EXCEEDED);
    let why = &run.workflow.failure.as_ref().unwrap().message;
    for part in ["'each[17].ask'", "100 tokens", "1,730 tokens", "1,700 are spent", "0 reserved"] {
        assert!(why.contains(part), "{why}");
    }
    assert_eq!(run.workflow.spent(), Spending { tasks: 17, attempts: 17, tokens: 1_700, money_micros: 85 });
    assert_restorable(&run);
    // Resumed as it is, it pauses again at once.
    assert_eq!(run.apply(Event::Resume), [Effect::WorkflowResumed, Effect::WorkflowPaused]);
    assert_eq!(run.apply(raise(1_799)), [Effect::BudgetChanged]);
    assert_eq!(paused_kind(&run), Failure::BUDGET_EXCEEDED);
    let (first, second) = (run.ordinal(&ask(17)), run.ordinal(&ask(18)));
    assert_eq!(
        run.apply(raise(1_900)),
        [
            Effect::BudgetChanged,
            Effect::WorkflowResumed,
            Effect::TaskReady { task: first, attempt: 1 },
            Effect::TaskReady { task: second, attempt: 1 },
        ]
    );
    assert_eq!((run.workflow.state, &run.workflow.failure), (WorkflowState::Running, &None));
    assert_restorable(&run);
    run.apply(raise(0));
    assert_eq!(in_state(&run, TaskState::Waiting), 0);
    for number in 17..50 {
        run.start(&ask(number));
        end(&mut run, &ask(number), None);
    }
    assert_eq!(run.workflow.state, WorkflowState::Succeeded);
    assert_eq!(run.workflow.spent().tokens, 5_000);
    assert_restorable(&run);
}

#[test]
fn what_was_given_out_goes_on_while_nothing_new_is() {
    let tasks = json!([
        {"name": "a", "capability": "ask"}, {"name": "b", "capability": "free"}, {"name": "dear", "capability": "dear"}]);
    let edges = json!([{"from": "a", "to": "b"}]);
    let mut run = begin(tasks, edges, GoalBudget { tokens: 500, ..TOKENS });
    assert_eq!((run.state("a"), run.state("dear")), (TaskState::Ready, TaskState::Waiting));
    assert_eq!(paused_kind(&run), Failure::BUDGET_EXCEEDED);
    run.start("a");
    end(&mut run, "a", None);
    // There would be room for it.
    assert_eq!(run.state("b"), TaskState::Waiting);
    assert_restorable(&run);
    run.apply(raise(1_100));
    assert_eq!((run.state("b"), run.state("dear")), (TaskState::Ready, TaskState::Ready));
    assert_eq!(run.workflow.state, WorkflowState::Running);
}

#[test]
fn what_somebody_has_paused_stays_paused_when_the_budget_is_raised() {
    let by_hand = || Event::Pause { failure: Failure::new(Failure::PAUSED, "for a look") };
    let mut run = fifty(GoalBudget { tokens: 50, ..TOKENS });
    assert_eq!(paused_kind(&run), Failure::BUDGET_EXCEEDED);
    assert_eq!(run.apply(by_hand()), [Effect::WorkflowPaused]);
    assert_eq!(paused_kind(&run), Failure::PAUSED);
    assert!(matches!(run.refused(by_hand()), IllegalTransition::WrongState { .. }));
    assert_eq!(run.apply(raise(5_000)), [Effect::BudgetChanged]);
    assert_eq!(in_state(&run, TaskState::Waiting), 50);
    assert_restorable(&run);
    run.apply(Event::Resume);
    assert_eq!(in_state(&run, TaskState::Ready), 50);
}

#[test]
fn failed_attempts_take_what_they_say_and_lost_ones_what_they_might() {
    let retry = json!({"max_attempts": 9, "initial_backoff_ms": 0});
    let mut run = begin(
        json!([{"name": "a", "capability": "ask", "retry": retry, "timeouts": {"start_to_close_ms": 9, "schedule_to_start_ms": 9}}]),
        json!([]),
        GoalBudget { tokens: 290, ..TOKENS },
    );
    run.start("a");
    fail(&mut run, "a", Some(30));
    assert_eq!(run.workflow.spent(), Spending { tasks: 1, attempts: 1, tokens: 30, money_micros: 5 });
    // One that never arrived takes nothing.
    run.start("a");
    run.apply(Event::AttemptUndelivered { task: 0, attempt: 2 });
    assert_eq!(run.workflow.spent().attempts, 1);
    run.start("a");
    run.apply(Event::TimerFired { task: 0, attempt: 3, kind: TimerKind::StartToClose });
    assert_eq!(run.workflow.spent(), Spending { tasks: 1, attempts: 2, tokens: 130, money_micros: 10 });
    assert_restorable(&run);
    run.start("a");
    let last = fail(&mut run, "a", Some(61));
    assert_eq!(last, [Effect::AttemptFailed { task: 0, attempt: 4 }, Effect::WorkflowPaused]);
    assert_eq!((run.state("a"), run.task("a").attempt), (TaskState::Waiting, 4));
    assert_restorable(&run);
    run.apply(raise(291));
    assert_eq!((run.state("a"), run.task("a").attempt), (TaskState::Ready, 5));
    // What no worker took is given back.
    run.apply(Event::TimerFired { task: 0, attempt: 5, kind: TimerKind::ScheduleToStart });
    assert_eq!((run.workflow.reserved(), run.workflow.spent().attempts), (Spending::default(), 3));
    assert_restorable(&run);
}

#[test]
fn a_task_may_have_to_wait_for_room_after_its_pause() {
    let tasks = json!([
        {"name": "a", "capability": "ask", "retry": {"max_attempts": 2, "initial_backoff_ms": 9}},
        {"name": "b", "capability": "ask"},
    ]);
    let mut run = begin(tasks, json!([]), GoalBudget { tokens: 230, ..TOKENS });
    run.start("a");
    run.start("b");
    fail(&mut run, "a", Some(60));
    assert_eq!(run.workflow.waits_for(0), Some(WaitsFor::Time));
    let fired = run.apply(Event::TimerFired { task: 0, attempt: 1, kind: TimerKind::Backoff });
    assert_eq!(fired, [Effect::TaskWaiting { task: 0 }]);
    assert_eq!(run.workflow.waits_for(0), Some(WaitsFor::Budget));
    assert_restorable(&run);
    // The other one gives way.
    let given = end(&mut run, "b", Some(70));
    assert!(given.contains(&Effect::TaskReady { task: 0, attempt: 2 }), "{given:?}");
}

#[test]
fn whoever_is_ended_by_others_waits_no_more_and_one_that_ran_took_what_it_might() {
    let mut run = fifty(GoalBudget { tokens: 250, ..TOKENS });
    run.start(&ask(0));
    run.cancel();
    assert_eq!(run.workflow.state, WorkflowState::Cancelled);
    assert_eq!(run.workflow.spent(), Spending { tasks: 1, attempts: 1, tokens: 100, money_micros: 5 });
    assert_eq!(run.workflow.reserved(), Spending::default());
    assert_restorable(&run);
    assert!(matches!(run.refused(raise(1)), IllegalTransition::AlreadyEnded { .. }));
}

#[test]
fn what_is_retried_is_spent_on_top() {
    let mut run =
        begin(json!([{"name": "a", "capability": "ask"}]), json!([]), GoalBudget { tokens: 150, ..TOKENS });
    run.start("a");
    fail(&mut run, "a", Some(60));
    assert_eq!(run.workflow.state, WorkflowState::Failed);
    run.apply(Event::Retry { all: false });
    assert_eq!(paused_kind(&run), Failure::BUDGET_EXCEEDED);
    assert_restorable(&run);
    run.apply(raise(160));
    run.start("a");
    end(&mut run, "a", Some(100));
    assert_eq!(run.workflow.spent(), Spending { tasks: 1, attempts: 2, tokens: 160, money_micros: 10 });
    assert_restorable(&run);
}

#[test]
fn undoing_is_counted_and_never_held_back() {
    let tasks = json!([
        {"name": "a", "capability": "ask", "compensate_with": {"capability": "ask"}},
        {"name": "b", "capability": "free"},
    ]);
    let mut run = begin(tasks, json!([{"from": "a", "to": "b"}]), GoalBudget { tokens: 100, ..TOKENS });
    run.start("a");
    end(&mut run, "a", None);
    run.fail("b");
    assert_eq!(run.workflow.state, WorkflowState::Compensating);
    assert_eq!(run.state("a.undo"), TaskState::Ready);
    run.start("a.undo");
    end(&mut run, "a.undo", None);
    assert_eq!((run.workflow.state, run.workflow.spent().tokens), (WorkflowState::Failed, 200));
    assert_restorable(&run);
}

#[test]
fn planning_counts_and_of_blueprint_and_goal_the_smaller_limit_does() {
    let mut narrow = blueprint(json!([{"name": "a", "capability": "ask"}]), json!([]));
    narrow.budget.tokens = 150;
    let mut run = Run::new(&narrow);
    run.workflow.fund(TOKENS, Amount { tokens: 51, ..Amount::default() });
    assert_eq!((run.workflow.budget().tokens, run.workflow.spent().tokens), (150, 51));
    run.apply(Event::Start);
    assert_eq!(paused_kind(&run), Failure::BUDGET_EXCEEDED);
    assert_restorable(&run);
    // A later word counts for more than the blueprint's.
    run.apply(raise(151));
    assert_eq!(run.state("a"), TaskState::Ready);
    assert_restorable(&run);
}

#[test]
fn tasks_count_once_and_attempts_each_time() {
    let two = json!([{"name": "a", "capability": "free", "retry": {"max_attempts": 3, "initial_backoff_ms": 0}}, {"name": "b", "capability": "free"}]);
    let edges = json!([{"from": "a", "to": "b"}]);
    let mut run = begin(two.clone(), edges.clone(), GoalBudget { tasks: 1, ..GoalBudget::default() });
    run.fail("a");
    assert_eq!(run.state("a"), TaskState::Ready);
    run.succeed("a", json!({}));
    assert_eq!(paused_kind(&run), Failure::BUDGET_EXCEEDED);
    let mut run = begin(two, edges, GoalBudget { attempts: 1, ..GoalBudget::default() });
    run.fail("a");
    assert_eq!(paused_kind(&run), Failure::BUDGET_EXCEEDED);
    assert_restorable(&run);
}

#[test]
fn when_its_time_is_over_nothing_new_is_given_out() {
    let tasks = json!([{"name": "a", "capability": "free"}, {"name": "b", "capability": "free"}]);
    let edges = json!([{"from": "a", "to": "b"}]);
    let mut run = begin(tasks, edges, GoalBudget { wall_time_ms: 1_000, ..GoalBudget::default() });
    assert_eq!(run.workflow.wall_time().unwrap().kind, TimerKind::WallTime);
    assert_eq!(run.apply(Event::WallTimeExceeded), [Effect::WorkflowPaused]);
    assert_eq!(paused_kind(&run), Failure::BUDGET_EXCEEDED);
    assert_eq!(run.refused(Event::WallTimeExceeded), IllegalTransition::NoTimeLimit);
    run.succeed("a", json!({}));
    assert_eq!(run.state("b"), TaskState::Waiting);
    assert_restorable(&run);
    run.apply(Event::SetBudget { budget: GoalBudget::default() });
    assert_eq!((run.state("b"), run.workflow.wall_time()), (TaskState::Ready, None));
    assert_eq!(run.refused(Event::WallTimeExceeded), IllegalTransition::NoTimeLimit);
}

#[test]
fn an_overdrawn_budget_is_told_as_it_is() {
    let mut run = fifty(GoalBudget { tokens: 300, ..TOKENS });
    run.start(&ask(0));
    end(&mut run, &ask(0), Some(250));
    assert_eq!(run.workflow.spent().tokens, 250);
    assert_eq!(paused_kind(&run), Failure::BUDGET_EXCEEDED);
    // The two that were given out before go on.
    assert_eq!(in_state(&run, TaskState::Ready), 2);
}

#[test]
fn what_waits_for_room_says_so() {
    let run = fifty(TOKENS);
    let explained = run.workflow.explain();
    let why = explained.iter().find(|task| task.name == ask(17)).unwrap().no_room.clone().unwrap();
    for part in ["may take 100 tokens", "1,730 tokens", "0 are spent", "1,700 reserved"] {
        assert!(why.contains(part), "{why}");
    }
    assert!(explained.iter().filter(|task| task.no_room.is_some()).count() == 33);
}
