//! The demo worker: live weather, the climate record, a report.
