//! Blueprints as drawings.

use std::fmt::Write as _;

use goalpost_model::{Blueprint, Edge, EdgeOn, Join, Task};

/// A blueprint as an indented text: each task with the edges that lead from it, then what is inside of it.
pub fn outline(blueprint: &Blueprint) -> String {
    let mut text = String::new();
    Graph::of(blueprint).outline("", &mut text);
    text
}

/// A blueprint in Mermaid; a graph inside of a task is a frame beside it.
pub fn mermaid(blueprint: &Blueprint) -> String {
    let mut text = "flowchart TD\n".to_owned();
    Graph::of(blueprint).mermaid("t", "    ", &mut text);
    text
}

/// A blueprint in DOT; a graph inside of a task is a cluster beside it.
pub fn dot(blueprint: &Blueprint) -> String {
    let mut text = format!("digraph \"{}\" {{\n    node [shape=box];\n", escape_dot(&blueprint.name));
    Graph::of(blueprint).dot("t", "    ", &mut text);
    text.push_str("}\n");
    text
}

/// A text in one line of at most `width` characters.
pub fn shorten(text: &str, width: usize) -> String {
    let line = text.replace('\n', " ");
    if line.chars().count() <= width {
        return line;
    }
    line.chars().take(width.saturating_sub(1)).chain(['…']).collect()
}

/// A graph: the blueprint's own, or one inside of a task.
#[derive(Clone, Copy)]
struct Graph<'a> {
    tasks: &'a [Task],
    edges: &'a [Edge],
}

impl<'a> Graph<'a> {
    fn of(blueprint: &'a Blueprint) -> Self {
        Self { tasks: &blueprint.tasks, edges: &blueprint.edges }
    }

    fn inside(task: &'a Task) -> Option<Self> {
        task.body().map(|body| Self { tasks: &body.tasks, edges: &body.edges })
    }

    fn outline(self, indent: &str, text: &mut String) {
        for task in self.tasks {
            let _ = writeln!(text, "{indent}{}  [{}]{}", task.name, does(task), join(task));
            for edge in self.edges.iter().filter(|edge| edge.source == task.name) {
                let _ = writeln!(text, "{indent}  -> {}  {}", edge.target, label(edge));
            }
            if let Some(inside) = Self::inside(task) {
                inside.outline(&format!("{indent}    "), text);
            }
        }
    }

    fn mermaid(self, prefix: &str, indent: &str, text: &mut String) {
        for (ordinal, task) in self.tasks.iter().enumerate() {
            let (name, does, join) = (escape(&task.name), escape(&does(task)), join(task));
            let _ = writeln!(text, "{indent}{prefix}{ordinal}[\"{name}<br/>{does}{join}\"]");
            if let Some(inside) = Self::inside(task) {
                let _ = writeln!(text, "{indent}subgraph in_{prefix}{ordinal}[\"{name}\"]");
                inside.mermaid(&format!("{prefix}{ordinal}_"), &format!("{indent}    "), text);
                let _ = writeln!(text, "{indent}end");
            }
        }
        for edge in self.edges {
            let arrow = if edge.on == EdgeOn::Failure { "-.->" } else { "-->" };
            let (source, target) = (self.id(prefix, &edge.source), self.id(prefix, &edge.target));
            let _ = writeln!(text, "{indent}{source} {arrow}|\"{}\"| {target}", escape(&label(edge)));
        }
    }

    fn dot(self, prefix: &str, indent: &str, text: &mut String) {
        for (ordinal, task) in self.tasks.iter().enumerate() {
            let (name, does) = (escape_dot(&task.name), escape_dot(&does(task)));
            let _ = writeln!(text, "{indent}{prefix}{ordinal} [label=\"{name}\\n{does}{}\"];", join(task));
            if let Some(inside) = Self::inside(task) {
                let _ = writeln!(text, "{indent}subgraph cluster_{prefix}{ordinal} {{");
                let _ = writeln!(text, "{indent}    label=\"{name}\";");
                inside.dot(&format!("{prefix}{ordinal}_"), &format!("{indent}    "), text);
                let _ = writeln!(text, "{indent}}}");
            }
        }
        for edge in self.edges {
            let style = if edge.on == EdgeOn::Failure { ", style=dashed" } else { "" };
            let (source, target) = (self.id(prefix, &edge.source), self.id(prefix, &edge.target));
            let label = escape_dot(&label(edge));
            let _ = writeln!(text, "{indent}{source} -> {target} [label=\"{label}\"{style}];");
        }
    }

    /// A name that both languages take, whatever the task is called.
    fn id(self, prefix: &str, task: &str) -> String {
        let ordinal = self.tasks.iter().position(|other| other.name == task);
        ordinal.map_or_else(|| "missing".to_owned(), |ordinal| format!("{prefix}{ordinal}"))
    }
}

/// What the task does: its capability, or how it runs the graph inside of it.
fn does(task: &Task) -> String {
    match (&task.for_each, &task.repeat, &task.run) {
        (Some(for_each), ..) if for_each.concurrency > 0 => {
            format!("for_each, {} at once", for_each.concurrency)
        }
        (Some(_), ..) => "for_each".to_owned(),
        (_, Some(repeat), _) => format!("loop while {}", shorten(&repeat.condition, 80)),
        (.., Some(run)) if run.body.is_none() => {
            format!("run {}", run.digest.map(|digest| digest.to_string()).unwrap_or_default())
        }
        (.., Some(_)) => "run".to_owned(),
        _ => task.capability.clone(),
    }
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
    fn what_is_inside_of_a_task_is_drawn_too() {
        let nested: Blueprint = serde_json::from_value(json!({
            "name": "nested",
            "tasks": [{"name": "each", "for_each": {"concurrency": 2, "body": {
                "tasks": [{"name": "a", "capability": "x"}, {"name": "b", "capability": "y"}],
                "edges": [{"from": "a", "to": "b"}]}}}],
        }))
        .unwrap();
        assert_eq!(
            outline(&nested),
            "each  [for_each, 2 at once]\n    a  [x]\n      -> b  success\n    b  [y]\n"
        );
        let mermaid = mermaid(&nested);
        assert!(mermaid.contains("    subgraph in_t0[\"each\"]\n        t0_0[\"a<br/>x\"]\n"), "{mermaid}");
        assert!(mermaid.contains("        t0_0 -->|\"success\"| t0_1\n    end\n"), "{mermaid}");
        assert!(dot(&nested).contains("subgraph cluster_t0 {\n        label=\"each\";\n        t0_0 [label"));
    }

    #[test]
    fn an_outline_lists_edges_below_their_sources() {
        assert!(outline(&blueprint()).starts_with("fetch  [weather.fetch]\n  -> write  success if size"));
    }
}
