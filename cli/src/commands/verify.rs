//! `goalpost verify`.

use clap::Args;
use goalpost_client::Error as CallError;
use goalpost_proto::v1::{VerifyRequest, VerifyResponse};
use tonic::{Code, Status};

use super::progress;
use crate::failure::Failure;
use crate::out;
use crate::session::{Output, Session};

/// Asks the persistence service (`--persistence`), which no other command does. Exit code 0: nothing breaks a promise, or what
/// did was mended; 1: something does.
#[derive(Args)]
pub(crate) struct Arguments {
    /// Only this goal or workflow; all without it.
    #[arg(default_value = "", value_name = "GOAL")]
    id: String,
    /// Mend what can be mended safely. Histories are never changed.
    #[arg(long)]
    repair: bool,
}

/// Prints what breaks a promise. Negative if something does that was not mended.
pub(crate) async fn run(session: &Session, arguments: Arguments) -> Result<(), Failure> {
    let Arguments { id, repair } = arguments;
    let connection = session.connection()?;
    let mut client = connection.persistence()?;
    let progress = progress::wait("everything that is stored is read");
    let verified = client.verify(VerifyRequest { workflow_id: id, repair }).await;
    let verified = verified.map_err(|status| refused(connection.persistence, status))?.into_inner();
    progress.finish_and_clear();
    match session.output {
        Output::Table => show(&verified)?,
        _ => session.show(&verified, || "")?,
    }
    let is_fine = verified.violations.iter().all(|violation| !violation.repaired.is_empty());
    if is_fine { Ok(()) } else { Err(Failure::Negative) }
}

fn refused(persistence: String, status: Status) -> Failure {
    if status.code() == Code::Unavailable {
        let hint = "is it running? --persistence names the address of the persistence service";
        return Failure::Away(format!("nothing answers at {persistence}; {hint}"));
    }
    Failure::Call(CallError::Refused(Box::new(status)))
}

fn show(verified: &VerifyResponse) -> Result<(), Failure> {
    let VerifyResponse { violations, workflows, events } = verified;
    for violation in violations {
        let place = if violation.workflow_id.is_empty() { "-" } else { &violation.workflow_id };
        let mended =
            if violation.repaired.is_empty() { String::new() } else { format!(" [{}]", violation.repaired) };
        out::line(format_args!("{}  {place}  {}{mended}", violation.kind, violation.message))?;
    }
    out::line(format_args!("{workflows} workflows, {events} events: {} violations", violations.len()))
}
