//! What admission is asked about, as webhooks and policies in CEL see it: the operation, the resource, and the objects as JSON.
//!
//! Source: `apiserver/pkg/admission/attributes.go`, `plugin/webhook/request/admissionreview.go`, `plugin/cel/condition.go`.

use serde_json::{Map, Value, json};

use crate::apiserver::authorization::subresource_name;
use crate::apiserver::request::{Body, Request, Subresource, Verb};
use crate::model::{Kind, Object};

/// A question to admission.
pub(super) struct Attributes<'a> {
    pub(super) request: &'a Request,
    pub(super) operation: &'static str,
    /// The new state; null when something is deleted.
    pub(super) object: Value,
    /// The present state; null when something is created.
    pub(super) old: Value,
}

impl<'a> Attributes<'a> {
    /// About an object that is created, changed or deleted.
    pub(super) fn of(request: &'a Request, object: Option<&Object>, old: Option<&Object>) -> Self {
        let operation = match (object, old) {
            (None, _) => "DELETE",
            (_, None) => "CREATE",
            _ => "UPDATE",
        };
        let value = |object: Option<&Object>| object.map_or(Value::Null, Object::to_value);
        Self { request, operation, object: value(object), old: value(old) }
    }

    /// About a part of an object with a shape of its own: a binding, an eviction, a scale, the options of a connection.
    pub(super) fn of_part(request: &'a Request, object: Value, old: Value) -> Self {
        let operation = match request.subresource {
            Subresource::Scale => "UPDATE",
            part if part.is_upgraded() => "CONNECT",
            _ => "CREATE",
        };
        Self { request, operation, object, old }
    }

    pub(super) fn subresource(&self) -> &'static str {
        subresource_name(self.request.subresource)
    }

    /// Group, version and kind of what comes along.
    fn kind(&self) -> Value {
        let shown = if self.object.is_null() { &self.old } else { &self.object };
        let info = self.request.kind.info();
        let (group, version) = match shown["apiVersion"].as_str() {
            Some(text) => text.split_once('/').unwrap_or(("", text)),
            None => (info.group, info.version),
        };
        json!({"group": group, "version": version, "kind": shown["kind"].as_str().unwrap_or(info.name)})
    }

    /// The name; empty while it is still to be generated.
    pub(super) fn name(&self) -> &str {
        if !self.request.name.is_empty() {
            return &self.request.name;
        }
        let at = |value: &'_ Value| value["metadata"]["name"].as_str().map(str::len);
        match (at(&self.object), at(&self.old)) {
            (Some(_), _) => self.object["metadata"]["name"].as_str().unwrap_or_default(),
            (None, Some(_)) => self.old["metadata"]["name"].as_str().unwrap_or_default(),
            _ => "",
        }
    }

    /// The name that a refusal shows: before names are generated, the prefix.
    pub(super) fn shown_name(&self) -> &str {
        let name = self.name();
        let prefix = self.object["metadata"]["generateName"].as_str();
        if name.is_empty() { prefix.unwrap_or_default() } else { name }
    }

    /// `request` of expressions, and what an AdmissionReview says apart from its objects.
    pub(super) fn to_value(&self) -> Value {
        let request = self.request;
        let info = request.kind.info();
        let (kind, user) = (self.kind(), &request.user);
        let resource = json!({"group": info.group, "version": info.version, "resource": info.plural});
        let mut told = json!({
            "kind": kind, "resource": resource, "requestKind": kind, "requestResource": resource,
            "operation": self.operation, "userInfo": {"username": user.name, "groups": user.groups},
            "dryRun": request.options.dry_run, "options": self.options(),
        });
        if !user.uid.is_empty() {
            told["userInfo"]["uid"] = (*user.uid).into();
        }
        if !user.extra.is_empty() {
            told["userInfo"]["extra"] = json!(user.extra);
        }
        let texts = [("name", self.name()), ("namespace", &request.namespace), ("subResource", self.subresource())];
        for (field, text) in texts.into_iter().filter(|(_, text)| !text.is_empty()) {
            told[field] = text.into();
        }
        if request.kind == Kind::Namespace {
            told["namespace"] = self.name().into();
        }
        if let Some(part) = told.get("subResource").cloned() {
            told["requestSubResource"] = part;
        }
        told
    }

    fn options(&self) -> Value {
        let (kind, options) = match self.operation {
            "CREATE" => ("CreateOptions", &self.request.options),
            "DELETE" => ("DeleteOptions", &self.request.options),
            "CONNECT" => return Value::Null,
            _ if self.request.verb == Verb::Patch => ("PatchOptions", &self.request.options),
            _ => ("UpdateOptions", &self.request.options),
        };
        let mut told = Map::new();
        told.insert("kind".into(), kind.into());
        told.insert("apiVersion".into(), "meta.k8s.io/v1".into());
        if options.dry_run {
            told.insert("dryRun".into(), json!(["All"]));
        }
        if let Some(manager) = &options.field_manager {
            told.insert("fieldManager".into(), (**manager).into());
        }
        if let Body::Delete(delete) = &self.request.body {
            if let Some(seconds) = delete.grace_period_seconds {
                told.insert("gracePeriodSeconds".into(), seconds.into());
            }
            if let Some(propagation) = delete.propagation {
                told.insert("propagationPolicy".into(), format!("{propagation:?}").into());
            }
        }
        Value::Object(told)
    }

    /// Whether this is about the very objects that set admission up, so that whoever is locked out can get in again.
    /// Source: `rules.IsExemptAdmissionConfigurationResource`.
    pub(super) fn is_exempt(&self) -> bool {
        is_exempt(self.request.kind)
    }
}

/// Whether webhooks and policies have no say about a kind.
pub(super) fn is_exempt(kind: Kind) -> bool {
    matches!(
        kind,
        Kind::MutatingWebhookConfiguration
            | Kind::ValidatingWebhookConfiguration
            | Kind::ValidatingAdmissionPolicy
            | Kind::ValidatingAdmissionPolicyBinding
            | Kind::MutatingAdmissionPolicy
            | Kind::MutatingAdmissionPolicyBinding
    )
}
