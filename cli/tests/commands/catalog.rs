//! `goalpost catalog`.

use serde_json::Value;

use crate::Folder;

const GOOD: &str = "capabilities:
  - { name: look, effect: read, description: Looks., needs: [place], produces: [view] }
methods:
  - { name: seeing, description: Sees., patterns: [\"look at {place}\"], type: see, namespaces: [ops], wants: [view] }
";

fn folder() -> Folder {
    Folder::with(&[
        ("good.yaml", GOOD),
        ("wrong.yaml", "capabilities:\n  - { name: look, effect: maybe }\n  - { name: \"a b\" }\n"),
    ])
}

#[test]
fn a_catalog_without_mistakes_has_a_version() {
    let (code, out, _) = folder().goalpost(&["catalog", "check", "good.yaml"]);
    let (first, second) = out.split_once('\n').unwrap();
    assert_eq!((code, first), (0, "1 capabilities, 0 templates, 1 method; 0 mistakes, 0 warnings"));
    assert_eq!(second.trim().len(), "version ".len() + 64, "{second}");
}

#[test]
fn every_mistake_is_told_with_its_place() {
    let (code, out, _) = folder().goalpost(&["catalog", "check", "good.yaml", "wrong.yaml"]);
    assert_eq!(code, 1);
    assert!(out.contains("error: wrong.yaml:2: capability look: unknown variant `maybe`"), "{out}");
    assert!(out.contains("error: wrong.yaml:3: capability a b: has a wrong name"), "{out}");
    assert!(out.ends_with("2 mistakes, 0 warnings\n"), "{out}");
    let (_, out, _) = folder().goalpost(&["catalog", "check", "-o", "json", "wrong.yaml"]);
    let json: Value = serde_json::from_str(&out).unwrap();
    assert_eq!((&json["version"], &json["mistakes"][1]["line"]), (&Value::Null, &3.into()));
    assert_eq!(folder().goalpost(&["catalog", "check", "none.yaml"]).0, 2);
}

#[test]
fn what_a_catalog_has_is_listed_and_shown() {
    let folder = folder();
    let (code, out, _) = folder.goalpost(&["catalog", "list", "--catalog", "good.yaml"]);
    let lines: Vec<Vec<&str>> = out.lines().map(|line| line.split_whitespace().collect()).collect();
    assert_eq!(code, 0);
    assert_eq!(lines[1], ["capability", "look", "read", "place", "view", "Looks."]);
    assert_eq!(lines[3], ["KIND", "NAME", "NAMESPACES", "SERVES", "DESCRIPTION"]);
    assert_eq!(lines[4], ["method", "seeing", "ops", "\"look", "at", "{place}\",", "type", "see", "Sees."]);
    let show = |arguments: &[&str]| {
        folder.goalpost(&[&["catalog", "show", "--catalog", "good.yaml"][..], arguments].concat())
    };
    let json: Value = serde_json::from_str(&show(&["look"]).1).unwrap();
    assert_eq!(
        (&json["needs"]["place"], &json["produces"]["view"]),
        (&"place".into(), &"output.view".into())
    );
    let told = "method seeing (good.yaml:4)\nSees.\nserves \"look at {place}\", type see\nfor goals of ops\n";
    assert_eq!(show(&["seeing"]).1, told);
    let json: Value = serde_json::from_str(&show(&["seeing", "-o", "json"]).1).unwrap();
    assert_eq!((&json["patterns"][0], &json["type"]), (&"look at {place}".into(), &"see".into()));
    assert_eq!(json["namespaces"], serde_json::json!(["ops"]));
    assert_eq!(show(&["none"]).0, 4);
}
