//! Passwords of private servers.

use std::fs::{self, OpenOptions};
use std::io::{Read as _, Write as _};
use std::os::unix::fs::OpenOptionsExt as _;
use std::path::Path;

use crate::Error;

/// The password kept in the file, made up at random the first time.
pub(crate) fn keep(path: &Path) -> Result<String, Error> {
    if let Ok(kept) = fs::read_to_string(path)
        && !kept.is_empty()
    {
        return Ok(kept);
    }
    let secret = random().map_err(Error::file("cannot read", Path::new("/dev/urandom")))?;
    let mut file = OpenOptions::new()
        .write(true)
        .create(true)
        .truncate(true)
        .mode(0o600)
        .open(path)
        .map_err(Error::file("cannot write", path))?;
    file.write_all(secret.as_bytes()).map_err(Error::file("cannot write", path))?;
    Ok(secret)
}

/// 128 bits as hexadecimal digits.
fn random() -> std::io::Result<String> {
    let mut bytes = [0_u8; 16];
    fs::File::open("/dev/urandom")?.read_exact(&mut bytes)?;
    Ok(bytes.iter().map(|byte| format!("{byte:02x}")).collect())
}
