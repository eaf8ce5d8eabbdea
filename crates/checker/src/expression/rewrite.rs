//! Replaces what an expression reads by numbered slots.
//!
//! So only the values that it names are handed to CEL, and `has()` of a path is false if any
//! part of the path is absent. Calls of `matches` become those of the one here.

use cel::IdedExpr;
use cel::common::ast::{EntryExpr, Expr};

use super::TaskNames;
use super::matches;
use super::path::{Path, chain};

/// A value that an expression reads.
#[derive(Clone, Debug)]
pub(super) struct Slot {
    /// The variable that stands for it in the rewritten expression.
    pub(super) variable: String,
    pub(super) path: Path,
    /// Whether the expression only asks if it is there.
    pub(super) is_test: bool,
}

/// Replaces every path below the node; answers with the slots.
pub(super) fn rewrite(node: &mut IdedExpr, tasks: &TaskNames<'_>) -> Vec<Slot> {
    let mut slots = Vec::new();
    replace(node, tasks, &mut slots);
    slots
}

fn replace(node: &mut IdedExpr, tasks: &TaskNames<'_>, slots: &mut Vec<Slot>) {
    let path = chain(node)
        .filter(|chain| tasks.is_root(chain.variable))
        .and_then(|chain| Path::resolve(&chain, tasks).ok());
    if let Some(path) = path {
        let is_test = matches!(&node.expr, Expr::Select(select) if select.test);
        // No variable of CEL has such a name.
        let variable = format!("@{}", slots.len());
        node.expr = Expr::Ident(variable.clone());
        slots.push(Slot { variable, path, is_test });
        return;
    }
    match &mut node.expr {
        Expr::Unspecified | Expr::Literal(_) | Expr::Ident(_) => {}
        Expr::Select(select) => replace(&mut select.operand, tasks, slots),
        Expr::Call(call) => {
            if call.func_name == "matches" {
                call.func_name = matches::NAME.to_owned();
                call.target.take().into_iter().for_each(|target| call.args.insert(0, *target));
            }
            call.target
                .as_deref_mut()
                .into_iter()
                .chain(&mut call.args)
                .for_each(|child| replace(child, tasks, slots));
        }
        Expr::List(list) => list.elements.iter_mut().for_each(|child| replace(child, tasks, slots)),
        Expr::Map(map) => {
            map.entries.iter_mut().for_each(|entry| replace_entry(&mut entry.expr, tasks, slots))
        }
        Expr::Struct(object) => {
            object.entries.iter_mut().for_each(|entry| replace_entry(&mut entry.expr, tasks, slots));
        }
        Expr::Comprehension(inner) => {
            let parts = [
                &mut inner.iter_range,
                &mut inner.accu_init,
                &mut inner.loop_cond,
                &mut inner.loop_step,
                &mut inner.result,
            ];
            parts.into_iter().for_each(|child| replace(child, tasks, slots));
        }
    }
}

fn replace_entry(entry: &mut EntryExpr, tasks: &TaskNames<'_>, slots: &mut Vec<Slot>) {
    match entry {
        EntryExpr::StructField(field) => replace(&mut field.value, tasks, slots),
        EntryExpr::MapEntry(entry) => {
            replace(&mut entry.key, tasks, slots);
            replace(&mut entry.value, tasks, slots);
        }
    }
}
