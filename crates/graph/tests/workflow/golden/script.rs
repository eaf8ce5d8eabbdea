//! A golden file: a blueprint, what its tasks give, and how it may end when one of them fails.

use std::collections::{BTreeMap, BTreeSet};
use std::path::Path;

use goalpost_model::{Blueprint, TaskState, WorkflowState, all_tasks};
use serde_json::{Value, json};

pub(super) struct Golden {
    pub(super) blueprint: Blueprint,
    /// By tasks; where it is a list, by their items or iterations.
    outputs: Value,
    /// How many of its tasks end in which state if none fails.
    pub(super) good: BTreeMap<TaskState, usize>,
    /// By the task that fails, the ends that are allowed.
    pub(super) fails: BTreeMap<String, Vec<WorkflowState>>,
}

/// Every golden file, by name.
pub(super) fn goldens() -> Vec<Golden> {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/workflow/golden");
    let files = folder.read_dir().unwrap().map(|file| file.unwrap().path());
    let files: BTreeSet<_> = files.filter(|file| file.extension().is_some_and(|end| end == "json")).collect();
    files.iter().map(|file| Golden::read(file)).collect()
}

impl Golden {
    fn read(file: &Path) -> Self {
        let text = std::fs::read_to_string(file).unwrap();
        let file: Value =
            serde_json::from_str(&text).unwrap_or_else(|error| panic!("{}: {error}", file.display()));
        let fails = file["fails"].as_object().unwrap();
        let ends = |end: &Value| -> Vec<WorkflowState> {
            let list = if end.is_array() { end.clone() } else { json!([end]) };
            serde_json::from_value(list).unwrap()
        };
        Self {
            blueprint: with_capabilities(serde_json::from_value(file["blueprint"].clone()).unwrap()),
            outputs: file["outputs"].clone(),
            good: serde_json::from_value(file["good"].clone()).unwrap(),
            fails: fails.iter().map(|(task, end)| (task.clone(), ends(end))).collect(),
        }
    }

    /// What comes out of a task.
    pub(super) fn output(&self, task: &str) -> Value {
        let (kind, index) = kind_of(task);
        match &self.outputs[kind] {
            Value::Null => json!({"of": task}),
            Value::Array(outputs) => outputs[index].clone(),
            output => output.clone(),
        }
    }
}

/// The name of a task without the numbers of items and iterations, and the last of those.
pub(super) fn kind_of(task: &str) -> (String, usize) {
    let mut index = 0;
    let mut kind = String::new();
    for part in task.split_inclusive(['[', ']']) {
        match part.strip_suffix(']').map(str::parse) {
            Some(number) => {
                index = number.unwrap();
                kind += "*]";
            }
            None => kind += part,
        }
    }
    (kind, index)
}

/// The blueprint with its capabilities, which allow everything.
fn with_capabilities(mut blueprint: Blueprint) -> Blueprint {
    let mut words = BTreeSet::new();
    for task in all_tasks(&blueprint.tasks) {
        words.insert(task.capability.clone());
        words.extend(task.compensate_with.iter().map(|undo| undo.capability.clone()));
    }
    words.retain(|word| !word.is_empty() && !word.starts_with("goalpost."));
    let capability = |word: String| serde_json::from_value(json!({"name": word})).unwrap();
    blueprint.capabilities = words.into_iter().map(capability).collect();
    blueprint
}
