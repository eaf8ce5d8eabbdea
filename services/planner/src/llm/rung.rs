//! Asks the model until it has given a plan, or none can be had.

use std::sync::Arc;

use goalpost_llm::schema::{NotStrict, lower};
use goalpost_llm::{Client, Message, Outcome, Price, Reply, Request, Role, SetupError, Usage};
use goalpost_model::{Digest, LlmUsage};
use goalpost_planning::llm::{Drafting, Said, Turn, Verdict, answer_schema};
use goalpost_planning::{Catalog, GoalRequest};
use goalpost_proto::v1::PlanResponse;
use serde_json::{Value, json};
use tokio::sync::{OwnedSemaphorePermit, Semaphore};

use super::args::{LlmArgs, OutputForm, SettingsError};
use super::flights::Flights;
use super::made::Made;
use crate::bounded::{Bounded, Error};

/// Goals that may wait for their turn with the model.
const MAX_WAITING: usize = 256;

/// The language model of a planner. Cheap to clone.
#[derive(Clone)]
pub(crate) struct Llm {
    rung: Arc<Rung>,
    flights: Arc<Flights>,
    admitted: Arc<Semaphore>,
}

struct Rung {
    client: Client,
    /// What answers are bound to, if the endpoint can.
    schema: Option<Value>,
    /// What is told of the form of answers, if it cannot.
    form: String,
    prices: Option<(Price, Price)>,
    work: Bounded,
    running: Semaphore,
}

/// Why the language model cannot be used at all.
#[derive(Debug, thiserror::Error)]
pub enum StartError {
    /// Settings do not go together.
    #[error(transparent)]
    Settings(#[from] SettingsError),
    /// It cannot be asked.
    #[error(transparent)]
    Setup(#[from] SetupError),
    /// No endpoint takes the schema of answers.
    #[error("the schema of answers cannot be said to every endpoint")]
    Schema(#[from] NotStrict),
}

/// Why a goal was not taken on, or is not followed any more.
#[derive(Clone, Debug, thiserror::Error)]
pub(crate) enum Refused {
    /// Too many goals wait already.
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
        let Some(settings) = args.settings()? else { return Ok(None) };
        let client = Client::new(settings, args.secrets()).await?;
        let schema = lower(&answer_schema())?;
        let (schema, form) = match args.llm_output {
            OutputForm::Schema => (Some(schema), String::new()),
            OutputForm::Text => (None, format!("\n# The form of the answer, as JSON Schema\n\n{schema}\n")),
        };
        let at_once = usize::try_from(args.llm_concurrency).unwrap_or(1).min(Semaphore::MAX_PERMITS / 2);
        let prices = args.llm_input_price.zip(args.llm_output_price);
        let running = Semaphore::new(at_once);
        Ok(Some(Self {
            rung: Arc::new(Rung { client, schema, form, prices, work, running }),
            flights: Arc::default(),
            admitted: Arc::new(Semaphore::new(at_once + MAX_WAITING)),
        }))
    }

    /// Which model it is, for logs.
    pub(crate) fn name(&self) -> &str {
        &self.rung.client.settings().model
    }

    /// Plans a goal for which there is no other plan; `before` says why.
    ///
    /// With a `request_id` it is planned to the end even if the caller goes away, and who asks again with the same one
    /// gets that plan. Without, it ends with its caller.
    pub(crate) async fn plan(
        &self,
        catalog: Arc<Catalog>,
        goal: GoalRequest,
        request_id: &str,
        before: PlanResponse,
    ) -> Result<PlanResponse, Refused> {
        let key = key(request_id, &goal);
        let rung = Arc::clone(&self.rung);
        let begin = || {
            let place = Arc::clone(&self.admitted).try_acquire_owned().map_err(|_| Refused::Busy)?;
            Ok(async move { rung.plan(place, catalog, goal).await })
        };
        let made =
            if request_id.is_empty() { begin()?.await? } else { self.flights.join(key, begin).await? };
        Ok(made.into_answer(before))
    }
}

/// The same id for another goal is another request.
fn key(request_id: &str, goal: &GoalRequest) -> Digest {
    let GoalRequest { text, goal_type, input, namespace } = goal;
    Digest::of(json!([request_id, text, goal_type, input, namespace.as_str()]).to_string().as_bytes())
}

impl Rung {
    async fn plan(
        &self,
        _place: OwnedSemaphorePermit,
        catalog: Arc<Catalog>,
        goal: GoalRequest,
    ) -> Result<Made, Refused> {
        let _turn = self.running.acquire().await.map_err(|_| Refused::Lost)?;
        let (mut usage, mut requests) = (Usage::default(), 0);
        // Only what goals of its namespace may use.
        let namespace = goal.namespace.clone();
        let (begun, whose) = (Arc::clone(&catalog), namespace.clone());
        let mut drafting = self.work(move || Drafting::begin(&begun.of_namespace(&whose), goal)).await?;
        loop {
            let Reply { outcome, requests: sent } = self.client.ask(&self.question(&drafting)).await;
            requests += u64::from(sent);
            usage += outcome.usage();
            let Outcome::Answer { text, .. } = outcome else {
                let provenance = drafting.provenance();
                return Ok(Made::failed(self.used(usage, requests), &provenance, &outcome));
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
                    tracing::info!("a plan of the language model has errors; it is to repair it")
                }
                Verdict::Plan(drafted) => {
                    return Ok(Made::drafted(self.used(usage, requests), &provenance, *drafted));
                }
                Verdict::GaveUp(gave_up) => {
                    return Ok(Made::gave_up(self.used(usage, requests), &provenance, gave_up));
                }
            }
        }
    }

    async fn work<T: Send + 'static>(&self, work: impl FnOnce() -> T + Send + 'static) -> Result<T, Refused> {
        self.work.run(work).await.map_err(|error| Refused::Work(Arc::new(error)))
    }

    fn question(&self, drafting: &Drafting) -> Request {
        let messages = drafting.turns().iter().map(|Turn { said, text }| Message {
            role: match said {
                Said::ByPlanner => Role::User,
                Said::ByModel => Role::Assistant,
            },
            text: text.clone(),
        });
        Request {
            system: format!("{}{}", drafting.system(), self.form),
            messages: messages.collect(),
            schema: self.schema.clone(),
        }
    }

    fn used(&self, usage: Usage, requests: u64) -> LlmUsage {
        let Usage { input_tokens, output_tokens } = usage;
        let money =
            |(input, output): (Price, Price)| input.of(input_tokens).saturating_add(output.of(output_tokens));
        LlmUsage {
            model: self.client.settings().model.clone(),
            requests,
            input_tokens,
            output_tokens,
            money_micros: self.prices.map(money),
        }
    }
}
