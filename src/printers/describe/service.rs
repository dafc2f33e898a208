//! Services.

use std::sync::Arc;

use super::container::int_or_string;
use super::related::{Related, SERVICE_NAME};
use super::text::{Text, or_none};
use crate::model::Meta;
use crate::model::core::{Service, ServicePort, ServiceSpec};
use crate::model::discovery::EndpointSlice;
use crate::model::selector::format_labels;

/// How many endpoints are shown by name.
const ENDPOINTS_MAX: usize = 3;

pub(super) fn describe(text: &mut Text, service: &Service, related: &Related<'_>) {
    let spec = service.spec.clone().unwrap_or_default();
    text.head(&service.metadata);
    text.field(0, "Selector", format_labels(&spec.selector.clone().unwrap_or_default()));
    text.field(0, "Type", spec.type_.as_deref().unwrap_or_default());
    text.optional(0, "IP Family Policy", spec.ip_family_policy.as_deref());
    addresses(text, service, &spec);
    let own = |slice: &&Arc<EndpointSlice>| {
        let meta = &slice.metadata;
        meta.namespace() == service.metadata.namespace() && meta.label(SERVICE_NAME) == Some(service.metadata.name())
    };
    let slices: Vec<_> = related.of::<EndpointSlice>().filter(own).collect();
    for port in spec.ports.iter().flatten() {
        describe_port(text, port, &slices);
    }
    text.field(0, "Session Affinity", spec.session_affinity.as_deref().unwrap_or_default());
    text.optional(0, "External Traffic Policy", spec.external_traffic_policy.as_deref());
    text.optional(0, "Internal Traffic Policy", spec.internal_traffic_policy.as_deref());
    if let Some(port) = spec.health_check_node_port.filter(|&port| port != 0) {
        text.field(0, "HealthCheck NodePort", port);
    }
    let ranges = spec.load_balancer_source_ranges.map(|ranges| ranges.join(","));
    text.optional(0, "LoadBalancer Source Ranges", ranges.as_deref());
    text.optional(0, "Traffic Distribution", spec.traffic_distribution.as_deref());
}

fn addresses(text: &mut Text, service: &Service, spec: &ServiceSpec) {
    let joined = |list: &Option<Vec<String>>| list.clone().unwrap_or_default().join(",");
    text.field(0, "IP Families", or_none(&joined(&spec.ip_families)));
    text.field(0, "IP", spec.cluster_ip.as_deref().unwrap_or_default());
    text.field(0, "IPs", or_none(&joined(&spec.cluster_ips)));
    text.optional(0, "External IPs", Some(&joined(&spec.external_ips)));
    text.optional(0, "Desired LoadBalancer IP", spec.load_balancer_ip.as_deref());
    text.optional(0, "External Name", spec.external_name.as_deref());
    let balancer = service.status.as_ref().and_then(|status| status.load_balancer.as_ref());
    let ingress = balancer.and_then(|balancer| balancer.ingress.as_deref()).unwrap_or_default();
    let address = |one: &crate::model::core::LoadBalancerIngress| match (one.ip.as_deref(), &one.ip_mode) {
        (Some(ip), Some(mode)) if !ip.is_empty() => format!("{ip} ({mode})"),
        (Some(ip), None) if !ip.is_empty() => ip.to_owned(),
        _ => one.hostname.clone().unwrap_or_default(),
    };
    let list: Vec<String> = ingress.iter().map(address).collect();
    text.optional(0, "LoadBalancer Ingress", Some(&list.join(", ")));
}

fn describe_port(text: &mut Text, port: &ServicePort, slices: &[&Arc<EndpointSlice>]) {
    let plain = port.name.as_deref().unwrap_or_default();
    let name = if plain.is_empty() { "<unset>" } else { plain };
    let protocol = port.protocol.as_deref().unwrap_or_default();
    text.field(0, "Port", format_args!("{name}\t{}/{protocol}", port.port));
    let target = port.target_port.as_ref().map_or_else(|| "0".into(), int_or_string);
    text.field(0, "TargetPort", format_args!("{target}/{protocol}"));
    text.optional(0, "AppProtocol", port.app_protocol.as_deref());
    if let Some(node_port) = port.node_port.filter(|&node_port| node_port != 0) {
        text.field(0, "NodePort", format_args!("{name}\t{node_port}/{protocol}"));
    }
    text.field(0, "Endpoints", endpoints(slices, plain));
}

/// The ready endpoints behind a port; headless Services may have slices without ports.
pub(super) fn endpoints(slices: &[&Arc<EndpointSlice>], port: &str) -> String {
    if slices.is_empty() {
        return "<none>".into();
    }
    let mut list = Vec::new();
    for slice in slices {
        let is_ready = |endpoint: &&crate::model::discovery::Endpoint| {
            endpoint.conditions.as_ref().and_then(|conditions| conditions.ready).unwrap_or(true)
        };
        let ready = slice.endpoints.iter().flatten().filter(is_ready);
        let addresses: Vec<&String> = ready.filter_map(|endpoint| endpoint.addresses.first()).collect();
        match slice.ports.as_deref().filter(|ports| !ports.is_empty()) {
            None => list.extend(addresses.into_iter().cloned()),
            Some(ports) => {
                let named = ports.iter().filter(|known| known.name.as_deref().unwrap_or_default() == port);
                for number in named.filter_map(|known| known.port) {
                    list.extend(addresses.iter().map(|address| format!("{address}:{number}")));
                }
            }
        }
    }
    let shown = list[..list.len().min(ENDPOINTS_MAX)].join(",");
    let more = list.len().saturating_sub(ENDPOINTS_MAX);
    if more > 0 { format!("{shown} + {more} more...") } else { shown }
}
