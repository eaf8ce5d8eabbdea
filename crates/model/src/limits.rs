//! Limits with their defaults. Beyond one, a clear error and nothing half done.

/// Tasks of one blueprint, those of graphs inside of tasks included.
pub const MAX_TASKS: usize = 10_000;
/// Edges of one blueprint, those of graphs inside of tasks included.
pub const MAX_EDGES: usize = 50_000;
/// How deep graphs may be inside of tasks.
pub const MAX_NESTING: usize = 8;
/// Items of a list that a task is run for.
pub const MAX_ITEMS: usize = 10_000;
/// Iterations of a loop.
pub const MAX_ITERATIONS: u32 = 10_000;
/// Tasks that a workflow may come to have, those of every item and iteration included.
pub const MAX_WORKFLOW_TASKS: usize = 100_000;
/// Of money in millionths, of tokens or of attempts, in a budget or in the cost of an attempt: JSON carries it exactly.
pub const MAX_AMOUNT: u64 = 1_000_000_000_000_000;
/// Signals that one workflow takes.
pub const MAX_SIGNALS: usize = 1_000;
/// Bytes of a goal's text.
pub const MAX_GOAL_BYTES: usize = 4_096;
/// Bytes of one CEL expression.
pub const MAX_EXPRESSION_BYTES: usize = 4_096;
/// Times that a workflow is planned anew because of failures.
pub const MAX_REPLANS: u32 = 10;
/// Bytes of a task's, a blueprint's or a capability's name.
pub const MAX_NAME_BYTES: usize = 128;
/// Bytes of the name of a key that tasks share.
pub const MAX_KEY_BYTES: usize = 256;
/// Tasks that may hold a key at once.
pub const MAX_KEY_HOLDERS: u32 = 10_000;
/// Bytes of a namespace's name.
pub const MAX_NAMESPACE_BYTES: usize = 64;
/// Bytes of a payload (goal input, task input, task output) as JSON, unless the limit is set otherwise; what is larger
/// is stored, and goes by reference.
pub const DEFAULT_PAYLOAD_BYTES: usize = 1 << 20;
/// The most that the limit can be set to.
pub const MAX_PAYLOAD_BYTES: usize = 2 << 20;
/// The least that the limit can be set to.
pub const MIN_PAYLOAD_BYTES: usize = 1 << 10;
/// Bytes of a stored payload, unless the limit is set otherwise.
pub const MAX_STORED_PAYLOAD_BYTES: u64 = 256 << 20;
/// Bytes of a part in which a stored payload is kept and sent.
pub const PAYLOAD_CHUNK_BYTES: usize = 256 << 10;
/// Bytes of a stored payload's content type.
pub const MAX_CONTENT_TYPE_BYTES: usize = 128;
/// Nesting of a payload: protobuf carries about 33 nested objects in a message, and a payload
/// never travels alone.
pub const MAX_PAYLOAD_DEPTH: usize = 30;
/// Bytes of a whole blueprint in its canonical form.
pub const MAX_BLUEPRINT_BYTES: usize = 3 << 20;
/// Bytes of one gRPC message that a service takes.
pub const MAX_MESSAGE_BYTES: usize = 4 << 20;
/// Bytes of one message between engine and worker: a list of small numbers is six times as large as its JSON.
pub const MAX_WORK_MESSAGE_BYTES: usize = 16 << 20;
/// Answers of a language model to one goal: three for each hole of a plan of methods, three for all of it, and some more
/// if catalogs or prompts change meanwhile.
pub const MAX_PLANNING_STEPS: usize = 16;
/// Bytes of such an answer; what is more is cut off.
pub const MAX_MODEL_ANSWER_BYTES: usize = 512 << 10;
/// Bytes of one message to the planner: a goal with everything that a language model has said to it.
pub const MAX_PLANNING_MESSAGE_BYTES: usize =
    MAX_MESSAGE_BYTES + MAX_BLUEPRINT_BYTES + MAX_PLANNING_STEPS * MAX_MODEL_ANSWER_BYTES;
/// Attempts of one task.
pub const MAX_ATTEMPTS: u32 = 100;
/// Bytes of a request_id.
pub const MAX_REQUEST_ID_BYTES: usize = 128;
/// Bytes of the reason of a cancellation.
pub const MAX_REASON_BYTES: usize = 1_024;
/// The longest pause, timeout or wait: ten years, in milliseconds.
pub const MAX_DELAY_MS: u64 = 10 * 366 * 24 * 60 * 60 * 1_000;
/// Failure kinds that a retry policy may name, and bytes of one.
pub const MAX_FAILURE_KINDS: usize = 100;
/// Bytes of a reference to a secret.
pub const MAX_SECRET_REFERENCE_BYTES: usize = 256;
/// Bytes of a secret.
pub const MAX_SECRET_BYTES: usize = 64 << 10;
/// Fewer bytes of a secret could not be told from other text.
pub const MIN_SECRET_BYTES: usize = 4;
/// Secrets that one input may refer to.
pub const MAX_SECRETS: usize = 100;
