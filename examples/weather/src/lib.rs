//! The demo's worker: live weather, the climate record, a report.

pub mod climatology;
pub mod fetch;
pub mod report;
mod svg;
pub mod weather;
