//! The paths of a resource: where its objects are, and what may be done there.

use serde_json::{Map, Value, json};

use crate::model::api_types::{Fields, Shape, Type};
use crate::wire::discovery::{Part, Resource};

use super::operation::{Action, Subject, operation, query};

/// Adds the paths of a resource to `paths`, in the form of version 3.
pub(super) fn add(resource: &Resource, type_: &str, is_custom: bool, paths: &mut Map<String, Value>) {
    let subject = Subject { resource, part: None, type_, is_custom };
    let prefix = if resource.group.is_empty() { "/api" } else { "/apis" };
    let base = format!("{prefix}/{}", resource.api_version());
    let collection = if resource.is_namespaced {
        if resource.verbs.contains(&"list") {
            let everywhere = json!({"get": everywhere(subject), "parameters": [pretty()]});
            paths.insert(format!("{base}/{}", resource.plural), everywhere);
        }
        format!("{base}/namespaces/{{namespace}}/{}", resource.plural)
    } else {
        format!("{base}/{}", resource.plural)
    };
    insert(paths, subject, &collection, COLLECTION);
    insert(paths, subject, &format!("{collection}/{{name}}"), OBJECT);
    for part in &resource.parts {
        let verbs = if is_stream(part) { STREAM } else { PART };
        insert(paths, Subject { part: Some(part), ..subject }, &format!("{collection}/{{name}}/{}", part.name), verbs);
    }
}

/// HTTP method, verb of discovery, action.
type Row = (&'static str, &'static str, Action);

const COLLECTION: &[Row] = &[
    ("get", "list", Action::List),
    ("post", "create", Action::Create),
    ("delete", "deletecollection", Action::DeleteCollection),
];
const OBJECT: &[Row] = &[
    ("get", "get", Action::Get),
    ("put", "update", Action::Update),
    ("patch", "patch", Action::Patch),
    ("delete", "delete", Action::Delete),
];
const PART: &[Row] = &[
    ("get", "get", Action::Get),
    ("put", "update", Action::Update),
    ("patch", "patch", Action::Patch),
    ("post", "create", Action::Create),
];
const STREAM: &[Row] = &[
    ("get", "get", Action::Connect),
    ("put", "update", Action::Connect),
    ("patch", "patch", Action::Connect),
    ("post", "create", Action::Connect),
    ("delete", "delete", Action::Connect),
];

fn is_stream(part: &Part) -> bool {
    part.kind.is_some_and(|kind| kind.ends_with("Options"))
}

fn scope(resource: &Resource) -> &'static str {
    if resource.is_namespaced { "Namespaced" } else { "" }
}

/// The list of the objects of all namespaces.
fn everywhere(subject: Subject<'_>) -> Value {
    let mut list = operation(subject, Action::List, "");
    if let Some(Value::String(id)) = list.get_mut("operationId") {
        id.push_str("ForAllNamespaces");
    }
    list
}

fn insert(paths: &mut Map<String, Value>, subject: Subject<'_>, path: &str, rows: &[Row]) {
    let resource = subject.resource;
    let mut item = Map::new();
    for (method, verb, action) in rows {
        let is_known = match subject.part {
            Some(part) => part.verbs.contains(verb),
            None => resource.verbs.contains(verb),
        };
        if is_known {
            item.insert((*method).into(), operation(subject, *action, scope(resource)));
        }
    }
    if item.is_empty() {
        return;
    }
    let mut parameters = Vec::new();
    for name in ["name", "namespace"] {
        if path.contains(&format!("{{{name}}}")) {
            parameters.push(json!({"name": name, "in": "path", "required": true, "schema": {"type": "string"}}));
        }
    }
    parameters.extend(subject.part.into_iter().flat_map(options));
    parameters.push(pretty());
    item.insert("parameters".into(), parameters.into());
    paths.insert(path.to_owned(), Value::Object(item));
}

fn pretty() -> Value {
    query("pretty", "string")
}

/// The query parameters of a stream: the fields of its options.
fn options(part: &Part) -> Vec<Value> {
    let kind = if part.name == "log" { Some("PodLogOptions") } else { part.kind.filter(|_| is_stream(part)) };
    let fields = Fields::get();
    let message = kind.and_then(|kind| fields.of_kind("v1", kind)).and_then(|id| fields.message(id));
    let known = message.into_iter().flat_map(|message| &message.fields);
    let parameters = known.filter_map(|field| {
        let type_ = match (field.type_, field.shape) {
            (_, Shape::Map) => return None,
            (Type::Bool, _) => "boolean",
            (Type::Int | Type::Long, _) => "integer",
            _ => "string",
        };
        field.json.map(|name| query(name, type_))
    });
    parameters.collect()
}
