//! A page for each file, and one that leads to them.

use std::collections::{BTreeMap, HashSet};
use std::fmt::Write as _;

use super::protos::{Enum, Field, File, Flow, Kind, Message, Method, Service, Shape};
use super::text::{Links, cell, markdown, parts};
use crate::Error;

const PACKAGE: &str = "goalpost.v1.";
const INDEX: &str = "README.md";
/// What is the same for all methods.
const MANNERS: &str = include_str!("manners.md");

/// Pages by the names of their files.
pub(super) fn all(files: &[File]) -> Result<BTreeMap<String, String>, Error> {
    let mut pages = BTreeMap::from([(INDEX.to_owned(), index(files))]);
    for file in files {
        ensure_anchors_differ(file)?;
        pages.insert(file_name(file), page(file, &links(files, file)));
    }
    Ok(pages)
}

/// GitHub numbers headings that are the same, and links would lead to the wrong one.
fn ensure_anchors_differ(file: &File) -> Result<(), Error> {
    let mut seen: HashSet<String> = ["methods", "messages", "enums"].map(str::to_owned).into();
    seen.insert(anchor(&title(file)));
    for name in names(file) {
        if !seen.insert(anchor(name)) {
            return Err(format!("{} would have two headings {name}", file.stem).into());
        }
    }
    Ok(())
}

fn index(files: &[File]) -> String {
    let mut text = format!("{}\n# The API\n\n{MANNERS}", generated("proto/goalpost/v1"));
    for file in files {
        for service in &file.services {
            let (name, page) = (&service.name, file_name(file));
            let links = links(files, file);
            let elsewhere =
                links.iter().map(|(name, link)| (name.clone(), from_index(&page, link))).collect();
            let about = markdown(&service.comment, &elsewhere);
            let _ = write!(text, "\n## [{name}]({page})\n\n{about}\n\n| method | |\n|---|---|\n");
            for method in &service.methods {
                let what = first_sentence(parts(&method.comment).what);
                let (name, what) = (&method.name, cell(what, &elsewhere));
                let _ = writeln!(text, "| [{name}]({page}#{}) | {what} |", anchor(name));
            }
        }
    }
    text.push_str("\n## Types that services share\n\n| file | types |\n|---|---|\n");
    for file in files.iter().filter(|file| file.services.is_empty()) {
        let page = file_name(file);
        let types: Vec<_> = names(file).map(|name| format!("[{name}]({page}#{})", anchor(name))).collect();
        let _ = writeln!(text, "| [{}]({page}) | {} |", file.stem, types.join(", "));
    }
    text
}

fn from_index(page: &str, link: &str) -> String {
    if link.starts_with('#') { format!("{page}{link}") } else { link.to_owned() }
}

fn first_sentence(text: &str) -> &str {
    text.split_once(". ").map_or(text, |(first, _)| first).trim_end_matches('.')
}

fn page(file: &File, links: &Links) -> String {
    let source = format!("proto/goalpost/v1/{}.proto", file.stem);
    let mut text = format!(
        "{}\n# {}\n\n[The API]({INDEX}) · [{source}](../../{source})\n",
        generated(&source),
        title(file)
    );
    for service in &file.services {
        write_service(service, links, &mut text);
    }
    if !file.messages.is_empty() {
        text.push_str("\n## Messages\n");
    }
    for message in &file.messages {
        write_message(message, links, &mut text);
    }
    if !file.enums.is_empty() {
        text.push_str("\n## Enums\n");
    }
    for it in &file.enums {
        write_enum(it, links, &mut text);
    }
    text
}

fn write_service(service: &Service, links: &Links, text: &mut String) {
    let about = markdown(&service.comment, links);
    let _ = write!(text, "\n`{PACKAGE}{}`: {about}\n\n## Methods\n", service.name);
    for method in &service.methods {
        write_method(method, links, text);
    }
}

fn write_method(method: &Method, links: &Links, text: &mut String) {
    let (request, response) = (flow(&method.request, links), flow(&method.response, links));
    let parts = parts(&method.comment);
    let _ = write!(text, "\n### {}\n\n{request} → {response}\n\n", method.name);
    let _ = writeln!(text, "{}", markdown(parts.what, links));
    if !parts.errors.is_empty() {
        text.push_str("\nErrors:\n\n");
    }
    for error in parts.errors {
        let code = error.split(|c: char| !c.is_ascii_uppercase() && c != '_').next().unwrap_or_default();
        let _ = writeln!(text, "- `{code}`{}", markdown(&error[code.len()..], links));
    }
    if !parts.rest.is_empty() {
        let _ = writeln!(text, "\n{}", markdown(parts.rest, links));
    }
}

fn flow(flow: &Flow, links: &Links) -> String {
    let message = named(&flow.message, links);
    if flow.streams { format!("stream of {message}") } else { message }
}

fn write_message(message: &Message, links: &Links, text: &mut String) {
    let _ = write!(text, "\n### {}\n\n{}\n", message.name, markdown(&message.comment, links));
    if message.fields.is_empty() {
        text.push_str("\nIt has no fields.\n");
        return;
    }
    text.push_str("\n| field | type | |\n|---|---|---|\n");
    let mut group = None;
    for field in &message.fields {
        if let Some((name, comment)) = field.one_of.as_ref().filter(|it| group != Some(*it)) {
            let about = cell(comment, links);
            let _ = writeln!(text, "| *one of `{name}`* | | *{about}* |");
        }
        group = field.one_of.as_ref();
        write_field(field, links, text);
    }
}

fn write_field(field: &Field, links: &Links, text: &mut String) {
    let indent = if field.one_of.is_some() { "↳ " } else { "" };
    let (kind, about) = (type_of(field, links), cell(&field.comment, links));
    let _ = writeln!(text, "| {indent}`{}` | {kind} | {about} |", field.name);
}

fn type_of(field: &Field, links: &Links) -> String {
    let kind = match &field.kind {
        Kind::Scalar(name) => format!("`{name}`"),
        Kind::Named(name) => named(name, links),
    };
    match &field.shape {
        Shape::One => kind,
        Shape::Optional => format!("optional {kind}"),
        Shape::List => format!("list of {kind}"),
        Shape::Map(key) => format!("map from `{key}` to {kind}"),
    }
}

fn write_enum(it: &Enum, links: &Links, text: &mut String) {
    let _ = write!(text, "\n### {}\n\n{}\n", it.name, markdown(&it.comment, links));
    text.push_str("\n| value | number | |\n|---|---|---|\n");
    for value in &it.values {
        let about = cell(&value.comment, links);
        let _ = writeln!(text, "| `{}` | {} | {about} |", value.name, value.number);
    }
}

/// A link to a type by its full name.
fn named(full: &str, links: &Links) -> String {
    if let Some(name) = full.strip_prefix("google.protobuf.") {
        let page = "https://protobuf.dev/reference/protobuf/google.protobuf/";
        return format!("[{full}]({page}#{})", anchor(name));
    }
    let name = full.strip_prefix(PACKAGE).unwrap_or(full);
    links.get(name).map_or_else(|| format!("`{full}`"), |link| format!("[{name}]({link})"))
}

/// Where every name of the API leads, seen from one page. What several services call the same is this page's own, or the
/// first one.
fn links(files: &[File], here: &File) -> Links {
    let mut links = Links::new();
    for name in names(here) {
        links.insert(name.to_owned(), format!("#{}", anchor(name)));
    }
    for file in files {
        for name in names(file) {
            links.entry(name.to_owned()).or_insert_with(|| format!("{}#{}", file_name(file), anchor(name)));
        }
    }
    links
}

/// All that has a heading of its own.
fn names(file: &File) -> impl Iterator<Item = &str> {
    let methods = file.services.iter().flat_map(|service| &service.methods).map(|it| &it.name);
    let types = file.messages.iter().map(|it| &it.name).chain(file.enums.iter().map(|it| &it.name));
    methods.chain(types).map(String::as_str)
}

/// What GitHub makes of a heading.
fn anchor(heading: &str) -> String {
    heading.to_lowercase().replace(' ', "-").replace('.', "")
}

fn file_name(file: &File) -> String {
    format!("{}.md", file.stem.replace('_', "-"))
}

/// What a page is about: the file's service, or its types.
fn title(file: &File) -> String {
    match file.services.as_slice() {
        [service] => format!("{} service", service.name),
        _ => format!("Types of {}.proto", file.stem),
    }
}

fn generated(source: &str) -> String {
    format!("<!-- Generated from {source} by `cargo xtask api-docs`. -->\n")
}
