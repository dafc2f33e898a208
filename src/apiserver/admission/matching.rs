//! Which requests a webhook or a policy is about: rules, the labels of the namespace and of the object, conditions in CEL.
//!
//! Source: `apiserver/pkg/admission/plugin/webhook/predicates`, `.../matchconditions/matcher.go`.

use std::collections::BTreeMap;

use serde_json::Value;

use crate::apiserver::stored::Stored;
use crate::etcd::Store;
use crate::model::admissionregistration::{
    MatchCondition, MatchResources, NamedRuleWithOperations, RuleWithOperations,
};
use crate::model::cel::{self, Scope};
use crate::model::core::Namespace;
use crate::model::metav1::LabelSelector;
use crate::model::{Kind, Meta, Selector};

use super::attributes::Attributes;
use super::lookup;

/// A rule of either form.
struct Rule<'a> {
    operations: &'a [String],
    groups: &'a [String],
    versions: &'a [String],
    resources: &'a [String],
    names: &'a [String],
    scope: &'a str,
}

impl<'a> From<&'a RuleWithOperations> for Rule<'a> {
    fn from(rule: &'a RuleWithOperations) -> Self {
        Self {
            operations: rule.operations.as_deref().unwrap_or_default(),
            groups: rule.api_groups.as_deref().unwrap_or_default(),
            versions: rule.api_versions.as_deref().unwrap_or_default(),
            resources: rule.resources.as_deref().unwrap_or_default(),
            names: &[],
            scope: rule.scope.as_deref().unwrap_or("*"),
        }
    }
}

impl<'a> From<&'a NamedRuleWithOperations> for Rule<'a> {
    fn from(rule: &'a NamedRuleWithOperations) -> Self {
        Self {
            operations: rule.operations.as_deref().unwrap_or_default(),
            groups: rule.api_groups.as_deref().unwrap_or_default(),
            versions: rule.api_versions.as_deref().unwrap_or_default(),
            resources: rule.resources.as_deref().unwrap_or_default(),
            names: rule.resource_names.as_deref().unwrap_or_default(),
            scope: rule.scope.as_deref().unwrap_or("*"),
        }
    }
}

impl Rule<'_> {
    fn matches(&self, asked: &Attributes<'_>, is_exact: bool) -> bool {
        let has = |list: &[String], word: &str| list.iter().any(|one| one == "*" || one == word);
        let info = asked.request.kind.info();
        let is_served = |(group, version): (&str, &str)| has(self.groups, group) && has(self.versions, version);
        let is_version = match is_exact {
            true => is_served((info.group, info.version)),
            false => info.served().any(is_served),
        };
        let is_resource = self.resources.iter().any(|wanted| {
            let (resource, part) = wanted.split_once('/').unwrap_or((wanted, ""));
            (resource == "*" || resource == info.plural) && (part == "*" || part == asked.subresource())
        });
        let is_scope = match self.scope {
            "Namespaced" => asked.request.kind.is_namespaced(),
            "Cluster" => !asked.request.kind.is_namespaced(),
            _ => true,
        };
        let is_name = self.names.is_empty() || self.names.iter().any(|name| name == asked.name());
        is_scope && has(self.operations, asked.operation) && is_version && is_resource && is_name
    }
}

/// Whether one of the rules of a webhook is about this.
pub(super) fn by_rules(rules: &[RuleWithOperations], policy: Option<&str>, asked: &Attributes<'_>) -> bool {
    rules.iter().any(|rule| Rule::from(rule).matches(asked, policy == Some("Exact")))
}

/// Whether a policy or a binding is about this.
pub(super) fn by_resources(wanted: &MatchResources, asked: &Attributes<'_>, store: &Store<Stored>) -> bool {
    let is_exact = wanted.match_policy.as_deref() == Some("Exact");
    let any = |rules: &Option<Vec<NamedRuleWithOperations>>| {
        rules.iter().flatten().any(|rule| Rule::from(rule).matches(asked, is_exact))
    };
    let is_meant = wanted.resource_rules.as_ref().is_none_or(Vec::is_empty) || any(&wanted.resource_rules);
    is_meant
        && !any(&wanted.exclude_resource_rules)
        && by_namespace(wanted.namespace_selector.as_ref(), asked, store)
        && by_labels(wanted.object_selector.as_ref(), asked)
}

fn labels_of(value: &Value) -> BTreeMap<String, String> {
    let labels = value["metadata"]["labels"].as_object().into_iter().flatten();
    labels.filter_map(|(key, value)| Some((key.clone(), value.as_str()?.to_owned()))).collect()
}

/// Whether the labels of the namespace are right; what is in no namespace always is.
pub(super) fn by_namespace(wanted: Option<&LabelSelector>, asked: &Attributes<'_>, store: &Store<Stored>) -> bool {
    let Ok(selector) = Selector::from_typed(wanted) else { return false };
    if wanted.is_none() || selector.is_empty() {
        return true;
    }
    if asked.request.kind == Kind::Namespace {
        let shown = if asked.object.is_null() { &asked.old } else { &asked.object };
        return selector.matches(&labels_of(shown));
    }
    if !asked.request.kind.is_namespaced() {
        return true;
    }
    lookup::<Namespace>(store, "", &asked.request.namespace)
        .is_some_and(|namespace| selector.matches(namespace.metadata.label_map()))
}

/// Whether the labels of the object are right, in its new or its present state.
pub(super) fn by_labels(wanted: Option<&LabelSelector>, asked: &Attributes<'_>) -> bool {
    let Ok(selector) = Selector::from_typed(wanted) else { return false };
    if wanted.is_none() || selector.is_empty() {
        return true;
    }
    [&asked.object, &asked.old].into_iter().any(|value| !value.is_null() && selector.matches(&labels_of(value)))
}

/// Whether every condition holds. One that does not decides, whatever the others come to.
///
/// # Errors
/// What cannot be computed, when nothing else decides.
pub(super) fn by_conditions(conditions: &[MatchCondition], scope: &Scope) -> Result<bool, String> {
    let mut faults = Vec::new();
    for condition in conditions {
        match cel::holds(&condition.expression, scope) {
            Ok(true) => {}
            Ok(false) => return Ok(false),
            Err(why) => faults.push(why),
        }
    }
    match faults.as_slice() {
        [] => Ok(true),
        [one] => Err(one.clone()),
        several => Err(format!("[{}]", several.join(", "))),
    }
}

/// What expressions may look at.
pub(super) fn scope_of(asked: &Attributes<'_>) -> Scope {
    let request = asked.to_value();
    Scope::default().with("object", &asked.object).with("oldObject", &asked.old).with("request", &request)
}
