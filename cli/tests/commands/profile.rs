//! `goalpost profile`, and what else needs no system.

use std::os::unix::fs::PermissionsExt as _;
use std::process::Command;

use serde_json::Value;

use crate::Folder;

/// Exit code, and what is printed on standard output and on standard error, with the profiles in the folder.
fn goalpost(folder: &Folder, arguments: &[&str], environment: &[(&str, &str)]) -> (i32, String, String) {
    let mut command = Command::new(env!("CARGO_BIN_EXE_goalpost"));
    command.args(arguments).current_dir(folder.0.path()).env_clear();
    command.env("XDG_CONFIG_HOME", folder.0.path()).envs(environment.iter().copied());
    let output = command.output().unwrap();
    let text = |bytes| String::from_utf8(bytes).unwrap();
    (output.status.code().unwrap(), text(output.stdout), text(output.stderr))
}

fn settings(folder: &Folder, arguments: &[&str], environment: &[(&str, &str)]) -> Value {
    let arguments = [&["profile", "show", "-o", "json"][..], arguments].concat();
    let (code, out, err) = goalpost(folder, &arguments, environment);
    assert_eq!(code, 0, "{err}");
    serde_json::from_str(&out).unwrap()
}

#[test]
fn profiles_are_added_chosen_and_removed() {
    let folder = Folder::with(&[]);
    let run = |arguments: &[&str]| goalpost(&folder, arguments, &[]);
    assert_eq!(run(&["profile", "add", "a", "--endpoint", "http://a:1"]).1, "the current profile is a\n");
    assert_eq!(run(&["profile", "add", "b", "--endpoint", "http://b:1"]).1, "the current profile is a\n");
    assert_eq!(settings(&folder, &[], &[])["endpoint"], "http://a:1");
    assert_eq!(run(&["profile", "use", "b"]).0, 0);
    assert_eq!(settings(&folder, &[], &[])["endpoint"], "http://b:1");
    let (code, _, err) = run(&["profile", "add", "b"]);
    assert!(code == 2 && err.contains("--replace"), "{err}");
    let (code, _, err) = run(&["profile", "use", "c"]);
    assert!(code == 2 && err.contains("there are: a, b"), "{err}");
    assert_eq!(run(&["profile", "remove", "b"]).0, 0);
    assert_eq!(settings(&folder, &[], &[])["name"], "(none)");
    let list: Value = serde_json::from_str(&run(&["profile", "list", "-o", "json"]).1).unwrap();
    assert_eq!(list, serde_json::json!([{"name": "a", "current": false, "endpoint": "http://a:1"}]));
}

#[test]
fn the_option_counts_before_the_environment_and_that_before_the_profile() {
    let folder = Folder::with(&[]);
    goalpost(&folder, &["profile", "add", "a", "--endpoint", "http://a:1", "-n", "ops"], &[]);
    let variable = [("GOALPOST_ENDPOINT", "http://e:1")];
    let endpoint =
        |arguments: &[&str], environment| settings(&folder, arguments, environment)["endpoint"].clone();
    assert_eq!(endpoint(&["--endpoint", "http://f:1"], &variable), "http://f:1");
    assert_eq!(endpoint(&[], &variable), "http://e:1");
    assert_eq!(endpoint(&[], &[]), "http://a:1");
    assert_eq!(settings(&folder, &[], &variable)["namespace"], "ops");
    let other = [("GOALPOST_CONFIG", "none.yaml")];
    assert_eq!(endpoint(&[], &other), "http://127.0.0.1:50051");
}

#[test]
fn a_key_is_kept_and_never_printed() {
    let folder = Folder::with(&[]);
    let added = goalpost(&folder, &["profile", "add", "a"], &[("GOALPOST_API_KEY", "canary")]);
    assert_eq!(added.0, 0);
    let file = folder.0.path().join("goalpost/config.yaml");
    assert!(folder.text("goalpost/config.yaml").contains("canary"));
    assert_eq!(std::fs::metadata(&file).unwrap().permissions().mode() & 0o777, 0o600);
    for arguments in [
        &["profile", "list"][..],
        &["profile", "show"],
        &["profile", "show", "a", "-o", "yaml"],
        &["profile", "list", "-o", "json"],
    ] {
        let (code, out, err) = goalpost(&folder, arguments, &[]);
        assert!(code == 0 && out.contains("set") && !format!("{out}{err}").contains("canary"), "{out}{err}");
    }
    assert!(!goalpost(&folder, &["list", "--help"], &[("GOALPOST_API_KEY", "canary")]).1.contains("canary"));
    std::fs::set_permissions(&file, std::fs::Permissions::from_mode(0o644)).unwrap();
    assert!(goalpost(&folder, &["profile", "list"], &[]).2.contains("others can read it"));
}

#[test]
fn shells_get_their_completions() {
    for (shell, word) in
        [("bash", "complete -F"), ("zsh", "#compdef goalpost"), ("fish", "complete -c goalpost")]
    {
        let (code, out, _) = goalpost(&Folder::with(&[]), &["completion", shell], &[]);
        assert!(code == 0 && out.contains(word) && out.contains("describe"), "{shell}");
    }
}

#[test]
fn the_help_and_the_documentation_say_the_exit_codes() {
    let (_, help, _) = goalpost(&Folder::with(&[]), &["--help"], &[]);
    let page = include_str!("../../../docs/cli.md");
    for code in ["0", "1", "2", "3", "4", "5", "6", "141"] {
        assert!(help.contains(&format!("\n  {code} ")) && page.contains(&format!("\n| {code} |")), "{code}");
    }
    let every =
        help.lines().skip_while(|line| *line != "Commands:").skip(1).take_while(|line| !line.is_empty());
    for command in
        every.filter_map(|line| line.strip_prefix("  ")?.split(' ').next()).filter(|name| !name.is_empty())
    {
        assert!(
            command == "help" || page.contains(&format!("`{command}`")),
            "docs/cli.md has no `{command}`"
        );
    }
}
