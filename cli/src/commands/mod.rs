//! The commands that talk to a running system, or look at files.

pub(crate) mod act;
pub(crate) mod budget;
pub(crate) mod catalog;
pub(crate) mod completion;
pub(crate) mod decide;
pub(crate) mod describe;
pub(crate) mod diff;
pub(crate) mod events;
pub(crate) mod explain;
pub(crate) mod fmt;
pub(crate) mod get;
pub(crate) mod graph;
pub(crate) mod import;
pub(crate) mod keys;
pub(crate) mod lint;
pub(crate) mod list;
pub(crate) mod logs;
pub(crate) mod payload;
pub(crate) mod plan;
pub(crate) mod policy;
pub(crate) mod profile;
mod progress;
pub(crate) mod queues;
pub(crate) mod simulate;
pub(crate) mod submit;
pub(crate) mod verify;
pub(crate) mod watch;
pub(crate) mod workers;

use clap::Args;
use goalpost_client::v1::Goal;

use crate::failure::Failure;
use crate::out;
use crate::session::{Output, Session};
use crate::view::goal;

/// Items of a list that are asked for at once.
const PAGE: usize = 200;

/// How much of a list is shown.
#[derive(Args)]
pub(crate) struct Paging {
    /// How many at most.
    #[arg(long, default_value_t = 20, conflicts_with = "all")]
    limit: usize,
    /// All, however many they are.
    #[arg(long)]
    all: bool,
    /// How many are asked for at once: 1 to 1,000.
    #[arg(long, value_name = "N", default_value_t = PAGE, value_parser = page_size)]
    page_size: usize,
}

fn page_size(text: &str) -> Result<usize, String> {
    let size = text.parse().ok().filter(|size| (1..=1_000).contains(size));
    size.ok_or_else(|| "must be 1 to 1,000".to_owned())
}

impl Paging {
    /// The items that are wanted, and the token of the page after them, which is empty if there is none. `page` gets so
    /// many at most, from a page's token on, with the next page's token.
    async fn collect<T>(
        &self,
        page: impl AsyncFn(i32, String) -> Result<(Vec<T>, String), Failure>,
    ) -> Result<(Vec<T>, String), Failure> {
        let limit = if self.all { usize::MAX } else { self.limit };
        let (mut found, mut token) = (Vec::new(), String::new());
        let progress = progress::count("read");
        while found.len() < limit {
            let size = i32::try_from((limit - found.len()).min(self.page_size)).unwrap_or(1);
            let (items, next) = page(size, token).await?;
            found.extend(items);
            progress.set_position(found.len() as u64);
            token = next;
            if token.is_empty() {
                break;
            }
        }
        progress.finish_and_clear();
        Ok((found, token))
    }
}

/// Says that there is more than was shown, to people.
fn tell_of_more(session: &Session, next_page_token: &str) {
    if session.output == Output::Table && !next_page_token.is_empty() {
        out::note("there are more: --limit N or --all shows them\n");
    }
}

/// A goal.
#[derive(Args)]
pub(crate) struct Target {
    /// The goal's id.
    #[arg(value_name = "GOAL")]
    id: String,
}

/// Says what was done to the goal; to programs, the goal as it is then.
pub(crate) fn tell(session: &Session, goal: &Goal, done: &str) -> Result<(), Failure> {
    session.show(goal, || format!("goal {} {done}\n", goal.id))
}

/// Shows the goal.
pub(crate) fn show(session: &Session, found: &Goal) -> Result<(), Failure> {
    session.show(found, || goal::details(found))
}

/// What is wanted: in words, as a type, as a blueprint, or as a file says.
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
    /// A goal file, YAML or JSON, with `goal`, `type` or `blueprint` (the name of a file, or the blueprint itself), and what
    /// else is wanted of `input`, `namespace`, `priority`, `request_id`, `policy` and `budget`; `-` reads standard input.
    /// Options count before what the file says.
    #[arg(short, long, value_name = "FILE", group = "wanted")]
    file: Option<std::path::PathBuf>,
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
            Self { file: Some(path), .. } => crate::goal_file::read(path)?,
            _ => return Err(Failure::Input("give a goal, --type, --blueprint or --file".to_owned())),
        };
        Ok(match input {
            Some(input) => goal.input(crate::files::input(input)?),
            None => goal,
        })
    }
}
