//! What is printed for nobody.

use std::io::pipe;
use std::process::{Command, Stdio};

use crate::{Folder, GOOD};

/// Exit code, and what is printed on standard error, while nobody reads standard output.
fn unread(folder: &Folder, arguments: &[&str]) -> (Option<i32>, String) {
    let (reader, writer) = pipe().unwrap();
    drop(reader);
    let mut command = Command::new(env!("CARGO_BIN_EXE_goalpost"));
    command.args(arguments).current_dir(folder.0.path()).env_remove("GOALPOST_CATALOG");
    let output = command.stdout(writer).stderr(Stdio::piped()).output().unwrap();
    (output.status.code(), String::from_utf8(output.stderr).unwrap())
}

#[test]
fn a_command_ends_quietly_when_nobody_reads_what_it_prints() {
    let catalog = "capabilities:\n  - { name: look, effect: read }\n";
    let folder = Folder::with(&[("good.yaml", GOOD), ("untidy.yaml", GOOD), ("catalog.yaml", catalog)]);
    for arguments in [
        &["catalog", "list", "--catalog", "catalog.yaml"][..],
        &["catalog", "show", "--catalog", "catalog.yaml", "look"],
        &["catalog", "check", "catalog.yaml"],
        &["catalog", "check", "-o", "json", "catalog.yaml"],
        &["lint", "good.yaml"],
        &["lint", "-o", "json", "good.yaml"],
        &["lint", "--sarif", "good.yaml"],
        &["fmt", "--check", "untidy.yaml"],
        &["graph", "good.yaml"],
        &["diff", "good.yaml", "good.yaml", "-o", "json"],
        &["completion", "bash"],
        &["profile", "show", "-o", "yaml"],
    ] {
        assert_eq!(unread(&folder, arguments), (Some(141), String::new()), "{arguments:?}");
    }
}

#[test]
fn what_is_said_on_standard_error_may_go_unread_too() {
    let (reader, writer) = pipe().unwrap();
    drop(reader);
    let mut command = Command::new(env!("CARGO_BIN_EXE_goalpost"));
    let ended = command.args(["lint", "none.yaml"]).stderr(writer).status().unwrap();
    assert_eq!(ended.code(), Some(2));
}
