//! The file with the profiles: named settings of connections.

use std::collections::BTreeMap;
use std::io::Write as _;
use std::os::unix::fs::{DirBuilderExt as _, PermissionsExt as _};
use std::path::{Path, PathBuf};

use serde::{Deserialize, Serialize};

use crate::failure::Failure;
use crate::out;

/// The settings of one connection. What is absent is as by default. Not to be printed: it has a key in it.
#[derive(Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct Profile {
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub(crate) endpoint: Option<String>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub(crate) persistence: Option<String>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub(crate) namespace: Option<String>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub(crate) api_key: Option<String>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub(crate) tls_ca: Option<PathBuf>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub(crate) tls_cert: Option<PathBuf>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub(crate) tls_key: Option<PathBuf>,
}

/// All profiles, and which one is used if none is named.
#[derive(Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct Profiles {
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub(crate) current: Option<String>,
    #[serde(default)]
    pub(crate) profiles: BTreeMap<String, Profile>,
}

impl Profiles {
    /// As the file says; none if there is no file.
    pub(crate) fn read() -> Result<Self, Failure> {
        match path() {
            Some(path) => Self::read_from(&path),
            None => Ok(Self::default()),
        }
    }

    fn read_from(path: &Path) -> Result<Self, Failure> {
        let text = match std::fs::read_to_string(path) {
            Ok(text) => text,
            Err(error) if error.kind() == std::io::ErrorKind::NotFound => return Ok(Self::default()),
            Err(error) => return Err(Failure::Input(format!("cannot read {}: {error}", path.display()))),
        };
        if text.trim().is_empty() {
            return Ok(Self::default());
        }
        let wrong = |error: serde_saphyr::Error| {
            // Without the lines: a key may be in them.
            Failure::Input(format!("{} cannot be read: {}", path.display(), error.without_snippet()))
        };
        let profiles: Self = serde_saphyr::from_str(&text).map_err(wrong)?;
        if profiles.has_keys() && is_readable_by_others(path) {
            let path = path.display();
            out::note(format_args!(
                "warning: {path} has keys in it, and others can read it; `chmod 600 {path}`\n"
            ));
        }
        Ok(profiles)
    }

    /// Writes the file anew, as one that only its owner reads.
    pub(crate) fn write(&self) -> Result<(), Failure> {
        let none = || Failure::Input("there is no home directory; set GOALPOST_CONFIG to a file".to_owned());
        self.write_to(&path().ok_or_else(none)?)
    }

    fn write_to(&self, path: &Path) -> Result<(), Failure> {
        let failed = |error: std::io::Error| {
            Failure::Input(format!(
                "cannot write {}: {error}; GOALPOST_CONFIG names another file",
                path.display()
            ))
        };
        let folder = path.parent().filter(|folder| !folder.as_os_str().is_empty()).unwrap_or(Path::new("."));
        std::fs::DirBuilder::new().recursive(true).mode(0o700).create(folder).map_err(failed)?;
        let text = serde_saphyr::to_string(self).map_err(|error| Failure::Other(Box::new(error)))?;
        // Such files are made with mode 0600.
        let mut file = tempfile::NamedTempFile::new_in(folder).map_err(failed)?;
        file.write_all(text.as_bytes()).map_err(failed)?;
        file.persist(path).map_err(|error| failed(error.error))?;
        Ok(())
    }

    /// The name of the profile to use: the one that is wanted, else the current one.
    pub(crate) fn chosen<'a>(&'a self, wanted: Option<&'a str>) -> Option<&'a str> {
        wanted.filter(|name| !name.is_empty()).or(self.current.as_deref())
    }

    pub(crate) fn get(&self, name: &str) -> Result<&Profile, Failure> {
        let unknown = || {
            let names: Vec<&str> = self.profiles.keys().map(String::as_str).collect();
            let there = match names.as_slice() {
                [] => "there is none; `goalpost profile add` makes one".to_owned(),
                names => format!("there are: {}", names.join(", ")),
            };
            Failure::Input(format!("there is no profile '{name}'; {there}"))
        };
        self.profiles.get(name).ok_or_else(unknown)
    }

    fn has_keys(&self) -> bool {
        self.profiles.values().any(|profile| profile.api_key.is_some())
    }
}

/// Where the profiles are.
pub(crate) fn path() -> Option<PathBuf> {
    let variable = |name| std::env::var_os(name).filter(|value| !value.is_empty()).map(PathBuf::from);
    let of_home = || variable("HOME").map(|home| home.join(".config"));
    let folder = || variable("XDG_CONFIG_HOME").filter(|path| path.is_absolute()).or_else(of_home);
    variable("GOALPOST_CONFIG").or_else(|| folder().map(|folder| folder.join("goalpost/config.yaml")))
}

fn is_readable_by_others(path: &Path) -> bool {
    std::fs::metadata(path).is_ok_and(|metadata| metadata.permissions().mode() & 0o077 != 0)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_written_is_read_and_is_the_owner_s_alone() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("deep/er/config.yaml");
        let profile = Profile { api_key: Some("no: \"1e5\"".into()), ..Profile::default() };
        let profiles = Profiles { current: Some("a".into()), profiles: [("a".to_owned(), profile)].into() };
        profiles.write_to(&path).ok().unwrap();
        assert!(Profiles::read_from(&path).ok().unwrap() == profiles);
        assert_eq!(std::fs::metadata(&path).unwrap().permissions().mode() & 0o777, 0o600);
        assert!(!is_readable_by_others(&path));
    }

    #[test]
    fn no_file_is_no_profile_and_a_wrong_one_is_named_without_its_lines() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("config.yaml");
        assert!(Profiles::read_from(&path).ok().unwrap() == Profiles::default());
        std::fs::write(&path, "profiles:\n  a: { api_key: canary, colour: red }\n").unwrap();
        let Err(Failure::Input(message)) = Profiles::read_from(&path) else { panic!("it was read") };
        assert!(message.contains("config.yaml") && message.contains("colour"), "{message}");
        assert!(!message.contains("canary"), "{message}");
    }

    #[test]
    fn the_profile_that_is_wanted_counts_before_the_current_one() {
        let profiles = Profiles { current: Some("a".into()), ..Profiles::default() };
        assert_eq!((profiles.chosen(None), profiles.chosen(Some("b"))), (Some("a"), Some("b")));
        let Err(Failure::Input(message)) = profiles.get("b") else { panic!("it is there") };
        assert!(message.contains("goalpost profile add"), "{message}");
    }
}
