//! Other plans for workflows that run: some tasks are kept, some withdrawn and undone, some added.

use goalpost_checker::compile;
use goalpost_graph::{Effect, Event, IllegalTransition, Workflow};
use goalpost_model::{Blueprint, Failure, TaskState, Usage, WorkflowState};
use proptest::prelude::*;
use proptest::test_runner::TestCaseError;
use serde_json::{Value, json};

use crate::drive::{next_event, script};
use crate::extending::{assert_restorable, longer, parts};
use crate::oracle::check_task;
use crate::random::{Plan, PlanTask, plan};
use crate::run::{Run, blueprint, kind};

/// A task that can be undone.
fn step(name: &str) -> Value {
    json!({"name": name, "capability": "any", "compensate_with": {"capability": "any", "input": {"of": name}}})
}

fn begun(tasks: Value, edges: Value) -> (Run, Blueprint) {
    let blueprint = blueprint(tasks, edges);
    let mut run = Run::new(&blueprint);
    run.apply(Event::Start);
    (run, blueprint)
}

/// The run goes on without some of its tasks, and with others.
fn without(run: &Run, before: &Blueprint, names: &[&str], tasks: Value, edges: Value) -> Blueprint {
    let mut next = longer(run, before, tasks, edges);
    for task in &mut next.tasks {
        task.withdrawn = task.withdrawn || names.contains(&task.name.as_str());
    }
    next
}

#[test]
fn twenty_tasks_of_which_twelve_are_done_and_three_run() {
    let names: Vec<String> = (0..20).map(|task| format!("t{task}")).collect();
    let mut tasks: Vec<Value> = names.iter().map(|name| json!(name)).collect();
    for booked in [4, 9, 11] {
        tasks[booked] = step(&names[booked]);
    }
    // What waits for the three that run is never reached.
    let edges: Vec<Value> =
        (15..20).map(|task| json!({"from": format!("t{}", 12 + task % 3), "to": names[task]})).collect();
    let (mut run, before) = begun(json!(tasks), json!(edges));
    for task in [0, 1, 2, 9, 3, 5, 11, 6, 7, 8, 10, 4] {
        run.succeed(&names[task], json!(task));
    }
    for task in ["t12", "t13", "t14"] {
        run.start(task);
    }
    let done: Vec<_> = names[..12].iter().map(|name| run.task(name).clone()).collect();
    let gone = ["t4", "t9", "t11", "t13", "t15", "t16", "t17", "t18", "t19"];
    let added = json!([{"name": "late", "capability": "any", "data_flow": {"n": "tasks.t0.output"}}, "last"]);
    let edges =
        json!([{"from": "t0", "to": "late"}, {"from": "t12", "to": "last"}, {"from": "late", "to": "last"}]);
    let next = without(&run, &before, &gone, added, edges);
    let effects = run.extend(&next).unwrap();
    assert_eq!(effects[0], Effect::WorkflowExtended);
    // What was done last is undone first, and what is added waits for all of it.
    let mut undone = Vec::new();
    for task in ["t4", "t11", "t9"] {
        let undo = format!("{task}.undo");
        assert_eq!(run.input(&undo), json!({"of": task}));
        assert_eq!(run.state("late"), TaskState::Pending);
        assert_restorable(&run);
        if task == "t11" {
            // What is kept goes on meanwhile.
            run.apply(Event::AttemptSucceeded {
                task: 12,
                attempt: 1,
                output: json!(1),
                usage: Usage::default(),
            });
            assert_eq!(run.state("last"), TaskState::Pending);
        }
        run.succeed(&undo, json!(null));
        undone.push(task);
    }
    assert_eq!(run.input("late"), json!({"n": 0}));
    assert_restorable(&run);
    // The twelve are as they were, but for the edge that was added to one and what says that they are undone; of the
    // three, two go on.
    for (name, before) in names.iter().zip(done) {
        let task = run.task(name).clone();
        assert_eq!(task.undo.is_some(), undone.contains(&name.as_str()), "{name}");
        let edges = before.taken_edges.clone();
        assert_eq!(goalpost_graph::Task { undo: None, taken_edges: edges, ..task }, before);
    }
    assert_eq!((run.state("t14"), run.task("t14").attempt), (TaskState::Running, 1));
    assert_eq!(kind(run.task("t13").failure.as_ref()), Failure::WITHDRAWN);
    run.refused(Event::AttemptSucceeded { task: 13, attempt: 1, output: json!(1), usage: Usage::default() });
    run.apply(Event::AttemptSucceeded { task: 14, attempt: 1, output: json!(1), usage: Usage::default() });
    run.succeed("late", json!(1));
    run.succeed("last", json!(2));
    assert_eq!(run.workflow.state, WorkflowState::Succeeded);
    assert_eq!(run.workflow.result.as_ref().unwrap().get("last"), Some(&json!(2)));
    assert!(!run.workflow.result.as_ref().unwrap().contains_key("t4"));
    assert_restorable(&run);
}

#[test]
fn what_is_withdrawn_ends_with_all_that_is_inside_of_it_and_that_is_undone() {
    let each = json!({
        "name": "each", "capability": "", "input": {"items": [1, 2, 3]},
        "for_each": {"body": {"tasks": [step("put")]}, "concurrency": 2},
    });
    let (mut run, before) = begun(json!([each, "other"]), json!([]));
    run.succeed("each[0].put", json!(1));
    run.start("each[2].put");
    run.extend(&without(&run, &before, &["each"], json!([]), json!([]))).unwrap();
    assert_eq!((run.state("each"), run.state("each[1].put")), (TaskState::Skipped, TaskState::Cancelled));
    assert_eq!(run.state("each[2].put"), TaskState::Cancelled);
    assert_restorable(&run);
    run.succeed("other", json!(1));
    assert_eq!(run.workflow.state, WorkflowState::Running, "something is to be undone");
    assert_restorable(&run);
    run.succeed("each[0].put.undo", json!(1));
    assert_eq!(run.workflow.state, WorkflowState::Succeeded);
    assert_restorable(&run);
}

#[test]
fn a_workflow_fails_if_what_it_does_without_cannot_be_undone() {
    let (mut run, before) = begun(json!([step("first"), step("second"), step("kept"), "busy"]), json!([]));
    for task in ["kept", "first", "second"] {
        run.succeed(task, json!(1));
    }
    run.extend(&without(&run, &before, &["first", "second"], json!(["added"]), json!([]))).unwrap();
    run.start("busy");
    run.fail("second.undo");
    assert_eq!(run.workflow.state, WorkflowState::Compensating);
    assert_eq!((run.state("busy"), run.state("added")), (TaskState::Cancelled, TaskState::Cancelled));
    let failure = run.workflow.failure.clone().unwrap();
    assert_eq!(failure.kind, Failure::NOT_UNDONE);
    assert!(failure.message.contains("'second' is withdrawn, and could not be undone: BROKEN"), "{failure}");
    assert_restorable(&run);
    run.succeed("first.undo", json!(1));
    run.succeed("kept.undo", json!(1));
    assert_eq!(run.workflow.state, WorkflowState::Failed);
    assert_restorable(&run);
}

#[test]
fn what_is_being_undone_goes_on_when_the_workflow_is_cancelled() {
    let (mut run, before) = begun(json!([step("gone"), step("kept"), "busy"]), json!([]));
    run.succeed("gone", json!(1));
    run.extend(&without(&run, &before, &["gone"], json!([]), json!([]))).unwrap();
    run.succeed("kept", json!(1));
    run.start("gone.undo");
    run.cancel();
    assert_eq!(
        (run.workflow.state, run.state("gone.undo")),
        (WorkflowState::Compensating, TaskState::Running)
    );
    assert!(run.workflow.tasks.ordinal_of("kept.undo").is_none(), "one after the other");
    assert_restorable(&run);
    let undo = run.ordinal("gone.undo");
    run.apply(Event::AttemptSucceeded { task: undo, attempt: 1, output: json!(1), usage: Usage::default() });
    run.succeed("kept.undo", json!(1));
    assert_eq!(run.workflow.state, WorkflowState::Cancelled);
    assert_restorable(&run);
}

#[test]
fn one_plan_is_given_up_before_another_one_takes_its_place() {
    let (mut run, before) = begun(json!([step("gone"), "busy"]), json!([]));
    run.succeed("gone", json!(1));
    let next = without(&run, &before, &["gone"], json!(["added"]), json!([]));
    run.extend(&next).unwrap();
    let more = longer(&run, &next, json!(["more"]), json!([]));
    assert_eq!(run.extend(&more).unwrap_err(), IllegalTransition::Undoing);
    run.succeed("gone.undo", json!(1));
    run.extend(&more).unwrap();
    assert_eq!((run.state("added"), run.state("more")), (TaskState::Ready, TaskState::Ready));
    let mut back = longer(&run, &more, json!(["again"]), json!([]));
    back.tasks[0].withdrawn = false;
    let problem = "task 'gone' was withdrawn, and is there again".to_owned();
    assert_eq!(run.extend(&back).unwrap_err(), IllegalTransition::NoExtension { problem });
    let edge = json!([{"from": "gone", "to": "again"}]);
    let problem = "an added edge comes from task 'gone', which is withdrawn".to_owned();
    let refused = run.extend(&longer(&run, &more, json!(["again"]), edge)).unwrap_err();
    assert_eq!(refused, IllegalTransition::NoExtension { problem });
    assert_restorable(&run);
}

#[test]
fn a_failure_that_only_something_withdrawn_would_take_up_is_not_taken_up() {
    let edges = json!([{"from": "breaks", "to": "mend", "on": "failure"}]);
    let (mut run, before) = begun(json!(["breaks", "mend"]), edges);
    run.extend(&without(&run, &before, &["mend"], json!([]), json!([]))).unwrap();
    run.fail("breaks");
    assert_eq!(run.workflow.state, WorkflowState::Failed);
    assert_restorable(&run);
}

#[test]
fn a_failure_of_something_withdrawn_counts_no_more_and_is_not_retried() {
    let (mut run, before) = begun(json!(["breaks", "busy"]), json!([]));
    run.fail("breaks");
    run.extend(&without(&run, &before, &["breaks"], json!(["instead"]), json!([]))).unwrap();
    run.succeed("busy", json!(1));
    run.cancel();
    run.apply(Event::Retry { all: false });
    assert_eq!((run.state("breaks"), run.state("instead")), (TaskState::Failed, TaskState::Ready));
    assert_restorable(&run);
    run.succeed("instead", json!(1));
    assert_eq!(run.workflow.state, WorkflowState::Succeeded);
    assert_restorable(&run);
}

#[test]
fn what_began_by_an_edge_that_is_gone_goes_on() {
    let first = json!({"name": "first", "capability": "any", "join": "any"});
    let edges = json!([{"from": "breaks", "to": "first", "on": "failure"}, {"from": "slow", "to": "first"}]);
    let (mut run, before) = begun(json!(["breaks", "slow", first]), edges);
    run.fail("breaks");
    run.start("first");
    run.extend(&without(&run, &before, &["breaks"], json!([]), json!([]))).unwrap();
    assert_eq!(run.state("first"), TaskState::Running);
    assert_restorable(&run);
    run.apply(Event::AttemptSucceeded { task: 2, attempt: 1, output: json!(1), usage: Usage::default() });
    run.succeed("slow", json!(1));
    assert_eq!(run.workflow.state, WorkflowState::Succeeded);
    assert_restorable(&run);
}

/// The plan without these of its first tasks, and without what follows from them.
fn do_without(mut plan: Plan, first: usize, mut withdrawn: Vec<bool>) -> Plan {
    withdrawn.resize(first, false);
    withdrawn.resize(plan.tasks.len(), false);
    // Sources come before their targets.
    for target in 0..first {
        let follows = plan.incoming(target).any(|(_, edge)| withdrawn[edge.source]);
        withdrawn[target] |= follows;
    }
    plan.edges.retain(|edge| edge.target < first || !withdrawn[edge.source]);
    plan.tasks.iter_mut().zip(withdrawn).for_each(|(task, withdrawn)| task.withdrawn = withdrawn);
    plan
}

/// What workers do can be undone.
fn with_undos(mut blueprint: Blueprint) -> Blueprint {
    let undo: goalpost_model::Compensation = serde_json::from_value(json!({"capability": "any"})).unwrap();
    for task in blueprint.tasks.iter_mut().filter(|task| task.capability == "count") {
        task.compensate_with = Some(undo.clone());
    }
    blueprint
}

/// What is left of a plan after some of it was withdrawn, and what was so at that moment.
struct Revised {
    plan: Plan,
    first: usize,
    at: Workflow,
    /// Withdrawn tasks in the order in which they were done.
    done: Vec<usize>,
}

impl Revised {
    fn check(&self, workflow: &Workflow) -> Result<(), TestCaseError> {
        let ended_before = |task: usize| self.at.tasks.get(task).is_some_and(|task| task.state.is_terminal());
        let undo_of = |task: usize| workflow.tasks[task].undo.and_then(|undo| workflow.tasks.get(undo));
        let is_undone = |task: &&usize| undo_of(**task).is_some_and(|undo| undo.state.is_terminal());
        // In reverse order, one after the other.
        let begun: Vec<bool> = self.done.iter().rev().map(|task| undo_of(*task).is_some()).collect();
        prop_assert!(begun.is_sorted_by(|one, next| one >= next), "{:?}", begun);
        let open =
            self.done.iter().filter(|task| undo_of(**task).is_some_and(|undo| !undo.state.is_terminal()));
        prop_assert!(open.count() <= 1);
        let waits = !self.done.iter().all(|task| is_undone(&task));
        let before = Plan {
            tasks: self.plan.tasks.iter().map(|task| PlanTask { withdrawn: false, ..task.clone() }).collect(),
            ..self.plan.clone()
        };
        for (ordinal, planned) in self.plan.tasks.iter().enumerate() {
            let task = &workflow.tasks[ordinal];
            if ended_before(ordinal) {
                let was = &self.at.tasks[ordinal];
                prop_assert_eq!(
                    (task.state, task.attempt, &task.output),
                    (was.state, was.attempt, &was.output)
                );
            }
            if planned.withdrawn {
                prop_assert!(task.state.is_terminal(), "task {} was withdrawn", ordinal);
                let is_stopped = ended_before(ordinal) || kind(task.failure.as_ref()) == Failure::WITHDRAWN;
                prop_assert!(is_stopped);
            } else if ordinal >= self.first && waits {
                let waits = matches!(task.state, TaskState::Pending | TaskState::Cancelled);
                prop_assert!(waits, "task {} began before all was undone", ordinal);
            } else if matches!(workflow.state, WorkflowState::Running | WorkflowState::Succeeded) {
                let decided = ended_before(ordinal) && task.state != TaskState::Cancelled;
                check_task(if decided { &before } else { &self.plan }, workflow, ordinal)?;
            }
        }
        Ok(())
    }

    fn check_end(&self, workflow: &Workflow) -> Result<(), TestCaseError> {
        prop_assert!(workflow.state.is_terminal());
        prop_assert!(workflow.tasks.iter().all(|(_, task)| task.state.is_terminal()));
        let live = self.plan.tasks.iter().enumerate().filter(|(_, task)| !task.withdrawn);
        let first =
            live.map(|(ordinal, _)| &workflow.tasks[ordinal]).find_map(|task| task.unhandled.as_ref());
        if workflow.state == WorkflowState::Succeeded {
            prop_assert_eq!(first, None);
            prop_assert!(self.done.iter().all(|task| workflow.tasks[*task].undo.is_some()));
        } else if first.is_some() && workflow.tasks.iter().all(|(_, task)| task.undo.is_none()) {
            let by_itself = [Failure::CANCELLED, Failure::DEADLINE_EXCEEDED, Failure::NOT_UNDONE];
            let is_early = by_itself.contains(&kind(workflow.failure.as_ref()));
            prop_assert!(is_early || workflow.failure.as_ref() == first);
        }
        Ok(())
    }
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 256, max_global_rejects: 40_000, ..ProptestConfig::default() })]

    /// Whatever has happened before: what is kept goes on as if nothing had been, and what is added after what was undone.
    #[test]
    fn another_plan_takes_the_place_of_the_present_one(
        plan in plan(), script in script(), at: prop::sample::Index, when in 1_usize..20,
        withdrawn in proptest::collection::vec(proptest::bool::weighted(0.3), 10),
    ) {
        let first = at.index(plan.tasks.len() + 1);
        let parts = (first > 0).then(|| parts(plan, first)).flatten();
        prop_assume!(parts.is_some());
        let (part, whole) = parts.unwrap();
        let plan = do_without(whole, first, withdrawn);
        let mut run = Run::new(&with_undos(part.blueprint()));
        let mut next = with_undos(plan.blueprint());
        next.parent = Some(run.blueprint.digest);
        prop_assume!(compile(&next).is_ok());
        let mut script = script.iter();
        let mut event = Some(Event::Start);
        let mut events = 0;
        let mut done = Vec::new();
        let mut revised: Option<Revised> = None;
        while let Some(next_one) = event {
            let effects = run.apply(next_one);
            events += 1;
            done.extend(effects.iter().filter_map(|effect| match effect {
                Effect::TaskSucceeded { task } if *task < first => Some(*task),
                _ => None,
            }));
            let can_be = run.workflow.state == WorkflowState::Running;
            if revised.is_none() && events >= when && can_be {
                let at = run.workflow.clone();
                match run.extend(&next) {
                    Ok(_) => {
                        let undone = |task: &usize| plan.tasks[*task].withdrawn
                            && run.blueprint.graph.tasks[*task].undo.is_some();
                        let done = done.iter().copied().filter(undone).collect();
                        revised = Some(Revised { plan: plan.clone(), first, at, done });
                    }
                    Err(IllegalTransition::NoExtension { problem })
                        if problem.contains("CANCELLED") || problem.contains("adds no task") => break,
                    Err(other) => prop_assert!(false, "{}", other),
                }
            }
            if let Some(revised) = &revised {
                revised.check(&run.workflow)?;
            }
            prop_assert_eq!(&run.restore(run.rows()).unwrap(), &run.workflow);
            let (pick, act) = script.next().copied().unwrap_or_default();
            event = next_event(&run, pick, act);
        }
        if let Some(revised) = &revised {
            revised.check_end(&run.workflow)?;
        }
    }
}
