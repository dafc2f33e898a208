//! Wrong types in the words of Go's JSON decoder.
//!
//! Source: `encoding/json` of Go, `UnmarshalTypeError.Error`.

use crate::model::Kind;
use crate::model::decode::DecodeError;

/// `json: cannot unmarshal string into Go struct field DeploymentSpec.spec.replicas of type int32`.
#[must_use]
pub(super) fn message(kind: Kind, error: &DecodeError) -> String {
    if error.path.is_empty() && !error.message.starts_with("invalid type") {
        return error.message.clone();
    }
    let (found, expected) = (found(&error.message), expected(&error.message));
    let path = without_indices(&error.path);
    format!("json: cannot unmarshal {found} into Go struct field {}.{path} of type {expected}", holder(kind, &path))
}

/// What stood there.
fn found(message: &str) -> &'static str {
    let kinds = [
        ("string", "string"),
        ("boolean", "bool"),
        ("integer", "number"),
        ("floating", "number"),
        ("map", "object"),
        ("sequence", "array"),
        ("null", "null"),
    ];
    let rest = message.strip_prefix("invalid type: ").unwrap_or(message);
    kinds.iter().find(|(word, _)| rest.starts_with(word)).map_or("value", |(_, go)| go)
}

/// What the field takes.
fn expected(message: &str) -> &str {
    let rest = message.rsplit("expected ").next().unwrap_or_default();
    let word = rest.split(" at line").next().unwrap_or(rest);
    match word {
        "i32" => "int32",
        "i64" => "int64",
        "a string" => "string",
        "a boolean" => "bool",
        "a map" => "map[string]string",
        "a sequence" => "[]string",
        "f64" => "float64",
        other => other.strip_prefix("struct ").unwrap_or(other),
    }
}

fn without_indices(path: &str) -> String {
    let mut plain = String::with_capacity(path.len());
    let mut depth = 0_usize;
    for letter in path.chars() {
        match letter {
            '[' => depth += 1,
            ']' => depth = depth.saturating_sub(1),
            _ if depth == 0 => plain.push(letter),
            _ => {}
        }
    }
    plain
}

/// The name of the Go struct that holds the field: told from the field above it, by the naming of the API.
fn holder(kind: Kind, path: &str) -> String {
    let parts: Vec<_> = path.split('.').collect();
    let above = parts.len().checked_sub(2).and_then(|index| parts.get(index)).copied().unwrap_or_default();
    let in_pod = kind == Kind::Pod || parts.contains(&"template");
    match above {
        "" => kind.name().into(),
        "metadata" => "ObjectMeta".into(),
        "spec" if in_pod => "PodSpec".into(),
        "spec" => format!("{}Spec", kind.name()),
        "status" => format!("{}Status", kind.name()),
        "template" => "PodTemplateSpec".into(),
        "containers" | "initContainers" => "Container".into(),
        "ports" if kind == Kind::Service => "ServicePort".into(),
        "ports" => "ContainerPort".into(),
        "env" => "EnvVar".into(),
        "envFrom" => "EnvFromSource".into(),
        "volumeMounts" => "VolumeMount".into(),
        "volumes" => "Volume".into(),
        "resources" => "ResourceRequirements".into(),
        "livenessProbe" | "readinessProbe" | "startupProbe" => "Probe".into(),
        "httpGet" => "HTTPGetAction".into(),
        "exec" => "ExecAction".into(),
        "tcpSocket" => "TCPSocketAction".into(),
        "securityContext" => "SecurityContext".into(),
        "tolerations" => "Toleration".into(),
        "taints" => "Taint".into(),
        "strategy" => "DeploymentStrategy".into(),
        "rollingUpdate" => "RollingUpdateDeployment".into(),
        "selector" | "labelSelector" => "LabelSelector".into(),
        other => {
            let mut letters = other.chars();
            letters.next().map_or_else(String::new, |first| first.to_uppercase().collect::<String>() + letters.as_str())
        }
    }
}
