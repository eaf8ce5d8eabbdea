//! The commands that talk to a running system, or look at files.

pub(crate) mod act;
pub(crate) mod budget;
pub(crate) mod catalog;
pub(crate) mod decide;
pub(crate) mod diff;
pub(crate) mod explain;
pub(crate) mod fmt;
pub(crate) mod get;
pub(crate) mod graph;
pub(crate) mod import;
pub(crate) mod lint;
pub(crate) mod list;
pub(crate) mod payload;
pub(crate) mod plan;
pub(crate) mod policy;
pub(crate) mod simulate;
pub(crate) mod submit;
pub(crate) mod verify;
pub(crate) mod watch;

use std::time::Duration;

use clap::Args;
use goalpost_client::Client;
use goalpost_client::v1::Goal;

use crate::failure::Failure;
use crate::out;
use crate::view::goal;

/// Where the system is.
#[derive(Args)]
pub(crate) struct Endpoint {
    /// The decision group.
    #[arg(long, env = "GOALPOST_ENDPOINT", default_value = "http://127.0.0.1:50051")]
    endpoint: String,
}

impl Endpoint {
    pub(crate) fn client(&self) -> Result<Client, Failure> {
        // People would rather know at once that nobody is there.
        Ok(Client::connect(self.endpoint.as_str())?.patience(Duration::ZERO))
    }
}

/// Items of a list that are asked for at once.
const PAGE: usize = 200;

/// Up to `limit` items of a list. `page` gets so many at most, from a page's token on, with the next page's token.
async fn collect<T>(
    limit: usize,
    page: impl AsyncFn(i32, String) -> Result<(Vec<T>, String), Failure>,
) -> Result<Vec<T>, Failure> {
    let (mut found, mut token) = (Vec::new(), String::new());
    while found.len() < limit {
        let size = i32::try_from((limit - found.len()).min(PAGE)).unwrap_or(1);
        let (items, next) = page(size, token).await?;
        found.extend(items);
        token = next;
        if token.is_empty() {
            break;
        }
    }
    Ok(found)
}

/// A goal, and how it is shown.
#[derive(Args)]
pub(crate) struct Target {
    #[command(flatten)]
    endpoint: Endpoint,
    /// The goal's id.
    id: String,
    /// Print JSON.
    #[arg(long)]
    json: bool,
}

impl Target {
    pub(crate) fn client(&self) -> Result<Client, Failure> {
        self.endpoint.client()
    }
}

/// Prints the goal.
pub(crate) fn print(found: &Goal, json: bool) -> Result<(), Failure> {
    match json {
        true => out::line(serde_json::to_string_pretty(found)?)?,
        false => out::text(goal::details(found))?,
    }
    Ok(())
}

/// What is wanted: in words, as a type, or as a blueprint.
#[derive(Args)]
#[group(required = true, multiple = false, id = "wanted")]
pub(crate) struct Wanted {
    /// The goal in words.
    #[arg(group = "wanted")]
    text: Option<String>,
    /// A structured goal type of the catalog.
    #[arg(long = "type", value_name = "TYPE", group = "wanted")]
    goal_type: Option<String>,
    /// A blueprint file of your own, YAML or JSON.
    #[arg(long, value_name = "FILE", group = "wanted")]
    blueprint: Option<std::path::PathBuf>,
}

impl Wanted {
    pub(crate) fn new_goal(&self, input: Option<&str>) -> Result<goalpost_client::NewGoal, Failure> {
        use goalpost_client::NewGoal;

        let goal = match self {
            Self { text: Some(text), .. } => NewGoal::text(text),
            Self { goal_type: Some(goal_type), .. } => NewGoal::of_type(goal_type),
            Self { blueprint: Some(path), .. } => {
                NewGoal::blueprint(goalpost_proto::blueprint_from_model(&crate::files::blueprint(path)?))
            }
            _ => return Err(Failure::Input("give a goal, --type or --blueprint".to_owned())),
        };
        Ok(match input {
            Some(input) => goal.input(crate::files::input(input)?),
            None => goal,
        })
    }
}
