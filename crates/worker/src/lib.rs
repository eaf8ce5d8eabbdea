//! The worker SDK: offer capabilities as async functions.
//!
//! ```no_run
//! use goalpost_worker::{Attempt, Failure, Worker};
//! use serde::{Deserialize, Serialize};
//! use tokio_util::sync::CancellationToken;
//!
//! #[derive(Deserialize)]
//! struct Greeting { name: String }
//! #[derive(Serialize)]
//! struct Greeted { text: String }
//!
//! async fn greet(_: Attempt, input: Greeting) -> Result<Greeted, Failure> {
//!     Ok(Greeted { text: format!("Hello, {}!", input.name) })
//! }
//!
//! # async fn run() -> Result<(), goalpost_worker::Error> {
//! Worker::builder("http://127.0.0.1:50053")
//!     .name("greeter")
//!     .max_concurrency(10)
//!     .capability("greeting.write", greet)
//!     .build()?
//!     .run(CancellationToken::new())
//!     .await
//! # }
//! ```
//!
//! Each attempt runs in a span `attempt` of the goal's trace. It goes where the process's own `tracing`
//! subscriber sends it: with a layer of `tracing-opentelemetry`, to any collector.
//!
//! A worker may know several engines: `Worker::builder("http://a:50053,http://b:50053")`, or a name
//! that stands for several addresses. It begins with any of them. When it loses its engine, or when that
//! one stops and sends it away, it connects to the next one at once and goes on with what it has: its
//! running attempts are adopted there, results are kept until an engine has acknowledged them, and no
//! attempt is run twice. If no engine can be reached it tries again, at least once a second, for as long
//! as it lives; one that stays away longer than the engines' grace time loses its attempts.
//!
//! An attempt may be given out again under a new number if this process dies; use
//! [`Attempt::idempotency_key`] for effects that must not repeat within one attempt.

//!
//! What an attempt took is told with its result, whether it succeeds or fails: [`Attempt::add_tokens`] and
//! [`Attempt::add_money_micros`]. A handler that says nothing is taken to have taken what its capability may at most.
//!
//! What is too large for an input or an output is stored, and goes by reference: [`Attempt::write_payload`] and
//! [`Attempt::read_payload`]. A [`PayloadReference`] may be part of any input and output.
//!
//! What is secret comes as a reference (`secret://env/NAME`, `secret://file/NAME`) and is put in its place right
//! before a handler that is to see it, by [`Builder::capability_with_secrets`]; what the handler answers has
//! references in the place of values again. [`Secret`] holds a value that does not print.

mod attempt;
mod beats;
mod builder;
mod connection;
mod error;
mod handler;
mod held;
mod meter;
mod pauses;
mod payloads;
mod running;
mod secrets;
mod signals;
mod trace;
mod worker;

pub use attempt::Attempt;
pub use builder::Builder;
pub use error::Error;
pub use goalpost_model::{Failure, PayloadReference, Secret, SecretPlace, SecretReference};
pub use goalpost_peers::{Credentials, InvalidCredentials, InvalidKey};
pub use goalpost_secrets::{DirectorySecrets, EnvSecrets, Found, SecretError, SecretSource};
pub use payloads::PayloadError;
pub use signals::stop_on_signal;
pub use worker::Worker;
