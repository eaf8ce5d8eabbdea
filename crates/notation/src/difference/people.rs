//! A difference for people.

use std::fmt;

use serde_json::Value;

use super::{Change, Difference, Kind};

impl fmt::Display for Difference {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        if self.is_empty() {
            return writeln!(f, "the same: {}", self.after);
        }
        writeln!(f, "{} -> {}", self.before, self.after)?;
        self.changes.iter().try_for_each(|change| write!(f, "{change}"))
    }
}

impl fmt::Display for Change {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let node = if self.node.is_empty() { "blueprint" } else { &self.node };
        match &self.kind {
            Kind::Added => writeln!(f, "+ {node}"),
            Kind::Removed => writeln!(f, "- {node}"),
            Kind::Withdrawn => writeln!(f, "x {node}: withdrawn"),
            Kind::Kept => writeln!(f, "= {node}: kept"),
            Kind::Reordered => writeln!(f, "~ {node}: the same parts in another order"),
            Kind::Changed { fields } => {
                writeln!(f, "~ {node}")?;
                fields.iter().try_for_each(|change| {
                    let (before, after) = (shown(change.before.as_ref()), shown(change.after.as_ref()));
                    writeln!(f, "    {}: {before} -> {after}", change.field)
                })
            }
        }
    }
}

fn shown(value: Option<&Value>) -> String {
    value.map_or_else(|| "(as usual)".to_owned(), Value::to_string)
}
