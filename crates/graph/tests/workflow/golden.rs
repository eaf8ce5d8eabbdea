//! Golden blueprints with every task failing in turn given up after every event, and with a crash
//! between every two events: what comes of it is what the golden file allows, what was done is undone in
//! reverse, and nothing is done twice.

mod played;
mod script;

use std::collections::BTreeSet;

use goalpost_graph::{Effect, advance};
use goalpost_model::WorkflowState;

use played::{Order, Played, give_up, play};
use script::{Golden, goldens, kind_of};

use crate::run::Run;

/// What was tried of one golden blueprint.
#[derive(Default)]
struct Tried {
    faults: usize,
    given_up: usize,
    crashes: usize,
}

#[test]
fn golden_workflows_end_as_they_may_whatever_fails_and_wherever_they_crash() {
    eprintln!("{:<10} {:>7} {:>9} {:>13}", "blueprint", "faults", "given up", "crash points");
    for golden in goldens() {
        let (name, mut tried) = (&golden.blueprint.name, Tried::default());
        let mut kinds = BTreeSet::new();
        for order in [Order::First, Order::Last, Order::Together] {
            let good = play(&golden, order, &[]);
            check(&good, &[WorkflowState::Succeeded], &mut tried);
            assert_eq!(good.ends(), golden.good, "the tasks of {name}");
            kinds.extend(try_faults(&golden, order, &good, &mut tried));
            give_up_everywhere(&golden, order, &good, &mut tried);
        }
        let told: BTreeSet<String> = golden.fails.keys().cloned().collect();
        assert_eq!(kinds, told, "the golden file of {name} tells of every task");
        let Tried { faults, given_up, crashes } = tried;
        eprintln!("{name:<10} {faults:>7} {given_up:>9} {crashes:>13}");
    }
}

/// Lets every task fail in turn, and then all that undoes the others. Answers with the kinds of tasks there were.
fn try_faults(golden: &Golden, order: Order, good: &Played, tried: &mut Tried) -> BTreeSet<String> {
    let could_fail = good.could_fail();
    for failing in &could_fail {
        let allowed = golden.fails.get(&kind_of(failing).0);
        let allowed = allowed.unwrap_or_else(|| panic!("the golden file does not tell of '{failing}'"));
        let bad = play(golden, order, &[failing]);
        check(&bad, allowed, tried);
        tried.faults += 1;
        for undo in bad.could_fail().iter().filter(|name| name.ends_with(".undo")) {
            let worse = play(golden, order, &[failing, undo]);
            check(&worse, &[bad.run.workflow.state], tried);
            let why = &worse.run.workflow.failure.as_ref().unwrap().message;
            let done = undo.trim_end_matches(".undo");
            assert!(why.contains(&format!("task '{done}' could not be undone")), "{why}");
            tried.faults += 1;
        }
    }
    could_fail.iter().map(|name| kind_of(name).0).collect()
}

/// Gives the workflow up after each event but the last, which ends it.
fn give_up_everywhere(golden: &Golden, order: Order, good: &Played, tried: &mut Tried) {
    for events in 1..good.events.len() {
        check(&give_up(golden, order, good, events), &[WorkflowState::Cancelled], tried);
        tried.given_up += 1;
    }
}

fn check(played: &Played, allowed: &[WorkflowState], tried: &mut Tried) {
    let state = played.run.workflow.state;
    assert!(allowed.contains(&state), "it ended as {state}: {:?}", played.run.workflow.failure);
    assert!(played.run.workflow.tasks.iter().all(|(_, task)| task.state.is_terminal()));
    assert_undone_in_reverse(played);
    assert_nothing_is_done_twice(played);
    crash_everywhere(played);
    tried.crashes += played.events.len();
}

/// What undoes a task begins only after what undid the one before has ended.
fn assert_undone_in_reverse(played: &Played) {
    let tasks = &played.run.workflow.tasks;
    let can_be_undone = |task: &usize| tasks.compiled(*task).is_some_and(|task| task.undo.is_some());
    let succeeded = played.all_effects().filter_map(|effect| match effect {
        Effect::TaskSucceeded { task } => Some(task),
        _ => None,
    });
    let mut due: Vec<usize> = succeeded.filter(can_be_undone).collect();
    if played.run.workflow.state == WorkflowState::Succeeded {
        due.clear();
    }
    let mut undoing = None;
    for effect in played.all_effects() {
        match effect {
            Effect::UndoBegun { task } => {
                assert_eq!((undoing, Some(task)), (None, due.pop()), "{}", played.name(task));
                undoing = tasks[task].undo;
            }
            Effect::TaskSucceeded { task } | Effect::TaskFailed { task } if undoing == Some(task) => {
                undoing = None;
            }
            _ => {}
        }
    }
    assert!(due.is_empty(), "{due:?} is not undone");
}

/// No attempt has the number of another one, and every task ends once.
fn assert_nothing_is_done_twice(played: &Played) {
    let mut seen = BTreeSet::new();
    for effect in played.all_effects() {
        let happened = match effect {
            Effect::TaskReady { task, attempt } => (task, attempt, "ready"),
            Effect::AttemptStarted { task, attempt } => (task, attempt, "started"),
            Effect::TaskSucceeded { task }
            | Effect::TaskFailed { task }
            | Effect::TaskSkipped { task }
            | Effect::TaskCancelled { task, .. } => (task, 0, "ended"),
            _ => continue,
        };
        assert!(seen.insert(happened), "'{}' twice: {happened:?}", played.name(happened.0));
    }
}

/// After each event the workflow is lost and made again of its rows; then everything that was told is told
/// again, and everything that follows is told twice. It comes to the same.
fn crash_everywhere(played: &Played) {
    let mut before = played.run.anew();
    for told in 0..played.events.len() {
        before.apply(played.events[told].clone());
        let mut after = before.restored();
        (0..=told).for_each(|at| assert_refused(&after, played, at));
        for at in told + 1..played.events.len() {
            let effects = after.apply(played.events[at].clone());
            assert_eq!(effects, played.effects[at]);
            assert_refused(&after, played, at);
        }
        assert_eq!(after.workflow, played.run.workflow);
    }
}

fn assert_refused(run: &Run, played: &Played, at: usize) {
    let event = &played.events[at];
    let mut workflow = run.workflow.clone();
    let told = advance(&run.blueprint, &mut workflow, event.clone());
    assert!(told.is_err(), "{event:?} happened twice: {told:?}");
    assert_eq!(workflow, run.workflow);
}
