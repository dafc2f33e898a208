//! The types under `components.schemas` and `definitions`, in upstream's form.

use std::sync::OnceLock;

use serde_json::{Map, Value, json};

use crate::model::api_types::{Field, Fields, META, MessageId, Type};
use crate::model::schema;
use crate::wire::discovery::{Catalog, Resource};

/// Which version of OpenAPI is spoken.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Flavor {
    /// 2.0.
    Swagger,
    /// 3.0.
    Three,
}

impl Flavor {
    /// What a reference to a type begins with.
    pub(super) const fn prefix(self) -> &'static str {
        match self {
            Self::Swagger => "#/definitions/",
            Self::Three => "#/components/schemas/",
        }
    }

    /// A reference to a type.
    pub(super) fn reference(self, name: &str) -> Value {
        json!({"$ref": format!("{}{name}", self.prefix())})
    }
}

/// `io.k8s.api.apps.v1.Deployment`: upstream's name of a kind; `None` when it has no schema.
pub(super) fn name_of(api_version: &str, kind: &str) -> Option<String> {
    Fields::get().of_kind(api_version, kind).map(name_of_message)
}

fn name_of_message((package, name): MessageId) -> String {
    format!("{}.{name}", package.replacen("k8s.io", "io.k8s", 1).replace('_', "-"))
}

/// `io.k8s.apimachinery.pkg.apis.meta.v1.Status` and its like.
pub(super) fn meta(kind: &'static str) -> String {
    name_of_message((META, kind))
}

/// Every type of the built-in API in the form of version 3, built at the first call.
pub(super) fn built_in() -> &'static Map<String, Value> {
    static BUILT_IN: OnceLock<Map<String, Value>> = OnceLock::new();
    BUILT_IN.get_or_init(|| definitions(Flavor::Three, Catalog::built_in()))
}

/// Every type of the API.
pub(super) fn definitions(flavor: Flavor, catalog: &Catalog) -> Map<String, Value> {
    let fields = Fields::get();
    let mut all = Map::new();
    for (name, schema) in schema::definitions() {
        let mut schema = converted(flavor, schema);
        special(flavor, &name, &mut schema);
        if let Some(id) = fields.of_definition(&name) {
            annotate(fields, id, &mut schema);
        }
        all.insert(name, schema);
    }
    let mut versions = Vec::new();
    for (group, version, resources) in catalog.versions() {
        versions.push((group.name.as_str(), version));
        for resource in resources {
            add_kind(flavor, resource, &mut all);
        }
    }
    let kinds = versions.iter().map(|(group, version)| gvk(group, version, "DeleteOptions")).collect();
    set(&mut all, &meta("DeleteOptions"), "x-kubernetes-group-version-kind", kinds);
    set(&mut all, &meta("Status"), "x-kubernetes-group-version-kind", json!([gvk("", "v1", "Status")]));
    for (kind, group) in [("Scale", "autoscaling"), ("Eviction", "policy"), ("TokenRequest", "authentication.k8s.io")] {
        if let Some(name) = name_of(&format!("{group}/v1"), kind) {
            set(&mut all, &name, "x-kubernetes-group-version-kind", json!([gvk(group, "v1", kind)]));
        }
    }
    all
}

/// The group, version and kind as extensions name them.
pub(super) fn gvk(group: &str, version: &str, kind: &str) -> Value {
    json!({"group": group, "version": version, "kind": kind})
}

fn set(all: &mut Map<String, Value>, name: &str, key: &str, value: Value) {
    if let Some(schema) = all.get_mut(name).and_then(Value::as_object_mut) {
        schema.insert(key.into(), value);
    }
}

/// What the type of an object and of its list has beyond the schema.
fn add_kind(flavor: Flavor, resource: &Resource, all: &mut Map<String, Value>) {
    let Some(name) = name_of(&resource.api_version(), &resource.kind) else { return };
    let Some(schema) = all.get_mut(&name).and_then(Value::as_object_mut) else { return };
    let kind = gvk(&resource.group, &resource.version, &resource.kind);
    schema.insert("x-kubernetes-group-version-kind".into(), json!([kind]));
    // The wire types always have metadata; upstream does not require it.
    if let Some(required) = schema.get_mut("required").and_then(Value::as_array_mut) {
        required.retain(|name| name != "metadata");
        if required.is_empty() {
            schema.remove("required");
        }
    }
    if resource.verbs.contains(&"list") {
        let list = list(flavor, resource, &flavor.reference(&name), schema);
        all.insert(format!("{name}List"), list);
    }
}

/// The type of a list of objects.
pub(super) fn list(flavor: Flavor, resource: &Resource, item: &Value, schema: &Map<String, Value>) -> Value {
    let of_item = |field: &str| schema.get("properties").and_then(|all| all.get(field)).cloned().unwrap_or_default();
    let kind = format!("{}List", resource.kind);
    let metadata = referring(
        flavor,
        &flavor.reference(&meta("ListMeta")),
        Map::from_iter([("description".into(), "Standard list metadata.".into())]),
    );
    json!({
        "description": format!("{kind} is a list of {}.", resource.kind),
        "type": "object",
        "required": ["items"],
        "properties": {
            "apiVersion": of_item("apiVersion"),
            "kind": of_item("kind"),
            "metadata": metadata,
            "items": {"description": format!("The {}.", resource.plural), "type": "array", "items": item},
        },
        "x-kubernetes-group-version-kind": [gvk(&resource.group, &resource.version, &kind)],
    })
}

/// A reference with something beside it, which version 3 forbids unless it stands in an `allOf`.
pub(super) fn referring(flavor: Flavor, reference: &Value, mut beside: Map<String, Value>) -> Value {
    match flavor {
        _ if beside.is_empty() => return reference.clone(),
        Flavor::Three => drop(beside.insert("allOf".into(), json!([reference]))),
        Flavor::Swagger => beside.extend(reference.as_object().cloned().unwrap_or_default()),
    }
    Value::Object(beside)
}

/// A schema with its references in the form of `flavor`.
fn converted(flavor: Flavor, schema: Value) -> Value {
    match schema {
        Value::Object(mut object) => {
            let reference = object.remove("$ref");
            let rest: Map<_, _> = object.into_iter().map(|(name, inner)| (name, converted(flavor, inner))).collect();
            match reference.as_ref().and_then(Value::as_str).and_then(|text| text.strip_prefix("#/$defs/")) {
                Some(target) => referring(flavor, &flavor.reference(target), rest),
                None => Value::Object(rest),
            }
        }
        Value::Array(list) => Value::Array(list.into_iter().map(|inner| converted(flavor, inner)).collect()),
        other => other,
    }
}

/// The types that may be written in more than one way.
fn special(flavor: Flavor, name: &str, schema: &mut Value) {
    let Some(object) = schema.as_object_mut() else { return };
    let one_of = |first: &str, second: &str| json!([{"type": first}, {"type": second}]);
    match (name.rsplit('.').next().unwrap_or_default(), flavor) {
        ("IntOrString", Flavor::Swagger) => {
            object.insert("type".into(), "string".into());
            object.insert("format".into(), "int-or-string".into());
        }
        ("IntOrString", Flavor::Three) => {
            object.insert("format".into(), "int-or-string".into());
            object.insert("oneOf".into(), one_of("integer", "string"));
        }
        ("Quantity", Flavor::Swagger) => drop(object.insert("type".into(), "string".into())),
        ("Quantity", Flavor::Three) => drop(object.insert("oneOf".into(), one_of("string", "number"))),
        ("JSON" | "JSONSchemaPropsOrArray" | "JSONSchemaPropsOrBool" | "JSONSchemaPropsOrStringArray", _) => {
            object.retain(|key, _| key == "description");
        }
        _ => {}
    }
    object.remove("x-kubernetes-int-or-string");
}

/// Adds to the properties of a type what the table of fields knows.
fn annotate(fields: &Fields, id: MessageId, schema: &mut Value) {
    let Some(message) = fields.message(id) else { return };
    if let Some(object) = schema.as_object_mut().filter(|_| message.is_atomic) {
        object.insert("x-kubernetes-map-type".into(), "atomic".into());
    }
    for field in &message.fields {
        let Some(name) = field.json else {
            if let Type::Message(inner) = field.type_ {
                annotate(fields, inner, schema);
            }
            continue;
        };
        if let Some(property) = schema.pointer_mut("/properties").and_then(|all| all.get_mut(name)) {
            annotate_field(field, property);
        }
    }
}

fn annotate_field(field: &Field, property: &mut Value) {
    let Some(object) = property.as_object_mut() else { return };
    if let Some([type_, keys @ ..]) = field.list.as_deref() {
        object.insert("x-kubernetes-list-type".into(), (*type_).into());
        if !keys.is_empty() {
            object.insert("x-kubernetes-list-map-keys".into(), keys.into());
        }
    }
    if let Some(type_) = field.map {
        object.insert("x-kubernetes-map-type".into(), type_.into());
    }
    if let Some((strategy, key)) = field.patch {
        object.insert("x-kubernetes-patch-strategy".into(), strategy.into());
        if let Some(key) = key {
            object.insert("x-kubernetes-patch-merge-key".into(), key.into());
        }
    }
}
