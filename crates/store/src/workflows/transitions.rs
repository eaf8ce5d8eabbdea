//! What an engine writes.

use goalpost_model::{
    Amount, Digest, EngineId, Lane, SessionId, TaskState, TimerRef, WaitsFor, WorkflowId, WorkflowState,
};
use jiff::Timestamp;

use crate::Json;

/// What a batch of events did to any number of workflows.
///
/// At most one change for each task. Every workflow that is named is either created
/// here or fenced by the number of its last event that the caller knows.
#[derive(Clone, Debug, Default)]
pub struct Transitions {
    /// Workflows that begin.
    pub created: Vec<NewWorkflow>,
    /// Workflows that exist, each with the number of its last event as the caller knows it.
    pub fences: Vec<(WorkflowId, i64)>,
    /// Tasks that come into being.
    pub new_tasks: Vec<NewTask>,
    /// Tasks that change.
    pub changed_tasks: Vec<ChangedTask>,
    /// Tasks that begin to be undone: workflow, task, and the task that undoes it.
    pub undone: Vec<(WorkflowId, usize, usize)>,
    /// Workflows whose blueprint is a longer one from now on.
    pub extended: Vec<ExtendedWorkflow>,
    /// Tasks that had ended when edges were added to them: nothing but those edges changes.
    pub relinked: Vec<RelinkedTask>,
    /// Tasks whose graph came up.
    pub expanded: Vec<ExpandedTask>,
    /// Tasks that ask for a key.
    pub keys: Vec<WantedKey>,
    /// Tasks that need their key no more.
    pub freed: Vec<(WorkflowId, usize)>,
    /// Signals that come.
    pub signals: Vec<NewSignal>,
    /// Signals that came before and are taken now: workflow, place, and the task that takes it.
    pub taken: Vec<(WorkflowId, usize, usize)>,
    /// Workflows whose state changes. One that is retried may also end.
    pub moved: Vec<MovedWorkflow>,
    /// Workflows that have another budget.
    pub funded: Vec<FundedWorkflow>,
    /// What makes events, in the order of the histories: no event comes before its cause.
    pub told: Vec<Told>,
    /// Timers that are armed, each in the place of one that the task, or the workflow, may have had.
    pub armed: Vec<ArmedTimer>,
    /// Tasks, or workflows if there is no task, that may have had a timer and have none any more.
    pub disarmed: Vec<(WorkflowId, Option<usize>)>,
    /// Workflows whose time is bounded no more by their budget, or whose end of it has come.
    pub timeless: Vec<WorkflowId>,
}

/// What makes an event, by its place among its like.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Told {
    /// A signal that comes.
    Signal(usize),
    /// A task that changes.
    Changed(usize),
    /// A task that comes into being.
    New(usize),
    /// A workflow whose state changes.
    Moved(usize),
    /// A workflow whose blueprint is a longer one from now on.
    Extended(usize),
    /// A workflow that has another budget from now on.
    Funded(usize),
}

impl Transitions {
    /// Next, this task changes.
    pub fn change_task(&mut self, task: ChangedTask) {
        self.told.push(Told::Changed(self.changed_tasks.len()));
        self.changed_tasks.push(task);
    }

    /// Next, this task comes into being.
    pub fn add_task(&mut self, task: NewTask) {
        self.told.push(Told::New(self.new_tasks.len()));
        self.new_tasks.push(task);
    }

    /// Next, this signal comes.
    pub fn add_signal(&mut self, signal: NewSignal) {
        self.told.push(Told::Signal(self.signals.len()));
        self.signals.push(signal);
    }

    /// Next, the blueprint of this workflow is a longer one.
    pub fn extend_workflow(&mut self, extended: ExtendedWorkflow) {
        self.told.push(Told::Extended(self.extended.len()));
        self.extended.push(extended);
    }

    /// Next, this workflow has another budget.
    pub fn fund_workflow(&mut self, funded: FundedWorkflow) {
        self.told.push(Told::Funded(self.funded.len()));
        self.funded.push(funded);
    }

    /// Next, the state of this workflow changes.
    pub fn move_workflow(&mut self, moved: MovedWorkflow) {
        self.told.push(Told::Moved(self.moved.len()));
        self.moved.push(moved);
    }
}

/// A workflow that begins.
#[derive(Clone, Debug)]
pub struct NewWorkflow {
    /// Its id: the goal's, if it serves one.
    pub id: WorkflowId,
    /// The blueprint that it runs; stored already.
    pub blueprint_digest: Digest,
    /// The goal in words.
    pub goal_text: String,
    /// The goal's input.
    pub goal_input: Json,
    /// Its lane on the delivery lists.
    pub lane: Lane,
    /// W3C trace context of whoever asked for it.
    pub traceparent: Option<String>,
    /// What it may take.
    pub budget: Json,
    /// What was spent before it began.
    pub spent_before: Json,
}

/// A task that is pending no more.
#[derive(Clone, Debug)]
pub struct NewTask {
    /// Its workflow.
    pub workflow: WorkflowId,
    /// Its place in the blueprint.
    pub ordinal: usize,
    /// Its name.
    pub name: String,
    /// What it needs.
    pub capability: String,
    /// Its workflow's lane.
    pub lane: Lane,
    /// Ready, waiting or ended.
    pub state: TaskState,
    /// 1 if it is ready, else 0.
    pub attempt: u32,
    /// What its attempts are given.
    pub input: Option<Json>,
    /// What came out, if it needed no attempt.
    pub output: Option<Json>,
    /// Why it ended.
    pub failure: Option<Json>,
    /// Why it makes its workflow fail.
    pub unhandled: Option<Json>,
    /// Outgoing edges that its end took.
    pub taken_edges: Vec<usize>,
    /// What it waits for, if it does.
    pub waits_for: Option<WaitsFor>,
    /// The first ordinal that it has reserved for the graph inside of it, and for how many runs.
    pub body: Option<(usize, usize)>,
}

/// A task that moves on.
#[derive(Clone, Debug)]
pub struct ChangedTask {
    /// Its workflow.
    pub workflow: WorkflowId,
    /// Its place in the blueprint.
    pub ordinal: usize,
    /// Its new state.
    pub state: TaskState,
    /// The latest attempt.
    pub attempt: u32,
    /// Attempts that failed and count.
    pub failures: u32,
    /// What came out.
    pub output: Option<Json>,
    /// Why the latest attempt failed.
    pub failure: Option<Json>,
    /// Why it makes its workflow fail.
    pub unhandled: Option<Json>,
    /// Outgoing edges that its end took.
    pub taken_edges: Vec<usize>,
    /// What it waits for, if it does.
    pub waits_for: Option<WaitsFor>,
    /// What its attempts are given, if it begins once more; `None` leaves it as it is.
    pub input: Option<Json>,
    /// The first ordinal that it has reserved for the graph inside of it, and for how many runs; `None`
    /// leaves it as it is.
    pub body: Option<(usize, usize)>,
    /// What its attempts took that are over, and its planning.
    pub spent: Amount,
    /// Who runs the attempt from now on; `None` leaves it as it is.
    pub holder: Option<Holder>,
    /// How many events the change makes.
    pub events: i32,
}

/// Who runs an attempt.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Holder {
    /// The engine that gave it out.
    pub engine: EngineId,
    /// The worker's session.
    pub session: SessionId,
    /// The worker's name.
    pub worker: String,
}

/// A workflow whose state changes.
#[derive(Clone, Debug)]
pub struct MovedWorkflow {
    /// Its id.
    pub id: WorkflowId,
    /// Its new state.
    pub state: WorkflowState,
    /// What came out.
    pub result: Option<Json>,
    /// Why it failed, was cancelled or is paused.
    pub failure: Option<Json>,
}

/// A workflow whose blueprint is extended.
#[derive(Clone, Debug)]
pub struct ExtendedWorkflow {
    /// Its id.
    pub id: WorkflowId,
    /// The blueprint that it runs from now on; stored already.
    pub digest: Digest,
    /// The place of the first task that is added, and its ordinal.
    pub added: (usize, usize),
    /// What planning took for it in all.
    pub spent_before: Json,
}

/// A workflow that has another budget.
#[derive(Clone, Debug)]
pub struct FundedWorkflow {
    /// Its id.
    pub id: WorkflowId,
    /// All of the budget.
    pub budget: Json,
}

/// A task to which edges were added after its end.
#[derive(Clone, Debug)]
pub struct RelinkedTask {
    /// Its workflow.
    pub workflow: WorkflowId,
    /// Its ordinal.
    pub ordinal: usize,
    /// Outgoing edges that its end took, those that were added included.
    pub taken_edges: Vec<usize>,
    /// Why it makes its workflow fail.
    pub unhandled: Option<Json>,
}

/// A task whose graph came up only when it was reached.
#[derive(Clone, Debug)]
pub struct ExpandedTask {
    /// Its workflow.
    pub workflow: WorkflowId,
    /// Its place.
    pub ordinal: usize,
    /// The first ordinal that it has reserved for the graph.
    pub first: usize,
    /// The blueprint whose graph it is; stored already.
    pub digest: Digest,
    /// What its attempts and its planning took.
    pub spent: Amount,
}

/// A key that a task asks for.
#[derive(Clone, Debug)]
pub struct WantedKey {
    /// Its workflow.
    pub workflow: WorkflowId,
    /// Its place.
    pub ordinal: usize,
    /// Its latest attempt; 0 if there was none.
    pub attempt: u32,
    /// The key's name, with the namespace before it.
    pub name: String,
    /// How many may hold it at once.
    pub most: u32,
    /// The task's lane.
    pub lane: Lane,
}

/// A signal that comes.
#[derive(Clone, Debug)]
pub struct NewSignal {
    /// Its workflow.
    pub workflow: WorkflowId,
    /// Its place among the workflow's signals, from 0.
    pub place: usize,
    /// Tells it from others.
    pub id: String,
    /// What tasks wait for.
    pub name: String,
    /// What comes with it.
    pub payload: Json,
    /// The task that takes it.
    pub taken_by: Option<usize>,
}

/// A timer that is armed.
#[derive(Clone, Debug)]
pub struct ArmedTimer {
    /// What it is for, and of which attempt.
    pub timer: TimerRef,
    /// When it fires.
    pub due: Due,
}

/// When a timer fires, by the clock of the database.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Due {
    /// So many milliseconds after the commit.
    AfterMs(u64),
    /// At this time.
    At(Timestamp),
}
