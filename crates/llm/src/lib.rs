//! Asks language models, over the protocols that their endpoints speak: OpenAI-compatible Chat Completions,
//! OpenAI Responses, Anthropic Messages.
//!
//! ```text
//! Request -- protocol::body --> JSON -- Client --> endpoint
//!                                         endpoint --> status, JSON -- protocol::read --> Outcome
//! ```
//!
//! What goes over the wire is put together and read by pure functions ([`Protocol`]); [`Client`] sends it. An answer
//! may be bound to a JSON Schema, in the subset that every endpoint takes: [`schema::lower`].
//!
//! The key is a secret by reference. It goes into one header, and into no log, no error and no request's body.

mod client;
mod outcome;
mod price;
mod protocol;
mod request;
mod retry;
pub mod schema;
mod settings;

pub use client::{Client, Reply, SetupError};
pub use outcome::{Outcome, Usage};
pub use price::{InvalidPrice, Price};
pub use protocol::Protocol;
pub use request::{Message, Request, Role};
pub use settings::{BaseUrl, InvalidBaseUrl, Settings};
