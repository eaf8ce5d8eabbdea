//! From a trace to the blueprint that replays it.

use goalpost_model::limits::{MAX_BLUEPRINT_BYTES, MAX_DELAY_MS};
use goalpost_model::{Blueprint, Edge, EdgeOn, Task};
use serde_json::{Map, Value};

use crate::mistake::{Mistake, Mistakes};
use crate::names::names;
use crate::scale::TimeScale;
use crate::sleep::{CAPABILITY, Sleep, capability};
use crate::trace::{Trace, TracedTask};

impl Trace {
    /// The blueprint that replays it: a task a node, an edge a parent-child pair. It is refused if a
    /// task would sleep for more than ten years, or if the blueprint is larger than the system takes.
    pub fn blueprint(&self, scale: TimeScale) -> Result<Blueprint, Mistakes> {
        let ids: Vec<&str> = self.tasks.iter().map(|task| task.id.as_str()).collect();
        let names = names(&ids);
        let edges = self.edges().map(|(parent, child)| edge(&names[parent], &names[child])).collect();
        let (mut tasks, mut mistakes) = (Vec::with_capacity(names.len()), Vec::new());
        for (traced, name) in self.tasks.iter().zip(names) {
            match scale.replayed_ms(traced.runtime_seconds) {
                Some(duration_ms) => tasks.push(task(name, traced, duration_ms)),
                None => mistakes.push(too_long(traced, scale)),
            }
        }
        let blueprint = Blueprint {
            name: self.name.clone(),
            tasks,
            edges,
            capabilities: vec![capability()],
            ..Blueprint::default()
        };
        let bytes = blueprint.canonical().len();
        if bytes > MAX_BLUEPRINT_BYTES {
            let message = format!("the blueprint has {bytes} bytes; {MAX_BLUEPRINT_BYTES} are allowed");
            mistakes.push(Mistake::new(".", message, "take a smaller trace, or one with shorter ids"));
        }
        if mistakes.is_empty() { Ok(blueprint) } else { Err(Mistakes(mistakes)) }
    }
}

fn task(name: String, traced: &TracedTask, duration_ms: u64) -> Task {
    Task {
        name,
        capability: CAPABILITY.to_owned(),
        input: input(&Sleep { id: traced.id.clone(), duration_ms }),
        ..Task::default()
    }
}

fn input(sleep: &Sleep) -> Map<String, Value> {
    match serde_json::to_value(sleep) {
        Ok(Value::Object(input)) => input,
        _ => Map::new(),
    }
}

fn edge(source: &str, target: &str) -> Edge {
    Edge {
        source: source.to_owned(),
        target: target.to_owned(),
        on: EdgeOn::Success,
        condition: String::new(),
        otherwise: false,
        data_flow: Default::default(),
    }
}

fn too_long(traced: &TracedTask, scale: TimeScale) -> Mistake {
    let seconds = scale.replayed_seconds(traced.runtime_seconds);
    let message =
        format!("\"{}\" would sleep for {seconds} s; {} s are allowed", traced.id, MAX_DELAY_MS / 1_000);
    Mistake::new("workflow.execution.tasks", message, "use a larger time scale")
}
