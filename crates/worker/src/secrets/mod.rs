//! Secrets: references in the input become values right before the handler sees them, and values
//! become references again in all that it answers.

mod redact;
mod resolve;

use std::sync::Arc;

use futures::FutureExt as _;
use futures::future::BoxFuture;
use goalpost_model::Failure;
use goalpost_secrets::SecretSource;
use serde_json::{Map, Value};

use crate::Attempt;
use crate::handler::Handler;

pub(crate) use redact::Redactor;

/// Where the secrets of a worker come from, in the order in which they are asked.
pub(crate) type Sources = Vec<Box<dyn SecretSource>>;

/// The handler, with secrets in its input and none in its answer.
pub(crate) fn guarded(handler: Handler, sources: Arc<Sources>) -> Handler {
    Arc::new(move |attempt, input| run(Arc::clone(&handler), Arc::clone(&sources), attempt, input).boxed())
}

async fn run(
    handler: Handler,
    sources: Arc<Sources>,
    attempt: Attempt,
    mut input: Map<String, Value>,
) -> Result<Value, Failure> {
    let secrets = resolve::secrets_of(&input, &sources).await?;
    let redactor = Arc::new(Redactor::new(&secrets)?);
    resolve::put_into(&mut input, &secrets);
    let payloads = attempt.payloads.clone().redacted_by(Arc::clone(&redactor));
    let answering: BoxFuture<'_, _> = handler(Attempt { payloads, ..attempt }, input);
    match answering.await {
        Ok(output) => Ok(redactor.value(output)),
        Err(failure) => Err(redactor.failure(&failure)),
    }
}
