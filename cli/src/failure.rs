//! How a command fails.

use std::error::Error;
use std::io::ErrorKind;
use std::process::ExitCode;

use crate::out;

/// Why a command did not succeed.
pub(crate) enum Failure {
    /// What was asked for did not come true: a goal failed, a file has errors. It was said already.
    Negative,
    /// The input cannot be used.
    Input(String),
    /// The same, shown in the file. Nothing more, if it was shown already.
    Shown(String),
    /// The service refused a call, or cannot be reached.
    Call(goalpost_client::Error),
    /// Whoever read what was printed is gone. Nobody is there to be told.
    Unread,
    /// Something else.
    Other(Box<dyn Error + Send + Sync>),
}

impl Failure {
    /// Says it once, on standard error.
    pub(crate) fn print(&self) {
        match self {
            Self::Negative | Self::Unread => {}
            Self::Input(message) => out::note(format_args!("error: {message}\n")),
            Self::Shown(picture) => out::note(picture),
            Self::Call(error) => {
                let violations = error.violations();
                if violations.is_empty() {
                    out::note(format_args!("error: {error}\n"));
                }
                for violation in violations {
                    out::note(format_args!("error: {}: {}\n", violation.field, violation.description));
                }
            }
            Self::Other(error) => {
                out::note(format_args!("error: {}\n", goalpost_service::describe(&**error)))
            }
        }
    }

    /// 1: the answer is no; 2: the input cannot be used; 3: no answer; 141: nobody heard it, as shells say it of what
    /// SIGPIPE has ended. Not 0: what was not printed may have been a no.
    pub(crate) fn exit_code(&self) -> ExitCode {
        match self {
            Self::Negative | Self::Other(_) => ExitCode::from(1),
            Self::Unread => ExitCode::from(141),
            Self::Input(_) | Self::Shown(_) => ExitCode::from(2),
            Self::Call(goalpost_client::Error::Unreachable { .. }) => ExitCode::from(3),
            Self::Call(error) if error.violations().is_empty() => ExitCode::from(1),
            Self::Call(_) => ExitCode::from(2),
        }
    }
}

impl From<goalpost_client::Error> for Failure {
    fn from(error: goalpost_client::Error) -> Self {
        match error {
            goalpost_client::Error::Bytes(error) if error.kind() == ErrorKind::BrokenPipe => Self::Unread,
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
