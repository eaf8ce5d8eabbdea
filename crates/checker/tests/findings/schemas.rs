//! Capabilities and what their schemas say of inputs and outputs.

use goalpost_checker::check;
use goalpost_model::{Blueprint, Capability};
use serde_json::{Value, json};

use crate::example::Example;
use crate::sample::{blueprint, codes, found};

pub(crate) const EXAMPLES: &[fn() -> Example] = &[
    a_capability_misspelled,
    a_capability_that_nobody_knows,
    an_invalid_schema,
    an_input_of_the_wrong_type,
    an_input_of_the_wrong_type_beside_a_flow,
    an_input_that_is_not_allowed_beside_a_flow,
    a_flow_to_an_unknown_field,
    a_flow_to_an_unknown_field_of_a_field,
    a_flow_through_a_text,
    an_edge_to_an_unknown_field,
    a_required_field_from_nowhere,
    a_required_field_over_some_edges,
    a_secret_in_a_longer_text,
    an_output_field_that_is_not_there,
    an_output_field_inside_another_that_is_not_there,
    an_output_field_of_a_number,
];

#[test]
fn every_mistake_about_schemas_is_found_and_can_be_mended() {
    EXAMPLES.iter().for_each(|example| example().holds());
}

fn doing(capability: &str) -> Blueprint {
    blueprint(json!([{"name": "a", "capability": capability, "input": {"city": "Seattle"}}]), json!([]))
}

fn a_capability_misspelled() -> Example {
    Example {
        finding: "error[GP010] task a, capability: the catalog has no capability 'weather.fecth' (fix: did you mean 'weather.fetch'?)",
        broken: doing("weather.fecth"),
        mended: doing("weather.fetch"),
    }
}

fn a_capability_that_nobody_knows() -> Example {
    Example {
        finding: "error[GP010] task a, capability: the catalog has no capability 'email.send' (fix: add it to a catalog, or use one that is there (ListCapabilities))",
        broken: doing("email.send"),
        mended: doing("any"),
    }
}

fn an_invalid_schema() -> Example {
    Example {
        finding: "error[GP011] task a, capability: the output schema of schema.broken is invalid: \"sometimes\" is not valid under any of the schemas listed in the 'anyOf' keyword (fix: correct the catalog)",
        broken: doing("schema.broken"),
        mended: doing("any"),
    }
}

/// A task that fetches the weather.
fn fetching(input: Value, data_flow: Value) -> Blueprint {
    let task =
        json!({"name": "fetch", "capability": "weather.fetch", "input": input, "data_flow": data_flow});
    blueprint(json!([task]), json!([]))
}

fn an_input_of_the_wrong_type() -> Example {
    Example {
        finding: "error[GP050] task fetch, input: the input breaks the schema of weather.fetch: /city: 5 is not of type \"string\" (fix: correct the input)",
        broken: fetching(json!({"city": 5}), json!({})),
        mended: fetching(json!({"city": "Seattle"}), json!({})),
    }
}

fn an_input_of_the_wrong_type_beside_a_flow() -> Example {
    let flow = json!({"city": "goal.input.city"});
    Example {
        finding: "error[GP050] task fetch, input.options: the input breaks the schema of weather.fetch: /units: \"kelvin\" is not one of \"metric\" or \"imperial\" (fix: correct the input)",
        broken: fetching(json!({"options": {"units": "kelvin"}}), flow.clone()),
        mended: fetching(json!({"options": {"units": "metric"}}), flow),
    }
}

fn an_input_that_is_not_allowed_beside_a_flow() -> Example {
    let flow = json!({"city": "goal.input.city"});
    Example {
        finding: "error[GP050] task fetch, input.town: the input breaks the schema of weather.fetch: the schema does not allow this field (fix: correct the input)",
        broken: fetching(json!({"town": "Seattle"}), flow.clone()),
        mended: fetching(json!({}), flow),
    }
}

fn a_flow_to_an_unknown_field() -> Example {
    let city = json!({"city": "Seattle"});
    Example {
        finding: "error[GP051] task fetch, data_flow.unit: the input of weather.fetch has no field 'unit' (fix: see the input schema of weather.fetch)",
        broken: fetching(city.clone(), json!({"unit": "goal.input.units"})),
        mended: fetching(city, json!({"options.units": "goal.input.units"})),
    }
}

fn a_flow_to_an_unknown_field_of_a_field() -> Example {
    let city = json!({"city": "Seattle"});
    Example {
        finding: "error[GP051] task fetch, data_flow.options.unit: the input of weather.fetch has no field 'options.unit' (fix: see the input schema of weather.fetch)",
        broken: fetching(city.clone(), json!({"options.unit": "goal.input.units"})),
        mended: fetching(city, json!({"options.units": "goal.input.units"})),
    }
}

fn a_flow_through_a_text() -> Example {
    Example {
        finding: "error[GP051] task fetch, data_flow.city.name: the input of weather.fetch has no field 'city.name' (fix: see the input schema of weather.fetch)",
        broken: fetching(json!({}), json!({"city.name": "goal.input.city"})),
        mended: fetching(json!({}), json!({"city": "goal.input.city"})),
    }
}

/// The weather is fetched after `a` or `b`, or after both.
fn fetching_after(join: &str, from_a: Value, from_b: Value) -> Blueprint {
    let fetch = json!({"name": "fetch", "capability": "weather.fetch", "join": join});
    let edges = json!([
        {"from": "a", "to": "fetch", "data_flow": from_a},
        {"from": "b", "to": "fetch", "data_flow": from_b}
    ]);
    blueprint(json!(["a", "b", fetch]), edges)
}

fn an_edge_to_an_unknown_field() -> Example {
    let city = json!({"city": "goal.input.city"});
    Example {
        finding: "error[GP051] edge b -> fetch, data_flow.town: the input of weather.fetch has no field 'town' (fix: see the input schema of weather.fetch)",
        broken: fetching_after("all", city.clone(), json!({"town": "goal.input.city"})),
        mended: fetching_after("all", city, json!({"options.units": "goal.input.units"})),
    }
}

fn a_required_field_from_nowhere() -> Example {
    let units = json!({"options.units": "goal.input.units"});
    Example {
        finding: "error[GP052] task fetch, input: 'city' is required by weather.fetch, and comes from nowhere (fix: add 'city' to input or to a data_flow)",
        broken: fetching(json!({}), units.clone()),
        mended: fetching(json!({"city": "Seattle"}), units),
    }
}

fn a_required_field_over_some_edges() -> Example {
    let city = json!({"city": "goal.input.city"});
    Example {
        finding: "warning[GP053] task fetch, input: 'city' is required, and comes only over some of the edges (fix: add 'city' to input or to a data_flow)",
        broken: fetching_after("any", city.clone(), json!({})),
        mended: fetching_after("any", city.clone(), city),
    }
}

fn a_secret_in_a_longer_text() -> Example {
    let calling = |token: &str| blueprint(json!([{"name": "a", "input": {"headers": [token]}}]), json!([]));
    Example {
        finding: "warning[GP055] task a, input.headers: 'Bearer secret://env/MAIL_TOKEN' is a reference to a secret inside of a longer text, where it stays as it is (fix: write the reference alone: secret://env/NAME or secret://file/NAME; a longer text is put together by the worker)",
        broken: calling("Bearer secret://env/MAIL_TOKEN"),
        mended: calling("secret://env/MAIL_TOKEN"),
    }
}

#[test]
fn what_is_no_reference_to_a_secret_is_warned_of_wherever_it_is_written() {
    let constant = |text: &str| {
        let undo = json!({"capability": "any", "input": {"deep": {"x": [text]}}});
        codes(&blueprint(json!([{"name": "a", "compensate_with": undo}]), json!([])))
    };
    let computed = |text: &str| {
        let task = json!({"name": "a", "data_flow": {"x": text}});
        codes(&blueprint(json!([task]), json!([])))
    };
    for wrong in
        ["secret://vault/a", "secret://env/A-B", "secret://file/../a", "secret://", "a secret://env/A"]
    {
        assert_eq!(constant(wrong), ["GP055"], "{wrong}");
    }
    for right in ["secret://env/A", "secret://file/a/b.pem", "no secret: //"] {
        assert_eq!(constant(right), [""; 0], "{right}");
    }
    for wrong in ["'secret://env/A-B'", "[{'a': 'x secret://env/A'}]", "'Bearer ' + 'secret://env/A'"] {
        assert_eq!(computed(wrong), ["GP055"], "{wrong}");
    }
    for right in ["'secret://env/A'", "goal.text.startsWith('secret://')", "'secret://env/' + goal.text"] {
        assert_eq!(computed(right), [""; 0], "{right}");
    }
}

/// Task `b` after `fetch`, whose capability has schemas.
fn after_fetch(expression: &str) -> Blueprint {
    let fetch = json!({"name": "fetch", "capability": "weather.fetch", "input": {"city": "Seattle"}});
    let b = json!({"name": "b", "data_flow": {"x": expression}});
    blueprint(json!([fetch, b]), json!([{"from": "fetch", "to": "b"}]))
}

fn an_output_field_that_is_not_there() -> Example {
    Example {
        finding: "error[GP062] task b, data_flow.x: the output of fetch has no field 'degree' (fix: see the output schema of weather.fetch)",
        broken: after_fetch("tasks.fetch.output.degree"),
        mended: after_fetch("tasks.fetch.output.degrees"),
    }
}

fn an_output_field_inside_another_that_is_not_there() -> Example {
    Example {
        finding: "error[GP062] task b, data_flow.x: the output of fetch has no field 'title' (fix: see the output schema of weather.fetch)",
        broken: after_fetch("tasks.fetch.output.station.title"),
        mended: after_fetch("tasks.fetch.output.station.name"),
    }
}

fn an_output_field_of_a_number() -> Example {
    Example {
        finding: "error[GP062] task b, data_flow.x: the output of fetch has no field 'celsius' (fix: see the output schema of weather.fetch)",
        broken: after_fetch("tasks.fetch.output.degrees.celsius"),
        mended: after_fetch("tasks.fetch.output.days[0].celsius"),
    }
}

#[test]
fn a_required_field_may_come_over_one_edge_of_an_all_join() {
    let city = json!({"city": "goal.input.city"});
    assert_eq!(found(&fetching_after("all", json!({}), city)), [""; 0]);
}

#[test]
fn a_capability_is_told_once_however_many_tasks_use_its_broken_schema() {
    let tasks = ["a", "b"].map(|name| json!({"name": name, "capability": "schema.broken"}));
    assert_eq!(codes(&blueprint(json!(tasks), json!([]))), ["GP011"]);
}

#[test]
fn a_schema_that_refers_to_itself_is_no_trap() {
    let schemas = [
        json!({"$ref": "#"}),
        json!({"allOf": [{"$ref": "#"}]}),
        json!({"type": "object", "properties": {"x": {"$ref": "#"}}}),
        json!({"$ref": "https://example.com/schema"}),
        json!({"properties": {"x": {"pattern": "(a+)+$"}}}),
    ];
    for schema in schemas {
        let capability = json!({"name": "loop", "input_schema": schema, "output_schema": schema});
        let catalog: Vec<Capability> = vec![serde_json::from_value(capability).unwrap()];
        let task = json!({"name": "a", "capability": "loop", "input": {"x": {"x": {}}}});
        let checked = check(&blueprint(json!([task]), json!([])), &catalog);
        assert!(checked.findings.iter().all(|finding| ["GP011", "GP050"].contains(&finding.code.as_str())));
    }
}
