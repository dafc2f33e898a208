//! `kubectl create role|clusterrole|rolebinding|clusterrolebinding`.
//!
//! Source: `kubectl/pkg/cmd/create/create_{role,clusterrole,rolebinding,clusterrolebinding}.go`.

use std::collections::BTreeMap;

use serde_json::{Value, json};

use super::{name_of, submit};
use crate::kubectl::failure::Failure;
use crate::kubectl::flags::Flags;
use crate::kubectl::resources;
use crate::kubectl::session::Session;
use crate::model::Kind;

const GROUP: &str = "rbac.authorization.k8s.io";

/// Flags of `create role`.
pub const ROLE_FLAGS: &[&str] = &[
    "+verb",
    "+resource",
    "+resource-name",
    "o:output",
    "?dry-run=unchanged",
    "?validate=strict",
    "!save-config",
    ":field-manager",
    ":template",
];

/// Flags of `create clusterrole`.
pub const CLUSTER_ROLE_FLAGS: &[&str] = &[
    "+verb",
    "+resource",
    "+resource-name",
    "+non-resource-url",
    "+aggregation-rule",
    "o:output",
    "?dry-run=unchanged",
    "?validate=strict",
    "!save-config",
    ":field-manager",
    ":template",
];

/// Flags of `create rolebinding` and `create clusterrolebinding`.
pub const BINDING_FLAGS: &[&str] = &[
    ":clusterrole",
    ":role",
    "+user",
    "+group",
    "+serviceaccount",
    "o:output",
    "?dry-run=unchanged",
    "?validate=strict",
    "!save-config",
    ":field-manager",
    ":template",
];

/// `kubectl create role`.
///
/// # Errors
/// In kubectl's words.
pub fn role(session: &mut Session<'_>, flags: &Flags) -> Result<(), Failure> {
    let name = name_of(flags, "create role")?;
    let verbs = verbs(flags)?;
    if flags.list("resource").is_empty() {
        return Err(Failure::text_of("at least one resource must be specified"));
    }
    let rules = rules(session, flags, &verbs)?;
    let value =
        json!({"apiVersion": format!("{GROUP}/v1"), "kind": "Role", "metadata": {"name": name}, "rules": rules});
    submit(session, flags, Kind::Role, value, Some("failed to create role"))
}

/// `kubectl create clusterrole`.
///
/// # Errors
/// In kubectl's words.
pub fn cluster_role(session: &mut Session<'_>, flags: &Flags) -> Result<(), Failure> {
    let name = name_of(flags, "create clusterrole")?;
    let mut value = json!({"apiVersion": format!("{GROUP}/v1"), "kind": "ClusterRole", "metadata": {"name": name}});
    let (urls, aggregation) = (flags.list("non-resource-url"), flags.list("aggregation-rule"));
    if !aggregation.is_empty() {
        if !flags.list("verb").is_empty() || !urls.is_empty() || !flags.list("resource").is_empty() {
            let said = "aggregation rule must be specified without nonResourceURLs, resources or resourceNames";
            return Err(Failure::text_of(said));
        }
        let labels: BTreeMap<&str, &str> = aggregation.iter().filter_map(|pair| pair.split_once('=')).collect();
        value["rules"] = json!([]);
        value["aggregationRule"] = json!({"clusterRoleSelectors": [{"matchLabels": labels}]});
        return submit(session, flags, Kind::ClusterRole, value, Some("failed to create clusterrole"));
    }
    let verbs = verbs(flags)?;
    if flags.list("resource").is_empty() && urls.is_empty() {
        return Err(Failure::text_of("one of resource or nonResourceURL must be specified"));
    }
    let mut rules = rules(session, flags, &verbs)?;
    if !urls.is_empty() {
        rules.push(json!({"verbs": verbs, "nonResourceURLs": urls}));
    }
    value["rules"] = json!(rules);
    submit(session, flags, Kind::ClusterRole, value, Some("failed to create clusterrole"))
}

/// The verbs that are asked for, each once; `*` stands for all.
fn verbs(flags: &Flags) -> Result<Vec<&str>, Failure> {
    let mut verbs: Vec<&str> = Vec::new();
    for verb in flags.list("verb").into_iter().filter(|verb| !verb.is_empty()) {
        if verb == "*" {
            return Ok(vec!["*"]);
        }
        if !verbs.contains(&verb) {
            verbs.push(verb);
        }
    }
    if verbs.is_empty() { Err(Failure::text_of("at least one verb must be specified")) } else { Ok(verbs) }
}

/// One rule for each group of the resources that are named. Source: `generateResourcePolicyRules`.
fn rules(session: &mut Session<'_>, flags: &Flags, verbs: &[&str]) -> Result<Vec<Value>, Failure> {
    let mut groups: BTreeMap<&'static str, Vec<String>> = BTreeMap::new();
    for word in flags.list("resource") {
        let (resource, part) = word.split_once('/').unwrap_or((word, ""));
        if resource == "*" {
            groups.entry("*").or_default().push(word.to_owned());
            continue;
        }
        let info = resources::any_kind(session, resource)?.info();
        let name = if part.is_empty() { info.plural.to_owned() } else { format!("{}/{part}", info.plural) };
        let known = groups.entry(info.group).or_default();
        if !known.contains(&name) {
            known.push(name);
        }
    }
    let names = flags.list("resource-name");
    let rule = |(group, resources): (&str, Vec<String>)| {
        let mut rule = json!({"apiGroups": [group], "resources": resources, "verbs": verbs});
        if !names.is_empty() {
            rule["resourceNames"] = json!(names);
        }
        rule
    };
    Ok(groups.into_iter().map(rule).collect())
}

/// `kubectl create rolebinding`.
///
/// # Errors
/// In kubectl's words.
pub fn role_binding(session: &mut Session<'_>, flags: &Flags) -> Result<(), Failure> {
    let name = name_of(flags, "create rolebinding")?;
    let role = match (flags.text_or_empty("clusterrole"), flags.text_or_empty("role")) {
        ("", role) if !role.is_empty() => json!({"apiGroup": GROUP, "kind": "Role", "name": role}),
        (role, "") if !role.is_empty() => json!({"apiGroup": GROUP, "kind": "ClusterRole", "name": role}),
        _ => return Err(Failure::text_of("exactly one of clusterrole or role must be specified")),
    };
    let value = json!({"apiVersion": format!("{GROUP}/v1"), "kind": "RoleBinding", "metadata": {"name": name},
        "roleRef": role, "subjects": subjects(flags)?});
    submit(session, flags, Kind::RoleBinding, value, Some("failed to create rolebinding"))
}

/// `kubectl create clusterrolebinding`.
///
/// # Errors
/// In kubectl's words.
pub fn cluster_role_binding(session: &mut Session<'_>, flags: &Flags) -> Result<(), Failure> {
    let name = name_of(flags, "create clusterrolebinding")?;
    let role = flags.text_or_empty("clusterrole");
    if role.is_empty() {
        return Err(Failure::text_of("clusterrole must be specified"));
    }
    let value = json!({"apiVersion": format!("{GROUP}/v1"), "kind": "ClusterRoleBinding", "metadata": {"name": name},
        "roleRef": {"apiGroup": GROUP, "kind": "ClusterRole", "name": role}, "subjects": subjects(flags)?});
    submit(session, flags, Kind::ClusterRoleBinding, value, Some("failed to create clusterrolebinding"))
}

fn subjects(flags: &Flags) -> Result<Vec<Value>, Failure> {
    let of = |kind: &'static str, flag: &str| -> Vec<Value> {
        flags.list(flag).into_iter().map(|name| json!({"apiGroup": GROUP, "kind": kind, "name": name})).collect()
    };
    let mut subjects = of("User", "user");
    subjects.extend(of("Group", "group"));
    for word in flags.list("serviceaccount") {
        match word.split_once(':') {
            Some((namespace, name)) if !namespace.is_empty() && !name.is_empty() && !name.contains(':') => {
                subjects.push(json!({"kind": "ServiceAccount", "name": name, "namespace": namespace}));
            }
            _ => return Err(Failure::text_of("serviceaccount must be <namespace>:<name>")),
        }
    }
    Ok(subjects)
}
