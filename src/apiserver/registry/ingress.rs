//! Ingresses and their classes. Source: `pkg/apis/networking/validation/validation.go`, `pkg/registry/networking`.

use std::net::IpAddr;

use serde_json::json;

use crate::apiserver::field::Errors;
use crate::engine::SimTime;
use crate::model::names;
use crate::model::networking::{
    HTTPIngressPath, Ingress, IngressBackend, IngressClass, IngressRule, IngressStatus, ServiceBackendPort,
};

use super::Strategy;
use super::pod_spec::{one_of, port_number};

const PATH_TYPES: [&str; 3] = ["Exact", "ImplementationSpecific", "Prefix"];
/// What a path may not contain, and what it may not end with. Source: `invalidPathSequences`, `invalidPathSuffixes`.
const BAD_SEQUENCES: [&str; 5] = ["//", "/./", "/../", "%2f", "%2F"];
const BAD_SUFFIXES: [&str; 2] = ["/..", "/."];

impl Strategy for Ingress {
    has_generation!();

    fn prepare_for_create(&mut self, _now: SimTime) {
        self.status = Some(IngressStatus::default());
    }

    fn prepare_for_update(&mut self, old: &Self) {
        self.status.clone_from(&old.status);
    }

    fn take_status(&mut self, from: &Self) {
        self.status.clone_from(&from.status);
    }

    fn validate(&self, errors: &mut Errors) {
        let spec = self.spec.clone().unwrap_or_default();
        let rules = spec.rules.unwrap_or_default();
        if rules.is_empty() && spec.default_backend.is_none() {
            errors.invalid("spec", json!(rules), "either `defaultBackend` or `rules` must be specified");
        }
        if let Some(default) = &spec.default_backend {
            backend(default, "spec.defaultBackend", errors);
        }
        for (index, rule) in rules.iter().enumerate() {
            validate_rule(rule, &format!("spec.rules[{index}]"), errors);
        }
        for (index, tls) in spec.tls.iter().flatten().enumerate() {
            for (at, host) in tls.hosts.iter().flatten().enumerate() {
                errors.all_invalid(format_args!("spec.tls[{index}].hosts[{at}]"), host, host_faults(host));
            }
        }
        if let Some(class) = &spec.ingress_class_name {
            errors.all_invalid("spec.ingressClassName", class, names::dns1123_subdomain(class));
        }
    }
}

fn host_faults(host: &str) -> Vec<String> {
    if host.contains('*') { names::wildcard_dns1123_subdomain(host) } else { names::dns1123_subdomain(host) }
}

fn validate_rule(rule: &IngressRule, field: &str, errors: &mut Errors) {
    if let Some(host) = rule.host.as_deref().filter(|host| !host.is_empty()) {
        if host.parse::<IpAddr>().is_ok() {
            errors.invalid(format_args!("{field}.host"), host, "must be a DNS name, not an IP address");
        }
        errors.all_invalid(format_args!("{field}.host"), host, host_faults(host));
    }
    let Some(http) = &rule.http else { return };
    if http.paths.is_empty() {
        errors.required(format_args!("{field}.http.paths"), "");
    }
    for (index, path) in http.paths.iter().enumerate() {
        validate_path(path, &format!("{field}.http.paths[{index}]"), errors);
    }
}

fn validate_path(path: &HTTPIngressPath, field: &str, errors: &mut Errors) {
    let text = path.path.as_deref().unwrap_or_default();
    let at = format!("{field}.path");
    match path.path_type.as_str() {
        "" => errors.required(format_args!("{field}.pathType"), "pathType must be specified"),
        "Exact" | "Prefix" => {
            if !text.starts_with('/') {
                errors.invalid(&at, text, "must be an absolute path");
            }
            for bad in BAD_SEQUENCES.iter().filter(|bad| text.contains(**bad)) {
                errors.invalid(&at, text, format_args!("must not contain '{bad}'"));
            }
            for bad in BAD_SUFFIXES.iter().filter(|bad| text.ends_with(**bad)) {
                errors.invalid(&at, text, format_args!("cannot end with '{bad}'"));
            }
        }
        "ImplementationSpecific" => {
            if !text.is_empty() && !text.starts_with('/') {
                errors.invalid(&at, text, "must be an absolute path");
            }
        }
        other => errors.unsupported(format_args!("{field}.pathType"), other, &PATH_TYPES),
    }
    backend(&path.backend, &format!("{field}.backend"), errors);
}

fn backend(backend: &IngressBackend, field: &str, errors: &mut Errors) {
    match (&backend.service, &backend.resource) {
        (Some(_), Some(_)) => {
            errors.invalid(field, "", "cannot set both resource and service backends");
        }
        (None, Some(_)) => {}
        (None, None) => errors.required(field, "resource or service backend is required"),
        (Some(service), None) => {
            if service.name.is_empty() {
                errors.required(format_args!("{field}.service.name"), "");
            } else {
                errors.all_invalid(
                    format_args!("{field}.service.name"),
                    &service.name,
                    names::dns1035_label(&service.name),
                );
            }
            port(service.port.as_ref(), &format!("{field}.service.port"), errors);
        }
    }
}

fn port(port: Option<&ServiceBackendPort>, field: &str, errors: &mut Errors) {
    let number = port.and_then(|port| port.number).filter(|number| *number != 0);
    let name = port.and_then(|port| port.name.as_deref()).filter(|name| !name.is_empty());
    match (number, name) {
        (Some(_), Some(_)) => errors.invalid(field, "", "cannot set both port name & port number"),
        (None, None) => errors.required(field, "port name or number is required"),
        (Some(number), None) => port_number(number, format_args!("{field}.number"), errors),
        (None, Some(name)) => errors.all_invalid(format_args!("{field}.name"), name, names::port_name(name)),
    }
}

impl Strategy for IngressClass {
    has_generation!();

    fn set_defaults(&mut self) {
        if let Some(parameters) = self.spec.as_mut().and_then(|spec| spec.parameters.as_mut()) {
            parameters.scope.get_or_insert_with(|| "Cluster".into());
        }
    }

    fn validate(&self, errors: &mut Errors) {
        let spec = self.spec.clone().unwrap_or_default();
        let controller = spec.controller.unwrap_or_default();
        if controller.is_empty() {
            errors.required("spec.controller", "");
        } else if !controller.contains('/') {
            let detail = "must be a domain-prefixed path (such as \"acme.io/foo\")";
            errors.invalid("spec.controller", controller.as_str(), detail);
        }
        let Some(parameters) = spec.parameters else { return };
        one_of(parameters.scope.as_deref(), &["Cluster", "Namespace"], "spec.parameters.scope", errors);
        if parameters.scope.as_deref() == Some("Namespace") && parameters.namespace.is_none() {
            errors.required("spec.parameters.namespace", "`parameters.scope` is set to 'Namespace'");
        }
    }

    fn validate_update(&self, old: &Self, errors: &mut Errors) {
        let controller = |class: &Self| class.spec.as_ref().and_then(|spec| spec.controller.clone());
        if controller(self) != controller(old) {
            errors.invalid("spec.controller", json!(controller(self)), "field is immutable");
        }
    }
}
