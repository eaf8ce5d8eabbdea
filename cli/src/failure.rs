//! How a command fails: what is said, what to do next, and the exit code.

use std::error::Error;
use std::io::ErrorKind;
use std::process::ExitCode;

use goalpost_client::Error as CallError;
use tonic::Code;

use crate::out;

/// The exit codes, as the help says them.
pub(crate) const EXIT_CODES: &str = "\
Exit codes:
  0    it was done; the goal succeeded
  1    the answer is no: the goal failed or was cancelled, a file has errors, two files differ, a promise is broken
  2    the command, a file or a request cannot be used as it is
  3    nobody answers: the system does not run, or not there, or is too busy
  4    there is no such thing
  5    it was refused: not allowed, or not possible as things are now
  6    something else went wrong
  141  nobody reads what is printed any more";

/// Why a command did not succeed.
#[derive(Debug)]
pub(crate) enum Failure {
    /// What was asked for did not come true: a goal failed, a file has errors. It was said already.
    Negative,
    /// The input cannot be used.
    Input(String),
    /// The same, shown in the file. Nothing more, if it was shown already.
    Shown(String),
    /// There is no such thing among those that there are.
    Unknown(String),
    /// Nobody answers.
    Away(String),
    /// The service refused a call, or cannot be reached.
    Call(CallError),
    /// Whoever read what was printed is gone. Nobody is there to be told.
    Unread,
    /// Something else.
    Other(Box<dyn Error + Send + Sync>),
}

impl Failure {
    /// Says it once, on standard error, and what to do next.
    pub(crate) fn print(&self) {
        match self {
            Self::Negative | Self::Unread => {}
            Self::Input(message) | Self::Unknown(message) | Self::Away(message) => {
                out::note(format_args!("error: {message}\n"));
            }
            Self::Shown(picture) => out::note(picture),
            Self::Call(error) => {
                let violations = error.violations();
                if violations.is_empty() {
                    out::note(format_args!("error: {error}\n"));
                }
                for violation in violations {
                    out::note(format_args!("error: {}: {}\n", violation.field, violation.description));
                }
                if let Some(hint) = hint(error) {
                    out::note(format_args!("hint: {hint}\n"));
                }
            }
            Self::Other(error) => {
                out::note(format_args!("error: {}\n", goalpost_service::describe(&**error)))
            }
        }
    }

    /// As [`EXIT_CODES`] say. 141 is what shells say of what SIGPIPE has ended; not 0: what was not printed may have
    /// been a no.
    pub(crate) fn exit_code(&self) -> ExitCode {
        ExitCode::from(self.number())
    }

    fn number(&self) -> u8 {
        match self {
            Self::Negative => 1,
            Self::Input(_) | Self::Shown(_) => 2,
            Self::Away(_) => 3,
            Self::Unknown(_) => 4,
            Self::Call(error) => of_call(error),
            Self::Other(_) => 6,
            Self::Unread => 141,
        }
    }
}

fn of_call(error: &CallError) -> u8 {
    match error.code() {
        None if matches!(error, CallError::Endpoint(_)) => 2,
        None => 6,
        Some(Code::InvalidArgument | Code::OutOfRange) => 2,
        Some(Code::Unavailable | Code::DeadlineExceeded | Code::ResourceExhausted | Code::Cancelled) => 3,
        Some(Code::NotFound) => 4,
        Some(
            Code::AlreadyExists
            | Code::Unauthenticated
            | Code::PermissionDenied
            | Code::FailedPrecondition
            | Code::Aborted,
        ) => 5,
        Some(_) => 6,
    }
}

/// What to do next, where the service cannot know it.
fn hint(error: &CallError) -> Option<&'static str> {
    if matches!(error, CallError::Unreachable { .. }) {
        return Some("`goalpost profile show` says where it is looked for; --endpoint names another place");
    }
    match (error.code()?, error.reason().as_deref()) {
        (Code::NotFound, Some("NO_BLUEPRINT")) => Some("`goalpost describe GOAL` says how far it is"),
        (Code::NotFound, _) => Some("`goalpost list` shows the goals that there are"),
        (_, Some("NOT_A_DECIDER")) => {
            Some("`goalpost decisions` shows who may decide; --by says who you are")
        }
        (_, Some("NOTHING_TO_DECIDE" | "OTHER_DIGEST")) => {
            Some("`goalpost decisions` shows what waits for a decision")
        }
        (_, Some("REQUEST_ID_REUSED")) => Some("without --request-id each submission is a goal of its own"),
        (Code::Unauthenticated, _) => {
            Some("give a key: GOALPOST_API_KEY, or `goalpost profile add NAME --api-key KEY`")
        }
        (Code::PermissionDenied, _) => {
            Some("`goalpost profile show` says with what you come; another key may be allowed to")
        }
        (Code::FailedPrecondition, _) => Some("`goalpost describe GOAL` says how far the goal is"),
        (Code::Unimplemented, _) => Some("the system is older than this program, or is something else"),
        _ => None,
    }
}

impl From<CallError> for Failure {
    fn from(error: CallError) -> Self {
        match error {
            CallError::Bytes(error) if error.kind() == ErrorKind::BrokenPipe => Self::Unread,
            error => Self::Call(error),
        }
    }
}

impl From<std::io::Error> for Failure {
    fn from(error: std::io::Error) -> Self {
        match error.kind() {
            ErrorKind::BrokenPipe => Self::Unread,
            _ => Self::Other(Box::new(error)),
        }
    }
}

impl From<serde_json::Error> for Failure {
    fn from(error: serde_json::Error) -> Self {
        Self::Other(Box::new(error))
    }
}

#[cfg(test)]
mod tests {
    use tonic::Status;

    use super::*;

    #[test]
    fn the_exit_code_tells_what_kind_of_failure_it_is() {
        let refused = |code| Failure::Call(CallError::Refused(Box::new(Status::new(code, "no"))));
        for (failure, expected) in [
            (Failure::Negative, 1),
            (refused(Code::InvalidArgument), 2),
            (Failure::Call(CallError::Endpoint(String::new())), 2),
            (refused(Code::Unavailable), 3),
            (refused(Code::NotFound), 4),
            (refused(Code::PermissionDenied), 5),
            (refused(Code::FailedPrecondition), 5),
            (refused(Code::Internal), 6),
            (Failure::Unread, 141),
        ] {
            assert_eq!(failure.number(), expected, "{failure:?}");
            assert!(EXIT_CODES.contains(&format!("\n  {expected} ")), "{expected}");
        }
    }
}
