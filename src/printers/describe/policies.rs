//! What limits others: disruption budgets, limit ranges, network policies.

use std::collections::BTreeSet;

use super::container::int_or_string;
use super::text::Text;
use crate::model::Meta;
use crate::model::core::{LimitRange, LimitRangeItem};
use crate::model::metav1::LabelSelector;
use crate::model::networking::{NetworkPolicy, NetworkPolicyPeer, NetworkPolicyPort};
use crate::model::policy::PodDisruptionBudget;
use crate::model::selector::format_typed;

pub(super) fn budget(text: &mut Text, budget: &PodDisruptionBudget) {
    let spec = budget.spec.clone().unwrap_or_default();
    let status = budget.status.clone().unwrap_or_default();
    text.field(0, "Name", budget.metadata.name());
    text.field(0, "Namespace", budget.metadata.namespace());
    match (&spec.min_available, &spec.max_unavailable) {
        (Some(min), _) => text.field(0, "Min available", int_or_string(min)),
        (None, Some(max)) => text.field(0, "Max unavailable", int_or_string(max)),
        (None, None) => {}
    }
    let selector = spec.selector.as_ref().map_or_else(|| "<unset>".into(), |selector| format_typed(Some(selector)));
    text.field(0, "Selector", selector);
    text.line(0, "Status:");
    text.field(2, "Allowed disruptions", status.disruptions_allowed.unwrap_or(0));
    text.field(2, "Current", status.current_healthy.unwrap_or(0));
    text.field(2, "Desired", status.desired_healthy.unwrap_or(0));
    text.field(2, "Total", status.expected_pods.unwrap_or(0));
}

pub(super) fn limit_range(text: &mut Text, range: &LimitRange) {
    text.field(0, "Name", range.metadata.name());
    text.field(0, "Namespace", range.metadata.namespace());
    limits(text, range, "");
}

/// The table of limits, also as part of a Namespace.
pub(super) fn limits(text: &mut Text, range: &LimitRange, indent: &str) {
    let titles = "Type\tResource\tMin\tMax\tDefault Request\tDefault Limit\tMax Limit/Request Ratio";
    text.line(0, format_args!("{indent}{titles}"));
    let ruler = "----\t--------\t---\t---\t---------------\t-------------\t-----------------------";
    text.line(0, format_args!("{indent}{ruler}"));
    limit_rows(text, range, indent);
}

/// The rows of [`limits`].
pub(super) fn limit_rows(text: &mut Text, range: &LimitRange, indent: &str) {
    for item in range.spec.iter().flat_map(|spec| &spec.limits) {
        rows(text, item, indent);
    }
}

fn rows(text: &mut Text, item: &LimitRangeItem, indent: &str) {
    let columns = [&item.min, &item.max, &item.default_request, &item.default, &item.max_limit_request_ratio];
    let resources: BTreeSet<&String> =
        columns.iter().flat_map(|amounts| amounts.iter().flatten()).map(|(key, _)| key).collect();
    for resource in resources {
        let amounts = columns.map(|amounts| {
            let amount = amounts.as_ref().and_then(|amounts| amounts.get(resource));
            amount.map_or("-", |amount| amount.0.as_str())
        });
        text.line(0, format_args!("{indent}{}\t{resource}\t{}", item.type_, amounts.join("\t")));
    }
}

pub(super) fn network_policy(text: &mut Text, policy: &NetworkPolicy) {
    let (meta, spec) = (&policy.metadata, policy.spec.clone().unwrap_or_default());
    text.field(0, "Name", meta.name());
    text.field(0, "Namespace", meta.namespace());
    let created = meta.creation_timestamp.as_ref().map(|at| at.0.strftime("%Y-%m-%d %H:%M:%S +0000 UTC").to_string());
    text.field(0, "Created on", created.unwrap_or_default());
    text.labels("Labels", meta.labels.as_ref());
    text.annotations("Annotations", meta.annotations.as_ref());
    text.line(0, "Spec:");
    let all = "<none> (Allowing the specific traffic to all pods in this namespace)";
    let selector = spec.pod_selector.as_ref().filter(|selector| !selects_all(selector));
    let selector = selector.map_or_else(|| all.to_owned(), |selector| format_typed(Some(selector)));
    text.line(1, format_args!("PodSelector:     {selector}"));
    let types = spec.policy_types.clone().unwrap_or_default();
    let has = |type_: &str| types.iter().any(|one| one == type_);
    if has("Ingress") {
        text.line(1, "Allowing ingress traffic:");
        let rules = spec.ingress.iter().flatten().map(|rule| (rule.ports.as_deref(), rule.from.as_deref()));
        traffic(text, &rules.collect::<Vec<_>>(), &INGRESS);
    } else {
        text.line(1, "Not affecting ingress traffic");
    }
    if has("Egress") {
        text.line(1, "Allowing egress traffic:");
        let rules = spec.egress.iter().flatten().map(|rule| (rule.ports.as_deref(), rule.to.as_deref()));
        traffic(text, &rules.collect::<Vec<_>>(), &EGRESS);
    } else {
        text.line(1, "Not affecting egress traffic");
    }
    text.line(1, format_args!("Policy Types: {}", types.join(", ")));
}

fn selects_all(selector: &LabelSelector) -> bool {
    selector.match_labels.as_ref().is_none_or(|labels| labels.is_empty())
        && selector.match_expressions.as_ref().is_none_or(Vec::is_empty)
}

/// The words of one direction.
struct Direction {
    none: &'static str,
    peer: &'static str,
    any: &'static str,
}

const INGRESS: Direction = Direction { none: "ingress", peer: "From", any: "source" };
const EGRESS: Direction = Direction { none: "egress", peer: "To", any: "destination" };

type Rule<'r> = (Option<&'r [NetworkPolicyPort]>, Option<&'r [NetworkPolicyPeer]>);

fn traffic(text: &mut Text, rules: &[Rule<'_>], words: &Direction) {
    if rules.is_empty() {
        return text.line(2, format_args!("<none> (Selected pods are isolated for {} connectivity)", words.none));
    }
    for (index, (ports, peers)) in rules.iter().enumerate() {
        if index > 0 {
            text.line(2, "----------");
        }
        let ports = ports.unwrap_or_default();
        if ports.is_empty() {
            text.line(2, "To Port: <any> (traffic allowed to all ports)");
        }
        for port in ports {
            let number = port.port.as_ref().map_or_else(|| "<nil>".into(), int_or_string);
            text.line(2, format_args!("To Port: {number}/{}", port.protocol.as_deref().unwrap_or("TCP")));
        }
        let peers = peers.unwrap_or_default();
        if peers.is_empty() {
            text.line(2, format_args!("{}: <any> (traffic not restricted by {})", words.peer, words.any));
        }
        for one in peers {
            text.line(2, format_args!("{}:", words.peer));
            peer(text, one);
        }
    }
}

fn peer(text: &mut Text, peer: &NetworkPolicyPeer) {
    if let Some(selector) = &peer.namespace_selector {
        text.line(3, format_args!("NamespaceSelector: {}", format_typed(Some(selector))));
    }
    if let Some(selector) = &peer.pod_selector {
        text.line(3, format_args!("PodSelector: {}", format_typed(Some(selector))));
    }
    if let Some(block) = &peer.ip_block {
        text.line(3, "IPBlock:");
        text.line(4, format_args!("CIDR: {}", block.cidr));
        text.line(4, format_args!("Except: {}", block.except.clone().unwrap_or_default().join(", ")));
    }
}
