//! The rung of the language model: settings, asking, and answers that nobody has kept yet.

mod args;
mod flights;
mod made;
mod question;
mod rung;

pub use args::{LlmArgs, OutputForm, SettingsError};
pub use question::StartError;
pub(crate) use rung::{Llm, Refused, used};
