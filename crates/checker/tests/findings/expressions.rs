//! Conditions and the expressions of data flows.

use goalpost_model::Blueprint;
use goalpost_model::limits::MAX_EXPRESSION_BYTES;

use crate::example::Example;
use crate::sample::{codes, computing, found};

pub(crate) const EXAMPLES: &[fn() -> Example] = &[
    half_a_sum,
    nothing_at_all,
    too_long,
    too_many_brackets,
    loops_in_one_another,
    a_bare_word,
    a_misspelled_variable,
    a_misspelled_task,
    an_unknown_task,
    a_field_beside_the_output,
    a_field_of_a_state,
    a_field_of_an_error,
    a_field_of_the_goal,
    a_field_of_the_goal_text,
    all_tasks_at_once,
    a_computed_task,
    a_task_as_a_whole,
    the_goal_as_a_whole,
    a_misspelled_function,
    an_underscored_function,
    a_function_on_the_wrong_side,
    a_function_without_its_argument,
    a_macro_without_its_argument,
    a_message_type,
    a_loop_variable_called_tasks,
];

#[test]
fn every_mistake_in_an_expression_is_found_and_can_be_mended() {
    EXAMPLES.iter().for_each(|example| example().holds());
}

/// An example in the data flow of a task.
fn example(finding: &'static str, broken: &str, mended: &str) -> Example {
    Example { finding, broken: computing(broken), mended: computing(mended) }
}

fn half_a_sum() -> Example {
    example(
        "error[GP030] task b, data_flow.x: the expression does not parse: line 1, column 4: Syntax error: mismatched input '<EOF>' expecting expression (fix: correct the CEL syntax; text is written in quotes)",
        "1 +",
        "1 + 1",
    )
}

fn nothing_at_all() -> Example {
    example(
        "error[GP030] task b, data_flow.x: the expression is empty (fix: write a CEL expression)",
        " ",
        "''",
    )
}

fn too_long() -> Example {
    let text = |bytes: usize| format!("'{}'", "x".repeat(bytes - 2));
    example(
        "error[GP031] task b, data_flow.x: the expression has 4097 bytes; 4096 are allowed (fix: split it: let a task compute the value, or simplify it)",
        &text(MAX_EXPRESSION_BYTES + 1),
        &text(MAX_EXPRESSION_BYTES),
    )
}

fn too_many_brackets() -> Example {
    let within = |brackets| format!("{}1{}", "(".repeat(brackets), ")".repeat(brackets));
    example(
        "error[GP031] task b, data_flow.x: brackets are nested deeper than 32 (fix: split it: let a task compute the value, or simplify it)",
        &within(33),
        &within(32),
    )
}

fn loops_in_one_another() -> Example {
    example(
        "error[GP031] task b, data_flow.x: loops are nested deeper than 1 (fix: let a task compute the value)",
        "[1].map(x, [2].map(y, x + y))",
        "[1].map(x, x + 1) + [2].map(x, x + 1)",
    )
}

fn a_bare_word() -> Example {
    example(
        "error[GP032] task b, data_flow.x: there is no variable 'Seattle' (fix: an expression sees goal.text, goal.input and tasks.NAME; text is written in quotes)",
        "Seattle",
        "'Seattle'",
    )
}

fn a_misspelled_variable() -> Example {
    example(
        "error[GP032] task b, data_flow.x: there is no variable 'task' (fix: did you mean 'tasks'?)",
        "task.a.output",
        "tasks.a.output",
    )
}

fn a_misspelled_task() -> Example {
    example(
        "error[GP033] task b, data_flow.x: the blueprint has no task 'A1' (fix: did you mean 'a'?)",
        "tasks.A1.output",
        "tasks.a.output",
    )
}

fn an_unknown_task() -> Example {
    example(
        "error[GP033] task b, data_flow.x: the blueprint has no task 'fetch' (fix: name a task of this blueprint; a name with dashes is written tasks[\"a-b\"])",
        "tasks.fetch.output",
        "tasks.a.output",
    )
}

fn a_field_beside_the_output() -> Example {
    example(
        "error[GP034] task b, data_flow.x: a task has the fields state, output and error, not 'degrees' (fix: a value that the task made is at output.degrees)",
        "tasks.a.degrees",
        "tasks.a.output.degrees",
    )
}

fn a_field_of_a_state() -> Example {
    example(
        "error[GP034] task b, data_flow.x: a state is one word; it has no fields (fix: compare it: tasks.NAME.state == \"SUCCEEDED\")",
        "tasks.a.state.name",
        "tasks.a.state",
    )
}

fn a_field_of_an_error() -> Example {
    example(
        "error[GP034] task b, data_flow.x: an error has the fields kind and message only (fix: write error.kind or error.message)",
        "has(tasks.a.error) ? tasks.a.error.code : ''",
        "has(tasks.a.error) ? tasks.a.error.kind : ''",
    )
}

fn a_field_of_the_goal() -> Example {
    example(
        "error[GP034] task b, data_flow.x: the goal has no field 'city' (fix: write goal.text or goal.input)",
        "goal.city",
        "goal.input.city",
    )
}

fn a_field_of_the_goal_text() -> Example {
    example(
        "error[GP034] task b, data_flow.x: goal.text is text; it has no fields (fix: write goal.text or goal.input)",
        "goal.text.city",
        "goal.text",
    )
}

fn all_tasks_at_once() -> Example {
    example(
        "error[GP035] task b, data_flow.x: 'tasks' is used as a whole, or with a computed name (fix: name one task: tasks.NAME.output, or tasks[\"NAME\"].output with the name as a constant)",
        "size(tasks)",
        "size(tasks.a.output)",
    )
}

fn a_computed_task() -> Example {
    example(
        "error[GP035] task b, data_flow.x: 'tasks' is used as a whole, or with a computed name (fix: name one task: tasks.NAME.output, or tasks[\"NAME\"].output with the name as a constant)",
        "tasks['' + 'a'].output",
        "tasks['a'].output",
    )
}

fn a_task_as_a_whole() -> Example {
    example(
        "error[GP035] task b, data_flow.x: the task 'a' is used as a whole, or with a computed field (fix: name one field: state, output or error)",
        "tasks.a",
        "tasks.a.state",
    )
}

fn the_goal_as_a_whole() -> Example {
    example(
        "error[GP035] task b, data_flow.x: the goal is used as a whole (fix: write goal.text or goal.input)",
        "goal",
        "goal.input",
    )
}

fn a_misspelled_function() -> Example {
    example(
        "error[GP036] task b, data_flow.x: there is no function 'startswith' (fix: did you mean 'startsWith'?)",
        "goal.text.startswith('a')",
        "goal.text.startsWith('a')",
    )
}

fn an_underscored_function() -> Example {
    example(
        "error[GP036] task b, data_flow.x: there is no function '_shout' (fix: use a function of standard CEL, or let a task compute it)",
        "_shout(goal.text)",
        "string(goal.text)",
    )
}

fn a_function_on_the_wrong_side() -> Example {
    example(
        "error[GP036] task b, data_flow.x: there is no function 'contains' (fix: write x.contains(y))",
        "contains(goal.text, 'a')",
        "goal.text.contains('a')",
    )
}

fn a_function_without_its_argument() -> Example {
    example(
        "error[GP036] task b, data_flow.x: size does not take 0 arguments like these (fix: see how 'size' is called in the CEL language definition)",
        "size()",
        "size(goal.text)",
    )
}

fn a_macro_without_its_argument() -> Example {
    example(
        "error[GP036] task b, data_flow.x: x.filter does not take 1 argument like these (fix: see how 'filter' is called in the CEL language definition)",
        "[1, 2].filter(1)",
        "[1, 2].filter(x, x > 1)",
    )
}

fn a_message_type() -> Example {
    example(
        "error[GP036] task b, data_flow.x: there is no type 'Report' to build (fix: write an object: {\"name\": value})",
        "Report{title: 'x'}",
        "{'title': 'x'}",
    )
}

fn a_loop_variable_called_tasks() -> Example {
    example(
        "error[GP038] task b, data_flow.x: a loop's variable is called 'tasks', which hides the tasks (fix: call the variable something else)",
        "[1].map(tasks, 1)",
        "[1].map(task, 1)",
    )
}

#[test]
fn every_mistake_of_an_expression_is_told() {
    let codes = codes(&computing("Seattle + tasks.nobody.output + tasks.a.size + shout(goal)"));
    assert_eq!(codes, ["GP032", "GP033", "GP034", "GP036", "GP035"]);
}

#[test]
fn a_name_with_dashes_can_be_written_in_brackets() {
    let mut blueprint: Blueprint = computing("tasks[\"a-1\"].output.x");
    blueprint.tasks[0].name = "a-1".to_owned();
    blueprint.edges[0].source = "a-1".to_owned();
    assert_eq!(found(&blueprint), [""; 0]);
}
