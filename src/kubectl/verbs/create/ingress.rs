//! `kubectl create ingress`.
//!
//! Source: `kubectl/pkg/cmd/create/create_ingress.go`.

use serde_json::{Value, json};

use super::{name_of, submit};
use crate::kubectl::failure::Failure;
use crate::kubectl::flags::Flags;
use crate::kubectl::session::Session;
use crate::model::Kind;

/// Flags of `create ingress`.
pub const INGRESS_FLAGS: &[&str] = &[
    ":class",
    "+rule",
    "+annotation",
    ":default-backend",
    "o:output",
    "?dry-run=unchanged",
    "?validate=strict",
    "!save-config",
    ":field-manager",
    ":template",
];

/// `kubectl create ingress`.
///
/// # Errors
/// In kubectl's words.
pub fn ingress(session: &mut Session<'_>, flags: &Flags) -> Result<(), Failure> {
    let name = name_of(flags, "create ingress")?;
    // A comma is part of a rule, so the list that was split at commas is put together again.
    let rules = rules_of(flags);
    let default = flags.text_or_empty("default-backend");
    if rules.is_empty() && default.is_empty() {
        return Err(Failure::text_of(
            "not enough information provided: every ingress has to either specify a default-backend (which catches all traffic) \
             or a list of rules (which catch specific paths)",
        ));
    }
    let mut spec = json!({});
    if let Some(class) = flags.text("class").filter(|class| !class.is_empty()) {
        spec["ingressClassName"] = json!(class);
    }
    if !default.is_empty() {
        let said = "default-backend should be in format servicename:serviceport";
        spec["defaultBackend"] = backend(default).ok_or_else(|| Failure::text_of(said))?;
    }
    let (mut hosts, mut tls): (Vec<(String, Vec<Value>)>, Vec<Value>) = (Vec::new(), Vec::new());
    for rule in &rules {
        let (host, path, secret) = parsed(rule).ok_or_else(|| {
            Failure::text_of(format!(
                "rule {rule} is invalid and should be in format host/path=svcname:svcport[,tls[=secret]]"
            ))
        })?;
        match hosts.iter_mut().find(|(known, _)| *known == host) {
            Some((_, paths)) => paths.push(path),
            None => hosts.push((host.clone(), vec![path])),
        }
        tls.extend(secret.map(|secret| match secret.as_str() {
            "" => json!({"hosts": [host]}),
            secret => json!({"hosts": [host], "secretName": secret}),
        }));
    }
    let rule = |(host, paths): (String, Vec<Value>)| match host.as_str() {
        "" => json!({"http": {"paths": paths}}),
        host => json!({"host": host, "http": {"paths": paths}}),
    };
    if !hosts.is_empty() {
        spec["rules"] = hosts.into_iter().map(rule).collect();
    }
    if !tls.is_empty() {
        spec["tls"] = json!(tls);
    }
    let mut metadata = json!({"name": name});
    for (key, value) in flags.list("annotation").iter().filter_map(|pair| pair.split_once('=')) {
        metadata["annotations"][key] = json!(value);
    }
    let value = json!({"apiVersion": "networking.k8s.io/v1", "kind": "Ingress", "metadata": metadata, "spec": spec});
    submit(session, flags, Kind::Ingress, value, Some("failed to create ingress"))
}

fn rules_of(flags: &Flags) -> Vec<String> {
    let mut rules: Vec<String> = Vec::new();
    for part in flags.list("rule") {
        match rules.last_mut() {
            Some(last) if part == "tls" || part.starts_with("tls=") => *last = format!("{last},{part}"),
            _ => rules.push(part.to_owned()),
        }
    }
    rules
}

/// Host, path with its backend, and the name of the TLS secret if there is one.
fn parsed(rule: &str) -> Option<(String, Value, Option<String>)> {
    let (place, rest) = rule.split_once('=')?;
    let (service, tls) = match rest.split_once(',') {
        Some((service, tls)) => (service, Some(tls)),
        None => (rest, None),
    };
    let (host, path) = place.split_once('/')?;
    let path = format!("/{path}");
    let (path, type_) = match path.strip_suffix('*') {
        Some(prefix) => (prefix.to_owned(), "Prefix"),
        None => (path, "Exact"),
    };
    let secret = match tls {
        None => None,
        Some("tls") => Some(String::new()),
        Some(other) => Some(other.strip_prefix("tls=")?.to_owned()),
    };
    Some((host.to_owned(), json!({"path": path, "pathType": type_, "backend": backend(service)?}), secret))
}

fn backend(text: &str) -> Option<Value> {
    let (name, port) = text.split_once(':')?;
    let port = match port.parse::<i32>() {
        Ok(number) => json!({"number": number}),
        Err(_) => json!({"name": port}),
    };
    Some(json!({"service": {"name": name, "port": port}}))
}
