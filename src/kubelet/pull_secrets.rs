//! What a pull shows to a registry: the credentials in a Pod's `imagePullSecrets`.
//!
//! Models `pkg/credentialprovider/secrets/secrets.go`.

use std::sync::Arc;

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use serde_json::Value;

use crate::machine::{Credentials, Lookup};
use crate::model::core::Secret;
use crate::model::{Kind, Meta, Pod};

use super::shared::{PodNumber, Scope};

/// The credentials of a Pod, and the names of secrets that are not there.
pub fn credentials(number: PodNumber, pod: &Arc<Pod>, scope: &mut Scope<'_, '_>) -> (Vec<Credentials>, Vec<String>) {
    let (mut found, mut missing) = (Vec::new(), Vec::new());
    for reference in pod.spec.image_pull_secrets.as_deref().unwrap_or_default() {
        let namespace = pod.metadata.namespace();
        match scope.shared.objects.lookup(number, Kind::Secret, namespace, &reference.name, scope.ctx) {
            Lookup::Found(object) => {
                found.extend(object.get::<Secret>().map(|secret| read(secret)).unwrap_or_default())
            }
            Lookup::Missing | Lookup::Unknown => missing.push(reference.name.clone()),
        }
    }
    (found, missing)
}

/// Whether all of a Pod's pull secrets have been looked up; asks for those that were not.
pub fn are_known(number: PodNumber, pod: &Arc<Pod>, scope: &mut Scope<'_, '_>) -> bool {
    let names = pod.spec.image_pull_secrets.as_deref().unwrap_or_default();
    names.iter().all(|reference| {
        let namespace = pod.metadata.namespace();
        let lookup = scope.shared.objects.lookup(number, Kind::Secret, namespace, &reference.name, scope.ctx);
        !matches!(lookup, Lookup::Unknown)
    })
}

fn read(secret: &Secret) -> Vec<Credentials> {
    let data = |key: &str| {
        let bytes = &secret.data.as_ref()?.get(key)?.0;
        serde_json::from_slice::<Value>(bytes).ok()
    };
    let entries = data(".dockerconfigjson").and_then(|mut value| value.get_mut("auths").map(Value::take));
    let Some(Value::Object(entries)) = entries.or_else(|| data(".dockercfg")) else { return Vec::new() };
    entries.into_iter().filter_map(|(registry, entry)| credential(&registry, &entry)).collect()
}

fn credential(registry: &str, entry: &Value) -> Option<Credentials> {
    let text = |field: &str| entry.get(field).and_then(Value::as_str).map(str::to_owned);
    let from_auth = || {
        let bytes = STANDARD.decode(text("auth")?).ok()?;
        let decoded = String::from_utf8(bytes).ok()?;
        decoded.split_once(':').map(|(user, password)| (user.to_owned(), password.to_owned()))
    };
    let (username, password) = text("username").zip(text("password")).or_else(from_auth)?;
    let host = registry.trim_start_matches("https://").trim_start_matches("http://");
    let host = host.split('/').next().unwrap_or_default();
    // Docker Hub's historic address stands for docker.io.
    let host = if host == "index.docker.io" { "docker.io" } else { host };
    Some(Credentials { registry: host.into(), username: username.into(), password: password.into() })
}
