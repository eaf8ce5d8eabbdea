//! Files that say a goal and all that belongs to it.

use std::io::Read as _;
use std::path::Path;

use goalpost_client::NewGoal;
use goalpost_client::v1::GoalBudget;
use goalpost_model::Blueprint;
use goalpost_policy::read_policy;
use goalpost_proto::{blueprint_from_model, policy_from_model};
use serde::Deserialize;
use serde_json::{Map, Value};

use crate::commands::submit::Level;
use crate::failure::Failure;
use crate::files;

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct GoalFile {
    goal: Option<String>,
    #[serde(rename = "type")]
    goal_type: Option<String>,
    /// The name of a file beside this one, or the blueprint itself.
    blueprint: Option<Value>,
    #[serde(default)]
    input: Map<String, Value>,
    namespace: Option<String>,
    priority: Option<Level>,
    request_id: Option<String>,
    policy: Option<Value>,
    budget: Option<Limits>,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Limits {
    tasks: Option<i64>,
    attempts: Option<i64>,
    tokens: Option<i64>,
    money_micros: Option<i64>,
    wall_time_ms: Option<i64>,
}

/// The goal that the file says; `-` is standard input.
pub(crate) fn read(path: &Path) -> Result<NewGoal, Failure> {
    let text = if path.as_os_str() == "-" {
        let mut text = String::new();
        std::io::stdin().read_to_string(&mut text)?;
        text
    } else {
        files::text(path)?
    };
    goal(path, &text)
}

fn goal(path: &Path, text: &str) -> Result<NewGoal, Failure> {
    let wrong = |message: String| Failure::Input(format!("{}: {message}", path.display()));
    let file: GoalFile = serde_saphyr::from_str(text).map_err(|error| wrong(error.to_string()))?;
    let GoalFile { goal, goal_type, blueprint, input, namespace, priority, request_id, policy, budget } =
        file;
    let mut wanted = match (goal, goal_type, blueprint) {
        (Some(text), None, None) => NewGoal::text(text),
        (None, Some(goal_type), None) => NewGoal::of_type(goal_type),
        (None, None, Some(Value::String(file))) => {
            let beside = path.parent().unwrap_or(Path::new("")).join(file);
            NewGoal::blueprint(blueprint_from_model(&files::blueprint(&beside)?))
        }
        (None, None, Some(own)) => {
            let own: Blueprint =
                serde_json::from_value(own).map_err(|error| wrong(format!("blueprint: {error}")))?;
            NewGoal::blueprint(blueprint_from_model(&own))
        }
        _ => return Err(wrong("must say exactly one of goal, type and blueprint".to_owned())),
    };
    wanted = wanted.input(input);
    if let Some(namespace) = namespace {
        wanted = wanted.namespace(namespace);
    }
    if let Some(priority) = priority {
        wanted = wanted.priority(priority.into());
    }
    if let Some(request_id) = request_id {
        wanted = wanted.request_id(request_id);
    }
    if let Some(policy) = policy {
        // As a file of its own would say it: JSON is YAML, too.
        let policy = read_policy(&policy.to_string())
            .map_err(|mistakes| Failure::Input(files::told(path, &mistakes)))?;
        wanted = wanted.policy(policy_from_model(policy));
    }
    if let Some(Limits { tasks, attempts, tokens, money_micros, wall_time_ms }) = budget {
        wanted = wanted.budget(GoalBudget { tasks, attempts, tokens, money_micros, wall_time_ms });
    }
    Ok(wanted)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_file_says_the_whole_goal() {
        let text = "type: weather.report\ninput: { city: Seattle }\nnamespace: ops\npriority: high\n\
                    request_id: r1\npolicy: { rules: [] }\nbudget: { tasks: 3 }\n";
        let read = goal(Path::new("goal.yaml"), text).ok().unwrap();
        let expected = NewGoal::of_type("weather.report")
            .input(Map::from_iter([("city".to_owned(), "Seattle".into())]))
            .namespace("ops")
            .priority(goalpost_client::v1::Priority::High)
            .request_id("r1")
            .policy(goalpost_client::v1::Policy::default())
            .budget(GoalBudget { tasks: Some(3), ..GoalBudget::default() });
        assert_eq!(format!("{read:?}"), format!("{expected:?}"));
    }

    #[test]
    fn a_blueprint_is_beside_it_or_in_it() {
        let folder = tempfile::tempdir().unwrap();
        let blueprint = "name: sample\ntasks:\n  - {name: a, capability: any}\n";
        std::fs::write(folder.path().join("flow.yaml"), blueprint).unwrap();
        let path = folder.path().join("goal.yaml");
        let beside = goal(&path, "blueprint: flow.yaml\n").ok().unwrap();
        let inside = "blueprint: { name: sample, tasks: [{name: a, capability: any}] }\n";
        let inside = goal(&path, inside).ok().unwrap();
        assert_eq!(format!("{beside:?}"), format!("{inside:?}"));
    }

    #[test]
    fn what_is_wrong_is_named() {
        for (text, word) in [
            ("goal: a\ntype: b\n", "exactly one"),
            ("input: {}\n", "exactly one"),
            ("gaol: a\n", "gaol"),
            ("blueprint: { nam: a }\n", "nam"),
            ("goal: a\npriority: urgent\n", "urgent"),
        ] {
            let Err(Failure::Input(message)) = goal(Path::new("goal.yaml"), text) else { panic!("{text}") };
            assert!(message.contains(word) && message.starts_with("goal.yaml: "), "{message}");
        }
    }
}
