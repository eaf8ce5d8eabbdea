//! Stored things that more than one service shows.

use goalpost_proto::{timestamp, v1};
use goalpost_store::goals::StoredDecision;

/// A verdict as the API shows it.
pub fn decision(stored: StoredDecision) -> v1::Decision {
    let StoredDecision { verdict, decided_by, reason, at, llm_usage, blueprint_digest, approval } = stored;
    v1::Decision {
        verdict,
        decided_by,
        reason,
        at: Some(timestamp(at)),
        usage: llm_usage.map(Into::into),
        blueprint_digest: blueprint_digest.map(|digest| digest.to_string()).unwrap_or_default(),
        approval_id: approval.map(|id| id.to_string()).unwrap_or_default(),
    }
}
