//! Storing what became of planning.

use std::collections::HashSet;

use goalpost_model::{Digest, Failure, GoalId};
use uuid::Uuid;

use crate::{Error, Json, Store};

const INSERT_BLUEPRINTS: &str = "\
    INSERT INTO blueprints (digest, body) SELECT * FROM unnest($1::bytea[], $2::json[]) AS n (digest, body) \
    ORDER BY digest ON CONFLICT DO NOTHING";

/// Only goals that still wait for their plan: a cancellation may have come first.
const UPDATE_GOALS: &str = "\
    UPDATE goals g SET state = p.state, blueprint_digest = p.digest, failure = p.failure, \
           ended_at = CASE WHEN p.state = 'FAILED' THEN clock_timestamp() END \
    FROM unnest($1::uuid[], $2::text[], $3::bytea[], $4::json[]) AS p (id, state, digest, failure) \
    WHERE g.id = p.id AND g.state = 'SUBMITTED' RETURNING g.id";

const INSERT_DECISIONS: &str = "\
    INSERT INTO decisions (goal_id, verdict, decided_by, reason) \
    SELECT * FROM unnest($1::uuid[], $2::text[], $3::text[], $4::text[]) AS d (goal_id, verdict, decided_by, reason) \
    WHERE d.goal_id = ANY ($5)";

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
}

/// The plan, or why there is none.
#[derive(Clone, Debug)]
pub enum Verdict {
    /// It runs this blueprint.
    Plan {
        /// Digest of the blueprint.
        digest: Digest,
        /// The blueprint as JSON.
        body: Json,
    },
    /// It is given up.
    GiveUp(Failure),
}

/// Stores plans, decisions and the goals' new states in one transaction.
pub async fn store_plans(store: &Store, planned: &[Planned]) -> Result<(), Error> {
    let mut client = store.client().await?;
    let transaction = client.transaction().await?;
    let mut seen = HashSet::new();
    let (mut digests, mut bodies) = (Vec::new(), Vec::new());
    for plan in planned {
        if let Verdict::Plan { digest, body } = &plan.verdict
            && seen.insert(*digest)
        {
            digests.push(digest.0.as_slice());
            bodies.push(body);
        }
    }
    let statement = transaction.prepare_cached(INSERT_BLUEPRINTS).await?;
    transaction.execute(&statement, &[&digests, &bodies]).await?;

    let ids: Vec<Uuid> = planned.iter().map(|plan| plan.goal.0).collect();
    let states: Vec<&str> = planned.iter().map(|plan| plan.verdict.state()).collect();
    let digests: Vec<Option<&[u8]>> = planned.iter().map(|plan| plan.verdict.digest()).collect();
    let failures: Vec<Option<Json>> = planned.iter().map(|plan| plan.verdict.failure()).collect();
    let statement = transaction.prepare_cached(UPDATE_GOALS).await?;
    let rows = transaction.query(&statement, &[&ids, &states, &digests, &failures]).await?;
    let changed = rows.iter().map(|row| row.try_get(0)).collect::<Result<Vec<Uuid>, _>>()?;

    let verdicts: Vec<&str> = planned.iter().map(|plan| plan.verdict.word()).collect();
    let deciders: Vec<&str> = planned.iter().map(|plan| plan.decided_by.as_str()).collect();
    let reasons: Vec<&str> = planned.iter().map(|plan| plan.reason.as_str()).collect();
    let statement = transaction.prepare_cached(INSERT_DECISIONS).await?;
    transaction.execute(&statement, &[&ids, &verdicts, &deciders, &reasons, &changed]).await?;
    transaction.commit().await?;
    Ok(())
}

impl Verdict {
    fn state(&self) -> &'static str {
        match self {
            Self::Plan { .. } => "RUNNING",
            Self::GiveUp(_) => "FAILED",
        }
    }

    fn word(&self) -> &'static str {
        match self {
            Self::Plan { .. } => "plan",
            Self::GiveUp(_) => "give_up",
        }
    }

    fn digest(&self) -> Option<&[u8]> {
        match self {
            Self::Plan { digest, .. } => Some(digest.0.as_slice()),
            Self::GiveUp(_) => None,
        }
    }

    fn failure(&self) -> Option<Json> {
        match self {
            Self::Plan { .. } => None,
            Self::GiveUp(failure) => Some(Json::of(failure)),
        }
    }
}
