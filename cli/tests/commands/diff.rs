//! `goalpost diff`.

use serde_json::Value;

use crate::{Folder, GOOD};

#[test]
fn a_difference_is_shown_as_one_of_graphs() {
    let json = r#"{"tasks": [{"capability": "any", "name": "a"}], "capabilities": [{"name": "any", "effect": "read"}], "name": "sample"}"#;
    let other = GOOD.replace("name: a,", "name: b,");
    let folder = Folder::with(&[("one.yaml", GOOD), ("one.json", json), ("other.yaml", &other)]);

    let (code, out, _) = folder.goalpost(&["diff", "one.yaml", "one.json"]);
    assert_eq!(code, 0);
    assert!(out.starts_with("the same: "), "{out}");

    let (code, out, _) = folder.goalpost(&["diff", "one.yaml", "other.yaml"]);
    assert_eq!(code, 1);
    assert!(out.ends_with("\n+ task b\n- task a\n"), "{out}");

    let (code, out, _) = folder.goalpost(&["diff", "one.yaml", "other.yaml", "-o", "json"]);
    let out: Value = serde_json::from_str(&out).unwrap();
    assert_eq!((code, &out["changes"][1]), (1, &serde_json::json!({"node": "task a", "kind": "removed"})));
    assert_eq!(folder.goalpost(&["diff", "one.yaml", "nowhere.yaml"]).0, 2);
}
