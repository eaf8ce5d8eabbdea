//! Figures of the whole system.

use std::collections::HashMap;

use crate::connection::Queries as _;
use crate::store::ANY_PLAN;
use crate::{Error, Store};

const STATS: &str = "\
    SELECT 'goals', state, count(*) FROM goals GROUP BY state \
    UNION ALL SELECT 'workflows', state, count(*) FROM workflows GROUP BY state \
    UNION ALL SELECT 'tasks', t.state, count(*) FROM workflows w JOIN tasks t ON t.workflow_id = w.id \
              WHERE w.state = 'RUNNING' GROUP BY t.state \
    UNION ALL SELECT 'outbox', '', count(*) FROM outbox \
    UNION ALL SELECT 'instances', kind, count(*) FROM takers WHERE dead_at IS NULL GROUP BY kind";

/// Figures of the whole system at one moment.
#[derive(Clone, Debug, Default)]
pub struct Stats {
    /// Goals by state.
    pub goals: HashMap<String, i64>,
    /// Workflows by state.
    pub workflows: HashMap<String, i64>,
    /// Tasks of running workflows by state.
    pub tasks: HashMap<String, i64>,
    /// Rows of the outbox.
    pub outbox: i64,
    /// Living takers by service.
    pub instances: HashMap<String, i64>,
}

/// Counts everything.
pub async fn stats(store: &Store) -> Result<Stats, Error> {
    let mut client = store.client().await?;
    let snapshot = client.snapshot().await?;
    snapshot.batch(ANY_PLAN).await?;
    let mut stats = Stats::default();
    for row in snapshot.query_once(STATS, &[]).await? {
        let (what, word, count): (&str, String, i64) = (row.try_get(0)?, row.try_get(1)?, row.try_get(2)?);
        match what {
            "goals" => drop(stats.goals.insert(word, count)),
            "workflows" => drop(stats.workflows.insert(word, count)),
            "tasks" => drop(stats.tasks.insert(word, count)),
            "outbox" => stats.outbox = count,
            _ => drop(stats.instances.insert(word, count)),
        }
    }
    snapshot.commit().await?;
    Ok(stats)
}
