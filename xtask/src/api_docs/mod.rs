//! `cargo xtask api-docs`: the API's documentation, out of its protos.

mod page;
mod protos;
mod text;

use std::collections::BTreeMap;
use std::fs;

use crate::{Error, run};

const FOLDER: &str = "docs/api";

/// Writes the documentation, and removes what belongs to no proto any more.
pub(crate) fn write() -> Result<(), Error> {
    let folder = run::root().join(FOLDER);
    fs::create_dir_all(&folder)?;
    let pages = pages()?;
    for name in present()?.into_keys().filter(|name| !pages.contains_key(name)) {
        fs::remove_file(folder.join(name))?;
    }
    for (name, text) in pages {
        fs::write(folder.join(name), text)?;
    }
    Ok(())
}

/// Fails unless the documentation is what the protos say.
pub(crate) fn check() -> Result<(), Error> {
    let (expected, present) = (pages()?, present()?);
    let names: std::collections::BTreeSet<_> = expected.keys().chain(present.keys()).collect();
    let stale: Vec<String> = names
        .into_iter()
        .filter(|name| expected.get(*name) != present.get(*name))
        .map(|name| format!("{FOLDER}/{name}"))
        .collect();
    if stale.is_empty() {
        return Ok(());
    }
    Err(format!("not what the protos say: {}; run `cargo xtask api-docs`", stale.join(", ")).into())
}

/// Pages by the names of their files.
fn pages() -> Result<BTreeMap<String, String>, Error> {
    page::all(&protos::read(&run::root().join("proto"))?)
}

/// What is there.
fn present() -> Result<BTreeMap<String, String>, Error> {
    let mut pages = BTreeMap::new();
    for entry in fs::read_dir(run::root().join(FOLDER)).into_iter().flatten() {
        let entry = entry?;
        pages.insert(entry.file_name().to_string_lossy().into_owned(), fs::read_to_string(entry.path())?);
    }
    Ok(pages)
}
