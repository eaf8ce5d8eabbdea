//! Reads the catalog files.

use std::path::{Path, PathBuf};

use goalpost_planning::{Catalog, Mistakes, Source};

/// Why there is no catalog to plan with.
#[derive(Debug, thiserror::Error)]
pub enum Error {
    /// Files that cannot be read, all of them.
    #[error("cannot read the catalog: {}", .0.join("; "))]
    Unreadable(Vec<String>),
    /// Files that can be read, with mistakes in them.
    #[error(transparent)]
    Wrong(#[from] Mistakes),
}

/// Reads these files as one catalog. Blocks.
pub(crate) fn read(paths: &[PathBuf]) -> Result<Catalog, Error> {
    let mut texts = Vec::with_capacity(paths.len());
    let mut unreadable = Vec::new();
    for path in paths {
        match std::fs::read_to_string(path) {
            Ok(text) => texts.push((path.display().to_string(), text)),
            Err(error) => unreadable.push(format!("{}: {error}", path.display())),
        }
    }
    if !unreadable.is_empty() {
        return Err(Error::Unreadable(unreadable));
    }
    let sources: Vec<Source<'_>> = texts.iter().map(|(name, text)| Source { name, text }).collect();
    Ok(Catalog::parse(&sources)?)
}

/// Says what was read, and what may not be meant.
pub(crate) fn log(catalog: &Catalog, paths: &[PathBuf]) {
    for warning in catalog.warnings() {
        tracing::warn!(%warning, "the catalog has something that may not be meant");
    }
    if paths.is_empty() {
        tracing::warn!("no catalog was given (--catalog FILE or GOALPOST_CATALOG): no goal can be planned");
        return;
    }
    let files: Vec<_> = paths.iter().map(|path| Path::display(path).to_string()).collect();
    tracing::info!(
        ?files,
        capabilities = catalog.capabilities().len(),
        methods = catalog.method_count(),
        version = %catalog.version(),
        "the catalog was read"
    );
}
