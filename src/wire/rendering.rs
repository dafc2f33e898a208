//! Answers as JSON: objects, lists, tables, metadata only.
//!
//! Source: `apiserver/pkg/endpoints/handlers/response.go`, `pkg/printers/internalversion/printers.go`.

use serde_json::{Map, Value, json};

use crate::apiserver::{List, Payload, WatchEvent, WatchEventKind};
use crate::engine::SimTime;
use crate::model::conversion::to_served;
use crate::model::{Kind, Object};
use crate::printers::{manifest, table};

use super::accept::Shape;

/// What of an object a row of a table carries along. Source: `metav1.IncludeObjectPolicy`.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Include {
    /// Nothing.
    None,
    /// Its metadata.
    #[default]
    Metadata,
    /// All of it.
    Object,
}

impl Include {
    /// The policy of that name.
    #[must_use]
    pub fn parse(name: Option<&str>) -> Self {
        match name {
            Some("None") => Self::None,
            Some("Object") => Self::Object,
            _ => Self::Metadata,
        }
    }
}

/// How answers to one request are rendered.
#[derive(Clone, Copy, Debug)]
pub struct Rendering {
    /// The kind that was asked for.
    pub kind: Kind,
    /// In which group and version.
    pub version: (&'static str, &'static str),
    /// As what.
    pub shape: Shape,
    /// What rows carry along.
    pub include: Include,
    /// Whether the columns of a table are left out, as clients ask that have seen them.
    pub without_headers: bool,
}

impl Rendering {
    /// What a request was answered with.
    #[must_use]
    pub fn payload(&self, payload: &Payload, now: SimTime) -> Value {
        match payload {
            Payload::Object(object) => self.object(object, now),
            Payload::List(list) => self.list(list, now),
            Payload::Status(status) => status.to_value(),
            Payload::Scale(scale) => scale.to_value(),
            Payload::Token(token) => json!(token),
            Payload::Watching | Payload::Proxy(_) | Payload::Aggregated { .. } | Payload::Stream(_) => Value::Null,
        }
    }

    fn object(&self, object: &Object, now: SimTime) -> Value {
        match self.shape {
            Shape::Object => self.shown(object),
            Shape::Metadata => metadata_only(object),
            Shape::Table => {
                let meta = json!({"resourceVersion": object.meta().resource_version});
                self.table(std::slice::from_ref(object), meta, !self.without_headers, now)
            }
        }
    }

    /// The object as Go would write it, in the version that was asked for.
    fn shown(&self, object: &Object) -> Value {
        let mut value = object.to_value();
        manifest::complete(self.kind, &mut value);
        to_served(self.kind, &self.api_version(), &mut value);
        value
    }

    fn api_version(&self) -> String {
        match self.version {
            ("", version) => version.to_owned(),
            (group, version) => format!("{group}/{version}"),
        }
    }

    fn list(&self, list: &List, now: SimTime) -> Value {
        let mut meta = json!({"resourceVersion": list.revision.to_string()});
        if let Some(token) = &list.continue_token {
            meta["continue"] = json!(token);
        }
        if let Some(remaining) = list.remaining {
            meta["remainingItemCount"] = json!(remaining);
        }
        match self.shape {
            Shape::Object => {
                let items: Vec<Value> = list.items.iter().map(|object| without_type(self.shown(object))).collect();
                let kind = format!("{}List", self.kind.name());
                json!({"kind": kind, "apiVersion": self.api_version(), "metadata": meta, "items": items})
            }
            Shape::Metadata => {
                let items: Vec<Value> = list.items.iter().map(metadata_only).collect();
                json!({"kind": "PartialObjectMetadataList", "apiVersion": "meta.k8s.io/v1", "metadata": meta, "items": items})
            }
            Shape::Table => self.table(&list.items, meta, !self.without_headers, now),
        }
    }

    fn table(&self, objects: &[Object], meta: Value, with_headers: bool, now: SimTime) -> Value {
        let mut value = json!({"kind": "Table", "apiVersion": "meta.k8s.io/v1", "metadata": meta});
        value["columnDefinitions"] = if with_headers { columns(self.kind) } else { Value::Null };
        value["rows"] = objects.iter().map(|object| self.row(object, now)).collect();
        value
    }

    fn row(&self, object: &Object, now: SimTime) -> Value {
        let mut row = Map::new();
        row.insert("cells".into(), table::cells(object, now).into());
        match self.include {
            Include::None => {}
            Include::Metadata => drop(row.insert("object".into(), metadata_only(object))),
            Include::Object => drop(row.insert("object".into(), self.shown(object))),
        }
        Value::Object(row)
    }

    /// One event of a watch; only the first one of a table names the columns.
    #[must_use]
    pub fn event(&self, event: &WatchEvent, is_first: bool, now: SimTime) -> Value {
        if event.kind == WatchEventKind::Bookmark {
            return json!({"type": "BOOKMARK", "object": self.bookmark(event)});
        }
        let word = match event.kind {
            WatchEventKind::Added => "ADDED",
            WatchEventKind::Modified => "MODIFIED",
            _ => "DELETED",
        };
        let object = match self.shape {
            Shape::Table => {
                let meta = json!({"resourceVersion": event.revision.to_string()});
                let objects = std::slice::from_ref(&event.object);
                self.table(objects, meta, is_first && !self.without_headers, now)
            }
            _ => self.object(&event.object, now),
        };
        json!({"type": word, "object": object})
    }

    fn bookmark(&self, event: &WatchEvent) -> Value {
        let mut meta = json!({"resourceVersion": event.revision.to_string(), "creationTimestamp": null});
        if let Some(annotations) = &event.object.meta().annotations {
            meta["annotations"] = json!(annotations);
        }
        match self.shape {
            Shape::Table => json!({"kind": "Table", "apiVersion": "meta.k8s.io/v1", "metadata": meta,
                "columnDefinitions": null, "rows": []}),
            Shape::Metadata => {
                json!({"kind": "PartialObjectMetadata", "apiVersion": "meta.k8s.io/v1", "metadata": meta})
            }
            Shape::Object => {
                json!({"kind": self.kind.name(), "apiVersion": self.api_version(), "metadata": meta})
            }
        }
    }
}

/// Items of a list do not repeat what the list says.
fn without_type(mut value: Value) -> Value {
    if let Value::Object(fields) = &mut value {
        fields.remove("apiVersion");
        fields.remove("kind");
    }
    value
}

fn metadata_only(object: &Object) -> Value {
    let mut value = object.to_value();
    let metadata = value.get_mut("metadata").map(Value::take).unwrap_or_default();
    json!({"kind": "PartialObjectMetadata", "apiVersion": "meta.k8s.io/v1", "metadata": metadata})
}

fn columns(kind: Kind) -> Value {
    let column = |column: &table::Column| {
        let is_name = column.name == "Name";
        json!({"name": column.name, "type": "string", "format": if is_name { "name" } else { "" },
            "description": "", "priority": i32::from(column.wide)})
    };
    table::columns(kind).iter().map(column).collect()
}
