//! Storing what became of planning.

use std::collections::HashMap;

use goalpost_model::{Digest, Failure, GoalBudget, GoalId, LlmUsage};
use tokio_postgres::Row;
use uuid::Uuid;

use crate::connection::{Parameter, Queries as _};
use crate::goals::approvals::{NewApproval, ask};
use crate::goals::blueprint::{NewBlueprint, distinct};
use crate::{Error, Json, Store};

/// Only goals that still wait for their plan: a cancellation may have come first.
const STORE_PLANS: &str = "\
    WITH made AS ( \
        INSERT INTO blueprints (digest, body) SELECT * FROM unnest($1::bytea[], $2::json[]) AS n (digest, body) \
        ON CONFLICT DO NOTHING \
    ), used AS ( \
        UPDATE blueprints SET used_at = now() WHERE digest = ANY ($1) AND used_at < now() - interval '1 day' \
    ), moved AS ( \
        UPDATE goals g SET state = p.state, blueprint_digest = p.digest, failure = p.failure, \
               ended_at = CASE WHEN p.state = 'FAILED' THEN clock_timestamp() END \
        FROM unnest($3::uuid[], $4::text[], $5::bytea[], $6::json[], $7::text[], $8::text[], $9::text[], $10::json[]) \
             AS p (id, state, digest, failure, verdict, decided_by, reason, llm_usage) \
        WHERE g.id = p.id AND g.state = 'SUBMITTED' \
        RETURNING g.id, g.budget, p.verdict, p.decided_by, p.reason, p.llm_usage \
    ), decided AS ( \
        INSERT INTO decisions (goal_id, verdict, decided_by, reason, llm_usage) \
        SELECT id, verdict, decided_by, reason, llm_usage FROM moved \
    ) \
    SELECT id, budget FROM moved";

/// What became of planning a goal.
#[derive(Clone, Debug)]
pub struct Planned {
    /// The goal.
    pub goal: GoalId,
    /// The plan, or why there is none.
    pub verdict: Verdict,
    /// Who or what decided.
    pub decided_by: String,
    /// Why.
    pub reason: String,
    /// What asking a language model took, if one was asked.
    pub llm_usage: Option<LlmUsage>,
    /// The approvals that the plan needs before it runs.
    pub approvals: Vec<NewApproval>,
}

/// The plan, or why there is none.
#[derive(Clone, Debug)]
pub enum Verdict {
    /// It runs this blueprint, which is new.
    Plan(NewBlueprint),
    /// It runs this blueprint, which the caller brought along and which is stored.
    Own(Digest),
    /// There is none.
    GiveUp(Failure),
    /// There is one, and a policy refuses it.
    Refuse(Failure),
}

/// Stores plans, decisions and the goals' new states in one transaction. Answers with the goals that
/// still waited for this, and with their budgets, which are their workflows' from now on.
pub async fn store_plans(store: &Store, planned: &[Planned]) -> Result<HashMap<GoalId, GoalBudget>, Error> {
    let mut client = store.client().await?;
    let (new_digests, bodies) = distinct(planned.iter().filter_map(|plan| match &plan.verdict {
        Verdict::Plan(blueprint) => Some(blueprint),
        Verdict::Own(_) | Verdict::GiveUp(_) | Verdict::Refuse(_) => None,
    }));
    let ids: Vec<Uuid> = planned.iter().map(|plan| plan.goal.0).collect();
    let states: Vec<&str> = planned.iter().map(Planned::state).collect();
    let digests: Vec<Option<&[u8]>> =
        planned.iter().map(|plan| plan.verdict.digest().map(|digest| digest.0.as_slice())).collect();
    let failures: Vec<Option<Json>> = planned.iter().map(|plan| plan.verdict.failure()).collect();
    let verdicts: Vec<&str> = planned.iter().map(|plan| plan.verdict.word()).collect();
    let deciders: Vec<&str> = planned.iter().map(|plan| plan.decided_by.as_str()).collect();
    let reasons: Vec<&str> = planned.iter().map(|plan| plan.reason.as_str()).collect();
    let usages: Vec<Option<Json>> =
        planned.iter().map(|plan| plan.llm_usage.as_ref().map(Json::of)).collect();
    let parameters: [&dyn Parameter; 10] =
        [&new_digests, &bodies, &ids, &states, &digests, &failures, &verdicts, &deciders, &reasons, &usages];
    if planned.iter().all(|plan| plan.approvals.is_empty()) {
        return budgets(&client.query(STORE_PLANS, &parameters).await?);
    }
    let transaction = client.begin().await?;
    let moved = budgets(&transaction.query(STORE_PLANS, &parameters).await?)?;
    let stored = planned.iter().filter(|plan| moved.contains_key(&plan.goal));
    let wanted: Vec<(GoalId, &NewApproval)> =
        stored.flat_map(|plan| plan.approvals.iter().map(|approval| (plan.goal, approval))).collect();
    ask(&transaction, &wanted).await?;
    transaction.commit().await?;
    Ok(moved)
}

fn budgets(rows: &[Row]) -> Result<HashMap<GoalId, GoalBudget>, Error> {
    let of = |row: &Row| Ok((GoalId(row.try_get(0)?), row.try_get::<_, Json>(1)?.parse("a budget")?));
    rows.iter().map(of).collect()
}

impl Planned {
    fn state(&self) -> &'static str {
        match self.verdict {
            Verdict::Plan(_) | Verdict::Own(_) if self.approvals.is_empty() => "RUNNING",
            Verdict::Plan(_) | Verdict::Own(_) => "AWAITING_APPROVAL",
            Verdict::GiveUp(_) | Verdict::Refuse(_) => "FAILED",
        }
    }
}

impl Verdict {
    /// The blueprint that the goal runs, if it runs.
    pub fn digest(&self) -> Option<&Digest> {
        match self {
            Self::Plan(blueprint) => Some(&blueprint.digest),
            Self::Own(digest) => Some(digest),
            Self::GiveUp(_) | Self::Refuse(_) => None,
        }
    }

    fn word(&self) -> &'static str {
        match self {
            Self::Plan(_) | Self::Own(_) => "plan",
            Self::GiveUp(_) => "give_up",
            Self::Refuse(_) => "refuse",
        }
    }

    fn failure(&self) -> Option<Json> {
        match self {
            Self::Plan(_) | Self::Own(_) => None,
            Self::GiveUp(failure) | Self::Refuse(failure) => Some(Json::of(failure)),
        }
    }
}
