//! Blueprints as drawings.

use std::fmt::Write as _;

use goalpost_model::{Blueprint, Edge, EdgeOn, Join, Task};

use super::shorten;

/// A blueprint as an indented text: each task with the edges that lead from it.
pub(crate) fn outline(blueprint: &Blueprint) -> String {
    let mut text = String::new();
    for task in &blueprint.tasks {
        let _ = writeln!(text, "{}  [{}]{}", task.name, task.capability, join(task));
        for edge in blueprint.edges.iter().filter(|edge| edge.source == task.name) {
            let _ = writeln!(text, "  -> {}  {}", edge.target, label(edge));
        }
    }
    text
}

/// A blueprint in Mermaid.
pub(crate) fn mermaid(blueprint: &Blueprint) -> String {
    let mut text = "flowchart TD\n".to_owned();
    for (ordinal, task) in blueprint.tasks.iter().enumerate() {
        let _ = writeln!(
            text,
            "    t{ordinal}[\"{}<br/>{}{}\"]",
            escape(&task.name),
            escape(&task.capability),
            join(task)
        );
    }
    for edge in &blueprint.edges {
        let arrow = if edge.on == EdgeOn::Failure { "-.->" } else { "-->" };
        let label = escape(&label(edge));
        let _ = writeln!(
            text,
            "    {} {arrow}|\"{label}\"| {}",
            id(blueprint, &edge.source),
            id(blueprint, &edge.target)
        );
    }
    text
}

/// A blueprint in DOT.
pub(crate) fn dot(blueprint: &Blueprint) -> String {
    let mut text = format!("digraph \"{}\" {{\n    node [shape=box];\n", escape_dot(&blueprint.name));
    for (ordinal, task) in blueprint.tasks.iter().enumerate() {
        let label = format!("{}\\n{}{}", escape_dot(&task.name), escape_dot(&task.capability), join(task));
        let _ = writeln!(text, "    t{ordinal} [label=\"{label}\"];");
    }
    for edge in &blueprint.edges {
        let style = if edge.on == EdgeOn::Failure { ", style=dashed" } else { "" };
        let (source, target) = (id(blueprint, &edge.source), id(blueprint, &edge.target));
        let _ = writeln!(text, "    {source} -> {target} [label=\"{}\"{style}];", escape_dot(&label(edge)));
    }
    text.push_str("}\n");
    text
}

fn label(edge: &Edge) -> String {
    let on = match edge.on {
        EdgeOn::Success => "success",
        EdgeOn::Failure => "failure",
        EdgeOn::Always => "always",
    };
    match edge.condition.as_str() {
        "" if edge.otherwise => format!("{on} otherwise"),
        "" => on.to_owned(),
        condition => format!("{on} if {}", shorten(condition, 80)),
    }
}

fn join(task: &Task) -> String {
    match task.join {
        Join::All => String::new(),
        Join::Any => " (any)".to_owned(),
        Join::NOf(count) => format!(" ({count} of)"),
    }
}

/// A name that both languages take, whatever the task is called.
fn id(blueprint: &Blueprint, task: &str) -> String {
    let ordinal = blueprint.tasks.iter().position(|other| other.name == task);
    ordinal.map_or_else(|| "missing".to_owned(), |ordinal| format!("t{ordinal}"))
}

fn escape(text: &str) -> String {
    text.replace('&', "&amp;").replace('"', "&quot;").replace('<', "&lt;").replace('>', "&gt;")
}

fn escape_dot(text: &str) -> String {
    text.replace('\\', "\\\\").replace('"', "\\\"")
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    fn blueprint() -> Blueprint {
        serde_json::from_value(json!({
            "name": "report",
            "tasks": [
                {"name": "fetch", "capability": "weather.fetch"},
                {"name": "write", "capability": "report.write", "join": "any"},
            ],
            "edges": [
                {"from": "fetch", "to": "write", "condition": "size(tasks.fetch.output.days) > 0"},
                {"from": "fetch", "to": "write", "on": "failure"},
            ],
        }))
        .unwrap()
    }

    #[test]
    fn mermaid_shows_tasks_edges_and_conditions() {
        assert_eq!(
            mermaid(&blueprint()),
            "flowchart TD\n    t0[\"fetch<br/>weather.fetch\"]\n    t1[\"write<br/>report.write (any)\"]\n    \
             t0 -->|\"success if size(tasks.fetch.output.days) &gt; 0\"| t1\n    t0 -.->|\"failure\"| t1\n"
        );
    }

    #[test]
    fn dot_shows_the_same() {
        assert_eq!(
            dot(&blueprint()),
            "digraph \"report\" {\n    node [shape=box];\n    t0 [label=\"fetch\\nweather.fetch\"];\n    \
             t1 [label=\"write\\nreport.write (any)\"];\n    \
             t0 -> t1 [label=\"success if size(tasks.fetch.output.days) > 0\"];\n    \
             t0 -> t1 [label=\"failure\", style=dashed];\n}\n"
        );
    }

    #[test]
    fn joins_and_edges_that_are_taken_otherwise_are_named() {
        let mut blueprint = blueprint();
        blueprint.tasks[1].join = Join::NOf(2);
        blueprint.edges[1].otherwise = true;
        let outline = outline(&blueprint);
        assert!(outline.contains("(2 of)") && outline.contains("failure otherwise"), "{outline}");
    }

    #[test]
    fn an_outline_lists_edges_below_their_sources() {
        assert!(outline(&blueprint()).starts_with("fetch  [weather.fetch]\n  -> write  success if size"));
    }
}
