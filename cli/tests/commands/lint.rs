//! `goalpost lint`.

use serde_json::Value;

use crate::{Folder, GOOD};

const WRONG: &str = "name: sample\ntasks:\n  - {name: ä, capability: any}\ncapabilities:\n  - {name: any}\n";
const UNREADABLE: &str = "name: sample\ntasks:\n  - {name: a, capabilty: any}\n";

fn folder() -> Folder {
    let catalog = "capabilities:\n  - {name: other}\n";
    let files = [
        ("good.yaml", GOOD),
        ("wrong.yaml", WRONG),
        ("none.yaml", UNREADABLE),
        ("other.yaml", catalog),
        ("tabs.json", "{\n\t\"name\": \"a\",\n\t\"tasks\": []\n}\n"),
    ];
    Folder::with(&files)
}

#[test]
fn a_file_without_errors_is_fine() {
    let (code, out, err) = folder().goalpost(&["lint", "good.yaml"]);
    assert_eq!(
        (code, out.as_str(), err.as_str()),
        (0, "good.yaml: 1 task, 0 edges, 0 errors, 0 warnings\nat most 1 attempt\n", "")
    );
}

#[test]
fn an_error_is_shown_in_its_line() {
    let (code, out, _) = folder().goalpost(&["lint", "wrong.yaml"]);
    let picture = "\
error[GP005]: 'ä' is not a letter or underscore, then letters, digits, '_' or '-'
 --> wrong.yaml:3:12
  |
3 |   - {name: ä, capability: any}
  |            ^ task ä, name
  |
  = help: use letters, digits, '_' and '-'

wrong.yaml: 1 task, 0 edges, 1 error, 0 warnings; docs/findings.md explains each code
";
    assert_eq!((code, out.as_str()), (1, picture));
}

#[test]
fn json_with_tabs_is_read_too() {
    let (code, out, _) = folder().goalpost(&["lint", "tabs.json"]);
    assert_eq!(code, 1);
    assert!(out.contains(" --> tabs.json:3:11\n"), "{out}");
}

#[test]
fn a_file_that_is_no_blueprint_is_told_from_one_with_errors() {
    for command in ["lint", "graph"] {
        let (code, out, err) = folder().goalpost(&[command, "none.yaml"]);
        assert_eq!(code, 2);
        let said = format!("{out}{err}");
        assert!(said.contains("error[GP000]: unknown field `capabilty`"), "{said}");
        assert!(said.contains(" --> none.yaml:3:15\n") && said.contains("^^^^^^^^^"), "{said}");
    }
    assert_eq!(folder().goalpost(&["lint", "nowhere.yaml"]).0, 2);
}

#[test]
fn a_catalog_counts_instead_of_the_capabilities_in_the_file() {
    let (code, out, _) = folder().goalpost(&["lint", "good.yaml", "--catalog", "other.yaml"]);
    assert_eq!(code, 1);
    assert!(out.contains("error[GP010]: the catalog has no capability 'any'"), "{out}");
}

#[test]
fn programs_read_json_with_places() {
    let (code, out, _) = folder().goalpost(&["lint", "wrong.yaml", "-o", "json"]);
    let out: Value = serde_json::from_str(&out).unwrap();
    assert_eq!((code, &out["file"]), (1, &"wrong.yaml".into()));
    let finding = &out["findings"][0];
    assert_eq!(
        (&finding["code"], &finding["node"], &finding["severity"]),
        (&"GP005".into(), &"task ä".into(), &"error".into())
    );
    assert_eq!(finding["place"]["start"], serde_json::json!({"line": 3, "column": 12}));
    assert_eq!(finding["place"]["end"], serde_json::json!({"line": 3, "column": 13}));
}

#[test]
fn code_hosts_read_sarif() {
    for (file, exit, rule, line) in [("wrong.yaml", 1, "GP005", 3), ("none.yaml", 2, "GP000", 3)] {
        let (code, out, _) = folder().goalpost(&["lint", file, "--sarif"]);
        let log: Value = serde_json::from_str(&out).unwrap();
        assert_eq!((code, &log["version"]), (exit, &"2.1.0".into()));
        let run = &log["runs"][0];
        let result = &run["results"][0];
        assert_eq!(result["ruleId"], rule);
        let rules = run["tool"]["driver"]["rules"].as_array().unwrap();
        let index = usize::try_from(result["ruleIndex"].as_u64().unwrap()).unwrap();
        assert_eq!(rules[index]["id"], rule);
        let place = &result["locations"][0]["physicalLocation"];
        assert_eq!(
            (&place["artifactLocation"]["uri"], &place["region"]["startLine"]),
            (&file.into(), &line.into())
        );
    }
    let (_, out, _) = folder().goalpost(&["lint", "good.yaml", "--sarif"]);
    let log: Value = serde_json::from_str(&out).unwrap();
    assert_eq!(log["runs"][0]["results"], serde_json::json!([]));
}
