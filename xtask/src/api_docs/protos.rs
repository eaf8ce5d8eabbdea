//! What the protos define, with their comments.

use std::collections::HashMap;
use std::fs;
use std::path::Path;

use prost_types::field_descriptor_proto::{Label, Type};
use prost_types::{
    DescriptorProto, EnumDescriptorProto, FieldDescriptorProto, FileDescriptorProto, ServiceDescriptorProto,
};

use crate::Error;

const PACKAGE: &str = "goalpost/v1";

/// One proto file.
pub(super) struct File {
    /// Its name without the ending.
    pub(super) stem: String,
    pub(super) services: Vec<Service>,
    pub(super) messages: Vec<Message>,
    pub(super) enums: Vec<Enum>,
}

pub(super) struct Service {
    pub(super) name: String,
    pub(super) comment: String,
    pub(super) methods: Vec<Method>,
}

pub(super) struct Method {
    pub(super) name: String,
    pub(super) comment: String,
    pub(super) request: Flow,
    pub(super) response: Flow,
}

/// What flows in one direction of a call.
pub(super) struct Flow {
    pub(super) message: String,
    pub(super) streams: bool,
}

pub(super) struct Message {
    pub(super) name: String,
    pub(super) comment: String,
    pub(super) fields: Vec<Field>,
}

pub(super) struct Field {
    pub(super) name: String,
    pub(super) comment: String,
    pub(super) shape: Shape,
    pub(super) kind: Kind,
    /// Name and comment of the group of which one at most is there.
    pub(super) one_of: Option<(String, String)>,
}

pub(super) enum Shape {
    /// Absent means its default.
    One,
    /// Absent is told from its default.
    Optional,
    List,
    /// By keys of this type.
    Map(String),
}

#[derive(Clone)]
pub(super) enum Kind {
    Scalar(String),
    /// A message or an enum, by its full name.
    Named(String),
}

pub(super) struct Enum {
    pub(super) name: String,
    pub(super) comment: String,
    pub(super) values: Vec<Value>,
}

pub(super) struct Value {
    pub(super) name: String,
    pub(super) comment: String,
    pub(super) number: i32,
}

/// Comments by the paths of what they are about, as descriptors number it.
struct Comments(HashMap<Vec<i32>, String>);

/// Numbers of fields of descriptors, of which paths are made.
mod part {
    pub(super) const FIELD: i32 = 2;
    pub(super) const METHOD: i32 = 2;
    pub(super) const VALUE: i32 = 2;
    pub(super) const MESSAGE: i32 = 4;
    pub(super) const ENUM: i32 = 5;
    pub(super) const SERVICE: i32 = 6;
    pub(super) const ONE_OF: i32 = 8;
}

/// The files of the package, by name.
pub(super) fn read(root: &Path) -> Result<Vec<File>, Error> {
    let mut names = Vec::new();
    for entry in fs::read_dir(root.join(PACKAGE))? {
        names.push(format!("{PACKAGE}/{}", entry?.file_name().to_string_lossy()));
    }
    names.sort_unstable();
    let mut compiler = protox::Compiler::new([root])?;
    let set = compiler.include_source_info(true).open_files(&names)?.file_descriptor_set();
    let mut files: Vec<File> = set.file.iter().map(file).collect::<Result<_, _>>()?;
    files.sort_by(|a, b| a.stem.cmp(&b.stem));
    Ok(files)
}

fn file(file: &FileDescriptorProto) -> Result<File, Error> {
    let comments = Comments::of(file);
    let stem = Path::new(file.name()).file_stem().unwrap_or_default().to_string_lossy().into_owned();
    let services = numbered(&file.service).map(|(place, it)| service(&comments, place, it));
    let enums = numbered(&file.enum_type).map(|(place, it)| enumeration(&comments, place, it));
    let messages = numbered(&file.message_type).map(|(place, it)| message(&comments, place, it));
    Ok(File {
        stem,
        services: services.collect(),
        enums: enums.collect(),
        messages: messages.collect::<Result<_, _>>()?,
    })
}

fn service(comments: &Comments, place: i32, service: &ServiceDescriptorProto) -> Service {
    let methods = numbered(&service.method).map(|(at, method)| Method {
        name: method.name().to_owned(),
        comment: comments.at(&[part::SERVICE, place, part::METHOD, at]),
        request: Flow { message: full(method.input_type()), streams: method.client_streaming() },
        response: Flow { message: full(method.output_type()), streams: method.server_streaming() },
    });
    Service {
        name: service.name().to_owned(),
        comment: comments.at(&[part::SERVICE, place]),
        methods: methods.collect(),
    }
}

fn message(comments: &Comments, place: i32, message: &DescriptorProto) -> Result<Message, Error> {
    let is_map = |it: &DescriptorProto| it.options.as_ref().is_some_and(|options| options.map_entry());
    if !message.enum_type.is_empty() || !message.nested_type.iter().all(is_map) {
        return Err(format!("{} has types inside of it: put them beside it", message.name()).into());
    }
    let path = [part::MESSAGE, place];
    let fields = numbered(&message.field).map(|(at, it)| Field {
        comment: comments.at(&[&path[..], &[part::FIELD, at]].concat()),
        one_of: it.oneof_index.filter(|_| !it.proto3_optional()).map(|group| {
            let name = usize::try_from(group).ok().and_then(|place| message.oneof_decl.get(place));
            let comment = comments.at(&[&path[..], &[part::ONE_OF, group]].concat());
            (name.map(|it| it.name().to_owned()).unwrap_or_default(), comment)
        }),
        ..field(message, it)
    });
    Ok(Message { name: message.name().to_owned(), comment: comments.at(&path), fields: fields.collect() })
}

fn field(message: &DescriptorProto, field: &FieldDescriptorProto) -> Field {
    let entry = message.nested_type.iter().find(|it| field.type_name().ends_with(&format!(".{}", it.name())));
    let (shape, kind) = match entry.map(|it| it.field.as_slice()) {
        Some([key, value]) => (Shape::Map(scalar(key)), kind(value)),
        _ if field.label() == Label::Repeated => (Shape::List, kind(field)),
        _ if field.proto3_optional() => (Shape::Optional, kind(field)),
        _ => (Shape::One, kind(field)),
    };
    Field { name: field.name().to_owned(), comment: String::new(), shape, kind, one_of: None }
}

fn kind(field: &FieldDescriptorProto) -> Kind {
    match field.r#type() {
        Type::Message | Type::Enum => Kind::Named(full(field.type_name())),
        _ => Kind::Scalar(scalar(field)),
    }
}

/// `TYPE_INT64` is what protos call `int64`.
fn scalar(field: &FieldDescriptorProto) -> String {
    field.r#type().as_str_name().trim_start_matches("TYPE_").to_lowercase()
}

fn enumeration(comments: &Comments, place: i32, it: &EnumDescriptorProto) -> Enum {
    let values = numbered(&it.value).map(|(at, value)| Value {
        name: value.name().to_owned(),
        comment: comments.at(&[part::ENUM, place, part::VALUE, at]),
        number: value.number(),
    });
    Enum { name: it.name().to_owned(), comment: comments.at(&[part::ENUM, place]), values: values.collect() }
}

/// Descriptors write full names with a dot before them.
fn full(name: &str) -> String {
    name.trim_start_matches('.').to_owned()
}

fn numbered<T>(items: &[T]) -> impl Iterator<Item = (i32, &T)> {
    (0..).zip(items)
}

impl Comments {
    fn of(file: &FileDescriptorProto) -> Self {
        let locations = file.source_code_info.iter().flat_map(|info| &info.location);
        Self(locations.map(|it| (it.path.clone(), it.leading_comments().to_owned())).collect())
    }

    /// Its lines as one text; an empty line parts paragraphs.
    fn at(&self, path: &[i32]) -> String {
        let comment = self.0.get(path).map(String::as_str).unwrap_or_default();
        let lines: Vec<&str> = comment.lines().map(str::trim).collect();
        let paragraphs = lines.split(|line| line.is_empty()).filter(|lines| !lines.is_empty());
        paragraphs.map(|lines| lines.join(" ")).collect::<Vec<_>>().join("\n\n")
    }
}
