//! `goalpost describe`.

use goalpost_client::v1::{Blueprint, Event, Explanation, Goal};
use serde::Serialize;
use tonic::Code;

use super::{Target, events};
use crate::failure::Failure;
use crate::session::Session;
use crate::view::describe;

/// All that the API says of a goal.
#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
pub(crate) struct Description {
    pub(crate) goal: Goal,
    /// What it runs, once it has a plan.
    pub(crate) blueprint: Option<Blueprint>,
    /// Why tasks do not run, once it has a workflow.
    pub(crate) explanation: Option<Explanation>,
    pub(crate) events: Vec<Event>,
}

pub(crate) async fn run(session: &Session, target: Target) -> Result<(), Failure> {
    let client = session.client()?;
    let goal = client.get(&target.id).await?;
    let blueprint = match client.blueprint(&goal.id).await {
        Ok(blueprint) => Some(blueprint),
        Err(error) if error.code() == Some(Code::NotFound) => None,
        Err(error) => return Err(error.into()),
    };
    let explanation = match goal.workflow_id.as_str() {
        "" => None,
        _ => Some(client.explain(&goal.id).await?),
    };
    let events = events::all(&client, &goal.id).await?;
    let description = Description { goal, blueprint, explanation, events };
    session.show(&description, || describe::text(&description))
}
