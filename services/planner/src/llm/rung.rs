//! From what the model has said so far to the next question, or to a plan.

use std::sync::Arc;

use goalpost_llm::Outcome;
use goalpost_model::limits::MAX_PLANNING_STEPS;
use goalpost_model::{Blueprint, Digest, LlmUsage, Namespace, Past, PlanningStep};
use goalpost_planning::llm::{Drafting, Verdict};
use goalpost_planning::{Attempt, Catalog, GoalRequest, Outcome as Climbed, Rung, sketch};
use goalpost_proto::v1::PlanResponse;
use goalpost_proto::v1::draft_response::Next;
use serde_json::json;
use tokio::sync::Semaphore;

use super::args::LlmArgs;
use super::flights::{Flights, Key};
use super::made::Made;
use super::question::{Model, Said, StartError, outcome};
use crate::answers;
use crate::bounded::{Bounded, Error};
use crate::requests::Draft;

/// Questions that may wait for their turn with the model.
const MAX_WAITING: usize = 256;

/// The language model of a planner. Cheap to clone.
#[derive(Clone)]
pub(crate) struct Llm {
    model: Arc<Model>,
    work: Bounded,
    flights: Arc<Flights>,
    admitted: Arc<Semaphore>,
    /// Of plans that the model makes.
    max_replans: u32,
}

/// Why a goal was not taken on, or is not followed any more.
#[derive(Clone, Debug, thiserror::Error)]
pub(crate) enum Refused {
    /// Too many questions wait already.
    #[error("more than {MAX_WAITING} goals wait for the language model")]
    Busy,
    /// Checking an answer ended without a result.
    #[error(transparent)]
    Work(Arc<Error>),
    /// Planning ended without a result.
    #[error("planning ended without a result")]
    Lost,
}

impl Llm {
    /// The model that the settings say; `None` if they say none.
    pub(crate) async fn start(args: &LlmArgs, work: Bounded) -> Result<Option<Self>, StartError> {
        let at_once = usize::try_from(args.llm_concurrency).unwrap_or(1).min(Semaphore::MAX_PERMITS / 2);
        let Some(model) = Model::start(args, at_once).await? else { return Ok(None) };
        let admitted = Arc::new(Semaphore::new(at_once + MAX_WAITING));
        let max_replans = args.llm_max_replans;
        Ok(Some(Self { model: Arc::new(model), work, flights: Arc::default(), admitted, max_replans }))
    }

    /// Which model it is, for logs.
    pub(crate) fn name(&self) -> &str {
        self.model.name()
    }

    /// What comes next on the way to a plan for a goal for which there is no other plan; `before` says why. Holes in a plan
    /// of methods are filled, if there is one; else, or if that fails, the model plans all. In the place of a plan that runs
    /// it makes another one.
    ///
    /// Nothing is remembered of a goal: its steps are gone through anew, so that any planner can go on with them. The
    /// model is asked where they end, or where they are answers to other questions.
    pub(crate) async fn next(
        &self,
        catalog: Arc<Catalog>,
        draft: Draft,
        mut before: PlanResponse,
    ) -> Result<Next, Refused> {
        let Draft { goal, request_id, steps, running } = draft;
        for step in &steps {
            self.flights.forget(&key(&request_id, &step.request));
        }
        let heard = Heard { request_id, steps };
        let (with, first) = (Arc::clone(&catalog), goal.clone());
        let max_replans = self.max_replans;
        let (mut drafting, skipped) = self.work(move || begin(&with, first, running, max_replans)).await?;
        before.attempts.extend(skipped.map(answers::attempt));
        loop {
            let made = match self.go_on(Arc::clone(&catalog), &goal.namespace, drafting, &heard).await? {
                Came::Step(step) => return Ok(Next::Step(step.into())),
                Came::Ask(same) => {
                    drafting = *same;
                    continue;
                }
                Came::Made(made) => made,
            };
            let Some(attempt) = made.passed_on() else { return Ok(Next::Plan(made.into_answer(before))) };
            before.attempts.push(answers::attempt(attempt));
            let (with, goal) = (Arc::clone(&catalog), goal.clone());
            drafting = self.work(move || whole(&with, goal, max_replans)).await?;
        }
    }

    /// One question and its answer: the one that was heard before, or a new one.
    async fn go_on(
        &self,
        catalog: Arc<Catalog>,
        namespace: &Namespace,
        mut drafting: Drafting,
        heard: &Heard,
    ) -> Result<Came, Refused> {
        let (question, digest) = self.model.question(&drafting);
        let Heard { request_id, steps } = heard;
        let Some(step) = steps.iter().find(|step| step.request == digest) else {
            if steps.len() >= MAX_PLANNING_STEPS {
                let made = used(steps).map(|usage| Came::Made(Made::asked_too_often(usage, &drafting)));
                return made.ok_or(Refused::Lost);
            }
            let begin = || {
                let place = Arc::clone(&self.admitted).try_acquire_owned().map_err(|_| Refused::Busy)?;
                let model = Arc::clone(&self.model);
                Ok(async move {
                    let _place = place;
                    model.ask(&question, digest).await
                })
            };
            let said = if request_id.is_empty() {
                begin()?.await?
            } else {
                self.flights.join(key(request_id, &digest), begin).await?
            };
            return Ok(match said {
                Said::Step(step) => Came::Step(step),
                Said::Nothing { outcome, usage } => {
                    let usage = used(steps).into_iter().fold(usage, |last, earlier| earlier.and(last));
                    Came::Made(Made::failed(usage, &drafting, &outcome))
                }
            });
        };
        let usage = used(steps).unwrap_or_else(|| step.usage.clone());
        let text = match outcome(step) {
            Outcome::Answer { text, .. } => text,
            outcome => return Ok(Came::Made(Made::failed(usage, &drafting, &outcome))),
        };
        let whose = namespace.clone();
        let judge = move || {
            let verdict = drafting.answer(&catalog.of_namespace(&whose), &text);
            (drafting, verdict)
        };
        let (drafting, verdict) = self.work(judge).await?;
        Ok(match verdict {
            Verdict::Ask => {
                tracing::debug!("an answer of the language model leads to another question");
                Came::Ask(Box::new(drafting))
            }
            Verdict::Plan(drafted) => Came::Made(Made::drafted(usage, &drafting, *drafted)),
            Verdict::GaveUp(gave_up) => Came::Made(Made::gave_up(usage, &drafting, gave_up)),
        })
    }

    async fn work<T: Send + 'static>(&self, work: impl FnOnce() -> T + Send + 'static) -> Result<T, Refused> {
        self.work.run(work).await.map_err(|error| Refused::Work(Arc::new(error)))
    }
}

/// What these answers took together, those to other questions included; nothing if there are none.
pub(crate) fn used(steps: &[PlanningStep]) -> Option<LlmUsage> {
    steps.iter().map(|step| step.usage.clone()).reduce(LlmUsage::and)
}

/// What was heard of a goal so far.
struct Heard {
    request_id: String,
    steps: Vec<PlanningStep>,
}

/// What one question comes to.
enum Came {
    /// It was asked.
    Step(PlanningStep),
    /// It was answered before, and leads to another one.
    Ask(Box<Drafting>),
    /// It was the last one.
    Made(Made),
}

/// The first rung of the model; what became of the one before, if there is no use in it.
fn begin(
    catalog: &Catalog,
    goal: GoalRequest,
    running: Option<(Blueprint, Past)>,
    max_replans: u32,
) -> (Drafting, Option<Attempt>) {
    if let Some((present, past)) = running {
        let namespace = goal.namespace.clone();
        return (Drafting::anew(&catalog.of_namespace(&namespace), goal, present, past), None);
    }
    match sketch(catalog, &goal) {
        Ok(sketch) => {
            let namespace = goal.namespace.clone();
            (Drafting::fill(&catalog.of_namespace(&namespace), goal, sketch), None)
        }
        Err(reason) => {
            let skipped = Attempt { rung: Rung::LlmFill, outcome: Climbed::Skipped, reason };
            (whole(catalog, goal, max_replans), Some(skipped))
        }
    }
}

/// The model plans all, with what goals of this namespace may use.
fn whole(catalog: &Catalog, goal: GoalRequest, max_replans: u32) -> Drafting {
    let namespace = goal.namespace.clone();
    Drafting::begin(&catalog.of_namespace(&namespace), goal).allowing(max_replans)
}

/// The same question about another request is another one.
fn key(request_id: &str, question: &Digest) -> Key {
    Digest::of(json!([request_id, question]).to_string().as_bytes())
}
