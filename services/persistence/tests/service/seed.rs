//! Rows as the services that own them would write them.

use goalpost_model::{AttemptRef, WorkflowId};
use uuid::Uuid;

use crate::Stores;

impl Stores {
    pub(crate) async fn execute(&self, statement: &str) {
        self.sql.batch_execute(statement).await.unwrap();
    }

    pub(crate) async fn goal(&self) -> Uuid {
        self.goal_of("default", 2).await
    }

    pub(crate) async fn goal_of(&self, namespace: &str, priority: u8) -> Uuid {
        let id = Uuid::now_v7();
        self.execute(&format!(
            "INSERT INTO goals (id, namespace, priority, goal, goal_type, input, state) \
             VALUES ('{id}', '{namespace}', {priority}, 'a goal', '', '{{}}', 'SUBMITTED')"
        ))
        .await;
        id
    }

    pub(crate) async fn set_goal(&self, id: Uuid, state: &str) {
        self.execute(&format!(
            "UPDATE goals SET state = '{state}', blueprint_digest = sha256('') WHERE id = '{id}'"
        ))
        .await;
    }

    /// A running workflow under this id.
    pub(crate) async fn workflow(&self, id: Uuid) {
        self.execute(&format!(
            "INSERT INTO blueprints (digest, body) VALUES (sha256(''), '{{}}') ON CONFLICT DO NOTHING; \
             WITH drawn AS (INSERT INTO histories AS h (id, last_number) VALUES ('{id}', 1) \
                 ON CONFLICT (id) DO UPDATE SET last_number = h.last_number + 1 RETURNING last_number) \
             INSERT INTO workflows (id, blueprint_digest, goal_text, goal_input, state, event) \
             SELECT '{id}', sha256(''), '', '{{}}', 'RUNNING', last_number FROM drawn"
        ))
        .await;
    }

    /// A payload of one part that this workflow uses.
    pub(crate) async fn payload(&self, used_by: Option<Uuid>, is_complete: bool) -> Uuid {
        let id = Uuid::now_v7();
        let (at, bytes, sha256) =
            if is_complete { ("now()", "3", "sha256('abc')") } else { ("NULL", "NULL", "NULL") };
        self.execute(&format!(
            "INSERT INTO payloads VALUES ('{id}', 'default', '', {at}, {bytes}, {sha256}); \
             INSERT INTO payload_chunks VALUES ('{id}', 0, 'abc')"
        ))
        .await;
        if let Some(workflow) = used_by {
            self.execute(&format!("INSERT INTO payload_uses VALUES ('{id}', '{workflow}')")).await;
        }
        id
    }

    pub(crate) async fn set_workflow(&self, id: Uuid, state: &str) {
        self.execute(&format!(
            "{} UPDATE workflows SET state = '{state}', event = last_number FROM drawn WHERE id = '{id}'",
            draw(id)
        ))
        .await;
    }

    /// The first attempt of a task of `weather.fetch` that is ready.
    pub(crate) async fn ready_task(&self, workflow: Uuid, ordinal: u32) -> AttemptRef {
        self.execute(&format!(
            "{} INSERT INTO tasks (workflow_id, ordinal, name, capability, state, attempt, failures, event) \
             SELECT '{workflow}', {ordinal}, 'task{ordinal}', 'weather.fetch', 'READY', 1, 0, last_number FROM drawn",
            draw(workflow)
        ))
        .await;
        AttemptRef { workflow: WorkflowId(workflow), task: ordinal, attempt: 1 }
    }

    /// A task that waits for something before its first attempt.
    pub(crate) async fn waiting_task(&self, workflow: Uuid, ordinal: u32, waits_for: &str) {
        self.execute(&format!(
            "{} INSERT INTO tasks (workflow_id, ordinal, name, capability, state, waits_for, attempt, failures, event) \
             SELECT '{workflow}', {ordinal}, 'task{ordinal}', 'weather.fetch', 'WAITING', '{waits_for}', 0, 0, last_number \
             FROM drawn",
            draw(workflow)
        ))
        .await;
    }

    pub(crate) async fn run_task(&self, task: AttemptRef, engine: Uuid) {
        self.set_task(task, &format!("state = 'RUNNING', engine_id = '{engine}'")).await;
    }

    pub(crate) async fn succeed_task(&self, task: AttemptRef, output: &str) {
        self.set_task(task, &format!("state = 'SUCCEEDED', output = '{output}'")).await;
    }

    pub(crate) async fn cancel_task(&self, task: AttemptRef) {
        self.set_task(task, "state = 'CANCELLED'").await;
    }

    async fn set_task(&self, task: AttemptRef, assignments: &str) {
        let AttemptRef { workflow, task, .. } = task;
        self.execute(&format!(
            "{} UPDATE tasks SET {assignments}, event = last_number FROM drawn \
             WHERE workflow_id = '{workflow}' AND ordinal = {task}",
            draw(workflow.0)
        ))
        .await;
    }

    /// Deliveries of these numbers to the list of goals.
    pub(crate) async fn queue_numbers_up_to(&self, last: usize) {
        self.execute(&format!(
            "INSERT INTO outbox (list, element) SELECT 'goals', n FROM generate_series(1, {last}) n"
        ))
        .await;
    }

    /// Changes rows as no service would, past all triggers.
    pub(crate) async fn break_rule(&self, statement: &str) {
        self.execute(&format!(
            "SET session_replication_role = replica; {statement}; RESET session_replication_role"
        ))
        .await;
    }
}

/// Draws the next number of a history, as `drawn`.
fn draw(history: Uuid) -> String {
    format!(
        "WITH drawn AS (\
             UPDATE histories SET last_number = last_number + 1 WHERE id = '{history}' RETURNING last_number)"
    )
}
