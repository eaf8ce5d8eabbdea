//! Several plans of one goal, of which what is known at run time decides.
//!
//! ```text
//! choose --condition--> plan of one method ------> either
//!        --otherwise--> plan of the last method -->
//! ```

use std::collections::BTreeMap;

use goalpost_checker::builtin;
use goalpost_model::{Branch, Edge, EdgeOn, Task};

use crate::fragment::{Fragment, Size};
use crate::moving::Moving;
use crate::rename::{End, Renames, rename_tasks};
use crate::scope::{Names, new_name};
use crate::splice::{edge, handing_on};

/// The plan of one method.
pub(crate) struct Way {
    /// When it is gone: an expression over `facts`; `None` for the last one, which is gone otherwise.
    pub(crate) condition: Option<String>,
    /// The method's name.
    pub(crate) method: String,
    pub(crate) fragment: Fragment,
}

/// One plan of all of them. The error is a sentence's end.
pub(crate) fn branch(ways: Vec<Way>) -> Result<Fragment, String> {
    let mut names = Names::beside([]);
    let (choose, either) = (names.take("choose"), names.take("either"));
    let mut whole = Fragment { result: Some(End::boxed(&either)), ..Fragment::default() };
    whole.tasks.push(Task {
        name: choose.clone(),
        capability: builtin::TRANSFORM.to_owned(),
        branch: Branch::Exclusive,
        ..Task::default()
    });
    whole.size.add(Size { tasks: 2, bytes: 0 })?;
    for way in ways {
        add(&mut whole, &choose, &either, way, &mut names)?;
    }
    whole.tasks.push(handing_on(either));
    Ok(whole)
}

fn add(whole: &mut Fragment, choose: &str, either: &str, way: Way, names: &mut Names) -> Result<(), String> {
    let Way { condition, method, fragment } = way;
    let name = |task: &Task| (task.name.clone(), End::task(names.take(&format!("{method}_{}", task.name))));
    let renames: Renames = fragment.tasks.iter().map(name).collect();
    let end = fragment
        .result
        .as_ref()
        .and_then(|end| Some(End { name: renames.get(&end.name)?.name.clone(), is_boxed: end.is_boxed }));
    let end = end
        .ok_or_else(|| format!("has {method} to choose from, which has several last tasks and no result"))?;
    let roots: Vec<String> = fragment.roots().map(|task| new_name(&renames, &task.name)).collect();
    let begin = match roots.as_slice() {
        [root] => root.clone(),
        _ => {
            // Of an exclusive branch one edge is taken.
            let begin = names.take(&format!("{method}_begin"));
            let capability = builtin::TRANSFORM.to_owned();
            whole.tasks.push(Task { name: begin.clone(), capability, ..Task::default() });
            whole.edges.extend(roots.iter().map(|root| edge(&begin, EdgeOn::Success, root, BTreeMap::new())));
            begin
        }
    };
    let chosen = edge(choose, EdgeOn::Success, &begin, BTreeMap::new());
    whole.edges.push(Edge {
        otherwise: condition.is_none(),
        condition: condition.unwrap_or_default(),
        ..chosen
    });
    let moving = Moving { renames: &renames, expression: |source: &str| rename_tasks(source, &renames) };
    for task in &fragment.tasks {
        whole.tasks.push(moving.task(task)?);
    }
    for edge in &fragment.edges {
        whole.edges.push(moving.edge(edge)?);
    }
    let value = [("value".to_owned(), end.output())].into();
    whole.edges.push(edge(&end.name, EdgeOn::Success, either, value));
    whole.methods.extend(fragment.methods);
    whole.size.add(fragment.size)
}
