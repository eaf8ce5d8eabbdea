//! `goalpost keys` and `goalpost whoami`.

use clap::{Args, Subcommand};
use goalpost_client::v1::{
    Caller, CreateApiKeyRequest, ListApiKeysRequest, ListApiKeysResponse, RevokeApiKeyRequest,
};
use jiff::{SignedDuration, Timestamp};

use super::{Paging, tell_of_more};
use crate::failure::Failure;
use crate::session::Session;
use crate::view::access;

/// API keys: who may call, and what they may do.
#[derive(Args)]
pub(crate) struct Arguments {
    #[command(subcommand)]
    command: Command,
}

#[derive(Subcommand)]
enum Command {
    /// Make a key. It is shown once.
    Create(Create),
    /// List keys, oldest first, those that were revoked included.
    List(List),
    /// From now on the key opens nothing; services notice within 5 seconds.
    Revoke(Revoke),
}

/// A grant is ROLE@NAMESPACE, with * for every namespace. Roles: viewer, submitter, approver, operator, worker, admin. What a
/// worker may offer can be named: worker:CAPABILITY@*.
#[derive(Args)]
struct Create {
    /// Who shall have it.
    name: String,
    /// What it lets them do; may be given more than once.
    #[arg(long = "grant", value_name = "GRANT", required = true)]
    grants: Vec<String>,
    /// How long it opens anything, such as 90d, 12h or 30m. [default: it does not expire]
    #[arg(long, value_name = "TIME", value_parser = life)]
    expires_in: Option<SignedDuration>,
}

#[derive(Args)]
struct List {
    #[command(flatten)]
    paging: Paging,
}

#[derive(Args)]
struct Revoke {
    /// The key's id.
    #[arg(value_name = "ID")]
    id: String,
}

fn life(text: &str) -> Result<SignedDuration, String> {
    // Calendar days are 24 hours, whatever clocks do.
    let hours = text
        .strip_suffix('d')
        .and_then(|days| days.trim().parse::<i64>().ok())
        .and_then(|days| days.checked_mul(24));
    let life = match hours {
        Some(hours) => Ok(SignedDuration::from_hours(hours)),
        None => {
            text.parse::<SignedDuration>().map_err(|_| "must be a time such as 90d, 12h or 30m".to_owned())
        }
    };
    life.and_then(
        |life| if life.is_positive() { Ok(life) } else { Err("must be longer than nothing".to_owned()) },
    )
}

pub(crate) async fn run(session: &Session, arguments: Arguments) -> Result<(), Failure> {
    match arguments.command {
        Command::Create(create) => self::create(session, create).await,
        Command::List(list) => self::list(session, list).await,
        Command::Revoke(Revoke { id }) => {
            let key = session.client()?.revoke_api_key(RevokeApiKeyRequest { id }).await?;
            session.show(&key, || format!("{}'s key {} is revoked\n", key.name, key.id))
        }
    }
}

async fn create(session: &Session, Create { name, grants, expires_in }: Create) -> Result<(), Failure> {
    let end = expires_in.map(|life| Timestamp::now().checked_add(life)).transpose();
    let end = end.map_err(|_| Failure::Input("--expires-in: that is too long; leave it out".to_owned()))?;
    let expires_at = end.map(goalpost_proto::timestamp);
    let made = session.client()?.create_api_key(CreateApiKeyRequest { name, grants, expires_at }).await?;
    session.show(&made, || access::made(&made))
}

async fn list(session: &Session, List { paging }: List) -> Result<(), Failure> {
    let client = session.client()?;
    let found = paging.collect(async |page_size, page_token| {
        let page = client.list_api_keys(ListApiKeysRequest { page_size, page_token }).await?;
        Ok((page.api_keys, page.next_page_token))
    });
    let (api_keys, next_page_token) = found.await?;
    let found = ListApiKeysResponse { api_keys, next_page_token };
    session.show(&found, || access::keys(&found.api_keys))?;
    tell_of_more(session, &found.next_page_token);
    Ok(())
}

pub(crate) async fn who(session: &Session) -> Result<(), Failure> {
    let caller: Caller = session.client()?.caller().await?;
    session.show(&caller, || access::caller(&caller))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_life_is_days_hours_or_minutes() {
        for (text, hours) in [("90d", 90 * 24), ("12h", 12), ("60m", 1)] {
            assert_eq!(life(text), Ok(SignedDuration::from_hours(hours)), "{text}");
        }
        for text in ["", "x", "0d", "-1h", "99999999999999999999d"] {
            assert!(life(text).is_err(), "{text}");
        }
    }
}
