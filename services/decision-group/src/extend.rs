//! What somebody adds to a goal that runs.

use goalpost_model::{Amount, Blueprint, Digest, Failure, GoalId, Spending};
use goalpost_policy::Ruling;
use goalpost_proto::Violations;
use goalpost_proto::v1::ExtendAction;
use goalpost_proto::v1::act_on_workflow_request::Action;
use goalpost_service::status;
use goalpost_store::goals::{self, Answer, NewBlueprint, StoredGoal};
use goalpost_store::workflows;
use tonic::{Code, Status};
use tonic_types::StatusExt as _;

use crate::Context;
use crate::api::CALLER;
use crate::by_hand;
use crate::checks::{Checked, Checks, Definitions};
use crate::inline::inline;
use crate::rulings::{self, Subject};

/// How often others may come first.
pub(crate) const TRIES: usize = 5;

/// An extension of one goal.
pub(crate) struct Extension<'a> {
    pub(crate) context: &'a Context,
    pub(crate) checks: &'a Checks,
    pub(crate) id: GoalId,
    pub(crate) traceparent: Option<String>,
}

impl Extension<'_> {
    /// The blueprint runs inside of the task, which waits for it.
    pub(crate) async fn put_into(&self, task: String, blueprint: Blueprint) -> Result<(), Status> {
        let goal = self.context.goal(self.id).await?;
        let checked =
            self.checks.consent(blueprint, Definitions::Catalog, &goal.namespace, self.traceparent()).await?;
        if self.context.rulings(self.checks).cover(&Subject::of(&goal)) {
            let present = self.context.blueprint(self.present().await?).await?;
            let ruling = self.ruling(&goal, CALLER, &checked, &present)?;
            rulings::inside_of_task(ruling).map_err(refused)?;
        }
        self.store(&checked.blueprint).await?;
        let action = by_hand::expand(task, None, Ok(checked.blueprint.digest), Amount::default());
        by_hand::act(self.context, self.id, action, self.traceparent()).await
    }

    /// The tasks and edges of `part` are added to what the goal runs; if a policy wants that to be approved, once it is.
    pub(crate) async fn join(&self, part: Blueprint) -> Result<(), Status> {
        let part = inline(&self.context.store, part).await.map_err(|error| status::store(&error))?;
        let goal = self.context.goal(self.id).await?;
        let mut refusal = None;
        for _ in 0..TRIES {
            let digest = self.present().await?;
            let present = self.context.blueprint(digest).await?;
            let joined = match present.joined_with(&part) {
                // It was joined before.
                Ok(None) => return Ok(()),
                Ok(Some(joined)) => joined,
                Err(conflicts) => {
                    let mut violations = Violations::default();
                    conflicts.iter().for_each(|conflict| violations.add("blueprint", conflict.to_string()));
                    return Err(status::invalid_argument(violations));
                }
            };
            let checked =
                self.checks.consent(joined, Definitions::Own, &goal.namespace, self.traceparent()).await?;
            let ruling = self.ruling(&goal, CALLER, &checked, &present)?;
            let next = &checked.blueprint;
            self.store(next).await?;
            if self.waits_for_approval(digest, next, ruling).await? {
                return Ok(());
            }
            match self.go_on_with(next.digest).await {
                Err(refused) if runs_another_by_now(&refused) => refusal = Some(refused),
                answer => return answer,
            }
        }
        Err(others_came_first(refusal))
    }

    /// What the policies say of the blueprint that comes to the present one, or takes its place.
    pub(crate) fn ruling(
        &self,
        goal: &StoredGoal,
        planned_by: &str,
        next: &Checked,
        present: &Blueprint,
    ) -> Result<Ruling, Status> {
        let rulings = self.context.rulings(self.checks);
        rulings.on_checked(&Subject::of(goal), planned_by, next, Some(present))
    }

    /// Tells the engine of a blueprint that may take the place of the one that the goal runs.
    pub(crate) async fn go_on_with(&self, digest: Digest) -> Result<(), Status> {
        // With what was decided for it a moment ago.
        let planning = self.context.goal(self.id).await?.planning;
        let planning = Some(Spending::new(0, planning).into());
        let action = Action::Extend(ExtendAction { blueprint_digest: digest.to_string(), planning });
        by_hand::act(self.context, self.id, action, self.traceparent()).await
    }

    /// Whether the goal goes on as it is until somebody has decided. What may take the place of an approved blueprint is
    /// noted before the engine hears of it.
    pub(crate) async fn waits_for_approval(
        &self,
        present: Digest,
        next: &NewBlueprint,
        ruling: Ruling,
    ) -> Result<bool, Status> {
        let store = &self.context.store;
        let away = |error: goalpost_store::Error| status::store(&error);
        let wanted = match ruling {
            Ruling::Admit => {
                goals::admit(store, self.id, next.digest).await.map_err(away)?;
                return Ok(false);
            }
            Ruling::Refuse { rule, reason } => return Err(refused(rulings::refusal(&rule, &reason))),
            Ruling::Approval(wanted) => rulings::approvals(wanted, next.digest),
        };
        match goals::ask_to_extend(store, self.id, present, next.digest, &wanted).await.map_err(away)? {
            Answer::Approved => Ok(false),
            Answer::Rejected => {
                let message = "the same blueprint was rejected before, or not approved in time";
                Err(status::with_reason(Code::FailedPrecondition, "REJECTED", message))
            }
            _ => Ok(true),
        }
    }

    /// The digest of what the goal's workflow runs.
    async fn present(&self) -> Result<Digest, Status> {
        if let Some(digest) = self.context.running(self.id).await? {
            return Ok(digest);
        }
        // Its workflow may have begun a moment ago.
        by_hand::has_workflow(self.context, self.id).await?;
        let missing = || status::not_found("workflow", &self.id.to_string());
        self.context.running(self.id).await?.ok_or_else(missing)
    }

    async fn store(&self, blueprint: &NewBlueprint) -> Result<(), Status> {
        let stored = workflows::store_blueprint(&self.context.store, blueprint).await;
        stored.map_err(|error| status::store(&error))
    }

    pub(crate) fn traceparent(&self) -> Option<&str> {
        self.traceparent.as_deref()
    }
}

/// Others have changed what the goal runs, again and again.
pub(crate) fn others_came_first(last: Option<Status>) -> Status {
    let message = last.map(|refused| refused.message().to_owned()).unwrap_or_default();
    status::with_reason(Code::Aborted, "EXTENDED_BY_OTHERS", format!("{message}; try again"))
}

/// Somebody else has extended the workflow since it was read.
pub(crate) fn runs_another_by_now(refused: &Status) -> bool {
    refused.get_details_error_info().is_some_and(|info| info.reason == "OTHER_PARENT")
}

/// A policy does not let it pass.
pub(crate) fn refused(failure: Failure) -> Status {
    status::with_reason(Code::FailedPrecondition, "REFUSED", failure.message)
}
