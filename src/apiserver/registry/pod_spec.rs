//! The spec of a Pod, alone or in a template.

use std::collections::BTreeSet;

use crate::apiserver::field::Errors;
use crate::model::core::{Container, PodSpec};
use crate::model::{names, selector};

use super::{probe, resources, volume};

const RESTART_POLICIES: [&str; 3] = ["Always", "OnFailure", "Never"];
const DNS_POLICIES: [&str; 4] = ["ClusterFirstWithHostNet", "ClusterFirst", "Default", "None"];
const PULL_POLICIES: [&str; 3] = ["Always", "IfNotPresent", "Never"];
const PROTOCOLS: [&str; 3] = ["SCTP", "TCP", "UDP"];
const TOLERATION_OPERATORS: [&str; 4] = ["Equal", "Exists", "Lt", "Gt"];
const TAINT_EFFECTS: [&str; 3] = ["NoSchedule", "PreferNoSchedule", "NoExecute"];

/// Fills in what was left out.
pub(super) fn default(spec: &mut PodSpec) {
    let text = |value: &mut Option<String>, default: &str| {
        if value.as_ref().is_none_or(String::is_empty) {
            *value = Some(default.into());
        }
    };
    text(&mut spec.restart_policy, "Always");
    text(&mut spec.dns_policy, "ClusterFirst");
    text(&mut spec.scheduler_name, "default-scheduler");
    spec.termination_grace_period_seconds.get_or_insert(30);
    spec.security_context.get_or_insert_default();
    // The two names of one field follow each other (`conversion.go`, `Convert_core_PodSpec_To_v1_PodSpec`).
    if spec.service_account_name.as_ref().is_none_or(String::is_empty) {
        spec.service_account_name.clone_from(&spec.service_account);
    }
    spec.service_account.clone_from(&spec.service_account_name);
    let on_host = spec.host_network == Some(true);
    for container in spec.containers.iter_mut().chain(spec.init_containers.iter_mut().flatten()) {
        default_container(container, on_host);
    }
    for volume in spec.volumes.iter_mut().flatten() {
        volume::default(volume);
    }
}

fn default_container(container: &mut Container, on_host: bool) {
    if container.image_pull_policy.as_ref().is_none_or(String::is_empty) {
        let policy = if is_latest(container.image.as_deref().unwrap_or_default()) { "Always" } else { "IfNotPresent" };
        container.image_pull_policy = Some(policy.into());
    }
    container.termination_message_path.get_or_insert_with(|| "/dev/termination-log".into());
    container.termination_message_policy.get_or_insert_with(|| "File".into());
    container.resources.get_or_insert_default();
    for port in container.ports.iter_mut().flatten() {
        port.protocol.get_or_insert_with(|| "TCP".into());
        if on_host {
            port.host_port.get_or_insert(port.container_port);
        }
    }
    for env in container.env.iter_mut().flatten() {
        if let Some(field) = env.value_from.as_mut().and_then(|from| from.field_ref.as_mut()) {
            field.api_version.get_or_insert_with(|| "v1".into());
        }
    }
    probe::default_all(container);
}

/// Whether an image is named without a tag or digest, or with the tag `latest`.
fn is_latest(image: &str) -> bool {
    let name = image.rsplit('/').next().unwrap_or_default();
    match (name.split_once('@'), name.split_once(':')) {
        (Some(_), _) => false,
        (None, Some((_, tag))) => tag == "latest",
        (None, None) => true,
    }
}

/// What is wrong with a spec at `field`.
pub(super) fn validate(spec: &PodSpec, field: &str, errors: &mut Errors) {
    let volumes =
        volume::validate_all(spec.volumes.as_deref().unwrap_or_default(), &format!("{field}.volumes"), errors);
    validate_containers(spec, field, &volumes, errors);
    one_of(spec.restart_policy.as_deref(), &RESTART_POLICIES, format_args!("{field}.restartPolicy"), errors);
    one_of(spec.dns_policy.as_deref(), &DNS_POLICIES, format_args!("{field}.dnsPolicy"), errors);
    if let Some(seconds) = spec.termination_grace_period_seconds.filter(|seconds| *seconds < 0) {
        let field = format!("{field}.terminationGracePeriodSeconds");
        errors.invalid(field, seconds, "must be greater than or equal to 0");
    }
    if let Some(seconds) = spec.active_deadline_seconds
        && !(1..=i64::from(i32::MAX)).contains(&seconds)
    {
        let detail = format!("must be between 1 and {}, inclusive", i32::MAX);
        errors.invalid(format!("{field}.activeDeadlineSeconds"), seconds, detail);
    }
    if let Some(selector) = &spec.node_selector {
        super::metadata::labels(&format!("{field}.nodeSelector"), selector, errors);
    }
    if let Some(name) = spec.service_account_name.as_deref().filter(|name| !name.is_empty()) {
        errors.all_invalid(format_args!("{field}.serviceAccountName"), name, names::dns1123_subdomain(name));
    }
    if let Some(name) = spec.node_name.as_deref().filter(|name| !name.is_empty()) {
        errors.all_invalid(format_args!("{field}.nodeName"), name, names::dns1123_subdomain(name));
        if spec.scheduling_gates.as_ref().is_some_and(|gates| !gates.is_empty()) {
            errors.forbidden(
                format_args!("{field}.nodeName"),
                "cannot be set until all schedulingGates have been cleared",
            );
        }
    }
    for (name, value) in [("hostname", &spec.hostname), ("subdomain", &spec.subdomain)] {
        if let Some(value) = value.as_deref().filter(|value| !value.is_empty()) {
            errors.all_invalid(format_args!("{field}.{name}"), value, names::dns1123_label(value));
        }
    }
    validate_tolerations(spec, field, errors);
    validate_spread(spec, field, errors);
}

fn validate_containers(spec: &PodSpec, field: &str, volumes: &BTreeSet<&str>, errors: &mut Errors) {
    if spec.containers.is_empty() {
        errors.required(format_args!("{field}.containers"), "");
    }
    let mut seen = BTreeSet::new();
    for (index, container) in spec.containers.iter().enumerate() {
        validate_container(container, &format!("{field}.containers[{index}]"), volumes, errors);
        if !seen.insert(container.name.as_str()) {
            errors.duplicate(format_args!("{field}.containers[{index}].name"), container.name.as_str());
        }
    }
    for (index, container) in spec.init_containers.iter().flatten().enumerate() {
        let field = format!("{field}.initContainers[{index}]");
        validate_container(container, &field, volumes, errors);
        if !seen.insert(container.name.as_str()) {
            errors.duplicate(format_args!("{field}.name"), container.name.as_str());
        }
        validate_init_container(container, &field, errors);
    }
}

/// What is wrong with a container at `field`, in the order in which `validateContainerCommon` looks.
fn validate_container(container: &Container, field: &str, volumes: &BTreeSet<&str>, errors: &mut Errors) {
    if container.name.is_empty() {
        errors.required(format_args!("{field}.name"), "");
    } else {
        errors.all_invalid(format_args!("{field}.name"), &container.name, names::dns1123_label(&container.name));
    }
    match container.image.as_deref().unwrap_or_default() {
        "" => errors.required(format_args!("{field}.image"), ""),
        image if image.trim() != image => {
            errors.invalid(format_args!("{field}.image"), image, "must not have leading or trailing whitespace");
        }
        _ => {}
    }
    one_of(
        container.termination_message_policy.as_deref(),
        &["File", "FallbackToLogsOnError"],
        format_args!("{field}.terminationMessagePolicy"),
        errors,
    );
    validate_ports(container, field, errors);
    validate_env(container, field, errors);
    volume::validate_mounts(container, field, volumes, errors);
    one_of(container.image_pull_policy.as_deref(), &PULL_POLICIES, format_args!("{field}.imagePullPolicy"), errors);
    resources::validate(container.resources.as_ref(), &format!("{field}.resources"), errors);
    probe::validate_all(container, field, errors);
}

fn validate_init_container(container: &Container, field: &str, errors: &mut Errors) {
    let is_sidecar = container.restart_policy.as_deref() == Some("Always");
    let probes = [
        ("livenessProbe", container.liveness_probe.is_some()),
        ("readinessProbe", container.readiness_probe.is_some()),
        ("startupProbe", container.startup_probe.is_some()),
        ("lifecycle", container.lifecycle.is_some()),
    ];
    for (name, _) in probes.iter().filter(|(_, given)| *given && !is_sidecar) {
        let detail = "must not be set for init containers without restartPolicy=Always";
        errors.forbidden(format_args!("{field}.{name}"), detail);
    }
}

fn validate_ports(container: &Container, field: &str, errors: &mut Errors) {
    let mut seen = BTreeSet::new();
    for (index, port) in container.ports.iter().flatten().enumerate() {
        let field = format!("{field}.ports[{index}]");
        if let Some(name) = port.name.as_deref().filter(|name| !name.is_empty()) {
            errors.all_invalid(format_args!("{field}.name"), name, names::port_name(name));
            if !seen.insert(name) {
                errors.duplicate(format_args!("{field}.name"), name);
            }
        }
        if port.container_port == 0 {
            errors.required(format_args!("{field}.containerPort"), "");
        } else {
            port_number(port.container_port, format_args!("{field}.containerPort"), errors);
        }
        if let Some(host_port) = port.host_port.filter(|port| *port != 0) {
            port_number(host_port, format_args!("{field}.hostPort"), errors);
        }
        match port.protocol.as_deref().unwrap_or_default() {
            "" => errors.required(format_args!("{field}.protocol"), ""),
            protocol => one_of(Some(protocol), &PROTOCOLS, format_args!("{field}.protocol"), errors),
        }
    }
}

fn validate_env(container: &Container, field: &str, errors: &mut Errors) {
    for (index, env) in container.env.iter().flatten().enumerate() {
        let field = format!("{field}.env[{index}]");
        if env.name.is_empty() {
            errors.required(format_args!("{field}.name"), "");
        } else {
            errors.all_invalid(format_args!("{field}.name"), &env.name, names::env_var_name(&env.name));
        }
        let Some(from) = &env.value_from else { continue };
        let sources = [
            from.field_ref.is_some(),
            from.resource_field_ref.is_some(),
            from.config_map_key_ref.is_some(),
            from.secret_key_ref.is_some(),
            from.file_key_ref.is_some(),
        ];
        let count = sources.iter().filter(|given| **given).count();
        let field = format!("{field}.valueFrom");
        if count == 0 {
            let detail = "must specify one of: `fieldRef`, `resourceFieldRef`, `configMapKeyRef`, `secretKeyRef` or `fileKeyRef`";
            errors.invalid(&field, "", detail);
        } else if env.value.as_ref().is_some_and(|value| !value.is_empty()) {
            errors.invalid(&field, "", "may not be specified when `value` is not empty");
        } else if count > 1 {
            errors.invalid(&field, "", "may not have more than one field specified at a time");
        }
    }
}

fn validate_tolerations(spec: &PodSpec, field: &str, errors: &mut Errors) {
    for (index, toleration) in spec.tolerations.iter().flatten().enumerate() {
        let field = format!("{field}.tolerations[{index}]");
        let text = |value: &Option<String>| value.clone().unwrap_or_default();
        let (key, operator, effect) = (text(&toleration.key), text(&toleration.operator), text(&toleration.effect));
        if key.is_empty() {
            if operator != "Exists" {
                let detail =
                    "operator must be Exists when `key` is empty, which means \"match all values and all keys\"";
                errors.invalid(format_args!("{field}.operator"), operator.as_str(), detail);
            }
        } else {
            errors.all_invalid(format_args!("{field}.key"), &key, names::label_key(&key));
        }
        if toleration.toleration_seconds.is_some() && effect != "NoExecute" {
            let detail = "effect must be 'NoExecute' when `tolerationSeconds` is set";
            errors.invalid(format_args!("{field}.effect"), effect.as_str(), detail);
        }
        if operator == "Exists" && !text(&toleration.value).is_empty() {
            let detail = "value must be empty when `operator` is 'Exists'";
            errors.invalid(format_args!("{field}.operator"), text(&toleration.value), detail);
        }
        if !operator.is_empty() {
            one_of(Some(&operator), &TOLERATION_OPERATORS[..2], format_args!("{field}.operator"), errors);
        }
        if !effect.is_empty() {
            one_of(Some(&effect), &TAINT_EFFECTS, format_args!("{field}.effect"), errors);
        }
    }
}

fn validate_spread(spec: &PodSpec, field: &str, errors: &mut Errors) {
    for (index, constraint) in spec.topology_spread_constraints.iter().flatten().enumerate() {
        let field = format!("{field}.topologySpreadConstraints[{index}]");
        if constraint.max_skew <= 0 {
            errors.invalid(format_args!("{field}.maxSkew"), constraint.max_skew, "must be greater than zero");
        }
        if constraint.topology_key.is_empty() {
            errors.required(format_args!("{field}.topologyKey"), "can not be empty");
        }
        let actions = ["DoNotSchedule", "ScheduleAnyway"];
        one_of(Some(&constraint.when_unsatisfiable), &actions, format_args!("{field}.whenUnsatisfiable"), errors);
        if let Err(error) = selector::Selector::from_typed(constraint.label_selector.as_ref()) {
            errors.invalid(format_args!("{field}.labelSelector"), "", error);
        }
    }
}

/// Says so when a text is none of those that are allowed.
pub(super) fn one_of(value: Option<&str>, allowed: &[&str], field: impl std::fmt::Display, errors: &mut Errors) {
    if let Some(value) = value
        && !allowed.contains(&value)
    {
        errors.unsupported(field, value, allowed);
    }
}

/// Says so when a number is no port.
pub(super) fn port_number(port: i32, field: impl std::fmt::Display, errors: &mut Errors) {
    for message in names::port_number(port.into()) {
        errors.invalid(&field, port, message);
    }
}
