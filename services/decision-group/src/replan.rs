//! Another plan for a goal that runs: the planner's, or one that somebody brings along.
//!
//! ```text
//! present plan, what has become of it -> other plan -> revision -> checked -> ruled, decided, stored -> (approved) -> engine
//! ```

use goalpost_model::{Blueprint, Digest, Failure, LlmUsage, Past, WorkflowState};
use goalpost_policy::Ruling;
use goalpost_proto::v1::{PlanRequest, ReplanRequest, ReplanResponse};
use goalpost_proto::{Violations, blueprint_from_model, read_blueprint, struct_from_map};
use goalpost_service::{status, trace_context};
use goalpost_store::goals::NewBlueprint;
use goalpost_store::workflows::{self, RunningGoal};
use tonic::{Code, Status};

use crate::Context;
use crate::api::CALLER;
use crate::by_hand;
use crate::checks::{Checked, Definitions};
use crate::extend::{Extension, TRIES, others_came_first, refused, runs_another_by_now};
use crate::planner::Decided;
use crate::refusals::may_pass;
use crate::rulings;

/// Whose plan it is.
pub(crate) enum Source {
    /// Whoever asks brings it along.
    Caller(Box<Blueprint>),
    /// The planner makes it of the catalog.
    Planner,
    /// A language model has made it, or has none.
    Model(Decided),
}

/// What became of looking for another plan.
pub(crate) enum Found {
    /// The one with this digest, which is stored and decided on, and may run.
    Plan(Digest),
    /// One that somebody has to approve: the goal goes on with it then.
    Waits,
    /// It is the one that runs.
    Same,
    /// The catalog has none, and a language model may be asked: the failure says why.
    MayDraft(Failure),
    /// There is none, or what there is will not do.
    Nothing(Status),
}

/// Another plan, as somebody says it.
struct Next {
    blueprint: Blueprint,
    decided_by: String,
    reason: String,
    usage: Option<LlmUsage>,
}

/// What the planner says.
enum Planned {
    /// The plan, who made it, and why.
    Plan(Blueprint, String, String),
    MayDraft(Failure),
    Nothing(Failure),
}

impl Extension<'_> {
    /// Has the goal go on with another plan; if a policy wants that to be approved, once it is. `reason` says why, for
    /// the record.
    pub(crate) async fn replan(&self, reason: &str, source: &Source) -> Result<(), Status> {
        let mut refusal = None;
        for _ in 0..TRIES {
            let running = self.running_goal().await?;
            if running.state.is_terminal() {
                let message = format!("the goal's workflow is {} already", running.state);
                return Err(status::with_reason(Code::FailedPrecondition, "STALE", message));
            }
            let digest = match self.revise(&running, source, reason).await? {
                Found::Plan(digest) => digest,
                Found::Same | Found::Waits => return Ok(()),
                // A model takes its time: only what waits for a plan waits for it.
                Found::MayDraft(failure) => return Err(no_plan(&failure)),
                Found::Nothing(status) => return Err(status),
            };
            match self.go_on_with(digest).await {
                Err(refused) if runs_another_by_now(&refused) => refusal = Some(refused),
                answer => return answer,
            }
        }
        Err(others_came_first(refusal))
    }

    async fn running_goal(&self) -> Result<RunningGoal, Status> {
        let found = || workflows::running_goal(&self.context.store, self.id.into());
        if let Some(running) = found().await.map_err(|error| status::store(&error))? {
            return Ok(running);
        }
        // Its workflow may have begun a moment ago.
        by_hand::has_workflow(self.context, self.id).await?;
        let running = found().await.map_err(|error| status::store(&error))?;
        running.ok_or_else(|| status::not_found("workflow", &self.id.to_string()))
    }

    /// Looks for the plan that takes the place of the present one, and decides for it. Errors: what may pass.
    pub(crate) async fn revise(
        &self,
        running: &RunningGoal,
        source: &Source,
        why: &str,
    ) -> Result<Found, Status> {
        let present = self.context.blueprint(running.blueprint_digest).await?;
        let next = match source {
            Source::Caller(blueprint) => Next {
                blueprint: Blueprint::clone(blueprint),
                decided_by: CALLER.to_owned(),
                reason: why.to_owned(),
                usage: None,
            },
            Source::Planner => match ask_planner(self.context, running, &present).await? {
                Planned::Plan(blueprint, decided_by, reason) => {
                    Next { blueprint, decided_by, reason: format!("{why}: {reason}"), usage: None }
                }
                Planned::MayDraft(failure) => return Ok(Found::MayDraft(failure)),
                Planned::Nothing(failure) => return Ok(Found::Nothing(no_plan(&failure))),
            },
            Source::Model(Decided { plan: Ok(blueprint), by, usage, .. }) => Next {
                blueprint: Blueprint::clone(blueprint),
                decided_by: by.clone(),
                reason: why.to_owned(),
                usage: usage.clone(),
            },
            Source::Model(Decided { plan: Err(failure), .. }) => {
                return Ok(Found::Nothing(no_plan(failure)));
            }
        };
        let has_ended =
            |task: &str| running.tasks.get(task).is_some_and(|progress| progress.state.is_terminal());
        let revised = match present.revised_by(&next.blueprint, has_ended) {
            Ok(None) => return Ok(Found::Same),
            Ok(Some(revised)) => revised,
            Err(conflicts) => {
                let mut violations = Violations::default();
                conflicts.iter().for_each(|conflict| violations.add("blueprint", conflict.to_string()));
                return Ok(Found::Nothing(status::invalid_argument(violations)));
            }
        };
        let checked = self.checks.consent(revised, Definitions::Own, &running.namespace, self.traceparent());
        match checked.await {
            Ok(revised) => self.admitted(&present, &revised, &next).await,
            Err(refused) => nothing(refused),
        }
    }

    /// The last look at a revision before the engine is told: what policies say of it. Somebody's approval is asked for
    /// only if it gains what writes. The decision for it comes first, so that it is there whoever lets the goal go on.
    async fn admitted(&self, present: &Blueprint, checked: &Checked, next: &Next) -> Result<Found, Status> {
        let store = &self.context.store;
        let goal = self.context.goal(self.id).await?;
        let revised = &checked.blueprint;
        let ruling = match self.ruling(&goal, &next.decided_by, checked, present) {
            Ok(Ruling::Refuse { rule, reason }) => {
                return Ok(Found::Nothing(refused(rulings::refusal(&rule, &reason))));
            }
            Ok(ruling) => ruling,
            Err(refused) => return nothing(refused),
        };
        let reason = with_what_is_gained(&next.reason, present, revised)?;
        let (by, usage) = (&next.decided_by, next.usage.as_ref());
        let decided = workflows::decide_replan(store, self.id, revised, by, &reason, usage).await;
        decided.map_err(|error| status::store(&error))?;
        match self.waits_for_approval(present.digest(), revised, ruling).await {
            Ok(true) => Ok(Found::Waits),
            Ok(false) => Ok(Found::Plan(revised.digest)),
            Err(refused) => nothing(refused),
        }
    }
}

/// No plan, for this reason; unless it may pass.
fn nothing(refused: Status) -> Result<Found, Status> {
    if may_pass(&refused) { Err(refused) } else { Ok(Found::Nothing(refused)) }
}

/// The reason for the record, which names what the plan may write with and the present one may not.
fn with_what_is_gained(reason: &str, present: &Blueprint, revised: &NewBlueprint) -> Result<String, Status> {
    let revised = revised.blueprint().map_err(|error| status::store(&error))?;
    let gained: Vec<String> = revised.writes_gained_over(present).into_iter().collect();
    Ok(if gained.is_empty() {
        reason.to_owned()
    } else {
        format!("{reason}; it may write with {}, too", gained.join(", "))
    })
}

/// The planner's other plan. Errors: what may pass.
async fn ask_planner(
    context: &Context,
    running: &RunningGoal,
    present: &Blueprint,
) -> Result<Planned, Status> {
    if running.goal.trim().is_empty() && running.goal_type.is_empty() {
        let message = "the goal came with its blueprint; only somebody who brings another one can change it";
        return Ok(Planned::Nothing(Failure::new(Failure::NO_PLAN, message)));
    }
    let Past { failed, cancelled, .. } = running.past();
    let PlanRequest { goal, goal_type, input, namespace } = request(running);
    let request = ReplanRequest {
        goal,
        goal_type,
        input,
        namespace,
        blueprint: Some(blueprint_from_model(present)),
        failed: failed.into_iter().collect(),
        cancelled: cancelled.into_iter().collect(),
    };
    let request = trace_context::request(request, running.traceparent.as_deref());
    let answer = match context.peers.planner.clone().replan(request).await {
        Ok(answer) => answer.into_inner(),
        Err(refused) if may_pass(&refused) => return Err(refused),
        Err(refused) => {
            let message = format!("the planner refused the goal: {}", refused.message());
            return Ok(Planned::Nothing(Failure::new(Failure::NO_PLAN, message)));
        }
    };
    let ReplanResponse { blueprint, planned_by, reason, failure, may_draft } = answer;
    if let Some(failure) = failure {
        let failure = failure.into();
        return Ok(if may_draft { Planned::MayDraft(failure) } else { Planned::Nothing(failure) });
    }
    let mut violations = Violations::default();
    Ok(match read_blueprint(blueprint.unwrap_or_default(), "blueprint", &mut violations) {
        Some(blueprint) => Planned::Plan(blueprint, planned_by, reason),
        None => Planned::Nothing(Failure::new(Failure::BLUEPRINT_INVALID, violations.to_string())),
    })
}

/// The goal that runs, as the planner is asked for it.
pub(crate) fn request(running: &RunningGoal) -> PlanRequest {
    PlanRequest {
        goal: if running.goal_type.is_empty() { running.goal.clone() } else { String::new() },
        goal_type: running.goal_type.clone(),
        input: Some(struct_from_map(&running.input)),
        namespace: running.namespace.to_string(),
    }
}

fn no_plan(failure: &Failure) -> Status {
    status::with_reason(Code::FailedPrecondition, "NO_PLAN", failure.message.clone())
}

/// Whether the workflow still waits for the plan of this number.
pub(crate) fn waits_for(running: &RunningGoal, number: u32) -> bool {
    running.state == WorkflowState::Replanning && running.replans == number
}
