//! Every finding: a blueprint that has it, and its mended twin that has none.
#![cfg(test)]

mod arbitrary;
mod bodies;
mod branching;
mod budgets;
mod conditions;
mod conformance;
mod costly;
mod data_flow;
mod decisions;
mod evaluate;
mod every_code;
mod example;
mod expressions;
mod fuzz;
mod guards;
mod hostile;
mod json_schema;
mod keys;
mod large;
mod sample;
mod schemas;
mod structure;
mod timing;
mod together;
mod topology;
mod types;
mod undoing;
mod withdrawn;
mod worst_case;
