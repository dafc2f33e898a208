//! Nobody grants what he does not hold: the check of those who write roles and bindings. The verbs `escalate` and `bind` lift it.
//!
//! Source: `pkg/registry/rbac/{role,clusterrole,rolebinding,clusterrolebinding}/policybased/storage.go`,
//! `component-helpers/auth/rbac/validation/policy_comparator.go`.

use std::collections::BTreeSet;

use crate::apiserver::authorization::{Attributes, Authorizer, Decision};
use crate::apiserver::request::Request;
use crate::apiserver::status::Status;
use crate::apiserver::stored::Stored;
use crate::etcd::Store;
use crate::model::rbac::{PolicyRule, RoleRef};
use crate::model::{Kind, Object};

use super::GROUP;
use super::index::referenced;
use super::rule::{covers_url, list};

/// Whether the user may write this role or binding.
pub(in crate::apiserver) fn check(
    object: &Object,
    old: Option<&Object>,
    request: &Request,
    authorizer: &Authorizer,
    store: &Store<Stored>,
) -> Result<(), Box<Status>> {
    let writer = Writer { request, authorizer, store };
    match object {
        Object::Role(role) => writer.role(object, role.rules.as_deref().unwrap_or_default()),
        Object::ClusterRole(role) => {
            let aggregates =
                |object: &Object| matches!(object, Object::ClusterRole(role) if role.aggregation_rule.is_some());
            if aggregates(object) || old.is_some_and(aggregates) {
                writer.aggregation(object)?;
            }
            writer.role(object, role.rules.as_deref().unwrap_or_default())
        }
        Object::RoleBinding(binding) => writer.binding(object, &binding.role_ref),
        Object::ClusterRoleBinding(binding) => writer.binding(object, &binding.role_ref),
        _ => Ok(()),
    }
}

/// Who writes.
struct Writer<'a> {
    request: &'a Request,
    authorizer: &'a Authorizer,
    store: &'a Store<Stored>,
}

impl Writer<'_> {
    fn may(&self, verb: &str, resource: &str, name: &str) -> bool {
        let attributes = Attributes::resource(&self.request.user, verb, GROUP, resource, name);
        let attributes = attributes.within(&self.request.namespace);
        self.authorizer.decide(&attributes, self.store).0 == Decision::Allow
    }

    fn role(&self, object: &Object, rules: &[PolicyRule]) -> Result<(), Box<Status>> {
        if self.may("escalate", object.kind().plural(), &self.request.name) {
            return Ok(());
        }
        self.confirm(rules).map_err(|why| Box::new(Status::forbidden(object.kind(), object.name(), &why)))
    }

    fn aggregation(&self, object: &Object) -> Result<(), Box<Status>> {
        if self.may("escalate", object.kind().plural(), &self.request.name) {
            return Ok(());
        }
        let all = || Some(vec!["*".to_owned()]);
        let everything =
            PolicyRule { api_groups: all(), resources: all(), verbs: vec!["*".to_owned()], ..PolicyRule::default() };
        let every_path = PolicyRule { non_resource_urls: all(), verbs: vec!["*".to_owned()], ..PolicyRule::default() };
        self.confirm(&[everything, every_path]).map_err(|_| {
            let why = "must have cluster-admin privileges to use an aggregationRule";
            Box::new(Status::forbidden(object.kind(), object.name(), why))
        })
    }

    fn binding(&self, object: &Object, role: &RoleRef) -> Result<(), Box<Status>> {
        let kind = if role.kind == "Role" { Kind::Role } else { Kind::ClusterRole };
        if self.may("bind", kind.plural(), &role.name) {
            return Ok(());
        }
        let rules = referenced(role, &self.request.namespace, self.store)
            .ok_or_else(|| Box::new(Status::not_found(kind, &role.name)))?;
        self.confirm(&rules).map_err(|why| Box::new(Status::forbidden(object.kind(), object.name(), &why)))
    }

    /// Whether the user holds all of this in the namespace of the request.
    fn confirm(&self, rules: &[PolicyRule]) -> Result<(), String> {
        let user = &self.request.user;
        let index = self.authorizer.index(self.store);
        let (held, faults) = index.rules_for(user, &self.request.namespace);
        let missing: Vec<PolicyRule> = rules
            .iter()
            .flat_map(single_rules)
            .filter(|single| !held.iter().any(|rule| covers(rule, single)))
            .collect();
        if missing.is_empty() {
            return Ok(());
        }
        let texts: BTreeSet<String> = compact(missing).iter().map(text).collect();
        let texts: Vec<String> = texts.into_iter().collect();
        let groups: Vec<String> = user.groups.iter().map(|group| format!("\"{group}\"")).collect();
        let mut why = format!(
            "user \"{}\" (groups=[{}]) is attempting to grant RBAC permissions not currently held:\n{}",
            user.name,
            groups.join(" "),
            texts.join("\n")
        );
        if !faults.is_empty() {
            why.push_str(&format!("; resolution errors: [{}]", faults.join(" ")));
        }
        Err(why)
    }
}

/// A rule taken apart: one verb on one resource, name or path each.
#[must_use]
pub fn single_rules(rule: &PolicyRule) -> Vec<PolicyRule> {
    let one = |text: &String| Some(vec![text.clone()]);
    let mut singles = Vec::new();
    for group in list(&rule.api_groups) {
        for resource in list(&rule.resources) {
            for verb in &rule.verbs {
                let base = PolicyRule {
                    api_groups: one(group),
                    resources: one(resource),
                    verbs: vec![verb.clone()],
                    ..PolicyRule::default()
                };
                let names = list(&rule.resource_names);
                if names.is_empty() {
                    singles.push(base);
                } else {
                    singles.extend(names.iter().map(|name| PolicyRule { resource_names: one(name), ..base.clone() }));
                }
            }
        }
    }
    for url in list(&rule.non_resource_urls) {
        singles.extend(rule.verbs.iter().map(|verb| PolicyRule {
            non_resource_urls: one(url),
            verbs: vec![verb.clone()],
            ..PolicyRule::default()
        }));
    }
    singles
}

/// Whether a rule that is held covers a single one.
fn covers(held: &PolicyRule, single: &PolicyRule) -> bool {
    let within = |held: &[String], wanted: &[String]| {
        held.iter().any(|one| one == "*") || wanted.iter().all(|one| held.contains(one))
    };
    let resources = |held: &[String], wanted: &[String]| {
        held.iter().any(|one| one == "*")
            || wanted.iter().all(|one| {
                let any = one.split_once('/').map(|(_, part)| format!("*/{part}"));
                held.contains(one) || any.is_some_and(|any| held.contains(&any))
            })
    };
    let names = list(&held.resource_names);
    let wanted_names = list(&single.resource_names);
    let names_match =
        names.is_empty() || (!wanted_names.is_empty() && wanted_names.iter().all(|one| names.contains(one)));
    within(&held.verbs, &single.verbs)
        && within(list(&held.api_groups), list(&single.api_groups))
        && resources(list(&held.resources), list(&single.resources))
        && list(&single.non_resource_urls)
            .iter()
            .all(|path| list(&held.non_resource_urls).iter().any(|url| covers_url(url, path)))
        && names_match
}

/// Single rules put together again where only their verbs differ. Source: `policy_compact.go`.
#[must_use]
pub fn compact(rules: Vec<PolicyRule>) -> Vec<PolicyRule> {
    let mut compacted: Vec<PolicyRule> = Vec::new();
    let is_simple = |rule: &PolicyRule| {
        list(&rule.resource_names).len() <= 1
            && list(&rule.non_resource_urls).is_empty()
            && list(&rule.api_groups).len() == 1
            && list(&rule.resources).len() == 1
    };
    for rule in rules {
        let same = |other: &&mut PolicyRule| {
            is_simple(other)
                && other.api_groups == rule.api_groups
                && other.resources == rule.resources
                && list(&other.resource_names) == list(&rule.resource_names)
        };
        match compacted.iter_mut().find(same).filter(|_| is_simple(&rule)) {
            Some(present) => {
                for verb in rule.verbs {
                    if !present.verbs.contains(&verb) {
                        present.verbs.push(verb);
                    }
                }
            }
            None => compacted.push(rule),
        }
    }
    compacted
}

/// `{APIGroups:[""], Resources:["pods"], Verbs:["get"]}`. Source: `CompactString`.
fn text(rule: &PolicyRule) -> String {
    let fields = [
        ("APIGroups", list(&rule.api_groups)),
        ("Resources", list(&rule.resources)),
        ("NonResourceURLs", list(&rule.non_resource_urls)),
        ("ResourceNames", list(&rule.resource_names)),
        ("Verbs", rule.verbs.as_slice()),
    ];
    let quoted = |texts: &[String]| texts.iter().map(|text| format!("\"{text}\"")).collect::<Vec<_>>().join(" ");
    let fields: Vec<String> = fields
        .iter()
        .filter(|(_, texts)| !texts.is_empty())
        .map(|(name, texts)| format!("{name}:[{}]", quoted(texts)))
        .collect();
    format!("{{{}}}", fields.join(", "))
}
