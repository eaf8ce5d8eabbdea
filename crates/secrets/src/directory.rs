//! Secrets in files.

use std::io::{self, Read as _};
use std::path::{Path, PathBuf};

use goalpost_model::limits::MAX_SECRET_BYTES;
use goalpost_model::{Secret, SecretPlace, SecretReference};

use crate::{Found, SecretError, SecretSource};

/// Files below one directory, one secret each: `secret://file/NAME`. A line feed at its end does not count.
/// Links are followed as long as they stay below the directory, as those of a mounted Kubernetes secret do.
#[derive(Clone, Debug)]
pub struct DirectorySecrets {
    directory: PathBuf,
}

impl DirectorySecrets {
    /// The files below this directory. It is looked at when a secret is asked for.
    pub fn below(directory: impl Into<PathBuf>) -> Self {
        Self { directory: directory.into() }
    }
}

impl SecretSource for DirectorySecrets {
    fn find<'a>(&'a self, reference: &'a SecretReference) -> Found<'a> {
        if reference.place() != SecretPlace::File {
            return Box::pin(std::future::ready(Err(SecretError::NotFound)));
        }
        let (directory, name) = (self.directory.clone(), reference.name().to_owned());
        Box::pin(async move {
            let read = tokio::task::spawn_blocking(move || read(&directory, &name)).await;
            read.unwrap_or_else(|_| Err(SecretError::Unavailable("the reading was stopped".to_owned())))
        })
    }
}

/// The name is a relative path without `..`; what links make of it is looked at here.
fn read(directory: &Path, name: &str) -> Result<Secret, SecretError> {
    let directory = directory.canonicalize().map_err(|error| fault(&error))?;
    let file = directory.join(name).canonicalize().map_err(|error| fault(&error))?;
    // Anything else than a file may take for ever to open.
    if !file.starts_with(&directory) || !file.is_file() {
        return Err(SecretError::NotFound);
    }
    let file = std::fs::File::open(file).map_err(|error| fault(&error))?;
    let (mut bytes, most) = (Vec::new(), MAX_SECRET_BYTES as u64 + 2);
    file.take(most).read_to_end(&mut bytes).map_err(|error| fault(&error))?;
    let mut text = String::from_utf8(bytes).map_err(|_| SecretError::Invalid("is no text".to_owned()))?;
    if text.ends_with('\n') {
        text.truncate(text.len() - if text.ends_with("\r\n") { 2 } else { 1 });
    }
    Ok(Secret::from(text))
}

fn fault(error: &io::Error) -> SecretError {
    match error.kind() {
        io::ErrorKind::NotFound | io::ErrorKind::NotADirectory | io::ErrorKind::PermissionDenied => {
            SecretError::NotFound
        }
        kind => SecretError::Unavailable(kind.to_string()),
    }
}

#[cfg(test)]
mod tests {
    use std::fs;
    use std::os::unix::fs::symlink;

    use super::*;

    #[tokio::test]
    async fn only_files_below_the_directory_are_read() {
        let folder = tempfile::tempdir().unwrap();
        let (outside, inside) = (folder.path().join("outside"), folder.path().join("inside"));
        fs::create_dir_all(inside.join("mail")).unwrap();
        fs::write(&outside, "not for goals").unwrap();
        fs::write(inside.join("mail/password"), "hunter2\n").unwrap();
        symlink(&outside, inside.join("link")).unwrap();
        symlink(folder.path(), inside.join("up")).unwrap();
        symlink("mail/password", inside.join("alias")).unwrap();
        let secrets = DirectorySecrets::below(&inside);
        let find = async |text: &str| secrets.find(&text.parse().unwrap()).await;
        for name in ["mail/password", "alias"] {
            assert_eq!(find(&format!("secret://file/{name}")).await, Ok(Secret::from("hunter2".to_owned())));
        }
        for name in ["link", "up/outside", "mail", "absent", "mail/password/more"] {
            assert_eq!(find(&format!("secret://file/{name}")).await, Err(SecretError::NotFound), "{name}");
        }
        assert_eq!(find("secret://env/alias").await, Err(SecretError::NotFound));
        fs::write(inside.join("binary"), [0xff, 0xfe]).unwrap();
        assert!(matches!(find("secret://file/binary").await, Err(SecretError::Invalid(_))));
    }
}
