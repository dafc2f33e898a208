//! A resource as discovery shows it, and those of the built-in API.

use std::iter;

use crate::model::{Kind, KindInfo, Scope, metrics};

/// The verbs of a resource that is stored. Source: `kubectl api-resources -o wide` of v1.36.
const STORED: &[&str] = &["create", "delete", "deletecollection", "get", "list", "patch", "update", "watch"];
/// Namespaces are deleted one by one.
const NAMESPACE: &[&str] = &["create", "delete", "get", "list", "patch", "update", "watch"];
/// What is measured can only be read.
const READ: &[&str] = &["get", "list"];
const CREATE: &[&str] = &["create"];
const CHANGE: &[&str] = &["get", "patch", "update"];
const STREAM: &[&str] = &["create", "get"];
const PROXY: &[&str] = &["create", "delete", "get", "patch", "update"];

/// Group, plural, kind, whether namespaced, verbs, short name.
type Asked = (&'static str, &'static str, &'static str, bool, &'static [&'static str], Option<&'static str>);

/// Resources that are asked and not stored.
const ASKED: [Asked; 8] = [
    ("", "bindings", "Binding", true, CREATE, None),
    ("", "componentstatuses", "ComponentStatus", false, &["get", "list"], Some("cs")),
    ("authentication.k8s.io", "selfsubjectreviews", "SelfSubjectReview", false, CREATE, None),
    ("authentication.k8s.io", "tokenreviews", "TokenReview", false, CREATE, None),
    ("authorization.k8s.io", "localsubjectaccessreviews", "LocalSubjectAccessReview", true, CREATE, None),
    ("authorization.k8s.io", "selfsubjectaccessreviews", "SelfSubjectAccessReview", false, CREATE, None),
    ("authorization.k8s.io", "selfsubjectrulesreviews", "SelfSubjectRulesReview", false, CREATE, None),
    ("authorization.k8s.io", "subjectaccessreviews", "SubjectAccessReview", false, CREATE, None),
];

/// A resource under one group and version.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Resource {
    /// Empty for the core group.
    pub group: String,
    /// `v1`.
    pub version: String,
    /// `Pod`.
    pub kind: String,
    /// `pods`.
    pub plural: String,
    /// `pod`.
    pub singular: String,
    /// `po`.
    pub short_names: Vec<String>,
    /// Whether its objects live in a namespace.
    pub is_namespaced: bool,
    /// `all`.
    pub categories: Vec<String>,
    /// What may be done with it, in alphabetical order.
    pub verbs: Vec<&'static str>,
    /// The group, version and kind in which it is stored; `None` for what is not stored.
    pub stored: Option<String>,
    /// Its subresources, in alphabetical order.
    pub parts: Vec<Part>,
}

/// A subresource.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Part {
    /// `scale`.
    pub name: &'static str,
    /// The group and version of what it takes and answers, when they are not those of the resource.
    pub api: Option<(&'static str, &'static str)>,
    /// The kind of that, when it is not that of the resource.
    pub kind: Option<&'static str>,
    /// What may be done with it.
    pub verbs: &'static [&'static str],
}

impl Part {
    /// A subresource by its name; one without a row answers the object itself, as `status` does.
    #[must_use]
    pub fn named(name: &'static str) -> Self {
        let (api, kind, verbs) = match name {
            "scale" => (Some(("autoscaling", "v1")), Some("Scale"), CHANGE),
            "binding" => (None, Some("Binding"), CREATE),
            "eviction" => (Some(("policy", "v1")), Some("Eviction"), CREATE),
            "token" => (Some(("authentication.k8s.io", "v1")), Some("TokenRequest"), CREATE),
            "exec" => (None, Some("PodExecOptions"), STREAM),
            "attach" => (None, Some("PodAttachOptions"), STREAM),
            "portforward" => (None, Some("PodPortForwardOptions"), STREAM),
            "proxy" => (None, Some("PodProxyOptions"), PROXY),
            "log" => (None, None, ["get"].as_slice()),
            "finalize" => (None, None, ["update"].as_slice()),
            _ => (None, None, CHANGE),
        };
        Self { name, api, kind, verbs }
    }
}

impl Resource {
    /// Every resource of the built-in API, under every group and version that serves it.
    pub fn built_in() -> impl Iterator<Item = Self> {
        let stored = Kind::all().flat_map(|kind| {
            let info = kind.info();
            info.served().map(move |(group, version)| Self::of(info, group, version))
        });
        stored.chain(ASKED.iter().map(|row| Self::asked(*row)))
    }

    /// The resources of custom kinds.
    pub fn of_kinds(kinds: &[Kind]) -> Vec<Self> {
        let infos = kinds.iter().map(|kind| kind.info());
        infos.map(|info| Self::of(info, info.group, info.version)).collect()
    }

    fn of(info: &'static KindInfo, group: &str, version: &str) -> Self {
        let owned = |list: &[&str]| list.iter().map(|one| (*one).to_owned()).collect();
        let mut parts: Vec<_> = info.subresources.iter().map(|name| Part::named(name)).collect();
        parts.sort_by_key(|part| part.name);
        Self {
            group: group.to_owned(),
            version: version.to_owned(),
            kind: info.name.to_owned(),
            plural: info.plural.to_owned(),
            singular: info.singular.to_owned(),
            short_names: owned(info.short_names),
            is_namespaced: info.scope == Scope::Namespaced,
            categories: owned(info.categories),
            verbs: match info.name {
                "Namespace" => NAMESPACE,
                _ if info.group == metrics::GROUP => READ,
                _ => STORED,
            }
            .to_vec(),
            stored: (info.group != metrics::GROUP).then(|| format!("{}/{}/{}", info.group, info.version, info.name)),
            parts,
        }
    }

    fn asked(row: Asked) -> Self {
        let (group, plural, kind, is_namespaced, verbs, short) = row;
        Self {
            group: group.to_owned(),
            version: "v1".into(),
            kind: kind.to_owned(),
            plural: plural.to_owned(),
            singular: kind.to_ascii_lowercase(),
            short_names: short.into_iter().map(str::to_owned).collect(),
            is_namespaced,
            categories: Vec::new(),
            verbs: verbs.to_vec(),
            stored: None,
            parts: Vec::new(),
        }
    }

    /// A custom resource: stored as it is served, with the subresources that its definition turns on.
    #[must_use]
    pub fn custom(group: &str, version: &str, kind: &str, plural: &str, is_namespaced: bool) -> Self {
        Self {
            group: group.to_owned(),
            version: version.to_owned(),
            kind: kind.to_owned(),
            plural: plural.to_owned(),
            singular: kind.to_ascii_lowercase(),
            short_names: Vec::new(),
            is_namespaced,
            categories: Vec::new(),
            verbs: STORED.to_vec(),
            stored: Some(format!("{group}/{version}/{kind}")),
            parts: Vec::new(),
        }
    }

    /// `v1` or `apps/v1`.
    #[must_use]
    pub fn api_version(&self) -> String {
        if self.group.is_empty() { self.version.clone() } else { format!("{}/{}", self.group, self.version) }
    }

    /// Its subresources, each with its path: `pods/log`.
    pub fn paths(&self) -> impl Iterator<Item = (String, Option<&Part>)> {
        let parts = self.parts.iter().map(|part| (format!("{}/{}", self.plural, part.name), Some(part)));
        iter::once((self.plural.clone(), None)).chain(parts)
    }
}
