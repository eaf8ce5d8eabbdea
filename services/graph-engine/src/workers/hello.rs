//! The first message of a worker's stream, checked.

use std::collections::BTreeSet;

use goalpost_checker::builtin;
use goalpost_model::{SessionId, limits};
use goalpost_proto::Violations;
use goalpost_proto::v1::{AttemptRef, WorkRequest, WorkerHello, work_request};
use goalpost_store::workflows::HeldAttempt;

/// Capabilities that one worker may offer.
const MAX_CAPABILITIES: usize = 256;
/// Attempts that one worker may run at once.
const MAX_CONCURRENCY: i32 = 10_000;

/// Who the worker is, as far as the engine has to know.
#[derive(Debug)]
pub(crate) struct Hello {
    pub(crate) session: SessionId,
    pub(crate) name: String,
    pub(crate) capabilities: Vec<String>,
    pub(crate) max_concurrency: usize,
    pub(crate) held: Vec<HeldAttempt>,
    /// How large a message it takes.
    pub(crate) max_message_bytes: usize,
}

impl Hello {
    /// Reads the first message. Errors name every wrong field.
    pub(crate) fn read(first: Option<WorkRequest>) -> Result<Self, Violations> {
        let mut violations = Violations::default();
        let Some(work_request::Message::Hello(hello)) = first.and_then(|request| request.message) else {
            violations.add("hello", "must be the first message of the stream");
            return Err(violations);
        };
        let WorkerHello { session_id, name, capabilities, max_concurrency, held, max_message_bytes } = hello;
        let session = session_id.parse::<SessionId>();
        if session.is_err() {
            violations.add("hello.session_id", "must be a UUID, fresh at each start of the worker");
        }
        if name.is_empty() || name.len() > limits::MAX_NAME_BYTES || name.contains('\0') {
            violations.add("hello.name", "must have 1 to 128 bytes, none of them NUL");
        }
        check_capabilities(&capabilities, &mut violations);
        if !(1..=MAX_CONCURRENCY).contains(&max_concurrency) {
            violations.add("hello.max_concurrency", "must be 1 to 10,000");
        }
        if max_message_bytes < 0 {
            violations.add("hello.max_message_bytes", "must not be negative");
        }
        let mut held: Vec<HeldAttempt> = held
            .into_iter()
            .enumerate()
            .filter_map(|(place, attempt)| {
                let read = read_attempt(Some(attempt));
                if read.is_none() {
                    violations.add(format!("hello.held[{place}]"), "must name an attempt as it was assigned");
                }
                read
            })
            .collect();
        // Rows are locked in the order in which the committer locks them.
        held.sort_by_key(|attempt| attempt.workflow);
        match (session, violations.is_empty()) {
            (Ok(session), true) => Ok(Self {
                session,
                name,
                capabilities: capabilities.into_iter().collect::<BTreeSet<_>>().into_iter().collect(),
                max_concurrency: usize::try_from(max_concurrency).unwrap_or(1),
                held,
                max_message_bytes: match usize::try_from(max_message_bytes) {
                    Ok(0) | Err(_) => limits::MAX_MESSAGE_BYTES,
                    Ok(bytes) => bytes,
                },
            }),
            _ => Err(violations),
        }
    }
}

fn check_capabilities(capabilities: &[String], violations: &mut Violations) {
    if capabilities.is_empty() || capabilities.len() > MAX_CAPABILITIES {
        violations.add("hello.capabilities", "must have 1 to 256 entries");
    }
    for (place, capability) in capabilities.iter().enumerate() {
        let is_fine = (1..=limits::MAX_NAME_BYTES).contains(&capability.len())
            && capability.bytes().all(|byte| byte.is_ascii_alphanumeric() || b"._-/".contains(&byte));
        if !is_fine {
            violations.add(
                format!("hello.capabilities[{place}]"),
                "must be 1 to 128 letters, digits, '.', '_', '-' or '/', as the catalog has it",
            );
        } else if capability.starts_with(builtin::PREFIX) {
            violations.add(
                format!("hello.capabilities[{place}]"),
                format!("must not begin with '{}': these the engine has itself", builtin::PREFIX),
            );
        }
    }
}

/// The attempt that a worker names; `None` if it cannot be one.
pub(crate) fn read_attempt(attempt: Option<AttemptRef>) -> Option<HeldAttempt> {
    let AttemptRef { workflow_id, task, attempt } = attempt?;
    Some(HeldAttempt {
        workflow: workflow_id.parse().ok()?,
        // No task has such a name, and PostgreSQL takes no NUL.
        task: Some(task).filter(|task| !task.contains('\0'))?,
        attempt: u32::try_from(attempt).ok().filter(|attempt| *attempt > 0)?,
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    fn request(hello: WorkerHello) -> Option<WorkRequest> {
        Some(WorkRequest { message: Some(work_request::Message::Hello(hello)) })
    }

    fn hello() -> WorkerHello {
        WorkerHello {
            session_id: "018f4d3a-0000-7000-8000-000000000001".to_owned(),
            name: "w".to_owned(),
            capabilities: vec!["b".to_owned(), "a".to_owned(), "b".to_owned()],
            max_concurrency: 3,
            held: Vec::new(),
            max_message_bytes: 0,
        }
    }

    #[test]
    fn a_capability_named_twice_is_offered_once() {
        assert_eq!(Hello::read(request(hello())).unwrap().capabilities, ["a", "b"]);
    }

    #[test]
    fn what_the_engine_does_itself_is_offered_by_no_worker() {
        let wrong = WorkerHello { capabilities: vec![builtin::WAIT.to_owned()], ..hello() };
        let violations = Hello::read(request(wrong)).unwrap_err();
        assert_eq!(violations.iter().next().unwrap().field, "hello.capabilities[0]");
    }

    #[test]
    fn every_wrong_field_is_named() {
        let wrong = WorkerHello {
            session_id: "me".to_owned(),
            name: String::new(),
            capabilities: vec!["a b".to_owned()],
            max_concurrency: 0,
            held: vec![AttemptRef::default()],
            max_message_bytes: -1,
        };
        let fields: Vec<String> =
            Hello::read(request(wrong)).unwrap_err().into_iter().map(|violation| violation.field).collect();
        let expected =
            ["session_id", "name", "capabilities[0]", "max_concurrency", "max_message_bytes", "held[0]"]
                .map(|field| format!("hello.{field}"));
        assert_eq!(fields, expected);
        assert!(Hello::read(None).is_err());
    }
}
