//! The rung of the language model: settings, asking, and answers that nobody was there to hear.

mod args;
mod flights;
mod made;
mod rung;

pub use args::{LlmArgs, OutputForm, SettingsError};
pub(crate) use rung::{Llm, Refused};

pub use rung::StartError;
