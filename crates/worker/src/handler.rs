//! Async functions as handlers of attempts.

use std::any::Any;
use std::panic::AssertUnwindSafe;
use std::sync::Arc;

use futures::FutureExt as _;
use futures::future::BoxFuture;
use goalpost_model::Failure;
use serde::Serialize;
use serde::de::DeserializeOwned;
use serde_json::{Map, Value};

use crate::Attempt;

/// From the input as JSON to the output as JSON.
pub(crate) type Handler =
    Arc<dyn Fn(Attempt, Map<String, Value>) -> BoxFuture<'static, Result<Value, Failure>> + Send + Sync>;

/// Why an attempt fails whose input is not what the handler takes.
const INPUT_DECODE: &str = "INPUT_DECODE";
/// Why an attempt fails whose output has no JSON.
const OUTPUT_ENCODE: &str = "OUTPUT_ENCODE";

/// The handler that runs a typed async function.
pub(crate) fn handler<I, O, F>(function: impl Fn(Attempt, I) -> F + Send + Sync + 'static) -> Handler
where
    I: DeserializeOwned,
    O: Serialize,
    F: Future<Output = Result<O, Failure>> + Send + 'static,
{
    let function = Arc::new(function);
    Arc::new(move |attempt, input| {
        let input = serde_json::from_value::<I>(Value::Object(input));
        let started = input.map(|input| {
            // A function may panic before its first await.
            std::panic::catch_unwind(AssertUnwindSafe(|| function(attempt, input)))
        });
        async move {
            let future = match started {
                Ok(Ok(future)) => future,
                Ok(Err(panic)) => return Err(panicked(&*panic)),
                Err(error) => {
                    let message = format!("the input is not what the handler takes: {error}");
                    return Err(Failure::new(INPUT_DECODE, message));
                }
            };
            let output = match AssertUnwindSafe(future).catch_unwind().await {
                Ok(outcome) => outcome?,
                Err(panic) => return Err(panicked(&*panic)),
            };
            serde_json::to_value(output)
                .map_err(|error| Failure::new(OUTPUT_ENCODE, format!("the output has no JSON form: {error}")))
        }
        .boxed()
    })
}

fn panicked(panic: &(dyn Any + Send)) -> Failure {
    let text = panic
        .downcast_ref::<&str>()
        .copied()
        .or_else(|| panic.downcast_ref::<String>().map(String::as_str))
        .unwrap_or("no message");
    Failure::new(Failure::WORKER_PANIC, format!("the handler panicked: {text}"))
}
