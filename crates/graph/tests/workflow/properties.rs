//! What holds for every graph and every order of events.

use goalpost_checker::compile;
use goalpost_graph::{Effect, Event, advance};
use goalpost_model::{Blueprint, Failure, GoalBudget, TaskState, TimerKind, Usage, WorkflowState};
use proptest::prelude::*;
use serde_json::json;

use crate::drive::{history, play, script};
use crate::oracle::{check_end, check_tasks};
use crate::order::Order;
use crate::random::{Plan, plan};
use crate::run::{Run, broken};

fn ends_of(effects: &[Effect], task: usize) -> usize {
    let is_end = |effect: &&Effect| match **effect {
        Effect::TaskSucceeded { task: ended }
        | Effect::TaskFailed { task: ended }
        | Effect::TaskSkipped { task: ended }
        | Effect::TaskCancelled { task: ended, .. } => ended == task,
        _ => false,
    };
    effects.iter().filter(is_end).count()
}

/// Whether the event fits, by the state of the task that it names.
fn fits(plan: &Plan, run: &Run, event: &Event) -> bool {
    let workflow = &run.workflow;
    let at = |task: &usize, attempt: &u32, state| {
        workflow.tasks.get(*task).is_some_and(|task| task.state == state && task.attempt == *attempt)
    };
    match event {
        Event::Start => false,
        Event::Cancel { .. } => !workflow.state.is_terminal(),
        Event::DeadlineExceeded => run.blueprint.deadline_ms > 0 && !workflow.state.is_terminal(),
        Event::TimerFired { task, attempt, kind } => {
            let plan = plan.tasks.get(*task);
            match kind {
                TimerKind::Wait => {
                    at(task, attempt, TaskState::Waiting) && plan.is_some_and(|plan| plan.waits)
                }
                TimerKind::Backoff => {
                    at(task, attempt, TaskState::Waiting) && plan.is_some_and(|plan| !plan.waits)
                }
                TimerKind::ScheduleToStart => {
                    at(task, attempt, TaskState::Ready) && plan.is_some_and(|plan| plan.timed)
                }
                TimerKind::StartToClose => {
                    at(task, attempt, TaskState::Running) && plan.is_some_and(|plan| plan.timed)
                }
                TimerKind::Deadline | TimerKind::WallTime | TimerKind::GiveUp => false,
            }
        }
        Event::Pause { .. } | Event::SetBudget { .. } => !workflow.state.is_terminal(),
        Event::Retry { .. } => matches!(workflow.state, WorkflowState::Failed | WorkflowState::Cancelled),
        Event::WallTimeExceeded
        | Event::Resume
        | Event::Decide { .. }
        | Event::Expand { .. }
        | Event::KeyGranted { .. }
        | Event::NoReplan { .. } => false,
        Event::Signal { .. } => !workflow.state.is_terminal(),
        Event::Skip { task, .. } => {
            let found = workflow.tasks.get(*task);
            found.is_some_and(|task| !task.state.is_terminal() && !workflow.state.is_terminal())
        }
        Event::AttemptStarted { task, attempt } => at(task, attempt, TaskState::Ready),
        Event::AttemptSucceeded { task, attempt, .. }
        | Event::AttemptFailed { task, attempt, .. }
        | Event::AttemptUndelivered { task, attempt } => at(task, attempt, TaskState::Running),
    }
}

fn any_event() -> impl Strategy<Value = Event> {
    (0_usize..11, 0_u32..4, 0_usize..23).prop_map(|(task, attempt, kind)| match kind {
        0 => Event::Start,
        1 => Event::AttemptStarted { task, attempt },
        2 => Event::AttemptSucceeded { task, attempt, output: json!({"n": 1}), usage: Usage::default() },
        3 => Event::AttemptFailed { task, attempt, failure: broken(), usage: Usage::default() },
        4 => Event::AttemptUndelivered { task, attempt },
        5 => Event::DeadlineExceeded,
        6..=12 => Event::TimerFired { task, attempt, kind: TimerKind::ALL[kind - 6] },
        13 => Event::Pause { failure: Failure::new(Failure::PAUSED, "for a look") },
        14 => Event::Resume,
        15 => Event::Retry { all: true },
        16 => Event::Signal { id: "1".to_owned(), name: "go".to_owned(), payload: json!(1) },
        17 => Event::Skip { task, output: None, reason: Failure::new(Failure::BY_HAND, "it hangs") },
        18 => Event::Decide { task, verdict: Ok(json!({})) },
        19 => Event::WallTimeExceeded,
        20 => Event::SetBudget { budget: GoalBudget { tokens: 1, ..GoalBudget::default() } },
        21 => Event::NoReplan { number: attempt, reason: "nothing serves it".to_owned() },
        _ => Event::Cancel { failure: Failure::new(Failure::CANCELLED, "enough") },
    })
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 512, ..ProptestConfig::default() })]

    #[test]
    fn every_workflow_ends(plan in plan(), script in script()) {
        let (run, history) = history(&plan, &script)?;
        check_end(&plan, &run.workflow)?;
        let last = history.last().and_then(|(_, effects)| effects.last());
        let is_end = matches!(
            last,
            Some(Effect::WorkflowSucceeded | Effect::WorkflowFailed | Effect::WorkflowCancelled)
        );
        prop_assert!(is_end, "{:?}", last);
    }

    #[test]
    fn no_task_starts_before_its_join_is_met_and_none_waits_after_it(plan in plan(), script in script()) {
        play(&plan, &script, |moment| check_tasks(&plan, &moment.run.workflow))?;
    }

    #[test]
    fn nothing_ends_twice(plan in plan(), script in script()) {
        let mut all = Vec::new();
        let mut run = play(&plan, &script, |moment| {
            for ((_, before), (_, after)) in moment.before.tasks.iter().zip(moment.run.workflow.tasks.iter()) {
                prop_assert!(!before.state.is_terminal() || before == after, "an ended task changed");
            }
            all.extend(moment.effects);
            Ok(())
        })?;
        for task in 0..plan.tasks.len() {
            prop_assert_eq!(ends_of(&all, task), 1, "ends of task {}", task);
            let attempt = run.workflow.tasks[task].attempt;
            run.refused(Event::AttemptSucceeded { task, attempt, output: json!({"n": 1}), usage: Usage::default() });
        }
        run.refused(Event::Cancel { failure: broken() });
    }

    #[test]
    fn replaying_the_events_gives_the_same_state(plan in plan(), script in script()) {
        let (run, history) = history(&plan, &script)?;
        let mut again = Run::new(&plan.blueprint());
        for (event, effects) in history {
            prop_assert_eq!(again.apply(event), effects);
        }
        prop_assert_eq!(again.workflow, run.workflow);
    }

    #[test]
    fn what_is_restored_is_what_was_stored_and_goes_on_alike(plan in plan(), script in script(), cut: prop::sample::Index) {
        let (end, history) = history(&plan, &script)?;
        let cut = cut.index(history.len());
        let mut run = Run::new(&plan.blueprint());
        for (place, (event, effects)) in history.into_iter().enumerate() {
            let restored = run.restore(run.rows());
            prop_assert_eq!(restored.as_ref(), Ok(&run.workflow));
            if place == cut {
                run.workflow = restored.expect("it was compared");
            }
            prop_assert_eq!(run.apply(event), effects);
        }
        prop_assert_eq!(run.restore(run.rows()), Ok(end.workflow.clone()));
        prop_assert_eq!(run.workflow, end.workflow);
    }

    /// What the checker lets the output of a workflow read without a guard is there when it has succeeded.
    #[test]
    fn what_is_surely_there_at_the_end_is_there(plan in plan(), script in script()) {
        let (run, _) = history(&plan, &script)?;
        for task in 0..plan.tasks.len() {
            let output = [("x".to_owned(), format!("tasks.t{task}.output"))].into();
            let is_sure = compile(&Blueprint { output, ..plan.blueprint() }).is_ok();
            let is_there = run.workflow.tasks[task].state == TaskState::Succeeded;
            prop_assert!(is_there || !is_sure || run.workflow.state != WorkflowState::Succeeded, "task {}", task);
        }
    }

    #[test]
    fn effects_are_a_history_in_order(plan in plan(), script in script()) {
        let mut order = Order::of(&plan);
        play(&plan, &script, |moment| moment.effects.into_iter().try_for_each(|effect| order.push(effect)))?;
        order.finish(plan.tasks.len())?;
    }

    #[test]
    fn every_changed_task_is_named_by_an_effect(plan in plan(), script in script()) {
        play(&plan, &script, |moment| {
            let named = |task: usize| moment.effects.iter().any(|effect| match *effect {
                Effect::TaskReady { task: named, .. }
                | Effect::TaskWaiting { task: named }
                | Effect::AttemptFailed { task: named, .. }
                | Effect::AttemptStarted { task: named, .. } => named == task,
                _ => ends_of(&[*effect], task) == 1,
            });
            let tasks = moment.before.tasks.iter().zip(moment.run.workflow.tasks.iter());
            for ((task, before), (_, after)) in tasks {
                prop_assert_eq!(before != after, named(task), "task {}", task);
            }
            Ok(())
        })?;
    }

    #[test]
    fn an_event_that_does_not_fit_changes_nothing(
        plan in plan(), script in script(), strays in proptest::collection::vec(any_event(), 20),
    ) {
        play(&plan, &script, |moment| {
            for stray in &strays {
                let mut workflow = moment.run.workflow.clone();
                let fit = fits(&plan, moment.run, stray);
                let result = advance(&moment.run.blueprint, &mut workflow, stray.clone());
                prop_assert_eq!(result.is_ok(), fit, "{:?}: {:?}", stray, result);
                // What is retried may fail at once, as before.
                let may_be_the_same = matches!(stray, Event::Retry { .. });
                let is_the_same = workflow == moment.run.workflow;
                prop_assert!(is_the_same != fit || may_be_the_same && fit, "{:?}", stray);
            }
            Ok(())
        })?;
    }
}
