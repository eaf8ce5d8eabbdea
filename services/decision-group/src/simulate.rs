//! What would happen to a goal with another blueprint.

use std::collections::{BTreeMap, HashMap, HashSet};
use std::sync::Arc;

use goalpost_checker::{CompiledBlueprint, compile_stored};
use goalpost_graph::{Outcome, Planned, Simulation, Workflow, simulate};
use goalpost_model::{Blueprint, Digest, Failure, GoalId, PayloadLimit, TaskState, WorkflowId};
use goalpost_proto::v1::simulated_outcome;
use goalpost_proto::v1::{
    SimulateBlueprintRequest, SimulateBlueprintResponse, SimulatedOutcome, SimulatedTask,
};
use goalpost_proto::{
    Violations, map_from_struct, read_blueprint, read_value, struct_from_map, task_state, value_from_json,
    workflow_state,
};
use goalpost_service::status;
use goalpost_store::workflows::{self, StoredTask, StoredWorkflow};
use serde_json::{Map, Value};
use tonic::{Code, Status};

use crate::Context;
use crate::checks::{Checks, Definitions};

/// What is to be simulated.
pub(crate) struct Wanted {
    blueprint: Option<Blueprint>,
    goal: Option<GoalId>,
    text: Option<String>,
    input: Option<Map<String, Value>>,
    outcomes: Vec<(String, Result<Value, Failure>)>,
    payload_limit: PayloadLimit,
}

/// Reads a request, of which no value is larger than `limit`, and neither is one of the tasks that are simulated.
pub(crate) fn wanted(request: SimulateBlueprintRequest, limit: PayloadLimit) -> Result<Wanted, Violations> {
    let SimulateBlueprintRequest { blueprint, goal_id: id, goal, input, outcomes } = request;
    let mut violations = Violations::within(limit);
    if blueprint.is_none() && id.is_empty() {
        violations.add("blueprint", "must be there, unless goal_id names a goal that has one");
    }
    let of_goal: Option<GoalId> = id.parse().ok();
    if of_goal.is_none() && !id.is_empty() {
        violations.add("goal_id", "must be the UUID of a goal, or empty");
    }
    let input = input.and_then(|input| map_from_struct(input, "input", &mut violations));
    let mut given = Vec::with_capacity(outcomes.len());
    for (task, SimulatedOutcome { outcome }) in outcomes {
        let field = format!("outcomes[{task}]");
        match outcome {
            Some(simulated_outcome::Outcome::Output(output)) => {
                let output = read_value(Some(output), &field, &mut violations).flatten();
                given.push((task, Ok(output.unwrap_or(Value::Null))));
            }
            Some(simulated_outcome::Outcome::Failure(failure)) => given.push((task, Err(failure.into()))),
            None => violations.add(field, "must have an output or a failure"),
        }
    }
    let blueprint = blueprint.and_then(|message| read_blueprint(message, "blueprint", &mut violations));
    let text = Some(goal).filter(|text| !text.is_empty());
    violations.or(Wanted { blueprint, goal: of_goal, text, input, outcomes: given, payload_limit: limit })
}

/// What would happen.
pub(crate) async fn run(
    context: &Context,
    checks: &Checks,
    wanted: Wanted,
    traceparent: Option<&str>,
) -> Result<SimulateBlueprintResponse, Status> {
    let recorded = match wanted.goal {
        Some(id) => Some(recorded(context, id).await?),
        None => None,
    };
    let running = recorded.as_ref().map(|workflow| workflow.blueprint_digest);
    let blueprint = match (wanted.blueprint, running) {
        (Some(blueprint), _) => {
            let whose = recorded.as_ref().map(|workflow| workflow.lane.parts().0).unwrap_or_default();
            let checked = checks.ask(blueprint, Definitions::Catalog, &whose, traceparent).await?;
            checked.body.parse("a blueprint").map_err(|error| status::store(&error))?
        }
        (None, Some(digest)) => context.blueprint(digest).await?,
        (None, None) => return Err(Status::invalid_argument("there is no blueprint")),
    };
    let planned = planned(context, recorded.as_ref()).await?;
    let simulated = tokio::task::spawn_blocking(move || -> Result<SimulateBlueprintResponse, String> {
        let compiled = compile_stored(&blueprint)?;
        let (text, input) = recorded.as_ref().map_or_else(Default::default, |workflow| {
            (workflow.goal_text.clone(), workflow.goal_input.clone())
        });
        let (text, input) = (wanted.text.unwrap_or(text), wanted.input.unwrap_or(input));
        let mut outcomes: HashMap<String, Outcome> = recorded
            .iter()
            .flat_map(|workflow| &workflow.tasks)
            .filter_map(|task| outcome(task, &planned))
            .collect();
        for (task, result) in wanted.outcomes {
            let order = outcomes.get(&task).map_or(i64::MAX, |outcome| outcome.order);
            outcomes.insert(task, Outcome { result, planned: None, order });
        }
        let mut workflow = Workflow::new(&compiled, text, Arc::new(input));
        workflow.payload_limit = wanted.payload_limit;
        let simulation = simulate(&compiled, workflow, &outcomes);
        Ok(answer(&compiled, &simulation, recorded.as_ref()))
    });
    let internal = |message: String| status::with_reason(Code::Internal, "INTERNAL", message);
    simulated.await.map_err(|panic| internal(panic.to_string()))?.map_err(internal)
}

/// The goal's workflow, with what came of its tasks.
async fn recorded(context: &Context, id: GoalId) -> Result<StoredWorkflow, Status> {
    let loaded = workflows::load(&context.store, &[WorkflowId::from(id)]).await;
    let loaded = loaded.map_err(|error| status::store(&error))?.into_iter().next();
    loaded.ok_or_else(|| status::not_found("goal with a workflow", &id.to_string()))
}

/// The graphs that came up while the goal ran, by digest.
async fn planned(
    context: &Context,
    recorded: Option<&StoredWorkflow>,
) -> Result<HashMap<Digest, Planned>, Status> {
    let tasks = recorded.iter().flat_map(|workflow| &workflow.tasks);
    let digests: HashSet<Digest> = tasks.filter_map(|task| task.body_digest).collect();
    let mut planned = HashMap::new();
    for digest in digests {
        let blueprint = context.blueprint(digest).await?;
        // One that does not compile any more came up under other rules: its task is of unknown outcome.
        if let Ok(compiled) = compile_stored(&blueprint) {
            planned.insert(digest, Planned { digest, graph: Arc::clone(&compiled.graph) });
        }
    }
    Ok(planned)
}

/// What came of a task, if it came to its own end: not one that was cancelled or skipped.
fn outcome(task: &StoredTask, planned: &HashMap<Digest, Planned>) -> Option<(String, Outcome)> {
    let planned = task.body_digest.and_then(|digest| planned.get(&digest)).cloned();
    let result = match task.state {
        TaskState::Succeeded => Ok(task.output.clone().unwrap_or_default()),
        TaskState::Failed => Err(task.failure.clone()?),
        _ => return None,
    };
    Some((task.name.clone(), Outcome { result, planned, order: task.event }))
}

fn answer(
    compiled: &CompiledBlueprint,
    simulation: &Simulation,
    recorded: Option<&StoredWorkflow>,
) -> SimulateBlueprintResponse {
    let Simulation { workflow, ended, unknown } = simulation;
    let before: BTreeMap<&str, &StoredTask> =
        recorded.iter().flat_map(|workflow| &workflow.tasks).map(|task| (task.name.as_str(), task)).collect();
    let name = |ordinal: &usize| workflow.tasks.name(*ordinal).unwrap_or_default();
    let has_ended: HashSet<usize> = ended.iter().copied().collect();
    let open =
        workflow.tasks.iter().map(|(ordinal, _)| ordinal).filter(|ordinal| !has_ended.contains(ordinal));
    let tasks: Vec<SimulatedTask> = ended
        .iter()
        .copied()
        .chain(open)
        .map(|ordinal| {
            simulated_task(
                workflow,
                ordinal,
                before.get(name(&ordinal).as_str()).copied(),
                recorded.is_some(),
            )
        })
        .collect();
    let there: HashSet<&str> = tasks
        .iter()
        .filter(|task| task.state() != task_state(TaskState::Pending))
        .map(|task| task.task.as_str())
        .collect();
    let missing =
        before.keys().filter(|name| !there.contains(*name)).map(|name| (*name).to_owned()).collect();
    SimulateBlueprintResponse {
        state: workflow_state(workflow.state).into(),
        result: workflow.result.as_ref().map(struct_from_map),
        failure: workflow.failure.clone().map(Into::into),
        unknown: unknown.iter().map(name).collect(),
        missing,
        tasks,
        blueprint_digest: compiled.digest.to_string(),
        recorded_state: recorded.map_or(0, |workflow| workflow_state(workflow.state).into()),
    }
}

fn simulated_task(
    workflow: &Workflow,
    ordinal: usize,
    before: Option<&StoredTask>,
    is_compared: bool,
) -> SimulatedTask {
    let task = &workflow.tasks[ordinal];
    let recorded_state = before.map(|before| before.state);
    let is_other = match before {
        Some(before) => before.state != task.state || before.output.as_ref() != task.output.as_deref(),
        None => task.state != TaskState::Pending,
    };
    SimulatedTask {
        task: workflow.tasks.name(ordinal).unwrap_or_default(),
        state: task_state(task.state).into(),
        recorded_state: recorded_state.map_or(0, |state| task_state(state).into()),
        differs: is_compared && is_other,
        output: task.output.as_deref().cloned().map(value_from_json),
        failure: task.failure.clone().map(Into::into),
    }
}
