//! Histories as JSON, for an archive.

use goalpost_model::WorkflowId;
use uuid::Uuid;

use crate::connection::Queries as _;
use crate::{Error, Store};

const AS_JSON: &str = "\
    SELECT json_build_object( \
        'id', h.id, \
        'goal', (SELECT row_to_json(g) FROM goals g WHERE g.id = h.id), \
        'decisions', (SELECT json_agg(d ORDER BY number) FROM decisions d WHERE d.goal_id = h.id), \
        'planning_steps', (SELECT json_agg(p ORDER BY task, attempt, number) FROM planning_steps p WHERE p.id = h.id), \
        'workflow', (SELECT row_to_json(w) FROM workflows w WHERE w.id = h.id), \
        'tasks', (SELECT json_agg(t ORDER BY ordinal) FROM tasks t WHERE t.workflow_id = h.id), \
        'signals', (SELECT json_agg(s ORDER BY place) FROM signals s WHERE s.workflow_id = h.id), \
        'events', (SELECT json_agg(e ORDER BY number) FROM events e WHERE e.workflow_id = h.id) \
    )::text FROM unnest($1::uuid[]) AS n (id) JOIN histories h USING (id) ORDER BY h.id";

/// Each of the histories, whole, as one JSON document of a line.
pub async fn histories_as_json(store: &Store, ids: &[WorkflowId]) -> Result<Vec<String>, Error> {
    let ids: Vec<Uuid> = ids.iter().map(|id| id.0).collect();
    let rows = store.client().await?.query(AS_JSON, &[&ids]).await?;
    // What people wrote may have line feeds between its parts; within strings JSON has none.
    rows.iter().map(|row| Ok(row.try_get::<_, String>(0)?.replace(['\n', '\r'], " "))).collect()
}
