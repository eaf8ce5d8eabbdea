//! What is said to be the worst case is never less than what a run takes.

use std::collections::BTreeMap;

use goalpost_checker::{CompiledTask, check, compile};
use goalpost_graph::Event;
use goalpost_model::{Blueprint, Failure, RetryPolicy, TaskState, TimerKind, Usage, WaitsFor, WorstCase};
use serde_json::json;

use crate::reference::dice::Dice;
use crate::reference::generated;
use crate::run::{Run, broken};

#[test]
fn no_run_takes_more_than_the_worst_case() {
    let random = |dice: &mut Dice| {
        let max_tasks = if dice.one_in(3) { u32::try_from(dice.within(4, 20)).unwrap() } else { 0 };
        Blueprint { max_tasks, ..generated::blueprint(dice) }
    };
    let reached = run(1_000, 1, random);
    assert!(reached > 50, "the worst case came true in {reached} runs");
}

#[test]
fn no_way_through_a_graph_is_dearer_than_the_dearest() {
    // With one attempt each, and nothing undone, little is left between the dearest way and the bound.
    let random = |dice: &mut Dice| {
        let mut blueprint = generated::flat(dice);
        for task in &mut blueprint.tasks {
            (task.retry, task.compensate_with) = (RetryPolicy::default(), None);
        }
        blueprint
    };
    let reached = run(1_500, 8, random);
    assert!(reached > 1_000, "the worst case came true in {reached} runs");
}

/// Runs so many random blueprints so often; answers with how many runs took as much as their worst case.
fn run(cases: usize, times: usize, random: impl Fn(&mut Dice) -> Blueprint) -> usize {
    let (mut run, mut reached) = (0, 0);
    for seed in 0.. {
        let mut dice = Dice::new(seed);
        let blueprint = random(&mut dice);
        if compile(&blueprint).is_err() {
            continue;
        }
        let fresh = Run::new(&blueprint);
        let worst_case = check(&blueprint, &blueprint.capabilities).worst_case.unwrap();
        for _ in 0..times {
            let taken = play(fresh.anew(), &mut dice);
            check_taken(&taken, &worst_case, seed, &blueprint);
            reached += usize::from(taken.attempts.values().sum::<u64>() == worst_case.total.attempts);
        }
        run += 1;
        if run == cases {
            break;
        }
    }
    reached
}

/// What a run has taken.
#[derive(Default)]
struct Taken {
    tasks: u64,
    attempts: BTreeMap<String, u64>,
}

fn check_taken(taken: &Taken, worst_case: &WorstCase, seed: u64, blueprint: &Blueprint) {
    let told = || format!("seed {seed}: {}", blueprint.canonical());
    let bound = |capability: &str| {
        let of = worst_case.capabilities.iter().find(|of| of.capability == capability);
        of.map_or(0, |of| of.amount.attempts)
    };
    assert!(taken.tasks <= worst_case.tasks, "{} tasks, {worst_case:?}, {}", taken.tasks, told());
    for (capability, attempts) in &taken.attempts {
        assert!(*attempts <= bound(capability), "{attempts} of {capability}, {worst_case:?}, {}", told());
    }
    let all: u64 = taken.attempts.values().sum();
    assert!(all <= worst_case.total.attempts, "{all} attempts, {worst_case:?}, {}", told());
}

/// Lets random things happen until the workflow has ended. One in `patience` attempts goes wrong.
fn play(mut run: Run, dice: &mut Dice) -> Taken {
    let mut taken = Taken::default();
    let patience = dice.pick(&[1, 2, 4, 50]);
    run.apply(Event::Start);
    while !run.workflow.state.is_terminal() {
        let open = open(&run);
        let is_undoing = open.iter().any(|(_, name)| name.ends_with(".undo"));
        if dice.one_in(200) && !is_undoing {
            run.apply(Event::Cancel { failure: Failure::new(Failure::CANCELLED, "enough") });
            continue;
        }
        let (task, name) = dice.pick(&open);
        let event = event(&run, task, &name, patience, dice, &mut taken);
        run.apply(event);
    }
    let names = run.workflow.tasks.iter().filter_map(|(ordinal, _)| run.workflow.tasks.name(ordinal));
    taken.tasks = u64::try_from(names.filter(|name| !name.ends_with(".undo")).count()).unwrap();
    taken
}

/// Tasks to which something can happen, with their names.
fn open(run: &Run) -> Vec<(usize, String)> {
    let is_open = |task: &goalpost_graph::Task, name: &str| match task.state {
        TaskState::Ready | TaskState::Running => true,
        TaskState::Waiting => compiled(run, name).body.is_none(),
        _ => false,
    };
    let named = run.workflow.tasks.iter().map(|(ordinal, task)| {
        let name = run.workflow.tasks.name(ordinal).unwrap();
        (ordinal, task, name)
    });
    named.filter(|(_, task, name)| is_open(task, name)).map(|(ordinal, _, name)| (ordinal, name)).collect()
}

fn compiled<'a>(run: &'a Run, name: &str) -> &'a CompiledTask {
    run.blueprint.graph.task_at(name).unwrap()
}

fn event(run: &Run, task: usize, name: &str, patience: usize, dice: &mut Dice, taken: &mut Taken) -> Event {
    let found = &run.workflow.tasks[task];
    let (attempt, compiled) = (found.attempt, compiled(run, name));
    let attempts = taken.attempts.entry(compiled.capability.clone()).or_default();
    match found.state {
        TaskState::Ready => {
            *attempts += 1;
            Event::AttemptStarted { task, attempt }
        }
        TaskState::Waiting if run.workflow.waits_for(task) == Some(WaitsFor::Key) => {
            Event::KeyGranted { task, attempt }
        }
        TaskState::Waiting => {
            let kind = if compiled.control.is_some() { TimerKind::Wait } else { TimerKind::Backoff };
            Event::TimerFired { task, attempt, kind }
        }
        // No worker has had it.
        _ if dice.one_in(10) => {
            *attempts -= 1;
            Event::AttemptUndelivered { task, attempt }
        }
        _ if dice.one_in(patience) => {
            Event::AttemptFailed { task, attempt, failure: broken(), usage: Usage::default() }
        }
        _ => Event::AttemptSucceeded {
            task,
            attempt,
            output: json!({"n": dice.below(8)}),
            usage: Usage::default(),
        },
    }
}
