//! The table of `kubectl auth can-i --list`.
//!
//! Source: `kubectl/pkg/cmd/auth/cani.go`, `component-helpers/auth/rbac/validation/policy_compact.go`.

use crate::apiserver::authorization::rbac::escalation::{compact, single_rules};
use crate::model::authorization::SubjectRulesReviewStatus;
use crate::model::rbac::PolicyRule;
use crate::printers::tabwriter::TableWriter;

const HEADER: [&str; 4] = ["Resources", "Non-Resource URLs", "Resource Names", "Verbs"];

/// The table.
pub(super) fn table(status: &SubjectRulesReviewStatus, with_header: bool) -> String {
    let resources = status.resource_rules.iter().map(|rule| PolicyRule {
        verbs: rule.verbs.clone(),
        api_groups: rule.api_groups.clone(),
        resources: rule.resources.clone(),
        resource_names: rule.resource_names.clone(),
        non_resource_urls: None,
    });
    let paths = status.non_resource_rules.iter().map(|rule| PolicyRule {
        verbs: rule.verbs.clone(),
        non_resource_urls: rule.non_resource_urls.clone(),
        ..PolicyRule::default()
    });
    let rules: Vec<PolicyRule> = resources.chain(paths).collect();
    let mut rules = compact(rules.iter().flat_map(single_rules).collect());
    rules.sort_by_key(order);
    let header = HEADER.map(str::to_owned).to_vec();
    let rows: Vec<Vec<String>> = with_header.then_some(header).into_iter().chain(rules.iter().map(row)).collect();
    TableWriter::new().rows(&rows)
}

fn row(rule: &PolicyRule) -> Vec<String> {
    vec![resource(rule), list(&rule.non_resource_urls), list(&rule.resource_names), texts(&rule.verbs)]
}

/// `deployments.apps/scale`.
fn resource(rule: &PolicyRule) -> String {
    let first =
        |texts: &Option<Vec<String>>| texts.as_ref().and_then(|texts| texts.first().cloned()).unwrap_or_default();
    let (resource, group) = (first(&rule.resources), first(&rule.api_groups));
    let (name, part) = resource.split_once('/').map_or((resource.as_str(), None), |(name, part)| (name, Some(part)));
    let dot = if group.is_empty() { "" } else { "." };
    let part = part.map(|part| format!("/{part}")).unwrap_or_default();
    format!("{name}{dot}{group}{part}")
}

/// `[get list]`, as Go prints lists.
fn texts(texts: &[String]) -> String {
    format!("[{}]", texts.join(" "))
}

fn list(list: &Option<Vec<String>>) -> String {
    texts(list.as_deref().unwrap_or_default())
}

/// Rules are sorted as Go's text of them. Source: `SortableRuleSlice`.
fn order(rule: &PolicyRule) -> String {
    format!(
        "&PolicyRule{{Verbs:{},APIGroups:{},Resources:{},ResourceNames:{},NonResourceURLs:{},}}",
        texts(&rule.verbs),
        list(&rule.api_groups),
        list(&rule.resources),
        list(&rule.resource_names),
        list(&rule.non_resource_urls)
    )
}
