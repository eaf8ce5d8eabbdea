//! docs/schema/blueprint.schema.json takes every blueprint that the repository shows.

use goalpost_notation::read;
use goalpost_planning::{Catalog, GoalRequest, Source, plan};
use serde_json::Value;

use crate::findings::examples;

fn is_valid(blueprint: &Value) -> bool {
    let schema: Value =
        serde_json::from_str(include_str!("../../../../docs/schema/blueprint.schema.json")).unwrap();
    jsonschema::draft202012::is_valid(&schema, blueprint)
}

#[test]
fn an_example_is_valid_if_it_is_read() {
    for (section, [wrong, _, mended]) in examples() {
        for text in [wrong, mended] {
            let value: Value = serde_saphyr::from_str(text).unwrap();
            assert_eq!(is_valid(&value), read(text).is_ok(), "{}: {text}", section.code);
        }
    }
}

#[test]
fn what_is_planned_is_valid() {
    let text = include_str!("../../../../catalogs/weather.yaml");
    let catalog = Catalog::parse(&[Source { name: "weather.yaml", text }]).unwrap();
    let goal = GoalRequest::text("Research weather in Seattle and write report");
    let planned = plan(&catalog, &goal).unwrap().blueprint;
    assert!(is_valid(&serde_json::to_value(planned).unwrap()));
}
