//! Papers that are published: files of a directory.

use std::fs;
use std::io::{self, ErrorKind, Write as _};
use std::path::{Path, PathBuf};

use goalpost_worker::Failure;
use serde::{Deserialize, Serialize};

use crate::writing::Paper;

/// Begins the URL of a file.
const SCHEME: &str = "file://";

/// A directory of papers.
#[derive(Clone, Debug)]
pub struct Papers {
    /// Absolute, without links.
    folder: PathBuf,
}

/// Where a paper is.
#[derive(Debug, Serialize, Deserialize)]
pub struct Published {
    /// The URL of its file.
    pub url: String,
}

/// Nothing more than that it is done.
#[derive(Debug, Serialize)]
pub struct Withdrawn {}

impl Papers {
    /// The papers in this directory, which comes about if it is not there.
    pub fn open(folder: &Path) -> io::Result<Self> {
        fs::create_dir_all(folder)?;
        Ok(Self { folder: folder.canonicalize()? })
    }

    /// `paper.publish`. A second attempt for the same `key` writes the same file.
    pub fn publish(&self, key: &str, Paper { paper }: Paper) -> Result<Published, Failure> {
        let path = self.folder.join(format!("paper-{key}.md"));
        let unfinished = path.with_extension("unfinished");
        let put = || -> io::Result<()> {
            let mut file = fs::File::create(&unfinished)?;
            file.write_all(paper.as_bytes())?;
            file.sync_all()?;
            fs::rename(&unfinished, &path)
        };
        put().map_err(|error| Failure::new("PAPERS", format!("{}: {error}", path.display())))?;
        Ok(Published { url: format!("{SCHEME}{}", path.display()) })
    }

    /// `paper.withdraw`. One that is not there any more is withdrawn. Failures: `INVALID` for what was not published here.
    pub fn withdraw(&self, Published { url }: Published) -> Result<Withdrawn, Failure> {
        let path = url.strip_prefix(SCHEME).map(Path::new);
        let name = path.filter(|path| path.parent() == Some(&self.folder)).and_then(Path::file_name);
        let name = name.and_then(|name| name.to_str()).filter(|name| name.starts_with("paper-"));
        let Some(name) = name else {
            return Err(Failure::new("INVALID", format!("{url} was not published here")));
        };
        match fs::remove_file(self.folder.join(name)) {
            Ok(()) => Ok(Withdrawn {}),
            Err(error) if error.kind() == ErrorKind::NotFound => Ok(Withdrawn {}),
            Err(error) => Err(Failure::new("PAPERS", format!("{url}: {error}"))),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_paper_is_published_once_and_withdrawn() {
        let folder = tempfile::tempdir().unwrap();
        let papers = Papers::open(&folder.path().join("papers")).unwrap();
        let paper = || Paper { paper: "# Tides".into() };
        let url = papers.publish("k1", paper()).unwrap().url;
        assert_eq!(papers.publish("k1", paper()).unwrap().url, url);
        let path = PathBuf::from(url.strip_prefix("file://").unwrap());
        assert_eq!(fs::read_to_string(&path).unwrap(), "# Tides");
        for _ in 0..2 {
            papers.withdraw(Published { url: url.clone() }).unwrap();
            assert!(!path.exists());
        }
    }

    #[test]
    fn only_papers_are_withdrawn() {
        let folder = tempfile::tempdir().unwrap();
        let papers = Papers::open(&folder.path().join("papers")).unwrap();
        let own = papers.folder.display().to_string();
        fs::write(folder.path().join("paper-other.md"), "").unwrap();
        for url in [
            String::new(),
            "https://example.org/paper-a.md".into(),
            format!("file://{own}/../paper-other.md"),
            format!("file://{own}/notes.md"),
            format!("{own}/paper-a.md"),
            format!("file://{own}"),
        ] {
            assert_eq!(papers.withdraw(Published { url: url.clone() }).unwrap_err().kind, "INVALID", "{url}");
        }
        assert!(folder.path().join("paper-other.md").exists());
    }
}
