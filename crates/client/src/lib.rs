//! The client SDK: submit goals and follow them.
//!
//! ```no_run
//! use goalpost_client::{Client, NewGoal};
//!
//! # async fn run() -> Result<(), goalpost_client::Error> {
//! let client = Client::connect("http://127.0.0.1:50051")?;
//! let goal = client.submit(NewGoal::text("Research weather in Seattle and write report")).await?;
//! let ended = client.wait(&goal.id).await?;
//! println!("{:?}", ended.result);
//! # Ok(())
//! # }
//! ```
//!
//! Replicas come and go: calls that may be repeated are repeated for a while ([`Client::patience`]), a
//! submission among them if it has a [`NewGoal::request_id`]; a [`Watch`] goes on after the last event that it
//! has seen.

mod client;
mod error;
mod new_goal;
mod payloads;
mod retry;
mod watch;

pub use client::Client;
pub use error::Error;
pub use goalpost_peers::{Channel, Credentials};
pub use goalpost_proto::v1;
pub use new_goal::NewGoal;
pub use watch::Watch;
