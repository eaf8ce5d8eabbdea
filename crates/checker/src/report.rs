//! Gathers findings in the order in which they are made.

use goalpost_model::{Edge, Finding, Severity, Task};

use crate::code;
use crate::names::{Suggestions, shown};

/// So many findings are shown; the rest is only counted.
const MAX_FINDINGS: usize = 1_000;

/// The findings so far.
#[derive(Debug, Default)]
pub(crate) struct Report {
    errors: Shelf,
    warnings: Shelf,
    suggestions: Suggestions,
    /// The tasks inside of which the graph is that is looked at, and the fields that hold it.
    inside: Vec<(String, &'static str)>,
}

/// Findings of one severity. Each has its own room, so that warnings never crowd out an error.
#[derive(Debug, Default)]
struct Shelf {
    shown: Vec<Finding>,
    left_out: usize,
}

impl Shelf {
    fn add(&mut self, severity: Severity, node: &str, field: &str, problem: Problem) {
        if self.shown.len() >= MAX_FINDINGS {
            self.left_out += 1;
            return;
        }
        self.shown.push(Finding {
            code: problem.code.to_owned(),
            severity,
            node: node.to_owned(),
            field: shown(field),
            message: problem.message,
            fix: problem.fix,
        });
    }
}

/// What is wrong with an expression, wherever it stands.
#[derive(Clone, Debug, PartialEq)]
pub(crate) struct Problem {
    pub(crate) code: &'static str,
    pub(crate) message: String,
    pub(crate) fix: String,
}

impl Problem {
    pub(crate) fn new(code: &'static str, message: impl Into<String>, fix: impl Into<String>) -> Self {
        Self { code, message: message.into(), fix: fix.into() }
    }
}

impl Report {
    /// The graph inside of this task is looked at next; it is in this field.
    pub(crate) fn enter(&mut self, task: &str, field: &'static str) {
        self.inside.push((shown(task), field));
    }

    /// The graph inside of a task has been looked at.
    pub(crate) fn leave(&mut self) {
        self.inside.pop();
    }

    /// The blueprint is refused because of this.
    pub(crate) fn error(&mut self, node: &str, field: &str, problem: Problem) {
        let (node, field) = self.placed(node, field);
        self.errors.add(Severity::Error, &node, &field, problem);
    }

    /// The blueprint runs, but probably not as meant.
    pub(crate) fn warning(&mut self, node: &str, field: &str, problem: Problem) {
        let (node, field) = self.placed(node, field);
        self.warnings.add(Severity::Warning, &node, &field, problem);
    }

    /// How the node and its field are named from outside: `task each/fetch`. What is said of a graph as a whole
    /// is said of the task that it is in.
    fn placed(&self, node: &str, field: &str) -> (String, String) {
        let Some((_, of)) = self.inside.last() else {
            return (node.to_owned(), field.to_owned());
        };
        let way: Vec<&str> = self.inside.iter().map(|(task, _)| task.as_str()).collect();
        let way = way.join("/");
        if let Some(name) = node.strip_prefix("task ") {
            return (format!("task {way}/{name}"), field.to_owned());
        }
        if let Some(ends) = node.strip_prefix("edge ") {
            return (format!("edge {way}/{ends}"), field.to_owned());
        }
        let field = if field == "while" { format!("{of}.{field}") } else { format!("{of}.body.{field}") };
        (format!("task {way}"), field)
    }

    /// The name among `known` that is most like `name`, if one is.
    pub(crate) fn nearest<'a>(
        &self,
        name: &str,
        known: impl IntoIterator<Item = &'a str>,
    ) -> Option<&'a str> {
        self.suggestions.nearest(name, known)
    }

    /// What looks for names that were probably meant, in one measure for the whole blueprint.
    pub(crate) fn suggestions(&self) -> &Suggestions {
        &self.suggestions
    }

    /// Whether nothing refuses the blueprint.
    pub(crate) fn is_clean(&self) -> bool {
        self.errors.shown.is_empty()
    }

    /// Everything found: errors first, each severity in the order in which it was found.
    pub(crate) fn into_findings(self) -> Vec<Finding> {
        let severity = if self.is_clean() { Severity::Warning } else { Severity::Error };
        let mut findings = self.errors.shown;
        findings.extend(self.warnings.shown);
        let beyond = findings.len().saturating_sub(MAX_FINDINGS);
        findings.truncate(MAX_FINDINGS);
        let left_out = beyond + self.errors.left_out + self.warnings.left_out;
        if left_out > 0 {
            findings.push(Finding {
                code: code::MORE.to_owned(),
                severity,
                node: String::new(),
                field: String::new(),
                message: format!("{left_out} more findings are not shown"),
                fix: "fix these first".to_owned(),
            });
        }
        findings
    }
}

/// How findings name a task.
pub(crate) fn task_node(task: &Task) -> String {
    format!("task {}", shown(&task.name))
}

/// How findings name an edge.
pub(crate) fn edge_node(edge: &Edge) -> String {
    format!("edge {} -> {}", shown(&edge.source), shown(&edge.target))
}
