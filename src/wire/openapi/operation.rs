//! One operation: a verb on a path, its parameters, its body, its answer.

use serde_json::{Map, Value, json};

use crate::wire::discovery::{Part, Resource};

use super::definitions::{Flavor, gvk, meta, name_of};

/// What is done.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Action {
    List,
    Create,
    DeleteCollection,
    Get,
    Update,
    Patch,
    Delete,
    /// Streams and proxies.
    Connect,
}

impl Action {
    /// As `x-kubernetes-action` spells it.
    const fn name(self) -> &'static str {
        match self {
            Self::List => "list",
            Self::Create => "post",
            Self::DeleteCollection => "deletecollection",
            Self::Get => "get",
            Self::Update => "put",
            Self::Patch => "patch",
            Self::Delete => "delete",
            Self::Connect => "connect",
        }
    }

    /// The word that operation ids begin with.
    const fn word(self) -> &'static str {
        match self {
            Self::List => "list",
            Self::Create => "create",
            Self::DeleteCollection => "deleteCollection",
            Self::Get => "read",
            Self::Update => "replace",
            Self::Patch => "patch",
            Self::Delete => "delete",
            Self::Connect => "connect",
        }
    }

    /// The query parameters it takes, with their types.
    const fn parameters(self) -> &'static [(&'static str, &'static str)] {
        match self {
            Self::List | Self::DeleteCollection => &[
                ("allowWatchBookmarks", "boolean"),
                ("continue", "string"),
                ("fieldSelector", "string"),
                ("labelSelector", "string"),
                ("limit", "integer"),
                ("resourceVersion", "string"),
                ("resourceVersionMatch", "string"),
                ("sendInitialEvents", "boolean"),
                ("timeoutSeconds", "integer"),
                ("watch", "boolean"),
            ],
            Self::Create | Self::Update => {
                &[("dryRun", "string"), ("fieldManager", "string"), ("fieldValidation", "string")]
            }
            Self::Patch => {
                &[("dryRun", "string"), ("fieldManager", "string"), ("fieldValidation", "string"), ("force", "boolean")]
            }
            Self::Delete => &[
                ("dryRun", "string"),
                ("gracePeriodSeconds", "integer"),
                ("ignoreStoreReadErrorWithClusterBreakingPotential", "boolean"),
                ("orphanDependents", "boolean"),
                ("propagationPolicy", "string"),
            ],
            Self::Get | Self::Connect => &[],
        }
    }
}

/// The content types of patches; custom resources know no strategic merge.
const PATCHES: [&str; 4] = [
    "application/apply-patch+yaml",
    "application/json-patch+json",
    "application/merge-patch+json",
    "application/strategic-merge-patch+json",
];

/// What an operation is about.
#[derive(Clone, Copy, Debug)]
pub(super) struct Subject<'r> {
    /// The resource.
    pub(super) resource: &'r Resource,
    /// Its subresource.
    pub(super) part: Option<&'r Part>,
    /// The name of the type of its objects.
    pub(super) type_: &'r str,
    /// Whether it is a custom resource.
    pub(super) is_custom: bool,
}

impl Subject<'_> {
    /// The group, version and kind of what is sent and answered.
    fn gvk(&self) -> (&str, &str, &str) {
        let resource = self.resource;
        let part = self.part;
        let (group, version) = part.and_then(|part| part.api).unwrap_or((&resource.group, &resource.version));
        (group, version, part.and_then(|part| part.kind).unwrap_or(&resource.kind))
    }

    /// The type of what is sent and answered.
    fn type_name(&self) -> Option<String> {
        if self.part.is_none_or(|part| part.kind.is_none()) {
            return Some(self.type_.to_owned());
        }
        let (group, version, kind) = self.gvk();
        name_of(&if group.is_empty() { version.to_owned() } else { format!("{group}/{version}") }, kind)
    }
}

/// One operation, in the form of version 3.
pub(super) fn operation(subject: Subject<'_>, action: Action, scope: &str) -> Value {
    let (group, version, kind) = subject.gvk();
    let resource = subject.resource;
    let group_word = group_word(&resource.group);
    let part: String = subject.part.map(|part| capital(part.name)).unwrap_or_default();
    let id = format!(
        "{}{}{}{scope}{}{part}",
        action.word(),
        capital(&group_word),
        capital(&resource.version),
        resource.kind
    );
    let mut operation = Map::new();
    operation.insert("description".into(), format!("{} {}", action.word(), described(&subject)).into());
    operation.insert("operationId".into(), id.into());
    operation.insert("tags".into(), json!([format!("{group_word}_{}", resource.version)]));
    operation.insert("x-kubernetes-action".into(), action.name().into());
    operation.insert("x-kubernetes-group-version-kind".into(), gvk(group, version, kind));
    let parameters: Vec<_> = action.parameters().iter().map(|(name, type_)| query(name, type_)).collect();
    if !parameters.is_empty() {
        operation.insert("parameters".into(), parameters.into());
    }
    if let Some(body) = body(&subject, action) {
        operation.insert("requestBody".into(), body);
    }
    let answer = match action {
        Action::List => Some(format!("{}List", subject.type_)),
        Action::DeleteCollection | Action::Delete => Some(meta("Status")),
        Action::Connect => None,
        _ => subject.type_name(),
    };
    let content = match answer {
        Some(name) => json!({"application/json": {"schema": Flavor::Three.reference(&name)}}),
        None => json!({"*/*": {"schema": {"type": "string"}}}),
    };
    let responses = json!({"200": {"description": "OK", "content": content}, "401": {"description": "Unauthorized"}});
    operation.insert("responses".into(), responses);
    Value::Object(operation)
}

fn described(subject: &Subject<'_>) -> String {
    match subject.part {
        Some(part) => format!("{} of the specified {}", part.name, subject.resource.kind),
        None => format!("objects of kind {}", subject.resource.kind),
    }
}

fn body(subject: &Subject<'_>, action: Action) -> Option<Value> {
    let reference = |name: &str| json!({"schema": Flavor::Three.reference(name)});
    Some(match action {
        Action::Create | Action::Update => {
            json!({"required": true, "content": {"*/*": reference(&subject.type_name()?)}})
        }
        Action::Delete | Action::DeleteCollection => json!({"content": {"*/*": reference(&meta("DeleteOptions"))}}),
        Action::Patch => {
            let known = PATCHES.iter().filter(|name| !subject.is_custom || !name.contains("strategic"));
            let content: Map<_, _> =
                known.map(|name| ((*name).to_owned(), json!({"schema": {"type": "object"}}))).collect();
            json!({"required": true, "content": content})
        }
        _ => return None,
    })
}

/// A query parameter.
pub(super) fn query(name: &str, type_: &str) -> Value {
    json!({"name": name, "in": "query", "schema": {"type": type_, "uniqueItems": true}})
}

/// `core`, `apps`, `rbacAuthorization`: a group as operation ids and tags spell it.
pub(super) fn group_word(group: &str) -> String {
    let mut parts = group.trim_end_matches(".k8s.io").split('.').filter(|part| !part.is_empty());
    let first = parts.next().unwrap_or("core");
    parts.fold(first.to_owned(), |word, part| word + &capital(part))
}

fn capital(word: &str) -> String {
    let mut letters = word.chars();
    letters.next().map_or_else(String::new, |first| first.to_ascii_uppercase().to_string() + letters.as_str())
}
