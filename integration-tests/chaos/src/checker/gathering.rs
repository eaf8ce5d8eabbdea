//! A list that was gone through has an output for each of its items, null for those that failed.

use goalpost_model::{Failure, TaskState};

use super::history::{History, TaskRow};
use super::{Rule, Violation};

pub(super) fn check(history: &History) -> Vec<Violation> {
    let rows = history.goals.iter().flat_map(|(id, goal)| goal.rows.values().map(move |row| (id, row)));
    rows.filter_map(|(id, row)| Some(Violation::of(Rule::Gathering, id, wrong(row)?))).collect()
}

fn wrong(row: &TaskRow) -> Option<String> {
    let is_by_hand = row.failure.as_deref() == Some(Failure::BY_HAND);
    let (items, outputs) = row.gathered.filter(|_| row.state == TaskState::Succeeded && !is_by_hand)?;
    (items != outputs).then(|| format!("task {} has {items} items and {outputs} outputs", row.name))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::checker::sample::{self, broken, pieces};

    #[test]
    fn an_item_without_an_output_is_found() {
        let mut history = pieces();
        let list = sample::row(&mut history, 0);
        list.gathered = Some((3, 3));
        assert_eq!(broken(&history), []);
        sample::row(&mut history, 0).gathered = Some((3, 2));
        assert_eq!(broken(&history), [Rule::Gathering]);
    }
}
