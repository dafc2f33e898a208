//! Services. Addresses and node ports are handed out by [`allocation`](crate::apiserver::allocation).
//!
//! Source: `pkg/registry/core/service/strategy.go`, `pkg/apis/core/v1/defaults.go`, `validation.ValidateService`.

use std::collections::BTreeSet;

use crate::apiserver::field::Errors;
use crate::engine::SimTime;
use crate::model::core::{LoadBalancerStatus, Service, ServicePort, ServiceSpec, ServiceStatus};
use crate::model::metav1::IntOrString;
use crate::model::names;

use super::Strategy;
use super::pod_spec::{one_of, port_number};

/// How long a client sticks to one Pod. Source: `DefaultClientIPServiceAffinitySeconds`.
const AFFINITY_SECONDS: i32 = 10_800;

/// What kind of Service a spec asks for.
pub(in crate::apiserver) trait Ports {
    /// `ClusterIP`, `NodePort`, `LoadBalancer` or `ExternalName`.
    fn kind(&self) -> &str;
    /// Whether its ports are open on every node.
    fn needs_node_ports(&self) -> bool;
    /// Whether it is reached by an address of its own.
    fn needs_address(&self) -> bool;
}

impl Ports for ServiceSpec {
    fn kind(&self) -> &str {
        self.type_.as_deref().unwrap_or("ClusterIP")
    }

    fn needs_node_ports(&self) -> bool {
        self.kind() == "NodePort"
            || (self.kind() == "LoadBalancer" && self.allocate_load_balancer_node_ports != Some(false))
    }

    fn needs_address(&self) -> bool {
        self.kind() != "ExternalName" && self.cluster_ip.as_deref() != Some("None")
    }
}

impl Strategy for Service {
    fn name_faults(name: &str) -> Vec<String> {
        // Relaxed since v1.36 (`RelaxedServiceNameValidation`).
        names::dns1123_label(name)
    }

    fn set_defaults(&mut self) {
        let spec = self.spec.get_or_insert_default();
        spec.type_.get_or_insert_with(|| "ClusterIP".into());
        spec.session_affinity.get_or_insert_with(|| "None".into());
        if spec.session_affinity.as_deref() == Some("ClientIP") {
            let config = spec.session_affinity_config.get_or_insert_default();
            config.client_ip.get_or_insert_default().timeout_seconds.get_or_insert(AFFINITY_SECONDS);
        }
        for port in spec.ports.iter_mut().flatten() {
            port.protocol.get_or_insert_with(|| "TCP".into());
            let number = port.port;
            let target = port.target_port.get_or_insert(IntOrString::Int(number));
            if matches!(target, IntOrString::Int(0)) || matches!(target, IntOrString::String(name) if name.is_empty()) {
                *target = IntOrString::Int(number);
            }
        }
        let outside = matches!(spec.kind(), "NodePort" | "LoadBalancer")
            || spec.external_ips.as_ref().is_some_and(|addresses| !addresses.is_empty());
        if outside {
            spec.external_traffic_policy.get_or_insert_with(|| "Cluster".into());
        }
        if spec.kind() != "ExternalName" {
            spec.internal_traffic_policy.get_or_insert_with(|| "Cluster".into());
        }
        if spec.kind() == "LoadBalancer" {
            spec.allocate_load_balancer_node_ports.get_or_insert(true);
        }
    }

    fn prepare_for_create(&mut self, _now: SimTime) {
        self.status =
            Some(ServiceStatus { load_balancer: Some(LoadBalancerStatus::default()), ..ServiceStatus::default() });
        default_families(self.spec.get_or_insert_default());
    }

    fn prepare_for_update(&mut self, old: &Self) {
        self.status.clone_from(&old.status);
        let (Some(new), Some(old)) = (&mut self.spec, &old.spec) else { return };
        drop_what_the_type_has_not(new, old);
        patch_allocated(new, old);
        default_families(new);
    }

    fn take_status(&mut self, from: &Self) {
        self.status.clone_from(&from.status);
    }

    fn validate(&self, errors: &mut Errors) {
        let Some(spec) = &self.spec else { return };
        let headless = spec.cluster_ip.as_deref() == Some("None");
        let ports = spec.ports.as_deref().unwrap_or_default();
        if ports.is_empty() && !headless && spec.kind() != "ExternalName" {
            errors.required("spec.ports", "");
        }
        match spec.kind() {
            "LoadBalancer" | "NodePort" if headless => {
                let detail = format!("may not be set to 'None' for {} services", spec.kind());
                errors.invalid("spec.clusterIPs[0]", "None", detail);
            }
            "ExternalName" => validate_external_name(spec, errors),
            _ => {}
        }
        validate_ports(ports, errors);
        if let Some(selector) = &spec.selector {
            super::metadata::labels("spec.selector", selector, errors);
        }
        one_of(spec.session_affinity.as_deref(), &["ClientIP", "None"], "spec.sessionAffinity", errors);
        let types = ["ClusterIP", "ExternalName", "LoadBalancer", "NodePort"];
        one_of(Some(spec.kind()), &types, "spec.type", errors);
        let policies = ["Cluster", "Local"];
        one_of(spec.internal_traffic_policy.as_deref(), &policies, "spec.internalTrafficPolicy", errors);
        one_of(spec.external_traffic_policy.as_deref(), &policies, "spec.externalTrafficPolicy", errors);
    }

    fn validate_update(&self, old: &Self, errors: &mut Errors) {
        let (Some(new), Some(old)) = (&self.spec, &old.spec) else { return };
        let before = old.cluster_ips.as_deref().unwrap_or_default();
        let now = new.cluster_ips.as_deref().unwrap_or_default();
        let fixed = old.kind() != "ExternalName" && new.kind() != "ExternalName" && !before.is_empty();
        if fixed && now.first() != before.first() {
            errors.invalid("spec.clusterIPs[0]", serde_json::json!(now), "may not change once set");
        }
    }
}

fn default_families(spec: &mut ServiceSpec) {
    if let Some(address) = spec.cluster_ip.clone().filter(|address| !address.is_empty()) {
        spec.cluster_ips.get_or_insert_with(|| vec![address]);
    }
    if spec.kind() != "ExternalName" {
        spec.ip_families.get_or_insert_with(|| vec!["IPv4".into()]);
        spec.ip_family_policy.get_or_insert_with(|| "SingleStack".into());
    }
}

/// What only the former type had goes, unless the client changed it. Source: `dropTypeDependentFields`.
fn drop_what_the_type_has_not(new: &mut ServiceSpec, old: &ServiceSpec) {
    if old.needs_address() && new.kind() == "ExternalName" && new.cluster_ip == old.cluster_ip {
        (new.cluster_ip, new.cluster_ips, new.ip_families, new.ip_family_policy) = (None, None, None, None);
    }
    if old.needs_node_ports() && !new.needs_node_ports() {
        let before: BTreeSet<_> = old.ports.iter().flatten().filter_map(|port| port.node_port).collect();
        for port in new.ports.iter_mut().flatten() {
            if port.node_port.is_some_and(|number| before.contains(&number)) {
                port.node_port = None;
            }
        }
        new.external_traffic_policy = None;
    }
    if new.kind() != "LoadBalancer" {
        new.allocate_load_balancer_node_ports = None;
    }
}

/// A client that leaves out what was handed out keeps it. Source: `patchAllocatedValues`.
fn patch_allocated(new: &mut ServiceSpec, old: &ServiceSpec) {
    if new.kind() != "ExternalName" && old.kind() != "ExternalName" {
        if new.cluster_ip.as_ref().is_none_or(String::is_empty) {
            new.cluster_ip.clone_from(&old.cluster_ip);
        }
        if new.cluster_ips.as_ref().is_none_or(Vec::is_empty) && new.cluster_ip == old.cluster_ip {
            new.cluster_ips.clone_from(&old.cluster_ips);
        }
    }
    if new.needs_node_ports() && old.needs_node_ports() {
        for port in new.ports.iter_mut().flatten().filter(|port| port.node_port.unwrap_or(0) == 0) {
            let alike = |one: &&ServicePort| one.port == port.port && one.protocol == port.protocol;
            port.node_port = old.ports.iter().flatten().find(alike).and_then(|one| one.node_port);
        }
    }
}

fn validate_external_name(spec: &ServiceSpec, errors: &mut Errors) {
    if spec.cluster_ip.as_ref().is_some_and(|address| !address.is_empty()) {
        errors.forbidden("spec.clusterIPs", "may not be set when `type` is 'ExternalName'");
    }
    match spec.external_name.as_deref().unwrap_or_default().trim_end_matches('.') {
        "" => errors.required("spec.externalName", ""),
        name => errors.all_invalid("spec.externalName", name, names::dns1123_subdomain(name)),
    }
}

fn validate_ports(ports: &[ServicePort], errors: &mut Errors) {
    let (mut seen, mut numbers) = (BTreeSet::new(), BTreeSet::new());
    for (index, port) in ports.iter().enumerate() {
        let field = format!("spec.ports[{index}]");
        match port.name.as_deref().unwrap_or_default() {
            "" if ports.len() > 1 => errors.required(format_args!("{field}.name"), ""),
            "" => {}
            name => {
                errors.all_invalid(format_args!("{field}.name"), name, names::dns1123_label(name));
                if !seen.insert(name) {
                    errors.duplicate(format_args!("{field}.name"), name);
                }
            }
        }
        port_number(port.port, format_args!("{field}.port"), errors);
        one_of(port.protocol.as_deref(), &["SCTP", "TCP", "UDP"], format_args!("{field}.protocol"), errors);
        match &port.target_port {
            Some(IntOrString::Int(number)) => port_number(*number, format_args!("{field}.targetPort"), errors),
            Some(IntOrString::String(name)) => {
                errors.all_invalid(format_args!("{field}.targetPort"), name, names::port_name(name));
            }
            None => {}
        }
        if !numbers.insert((port.port, port.protocol.as_deref())) {
            errors.duplicate(&field, serde_json::json!({"port": port.port, "protocol": port.protocol}));
        }
    }
}
