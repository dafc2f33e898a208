//! Ingresses and their classes, and Endpoints.

use std::sync::Arc;

use super::related::{Related, SERVICE_NAME};
use super::service::endpoints as service_endpoints;
use super::text::{Text, or_none};
use crate::model::Meta;
use crate::model::core::{Endpoints, Service};
use crate::model::discovery::EndpointSlice;
use crate::model::networking::{Ingress, IngressBackend, IngressClass};

pub(super) fn describe(text: &mut Text, ingress: &Ingress, related: &Related<'_>) {
    let (meta, spec) = (&ingress.metadata, ingress.spec.clone().unwrap_or_default());
    text.field(0, "Name", meta.name());
    text.labels("Labels", meta.labels.as_ref());
    text.field(0, "Namespace", meta.namespace());
    let balancer = ingress.status.as_ref().and_then(|status| status.load_balancer.as_ref());
    let points = balancer.and_then(|balancer| balancer.ingress.as_deref()).unwrap_or_default();
    let addresses: Vec<&str> = points.iter().filter_map(|one| one.ip.as_deref().or(one.hostname.as_deref())).collect();
    text.field(0, "Address", addresses.join(","));
    text.field(0, "Ingress Class", spec.ingress_class_name.as_deref().unwrap_or("<none>"));
    let namespace = meta.namespace();
    let default = spec.default_backend.as_ref();
    let default = default.map_or_else(|| "<default>".into(), |backend| backend_line(backend, namespace, related));
    text.field(0, "Default backend", &default);
    let tls = spec.tls.unwrap_or_default();
    if !tls.is_empty() {
        text.line(0, "TLS:");
    }
    for one in tls {
        let hosts = one.hosts.unwrap_or_default().join(",");
        match one.secret_name.as_deref().unwrap_or_default() {
            "" => text.line(1, format_args!("SNI routes {hosts}")),
            secret => text.line(1, format_args!("{secret} terminates {hosts}")),
        }
    }
    text.line(0, "Rules:");
    text.line(1, "Host\tPath\tBackends");
    text.line(1, "----\t----\t--------");
    let rules = spec.rules.unwrap_or_default();
    for rule in rules.iter() {
        let Some(http) = &rule.http else { continue };
        let host = rule.host.as_deref().filter(|host| !host.is_empty()).unwrap_or("*");
        text.line(1, format_args!("{host}\t"));
        for path in &http.paths {
            let backend = backend_line(&path.backend, namespace, related);
            text.line(2, format_args!("\t{} \t{backend}", path.path.as_deref().unwrap_or_default()));
        }
    }
    if rules.iter().all(|rule| rule.http.is_none()) {
        text.line(1, format_args!("*\t*\t{default}"));
    }
    text.annotations("Annotations", meta.annotations.as_ref());
}

fn backend_line(backend: &IngressBackend, namespace: &str, related: &Related<'_>) -> String {
    let Some(wanted) = &backend.service else {
        let Some(resource) = &backend.resource else { return String::new() };
        let group = resource.api_group.as_deref().unwrap_or_default();
        return format!("APIGroup: {group}, Kind: {}, Name: {}", resource.kind, resource.name);
    };
    let port = wanted.port.clone().unwrap_or_default();
    let (number, name) = (port.number.unwrap_or(0), port.name.unwrap_or_default());
    let said = if number == 0 { format!("{}:{name}", wanted.name) } else { format!("{}:{number}", wanted.name) };
    let is_it =
        |service: &&Arc<Service>| service.metadata.namespace() == namespace && service.metadata.name() == wanted.name;
    let Some(service) = related.of::<Service>().find(is_it) else {
        return format!("{said} (<error: services \"{}\" not found>)", wanted.name);
    };
    let ports = service.spec.iter().flat_map(|spec| spec.ports.iter().flatten());
    let mut known = ports
        .filter(|port| if number != 0 { port.port == number } else { port.name.as_deref() == Some(name.as_str()) });
    let port = known.next_back().and_then(|port| port.name.clone()).unwrap_or_default();
    let own = |slice: &&Arc<EndpointSlice>| {
        slice.metadata.namespace() == namespace && slice.metadata.label(SERVICE_NAME) == Some(wanted.name.as_str())
    };
    let slices: Vec<_> = related.of::<EndpointSlice>().filter(own).collect();
    format!("{said} ({})", service_endpoints(&slices, &port))
}

pub(super) fn class(text: &mut Text, class: &IngressClass) {
    let spec = class.spec.clone().unwrap_or_default();
    text.field(0, "Name", class.metadata.name());
    text.labels("Labels", class.metadata.labels.as_ref());
    text.annotations("Annotations", class.metadata.annotations.as_ref());
    text.field(0, "Controller", spec.controller.as_deref().unwrap_or_default());
    let Some(parameters) = spec.parameters else { return };
    text.line(0, "Parameters:");
    text.optional(1, "APIGroup", parameters.api_group.as_deref());
    text.field(1, "Kind", parameters.kind);
    text.field(1, "Name", parameters.name);
}

pub(super) fn endpoints(text: &mut Text, endpoints: &Endpoints) {
    text.head(&endpoints.metadata);
    text.line(0, "Subsets:");
    for subset in endpoints.subsets.iter().flatten() {
        for (title, list) in [("Addresses", &subset.addresses), ("NotReadyAddresses", &subset.not_ready_addresses)] {
            let addresses: Vec<&str> = list.iter().flatten().map(|address| address.ip.as_str()).collect();
            text.field(1, title, or_none(&addresses.join(",")));
        }
        let ports = subset.ports.as_deref().unwrap_or_default();
        if !ports.is_empty() {
            text.line(1, "Ports:");
            text.line(2, "Name\tPort\tProtocol");
            text.line(2, "----\t----\t--------");
        }
        for port in ports {
            let name = port.name.as_deref().filter(|name| !name.is_empty()).unwrap_or("<unset>");
            text.line(2, format_args!("{name}\t{}\t{}", port.port, port.protocol.as_deref().unwrap_or_default()));
        }
        text.line(0, "");
    }
}
