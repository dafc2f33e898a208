//! `kubectl create service clusterip|nodeport|loadbalancer|externalname NAME`.

use serde_json::{Value, json};

use super::{name_of, submit};
use crate::kubectl::failure::Failure;
use crate::kubectl::flags::Flags;
use crate::kubectl::session::Session;
use crate::model::{Kind, names};

/// Flags of all four.
pub const SERVICE_FLAGS: &[&str] = &[
    "+tcp",
    ":clusterip",
    "#node-port",
    ":external-name",
    "o:output",
    "?dry-run=unchanged",
    "?validate=strict",
    "!save-config",
    ":field-manager",
];

/// `kubectl create service clusterip`.
///
/// # Errors
/// In kubectl's words.
pub fn cluster_ip(session: &mut Session<'_>, flags: &Flags) -> Result<(), Failure> {
    service(session, flags, "clusterip", "ClusterIP")
}

/// `kubectl create service nodeport`.
///
/// # Errors
/// In kubectl's words.
pub fn node_port(session: &mut Session<'_>, flags: &Flags) -> Result<(), Failure> {
    service(session, flags, "nodeport", "NodePort")
}

/// `kubectl create service loadbalancer`.
///
/// # Errors
/// In kubectl's words.
pub fn load_balancer(session: &mut Session<'_>, flags: &Flags) -> Result<(), Failure> {
    service(session, flags, "loadbalancer", "LoadBalancer")
}

/// `kubectl create service externalname`.
///
/// # Errors
/// In kubectl's words.
pub fn external_name(session: &mut Session<'_>, flags: &Flags) -> Result<(), Failure> {
    service(session, flags, "externalname", "ExternalName")
}

fn service(session: &mut Session<'_>, flags: &Flags, word: &str, type_: &str) -> Result<(), Failure> {
    let name = name_of(flags, &format!("create service {word}"))?;
    let ports = flags.list("tcp");
    let cluster_ip = flags.text_or_empty("clusterip");
    let external = flags.text_or_empty("external-name");
    if ports.is_empty() && cluster_ip != "None" && type_ != "ExternalName" {
        return Err(Failure::text_of("at least one tcp port specifier must be provided"));
    }
    if type_ == "ExternalName" && !names::dns1123_subdomain(external).is_empty() {
        return Err(Failure::text_of(format!("invalid service external name {external}")));
    }
    let node_port = flags.number("node-port").filter(|&port| port != 0);
    let ports = ports.into_iter().map(|spec| port(spec, node_port)).collect::<Result<Vec<_>, _>>()?;
    let labels = json!({"app": name});
    let mut spec = json!({"type": type_, "selector": labels});
    if !ports.is_empty() {
        spec["ports"] = Value::Array(ports);
    }
    for (field, text) in [("clusterIP", cluster_ip), ("externalName", external)] {
        if !text.is_empty() {
            spec[field] = json!(text);
        }
    }
    let value =
        json!({"apiVersion": "v1", "kind": "Service", "metadata": {"name": name, "labels": labels}, "spec": spec});
    submit(session, flags, Kind::Service, value, Some(&format!("failed to create {type_} service")))
}

/// `80:8080` as a port of a Service.
fn port(spec: &str, node_port: Option<i64>) -> Result<Value, Failure> {
    let (port, target) = spec.split_once(':').unwrap_or((spec, spec));
    let wrong = |port: &str, why: &str| Failure::text_of(format!("strconv.ParseInt: parsing {port:?}: {why}"));
    let number: i64 = port.parse().map_err(|_| wrong(port, "invalid syntax"))?;
    let refused = names::port_number(number);
    if !refused.is_empty() {
        return Err(Failure::text_of(refused.join(",")));
    }
    let target = match target.parse::<i64>() {
        Ok(number) => json!(number),
        Err(_) => json!(target),
    };
    let name = spec.replace(':', "-");
    let mut value = json!({"name": name, "port": number, "protocol": "TCP", "targetPort": target});
    if let Some(node_port) = node_port {
        value["nodePort"] = json!(node_port);
    }
    Ok(value)
}
