//! Probes and life cycle hooks of a container.

use crate::apiserver::field::Errors;
use crate::model::core::{Container, HTTPGetAction, Probe};
use crate::model::metav1::IntOrString;
use crate::model::names;

/// Fills in what was left out of a container's probes and hooks.
pub(super) fn default_all(container: &mut Container) {
    let probes = [&mut container.liveness_probe, &mut container.readiness_probe, &mut container.startup_probe];
    for probe in probes.into_iter().flatten() {
        let number = |value: &mut Option<i32>, default: i32| {
            if value.unwrap_or(0) == 0 {
                *value = Some(default);
            }
        };
        number(&mut probe.timeout_seconds, 1);
        number(&mut probe.period_seconds, 10);
        number(&mut probe.success_threshold, 1);
        number(&mut probe.failure_threshold, 3);
        if let Some(get) = &mut probe.http_get {
            default_http(get);
        }
        if let Some(grpc) = &mut probe.grpc {
            grpc.service.get_or_insert_default();
        }
    }
    if let Some(lifecycle) = &mut container.lifecycle {
        for hook in [&mut lifecycle.pre_stop, &mut lifecycle.post_start].into_iter().flatten() {
            if let Some(get) = &mut hook.http_get {
                default_http(get);
            }
        }
    }
}

fn default_http(get: &mut HTTPGetAction) {
    get.path.get_or_insert_with(|| "/".into());
    get.scheme.get_or_insert_with(|| "HTTP".into());
}

/// What is wrong with a container's probes and hooks.
pub(super) fn validate_all(container: &Container, field: &str, errors: &mut Errors) {
    if let Some(lifecycle) = &container.lifecycle {
        for (name, hook) in [("postStart", &lifecycle.post_start), ("preStop", &lifecycle.pre_stop)] {
            let Some(hook) = hook else { continue };
            let given = [hook.exec.is_some(), hook.http_get.is_some(), hook.tcp_socket.is_some(), hook.sleep.is_some()];
            handlers(&given, &format!("{field}.lifecycle.{name}"), errors);
        }
    }
    let probes = [
        ("livenessProbe", &container.liveness_probe),
        ("readinessProbe", &container.readiness_probe),
        ("startupProbe", &container.startup_probe),
    ];
    for (name, probe) in probes {
        let Some(probe) = probe else { continue };
        validate(probe, &format!("{field}.{name}"), name != "readinessProbe", errors);
    }
}

fn validate(probe: &Probe, field: &str, succeeds_once: bool, errors: &mut Errors) {
    let given = [probe.exec.is_some(), probe.http_get.is_some(), probe.tcp_socket.is_some(), probe.grpc.is_some()];
    handlers(&given, field, errors);
    if let Some(get) = &probe.http_get {
        if get.path.as_deref().unwrap_or_default().is_empty() {
            errors.required(format_args!("{field}.httpGet.path"), "");
        }
        validate_port(&get.port, &format!("{field}.httpGet.port"), errors);
        let schemes = ["HTTP", "HTTPS"];
        super::pod_spec::one_of(get.scheme.as_deref(), &schemes, format_args!("{field}.httpGet.scheme"), errors);
    }
    if let Some(socket) = &probe.tcp_socket {
        validate_port(&socket.port, &format!("{field}.tcpSocket.port"), errors);
    }
    if probe.exec.as_ref().is_some_and(|exec| exec.command.as_ref().is_none_or(Vec::is_empty)) {
        errors.required(format_args!("{field}.exec.command"), "");
    }
    let numbers = [
        ("initialDelaySeconds", probe.initial_delay_seconds),
        ("timeoutSeconds", probe.timeout_seconds),
        ("periodSeconds", probe.period_seconds),
        ("successThreshold", probe.success_threshold),
        ("failureThreshold", probe.failure_threshold),
    ];
    for (name, number) in numbers {
        if let Some(number) = number.filter(|number| *number < 0) {
            errors.invalid(format_args!("{field}.{name}"), number, "must be greater than or equal to 0");
        }
    }
    if succeeds_once && probe.success_threshold.is_some_and(|threshold| threshold != 1) {
        errors.invalid(format_args!("{field}.successThreshold"), probe.success_threshold.unwrap_or(0), "must be 1");
    }
}

fn handlers(given: &[bool], field: &str, errors: &mut Errors) {
    match given.iter().filter(|one| **one).count() {
        0 => errors.required(field, "must specify a handler type"),
        1 => {}
        _ => errors.forbidden(field, "may not specify more than 1 handler type"),
    }
}

fn validate_port(port: &IntOrString, field: &str, errors: &mut Errors) {
    match port {
        IntOrString::Int(number) => super::pod_spec::port_number(*number, field, errors),
        IntOrString::String(name) => errors.all_invalid(field, name, names::port_name(name)),
    }
}
