//! `kubectl set env`.
//!
//! Source: `kubectl/pkg/cmd/set/set_env.go`.

use serde_json::{Value, json};

use crate::kubectl::failure::Failure;
use crate::kubectl::flags::Flags;
use crate::kubectl::manifests;
use crate::kubectl::resources;
use crate::kubectl::session::Session;
use crate::kubectl::verbs::change;
use crate::model::{Kind, Object, ObjectKey};
use crate::printers::manifest as printed;

/// Its flags.
pub const FLAGS: &[&str] = &[
    "f+filename",
    "k:kustomize",
    "R!recursive",
    "!all",
    "l:selector",
    "c:containers",
    "e+env",
    ":from",
    ":prefix",
    "+keys",
    "!overwrite",
    "!list",
    "!resolve",
    "o:output",
    "?dry-run=unchanged",
    ":field-manager",
];

/// Runs it.
///
/// # Errors
/// In kubectl's words.
pub fn run(session: &mut Session<'_>, flags: &Flags) -> Result<(), Failure> {
    let (resources, pairs) = change::resources_and_pairs(&flags.args, "environment")?;
    if resources.is_empty() && !manifests::are_named(flags) {
        return Err(change::no_resources());
    }
    let (mut set, mut removed) = (Vec::new(), Vec::new());
    for pair in pairs.iter().chain(flags.all("env")) {
        match pair.split_once('=') {
            Some((name, value)) => set.push(json!({"name": name, "value": value})),
            None => removed.push(pair.trim_end_matches('-').to_owned()),
        }
    }
    if let Some(source) = flags.text("from") {
        set.extend(from(session, flags, source)?);
    }
    if !flags.yes("list") && set.is_empty() && removed.is_empty() {
        return Err(Failure::text_of("at least one environment variable must be provided"));
    }
    let found = change::targets(session, flags, resources)?;
    let wanted = flags.text("containers").unwrap_or("*");
    if flags.yes("list") {
        for item in &found.items {
            list(session, &item.object, wanted);
        }
        return Failure::all(found.failures);
    }
    change::each(session, flags, found, "env updated", |value| update(value, wanted, &set, &removed, flags))
}

/// Variables that take their values from the keys of a ConfigMap or Secret.
fn from(session: &mut Session<'_>, flags: &Flags, source: &str) -> Result<Vec<Value>, Failure> {
    let (word, name) = source.split_once('/').unwrap_or_default();
    let kind = resources::kind(word)?;
    let (reference, field) = match kind {
        Kind::ConfigMap => ("configMapKeyRef", "data"),
        Kind::Secret => ("secretKeyRef", "data"),
        _ => return Err(Failure::text_of(format!("unsupported resource specified in --from: {source}"))),
    };
    let namespace = session.namespace();
    let object = printed::value(&session.get(&ObjectKey::new(kind, namespace, name))?);
    let wanted = flags.list("keys");
    let keys = object.get(field).and_then(Value::as_object).into_iter().flatten().map(|(key, _)| key);
    let prefix = flags.text_or_empty("prefix");
    let variable = |key: &String| {
        // Names of variables are in capitals, without the signs that keys may have.
        let plain = key.to_uppercase().replace(['.', '-'], "_");
        json!({"name": format!("{prefix}{plain}"), "valueFrom": {reference: {"name": name, "key": key}}})
    };
    Ok(keys.filter(|key| wanted.is_empty() || wanted.contains(&key.as_str())).map(variable).collect())
}

fn update(value: &mut Value, wanted: &str, set: &[Value], removed: &[String], flags: &Flags) -> Result<(), Failure> {
    let copy = value.clone();
    let spec = change::pod_spec(value).ok_or_else(|| change::no_pod_spec(&copy))?;
    let mut found = false;
    for container in spec.get_mut("containers").and_then(Value::as_array_mut).into_iter().flatten() {
        if wanted != "*" && container["name"] != *wanted {
            continue;
        }
        found = true;
        let mut variables: Vec<Value> = container["env"].as_array().cloned().unwrap_or_default();
        for variable in set {
            match variables.iter_mut().find(|known| known["name"] == variable["name"]) {
                Some(known) if flags.not_no("overwrite") => *known = variable.clone(),
                Some(_) => {
                    let name = variable["name"].as_str().unwrap_or_default();
                    let old = copy["metadata"]["name"].as_str().unwrap_or_default();
                    return Err(Failure::text_of(format!(
                        "'{name}' already has a value in {old}, and --overwrite is false"
                    )));
                }
                None => variables.push(variable.clone()),
            }
        }
        variables.retain(|known| !removed.iter().any(|name| known["name"] == **name));
        if variables.is_empty() {
            container.as_object_mut().map(|fields| fields.remove("env"));
        } else {
            container["env"] = json!(variables);
        }
    }
    if found { Ok(()) } else { Err(Failure::text_of(format!("unable to find container named {wanted:?}"))) }
}

fn list(session: &mut Session<'_>, object: &Object, wanted: &str) {
    let mut value = printed::value(object);
    let title = format!("{}s/{}", object.kind().info().singular, object.name());
    let Some(spec) = change::pod_spec(&mut value) else { return };
    for container in spec.get("containers").and_then(Value::as_array).into_iter().flatten() {
        let name = container["name"].as_str().unwrap_or_default();
        if wanted != "*" && name != wanted {
            continue;
        }
        session.line(&format!("# {title}, container {name}"));
        for variable in container["env"].as_array().into_iter().flatten() {
            let key = variable["name"].as_str().unwrap_or_default();
            match variable.get("valueFrom") {
                Some(source) => session.line(&format!("# {key} from {}", crate::model::json_text::compact(source))),
                None => session.line(&format!("{key}={}", variable["value"].as_str().unwrap_or_default())),
            }
        }
    }
}
