//! One question to the model, and what comes of it.

use goalpost_llm::schema::{NotStrict, lower};
use goalpost_llm::{Client, Message, Outcome, Price, Reply, Request, Role, SetupError, Usage};
use goalpost_model::limits::MAX_MODEL_ANSWER_BYTES;
use goalpost_model::{Digest, LlmUsage, ModelAnswer, PlanningStep};
use goalpost_planning::llm::{Drafting, Said as By, Turn, answer_schema};
use serde_json::Value;
use tokio::sync::Semaphore;

use super::args::{LlmArgs, OutputForm, SettingsError};
use super::rung::Refused;

/// The model that is asked.
pub(super) struct Model {
    client: Client,
    /// What answers are bound to, if the endpoint can.
    schema: Option<Value>,
    /// What is told of the form of answers, if it cannot.
    form: String,
    prices: Option<(Price, Price)>,
    at_once: Semaphore,
}

/// What came of a question.
#[derive(Clone, Debug)]
pub(super) enum Said {
    /// An answer, which was paid for.
    Step(PlanningStep),
    /// None.
    Nothing {
        /// Why.
        outcome: Outcome,
        /// The requests that were sent in vain.
        usage: LlmUsage,
    },
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

impl Model {
    /// The model that the settings say, which answers so many questions at once; `None` if they say none.
    pub(super) async fn start(args: &LlmArgs, at_once: usize) -> Result<Option<Self>, StartError> {
        let Some(settings) = args.settings()? else { return Ok(None) };
        let client = Client::new(settings, args.secrets()).await?;
        let schema = lower(&answer_schema())?;
        let (schema, form) = match args.llm_output {
            OutputForm::Schema => (Some(schema), String::new()),
            OutputForm::Text => (None, format!("\n# The form of the answer, as JSON Schema\n\n{schema}\n")),
        };
        let prices = args.llm_input_price.zip(args.llm_output_price);
        Ok(Some(Self { client, schema, form, prices, at_once: Semaphore::new(at_once) }))
    }

    /// How its endpoint calls it.
    pub(super) fn name(&self) -> &str {
        &self.client.settings().model
    }

    /// What is asked next, and what tells that from other questions.
    pub(super) fn question(&self, drafting: &Drafting) -> (Request, Digest) {
        let messages = drafting.turns().iter().map(|Turn { said, text }| Message {
            role: match said {
                By::ByPlanner => Role::User,
                By::ByModel => Role::Assistant,
            },
            text: text.clone(),
        });
        let question = Request {
            system: format!("{}{}", drafting.system(), self.form),
            messages: messages.collect(),
            schema: self.schema.clone(),
        };
        let digest = self.client.digest(&question);
        (question, digest)
    }

    /// Asks, when it is its turn.
    pub(super) async fn ask(&self, question: &Request, digest: Digest) -> Result<Said, Refused> {
        let _turn = self.at_once.acquire().await.map_err(|_| Refused::Lost)?;
        let Reply { outcome, requests } = self.client.ask(question).await;
        let usage = self.used(outcome.usage(), u64::from(requests));
        let answer = match outcome {
            Outcome::Answer { text, .. } => ModelAnswer::Text(bounded(text)),
            Outcome::Refused { reason, .. } => ModelAnswer::Refusal(bounded(reason)),
            Outcome::Truncated { .. } => ModelAnswer::Truncated,
            outcome => return Ok(Said::Nothing { outcome, usage }),
        };
        Ok(Said::Step(PlanningStep { request: digest, answer, usage }))
    }

    fn used(&self, usage: Usage, requests: u64) -> LlmUsage {
        let Usage { input_tokens, output_tokens } = usage;
        let money =
            |(input, output): (Price, Price)| input.of(input_tokens).saturating_add(output.of(output_tokens));
        LlmUsage {
            model: self.name().to_owned(),
            requests,
            input_tokens,
            output_tokens,
            money_micros: self.prices.map(money),
        }
    }
}

/// What came of the question whose answer this was.
pub(super) fn outcome(step: &PlanningStep) -> Outcome {
    let LlmUsage { input_tokens, output_tokens, .. } = step.usage;
    let usage = Usage { input_tokens, output_tokens };
    match &step.answer {
        ModelAnswer::Text(text) => Outcome::Answer { text: text.clone(), usage },
        ModelAnswer::Refusal(reason) => Outcome::Refused { reason: reason.clone(), usage },
        ModelAnswer::Truncated => Outcome::Truncated { usage },
    }
}

/// What is cut off makes no JSON: the model hears that, and answers anew.
fn bounded(mut text: String) -> String {
    text.truncate(text.floor_char_boundary(MAX_MODEL_ANSWER_BYTES));
    text
}
