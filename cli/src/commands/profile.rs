//! `goalpost profile`: settings of connections under names.

use clap::{Args, Subcommand};
use serde_json::{Value, json};

use crate::connection::absolute;
use crate::failure::Failure;
use crate::out;
use crate::profiles::{Profile, Profiles, path};
use crate::session::{Output, Session};
use crate::view::{aligned, table};

/// Profiles are in a file that only its owner can read: GOALPOST_CONFIG, else goalpost/config.yaml in XDG_CONFIG_HOME or in
/// ~/.config. Keys in it are never printed.
#[derive(Args)]
pub(crate) struct Arguments {
    #[command(subcommand)]
    command: Command,
}

#[derive(Subcommand)]
enum Command {
    /// Add a profile with the settings that are given, by options or by the environment. The first one is the current one
    /// from then on.
    Add {
        /// Its name.
        #[arg(value_parser = name)]
        name: String,
        /// Put it in the place of one that has this name.
        #[arg(long)]
        replace: bool,
    },
    /// Make a profile the current one.
    Use {
        /// Its name.
        name: String,
    },
    /// List the profiles.
    List,
    /// Remove a profile.
    Remove {
        /// Its name.
        name: String,
    },
    /// Show a profile, or without a name the settings that count now.
    Show {
        /// Its name.
        name: Option<String>,
    },
}

pub(crate) fn run(session: &Session, Arguments { command }: &Arguments) -> Result<(), Failure> {
    match command {
        Command::Add { name, replace } => add(session, name, *replace),
        Command::Use { name } => make_current(name),
        Command::List => list(session),
        Command::Remove { name } => remove(name),
        Command::Show { name: Some(name) } => {
            let profiles = Profiles::read()?;
            shown(session, name, profiles.get(name)?)
        }
        Command::Show { name: None } => current(session),
    }
}

fn name(text: &str) -> Result<String, String> {
    let is_name = |text: &str| text.chars().all(|c| c.is_ascii_alphanumeric() || "-_.".contains(c));
    match text {
        "" => Err("must not be empty".to_owned()),
        text if is_name(text) => Ok(text.to_owned()),
        _ => Err("must have letters, digits, '-', '_' and '.' alone".to_owned()),
    }
}

fn add(session: &Session, name: &str, replace: bool) -> Result<(), Failure> {
    let mut profiles = Profiles::read()?;
    if profiles.profiles.contains_key(name) && !replace {
        return Err(Failure::Input(format!(
            "there is a profile '{name}' already; --replace puts this one in its place"
        )));
    }
    let flags = session.flags.clone();
    let file = |path: Option<std::path::PathBuf>| path.as_deref().map(absolute);
    let profile = Profile {
        endpoint: flags.endpoint,
        persistence: flags.persistence,
        namespace: flags.namespace,
        api_key: flags.api_key.map(|key| key.reveal().to_owned()),
        tls_ca: file(flags.tls_ca),
        tls_cert: file(flags.tls_cert),
        tls_key: file(flags.tls_key),
    };
    profiles.profiles.insert(name.to_owned(), profile);
    profiles.current.get_or_insert_with(|| name.to_owned());
    profiles.write()?;
    tell_current(&profiles)
}

fn make_current(name: &str) -> Result<(), Failure> {
    let mut profiles = Profiles::read()?;
    profiles.get(name)?;
    profiles.current = Some(name.to_owned());
    profiles.write()?;
    tell_current(&profiles)
}

fn remove(name: &str) -> Result<(), Failure> {
    let mut profiles = Profiles::read()?;
    profiles.get(name)?;
    profiles.profiles.remove(name);
    profiles.current = profiles.current.filter(|current| current != name);
    profiles.write()?;
    tell_current(&profiles)
}

fn tell_current(profiles: &Profiles) -> Result<(), Failure> {
    match &profiles.current {
        Some(current) => out::line(format_args!("the current profile is {current}")),
        None => out::line("no profile is the current one; `goalpost profile use NAME` chooses one"),
    }
}

fn list(session: &Session) -> Result<(), Failure> {
    let profiles = Profiles::read()?;
    let current = profiles.current.as_deref();
    let one = |(name, profile): (&String, &Profile)| {
        let mut object = settings(profile);
        object["name"] = json!(name);
        object["current"] = json!(current == Some(name));
        object
    };
    let all: Vec<Value> = profiles.profiles.iter().map(one).collect();
    session.show(&all, || {
        let mut table = table(["", "NAME", "ENDPOINT", "NAMESPACE", "KEY", "CERTIFICATE"]);
        for (name, profile) in &profiles.profiles {
            let text = |text: &Option<String>| text.clone().unwrap_or_default();
            let mark = if current == Some(name) { "*" } else { "-" };
            let set = |is_set: bool| if is_set { "set" } else { "" }.to_owned();
            let (key, certificate) = (set(profile.api_key.is_some()), set(profile.tls_cert.is_some()));
            let (endpoint, namespace) = (text(&profile.endpoint), text(&profile.namespace));
            table.add_row([mark.to_owned(), name.clone(), endpoint, namespace, key, certificate]);
        }
        aligned(&table)
    })
}

/// The settings that count, and from where.
fn current(session: &Session) -> Result<(), Failure> {
    let connection = session.connection()?;
    let profiles = Profiles::read()?;
    let chosen = profiles.chosen(session.flags.profile.as_deref()).unwrap_or("(none)");
    let effective = Profile {
        endpoint: Some(connection.endpoint),
        persistence: Some(connection.persistence),
        namespace: connection.namespace,
        api_key: connection.api_key.map(|key| key.reveal().to_owned()),
        tls_ca: connection.tls_ca,
        tls_cert: connection.tls_cert,
        tls_key: connection.tls_key,
    };
    shown(session, chosen, &effective)?;
    if session.output == Output::Table
        && let Some(path) = path()
    {
        out::note(format_args!("profiles are in {}\n", path.display()));
    }
    Ok(())
}

fn shown(session: &Session, name: &str, profile: &Profile) -> Result<(), Failure> {
    let mut object = settings(profile);
    object["name"] = json!(name);
    session.show(&object, || {
        let mut text = format!("{:<12} {name}\n", "profile");
        for (field, title) in FIELDS {
            if let Some(value) = object[field].as_str() {
                text.push_str(&format!("{title:<12} {value}\n"));
            }
        }
        text
    })
}

const FIELDS: [(&str, &str); 7] = [
    ("endpoint", "endpoint"),
    ("persistence", "persistence"),
    ("namespace", "namespace"),
    ("apiKey", "api key"),
    ("tlsCa", "tls ca"),
    ("tlsCert", "tls cert"),
    ("tlsKey", "tls key"),
];

/// What may be shown of the settings: of a key, that there is one.
fn settings(profile: &Profile) -> Value {
    let Profile { endpoint, persistence, namespace, api_key, tls_ca, tls_cert, tls_key } = profile;
    let mut object = json!({
        "endpoint": endpoint, "persistence": persistence, "namespace": namespace,
        "apiKey": api_key.as_ref().map(|_| "set"),
        "tlsCa": tls_ca, "tlsCert": tls_cert, "tlsKey": tls_key,
    });
    if let Some(fields) = object.as_object_mut() {
        fields.retain(|_, value| !value.is_null());
    }
    object
}
