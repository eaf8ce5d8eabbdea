//! Putting commands together into one write.

use std::collections::{BTreeSet, HashMap, HashSet};
use std::sync::Arc;
use std::time::Instant;

use goalpost_graph::{Effect, Event, IllegalTransition, advance, extend};
use goalpost_model::{TaskState, Usage, WorkflowId};
use goalpost_store::Json;
use goalpost_store::workflows::{NewWorkflow, Transitions};

use crate::engine::by_hand;
use crate::engine::cache::Cache;
use crate::engine::command::{Claim, Command, Creation, Outcome, Refusal, Step};
use crate::engine::live::Live;
use crate::engine::rows::record;
use crate::engine::timing::armed;

/// Commands whose effects are stored together.
#[derive(Default)]
pub(crate) struct Batch {
    /// The round of the committer that puts it together.
    round: u64,
    pub(crate) transitions: Transitions,
    /// Commands that wait for the write, with what they are answered if it passes.
    pub(crate) applied: Vec<(Command, Outcome)>,
    /// Since when the tasks that it ends have been active.
    pub(crate) steps: Vec<Instant>,
    touched: HashMap<WorkflowId, Touched>,
    /// Workflows to be read again before the next batch: this one does nothing to them.
    pub(crate) outdated: HashSet<WorkflowId>,
}

/// What the batch does to one workflow.
#[derive(Default)]
struct Touched {
    /// Tasks whose rows the batch writes: each at most once.
    tasks: BTreeSet<usize>,
    /// The batch begins or ends the workflow: nothing more in this one.
    closed: bool,
}

/// What became of a command.
enum Verdict {
    /// It is part of the batch.
    Applied(Outcome),
    /// It changes what the batch changes already: the next one takes it.
    Deferred,
    /// It changes nothing.
    Answered(Result<Outcome, Refusal>),
    /// It does not fit what is in memory; what is stored may be newer.
    Outdated,
}

impl Batch {
    pub(crate) fn new(round: u64) -> Self {
        Self { round, ..Self::default() }
    }

    /// Takes the command in; gives it back if it has to wait for the next batch.
    pub(crate) fn add(&mut self, cache: &mut Cache, command: Command) -> Option<Command> {
        if self.outdated.contains(&command.workflow) {
            return Some(command);
        }
        let verdict = match &command.step {
            Step::Create(creation) => self.create(cache, command.workflow, creation),
            _ => match cache.get_mut(command.workflow) {
                Some(live) => self.step(live, &command),
                None => Verdict::Answered(Err(Refusal::NotFound("workflow"))),
            },
        };
        match verdict {
            Verdict::Applied(outcome) => self.applied.push((command, outcome)),
            Verdict::Deferred => return Some(command),
            Verdict::Outdated => {
                self.outdated.insert(command.workflow);
                return Some(command);
            }
            // Whoever asked may be gone.
            Verdict::Answered(answer) => drop(command.reply.send(answer)),
        }
        None
    }

    /// Nothing has to be stored.
    pub(crate) fn is_empty(&self) -> bool {
        self.applied.is_empty()
    }

    /// The tasks of the workflow whose rows it writes.
    pub(crate) fn take_tasks(&mut self, id: WorkflowId) -> BTreeSet<usize> {
        let Some(Touched { mut tasks, .. }) = self.touched.remove(&id) else { return BTreeSet::new() };
        let expanded = self.transitions.expanded.iter().filter(|task| task.workflow == id);
        tasks.extend(expanded.map(|task| task.ordinal));
        tasks
    }

    fn create(&mut self, cache: &mut Cache, id: WorkflowId, creation: &Creation) -> Verdict {
        if self.touched.contains_key(&id) {
            return Verdict::Deferred;
        }
        if cache.contains(id) {
            return Verdict::Answered(Ok(Outcome::Done));
        }
        let mut live = Live::begin(creation);
        let effects = match advance(&live.blueprint, &mut live.core, Event::Start) {
            Ok(effects) => effects,
            Err(error) => return Verdict::Answered(Err(Refusal::Internal(error.to_string()))),
        };
        self.transitions.created.push(NewWorkflow {
            id,
            blueprint_digest: live.blueprint.digest,
            goal_text: creation.goal_text.clone(),
            goal_input: Json::of(&creation.goal_input),
            lane: creation.lane.clone(),
            traceparent: creation.traceparent.clone(),
            budget: Json::of(&live.core.budget()),
            spent_before: Json::of(&live.core.spent_before()),
        });
        let tasks = record(&mut self.transitions, id, &mut live, &effects).into_keys().collect();
        let own = [live.core.deadline(&live.blueprint), live.core.wall_time()];
        self.transitions.armed.extend(own.into_iter().flatten().map(|timer| armed(id, None, 0, timer)));
        let states = live.core.tasks.iter().map(|(_, task)| task.state).collect();
        self.touched.insert(id, Touched { tasks, closed: true });
        cache.insert(id, live);
        Verdict::Applied(Outcome::Begun(states))
    }

    fn step(&mut self, live: &mut Live, command: &Command) -> Verdict {
        let Command { workflow: id, step, .. } = command;
        let id = *id;
        let task = match task_of(live, step) {
            Ok(task) => task,
            // Another engine may have begun a graph inside of a task, with this one in it.
            Err(refusal) => return self.answer(id, live, Err(refusal)),
        };
        // First: what this batch did is not durable yet, so nothing may be answered from it.
        if !self.is_free(id, task) {
            return Verdict::Deferred;
        }
        let effects = match happen(live, command, task) {
            Ok(effects) => effects,
            Err(answer) => return self.answer(id, live, answer),
        };
        if let Step::Claim { task, holder, .. } = step {
            live.holders.insert(*task, holder.clone());
        }
        if let Some(task) = task.filter(|task| live.core.tasks[*task].state.is_terminal()) {
            self.steps.extend(live.active_since.remove(&task));
        }
        let touched = self.touched.entry(id).or_insert_with(|| {
            self.transitions.fences.push((id, live.last_number));
            Touched::default()
        });
        let recorded = record(&mut self.transitions, id, live, &effects);
        by_hand::rearm(&mut self.transitions, id, live, step, &recorded);
        // What waits for room may get it by the next step: its row would change twice.
        let waits = recorded.keys().any(|task| live.core.tasks[*task].awaits_budget);
        touched.closed = waits || effects.iter().any(Effect::moves_workflow);
        touched.tasks.extend(recorded.into_keys());
        Verdict::Applied(outcome_of(live, step))
    }

    /// A step that changes nothing, because it does not fit or has happened already, is answered only for what
    /// was read in this round: another engine may have moved the workflow on since an earlier one.
    fn answer(&self, id: WorkflowId, live: &Live, answer: Result<Outcome, Refusal>) -> Verdict {
        if live.read_in == self.round {
            return Verdict::Answered(answer);
        }
        if self.touched.contains_key(&id) { Verdict::Deferred } else { Verdict::Outdated }
    }

    /// Whether this batch may still change the task, or, without one, the whole workflow.
    fn is_free(&self, id: WorkflowId, task: Option<usize>) -> bool {
        match (self.touched.get(&id), task) {
            (None, _) => true,
            (Some(touched), Some(task)) => !touched.closed && !touched.tasks.contains(&task),
            (Some(_), None) => false,
        }
    }
}

/// The task whose row the step changes first; `None` if it changes the whole workflow.
fn task_of(live: &Live, step: &Step) -> Result<Option<usize>, Refusal> {
    let found = match step {
        Step::Create(_)
        | Step::Cancel { .. }
        | Step::Expire
        | Step::RunOutOfTime
        | Step::Fund { .. }
        | Step::Pause { .. }
        | Step::Resume
        | Step::Retry { .. }
        | Step::Signal { .. }
        | Step::Decide { .. }
        | Step::Expand { .. }
        | Step::Extend { .. }
        | Step::NoReplan { .. }
        | Step::Skip { .. } => return Ok(None),
        Step::Finish { task, .. } => live.core.tasks.ordinal_of(task),
        Step::Claim { task, .. }
        | Step::Lose { task, .. }
        | Step::Undeliver { task, .. }
        | Step::Fire { task, .. }
        | Step::Grant { task, .. } => Some(*task).filter(|task| live.core.tasks.get(*task).is_some()),
    };
    found.map(Some).ok_or(Refusal::NotFound("task"))
}

/// Lets the step happen to the workflow in memory. Answers with what it did; or with the answer, if it does nothing.
fn happen(
    live: &mut Live,
    command: &Command,
    task: Option<usize>,
) -> Result<Vec<Effect>, Result<Outcome, Refusal>> {
    let refused = |error: IllegalTransition| Err(Refusal::from(error));
    if let Step::Extend { next, planning } = &command.step {
        if next.digest == live.blueprint.digest {
            return Err(Ok(Outcome::Done));
        }
        let effects = extend(&live.blueprint, next, &mut live.core, *planning).map_err(refused)?;
        live.blueprint = Arc::clone(next);
        return Ok(effects);
    }
    let event = event_of(live, command, task)?;
    advance(&live.blueprint, &mut live.core, event).map_err(refused)
}

/// The core's event for the step, or the answer if the step has happened already.
fn event_of(live: &Live, command: &Command, task: Option<usize>) -> Result<Event, Result<Outcome, Refusal>> {
    let Command { step, may_have_passed, .. } = command;
    let Some(task) = task else { return by_hand::event_of(live, step) };
    let state = &live.core.tasks[task];
    let holder = live.holders.get(&task);
    match step {
        // The write that said so passed, though its answer was lost. To a claim that repeats because
        // its delivery did, the same answer would send the attempt twice.
        Step::Claim { attempt, holder: claimer, .. }
            if *may_have_passed
                && state.state == TaskState::Running
                && state.attempt == *attempt
                && holder == Some(claimer) =>
        {
            Err(Ok(outcome_of(live, step)))
        }
        Step::Claim { attempt, .. } => Ok(Event::AttemptStarted { task, attempt: *attempt }),
        Step::Finish { attempt, session, outcome, usage, .. } => {
            if state.attempt == *attempt && holder.is_some_and(|holder| holder.session != *session) {
                return Err(Err(Refusal::Stale("the attempt belongs to another worker".to_owned())));
            }
            if state.attempt == *attempt && matches!(state.state, TaskState::Succeeded | TaskState::Failed) {
                return Err(Ok(Outcome::Done));
            }
            let (attempt, usage) = (*attempt, *usage);
            Ok(match outcome.clone() {
                Ok(output) => Event::AttemptSucceeded { task, attempt, output, usage },
                Err(failure) => Event::AttemptFailed { task, attempt, failure, usage },
            })
        }
        Step::Lose { attempt, failure, .. } => {
            let (failure, usage) = (failure.clone(), Usage::default());
            Ok(Event::AttemptFailed { task, attempt: *attempt, failure, usage })
        }
        Step::Undeliver { attempt, .. } => Ok(Event::AttemptUndelivered { task, attempt: *attempt }),
        Step::Grant { attempt, .. } => Ok(Event::KeyGranted { task, attempt: *attempt }),
        Step::Fire { attempt, kind, .. } => Ok(Event::TimerFired { task, attempt: *attempt, kind: *kind }),
        _ => by_hand::event_of(live, step),
    }
}

fn outcome_of(live: &Live, step: &Step) -> Outcome {
    let Step::Claim { task, .. } = step else { return Outcome::Done };
    let Some(compiled) = live.core.tasks.compiled(*task) else { return Outcome::Done };
    Outcome::Claimed(Claim {
        task: live.core.tasks.name(*task).unwrap_or_default(),
        capability: compiled.capability.clone(),
        input: live.core.tasks[*task].input.clone().unwrap_or_default(),
        timeouts: compiled.timeouts,
        traceparent: live.traceparent.clone(),
    })
}
