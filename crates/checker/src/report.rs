//! Gathers findings in the order in which they are made.

use goalpost_model::{Edge, Finding, Severity, Task};

use crate::code;

/// So many findings are shown; the rest is only counted.
const MAX_FINDINGS: usize = 1_000;
/// For so many findings a similar name is looked for; the search is quadratic in the names' lengths.
const MAX_SUGGESTIONS: usize = 100;

/// The findings so far.
#[derive(Debug, Default)]
pub(crate) struct Report {
    findings: Vec<Finding>,
    errors: usize,
    left_out: usize,
    suggestions: usize,
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
    /// The blueprint is refused because of this.
    pub(crate) fn error(&mut self, node: &str, field: &str, problem: Problem) {
        self.errors += 1;
        self.add(Severity::Error, node, field, problem);
    }

    /// The blueprint runs, but probably not as meant.
    pub(crate) fn warning(&mut self, node: &str, field: &str, problem: Problem) {
        self.add(Severity::Warning, node, field, problem);
    }

    fn add(&mut self, severity: Severity, node: &str, field: &str, problem: Problem) {
        if self.findings.len() >= MAX_FINDINGS {
            self.left_out += 1;
            return;
        }
        self.findings.push(Finding {
            code: problem.code.to_owned(),
            severity,
            node: node.to_owned(),
            field: field.to_owned(),
            message: problem.message,
            fix: problem.fix,
        });
    }

    /// The name among `known` that is most like `name`, if one is.
    pub(crate) fn nearest<'a>(
        &mut self,
        name: &str,
        known: impl IntoIterator<Item = &'a str>,
    ) -> Option<&'a str> {
        self.suggestions += 1;
        (self.suggestions <= MAX_SUGGESTIONS).then(|| crate::names::nearest(name, known)).flatten()
    }

    /// Whether nothing refuses the blueprint.
    pub(crate) fn is_clean(&self) -> bool {
        self.errors == 0
    }

    /// Everything found: errors first, each severity in the order in which it was found.
    pub(crate) fn into_findings(mut self) -> Vec<Finding> {
        self.findings.sort_by_key(|finding| finding.severity);
        if self.left_out > 0 {
            self.findings.push(Finding {
                code: code::MORE.to_owned(),
                severity: if self.errors > 0 { Severity::Error } else { Severity::Warning },
                node: String::new(),
                field: String::new(),
                message: format!("{} more findings are not shown", self.left_out),
                fix: "fix these first".to_owned(),
            });
        }
        self.findings
    }
}

/// How findings name a task.
pub(crate) fn task_node(task: &Task) -> String {
    format!("task {}", task.name)
}

/// How findings name an edge.
pub(crate) fn edge_node(edge: &Edge) -> String {
    format!("edge {} -> {}", edge.source, edge.target)
}
