//! Types of expressions, as schemas say them.

use goalpost_model::Blueprint;
use serde_json::{Value, json};

use crate::example::Example;
use crate::sample::{blueprint, codes, found, reading};

pub(crate) const EXAMPLES: &[fn() -> Example] = &[
    a_text_before_a_number,
    a_sum_of_text_and_a_number,
    the_size_of_a_number,
    a_loop_over_a_number,
    a_number_that_decides,
    a_mistake_that_may_not_matter,
    a_word_that_the_schema_does_not_have,
    a_state_that_no_task_is_in,
    a_number_that_is_compared_with_text,
    a_word_in_a_list_that_the_schema_does_not_have,
    a_number_that_flows_to_a_text,
    a_word_that_the_input_does_not_allow,
    a_list_that_is_none,
    a_field_of_an_item,
];

#[test]
fn every_mistake_of_types_is_found_and_can_be_mended() {
    EXAMPLES.iter().for_each(|example| example().holds());
}

fn example(finding: &'static str, broken: &str, mended: &str) -> Example {
    Example { finding, broken: reading(broken), mended: reading(mended) }
}

fn a_text_before_a_number() -> Example {
    example(
        "error[GP039] task b, data_flow.x: '<' cannot be applied to text and a number (fix: use a value that it takes; string(), int() and double() convert)",
        "tasks.t.output.title < 5",
        "tasks.t.output.hours < 5",
    )
}

fn a_sum_of_text_and_a_number() -> Example {
    example(
        "error[GP039] task b, data_flow.x: '+' cannot be applied to text and a number (fix: use a value that it takes; string(), int() and double() convert)",
        "'hours: ' + tasks.t.output.hours",
        "'hours: ' + string(tasks.t.output.hours)",
    )
}

fn the_size_of_a_number() -> Example {
    example(
        "error[GP039] task b, data_flow.x: 'size' cannot be applied to a number (fix: use a value that it takes; string(), int() and double() convert)",
        "size(tasks.t.output.votes)",
        "size(tasks.t.output.title)",
    )
}

fn a_loop_over_a_number() -> Example {
    example(
        "error[GP039] task b, data_flow.x: a loop runs over a list or an object, not over a number (fix: use a value that it takes; string(), int() and double() convert)",
        "tasks.t.output.votes.map(vote, vote + 1)",
        "tasks.t.output.comments.map(comment, comment.likes + 1)",
    )
}

fn a_number_that_decides() -> Example {
    example(
        "error[GP039] task b, data_flow.x: the condition is a number, which is neither true nor false (fix: use a value that it takes; string(), int() and double() convert)",
        "tasks.t.output.votes ? 'many' : 'none'",
        "tasks.t.output.votes > 0 ? 'many' : 'none'",
    )
}

fn a_mistake_that_may_not_matter() -> Example {
    example(
        "warning[GP039] task b, data_flow.x: '+' cannot be applied to text and a number (fix: use a value that it takes; string(), int() and double() convert)",
        "tasks.t.output.urgent ? tasks.t.output.title + 1 : ''",
        "tasks.t.output.urgent ? tasks.t.output.title + '1' : ''",
    )
}

fn a_word_that_the_schema_does_not_have() -> Example {
    example(
        "warning[GP045] task b, data_flow.x: the value is never 'DONNE' (fix: did you mean 'DONE'?)",
        "tasks.t.output.state == 'DONNE'",
        "tasks.t.output.state == 'DONE'",
    )
}

fn a_state_that_no_task_is_in() -> Example {
    example(
        "warning[GP045] task b, data_flow.x: the value is never 'FINE' (fix: it is one of PENDING, WAITING, READY, RUNNING, SUCCEEDED, FAILED, SKIPPED, CANCELLED)",
        "'FINE' != tasks.t.state",
        "'SUCCEEDED' != tasks.t.state",
    )
}

fn a_number_that_is_compared_with_text() -> Example {
    example(
        "warning[GP045] task b, data_flow.x: a number and text are never equal (fix: compare values of one kind; string(), int() and double() convert)",
        "tasks.t.output.votes == '5'",
        "tasks.t.output.votes == 5",
    )
}

fn a_word_in_a_list_that_the_schema_does_not_have() -> Example {
    example(
        "warning[GP045] task b, data_flow.x: the value is never 'OPENN' (fix: did you mean 'OPEN'?)",
        "tasks.t.output.state in ['DONE', 'OPENN']",
        "tasks.t.output.state in ['DONE', 'OPEN']",
    )
}

/// Task `u` reads a ticket by what comes from task `t`.
fn flowing(path: &str, expression: &str) -> Blueprint {
    let tasks = json!([
        {"name": "t", "capability": "ticket.read"},
        {"name": "u", "capability": "ticket.read", "data_flow": {path: expression}}
    ]);
    blueprint(tasks, json!([{"from": "t", "to": "u"}]))
}

fn a_number_that_flows_to_a_text() -> Example {
    Example {
        finding: "error[GP054] task u, data_flow.title: the value is a number, and the schema wants text (fix: see the input schema of ticket.read)",
        broken: flowing("title", "tasks.t.output.votes"),
        mended: flowing("title", "string(tasks.t.output.votes)"),
    }
}

fn a_word_that_the_input_does_not_allow() -> Example {
    Example {
        finding: "error[GP054] task u, data_flow.state: the schema does not allow 'CLOSED' there (fix: see the input schema of ticket.read)",
        broken: flowing("state", "'CLOSED'"),
        mended: flowing("state", "tasks.t.output.state"),
    }
}

fn a_list_that_is_none() -> Example {
    let each = |items: &str| {
        let body = json!({"tasks": [{"name": "inner", "capability": "any"}]});
        let each = json!({"name": "each", "capability": "", "data_flow": {"items": items}, "for_each": {"body": body}});
        blueprint(json!([each]), json!([]))
    };
    Example {
        finding: "error[GP054] task each, data_flow.items: the value is text, and the schema wants a list (fix: see the input schema of goalpost.for_each)",
        broken: each("goal.text"),
        mended: each("[goal.text]"),
    }
}

fn a_field_of_an_item() -> Example {
    example(
        "warning[GP062] task b, data_flow.x: there is no field 'like' (fix: did you mean 'likes'?)",
        "tasks.t.output.comments.map(comment, comment.like)",
        "tasks.t.output.comments.map(comment, comment.likes)",
    )
}

#[test]
fn a_field_behind_an_item_is_looked_for_too() {
    assert_eq!(codes(&reading("tasks.t.output.comments[0].like")), ["GP062"]);
    assert_eq!(codes(&reading("tasks.t.output.comments[0].likes")), [""; 0]);
}

#[test]
fn what_surely_fails_is_an_error_and_what_may_not_be_needed_a_warning() {
    let severity = |expression: &str| found(&reading(expression)).concat();
    for sure in ["1 + 'a' == 2", "[1 + 'a']", "{'a': -'a'}", "!5", "5 && 'a'", "size(-'a')", "(1 + 'a').x"] {
        assert!(severity(sure).starts_with("error[GP039]"), "{sure}: {}", severity(sure));
    }
    for unsure in ["true || 1 + 'a' == 2", "false && 5", "[].map(x, -'a')", "goal.input.a ? 1 : -'a'"] {
        assert!(severity(unsure).starts_with("warning[GP039]"), "{unsure}: {}", severity(unsure));
    }
}

/// Nothing is said of what may run.
#[test]
fn what_may_run_is_not_refused() {
    for expression in [
        "goal.input.a + 1",
        "goal.input.a < goal.input.b",
        "tasks.t.output.hours + 1",
        "tasks.t.output.hours + 1.5",
        "tasks.t.output.owner + ''",
        "tasks.t.output.owner == null ? '' : tasks.t.output.owner",
        "tasks.t.output.title != null",
        "size(tasks.t.output.comments) + size(tasks.t.output.title)",
        "tasks.t.output.comments + [1]",
        "tasks.t.output.comments[0].text + ''",
        "tasks.t.output.comments.map(c, c.likes > 1, c.text + '!')[0] + ''",
        "timestamp(tasks.t.output.title) - duration('1s') < timestamp('2026-01-31T12:00:00Z')",
        "tasks.t.output['title'] + 'a'",
        "dyn(tasks.t.output.title) < 5",
        "[1, 'a'].all(x, x > 0)",
        "{1: 2}[1] + 1",
        "'a' in {'a': 1}",
        "type(1) == int",
        "tasks.t.state + '!'",
    ] {
        assert_eq!(found(&reading(expression)), [""; 0], "{expression}");
    }
}

#[test]
fn types_are_followed_through_expressions() {
    for expression in [
        "(tasks.t.output.urgent ? tasks.t.output.title : 'none') + 1",
        "tasks.t.output.comments[0] + 1",
        "tasks.t.output.comments[0].text < 1",
        "tasks.t.output.comments.filter(c, c.likes > 1)[0].text < 1",
        "tasks.t.output.comments.map(c, c.text)[0] < 1",
        "([] + ['a'])[0] < 1",
        "tasks.t.output.comments.exists(c, c.likes > 1) + 1",
        "size(tasks.t.output.title) + 'a'",
        "has(tasks.t.output.owner) + 1",
        "goal.text + 1",
        "goal.input + 1",
        "tasks.t.output.votes.size()",
        "tasks.t.output.title.startsWith(1)",
        "1 in tasks.t.output.title",
    ] {
        assert_eq!(codes(&reading(expression)), ["GP039"], "{expression}");
    }
}

#[test]
fn a_condition_is_typed_by_the_schema_of_what_it_reads() {
    let on = |condition: &str| {
        let tasks = json!([{"name": "t", "capability": "ticket.read"}, "b"]);
        codes(&blueprint(tasks, json!([{"from": "t", "to": "b", "condition": condition}])))
    };
    assert_eq!(on("tasks.t.output.votes"), ["GP037"]);
    assert_eq!(on("tasks.t.output.comments"), ["GP037"]);
    assert_eq!(on("tasks.t.output.urgent"), [""; 0]);
}

#[test]
fn what_undoes_a_task_is_typed_too() {
    let with = |expression: &str| {
        let undo = json!({"capability": "ticket.read", "data_flow": {"title": expression}});
        let task = json!({"name": "t", "capability": "ticket.read", "compensate_with": undo});
        codes(&blueprint(json!([task]), json!([])))
    };
    assert_eq!(with("tasks.t.output.votes"), ["GP054"]);
    assert_eq!(with("tasks.t.output.title + 1"), ["GP039"]);
    assert_eq!(with("tasks.t.output.title"), [""; 0]);
}

#[test]
fn a_value_that_another_data_flow_may_write_over_is_only_warned_of() {
    let with = |of_edge: Value| {
        let u = json!({"name": "u", "capability": "ticket.read", "data_flow": {"title": "1"}});
        found(&blueprint(json!(["a", u]), json!([{"from": "a", "to": "u", "data_flow": of_edge}]))).concat()
    };
    assert!(with(json!({})).starts_with("error[GP054]"));
    assert!(with(json!({"title": "'a'"})).starts_with("warning[GP054]"));
}

/// An item is what the list of the task around it says.
#[test]
fn an_item_has_the_type_of_the_items_of_its_list() {
    let each = |items: &str, expression: &str| {
        let inner = json!({"name": "inner", "capability": "any", "data_flow": {"x": expression}});
        let each = json!({"name": "each", "capability": "", "data_flow": {"items": items}, "for_each": {"body": {"tasks": [inner]}}});
        let tasks = json!([{"name": "t", "capability": "ticket.read"}, each]);
        codes(&blueprint(tasks, json!([{"from": "t", "to": "each"}])))
    };
    assert_eq!(each("tasks.t.output.comments", "item.text < 1"), ["GP039"]);
    assert_eq!(each("tasks.t.output.comments", "item.likes < 1"), [""; 0]);
    assert_eq!(each("[1, 2]", "item + 'a'"), ["GP039"]);
    assert_eq!(each("[timestamp('2026-01-31T12:00:00Z')]", "item + 'a'"), [""; 0]);
    assert_eq!(each("goal.input.list", "item + 'a'"), [""; 0]);
}
