//! How blueprints are written: YAML, or JSON, which is YAML too. Pure.
//!
//! ```text
//! text -- read --> Written -- place(findings) --> Report -- people, json, sarif
//!                  Written -- formatted --> text
//! Blueprint -- write --> text
//! Blueprint, Blueprint -- difference --> Difference
//! Blueprint -- drawing::{outline, mermaid, dot} --> text
//! ```
//!
//! [`read`] keeps where everything stands, so that what the checker finds can be shown in the file.

mod difference;
pub mod drawing;
mod layout;
mod lines;
mod placed;
mod read;
mod report;
mod tree;

pub use difference::{Change, Difference, FieldChange, Kind, difference};
pub use layout::{Language, write};
pub use lines::{Lines, Position};
pub use placed::Placed;
pub use read::{UNREADABLE, UNREADABLE_MEANING, Written, read};
pub use report::{Report, Style};
