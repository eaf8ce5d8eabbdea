//! Document research: everything that `catalogs/research.yaml` promises.
//!
//! ```text
//! args      which language model there is
//! library   a directory of text files, and the few that the example brings
//! search    full text search over them
//! model     asks the language model
//! writing   what it is asked: questions, findings, drafts, critique
//! papers    publishes, and withdraws
//! ```

mod args;
mod library;
mod model;
mod papers;
mod search;
pub mod writing;

use std::pin::Pin;
use std::sync::Arc;

use goalpost_worker::{Attempt, Builder, Failure};

pub use args::LlmArgs;
pub use library::{Found, Library, Questions, search_collection};
pub use model::Model;
pub use papers::{Papers, Published, Withdrawn};

/// Offers what needs no language model: search and publishing.
pub fn offer(builder: Builder, library: &Library, papers: &Papers) -> Builder {
    let (library, publishing, withdrawing) = (library.clone(), papers.clone(), papers.clone());
    builder
        .capability("library.search", move |_: Attempt, questions: Questions| {
            let library = library.clone();
            on_thread(move || library.search(questions))
        })
        .capability("collection.search", |_: Attempt, questions: Questions| {
            on_thread(move || search_collection(questions))
        })
        .capability("paper.publish", move |attempt: Attempt, paper: writing::Paper| {
            let papers = publishing.clone();
            on_thread(move || papers.publish(attempt.workflow_id(), paper))
        })
        .capability("paper.withdraw", move |_: Attempt, published: Published| {
            let papers = withdrawing.clone();
            on_thread(move || papers.withdraw(published))
        })
}

/// Offers what the language model does.
pub fn offer_writing(builder: Builder, library: &Library, model: &Arc<Model>) -> Builder {
    let (reading, rating) = (library.clone(), library.clone());
    builder
        .capability("questions.derive", asking(model, |model, input| Box::pin(writing::derive(model, input))))
        .capability("documents.read", {
            asking(model, move |model, input| Box::pin(writing::read(model, reading.clone(), input)))
        })
        .capability("sources.rate", {
            asking(model, move |model, input| Box::pin(writing::rate(model, rating.clone(), input)))
        })
        .capability("findings.join", asking(model, |model, input| Box::pin(writing::join(model, input))))
        .capability(
            "draft.criticise",
            asking(model, |model, input| Box::pin(writing::criticise(model, input))),
        )
        .capability("draft.revise", asking(model, |model, input| Box::pin(writing::revise(model, input))))
        .capability(
            "paper.translate",
            asking(model, |model, input| Box::pin(writing::translate(model, input))),
        )
}

type Pending<'a, O> = Pin<Box<dyn Future<Output = Result<O, Failure>> + Send + 'a>>;

/// A handler that asks the model.
fn asking<I: Send + 'static, O: 'static>(
    model: &Arc<Model>,
    ask: impl for<'a> Fn(&'a Model, I) -> Pending<'a, O> + Clone + Send + Sync + 'static,
) -> impl Fn(Attempt, I) -> Pending<'static, O> + Send + Sync + 'static {
    let model = Arc::clone(model);
    move |_, input| {
        let (model, ask) = (Arc::clone(&model), ask.clone());
        Box::pin(async move { ask(&model, input).await })
    }
}

/// Does what waits for files on a thread that may.
async fn on_thread<T: Send + 'static>(
    work: impl FnOnce() -> Result<T, Failure> + Send + 'static,
) -> Result<T, Failure> {
    let done = tokio::task::spawn_blocking(work).await;
    done.unwrap_or_else(|error| Err(Failure::new("FILES", error.to_string())))
}

#[cfg(test)]
mod tests;
