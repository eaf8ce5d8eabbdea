//! What an expression reads, what is wrong with it, and which reads may find nothing.

use std::collections::HashSet;

use cel::IdedExpr;
use cel::common::ast::{CallExpr, Expr, LiteralValue, operators};
use goalpost_model::Severity;

use super::limits::MAX_COMPREHENSIONS;
use super::path::{Path, Root, chain, children};
use super::types::{Sees, Type, infer};
use super::{Decision, TaskNames, functions};
use crate::code;
use crate::names::{Suggestions, shown};
use crate::report::Problem;

/// What is known of tasks at some place: by their ordinals.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(crate) struct Known {
    /// They have succeeded, and have an output.
    pub(crate) succeeded: HashSet<usize>,
    /// They have failed, and have an error.
    pub(crate) failed: HashSet<usize>,
}

/// One read of an output or an error.
#[derive(Clone, Debug)]
pub(crate) struct Read {
    pub(crate) path: Path,
    /// What the expression itself made sure of before.
    pub(crate) known: Known,
}

/// What an expression does.
#[derive(Clone, Debug)]
pub(crate) struct Analysis<'a> {
    /// What keeps it from being compiled.
    pub(crate) problems: Vec<Problem>,
    /// What is said of the types in it.
    pub(crate) of_types: Vec<(Severity, Problem)>,
    pub(crate) reads: Vec<Read>,
    /// What is known where the expression is true.
    pub(crate) if_true: Known,
    /// What its value may be.
    pub(crate) value: Type<'a>,
    /// For which values it is true, if it compares one path with constants.
    pub(crate) decision: Option<Decision>,
    /// It is just `false`.
    pub(crate) is_false: bool,
}

/// Looks at a parsed expression.
pub(crate) fn analyse<'a>(
    tree: &IdedExpr,
    tasks: &TaskNames<'_>,
    sees: &Sees<'a>,
    suggestions: &Suggestions,
) -> Analysis<'a> {
    let mut walk = Walk { tasks, problems: Vec::new(), reads: Vec::new(), variables: Vec::new(), loops: 0 };
    walk.node(tree, &Known::default());
    let mut found = Analysis {
        if_true: walk.truths(tree),
        is_false: matches!(&tree.expr, Expr::Literal(LiteralValue::Boolean(word)) if !*word.inner()),
        of_types: Vec::new(),
        value: Type::any(),
        decision: None,
        reads: std::mem::take(&mut walk.reads),
        problems: std::mem::take(&mut walk.problems),
    };
    // Types are those of names that are there.
    if found.problems.is_empty() {
        let path_of = |node: &IdedExpr| walk.path(node);
        let inferred = infer(tree, sees, &path_of, suggestions);
        (found.value, found.of_types) = (inferred.value, inferred.found);
        found.decision = Decision::read(tree, &path_of);
    }
    found
}

struct Walk<'a> {
    tasks: &'a TaskNames<'a>,
    problems: Vec<Problem>,
    reads: Vec<Read>,
    /// Variables of the comprehensions around the node.
    variables: Vec<String>,
    loops: usize,
}

impl Walk<'_> {
    fn node(&mut self, node: &IdedExpr, known: &Known) {
        if let Some(chain) = chain(node).filter(|chain| self.tasks.is_root(chain.variable)) {
            return match Path::resolve(&chain, self.tasks) {
                Ok(path) if !is_test(node) => self.reads.push(Read { path, known: known.clone() }),
                Ok(_) => {}
                Err(problem) => self.problems.push(problem),
            };
        }
        match &node.expr {
            Expr::Select(select)
                if !select.test && chain(node).is_some_and(|chain| functions::is_long_type(&chain)) => {}
            Expr::Ident(name) => self.variable(name),
            Expr::Call(call) => self.call(call, known),
            Expr::Comprehension(inner) => {
                // What it goes over is there before it: that is no loop in a loop.
                self.node(&inner.iter_range, known);
                self.loops += 1;
                if self.loops > MAX_COMPREHENSIONS {
                    self.problem(
                        code::TOO_COMPLEX,
                        format!("loops are nested deeper than {MAX_COMPREHENSIONS}"),
                        "let a task compute the value",
                    );
                }
                let names = [Some(&inner.iter_var), inner.iter_var2.as_ref(), Some(&inner.accu_var)];
                for name in names.into_iter().flatten() {
                    if self.tasks.is_root(name) {
                        let message = format!("a loop's variable is called '{name}', which hides the {name}");
                        self.problem(code::HIDDEN_VARIABLE, message, "call the variable something else");
                    }
                    self.variables.push(name.clone());
                }
                for child in [&inner.accu_init, &inner.loop_cond, &inner.loop_step, &inner.result] {
                    self.node(child, known);
                }
                self.variables.truncate(self.variables.len() - names.into_iter().flatten().count());
                self.loops -= 1;
            }
            Expr::Struct(object) => {
                let message = format!("there is no type '{}' to build", shown(&object.type_name));
                self.problem(code::UNKNOWN_FUNCTION, message, "write an object: {\"name\": value}");
                children(node).into_iter().for_each(|child| self.node(child, known));
            }
            _ => children(node).into_iter().for_each(|child| self.node(child, known)),
        }
    }

    fn variable(&mut self, name: &str) {
        if self.variables.iter().any(|variable| variable == name) || functions::is_type(name) {
            return;
        }
        let message = format!("there is no variable '{}'", shown(name));
        let fix = match crate::names::nearest(name, self.tasks.roots()) {
            Some(nearest) => format!("did you mean '{nearest}'?"),
            None => format!("an expression sees {}; text is written in quotes", self.tasks.seen()),
        };
        self.problem(code::UNKNOWN_VARIABLE, message, fix);
    }

    fn call(&mut self, call: &CallExpr, known: &Known) {
        match (call.func_name.as_str(), call.args.as_slice()) {
            (operators::LOGICAL_AND, [left, right]) => {
                self.node(left, known);
                let also = self.truths(left);
                self.node(right, &known.and(&also));
            }
            (operators::LOGICAL_OR, [left, right]) => {
                self.node(left, known);
                let also = self.falsities(left);
                self.node(right, &known.and(&also));
            }
            (operators::CONDITIONAL, [condition, yes, no]) => {
                self.node(condition, known);
                let (if_true, if_false) = (self.truths(condition), self.falsities(condition));
                self.node(yes, &known.and(&if_true));
                self.node(no, &known.and(&if_false));
            }
            (name, arguments) => {
                let is_member = call.target.is_some();
                // No name of a function has these characters, but `_`.
                let is_operator = name.contains(|c: char| !c.is_ascii_alphanumeric() && c != '_');
                if !is_operator && !functions::is_known(name, is_member, arguments.len()) {
                    let (message, fix) = functions::fault(name, is_member, arguments.len());
                    self.problem(code::UNKNOWN_FUNCTION, message, fix);
                }
                call.target.as_deref().into_iter().chain(arguments).for_each(|child| self.node(child, known));
            }
        }
    }

    fn problem(&mut self, code: &'static str, message: String, fix: impl Into<String>) {
        self.problems.push(Problem::new(code, message, fix));
    }

    /// What is known where the node is true.
    fn truths(&self, node: &IdedExpr) -> Known {
        if is_test(node) {
            return self.path(node).map(|path| Known::by_presence(path.root)).unwrap_or_default();
        }
        let Expr::Call(call) = &node.expr else { return Known::default() };
        match (call.func_name.as_str(), call.args.as_slice()) {
            (operators::LOGICAL_AND, [left, right]) => self.truths(left).and(&self.truths(right)),
            (operators::LOGICAL_NOT, [inner]) => self.falsities(inner),
            (operators::EQUALS, [left, right]) => self.compared(left, right),
            _ => Known::default(),
        }
    }

    /// What is known where the node is false.
    fn falsities(&self, node: &IdedExpr) -> Known {
        let Expr::Call(call) = &node.expr else { return Known::default() };
        match (call.func_name.as_str(), call.args.as_slice()) {
            (operators::LOGICAL_OR, [left, right]) => self.falsities(left).and(&self.falsities(right)),
            (operators::LOGICAL_NOT, [inner]) => self.truths(inner),
            (operators::NOT_EQUALS, [left, right]) => self.compared(left, right),
            _ => Known::default(),
        }
    }

    /// What it says that both sides are equal.
    fn compared(&self, left: &IdedExpr, right: &IdedExpr) -> Known {
        let word = |node: &IdedExpr| match &node.expr {
            Expr::Literal(LiteralValue::String(text)) => Some(text.inner().to_owned()),
            _ => None,
        };
        let (path, word) = match (word(left), word(right)) {
            (Some(word), None) => (self.path(right), word),
            (None, Some(word)) => (self.path(left), word),
            _ => return Known::default(),
        };
        match (path.map(|path| path.root), word.as_str()) {
            (Some(Root::State(task)), "SUCCEEDED") => Known::by_presence(Root::Output(task)),
            (Some(Root::State(task)), "FAILED") => Known::by_presence(Root::Error(task)),
            _ => Known::default(),
        }
    }

    fn path(&self, node: &IdedExpr) -> Option<Path> {
        chain(node)
            .filter(|chain| self.tasks.is_root(chain.variable))
            .and_then(|chain| Path::resolve(&chain, self.tasks).ok())
    }
}

/// Whether the node is `has(..)`.
fn is_test(node: &IdedExpr) -> bool {
    matches!(&node.expr, Expr::Select(select) if select.test)
}

impl Known {
    /// What follows from something being there.
    fn by_presence(root: Root) -> Self {
        let mut known = Self::default();
        match root {
            Root::Output(task) => drop(known.succeeded.insert(task)),
            Root::Error(task) => drop(known.failed.insert(task)),
            Root::GoalText | Root::GoalInput | Root::State(_) | Root::Variable(_) => {}
        }
        known
    }

    /// Both.
    fn and(&self, other: &Self) -> Self {
        Self {
            succeeded: self.succeeded.union(&other.succeeded).copied().collect(),
            failed: self.failed.union(&other.failed).copied().collect(),
        }
    }
}
