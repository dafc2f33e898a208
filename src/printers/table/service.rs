//! Rows of Services.

use super::{Column, NONE, age, column, name, text_or, wide};
use crate::engine::SimTime;
use crate::model::core::{Service, ServiceSpec};
use crate::model::selector::format_labels;

pub(super) const COLUMNS: &[Column] = &[
    column("Name"),
    column("Type"),
    column("Cluster-IP"),
    column("External-IP"),
    column("Port(s)"),
    column("Age"),
    wide("Selector"),
];

/// Longest list of balancer addresses that is shown whole without `-o wide` (`loadBalancerWidth` upstream).
const BALANCER_WIDTH: usize = 16;

pub(super) fn cells(service: &Service, now: SimTime) -> Vec<String> {
    let spec = service.spec.clone().unwrap_or_default();
    let cluster_ip = spec.cluster_ips.iter().flatten().next().or(spec.cluster_ip.as_ref());
    vec![
        name(&service.metadata),
        spec.type_.clone().unwrap_or_default(),
        text_or(cluster_ip.map(String::as_str), NONE),
        external_ip(service, &spec),
        ports(&spec),
        age(&service.metadata, now),
        format_labels(&spec.selector.unwrap_or_default()),
    ]
}

fn external_ip(service: &Service, spec: &ServiceSpec) -> String {
    let external = spec.external_ips.clone().unwrap_or_default();
    match spec.type_.as_deref() {
        Some("ExternalName") => spec.external_name.clone().unwrap_or_default(),
        Some("LoadBalancer") => {
            let balancer = balancer_addresses(service);
            match (balancer.is_empty(), external.is_empty()) {
                (true, true) => "<pending>".into(),
                (true, false) => external.join(","),
                (false, true) => balancer,
                (false, false) => format!("{balancer},{}", external.join(",")),
            }
        }
        _ => text_or(Some(&external.join(",")), NONE),
    }
}

fn balancer_addresses(service: &Service) -> String {
    let balancer = service.status.as_ref().and_then(|status| status.load_balancer.as_ref());
    let ingress = balancer.and_then(|balancer| balancer.ingress.as_deref()).unwrap_or_default();
    let addresses: Vec<&str> = ingress.iter().filter_map(|one| one.ip.as_deref().or(one.hostname.as_deref())).collect();
    let list = addresses.join(",");
    match list.get(..BALANCER_WIDTH - 3) {
        Some(start) if list.len() > BALANCER_WIDTH => format!("{start}..."),
        _ => list,
    }
}

fn ports(spec: &ServiceSpec) -> String {
    let port = |port: &crate::model::core::ServicePort| {
        let protocol = port.protocol.as_deref().unwrap_or("TCP");
        match port.node_port {
            Some(node_port) if node_port > 0 => format!("{}:{node_port}/{protocol}", port.port),
            _ => format!("{}/{protocol}", port.port),
        }
    };
    let ports: Vec<String> = spec.ports.iter().flatten().map(port).collect();
    text_or(Some(&ports.join(",")), NONE)
}
