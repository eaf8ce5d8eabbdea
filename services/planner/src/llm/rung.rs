//! From what the model has said so far to the next question, or to a plan.

use std::sync::Arc;

use goalpost_llm::Outcome;
use goalpost_model::limits::MAX_PLANNING_STEPS;
use goalpost_model::{Digest, LlmUsage, PlanningStep};
use goalpost_planning::Catalog;
use goalpost_planning::llm::{Drafting, Verdict};
use goalpost_proto::v1::PlanResponse;
use goalpost_proto::v1::draft_response::Next;
use serde_json::json;
use tokio::sync::Semaphore;

use super::args::LlmArgs;
use super::flights::{Flights, Key};
use super::made::Made;
use super::question::{Model, Said, StartError, outcome};
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
        Ok(Some(Self { model: Arc::new(model), work, flights: Arc::default(), admitted }))
    }

    /// Which model it is, for logs.
    pub(crate) fn name(&self) -> &str {
        self.model.name()
    }

    /// What comes next on the way to a plan for a goal for which there is no other plan; `before` says why.
    ///
    /// Nothing is remembered of a goal: its steps are gone through anew, so that any planner can go on with them. The
    /// model is asked where they end, or where they are answers to other questions.
    pub(crate) async fn next(
        &self,
        catalog: Arc<Catalog>,
        draft: Draft,
        before: PlanResponse,
    ) -> Result<Next, Refused> {
        let Draft { goal, request_id, steps } = draft;
        for step in &steps {
            self.flights.forget(&key(&request_id, &step.request));
        }
        // Only what goals of its namespace may use.
        let namespace = goal.namespace.clone();
        let (begun, whose) = (Arc::clone(&catalog), namespace.clone());
        let mut drafting = self.work(move || Drafting::begin(&begun.of_namespace(&whose), goal)).await?;
        loop {
            let (question, digest) = self.model.question(&drafting);
            let Some(step) = steps.iter().find(|step| step.request == digest) else {
                if steps.len() >= MAX_PLANNING_STEPS {
                    let made = used(&steps).map(Made::asked_too_often);
                    return made.map(|made| plan(made, before)).ok_or(Refused::Lost);
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
                    self.flights.join(key(&request_id, &digest), begin).await?
                };
                return Ok(match said {
                    Said::Step(step) => Next::Step(step.into()),
                    Said::Nothing { outcome, usage } => {
                        let usage = used(&steps).into_iter().fold(usage, |last, earlier| earlier.and(last));
                        plan(Made::failed(usage, &drafting.provenance(), &outcome), before)
                    }
                });
            };
            let usage = used(&steps).unwrap_or_else(|| step.usage.clone());
            let text = match outcome(step) {
                Outcome::Answer { text, .. } => text,
                outcome => return Ok(plan(Made::failed(usage, &drafting.provenance(), &outcome), before)),
            };
            let (with, whose) = (Arc::clone(&catalog), namespace.clone());
            let judge = move || {
                let verdict = drafting.answer(&with.of_namespace(&whose), &text);
                (drafting, verdict)
            };
            let (judged, verdict) = self.work(judge).await?;
            drafting = judged;
            let provenance = drafting.provenance();
            match verdict {
                Verdict::Repair => {
                    tracing::debug!("a plan of the language model has errors; it is to repair it");
                }
                Verdict::Plan(drafted) => {
                    return Ok(plan(Made::drafted(usage, &provenance, *drafted), before));
                }
                Verdict::GaveUp(gave_up) => {
                    return Ok(plan(Made::gave_up(usage, &provenance, gave_up), before));
                }
            }
        }
    }

    async fn work<T: Send + 'static>(&self, work: impl FnOnce() -> T + Send + 'static) -> Result<T, Refused> {
        self.work.run(work).await.map_err(|error| Refused::Work(Arc::new(error)))
    }
}

/// What these answers took together, those to other questions included; nothing if there are none.
pub(crate) fn used(steps: &[PlanningStep]) -> Option<LlmUsage> {
    steps.iter().map(|step| step.usage.clone()).reduce(LlmUsage::and)
}

fn plan(made: Made, before: PlanResponse) -> Next {
    Next::Plan(made.into_answer(before))
}

/// The same question about another request is another one.
fn key(request_id: &str, question: &Digest) -> Key {
    Digest::of(json!([request_id, question]).to_string().as_bytes())
}
