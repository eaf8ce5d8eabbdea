//! Looking for anything that breaks a promise.

use goalpost_model::WorkflowId;
use uuid::Uuid;

use crate::connection::{Queries as _, Transaction};
use crate::store::ANY_PLAN;
use crate::{Error, Store};

/// Violations that are told at most.
const LIMIT: i64 = 1_000;

const EXISTS: &str = "SELECT EXISTS (SELECT FROM histories WHERE id = $1)";

const COUNTS: &str = "\
    SELECT (SELECT count(*) FROM workflows WHERE $1::uuid IS NULL OR id = $1), \
           (SELECT count(*) FROM events WHERE $1::uuid IS NULL OR workflow_id = $1)";

/// Each check is a query that gives kind, workflow and message of what it finds.
const CHECKS: &[&str] = &[
    // Numbers 1..n, each once (the primary key sees to that), and n is the last one.
    "SELECT 'EVENT_GAP', h.id, format('the history has %s events, numbered %s to %s; its last number is %s', \
            count(e.number), min(e.number), max(e.number), h.last_number) \
     FROM histories h LEFT JOIN events e ON e.workflow_id = h.id \
     WHERE $1::uuid IS NULL OR h.id = $1 \
     GROUP BY h.id, h.last_number \
     HAVING count(e.number) <> h.last_number OR min(e.number) <> 1 OR max(e.number) <> h.last_number",
    // The last event of a task says the state that its row has.
    "SELECT 'STATE_MISMATCH', t.workflow_id, format('task %s is %s, its last event is %s', t.name, t.state, e.type) \
     FROM tasks t LEFT JOIN LATERAL ( \
         SELECT type FROM events e WHERE e.workflow_id = t.workflow_id AND e.task = t.ordinal ORDER BY number DESC LIMIT 1 \
     ) e ON true \
     WHERE ($1::uuid IS NULL OR t.workflow_id = $1) AND e.type IS DISTINCT FROM task_event(t.state) \
       AND NOT (t.state = 'WAITING' AND t.attempt > 0 AND e.type = 'ATTEMPT_FAILED')",
    // The last event of a workflow or goal says its state.
    "SELECT 'STATE_MISMATCH', w.id, format('the workflow is %s, its last event is %s', w.state, e.type) \
     FROM workflows w LEFT JOIN LATERAL ( \
         SELECT type FROM events e WHERE e.workflow_id = w.id AND type LIKE 'WORKFLOW%' AND type <> 'WORKFLOW_EXTENDED' ORDER BY number DESC LIMIT 1 \
     ) e ON true \
     WHERE ($1::uuid IS NULL OR w.id = $1) \
       AND e.type IS DISTINCT FROM 'WORKFLOW_' || w.state AND NOT (w.state = 'RUNNING' AND e.type = 'WORKFLOW_STARTED')",
    "SELECT 'STATE_MISMATCH', g.id, format('the goal is %s, its last event is %s', g.state, e.type) \
     FROM goals g LEFT JOIN LATERAL ( \
         SELECT type FROM events e WHERE e.workflow_id = g.id AND type LIKE 'GOAL%' ORDER BY number DESC LIMIT 1 \
     ) e ON true \
     WHERE ($1::uuid IS NULL OR g.id = $1) \
       AND e.type IS DISTINCT FROM CASE g.state WHEN 'RUNNING' THEN 'GOAL_PLANNED' ELSE 'GOAL_' || g.state END \
       AND NOT (g.state = 'RUNNING' AND e.type = 'GOAL_RETRIED')",
    // A plan that waits to be approved waits for somebody.
    "SELECT 'STUCK', g.id, 'the goal waits to be approved, but nobody is asked for it' \
     FROM goals g WHERE g.state = 'AWAITING_APPROVAL' AND ($1::uuid IS NULL OR g.id = $1) \
       AND NOT EXISTS (SELECT FROM plan_approvals a WHERE a.goal_id = g.id AND a.state = 'OPEN')",
    // What had to be approved runs as it was approved.
    "SELECT 'NOT_APPROVED', w.id, format('the workflow runs blueprint %s, which was not approved', encode(w.blueprint_digest, 'hex')) \
     FROM workflows w JOIN goals g ON g.id = w.id WHERE w.blueprint_digest <> ALL (g.approved_digests) AND ($1::uuid IS NULL OR w.id = $1)",
    // A workflow that runs has something that can move it on.
    "SELECT 'STUCK', w.id, 'the workflow runs, but nothing of it is ready, running or waiting for a timer' \
     FROM workflows w WHERE is_open(w.state) AND w.state <> 'REPLANNING' AND ($1::uuid IS NULL OR w.id = $1) \
       AND NOT EXISTS (SELECT FROM tasks t WHERE t.workflow_id = w.id AND t.state IN ('WAITING', 'READY', 'RUNNING') \
                       AND t.waits_for IS DISTINCT FROM 'body' \
                       AND (t.waits_for IS DISTINCT FROM 'budget' OR w.state = 'PAUSED'))",
    // What waits for a time has a timer.
    "SELECT 'TIMER_MISSING', t.workflow_id, format('task %s waits, but no timer is armed for it', t.name) \
     FROM tasks t WHERE t.state = 'WAITING' AND t.waits_for = 'time' AND ($1::uuid IS NULL OR t.workflow_id = $1) \
       AND NOT EXISTS (SELECT FROM timers r WHERE r.workflow_id = t.workflow_id AND r.task = t.ordinal)",
    // A timer has something to move.
    "SELECT 'ORPHANED_TIMER', r.workflow_id, format('the %s timer of task %s has nothing to move', r.kind, r.task) \
     FROM orphaned_timers r WHERE $1::uuid IS NULL OR r.workflow_id = $1",
    // A key is held by whoever needs it, by so many as may, and waited for only while there is no room.
    "SELECT 'ORPHANED_KEY', k.workflow_id, format('task %s has the key %s, and needs none', k.task, k.name) \
     FROM orphaned_keys k WHERE $1::uuid IS NULL OR k.workflow_id = $1",
    "SELECT 'IDLE_KEY', k.workflow_id, format('task %s waits for the key %s, which is free', k.task, k.name) \
     FROM idle_keys k WHERE $1::uuid IS NULL OR k.workflow_id = $1",
    "SELECT 'KEY_MISSING', t.workflow_id, format('task %s waits for a key, and nobody knows which', t.name) \
     FROM tasks t WHERE t.waits_for = 'key' AND ($1::uuid IS NULL OR t.workflow_id = $1) \
       AND NOT EXISTS (SELECT FROM concurrency_keys k WHERE k.workflow_id = t.workflow_id AND k.task = t.ordinal)",
    "SELECT 'KEY_OVERDRAWN', (array_agg(k.workflow_id ORDER BY k.granted_at DESC))[1], \
            format('%s tasks hold the key %s, and %s may', count(*), k.name, max(k.most)) \
     FROM concurrency_keys k WHERE k.granted_at IS NOT NULL GROUP BY k.name \
     HAVING count(*) > max(k.most) AND ($1::uuid IS NULL OR $1 = ANY (array_agg(k.workflow_id)))",
    // No attempt started twice.
    "SELECT 'ATTEMPT_TWICE', e.workflow_id, format('attempt %s of task %s started %s times', e.attempt, e.task, count(*)) \
     FROM events e WHERE e.type = 'ATTEMPT_STARTED' AND ($1::uuid IS NULL OR e.workflow_id = $1) \
     GROUP BY e.workflow_id, e.task, e.attempt HAVING count(*) > 1",
    // Nothing of an ended workflow is open.
    "SELECT 'ENDED_WITH_OPEN_TASKS', w.id, format('the workflow is %s, task %s is %s', w.state, t.name, t.state) \
     FROM workflows w JOIN tasks t ON t.workflow_id = w.id AND t.state IN ('WAITING', 'READY', 'RUNNING') \
     WHERE NOT is_open(w.state) AND ($1::uuid IS NULL OR w.id = $1)",
    // Nothing ended twice.
    "SELECT 'ENDED_TWICE', e.workflow_id, format('task %s ended %s times', e.task, count(*)) \
     FROM events e WHERE e.type IN ('TASK_SUCCEEDED', 'TASK_FAILED', 'TASK_SKIPPED', 'TASK_CANCELLED') \
       AND ($1::uuid IS NULL OR e.workflow_id = $1) \
     GROUP BY e.workflow_id, e.task HAVING count(*) > 1 + ( \
         SELECT count(*) FROM events r WHERE r.workflow_id = e.workflow_id AND r.type = 'WORKFLOW_RUNNING')",
];

/// What a verification found.
#[derive(Clone, Debug)]
pub struct Verified {
    /// What is wrong; nothing is if it is empty.
    pub violations: Vec<Violation>,
    /// How many workflows were looked at.
    pub workflows: i64,
    /// How many events were looked at.
    pub events: i64,
}

/// Something that breaks a promise.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Violation {
    /// A stable word.
    pub kind: String,
    /// Where; `None` if it belongs to no workflow.
    pub workflow: Option<WorkflowId>,
    /// What was found.
    pub message: String,
    /// What was done about it, if anything was.
    pub repaired: Option<&'static str>,
}

/// Verifies one workflow, or everything, in one snapshot: what moves between two looks must not look
/// broken. `None` if there is no such workflow.
pub async fn verify(store: &Store, only: Option<WorkflowId>) -> Result<Option<Verified>, Error> {
    let mut client = store.client().await?;
    // Ends with this, even if nobody waits for the outcome any more.
    let snapshot = client.snapshot().await?;
    snapshot.batch(ANY_PLAN).await?;
    let only = only.map(|id| id.0);
    if let Some(id) = only
        && !snapshot.query_one(EXISTS, &[&id]).await?.try_get(0)?
    {
        return Ok(None);
    }
    let verified = run(&snapshot, only).await?;
    snapshot.commit().await?;
    Ok(Some(verified))
}

async fn run(snapshot: &Transaction<'_>, only: Option<Uuid>) -> Result<Verified, Error> {
    let counts = snapshot.query_one(COUNTS, &[&only]).await?;
    let (workflows, events) = (counts.try_get(0)?, counts.try_get(1)?);
    let mut violations = Vec::new();
    for check in CHECKS {
        let limited = format!("SELECT * FROM ({check}) found (kind, workflow, message) LIMIT {LIMIT}");
        for row in snapshot.query_once(&limited, &[&only]).await? {
            violations.push(Violation {
                kind: row.try_get(0)?,
                workflow: Some(WorkflowId(row.try_get(1)?)),
                message: row.try_get(2)?,
                repaired: None,
            });
        }
    }
    violations.truncate(usize::try_from(LIMIT).unwrap_or(usize::MAX));
    Ok(Verified { violations, workflows, events })
}
