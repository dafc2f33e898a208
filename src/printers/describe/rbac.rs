//! Roles and their bindings. Source: `roleDescriber`, `DescribePolicyRules`, `roleBindingDescriber`, `rbac/helpers.go`.

use super::text::Text;
use crate::model::Meta;
use crate::model::metav1::ObjectMeta;
use crate::model::rbac::{PolicyRule, RoleRef, Subject};

pub(super) fn describe_role(text: &mut Text, meta: &ObjectMeta, rules: Option<&[PolicyRule]>) {
    head(text, meta);
    text.line(0, "PolicyRule:");
    text.line(1, "Resources\tNon-Resource URLs\tResource Names\tVerbs");
    text.line(1, "---------\t-----------------\t--------------\t-----");
    let mut rules: Vec<PolicyRule> = compact(rules.unwrap_or_default().iter().flat_map(broken_down).collect());
    rules.sort_by_key(sort_key);
    for rule in &rules {
        let list = |texts: &Option<Vec<String>>| texts.clone().unwrap_or_default().join(" ");
        text.line(
            1,
            format_args!(
                "{}\t[{}]\t[{}]\t[{}]",
                resource(rule),
                list(&rule.non_resource_urls),
                list(&rule.resource_names),
                rule.verbs.join(" ")
            ),
        );
    }
}

pub(super) fn describe_binding(text: &mut Text, meta: &ObjectMeta, role: &RoleRef, subjects: Option<&[Subject]>) {
    head(text, meta);
    text.line(0, "Role:");
    text.field(1, "Kind", &role.kind);
    text.field(1, "Name", &role.name);
    text.line(0, "Subjects:");
    text.line(1, "Kind\tName\tNamespace");
    text.line(1, "----\t----\t---------");
    for subject in subjects.unwrap_or_default() {
        let namespace = subject.namespace.as_deref().unwrap_or_default();
        text.line(1, format_args!("{}\t{}\t{namespace}", subject.kind, subject.name));
    }
}

fn head(text: &mut Text, meta: &ObjectMeta) {
    text.field(0, "Name", meta.name());
    text.labels("Labels", meta.labels.as_ref());
    text.annotations("Annotations", meta.annotations.as_ref());
}

/// One rule for each group, resource, name and URL. Source: `BreakdownRule`.
fn broken_down(rule: &PolicyRule) -> Vec<PolicyRule> {
    let list = |texts: &Option<Vec<String>>| texts.clone().unwrap_or_default();
    let mut simple = Vec::new();
    for group in list(&rule.api_groups) {
        for resource in list(&rule.resources) {
            let one = |names: Option<Vec<String>>| PolicyRule {
                api_groups: Some(vec![group.clone()]),
                resources: Some(vec![resource.clone()]),
                resource_names: names,
                verbs: rule.verbs.clone(),
                non_resource_urls: None,
            };
            let names = list(&rule.resource_names);
            if names.is_empty() {
                simple.push(one(None));
            }
            simple.extend(names.into_iter().map(|name| one(Some(vec![name]))));
        }
    }
    simple.extend(list(&rule.non_resource_urls).into_iter().map(|url| PolicyRule {
        non_resource_urls: Some(vec![url]),
        verbs: rule.verbs.clone(),
        ..PolicyRule::default()
    }));
    simple
}

/// Rules about the same resource and name become one. Source: `CompactRules`.
fn compact(rules: Vec<PolicyRule>) -> Vec<PolicyRule> {
    let mut done: Vec<PolicyRule> = Vec::new();
    for rule in rules {
        let same = |other: &&mut PolicyRule| {
            rule.non_resource_urls.is_none()
                && other.api_groups == rule.api_groups
                && other.resources == rule.resources
                && other.resource_names == rule.resource_names
        };
        match done.iter_mut().find(same) {
            Some(known) => {
                let new = rule.verbs.into_iter().filter(|verb| !known.verbs.contains(verb)).collect::<Vec<_>>();
                known.verbs.extend(new);
            }
            None => done.push(rule),
        }
    }
    done
}

/// Source: `SortableRuleSlice` compares the rules as the generated code prints them.
fn sort_key(rule: &PolicyRule) -> String {
    let list = |texts: &Option<Vec<String>>| texts.clone().unwrap_or_default().join(" ");
    format!(
        "Verbs:[{}],APIGroups:[{}],Resources:[{}],ResourceNames:[{}],NonResourceURLs:[{}],",
        rule.verbs.join(" "),
        list(&rule.api_groups),
        list(&rule.resources),
        list(&rule.resource_names),
        list(&rule.non_resource_urls)
    )
}

/// `deployments.apps`, `deployments.apps/scale`.
fn resource(rule: &PolicyRule) -> String {
    let first = |texts: &Option<Vec<String>>| texts.iter().flatten().next().cloned().unwrap_or_default();
    let (group, resource) = (first(&rule.api_groups), first(&rule.resources));
    if group.is_empty() {
        return resource;
    }
    match resource.split_once('/') {
        Some((resource, part)) => format!("{resource}.{group}/{part}"),
        None => format!("{resource}.{group}"),
    }
}
