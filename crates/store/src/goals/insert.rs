//! Submitting goals.

use std::collections::{HashMap, HashSet};

use goalpost_model::{Digest, GoalId, Namespace, Priority};
use uuid::Uuid;

use crate::connection::Queries as _;
use crate::goals::blueprint::{NewBlueprint, distinct};
use crate::{Error, Json, Store};

/// A request_id that is taken stays with the goal of its namespace that took it first.
const INSERT: &str = "\
    WITH brought AS ( \
        INSERT INTO blueprints (digest, body) SELECT * FROM unnest($1::bytea[], $2::json[]) AS n (digest, body) \
        ON CONFLICT DO NOTHING \
    ), used AS ( \
        UPDATE blueprints SET used_at = now() WHERE digest = ANY ($1) AND used_at < now() - interval '1 day' \
    ) \
    INSERT INTO goals (id, namespace, priority, request_id, request_digest, goal, goal_type, blueprint_digest, input, \
                       state, traceparent, policy, budget) \
    SELECT n.id, n.namespace, n.priority, n.request_id, n.request_digest, n.goal, n.goal_type, n.blueprint, n.input, \
           'SUBMITTED', n.traceparent, n.policy, n.budget \
    FROM (SELECT *, row_number() OVER (PARTITION BY namespace) AS place FROM unnest( \
              $3::uuid[], $4::text[], $5::smallint[], $6::text[], $7::bytea[], $8::text[], $9::text[], $10::bytea[], \
              $11::json[], $12::text[], $14::json[], $15::json[]) \
          AS u (id, namespace, priority, request_id, request_digest, goal, goal_type, blueprint, input, traceparent, policy, budget)) n \
    LEFT JOIN namespaces s ON s.name = n.namespace \
    WHERE coalesce(s.open_goals, 0) + n.place <= $13 \
    ORDER BY n.namespace, n.request_id, n.id \
    ON CONFLICT (namespace, request_id) WHERE request_id IS NOT NULL DO NOTHING \
    RETURNING id";

const TAKEN: &str = "\
    SELECT g.namespace, g.request_id, g.id, g.request_digest \
    FROM unnest($1::text[], $2::text[]) AS n (namespace, request_id) JOIN goals g USING (namespace, request_id)";

/// A goal to be stored.
#[derive(Clone, Debug)]
pub struct NewGoal {
    /// Its id.
    pub id: GoalId,
    /// Whose it is.
    pub namespace: Namespace,
    /// How much it may claim.
    pub priority: Priority,
    /// What makes the submission idempotent, if the caller wants that.
    pub request: Option<RequestKey>,
    /// The goal in words, or empty.
    pub goal: String,
    /// The structured goal type, or empty.
    pub goal_type: String,
    /// The caller's own blueprint, checked.
    pub blueprint: Option<NewBlueprint>,
    /// The goal's input.
    pub input: Json,
    /// W3C trace context of the caller.
    pub traceparent: Option<String>,
    /// The caller's own policy.
    pub policy: Option<Json>,
    /// What it may take.
    pub budget: Json,
}

/// The caller's key for idempotency.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct RequestKey {
    /// The key.
    pub id: String,
    /// The digest of the request: tells a repeated one from a reused key.
    pub digest: Digest,
}

/// What became of a goal to be stored.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Inserted {
    /// It is stored.
    New,
    /// The same request stored this goal before.
    Repeated(GoalId),
    /// The request_id belongs to another request.
    Reused(GoalId),
    /// It is not stored: its namespace has as many open goals as it may have.
    Full,
}

/// Stores the goals in one transaction, those of a namespace as long as it has no more than `max_open`
/// open ones. Answers in their order. Of writers that run side by side each counts what the others have
/// committed.
pub async fn insert(store: &Store, goals: &[NewGoal], max_open: u32) -> Result<Vec<Inserted>, Error> {
    let client = store.client().await?;
    let ids: Vec<Uuid> = goals.iter().map(|goal| goal.id.0).collect();
    let namespaces: Vec<&str> = goals.iter().map(|goal| goal.namespace.as_str()).collect();
    let priorities: Vec<i16> = goals.iter().map(|goal| goal.priority.rank()).collect();
    let request_ids: Vec<Option<&str>> =
        goals.iter().map(|goal| goal.request.as_ref().map(|request| request.id.as_str())).collect();
    let digests: Vec<Option<&[u8]>> =
        goals.iter().map(|goal| goal.request.as_ref().map(|request| request.digest.0.as_slice())).collect();
    let texts: Vec<&str> = goals.iter().map(|goal| goal.goal.as_str()).collect();
    let types: Vec<&str> = goals.iter().map(|goal| goal.goal_type.as_str()).collect();
    let (new_digests, bodies) = distinct(goals.iter().filter_map(|goal| goal.blueprint.as_ref()));
    let blueprints: Vec<Option<&[u8]>> = goals
        .iter()
        .map(|goal| goal.blueprint.as_ref().map(|blueprint| blueprint.digest.0.as_slice()))
        .collect();
    let inputs: Vec<&Json> = goals.iter().map(|goal| &goal.input).collect();
    let traceparents: Vec<Option<&str>> = goals.iter().map(|goal| goal.traceparent.as_deref()).collect();
    let policies: Vec<Option<&Json>> = goals.iter().map(|goal| goal.policy.as_ref()).collect();
    let budgets: Vec<&Json> = goals.iter().map(|goal| &goal.budget).collect();
    let rows = client
        .query(
            INSERT,
            &[
                &new_digests,
                &bodies,
                &ids,
                &namespaces,
                &priorities,
                &request_ids,
                &digests,
                &texts,
                &types,
                &blueprints,
                &inputs,
                &traceparents,
                &i64::from(max_open),
                &policies,
                &budgets,
            ],
        )
        .await?;
    let stored = rows.iter().map(|row| row.try_get(0)).collect::<Result<HashSet<Uuid>, _>>()?;
    if stored.len() == goals.len() {
        return Ok(vec![Inserted::New; goals.len()]);
    }
    let taken: HashMap<(String, String), (GoalId, Vec<u8>)> = client
        .query(TAKEN, &[&namespaces, &request_ids])
        .await?
        .iter()
        .map(|row| Ok(((row.try_get(0)?, row.try_get(1)?), (GoalId(row.try_get(2)?), row.try_get(3)?))))
        .collect::<Result<_, Error>>()?;
    let earlier = |goal: &NewGoal| {
        let request = goal.request.as_ref()?;
        let (id, digest) = taken.get(&(goal.namespace.to_string(), request.id.clone()))?;
        let is_same = *digest == request.digest.0;
        Some(if is_same { Inserted::Repeated(*id) } else { Inserted::Reused(*id) })
    };
    let outcome = |goal: &NewGoal| match stored.contains(&goal.id.0) {
        true => Inserted::New,
        false => earlier(goal).unwrap_or(Inserted::Full),
    };
    Ok(goals.iter().map(outcome).collect())
}
