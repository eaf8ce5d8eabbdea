//! Every finding: a blueprint that has it, and its mended twin that has none.
#![cfg(test)]

mod example;
mod sample;
mod structure;
mod timing;
