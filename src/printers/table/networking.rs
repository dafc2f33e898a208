//! Rows of Ingresses and their classes, NetworkPolicies, Endpoints, addresses and their ranges.

use super::{Column, NONE, age, column, name, text_or, with_more};
use crate::engine::SimTime;
use crate::model::core::Endpoints;
use crate::model::networking::{IPAddress, Ingress, IngressClass, NetworkPolicy, ServiceCIDR};
use crate::model::selector::format_typed;

/// Longest list of balancer addresses that is shown whole (`loadBalancerWidth` upstream).
const BALANCER_WIDTH: usize = 16;

pub(super) const INGRESS_COLUMNS: &[Column] =
    &[column("Name"), column("Class"), column("Hosts"), column("Address"), column("Ports"), column("Age")];

pub(super) fn ingress(ingress: &Ingress, now: SimTime) -> Vec<String> {
    let spec = ingress.spec.clone().unwrap_or_default();
    let hosts: Vec<String> =
        spec.rules.iter().flatten().filter_map(|rule| rule.host.clone().filter(|host| !host.is_empty())).collect();
    let has_tls = spec.tls.as_ref().is_some_and(|tls| !tls.is_empty());
    vec![
        name(&ingress.metadata),
        text_or(spec.ingress_class_name.as_deref(), NONE),
        with_more(&hosts, "*"),
        balancer(ingress),
        if has_tls { "80, 443" } else { "80" }.to_owned(),
        age(&ingress.metadata, now),
    ]
}

fn balancer(ingress: &Ingress) -> String {
    let status = ingress.status.as_ref().and_then(|status| status.load_balancer.as_ref());
    let points = status.and_then(|balancer| balancer.ingress.as_deref()).unwrap_or_default();
    let list: Vec<&str> = points.iter().filter_map(|one| one.ip.as_deref().or(one.hostname.as_deref())).collect();
    let list = list.join(",");
    match list.get(..BALANCER_WIDTH - 3) {
        Some(start) if list.len() > BALANCER_WIDTH => format!("{start}..."),
        _ => list,
    }
}

pub(super) const CLASS_COLUMNS: &[Column] =
    &[column("Name"), column("Controller"), column("Parameters"), column("Age")];

pub(super) fn class(class: &IngressClass, now: SimTime) -> Vec<String> {
    let spec = class.spec.clone().unwrap_or_default();
    let parameters = spec.parameters.map(|parameters| {
        let kind = parameters.api_group.map_or_else(String::new, |group| format!(".{group}"));
        format!("{}{kind}/{}", parameters.kind, parameters.name)
    });
    vec![
        name(&class.metadata),
        spec.controller.unwrap_or_default(),
        text_or(parameters.as_deref(), NONE),
        age(&class.metadata, now),
    ]
}

pub(super) const POLICY_COLUMNS: &[Column] = &[column("Name"), column("Pod-Selector"), column("Age")];

pub(super) fn policy(policy: &NetworkPolicy, now: SimTime) -> Vec<String> {
    let selector = policy.spec.as_ref().and_then(|spec| spec.pod_selector.as_ref());
    vec![name(&policy.metadata), format_typed(selector), age(&policy.metadata, now)]
}

pub(super) const ENDPOINTS_COLUMNS: &[Column] = &[column("Name"), column("Endpoints"), column("Age")];

pub(super) fn endpoints(endpoints: &Endpoints, now: SimTime) -> Vec<String> {
    let mut list = Vec::new();
    for subset in endpoints.subsets.iter().flatten() {
        let addresses = || subset.addresses.iter().flatten().map(|address| &address.ip);
        match subset.ports.as_deref().filter(|ports| !ports.is_empty()) {
            None => list.extend(addresses().cloned()),
            Some(ports) => {
                for port in ports {
                    list.extend(addresses().map(|address| match address.contains(':') {
                        true => format!("[{address}]:{}", port.port),
                        false => format!("{address}:{}", port.port),
                    }));
                }
            }
        }
    }
    vec![name(&endpoints.metadata), with_more(&list, NONE), age(&endpoints.metadata, now)]
}

pub(super) const ADDRESS_COLUMNS: &[Column] = &[column("Name"), column("ParentRef"), column("Age")];

pub(super) fn address(address: &IPAddress, now: SimTime) -> Vec<String> {
    let parent = &address.spec.parent_ref;
    let parts = [parent.group.as_deref().unwrap_or_default(), &parent.resource];
    let parts = parts.into_iter().chain([parent.namespace.as_deref().unwrap_or_default(), &parent.name]);
    let parts: Vec<&str> = parts.filter(|part| !part.is_empty()).collect();
    vec![name(&address.metadata), parts.join("/"), age(&address.metadata, now)]
}

pub(super) const RANGE_COLUMNS: &[Column] = &[column("Name"), column("CIDRs"), column("Age")];

pub(super) fn range(range: &ServiceCIDR, now: SimTime) -> Vec<String> {
    let cidrs = range.spec.as_ref().and_then(|spec| spec.cidrs.clone()).unwrap_or_default();
    vec![name(&range.metadata), cidrs.join(","), age(&range.metadata, now)]
}
