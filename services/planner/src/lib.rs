//! The planner service: goals in, checked blueprints out.
//!
//! Stateless: it reads its catalogs at start, and what it keeps in memory, plans and answers of a language model that
//! nobody has kept yet, it could make again. What it can say of a goal is decided by [`goalpost_planning`]; this crate
//! is the gRPC around it, and asks the language model.

mod answers;
mod api;
mod app;
mod bounded;
mod cached;
mod config;
mod files;
mod listing;
mod llm;
mod requests;

pub use app::{App, Error, build};
pub use config::Config;
pub use files::Error as CatalogError;
pub use llm::{LlmArgs, OutputForm, SettingsError as LlmSettingsError, StartError as LlmError};

/// The service's name, in traces and logs.
pub const SERVICE: &str = "planner";
