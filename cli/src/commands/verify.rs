//! `goalpost verify`.

use clap::Args;
use goalpost_proto::v1::persistence_client::PersistenceClient;
use goalpost_proto::v1::{VerifyRequest, VerifyResponse};

use crate::failure::Failure;
use crate::out;

#[derive(Args)]
pub(crate) struct Arguments {
    /// The persistence service.
    #[arg(long, env = "GOALPOST_PERSISTENCE_ENDPOINT", default_value = "http://127.0.0.1:50054")]
    persistence: String,
    /// Only this goal or workflow; all without it.
    #[arg(default_value = "")]
    id: String,
    /// Mend what can be mended safely. Histories are never changed.
    #[arg(long)]
    repair: bool,
    /// Print JSON.
    #[arg(long)]
    json: bool,
}

/// Prints what breaks a promise. Negative if something does that was not mended.
pub(crate) async fn run(arguments: Arguments) -> Result<(), Failure> {
    let Arguments { persistence, id, repair, json } = arguments;
    let failed = |message: String| Failure::Input(message);
    let mut client = PersistenceClient::connect(persistence.clone())
        .await
        .map_err(|_| failed(format!("nothing answers at {persistence}; is it running? (--persistence)")))?;
    let verified = client.verify(VerifyRequest { workflow_id: id, repair }).await;
    let verified = verified.map_err(|status| failed(status.message().to_owned()))?.into_inner();
    match json {
        true => out::line(serde_json::to_string_pretty(&verified)?)?,
        false => show(&verified)?,
    }
    let is_fine = verified.violations.iter().all(|violation| !violation.repaired.is_empty());
    if is_fine { Ok(()) } else { Err(Failure::Negative) }
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
