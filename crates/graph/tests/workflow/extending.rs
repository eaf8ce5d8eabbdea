//! Blueprints that are extended while they run.

use goalpost_graph::{Effect, Event, IllegalTransition};
use goalpost_model::{Blueprint, Branch, Failure, TaskState, Usage, WorkflowState};
use proptest::prelude::*;
use serde_json::{Value, json};

use crate::drive::{next_event, script};
use crate::oracle::{check_end, check_tasks};
use crate::random::{Plan, plan};
use crate::run::{Run, blueprint, kind};

/// The blueprint that the run has, and these tasks and edges.
pub(crate) fn longer(run: &Run, before: &Blueprint, tasks: Value, edges: Value) -> Blueprint {
    let more = blueprint(tasks, edges);
    let mut next = Blueprint { parent: Some(run.blueprint.digest), ..before.clone() };
    next.tasks.extend(more.tasks);
    next.edges.extend(more.edges);
    next
}

pub(crate) fn assert_restorable(run: &Run) {
    assert_eq!(run.restore(run.rows()).unwrap(), run.workflow);
}

fn begun(tasks: Value, edges: Value) -> (Run, Blueprint) {
    let blueprint = blueprint(tasks, edges);
    let mut run = Run::new(&blueprint);
    run.apply(Event::Start);
    (run, blueprint)
}

#[test]
fn what_is_added_follows_what_has_ended_what_runs_and_nothing() {
    let (mut run, before) = begun(json!(["done", "busy"]), json!([]));
    run.succeed("done", json!({"n": 7}));
    run.start("busy");
    let edges = json!([
        {"from": "done", "to": "next", "data_flow": {"n": "tasks.done.output.n"}},
        {"from": "busy", "to": "later"},
    ]);
    let next = longer(&run, &before, json!(["next", "later", "alone"]), edges);
    let effects = run.extend(&next).unwrap();
    assert_eq!(
        effects,
        [
            Effect::WorkflowExtended,
            Effect::EdgesAdded { task: 0 },
            Effect::TaskReady { task: 2, attempt: 1 },
            Effect::TaskReady { task: 4, attempt: 1 },
        ]
    );
    assert_eq!(run.input("next"), json!({"n": 7}));
    assert_restorable(&run);
    run.apply(Event::AttemptSucceeded { task: 1, attempt: 1, output: json!(1), usage: Usage::default() });
    assert_eq!(run.state("later"), TaskState::Ready);
    for task in ["next", "later", "alone"] {
        run.succeed(task, json!(task));
        assert_restorable(&run);
    }
    assert_eq!(
        run.workflow.result,
        json!({"next": "next", "later": "later", "alone": "alone"}).as_object().cloned()
    );
}

#[test]
fn added_tasks_take_ordinals_that_nobody_has_reserved() {
    let each = json!({
        "name": "each", "capability": "", "input": {"items": [1, 2]},
        "for_each": {"body": {"tasks": [{"name": "work", "capability": "any"}]}},
    });
    let (mut run, mut present) = begun(json!([each.clone(), "b"]), json!([]));
    for name in ["c", "d"] {
        let mut other = each.clone();
        other["name"] = json!(format!("{name}_each"));
        present = longer(&run, &present, json!([name, other]), json!([{"from": "b", "to": name}]));
        run.extend(&present).unwrap();
        assert_restorable(&run);
    }
    assert_eq!((run.ordinal("each[1].work"), run.ordinal("c"), run.ordinal("c_each")), (3, 4, 5));
    assert_eq!((run.ordinal("c_each[0].work"), run.ordinal("d"), run.ordinal("d_each[1].work")), (6, 8, 11));
    run.succeed("b", json!(1));
    for task in
        ["c_each[1].work", "d", "each[0].work", "d_each[0].work", "c_each[0].work", "c", "each[1].work"]
    {
        run.succeed(task, json!(task));
        assert_restorable(&run);
    }
    run.succeed("d_each[1].work", json!(1));
    assert_eq!(run.workflow.state, WorkflowState::Succeeded);
    assert_restorable(&run);
}

#[test]
fn a_failure_that_nothing_took_up_is_taken_up_by_an_added_edge() {
    let (mut run, before) = begun(json!(["breaks", "busy"]), json!([]));
    run.fail("breaks");
    assert_eq!(kind(run.task("breaks").unhandled.as_ref()), Failure::UNHANDLED_FAILURE);
    let edges = json!([{"from": "breaks", "to": "mend", "on": "failure"}]);
    run.extend(&longer(&run, &before, json!(["mend"]), edges)).unwrap();
    assert_eq!(run.task("breaks").unhandled, None);
    assert_restorable(&run);
    run.succeed("mend", json!(1));
    run.succeed("busy", json!(1));
    assert_eq!(run.workflow.state, WorkflowState::Succeeded);
}

#[test]
fn a_choice_that_was_made_stays_made() {
    // What was taken otherwise, and what a condition chose.
    for (condition, taken, refused) in [("goal.input.no", "other", "one"), ("goal.input.yes", "one", "other")]
    {
        let choosing = json!({"name": "choose", "capability": "any", "branch": "exclusive"});
        let edges = json!([
            {"from": "choose", "to": "one", "condition": condition},
            {"from": "choose", "to": "other", "otherwise": true},
        ]);
        let (mut run, before) = begun(json!([choosing, "one", "other"]), edges);
        run.succeed("choose", json!(1));
        let edges = json!([
            {"from": "choose", "to": "too", "condition": "goal.input.yes"},
            {"from": "choose", "to": "always"},
        ]);
        run.extend(&longer(&run, &before, json!(["too", "always"]), edges)).unwrap();
        assert_eq!((run.state(taken), run.state(refused)), (TaskState::Ready, TaskState::Skipped));
        assert_eq!((run.state("too"), run.state("always")), (TaskState::Skipped, TaskState::Ready));
        assert_restorable(&run);
    }
}

#[test]
fn what_is_no_extension_is_refused_and_changes_nothing() {
    let (mut run, before) = begun(json!(["a", "b"]), json!([{"from": "a", "to": "b"}]));
    let mut refused = |next: Blueprint| run.extend(&next).unwrap_err();
    let longer = |more: Blueprint| Blueprint { parent: Some(before.digest()), ..more };
    let with = |tasks: Value, edges: Value| longer(blueprint(tasks, edges));
    let ab = json!([{"from": "a", "to": "b"}]);
    assert!(matches!(refused(before.clone()), IllegalTransition::OtherParent { .. }));
    assert!(matches!(refused(longer(before.clone())), IllegalTransition::NoExtension { .. }));
    for (next, says) in [
        (with(json!(["a", "c"]), json!([])), "task 'b' is not where it was"),
        (with(json!(["b", "a", "c"]), json!([])), "task 'a' is not where it was"),
        (with(json!(["a", "b", "c"]), json!([])), "an edge is missing"),
        (
            with(json!(["a", "b", "c"]), json!([{"from": "a", "to": "b"}, {"from": "c", "to": "b"}])),
            "an added edge leads to task 'b', which is not added",
        ),
        (
            Blueprint { max_tasks: 2, ..with(json!(["a", "b", "c"]), ab.clone()) },
            "the workflow would have more than 2 tasks",
        ),
    ] {
        assert_eq!(refused(next), IllegalTransition::NoExtension { problem: says.to_owned() });
    }
    run.cancel();
    let next = with(json!(["a", "b", "c"]), ab);
    assert!(matches!(run.extend(&next).unwrap_err(), IllegalTransition::AlreadyEnded { .. }));
}

#[test]
fn nothing_follows_a_task_that_was_cancelled() {
    let race = json!({"name": "first", "capability": "any", "join": "any", "rest": "cancel"});
    let edges = json!([{"from": "a", "to": "first"}, {"from": "b", "to": "first"}]);
    let (mut run, before) = begun(json!(["a", "b", race]), edges);
    run.succeed("a", json!(1));
    assert_eq!(run.state("b"), TaskState::Cancelled);
    let next = longer(&run, &before, json!(["c"]), json!([{"from": "b", "to": "c", "on": "always"}]));
    let problem = "an added edge comes from task 'b', which is CANCELLED".to_owned();
    assert_eq!(run.extend(&next).unwrap_err(), IllegalTransition::NoExtension { problem });
}

/// Two parts of a plan: its first tasks with the edges to them, and all of it, the edges in that order.
pub(crate) fn parts(mut plan: Plan, first: usize) -> Option<(Plan, Plan)> {
    let (before, added): (Vec<_>, Vec<_>) = plan.edges.into_iter().partition(|edge| edge.target < first);
    // What was chosen before stays chosen; had all been there at once, something else might have been.
    let chooses = |source: usize| {
        plan.tasks[source].branch == Branch::Exclusive
            || before.iter().chain(&added).any(|edge| edge.source == source && edge.otherwise)
    };
    if added.iter().any(|edge| edge.source < first && chooses(edge.source)) {
        return None;
    }
    let part = Plan { tasks: plan.tasks[..first].to_vec(), edges: before.clone(), deadline: plan.deadline };
    plan.edges = before.into_iter().chain(added).collect();
    Some((part, plan))
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 192, max_global_rejects: 20_000, ..ProptestConfig::default() })]

    /// Whatever has happened before, all goes on as if it had been there from the beginning.
    #[test]
    fn an_extension_is_as_good_as_a_part_of_the_plan(
        plan in plan(), script in script(), at: prop::sample::Index, when in 1_usize..20,
    ) {
        let first = at.index(plan.tasks.len());
        let parts = (first > 0).then(|| parts(plan, first)).flatten();
        prop_assume!(parts.is_some());
        let (part, plan) = parts.unwrap();
        let mut run = Run::new(&part.blueprint());
        let mut whole = plan.blueprint();
        whole.parent = Some(run.blueprint.digest);
        let mut script = script.iter();
        let mut event = Some(Event::Start);
        let mut events = 0;
        let mut is_extended = false;
        while let Some(next) = event {
            run.apply(next);
            events += 1;
            let is_over = run.workflow.state.is_terminal();
            if !is_extended && events >= when && !is_over {
                match run.extend(&whole) {
                    Ok(_) => is_extended = true,
                    Err(IllegalTransition::NoExtension { problem }) if problem.contains("CANCELLED") => break,
                    Err(other) => prop_assert!(false, "{}", other),
                }
            }
            let expected = if is_extended { &plan } else { &part };
            check_tasks(expected, &run.workflow)?;
            prop_assert_eq!(&run.restore(run.rows()).unwrap(), &run.workflow);
            let (pick, act) = script.next().copied().unwrap_or_default();
            event = next_event(&run, pick, act);
        }
        if is_extended {
            check_end(&plan, &run.workflow)?;
        }
    }
}
