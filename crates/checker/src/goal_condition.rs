//! Conditions on a goal: before there is a graph for it, and before its plan may run.

use goalpost_model::{Severity, TaskState};
use serde_json::{Map, Value};

use crate::compiled::{BodyView, Scope, TaskView};
use crate::expression::{Expression, Kinds, Sees, TaskNames, Type, Variable, analyse, tree};
use crate::names::{Suggestions, shown};
use crate::report::Problem;
use crate::stack;

/// A CEL condition over `goal.text`, `goal.input`, `captures` and `input`, within the same bounds as every
/// other expression.
#[derive(Clone, Debug)]
pub struct GoalCondition(Expression);

/// What such a condition sees.
#[derive(Clone, Copy, Debug)]
pub struct GoalView<'a> {
    /// The goal in words.
    pub text: &'a str,
    /// The input that came with the goal.
    pub goal_input: &'a Map<String, Value>,
    /// What was read out of its words.
    pub captures: &'a Map<String, Value>,
    /// Both of these together.
    pub input: &'a Map<String, Value>,
}

impl GoalCondition {
    /// Compiles a condition. The error says everything that is wrong with it.
    pub fn parse(text: &str) -> Result<Self, String> {
        compiled(text, &[Variable::Input, Variable::Captures]).map(Self)
    }

    /// As it was written.
    pub fn text(&self) -> &str {
        self.0.text()
    }

    /// Whether it holds. The error says why that cannot be decided.
    pub fn holds(&self, view: &GoalView<'_>) -> Result<bool, String> {
        holds(&self.0, view)
    }
}

/// A CEL condition of a policy over `goal.text`, `goal.input`, `submission` and `plan`, within the same bounds as every
/// other expression. A field that neither has is found when it is compiled.
#[derive(Clone, Debug)]
pub struct PolicyCondition(Expression);

/// What a policy sees. docs/decisions.md says what is in both objects.
#[derive(Clone, Copy, Debug)]
pub struct PolicyView<'a> {
    /// The goal in words.
    pub text: &'a str,
    /// The input that came with the goal.
    pub goal_input: &'a Map<String, Value>,
    /// What else was said with the goal.
    pub submission: &'a Map<String, Value>,
    /// The plan.
    pub plan: &'a Map<String, Value>,
}

impl PolicyCondition {
    /// Compiles a condition. The error says everything that is wrong with it.
    pub fn parse(text: &str) -> Result<Self, String> {
        compiled(text, &[Variable::Submission, Variable::Plan]).map(Self)
    }

    /// Whether it holds. The error says why that cannot be decided.
    pub fn holds(&self, view: &PolicyView<'_>) -> Result<bool, String> {
        holds(&self.0, view)
    }
}

fn holds(condition: &Expression, scope: &dyn Scope) -> Result<bool, String> {
    match condition.evaluate(scope, &|_| String::new())? {
        Value::Bool(holds) => Ok(holds),
        other => Err(format!("it gave {}, not true or false", shown(&other.to_string()))),
    }
}

fn compiled(text: &str, variables: &'static [Variable]) -> Result<Expression, String> {
    stack::deep(|| compile(text, variables)).map_err(|problems| {
        let told = problems.iter().map(|problem| format!("{} ({})", problem.message, problem.fix));
        told.collect::<Vec<_>>().join("; ")
    })
}

fn compile(text: &str, variables: &'static [Variable]) -> Result<Expression, Vec<Problem>> {
    let names = TaskNames::without_tasks(variables);
    let tree = tree(text).map_err(|problem| vec![problem])?;
    let analysis = analyse(&tree, &names, &Sees::new([], Type::any()), &Suggestions::default());
    let mut problems = analysis.problems;
    let of_types = analysis.of_types.into_iter().filter(|(severity, _)| *severity == Severity::Error);
    problems.extend(of_types.map(|(_, problem)| problem));
    let kinds = analysis.value.kinds;
    if problems.is_empty() && !kinds.meets(Kinds::BOOL) {
        let message = format!("the condition is {kinds}, which is neither true nor false");
        problems.push(Problem::new(crate::code::NOT_BOOLEAN, message, "write a comparison"));
    }
    if problems.is_empty() { Ok(Expression::new(text, &tree, &names)) } else { Err(problems) }
}

/// There is no task where there is no graph, and no name for one.
const NO_TASK: TaskView<'static> = TaskView { state: TaskState::Skipped, output: None, failure: None };

impl Scope for GoalView<'_> {
    fn goal_text(&self) -> &str {
        self.text
    }

    fn goal_input(&self) -> &Map<String, Value> {
        self.goal_input
    }

    fn task(&self, _: usize) -> TaskView<'_> {
        NO_TASK
    }

    fn body(&self) -> Option<BodyView<'_>> {
        Some(BodyView { input: self.input, index: 0, item: None, previous: None })
    }

    fn captures(&self) -> Option<&Map<String, Value>> {
        Some(self.captures)
    }
}

impl Scope for PolicyView<'_> {
    fn goal_text(&self) -> &str {
        self.text
    }

    fn goal_input(&self) -> &Map<String, Value> {
        self.goal_input
    }

    fn task(&self, _: usize) -> TaskView<'_> {
        NO_TASK
    }

    fn policy(&self) -> Option<PolicyView<'_>> {
        Some(*self)
    }
}
