//! One rule: what it allows.
//!
//! Source: `pkg/apis/rbac/v1/evaluation_helpers.go`.

use crate::apiserver::authorization::Attributes;
use crate::model::rbac::PolicyRule;

/// Whether a rule allows what is asked.
#[must_use]
pub fn allows(rule: &PolicyRule, attributes: &Attributes<'_>) -> bool {
    if !any(&rule.verbs, attributes.verb) {
        return false;
    }
    if !attributes.is_resource() {
        return list(&rule.non_resource_urls).iter().any(|url| covers_url(url, attributes.path));
    }
    any(list(&rule.api_groups), attributes.group)
        && list(&rule.resources).iter().any(|one| covers_resource(one, attributes.resource, attributes.subresource))
        && names_match(list(&rule.resource_names), attributes.name)
}

/// The texts of an optional list.
#[must_use]
pub fn list(texts: &Option<Vec<String>>) -> &[String] {
    texts.as_deref().unwrap_or_default()
}

fn any(texts: &[String], wanted: &str) -> bool {
    texts.iter().any(|text| text == "*" || text == wanted)
}

fn names_match(names: &[String], name: &str) -> bool {
    names.is_empty() || names.iter().any(|one| one == name)
}

/// Whether `pods`, `pods/log`, `*/scale` or `*` covers a resource and its part.
fn covers_resource(pattern: &str, resource: &str, subresource: &str) -> bool {
    if pattern == "*" {
        return true;
    }
    match pattern.split_once('/') {
        None => subresource.is_empty() && pattern == resource,
        Some((one, part)) => !subresource.is_empty() && part == subresource && (one == "*" || one == resource),
    }
}

/// Whether `/healthz`, `/api/*` or `*` covers a path.
#[must_use]
pub fn covers_url(pattern: &str, path: &str) -> bool {
    pattern == "*" || pattern == path || pattern.strip_suffix('*').is_some_and(|prefix| path.starts_with(prefix))
}
