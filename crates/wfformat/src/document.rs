//! What a replay needs of a WfFormat file. The rest (files, commands, machines) is passed over unread.

use serde::Deserialize;

/// Read before all else: another version may have another shape.
#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
pub(crate) struct Version {
    pub(crate) schema_version: String,
}

#[derive(Deserialize)]
pub(crate) struct Document {
    pub(crate) name: String,
    pub(crate) workflow: Workflow,
}

#[derive(Deserialize)]
pub(crate) struct Workflow {
    pub(crate) specification: Specification,
    /// The format allows graphs that were never run.
    pub(crate) execution: Option<Execution>,
}

#[derive(Deserialize)]
pub(crate) struct Specification {
    pub(crate) tasks: Vec<SpecifiedTask>,
}

#[derive(Deserialize)]
pub(crate) struct SpecifiedTask {
    pub(crate) id: String,
    pub(crate) parents: Vec<String>,
    pub(crate) children: Vec<String>,
}

#[derive(Deserialize)]
pub(crate) struct Execution {
    pub(crate) tasks: Vec<ExecutedTask>,
}

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
pub(crate) struct ExecutedTask {
    pub(crate) id: String,
    pub(crate) runtime_in_seconds: f64,
}
