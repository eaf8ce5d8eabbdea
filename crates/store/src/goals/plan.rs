//! Storing what became of planning.

use std::collections::HashMap;

use goalpost_model::{Digest, Failure, GoalBudget, GoalId, LlmUsage};
use tokio_postgres::Row;
use uuid::Uuid;

use crate::connection::Queries as _;
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
}

/// The plan, or why there is none.
#[derive(Clone, Debug)]
pub enum Verdict {
    /// It runs this blueprint, which is new.
    Plan(NewBlueprint),
    /// It runs this blueprint, which the caller brought along and which is stored.
    Own(Digest),
    /// It is given up.
    GiveUp(Failure),
}

/// Stores plans, decisions and the goals' new states in one transaction. Answers with the goals that
/// still waited for this, and with their budgets, which are their workflows' from now on.
pub async fn store_plans(store: &Store, planned: &[Planned]) -> Result<HashMap<GoalId, GoalBudget>, Error> {
    let client = store.client().await?;
    let (new_digests, bodies) = distinct(planned.iter().filter_map(|plan| match &plan.verdict {
        Verdict::Plan(blueprint) => Some(blueprint),
        Verdict::Own(_) | Verdict::GiveUp(_) => None,
    }));
    let ids: Vec<Uuid> = planned.iter().map(|plan| plan.goal.0).collect();
    let states: Vec<&str> = planned.iter().map(|plan| plan.verdict.state()).collect();
    let digests: Vec<Option<&[u8]>> =
        planned.iter().map(|plan| plan.verdict.digest().map(|digest| digest.0.as_slice())).collect();
    let failures: Vec<Option<Json>> = planned.iter().map(|plan| plan.verdict.failure()).collect();
    let verdicts: Vec<&str> = planned.iter().map(|plan| plan.verdict.word()).collect();
    let deciders: Vec<&str> = planned.iter().map(|plan| plan.decided_by.as_str()).collect();
    let reasons: Vec<&str> = planned.iter().map(|plan| plan.reason.as_str()).collect();
    let usages: Vec<Option<Json>> =
        planned.iter().map(|plan| plan.llm_usage.as_ref().map(Json::of)).collect();
    let rows = client
        .query(
            STORE_PLANS,
            &[
                &new_digests,
                &bodies,
                &ids,
                &states,
                &digests,
                &failures,
                &verdicts,
                &deciders,
                &reasons,
                &usages,
            ],
        )
        .await?;
    rows.iter().map(with_budget).collect()
}

fn with_budget(row: &Row) -> Result<(GoalId, GoalBudget), Error> {
    Ok((GoalId(row.try_get(0)?), row.try_get::<_, Json>(1)?.parse("a budget")?))
}

impl Verdict {
    /// The blueprint that the goal runs, if it runs.
    pub fn digest(&self) -> Option<&Digest> {
        match self {
            Self::Plan(blueprint) => Some(&blueprint.digest),
            Self::Own(digest) => Some(digest),
            Self::GiveUp(_) => None,
        }
    }

    fn state(&self) -> &'static str {
        match self {
            Self::Plan(_) | Self::Own(_) => "RUNNING",
            Self::GiveUp(_) => "FAILED",
        }
    }

    fn word(&self) -> &'static str {
        match self {
            Self::Plan(_) | Self::Own(_) => "plan",
            Self::GiveUp(_) => "give_up",
        }
    }

    fn failure(&self) -> Option<Json> {
        match self {
            Self::Plan(_) | Self::Own(_) => None,
            Self::GiveUp(failure) => Some(Json::of(failure)),
        }
    }
}
