//! What each path of an expression is.

use std::sync::LazyLock;

use goalpost_model::TaskState;
use serde_json::{Map, Value, json};

use super::kinds::Kinds;
use super::ty::Type;
use crate::expression::path::{Key, Path, Root, Variable};

static STATE: LazyLock<Value> = LazyLock::new(|| {
    let words: Vec<&str> = TaskState::ALL.iter().map(|state| state.as_str()).collect();
    json!({"enum": words})
});

static CAPTURES: LazyLock<Value> =
    LazyLock::new(|| json!({"type": "object", "additionalProperties": {"type": "string"}}));

static SUBMISSION: LazyLock<Value> = LazyLock::new(|| {
    let text = json!({"type": "string"});
    json!({"type": "object", "additionalProperties": false, "required": ["type", "namespace", "priority"],
           "properties": {"type": text, "namespace": text, "priority": {"enum": ["low", "normal", "high"]}}})
});

static PLAN: LazyLock<Value> = LazyLock::new(|| {
    let (text, count) = (json!({"type": "string"}), json!({"type": "integer"}));
    let names = json!({"type": "array", "items": text});
    let amount = |properties: [&str; 4]| {
        let counts: Map<String, Value> =
            properties.iter().map(|name| ((*name).to_owned(), count.clone())).collect();
        json!({"type": "object", "additionalProperties": false, "required": properties, "properties": counts})
    };
    let properties = json!({
        "planned_by": text, "capabilities": names, "writes": names, "gained": names,
        "worst_case": amount(["tasks", "attempts", "money_micros", "tokens"]),
        "estimate": amount(["tasks", "money_micros", "tokens", "critical_path_ms"]),
    });
    let required = ["planned_by", "capabilities", "writes", "gained", "worst_case", "estimate"];
    json!({"type": "object", "additionalProperties": false, "required": required, "properties": properties})
});

static ERROR: LazyLock<Value> = LazyLock::new(|| {
    let text = json!({"type": "string"});
    json!({"type": "object", "properties": {"kind": text, "message": text}, "additionalProperties": false})
});

/// The schema of a variable that has these fields and no others.
pub(crate) fn closed_schema(variable: Variable) -> Option<&'static Value> {
    match variable {
        Variable::Submission => Some(&SUBMISSION),
        Variable::Plan => Some(&PLAN),
        _ => None,
    }
}

/// The types of what the expressions of one graph see.
pub(crate) struct Sees<'a> {
    /// The outputs of its tasks, by ordinal.
    outputs: Vec<Type<'a>>,
    /// The item of the list that the graph is run for.
    item: Type<'a>,
}

impl<'a> Sees<'a> {
    /// By the output schemas of the tasks, in order.
    pub(crate) fn new(outputs: impl IntoIterator<Item = Option<&'a Value>>, item: Type<'a>) -> Self {
        let outputs = outputs.into_iter().map(|schema| schema.map_or_else(Type::any, Type::of_schema));
        Self { outputs: outputs.collect(), item }
    }

    /// What the path leads to, if it leads to something.
    pub(crate) fn at(&self, path: &Path) -> Type<'a> {
        let step = |at: Type<'a>, key: &Key| match key {
            Key::Field(name) => at.field(name),
            Key::Index(_) => Some(at.items()),
        };
        path.keys.iter().try_fold(self.root(path.root), step).unwrap_or_else(Type::any)
    }

    fn root(&self, root: Root) -> Type<'a> {
        match root {
            Root::GoalText => Type::of(Kinds::TEXT),
            Root::GoalInput | Root::Variable(Variable::Input) => Type::of(Kinds::OBJECT),
            Root::State(_) => Type::of_schema(&STATE),
            Root::Output(task) => self.outputs.get(task).cloned().unwrap_or_else(Type::any),
            Root::Error(_) => Type::of_schema(&ERROR),
            Root::Variable(Variable::Index | Variable::Iteration) => Type::of(Kinds::NUMBER),
            Root::Variable(Variable::Item) => self.item.clone(),
            Root::Variable(Variable::Previous) => Type::any(),
            Root::Variable(Variable::Captures) => Type::of_schema(&CAPTURES),
            Root::Variable(Variable::Submission) => Type::of_schema(&SUBMISSION),
            Root::Variable(Variable::Plan) => Type::of_schema(&PLAN),
        }
    }
}
