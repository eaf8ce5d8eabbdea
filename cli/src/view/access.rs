//! Keys and callers for people.

use goalpost_client::v1::{ApiKey, Caller, CreateApiKeyResponse};

use super::{aligned, at, table};

/// A key that was made.
pub(crate) fn made(made: &CreateApiKeyResponse) -> String {
    let name = made.api_key.as_ref().map(|key| key.name.as_str()).unwrap_or_default();
    format!(
        "{}\n\nThis is {name}'s key. Nobody can show it again: keep it where secrets are kept, and use it as\n\
         GOALPOST_API_KEY; `goalpost profile add NAME` then keeps it in a profile.\n",
        made.key
    )
}

/// Keys, a line each.
pub(crate) fn keys(keys: &[ApiKey]) -> String {
    let mut table = table(["NAME", "GRANTS", "MADE", "BY", "EXPIRES", "REVOKED", "ID"]);
    for key in keys {
        let [made, expires, revoked] =
            [&key.created_at, &key.expires_at, &key.revoked_at].map(|time| at(time.as_ref()));
        let grants = key.grants.join(" ");
        table.add_row([&key.name, &grants, &made, &key.created_by, &expires, &revoked, &key.id]);
    }
    aligned(&table)
}

/// Who somebody is.
pub(crate) fn caller(caller: &Caller) -> String {
    match caller.proof.as_str() {
        "open" => "nobody in particular: the service is open, and everybody may do everything\n".to_owned(),
        proof => format!("{} (by {})\n{}\n", caller.name, proof.replace('_', " "), caller.grants.join("\n")),
    }
}
