//! A workflow's blueprint is extended while it runs: tasks and edges are added to its own graph.

use std::sync::Arc;

use goalpost_checker::{CompiledBlueprint, CompiledGraph, CompiledTask};
use goalpost_model::{Amount, Branch, Failure, TaskState, WorkflowState};

use crate::step::Step;
use crate::tasks::GraphRun;
use crate::{Added, Effect, IllegalTransition, Task, Workflow};

/// Lets the workflow go on with a longer blueprint: `next` begins with the tasks and the edges of `present`, in their
/// order, and names it as its parent. What has happened stays as it is. The edges that are added lead to
/// added tasks; those that come from a task which has ended are decided now.
///
/// Tasks that `next` withdraws are skipped if they have not ended. What those that have succeeded did is undone, in
/// reverse order, one after the other; then what is added begins, while what is kept goes on all the time. A workflow that
/// waits for another plan goes on with this one. `planning`: what planning took for it in all, this plan included.
///
/// # Errors
/// `next` is no extension of `present`, or the state does not allow one; the workflow is untouched.
pub fn extend(
    present: &CompiledBlueprint,
    next: &CompiledBlueprint,
    workflow: &mut Workflow,
    planning: Amount,
) -> Result<Vec<Effect>, IllegalTransition> {
    admit(present, next, workflow)?;
    workflow.before = workflow.before.max(planning);
    let mut step = Step::new(next, workflow);
    step.extend();
    step.balance();
    Ok(step.into_effects())
}

const NAME: &str = "Extend";

fn admit(
    present: &CompiledBlueprint,
    next: &CompiledBlueprint,
    workflow: &Workflow,
) -> Result<(), IllegalTransition> {
    let state = workflow.state;
    if state.is_terminal() {
        return Err(IllegalTransition::AlreadyEnded { state, event: NAME });
    }
    if state == WorkflowState::Compensating {
        return Err(IllegalTransition::WrongState { state, event: NAME });
    }
    if !workflow.started {
        return Err(IllegalTransition::NotStarted { event: NAME });
    }
    if next.parent != Some(present.digest) {
        return Err(IllegalTransition::OtherParent { present: present.digest });
    }
    if workflow.is_withdrawing {
        return Err(IllegalTransition::Undoing);
    }
    let (old, new) = (&present.graph, &next.graph);
    let wrong = |problem: String| Err(IllegalTransition::NoExtension { problem });
    if let Some(name) = changed_task(old, new) {
        return wrong(format!("task '{name}' is not where it was"));
    }
    let is_back = |(old, new): &(&CompiledTask, &CompiledTask)| old.withdrawn && !new.withdrawn;
    if let Some((task, _)) = old.tasks.iter().zip(&new.tasks).find(is_back) {
        return wrong(format!("task '{}' was withdrawn, and is there again", task.name));
    }
    let added = new.tasks.len() - old.tasks.len();
    let mut both = old.tasks.iter().zip(&new.tasks);
    if added == 0 && both.all(|(old, new)| old.withdrawn == new.withdrawn) {
        return wrong("it adds no task, and does without none".to_owned());
    }
    if workflow.tasks.len() + added > next.max_tasks || workflow.tasks.next_after(added).is_none() {
        return wrong(format!("the workflow would have more than {} tasks", next.max_tasks));
    }
    if new.edges.len() < old.edges.len() {
        return wrong("an edge is missing".to_owned());
    }
    let own = workflow.tasks.run(0);
    for edge in &new.edges[old.edges.len()..] {
        let name = |task: usize| &new.tasks[task].name;
        if edge.target < old.tasks.len() {
            return wrong(format!("an added edge leads to task '{}', which is not added", name(edge.target)));
        }
        if new.tasks[edge.source].withdrawn {
            return wrong(format!(
                "an added edge comes from task '{}', which is withdrawn",
                name(edge.source)
            ));
        }
        // It would never be decided.
        if own.tasks.get(edge.source).is_some_and(|source| source.state == TaskState::Cancelled) {
            return wrong(format!(
                "an added edge comes from task '{}', which is CANCELLED",
                name(edge.source)
            ));
        }
    }
    Ok(())
}

fn changed_task<'a>(old: &'a CompiledGraph, new: &CompiledGraph) -> Option<&'a str> {
    let is_other = |place: usize| new.tasks.get(place).is_none_or(|task| task.name != old.tasks[place].name);
    (0..old.tasks.len()).find(|place| is_other(*place)).map(|place| old.tasks[place].name.as_str())
}

impl GraphRun {
    /// Puts a longer graph in the place of this one. The ordinals of what is added begin at `first`. Edges have to be
    /// counted anew.
    pub(crate) fn extend(&mut self, graph: Arc<CompiledGraph>, first: usize) {
        let place = self.tasks.len();
        self.places.add(Added { place, first });
        self.tasks.resize(graph.tasks.len(), Task::default());
        self.graph = graph;
    }
}

impl Workflow {
    /// Whether the task has to wait until what its plan does without is undone.
    pub(crate) fn holds_back(&self, ordinal: usize) -> bool {
        let is_added = || {
            let own = self.tasks.run(0);
            let first = self.tasks.added().last();
            first.zip(own.place(ordinal)).is_some_and(|(first, place)| place >= first.place)
        };
        self.is_withdrawing && is_added()
    }
}

impl Step<'_> {
    fn extend(&mut self) {
        if self.workflow.state == WorkflowState::Replanning {
            self.run_on();
        }
        let graph = Arc::clone(&self.blueprint.graph);
        let tasks = &mut self.workflow.tasks;
        let old_edges = tasks.run(0).graph.edges.len();
        let old_tasks = tasks.run(0).tasks.len();
        let sources: Vec<usize> = (0..old_tasks)
            .filter(|place| graph.tasks[*place].outgoing.last().is_some_and(|edge| *edge >= old_edges))
            .collect();
        tasks.extend(Arc::clone(&graph));
        // What attempts take is said by the longer one.
        self.workflow.count_all_spending();
        self.effects.push(Effect::WorkflowExtended);
        for place in sources {
            self.decide_added_edges(place, old_edges);
        }
        if let Some(own) = self.workflow.tasks.run_mut(0) {
            own.count_edges();
        }
        self.withdraw();
        self.workflow.is_withdrawing = self.workflow.undoes_withdrawn();
        self.undo_next();
        self.settle();
    }

    /// Ends the tasks that the workflow does without.
    pub(crate) fn withdraw(&mut self) {
        let own = self.run(0);
        let withdrawn = own.graph.tasks.iter().zip(own.ordinals()).filter(|(task, _)| task.withdrawn);
        let failure = Failure::new(Failure::WITHDRAWN, "a later plan does without it");
        for ordinal in withdrawn.map(|(_, ordinal)| ordinal).collect::<Vec<_>>() {
            if self.workflow.tasks[ordinal].state.is_terminal() {
                continue;
            }
            // What it has made was to be its graph.
            self.workflow.tasks[ordinal].output = None;
            self.close(ordinal, TaskState::Skipped, Some(failure.clone()));
            self.cancel_inside(ordinal, &failure);
        }
    }

    /// Nothing is left to be undone: what was added last begins, as far as its joins are met.
    pub(crate) fn begin_added(&mut self) {
        let Some(added) = self.workflow.tasks.added().last().copied() else { return };
        for place in added.place..self.run(0).tasks.len() {
            self.decide_join(self.run(0).ordinal(place));
        }
    }

    /// Decides the edges that were added to a task which has ended. What was decided before stays.
    fn decide_added_edges(&mut self, place: usize, old_edges: usize) {
        let source = self.run(0).ordinal(place);
        if !self.workflow.tasks[source].state.is_terminal() {
            return;
        }
        let graph = Arc::clone(&self.run(0).graph);
        let compiled = &graph.tasks[place];
        let task = &self.workflow.tasks[source];
        let chosen = |edge: &usize| graph.edges[*edge].otherwise || graph.edges[*edge].has_condition();
        let has_chosen = compiled.branch == Branch::Exclusive && task.taken_edges.iter().any(chosen);
        let unhandled = task.unhandled.clone();
        let verdicts = self.branch(source);
        let decided = compiled.outgoing.iter().zip(verdicts);
        let taken: Vec<usize> = decided
            .filter(|(edge, taken)| *taken && **edge >= old_edges && !(has_chosen && chosen(edge)))
            .map(|(edge, _)| *edge)
            .collect();
        let task = &mut self.workflow.tasks[source];
        if !taken.is_empty() {
            // One of them takes the failure up. A condition that could not be evaluated stays what it is.
            task.unhandled.take_if(|failure| failure.kind == Failure::UNHANDLED_FAILURE);
        }
        let changes = !taken.is_empty() || task.unhandled != unhandled;
        task.taken_edges.extend(taken);
        if changes {
            self.effects.push(Effect::EdgesAdded { task: source });
        }
    }
}
