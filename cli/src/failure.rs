//! How a command fails.

use std::error::Error;
use std::process::ExitCode;

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
    /// Something else.
    Other(Box<dyn Error + Send + Sync>),
}

impl Failure {
    /// Says it once, on standard error.
    pub(crate) fn print(&self) {
        match self {
            Self::Negative => {}
            Self::Input(message) => eprintln!("error: {message}"),
            Self::Shown(picture) => eprint!("{picture}"),
            Self::Call(error) => {
                let violations = error.violations();
                if violations.is_empty() {
                    eprintln!("error: {error}");
                }
                for violation in violations {
                    eprintln!("error: {}: {}", violation.field, violation.description);
                }
            }
            Self::Other(error) => eprintln!("error: {}", goalpost_service::describe(&**error)),
        }
    }

    /// 1: the answer is no; 2: the input cannot be used; 3: no answer.
    pub(crate) fn exit_code(&self) -> ExitCode {
        match self {
            Self::Negative | Self::Other(_) => ExitCode::from(1),
            Self::Input(_) | Self::Shown(_) => ExitCode::from(2),
            Self::Call(goalpost_client::Error::Unreachable { .. }) => ExitCode::from(3),
            Self::Call(error) if error.violations().is_empty() => ExitCode::from(1),
            Self::Call(_) => ExitCode::from(2),
        }
    }
}

impl From<goalpost_client::Error> for Failure {
    fn from(error: goalpost_client::Error) -> Self {
        Self::Call(error)
    }
}

impl From<std::io::Error> for Failure {
    fn from(error: std::io::Error) -> Self {
        Self::Other(Box::new(error))
    }
}

impl From<serde_json::Error> for Failure {
    fn from(error: serde_json::Error) -> Self {
        Self::Other(Box::new(error))
    }
}
