//! The documents: those of a directory, and the few that the example brings.

use std::collections::BTreeSet;
use std::fs;
use std::io;
use std::path::{Path, PathBuf};

use goalpost_worker::Failure;
use serde::{Deserialize, Serialize};

use crate::search::best;

/// The documents that the example brings: name and text.
const COLLECTION: [(&str, &str); 6] = [
    ("lighthouses.md", include_str!("../documents/lighthouses.md")),
    ("sea-ice.md", include_str!("../documents/sea-ice.md")),
    ("storm-surges.md", include_str!("../documents/storm-surges.md")),
    ("tidal-power.md", include_str!("../documents/tidal-power.md")),
    ("tide-tables.md", include_str!("../documents/tide-tables.md")),
    ("tides.md", include_str!("../documents/tides.md")),
];
/// What counts as a document in a directory.
const EXTENSIONS: [&str; 2] = ["md", "txt"];
/// A file that is larger is no document.
const MAX_BYTES: u64 = 1 << 20;
/// Documents of a directory at most, the first ones by name.
const MAX_DOCUMENTS: usize = 1_000;
/// Documents that are found for one question at most.
const MAX_FOUND: usize = 3;

/// A document.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub(crate) struct Document {
    /// The name of its file.
    pub(crate) name: String,
    /// What it says.
    pub(crate) text: String,
}

/// What is asked.
#[derive(Debug, Deserialize)]
pub struct Questions {
    /// The questions.
    pub questions: Vec<String>,
}

/// What was found.
#[derive(Debug, PartialEq, Eq, Serialize)]
pub struct Found {
    /// Names of documents, without repetition: those for the first question first, the best of them first.
    pub documents: Vec<String>,
}

/// A directory of documents. It is read anew for each search, so documents may come and go.
#[derive(Clone, Debug)]
pub struct Library {
    folder: PathBuf,
}

impl Library {
    /// The library in this directory. One that is not there becomes a copy of what the example brings.
    pub fn open(folder: impl Into<PathBuf>) -> io::Result<Self> {
        let folder = folder.into();
        if !folder.is_dir() {
            fs::create_dir_all(&folder)?;
            for (name, text) in COLLECTION {
                fs::write(folder.join(name), text)?;
            }
        }
        Ok(Self { folder })
    }

    /// `library.search`. Failures: `LIBRARY` if the directory cannot be read.
    pub fn search(&self, Questions { questions }: Questions) -> Result<Found, Failure> {
        Ok(found(&questions, &self.documents()?))
    }

    /// The documents of these names: of the directory, else of what the example brings. Failures: `NOT_FOUND`, `LIBRARY`.
    pub(crate) fn read(&self, names: &[String]) -> Result<Vec<Document>, Failure> {
        // Only what is listed is read, whatever the names are.
        let own = if self.folder.is_dir() { self.documents()? } else { Vec::new() };
        let brought = collection();
        let read = |name: &String| {
            let found = own.iter().chain(&brought).find(|document| document.name == *name);
            found.cloned().ok_or_else(|| Failure::new("NOT_FOUND", format!("there is no document '{name}'")))
        };
        names.iter().map(read).collect()
    }

    fn documents(&self) -> Result<Vec<Document>, Failure> {
        let unreadable =
            |error: io::Error| Failure::new("LIBRARY", format!("{}: {error}", self.folder.display()));
        let entries: io::Result<Vec<_>> = fs::read_dir(&self.folder).map_err(unreadable)?.collect();
        let mut paths: Vec<PathBuf> =
            entries.map_err(unreadable)?.into_iter().map(|entry| entry.path()).collect();
        paths.retain(|path| is_document(path));
        paths.sort_unstable();
        paths.truncate(MAX_DOCUMENTS);
        let read = |path: PathBuf| -> io::Result<Document> {
            let bytes = fs::read(&path)?;
            let name = path.file_name().unwrap_or_default().to_string_lossy().into_owned();
            Ok(Document { name, text: String::from_utf8_lossy(&bytes).into_owned() })
        };
        paths.into_iter().map(read).collect::<io::Result<_>>().map_err(unreadable)
    }
}

/// `collection.search`: finds what the example brings, wherever the library is.
pub fn search_collection(Questions { questions }: Questions) -> Result<Found, Failure> {
    Ok(found(&questions, &collection()))
}

fn collection() -> Vec<Document> {
    let document = |(name, text): (&str, &str)| Document { name: name.to_owned(), text: text.to_owned() };
    COLLECTION.into_iter().map(document).collect()
}

fn found(questions: &[String], documents: &[Document]) -> Found {
    let texts: Vec<&str> = documents.iter().map(|document| document.text.as_str()).collect();
    let mut seen = BTreeSet::new();
    let places = questions.iter().flat_map(|question| best(question, &texts, MAX_FOUND));
    let names = places.filter(|place| seen.insert(*place)).map(|place| documents[place].name.clone());
    Found { documents: names.collect() }
}

fn is_document(path: &Path) -> bool {
    let extension = path.extension().and_then(|extension| extension.to_str());
    let is_text = extension.is_some_and(|extension| EXTENSIONS.contains(&extension));
    is_text && fs::metadata(path).is_ok_and(|data| data.is_file() && data.len() <= MAX_BYTES)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn ask(questions: &[&str]) -> Questions {
        Questions { questions: questions.iter().map(|&question| question.to_owned()).collect() }
    }

    #[test]
    fn questions_find_the_documents_that_answer_them() {
        let folder = tempfile::tempdir().unwrap();
        let library = Library::open(folder.path().join("library")).unwrap();
        for (question, document) in [
            ("Why are spring tides larger than neap tides?", "tides.md"),
            ("How do barrages make electricity of tides?", "tidal-power.md"),
            ("Who built machines to predict tides?", "tide-tables.md"),
            ("What was the flood of 1953 in the Netherlands?", "storm-surges.md"),
            ("What is a Fresnel lens?", "lighthouses.md"),
        ] {
            let found = library.search(ask(&[question])).unwrap();
            assert_eq!(found.documents[0], document, "{question}: {found:?}");
            assert_eq!(found, search_collection(ask(&[question])).unwrap());
        }
        let both = library.search(ask(&["What is a Fresnel lens?", "lens of Fresnel"])).unwrap();
        assert_eq!(both.documents.iter().filter(|name| *name == "lighthouses.md").count(), 1);
        assert_eq!(library.search(ask(&["zzz"])).unwrap().documents, [""; 0]);
    }

    #[test]
    fn the_directory_is_what_is_searched_and_the_collection_is_there_without_it() {
        let folder = tempfile::tempdir().unwrap();
        fs::write(folder.path().join("geese.txt"), "Geese fly south.").unwrap();
        fs::write(folder.path().join("geese.png"), "Geese").unwrap();
        let library = Library::open(folder.path()).unwrap();
        assert_eq!(library.search(ask(&["Where do geese fly?"])).unwrap().documents, ["geese.txt"]);
        assert_eq!(library.search(ask(&["tides"])).unwrap().documents, [""; 0]);
        let names = ["geese.txt".to_owned(), "tides.md".to_owned()];
        assert_eq!(library.read(&names).unwrap()[0].text, "Geese fly south.");
        fs::remove_dir_all(folder.path()).unwrap();
        assert_eq!(library.search(ask(&["geese"])).unwrap_err().kind, "LIBRARY");
        assert_eq!(library.read(&names[1..]).unwrap().len(), 1);
        assert_eq!(library.read(&names).unwrap_err().kind, "NOT_FOUND");
        assert_eq!(library.read(&["../../etc/passwd".to_owned()]).unwrap_err().kind, "NOT_FOUND");
    }
}
