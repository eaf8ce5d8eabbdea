//! `goalpost catalog`: checks catalog files, and shows what a catalog has.

use std::path::PathBuf;

use clap::{Args, Subcommand};
use goalpost_client::v1::ListCatalogRequest;
use goalpost_planning::{Catalog, Mistake};
use serde_json::json;

use crate::failure::Failure;
use crate::files;
use crate::out;
use crate::session::{Output, Session};
use crate::view::catalog::{self, Contents};

#[derive(Args)]
pub(crate) struct Arguments {
    #[command(subcommand)]
    command: Command,
}

#[derive(Subcommand)]
enum Command {
    /// Check catalog files as one catalog, without a running system. Exit code 0: they can be used (there may be
    /// warnings); 1: there are mistakes; 2: a file cannot be read.
    Check(Check),
    /// List what a catalog has.
    List(List),
    /// Show one item of a catalog.
    Show(Show),
}

#[derive(Args)]
struct Check {
    /// The catalog files.
    #[arg(required = true)]
    files: Vec<PathBuf>,
}

/// Whose catalog.
#[derive(Args)]
struct Of {
    /// A catalog file; may be given more than once. Without one the planner of the running system is asked.
    #[arg(long)]
    catalog: Vec<PathBuf>,
}

#[derive(Args)]
struct List {
    #[command(flatten)]
    of: Of,
}

#[derive(Args)]
struct Show {
    /// The name of a capability, a template or a method.
    name: String,
    #[command(flatten)]
    of: Of,
}

pub(crate) async fn run(session: &Session, arguments: Arguments) -> Result<(), Failure> {
    match arguments.command {
        Command::Check(check) => self::check(session, &check),
        Command::List(List { of }) => {
            let contents = of.read(session).await?;
            session.show(&contents.json(), || contents.table())
        }
        Command::Show(Show { name, of }) => {
            let contents = of.read(session).await?;
            let unknown = || {
                Failure::Unknown(format!(
                    "the catalog has no '{name}'; `goalpost catalog list` shows what it has"
                ))
            };
            let item = contents.item(&name).ok_or_else(unknown)?;
            session.show(&item.json(), || item.details())
        }
    }
}

impl Of {
    async fn read(&self, session: &Session) -> Result<Contents, Failure> {
        if !self.catalog.is_empty() {
            return Ok(Contents::of_files(&files::catalog(&self.catalog)?));
        }
        let client = session.client()?;
        let (mut contents, mut page_token) = (Contents::default(), String::new());
        loop {
            let page = client.list_catalog(ListCatalogRequest { page_size: 0, page_token }).await?;
            page_token = page.next_page_token.clone();
            contents.add(page)?;
            if page_token.is_empty() {
                return Ok(contents);
            }
        }
    }
}

fn check(session: &Session, check: &Check) -> Result<(), Failure> {
    let texts = files::texts(&check.files)?;
    let parsed = Catalog::parse(&files::sources(&texts));
    let (mistakes, warnings) = match &parsed {
        Ok(catalog) => (&[][..], catalog.warnings()),
        Err(mistakes) => (mistakes.0.as_slice(), &[][..]),
    };
    if session.output == Output::Table {
        mistakes.iter().try_for_each(|mistake| out::line(format_args!("error: {mistake}")))?;
        warnings.iter().try_for_each(|warning| out::line(format_args!("warning: {warning}")))?;
        out::line(catalog::summary(parsed.as_ref().ok(), mistakes.len(), warnings.len()))?;
    } else {
        let told = |list: &[Mistake]| -> Vec<_> {
            let one = |Mistake { file, line, item, message }: &Mistake| json!({"file": file, "line": line, "item": item, "message": message});
            list.iter().map(one).collect()
        };
        let version = parsed.as_ref().ok().map(|catalog| catalog.version().to_string());
        let found = json!({"version": version, "mistakes": told(mistakes), "warnings": told(warnings)});
        session.show(&found, || "")?;
    }
    if parsed.is_ok() { Ok(()) } else { Err(Failure::Negative) }
}
