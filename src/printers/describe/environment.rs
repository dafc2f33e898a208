//! Environment variables of containers, with the values that can be told without a node.

use super::text::Text;
use crate::model::core::{Container, EnvFromSource, EnvVar, EnvVarSource, ResourceFieldSelector};
use crate::model::{Meta, Pod, Quantity};

pub(super) fn describe(text: &mut Text, container: &Container, pod: Option<&Pod>) {
    if let Some(sources) = container.env_from.as_ref().filter(|sources| !sources.is_empty()) {
        text.line(2, "Environment Variables from:");
        sources.iter().for_each(|source| text.line(3, from_line(source)));
    }
    let variables = container.env.as_deref().unwrap_or_default();
    text.line(2, if variables.is_empty() { "Environment:\t<none>" } else { "Environment:" });
    for variable in variables {
        match &variable.value_from {
            Some(source) => referenced(text, variable, source, container, pod),
            None => {
                let mut lines = variable.value.as_deref().unwrap_or_default().split('\n');
                text.field(3, &variable.name, lines.next().unwrap_or_default());
                lines.for_each(|line| text.line(3, format_args!("\t{line}")));
            }
        }
    }
}

fn from_line(source: &EnvFromSource) -> String {
    let (from, name, optional) = match (&source.config_map_ref, &source.secret_ref) {
        (Some(map), _) => ("ConfigMap", map.name.as_str(), map.optional),
        (None, Some(secret)) => ("Secret", secret.name.as_str(), secret.optional),
        (None, None) => ("", "", None),
    };
    let prefix = source.prefix.as_ref().filter(|prefix| !prefix.is_empty());
    let prefix = prefix.map_or_else(String::new, |prefix| format!(" with prefix '{prefix}'"));
    format!("{name}\t{from}{prefix}\tOptional: {}", optional.unwrap_or(false))
}

fn referenced(text: &mut Text, variable: &EnvVar, source: &EnvVarSource, container: &Container, pod: Option<&Pod>) {
    let name = &variable.name;
    if let Some(field) = &source.field_ref {
        let value = pod.map(|pod| pod_field(pod, &field.field_path)).unwrap_or_default();
        let version = field.api_version.as_deref().unwrap_or_default();
        text.field(3, name, format_args!("{value} ({version}:{})", field.field_path));
    } else if let Some(field) = &source.resource_field_ref {
        text.field(3, name, format_args!("{} ({})", resource_field(container, field), field.resource));
    } else if let Some(secret) = &source.secret_key_ref {
        let (key, from, optional) = (&secret.key, &secret.name, secret.optional.unwrap_or(false));
        text.field(3, name, format_args!("<set to the key '{key}' in secret '{from}'>\tOptional: {optional}"));
    } else if let Some(map) = &source.config_map_key_ref {
        let (key, from, optional) = (&map.key, &map.name, map.optional.unwrap_or(false));
        text.field(3, name, format_args!("<set to the key '{key}' of config map '{from}'>\tOptional: {optional}"));
    }
}

/// What kubectl can tell of a Pod's own fields (`ExtractFieldPathAsString`): its metadata.
fn pod_field(pod: &Pod, path: &str) -> String {
    let meta = &pod.metadata;
    match path {
        "metadata.name" => meta.name().to_owned(),
        "metadata.namespace" => meta.namespace().to_owned(),
        "metadata.uid" => meta.uid().to_owned(),
        "metadata.labels" => quoted(meta.labels.as_ref()),
        "metadata.annotations" => quoted(meta.annotations.as_ref()),
        _ => {
            let key = |prefix: &str| path.strip_prefix(prefix).and_then(|rest| rest.strip_suffix("']"));
            let label = key("metadata.labels['").and_then(|key| meta.label(key));
            label.or_else(|| meta.annotation(key("metadata.annotations['")?)).unwrap_or_default().to_owned()
        }
    }
}

fn quoted(map: Option<&std::collections::BTreeMap<String, String>>) -> String {
    let lines = map.into_iter().flatten().map(|(key, value)| format!("{key}={value:?}"));
    lines.collect::<Vec<_>>().join("\n")
}

/// A limit or request in units of the divisor, rounded up.
fn resource_field(container: &Container, field: &ResourceFieldSelector) -> String {
    let resources = container.resources.clone().unwrap_or_default();
    let (side, resource) = field.resource.split_once('.').unwrap_or_default();
    let amounts = if side == "limits" { resources.limits } else { resources.requests };
    let amount = amounts.and_then(|amounts| Quantity::try_from(amounts.get(resource)?).ok()).unwrap_or_default();
    let divisor = field.divisor.as_ref().and_then(|divisor| Quantity::try_from(divisor).ok()).unwrap_or_default();
    let divisor = if divisor.is_zero() { Quantity::from_value(1) } else { divisor };
    let (amount, divisor) = match resource {
        "cpu" => (amount.milli_value(), divisor.milli_value()),
        _ => (amount.value(), divisor.value()),
    };
    let units = amount.div_euclid(divisor) + i64::from(amount.rem_euclid(divisor) > 0);
    match field.resource.as_str() {
        "limits.cpu" | "limits.memory" if units == 0 => "node allocatable".into(),
        _ => units.to_string(),
    }
}
