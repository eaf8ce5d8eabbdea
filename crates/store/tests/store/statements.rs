//! Every statement of the sources, prepared against a migrated database: a column that a migration
//! renames is found here, and not when somebody happens to need it.

use std::collections::HashMap;
use std::fs;
use std::path::Path;

const VERBS: [&str; 5] = ["SELECT ", "INSERT ", "UPDATE ", "DELETE ", "WITH "];

#[tokio::test]
async fn every_statement_fits_the_schema() {
    let database = goalpost_testkit::database().await;
    let client = database.client().await;
    let statements = statements();
    assert!(statements.len() > 30, "only {} were found", statements.len());
    let mut refused = Vec::new();
    for sql in statements {
        if let Err(error) = client.prepare(&sql).await {
            refused.push(format!("{error:?}: {sql}"));
        }
    }
    assert!(refused.is_empty(), "{}", refused.join("\n"));
}

/// The literals that are statements, with the constants that they name put in.
fn statements() -> Vec<String> {
    let mut sources = String::new();
    collect(&Path::new(env!("CARGO_MANIFEST_DIR")).join("src"), &mut sources);
    let literals = literals(&sources);
    let constants: HashMap<String, String> = literals
        .iter()
        .filter_map(|(before, text)| {
            let name = before.trim_end().strip_suffix(": &str =")?.rsplit(' ').next()?;
            Some((format!("{{{name}}}"), text.clone()))
        })
        .collect();
    let full = |text: &String| {
        constants.iter().fold(text.clone(), |text, (name, constant)| text.replace(name, constant))
    };
    let is_statement = |text: &&String| VERBS.iter().any(|verb| text.starts_with(verb));
    let texts = literals.iter().map(|(_, text)| text).filter(is_statement).map(full);
    // What is put together at run time has its parts here by themselves.
    texts.filter(|text| !text.contains('{')).collect()
}

/// Code alone: tests have statements of their own, and comments have quotation marks.
fn collect(folder: &Path, sources: &mut String) {
    for entry in fs::read_dir(folder).unwrap() {
        let path = entry.unwrap().path();
        if path.is_dir() {
            collect(&path, sources);
            continue;
        }
        let text = fs::read_to_string(&path).unwrap();
        let code = text.split("#[cfg(test)]").next().unwrap();
        for line in code.lines().filter(|line| !line.trim_start().starts_with("//")) {
            sources.push_str(line);
            sources.push('\n');
        }
    }
}

/// Every string literal, with what is before it.
fn literals(sources: &str) -> Vec<(String, String)> {
    let mut found = Vec::new();
    let mut rest = sources;
    while let Some((before, after)) = rest.split_once('"') {
        let (text, end) = literal(after);
        found.push((before.to_owned(), text));
        rest = &after[end..];
    }
    found
}

/// The literal that begins here, and where it is over.
fn literal(source: &str) -> (String, usize) {
    let mut text = String::new();
    let mut characters = source.char_indices().peekable();
    while let Some((place, character)) = characters.next() {
        match character {
            '"' => return (text, place + 1),
            '\\' if characters.next_if(|(_, next)| *next == '\n').is_some() => {
                while characters.next_if(|(_, next)| next.is_whitespace()).is_some() {}
            }
            '\\' => text.extend(characters.next().map(|(_, escaped)| escaped)),
            other => text.push(other),
        }
    }
    (text, source.len())
}
