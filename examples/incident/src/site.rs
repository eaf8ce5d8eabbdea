//! The site that is looked after: a directory of files. Nothing outside of it is read or changed.
//!
//! ```text
//! services/NAME.json   what is known of a service, and what operations change
//! services/NAME.log    what it has logged; operations add lines
//! alerts/ID.json       alerts
//! tickets/ID.json      tickets
//! chat.log, pages.log  what people were told
//! ```

use std::fs;
use std::io::{self, ErrorKind, Write as _};
use std::path::{Path, PathBuf};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use goalpost_worker::Failure;
use jiff::Timestamp;
use serde::Serialize;
use serde::de::DeserializeOwned;

use crate::service::Service;

/// What a new site begins with: path and text.
const SEED: [(&str, &str); 15] = [
    ("services/checkout.json", include_str!("../seed/services/checkout.json")),
    ("services/checkout.log", include_str!("../seed/services/checkout.log")),
    ("services/inventory.json", include_str!("../seed/services/inventory.json")),
    ("services/inventory.log", include_str!("../seed/services/inventory.log")),
    ("services/mail.json", include_str!("../seed/services/mail.json")),
    ("services/mail.log", include_str!("../seed/services/mail.log")),
    ("services/payments.json", include_str!("../seed/services/payments.json")),
    ("services/payments.log", include_str!("../seed/services/payments.log")),
    ("services/search.json", include_str!("../seed/services/search.json")),
    ("services/search.log", include_str!("../seed/services/search.log")),
    ("alerts/A-17.json", include_str!("../seed/alerts/A-17.json")),
    ("alerts/A-18.json", include_str!("../seed/alerts/A-18.json")),
    ("alerts/A-19.json", include_str!("../seed/alerts/A-19.json")),
    ("alerts/A-20.json", include_str!("../seed/alerts/A-20.json")),
    ("alerts/disk-9.json", include_str!("../seed/alerts/disk-9.json")),
];
/// Longer names are none.
const MAX_NAME_BYTES: usize = 64;

/// A site. Cheap to clone; clones share one lock.
#[derive(Clone, Debug)]
pub struct Site {
    root: PathBuf,
    /// Held while a file is read and written again.
    changing: Arc<Mutex<()>>,
}

impl Site {
    /// The site in this directory. One without services becomes the one that the example brings.
    pub fn open(root: impl Into<PathBuf>) -> io::Result<Self> {
        let root = root.into();
        if !root.join("services").is_dir() {
            for (path, text) in SEED {
                let path = root.join(path);
                if let Some(folder) = path.parent() {
                    fs::create_dir_all(folder)?;
                }
                fs::write(path, text)?;
            }
        }
        fs::create_dir_all(root.join("tickets"))?;
        Ok(Self { root, changing: Arc::default() })
    }

    /// A service. Failures: `NOT_FOUND`, `SITE`.
    pub fn service(&self, name: &str) -> Result<Service, Failure> {
        self.read("services", name)
    }

    /// Changes a service, all or nothing, and says so in its log. Failures: `NOT_FOUND`, `SITE`, what `change` fails with.
    pub(crate) fn change<T>(
        &self,
        name: &str,
        change: impl FnOnce(&mut Service) -> Result<(T, String), Failure>,
    ) -> Result<T, Failure> {
        let _changing = self.lock();
        let mut service = self.service(name)?;
        let (done, said) = change(&mut service)?;
        self.put("services", name, &service)?;
        let line = format!("{} INFO {} {name}: {said}", Timestamp::now(), service.running);
        self.append(&format!("services/{name}.log"), &line)?;
        Ok(done)
    }

    /// What a service has logged.
    pub(crate) fn log(&self, name: &str) -> Result<String, Failure> {
        let path = self.file("services", name, "log")?;
        fs::read_to_string(&path).map_err(|error| unreadable(&path, &error))
    }

    /// What the file of this name has. Failures: `NOT_FOUND`, `SITE`.
    pub(crate) fn read<T: DeserializeOwned>(&self, folder: &str, name: &str) -> Result<T, Failure> {
        let path = self.file(folder, name, "json")?;
        let text = fs::read_to_string(&path).map_err(|error| unreadable(&path, &error))?;
        serde_json::from_str(&text)
            .map_err(|error| Failure::new("SITE", format!("{}: {error}", path.display())))
    }

    /// Writes the file of this name, whole or not at all.
    pub(crate) fn put(&self, folder: &str, name: &str, value: &impl Serialize) -> Result<(), Failure> {
        let path = self.file(folder, name, "json")?;
        let unfinished = path.with_extension("unfinished");
        let put = || -> io::Result<()> {
            let mut file = fs::File::create(&unfinished)?;
            file.write_all(serde_json::to_string_pretty(value)?.as_bytes())?;
            file.write_all(b"\n")?;
            file.sync_all()?;
            fs::rename(&unfinished, &path)
        };
        put().map_err(|error| Failure::new("SITE", format!("{}: {error}", path.display())))
    }

    /// Adds a line to a file below the root.
    pub(crate) fn append(&self, file: &str, line: &str) -> Result<(), Failure> {
        let path = self.root.join(file);
        let opened = fs::File::options().create(true).append(true).open(&path);
        opened
            .and_then(|mut file| writeln!(file, "{line}"))
            .map_err(|error| Failure::new("SITE", format!("{}: {error}", path.display())))
    }

    /// How many files a folder has.
    pub(crate) fn count(&self, folder: &str) -> Result<usize, Failure> {
        let path = self.root.join(folder);
        let entries = fs::read_dir(&path).map_err(|error| unreadable(&path, &error))?;
        Ok(entries.count())
    }

    /// Nobody else changes anything meanwhile.
    pub(crate) fn lock(&self) -> MutexGuard<'_, ()> {
        // What was written is whole, whoever panicked.
        self.changing.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// The path of a file. What a goal calls a service may be anything: it never leads out of the folder.
    fn file(&self, folder: &str, name: &str, extension: &str) -> Result<PathBuf, Failure> {
        let is_plain = |c: char| c.is_ascii_alphanumeric() || c == '-' || c == '_';
        if name.is_empty() || name.len() > MAX_NAME_BYTES || !name.chars().all(is_plain) {
            let message = format!("'{name}' is no name: letters, digits, - and _, at most {MAX_NAME_BYTES}");
            return Err(Failure::new("NOT_FOUND", message));
        }
        Ok(self.root.join(folder).join(format!("{name}.{extension}")))
    }
}

fn unreadable(path: &Path, error: &io::Error) -> Failure {
    let kind = if error.kind() == ErrorKind::NotFound { "NOT_FOUND" } else { "SITE" };
    Failure::new(kind, format!("{}: {error}", path.display()))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_site_that_is_there_stays_as_it_is() {
        let folder = tempfile::tempdir().unwrap();
        let site = Site::open(folder.path()).unwrap();
        site.change("mail", |mail| Ok((mail.replicas = 7, "grown".to_owned()))).unwrap();
        let again = Site::open(folder.path()).unwrap();
        assert_eq!(again.service("mail").unwrap().replicas, 7);
        assert!(again.log("mail").unwrap().ends_with(" INFO 3.0.0 mail: grown\n"));
    }

    #[test]
    fn no_name_leads_out_of_the_site() {
        let folder = tempfile::tempdir().unwrap();
        let site = Site::open(folder.path()).unwrap();
        for name in
            ["", "..", "../alerts/A-17", "/etc/passwd", "a/b", "a\0b", "a.b", &"a".repeat(65), "nobody"]
        {
            assert_eq!(site.service(name).unwrap_err().kind, "NOT_FOUND", "{name:?}");
        }
    }

    #[test]
    fn a_file_that_is_broken_is_told_with_its_place() {
        let folder = tempfile::tempdir().unwrap();
        let site = Site::open(folder.path()).unwrap();
        fs::write(folder.path().join("services/mail.json"), "{ \"replicas\": -1 }").unwrap();
        let failure = site.service("mail").unwrap_err();
        assert!(failure.kind == "SITE" && failure.message.contains("mail.json"), "{failure}");
    }
}
