//! Stored blueprints in the place of their digests.

use std::collections::{BTreeSet, HashMap};

use goalpost_model::{Blueprint, Body, Digest, Task, all_tasks};
use goalpost_store::{Error, Store, workflows};

/// Fills in the graphs of stored blueprints that the blueprint names by digest. What is not stored stays
/// as it is: the checker says so.
pub(crate) async fn inline(store: &Store, mut blueprint: Blueprint) -> Result<Blueprint, Error> {
    let wanted: BTreeSet<Digest> = all_tasks(&blueprint.tasks).filter_map(named).collect();
    if wanted.is_empty() {
        return Ok(blueprint);
    }
    let mut found = HashMap::new();
    for digest in wanted {
        // Whole as it was checked: what it names itself was filled in then.
        found.extend(workflows::blueprint(store, digest).await?.map(|stored| (digest, stored)));
    }
    fill(&mut blueprint.tasks, &found);
    Ok(blueprint)
}

/// The digest that stands in the place of a graph.
fn named(task: &Task) -> Option<Digest> {
    task.run.as_ref().filter(|run| run.body.is_none()).and_then(|run| run.digest)
}

fn fill(tasks: &mut [Task], found: &HashMap<Digest, Blueprint>) {
    for task in tasks {
        let stored = named(task).and_then(|digest| found.get(&digest));
        if let (Some(run), Some(Blueprint { tasks, edges, output, .. })) = (&mut task.run, stored) {
            run.body = Some(Body { tasks: tasks.clone(), edges: edges.clone(), output: output.clone() });
            continue;
        }
        let for_each = task.for_each.as_mut().map(|for_each| &mut for_each.body);
        let repeat = task.repeat.as_mut().map(|repeat| &mut repeat.body);
        let run = task.run.as_mut().and_then(|run| run.body.as_mut());
        for body in for_each.into_iter().chain(repeat).chain(run) {
            fill(&mut body.tasks, found);
        }
    }
}
