//! What every command has: the connection, and the form of what it shows.

use std::fmt::Display;

use clap::{Args, ValueEnum};
use goalpost_client::Client;
use serde::Serialize;
use serde_json::Value;

use crate::connection::{Connection, Flags};
use crate::failure::Failure;
use crate::out;

/// The options of every command.
#[derive(Args)]
pub(crate) struct Session {
    /// How results are shown.
    #[arg(short, long, global = true, value_enum, default_value_t, value_name = "FORMAT")]
    pub(crate) output: Output,
    #[command(flatten)]
    pub(crate) flags: Flags,
}

/// The form of results.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, ValueEnum)]
pub(crate) enum Output {
    /// For people. May change with each version.
    #[default]
    Table,
    /// For programs: JSON as the API has it. Of what comes bit by bit, an object a line.
    Json,
    /// The same as YAML. Of what comes bit by bit, a document each.
    Yaml,
}

impl Session {
    pub(crate) fn connection(&self) -> Result<Connection, Failure> {
        self.flags.resolve()
    }

    pub(crate) fn client(&self) -> Result<Client, Failure> {
        self.connection()?.client()
    }

    /// Shows a result: as it is, or as people read it.
    pub(crate) fn show<T: Display>(
        &self,
        result: &impl Serialize,
        for_people: impl FnOnce() -> T,
    ) -> Result<(), Failure> {
        match self.output {
            Output::Table => out::text(for_people()),
            Output::Json => out::line(format_args!("{:#}", in_order(result)?)),
            Output::Yaml => out::text(yaml(result)?),
        }
    }

    /// Shows one of many results that come bit by bit.
    pub(crate) fn show_next<T: Display>(
        &self,
        result: &impl Serialize,
        for_people: impl FnOnce() -> T,
    ) -> Result<(), Failure> {
        match self.output {
            Output::Table => out::line(for_people()),
            Output::Json => out::line(in_order(result)?),
            Output::Yaml => out::text(format_args!("---\n{}", yaml(result)?)),
        }
    }
}

/// As JSON, with the fields in the order of their names: maps have none of their own, and come out otherwise each time.
pub(crate) fn in_order(result: &impl Serialize) -> Result<Value, Failure> {
    Ok(serde_json::to_value(result)?)
}

fn yaml(result: &impl Serialize) -> Result<String, Failure> {
    let value = in_order(result)?;
    let options = serde_saphyr::ser_options! { compact_list_indent: false };
    let text = serde_saphyr::to_string_with_options(&value, options);
    let text = text.map_err(|error| Failure::Other(Box::new(error)))?;
    Ok(if text.ends_with('\n') { text } else { text + "\n" })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn yaml_says_what_json_says() {
        let value = serde_json::json!({"a": [1, {"b": "no"}], "c": null, "d": "1e5", "e": {}, "f": []});
        let text = yaml(&value).ok().unwrap();
        assert_eq!(serde_saphyr::from_str::<serde_json::Value>(&text).unwrap(), value, "{text}");
    }
}
