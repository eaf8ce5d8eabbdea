//! W10: how long the planner takes for a goal, in this process: the largest example catalog, and a generated one.

use std::fmt::Write as _;
use std::time::Instant;

use goalpost_planning::{Catalog, GoalRequest, Source, plan};

use crate::Error;
use crate::figures::{Figures, percentile};

const INCIDENT: &str = include_str!("../../../catalogs/incident.yaml");
/// Plans of each catalog that are timed.
const PLANS: usize = 2_000;

/// Facts of a layer; each has two capabilities that produce it out of two facts of the layer before.
const FACTS: usize = 50;
const LAYERS: usize = 10;
/// Methods that have nothing to plan; three for each of their types, of which only the last can be used.
const LEAVES: usize = 300;
/// Methods with three goals of leaves, and one of the wanted facts.
const BRANCHES: usize = 150;
/// Methods with two goals of branches.
const ROOTS: usize = 50;

pub(crate) fn measure(figures: &mut Figures) -> Result<(), Error> {
    let texts = [
        "Handle alert A-17",
        "What is wrong with checkout?",
        "Write a report about search",
        "Restart checkout",
    ];
    let goals: Vec<GoalRequest> = texts.into_iter().map(GoalRequest::text).collect();
    of(figures, "incident response", INCIDENT, &goals)?;
    let goals: Vec<GoalRequest> =
        (0..ROOTS).map(|root| GoalRequest::text(format!("Do work {root} for somebody"))).collect();
    of(figures, "1,000 capabilities, 500 methods", &generated(), &goals)
}

/// Times the plans of these goals, one after the other and again.
fn of(figures: &mut Figures, what: &str, text: &str, goals: &[GoalRequest]) -> Result<(), Error> {
    let begin = Instant::now();
    let catalog = Catalog::parse(&[Source { name: "catalog", text }])?;
    figures.add("W10", format!("{what}: catalog read"), begin.elapsed().as_secs_f64() * 1_000.0, "ms");
    let mut took = Vec::with_capacity(PLANS);
    let mut tasks = 0;
    for goal in goals.iter().cycle().take(PLANS) {
        let begin = Instant::now();
        let planned = plan(&catalog, goal)?;
        took.push(begin.elapsed().as_secs_f64() * 1_000.0);
        tasks = tasks.max(planned.blueprint.tasks.len());
    }
    took.sort_by(f64::total_cmp);
    figures.add("W10", format!("{what}: tasks of the largest plan"), tasks as f64, "tasks");
    figures.add("W10", format!("{what}: plan, p50"), percentile(&took, 0.5), "ms");
    figures.add("W10", format!("{what}: plan, p99"), percentile(&took, 0.99), "ms");
    let unknown = GoalRequest::text("Something else");
    let begin = Instant::now();
    let none = plan(&catalog, &unknown);
    figures.add("W10", format!("{what}: no plan"), begin.elapsed().as_secs_f64() * 1_000.0, "ms");
    match none {
        Err(_) => Ok(()),
        Ok(_) => Err("a goal that nothing serves was planned".into()),
    }
}

/// A catalog of 1,000 capabilities and 500 methods, the same every time.
fn generated() -> String {
    let mut text = "capabilities:\n".to_owned();
    for number in 0..LAYERS * FACTS * 2 {
        let (layer, fact) = (number / (FACTS * 2), number % FACTS);
        let inputs = if layer == 0 {
            vec!["who".to_owned()]
        } else {
            vec![name(layer - 1, fact), name(layer - 1, (fact + 1) % FACTS)]
        };
        let properties: Vec<String> =
            inputs.iter().map(|input| format!("{input}: {{ type: string }}")).collect();
        let (output, inputs, properties) = (name(layer, fact), inputs.join(", "), properties.join(", "));
        let _ = writeln!(
            text,
            "  - {{ name: c{number}, effect: read, cost: {{ money_micros: {}, tokens: 0, latency_ms: {} }}, needs: [{inputs}], produces: [{output}], \
             input_schema: {{ type: object, properties: {{ {properties} }}, required: [{inputs}] }}, \
             output_schema: {{ type: object, properties: {{ {output}: {{ type: string }} }}, required: [{output}] }} }}",
            number % 7 + 1,
            number % 11 * 10,
        );
    }
    text += "methods:\n";
    for number in 0..LEAVES {
        let when = if number % 3 == 2 { String::new() } else { "when: input.who == 'nobody', ".to_owned() };
        let _ = writeln!(
            text,
            "  - {{ name: leaf{number}, type: leaf{}, {when}tasks: [{{ name: a, capability: c{}, input: {{ who: \"{{input.who}}\" }} }}] }}",
            number / 3,
            number % FACTS,
        );
    }
    for number in 0..BRANCHES {
        let leaf = |place: usize| (number * 3 + place) % (LEAVES / 3);
        let _ = writeln!(
            text,
            "  - {{ name: branch{number}, type: branch{number}, tasks: [\
             {{ name: a, goal_type: leaf{}, input: {{ who: \"{{input.who}}\" }} }}, \
             {{ name: b, goal_type: leaf{}, input: {{ who: \"{{input.who}}\" }} }}, \
             {{ name: c, goal_type: leaf{}, input: {{ who: \"{{input.who}}\" }} }}, \
             {{ name: d, wants: [{}] }}], \
             edges: [{{ from: a, to: d }}, {{ from: b, to: d }}, {{ from: c, to: d }}] }}",
            leaf(0),
            leaf(1),
            leaf(2),
            name(3, number % FACTS),
        );
    }
    for number in 0..ROOTS {
        let branch = |place: usize| (number * 3 + place) % BRANCHES;
        let _ = writeln!(
            text,
            "  - {{ name: root{number}, patterns: [\"do work {number} for {{who}}\"], tasks: [\
             {{ name: a, goal_type: branch{}, input: {{ who: \"{{who}}\" }} }}, \
             {{ name: b, goal_type: branch{}, input: {{ who: \"{{who}}\" }} }}], edges: [{{ from: a, to: b }}] }}",
            branch(0),
            branch(1),
        );
    }
    text
}

fn name(layer: usize, fact: usize) -> String {
    format!("f{layer}_{fact}")
}
