//! From the text of a WfFormat file to a trace; says everything that is wrong at once.

use std::collections::{HashMap, HashSet};

use goalpost_model::limits::{MAX_EDGES, MAX_TASKS};
use serde::de::DeserializeOwned;

use crate::document::{Document, ExecutedTask, SpecifiedTask, Version};
use crate::mistake::{Mistake, Mistakes};
use crate::names;
use crate::order::order;
use crate::trace::{Trace, TracedTask};

/// Those of the format that are read: 1.6 is 1.5 with more that may be there.
const VERSIONS: [&str; 2] = ["1.5", "1.6"];
const SPECIFIED: &str = "workflow.specification.tasks";
const EXECUTED: &str = "workflow.execution.tasks";
/// Tasks of a cycle that are named.
const SHOWN: usize = 10;

impl Trace {
    /// Reads a WfFormat file, version 1.5 or 1.6. The error has everything that is wrong with it; where a
    /// part has not the format's shape, only the first such part.
    pub fn parse(text: &str) -> Result<Self, Mistakes> {
        let Version { schema_version } = read(text)?;
        if !VERSIONS.contains(&schema_version.as_str()) {
            let message = format!("is \"{schema_version}\"; {} are read", VERSIONS.join(" and "));
            let fix = "migrate the file with wfcommons-migrate-instance.py of WfFormat";
            return Err(Mistake::new("schemaVersion", message, fix).into());
        }
        let Document { name, workflow } = read(text)?;
        let specified = workflow.specification.tasks;
        check_number(&specified)?;
        let Some(execution) = workflow.execution else {
            let message = "is missing, so no task has a recorded time";
            let fix = "take an instance that was run: one with an execution section";
            return Err(Mistake::new("workflow.execution", message, fix).into());
        };
        let mut mistakes = Vec::new();
        let places = places(&specified, &mut mistakes);
        let runtimes = runtimes(&specified, &places, &execution.tasks, &mut mistakes);
        let parents = parents(&specified, &places, &mut mistakes);
        if !mistakes.is_empty() {
            return Err(Mistakes(mistakes));
        }
        let sorted = order(&parents).map_err(|cycle| Mistakes::from(of_cycle(&specified, &cycle)))?;
        Ok(Self { name: names::title(&name), tasks: in_order(&sorted, specified, &runtimes, &parents) })
    }
}

fn read<T: DeserializeOwned>(text: &str) -> Result<T, Mistakes> {
    let mut json = serde_json::Deserializer::from_str(text);
    let value = serde_path_to_error::deserialize(&mut json).map_err(|error| {
        let fix = "correct the file: see the schema of WfFormat 1.5";
        Mistakes::from(Mistake::new(error.path().to_string(), error.inner().to_string(), fix))
    })?;
    json.end().map_err(|error| {
        Mistakes::from(Mistake::new(".", error.to_string(), "leave one JSON document in the file"))
    })?;
    Ok(value)
}

fn check_number(tasks: &[SpecifiedTask]) -> Result<(), Mistakes> {
    match tasks.len() {
        0 => Err(Mistake::new(SPECIFIED, "is empty", "take a trace with at least one task").into()),
        1..=MAX_TASKS => Ok(()),
        tasks => {
            let message = format!("has {tasks} tasks; {MAX_TASKS} are allowed");
            Err(Mistake::new(SPECIFIED, message, "take a smaller trace").into())
        }
    }
}

/// Where the tasks are, by their ids.
fn places<'a>(tasks: &'a [SpecifiedTask], mistakes: &mut Vec<Mistake>) -> HashMap<&'a str, usize> {
    let mut places = HashMap::with_capacity(tasks.len());
    for (place, task) in tasks.iter().enumerate() {
        let first = *places.entry(task.id.as_str()).or_insert(place);
        if first != place {
            let message = format!("\"{}\" is the id of {SPECIFIED}[{first}], too", task.id);
            mistakes.push(Mistake::new(format!("{SPECIFIED}[{place}].id"), message, "make ids unique"));
        }
    }
    places
}

/// What each task took. Tasks without a time are noted, and times without a task.
fn runtimes(
    specified: &[SpecifiedTask],
    places: &HashMap<&str, usize>,
    executed: &[ExecutedTask],
    mistakes: &mut Vec<Mistake>,
) -> Vec<f64> {
    let mut runtimes: Vec<Option<f64>> = vec![None; specified.len()];
    for (place, task) in executed.iter().enumerate() {
        let mut wrong = |field: &str, message: String, fix: &str| {
            mistakes.push(Mistake::new(format!("{EXECUTED}[{place}].{field}"), message, fix));
        };
        let (id, runtime) = (&task.id, task.runtime_in_seconds);
        if !runtime.is_finite() || runtime < 0.0 {
            wrong("runtimeInSeconds", format!("is {runtime}"), "give the seconds that it took: 0 or more");
        }
        match places.get(id.as_str()).map(|place| &mut runtimes[*place]) {
            None => {
                wrong("id", format!("{SPECIFIED} has no \"{id}\""), "add the task there, or remove it here")
            }
            Some(Some(_)) => {
                wrong("id", format!("\"{id}\" was executed before"), "leave one execution a task")
            }
            Some(none) => *none = Some(runtime),
        }
    }
    for (place, task) in specified.iter().enumerate() {
        if runtimes[place].is_none() && places.get(task.id.as_str()) == Some(&place) {
            let message = format!("{EXECUTED} has no \"{}\", so its time is not known", task.id);
            let fix = "add its execution, or take an instance that ran to its end";
            mistakes.push(Mistake::new(format!("{SPECIFIED}[{place}].id"), message, fix));
        }
    }
    runtimes.into_iter().map(Option::unwrap_or_default).collect()
}

/// The parents of each task. Both sides of an edge should name it; one is enough, so that no task begins
/// before what either side says it waited for.
fn parents(
    tasks: &[SpecifiedTask],
    places: &HashMap<&str, usize>,
    mistakes: &mut Vec<Mistake>,
) -> Vec<Vec<usize>> {
    let (mut parents, mut seen) = (vec![Vec::new(); tasks.len()], HashSet::new());
    for (place, task) in tasks.iter().enumerate() {
        let fields = [("parents", &task.parents), ("children", &task.children)];
        for (field, ids) in fields {
            for (number, id) in ids.iter().enumerate() {
                let Some(other) = places.get(id.as_str()).copied() else {
                    let path = format!("{SPECIFIED}[{place}].{field}[{number}]");
                    let message = format!("no task has the id \"{id}\"");
                    mistakes.push(Mistake::new(path, message, "add the task, or remove its id here"));
                    continue;
                };
                let (parent, child) = if field == "parents" { (other, place) } else { (place, other) };
                if seen.insert((parent, child)) {
                    parents[child].push(parent);
                }
            }
        }
    }
    let edges = seen.len();
    if edges > MAX_EDGES {
        let message = format!("have {edges} parent-child pairs; {MAX_EDGES} are allowed");
        mistakes.push(Mistake::new(SPECIFIED, message, "take a smaller trace"));
    }
    parents
}

fn of_cycle(tasks: &[SpecifiedTask], cycle: &[usize]) -> Mistake {
    let mut ids: Vec<&str> = cycle.iter().take(SHOWN).map(|place| tasks[*place].id.as_str()).collect();
    let first = ids.first().copied().unwrap_or_default();
    if cycle.len() > SHOWN {
        ids.push("…");
    }
    let message = format!("wait for each other in a circle: {} -> {first}", ids.join(" -> "));
    Mistake::new(SPECIFIED, message, "remove one of these from parents and children")
}

/// The tasks in their order, with the places that they and their parents have in it.
fn in_order(
    sorted: &[usize],
    specified: Vec<SpecifiedTask>,
    runtimes: &[f64],
    parents: &[Vec<usize>],
) -> Vec<TracedTask> {
    let mut moved = vec![0; sorted.len()];
    for (to, from) in sorted.iter().enumerate() {
        moved[*from] = to;
    }
    let mut ids: Vec<String> = specified.into_iter().map(|task| task.id).collect();
    let task = |from: &usize| TracedTask {
        id: std::mem::take(&mut ids[*from]),
        runtime_seconds: runtimes[*from],
        parents: parents[*from].iter().map(|parent| moved[*parent]).collect(),
    };
    sorted.iter().map(task).collect()
}
