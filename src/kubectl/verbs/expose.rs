//! `kubectl expose`: a Service for what is already there.
//!
//! Source: `kubectl/pkg/cmd/expose/expose.go`.

use std::collections::BTreeMap;

use serde_json::{Map, Value, json};

use crate::kubectl::failure::Failure;
use crate::kubectl::flags::Flags;
use crate::kubectl::resources::Found;
use crate::kubectl::session::Session;
use crate::model::patch::apply_merge;
use crate::model::{Kind, Object, yaml};
use crate::printers::manifest as printed;

use super::{change, create};

/// Its flags.
pub const FLAGS: &[&str] = &[
    "f+filename",
    "k:kustomize",
    "R!recursive",
    ":port",
    ":target-port",
    ":protocol",
    ":name",
    ":type",
    ":selector",
    "l:labels",
    ":cluster-ip",
    ":external-ip",
    ":load-balancer-ip",
    ":session-affinity",
    ":overrides",
    "o:output",
    "?dry-run=unchanged",
    "?validate=strict",
    "!save-config",
    ":field-manager",
    ":template",
];

/// Longest name of a Service (`DNS1035LabelMaxLength`).
const NAME_LENGTH_MAX: usize = 63;

/// Runs it.
///
/// # Errors
/// In kubectl's words.
pub fn run(session: &mut Session<'_>, flags: &Flags) -> Result<(), Failure> {
    let selection = crate::kubectl::resources::select(session, &without_selector(flags), &flags.args, false)?;
    let found = crate::kubectl::resources::fetch(session, &Flags::default(), selection)?;
    let mut failures = found.failures;
    for item in &found.items {
        match service(flags, item) {
            Ok(value) => {
                if let Err(failure) = submit(session, flags, value) {
                    match failure {
                        Failure::Suspended => return Err(Failure::Suspended),
                        failure => failures.push(failure),
                    }
                }
            }
            Err(failure) => failures.push(failure),
        }
    }
    Failure::all(failures)
}

/// `--selector` is that of the Service here, not one of objects.
fn without_selector(flags: &Flags) -> Flags {
    let mut flags = flags.clone();
    flags.forget("selector");
    flags
}

fn submit(session: &mut Session<'_>, flags: &Flags, value: Value) -> Result<(), Failure> {
    create::submit_as(session, flags, Kind::Service, value, None, "exposed")
}

fn service(flags: &Flags, item: &Found) -> Result<Value, Failure> {
    let object = &item.object;
    if !matches!(object.kind(), Kind::Pod | Kind::Service | Kind::Deployment | Kind::ReplicaSet) {
        let info = object.kind().info();
        let kind = if info.group.is_empty() { info.name.to_owned() } else { format!("{}.{}", info.name, info.group) };
        return Err(Failure::text_of(format!("cannot expose a {kind}")));
    }
    let mut value = printed::value(object);
    let selector = match flags.text("selector").filter(|text| !text.is_empty()) {
        Some(text) => labels(text)?,
        None => selector_of(&value, object.kind()).map_err(|why| {
            Failure::text_of(format!("couldn't retrieve selectors via --selector flag or introspection: {why}"))
        })?,
    };
    let held = ports_of(&mut value, object.kind());
    let cluster_ip = flags.text_or_empty("cluster-ip");
    let numbers: Vec<String> = match flags.text("port").filter(|text| !text.is_empty()) {
        Some(text) => text.split(',').map(str::to_owned).collect(),
        None => held.keys().map(ToString::to_string).collect(),
    };
    if numbers.is_empty() && cluster_ip != "None" {
        return Err(Failure::text_of("couldn't find port via --port flag or introspection"));
    }
    let mut spec = Map::new();
    let ports = ports(flags, &numbers, &held)?;
    if !ports.is_empty() {
        spec.insert("ports".into(), json!(ports));
    }
    spec.insert("selector".into(), json!(selector));
    for (field, flag) in [("type", "type"), ("clusterIP", "cluster-ip"), ("loadBalancerIP", "load-balancer-ip")] {
        if let Some(text) = flags.text(flag).filter(|text| !text.is_empty()) {
            spec.insert(field.into(), json!(text));
        }
    }
    if let Some(ip) = flags.text("external-ip").filter(|ip| !ip.is_empty()) {
        spec.insert("externalIPs".into(), json!([ip]));
    }
    match flags.text("session-affinity") {
        None | Some("") => {}
        Some(affinity @ ("None" | "ClientIP")) => {
            spec.insert("sessionAffinity".into(), json!(affinity));
        }
        Some(other) => return Err(Failure::text_of(format!("unknown session affinity: {other}"))),
    }
    let mut meta = json!({"name": flags.text("name").filter(|name| !name.is_empty()).unwrap_or(short(object))});
    let own = match flags.text("labels").filter(|text| !text.is_empty()) {
        Some(text) => labels(text)?,
        None => object.meta().labels.clone().unwrap_or_default(),
    };
    if !own.is_empty() {
        meta["labels"] = json!(own);
    }
    let value = json!({"apiVersion": "v1", "kind": "Service", "metadata": meta, "spec": spec});
    match flags.text("overrides").filter(|text| !text.is_empty()) {
        None => Ok(value),
        Some(text) => {
            let read = yaml::read("overrides", text).map_err(|error| Failure::text_of(error.message))?;
            Ok(apply_merge(&value, &read.into_iter().next().map(|document| document.value).unwrap_or_default()))
        }
    }
}

fn short(object: &Object) -> &str {
    object.name().get(..NAME_LENGTH_MAX).unwrap_or_else(|| object.name())
}

fn labels(text: &str) -> Result<BTreeMap<String, String>, Failure> {
    let mut labels = BTreeMap::new();
    for pair in text.split(',') {
        let wrong = || Failure::text_of(format!("unexpected label spec: {pair}"));
        let (key, value) =
            pair.split_once('=').filter(|(key, value)| !key.is_empty() && !value.contains('=')).ok_or_else(wrong)?;
        labels.insert(key.to_owned(), value.to_owned());
    }
    Ok(labels)
}

fn selector_of(value: &Value, kind: Kind) -> Result<BTreeMap<String, String>, String> {
    let at = |pointer: &str| value.pointer(pointer).cloned().and_then(|it| serde_json::from_value(it).ok());
    match kind {
        Kind::Pod => at("/metadata/labels")
            .filter(|labels: &BTreeMap<_, _>| !labels.is_empty())
            .ok_or_else(|| "the pod has no labels and cannot be exposed".into()),
        Kind::Service => at("/spec/selector")
            .filter(|labels: &BTreeMap<_, _>| !labels.is_empty())
            .ok_or_else(|| "the service has no pod selector set".into()),
        _ => match value.pointer("/spec/selector/matchExpressions").and_then(Value::as_array) {
            Some(expressions) if !expressions.is_empty() => {
                Err("couldn't convert expressions - \"matchExpressions\" to map-based selector format".into())
            }
            _ => Ok(at("/spec/selector/matchLabels").unwrap_or_default()),
        },
    }
}

/// The ports of an object, each with its protocols.
fn ports_of(value: &mut Value, kind: Kind) -> BTreeMap<i64, Vec<String>> {
    let mut ports: BTreeMap<i64, Vec<String>> = BTreeMap::new();
    let mut add = |port: &Value, field: &str| {
        if let Some(number) = port[field].as_i64() {
            ports.entry(number).or_default().push(port["protocol"].as_str().unwrap_or("TCP").to_owned());
        }
    };
    if kind == Kind::Service {
        value.pointer("/spec/ports").and_then(Value::as_array).into_iter().flatten().for_each(|port| add(port, "port"));
        return ports;
    }
    let containers = change::pod_spec(value).and_then(|spec| spec.get("containers")).and_then(Value::as_array);
    for container in containers.into_iter().flatten() {
        container["ports"].as_array().into_iter().flatten().for_each(|port| add(port, "containerPort"));
    }
    ports
}

fn ports(flags: &Flags, numbers: &[String], held: &BTreeMap<i64, Vec<String>>) -> Result<Vec<Value>, Failure> {
    let mut ports = Vec::new();
    for (index, text) in numbers.iter().enumerate() {
        let wrong = || Failure::text_of(format!("strconv.Atoi: parsing {text:?}: invalid syntax"));
        let number: i64 = text.parse().map_err(|_| wrong())?;
        let target = match flags.text("target-port").filter(|text| !text.is_empty()) {
            Some(text) => text.parse::<i64>().map_or_else(|_| json!(text), |number| json!(number)),
            None => json!(number),
        };
        let protocols = match flags.text("protocol").filter(|text| !text.is_empty()) {
            Some(protocol) => vec![protocol.to_owned()],
            None => held.get(&number).cloned().unwrap_or_else(|| vec!["TCP".into()]),
        };
        for protocol in &protocols {
            let mut port = json!({"port": number, "protocol": protocol, "targetPort": target});
            if protocols.len() > 1 {
                port["name"] = json!(format!("port-{}-{}", index + 1, protocol.to_lowercase()));
            } else if numbers.len() > 1 {
                port["name"] = json!(format!("port-{}", index + 1));
            }
            ports.push(port);
        }
    }
    Ok(ports)
}
