//! What the language model does: asks, reads, rates, writes, criticises, revises, translates.

use goalpost_worker::Failure;
use serde::{Deserialize, Serialize};
use serde_json::{Value, json};

use crate::library::Library;
use crate::model::{Model, Work};

/// Questions that a topic comes to at most.
const MAX_QUESTIONS: usize = 5;

/// What is researched.
#[derive(Debug, Deserialize)]
pub struct Topic {
    /// In words.
    pub topic: String,
}

/// What there is to be asked about a topic.
#[derive(Debug, Serialize, Deserialize)]
pub struct Asked {
    /// One to five questions.
    pub questions: Vec<String>,
}

/// Documents, and what they are read for.
#[derive(Debug, Deserialize)]
pub struct Reading {
    /// Names of documents.
    pub documents: Vec<String>,
    /// What they are read for.
    pub questions: Vec<String>,
}

/// What documents say.
#[derive(Debug, Serialize, Deserialize)]
pub struct Findings {
    /// One a question, in their order.
    pub findings: Vec<String>,
}

/// Documents that are to be rated.
#[derive(Debug, Deserialize)]
pub struct Sources {
    /// Names of documents.
    pub documents: Vec<String>,
}

/// How far documents are to be trusted.
#[derive(Debug, Serialize, Deserialize)]
pub struct Ratings {
    /// One a document, in their order, 0 to 1.
    pub ratings: Vec<f64>,
}

/// What a draft is made of.
#[derive(Debug, Serialize, Deserialize)]
pub struct Material {
    /// What it is about.
    pub topic: String,
    /// What was found.
    pub findings: Vec<String>,
    /// How far the sources are to be trusted, if anybody knows.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub ratings: Option<Vec<f64>>,
}

/// A draft.
#[derive(Debug, Serialize, Deserialize)]
pub struct Draft {
    /// Markdown.
    pub draft: String,
}

/// What a critic says of a draft.
#[derive(Debug, Serialize, Deserialize)]
pub struct Critique {
    /// What it lacks.
    pub objections: Vec<String>,
    /// How good it is, 0 to 1.
    pub score: f64,
}

/// A draft that is to be made better.
#[derive(Debug, Serialize, Deserialize)]
pub struct Criticised {
    /// The draft.
    pub draft: String,
    /// What it lacks.
    pub objections: Vec<String>,
}

/// A paper.
#[derive(Debug, Serialize, Deserialize)]
pub struct Paper {
    /// Markdown.
    pub paper: String,
}

/// A paper for readers of another language.
#[derive(Debug, Serialize, Deserialize)]
pub struct Translatable {
    /// The paper.
    pub paper: String,
    /// The language.
    pub language: String,
}

/// A translated paper.
#[derive(Debug, Serialize, Deserialize)]
pub struct Translation {
    /// Markdown.
    pub translation: String,
}

/// `questions.derive`.
pub async fn derive(model: &Model, Topic { topic }: Topic) -> Result<Asked, Failure> {
    let work = Work {
        instruction: "Name the questions that have to be answered to understand the topic: one to five, each to be \
                      looked up on its own, the most important one first.",
        answer: answer(&[("questions", texts())]),
    };
    let mut asked: Asked = model.ask(work, json!({"topic": topic})).await?;
    asked.questions.truncate(MAX_QUESTIONS);
    if asked.questions.is_empty() {
        return Err(Failure::new(
            "LLM_ANSWER",
            format!("the language model has no question about '{topic}'"),
        ));
    }
    Ok(asked)
}

/// `documents.read`. Without documents nobody is asked. Failures: `NOT_FOUND` for a document that is not there.
pub async fn read(model: &Model, library: Library, reading: Reading) -> Result<Findings, Failure> {
    let Reading { documents, questions } = reading;
    if documents.is_empty() {
        let nothing = |question: &String| format!("No document of the library is about this: {question}");
        return Ok(Findings { findings: questions.iter().map(nothing).collect() });
    }
    let documents = crate::on_thread(move || library.read(&documents)).await?;
    let work = Work {
        instruction: "Say what the documents say about each question: one finding a question, in their order, in a few \
                      sentences, each with the names of its documents in brackets.",
        answer: answer(&[("findings", texts())]),
    };
    let found: Findings = model.ask(work, json!({"documents": documents, "questions": questions})).await?;
    as_many("findings", found.findings.len(), "questions", questions.len())?;
    Ok(found)
}

/// `sources.rate`. Failures: `NOT_FOUND` for a document that is not there.
pub async fn rate(
    model: &Model,
    library: Library,
    Sources { documents }: Sources,
) -> Result<Ratings, Failure> {
    if documents.is_empty() {
        return Ok(Ratings { ratings: Vec::new() });
    }
    let documents = crate::on_thread(move || library.read(&documents)).await?;
    let work = Work {
        instruction: "Say how far each document is to be trusted, by what it says and how: a number from 0 to 1 a document, in \
                      their order.",
        answer: answer(&[("ratings", json!({"type": "array", "items": share()}))]),
    };
    let mut rated: Ratings = model.ask(work, json!({"documents": documents})).await?;
    as_many("ratings", rated.ratings.len(), "documents", documents.len())?;
    rated.ratings.iter_mut().for_each(|rating| *rating = rating.clamp(0.0, 1.0));
    Ok(rated)
}

/// `findings.join`.
pub async fn join(model: &Model, material: Material) -> Result<Draft, Failure> {
    let work = Work {
        instruction: "Write a draft about the topic out of the findings, as Markdown: a title, then paragraphs. Keep the names \
                      of documents in brackets where they are. Trust findings as far as their ratings say, if there are any.",
        answer: answer(&[("draft", text())]),
    };
    model.ask(work, json!(material)).await
}

/// `draft.criticise`.
pub async fn criticise(model: &Model, draft: Draft) -> Result<Critique, Failure> {
    let work = Work {
        instruction: "Criticise the draft as a careful reader: what is unclear, unfounded or missing. Name each objection so \
                      that somebody can act on it, and say how good the draft is: 0 is useless, 0.8 may be published, 1 is perfect.",
        answer: answer(&[("objections", texts()), ("score", share())]),
    };
    let Critique { objections, score } = model.ask(work, json!(draft)).await?;
    Ok(Critique { objections, score: score.clamp(0.0, 1.0) })
}

/// `draft.revise`.
pub async fn revise(model: &Model, criticised: Criticised) -> Result<Paper, Failure> {
    let work = Work {
        instruction: "Write the draft anew so that the objections are met. Bring in nothing that the draft does not have: where \
                      an objection wants what is not known, say that it is not known.",
        answer: answer(&[("paper", text())]),
    };
    model.ask(work, json!(criticised)).await
}

/// `paper.translate`.
pub async fn translate(model: &Model, translatable: Translatable) -> Result<Translation, Failure> {
    let work = Work {
        instruction: "Translate the paper into the language, its Markdown included.",
        answer: answer(&[("translation", text())]),
    };
    model.ask(work, json!(translatable)).await
}

/// The schema of an answer with these fields.
fn answer(fields: &[(&str, Value)]) -> Value {
    let required: Vec<&str> = fields.iter().map(|(name, _)| *name).collect();
    let properties: serde_json::Map<String, Value> =
        fields.iter().map(|(name, schema)| ((*name).to_owned(), schema.clone())).collect();
    json!({"type": "object", "properties": properties, "required": required, "additionalProperties": false})
}

fn text() -> Value {
    json!({"type": "string"})
}

fn texts() -> Value {
    json!({"type": "array", "items": text()})
}

fn share() -> Value {
    json!({"type": "number", "minimum": 0, "maximum": 1})
}

fn as_many(what: &str, given: usize, of: &str, asked: usize) -> Result<(), Failure> {
    if given == asked {
        return Ok(());
    }
    Err(Failure::new("LLM_ANSWER", format!("the language model gave {given} {what} for {asked} {of}")))
}
