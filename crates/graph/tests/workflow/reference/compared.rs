//! The core and the interpreter, side by side.

use goalpost_checker::compile;
use goalpost_graph::Event;
use goalpost_model::{Blueprint, Failure, TaskState, TimerKind, Usage};
use serde_json::{Map, Value, json};

use super::dice::Dice;
use super::happening::Happening;
use super::interpreter::Interpreter;
use crate::run::{Run, broken};

/// Lets the same happen to both, in a random order, until nothing can happen any more; answers with how many
/// events there were and how it ended. Nothing, if the checker refuses the blueprint.
pub(super) fn compare<'a>(blueprint: &'a Blueprint, dice: &mut Dice) -> Option<(usize, Interpreter<'a>)> {
    compile(blueprint).ok()?;
    let mut run = Run::new(blueprint);
    let mut interpreter = Interpreter::new(blueprint);
    run.apply(Event::Start);
    interpreter.start();
    assert_same(&run, &interpreter);
    let patience = dice.pick(&[2, 4, 50]);
    let mut events = 1;
    while let Some(happening) = next(&run, &interpreter, dice, patience) {
        run.apply(event(&run, &interpreter, &happening));
        interpreter.happens(&happening);
        assert_same(&run, &interpreter);
        events += 1;
    }
    assert!(interpreter.state.is_terminal(), "nothing can happen, and it is {}", interpreter.state);
    Some((events, interpreter))
}

/// What happens next. One in `patience` attempts goes wrong.
fn next(run: &Run, interpreter: &Interpreter<'_>, dice: &mut Dice, patience: usize) -> Option<Happening> {
    let movable = interpreter.movable();
    if movable.is_empty() {
        return None;
    }
    let is_undoing = movable.iter().any(|name| name.ends_with(".undo"));
    if dice.one_in(100) && !is_undoing {
        let is_timed = run.blueprint.deadline_ms > 0 && dice.one_in(2);
        return Some(Happening::GivenUp(if is_timed {
            Failure::DEADLINE_EXCEEDED
        } else {
            Failure::CANCELLED
        }));
    }
    let name = dice.pick(&movable);
    let timer = interpreter.timer(&name);
    Some(match interpreter.tasks[&name].state {
        TaskState::Waiting if interpreter.waits_for_its_key(&name) => Happening::Granted(name),
        TaskState::Waiting => Happening::Fired(name, timer.expect("it waits for a time")),
        TaskState::Ready if !dice.one_in(patience * 4) || timer.is_none() => Happening::Started(name),
        TaskState::Ready => Happening::Fired(name, TimerKind::ScheduleToStart),
        _ if !dice.one_in(patience) => Happening::Succeeded(name, json!({"n": dice.below(8)})),
        _ => match (dice.below(6), timer) {
            (0, _) => Happening::Lost(name),
            (1, _) => Happening::Succeeded(name, json!({"n": "of the wrong kind"})),
            (2, Some(kind)) => Happening::Fired(name, kind),
            _ => Happening::Failed(name),
        },
    })
}

/// The same in the words of the core.
fn event(run: &Run, interpreter: &Interpreter<'_>, happening: &Happening) -> Event {
    let of = |name: &String| (run.ordinal(name), interpreter.tasks[name].attempt);
    match happening {
        Happening::Started(name) => {
            let (task, attempt) = of(name);
            Event::AttemptStarted { task, attempt }
        }
        Happening::Succeeded(name, output) => {
            let (task, attempt) = of(name);
            Event::AttemptSucceeded { task, attempt, output: output.clone(), usage: Usage::default() }
        }
        Happening::Failed(name) => {
            let (task, attempt) = of(name);
            Event::AttemptFailed { task, attempt, failure: broken(), usage: Usage::default() }
        }
        Happening::Lost(name) => {
            let (task, attempt) = of(name);
            Event::AttemptUndelivered { task, attempt }
        }
        Happening::Fired(name, kind) => {
            let (task, attempt) = of(name);
            Event::TimerFired { task, attempt, kind: *kind }
        }
        Happening::Granted(name) => {
            let (task, attempt) = of(name);
            Event::KeyGranted { task, attempt }
        }
        Happening::GivenUp(Failure::DEADLINE_EXCEEDED) => Event::DeadlineExceeded,
        Happening::GivenUp(kind) => Event::Cancel { failure: Failure::new(*kind, "no longer wanted") },
    }
}

/// Both have come equally far, with every task and as a whole; and the core would after a crash, too.
fn assert_same(run: &Run, interpreter: &Interpreter<'_>) {
    let workflow = &run.workflow;
    assert_eq!(run.restored().workflow, *workflow, "made again of what is stored");
    assert_eq!(workflow.tasks.len(), interpreter.tasks.len(), "how many tasks there are");
    for (ordinal, task) in workflow.tasks.iter() {
        let name = workflow.tasks.name(ordinal).expect("every task has a name");
        let other = interpreter.tasks.get(&name).unwrap_or_else(|| panic!("there is no '{name}'"));
        assert_eq!((task.state, task.attempt), (other.state, other.attempt), "task '{name}'");
        assert_eq!(task.output.as_deref().map(without_messages), other.output, "output of '{name}'");
        if matches!(task.state, TaskState::Ready | TaskState::Running | TaskState::Waiting) {
            assert_eq!(task.input.as_deref(), Some(&other.input), "input of '{name}'");
        }
    }
    assert_eq!(workflow.state, interpreter.state, "the workflow");
    let failure = workflow.failure.as_ref().map(|failure| &failure.kind);
    assert_eq!(failure, interpreter.failure.as_ref(), "why the workflow failed");
    let result = workflow.result.clone().map(|result| without_messages(&Value::Object(result)));
    assert_eq!(result, interpreter.result.clone().map(Value::Object), "the result");
}

/// What messages say is for people.
fn without_messages(value: &Value) -> Value {
    match value {
        Value::Array(values) => values.iter().map(without_messages).collect(),
        Value::Object(fields) => {
            let kept = fields.iter().filter(|(name, _)| *name != "message");
            Value::Object(
                kept.map(|(name, value)| (name.clone(), without_messages(value))).collect::<Map<_, _>>(),
            )
        }
        other => other.clone(),
    }
}
