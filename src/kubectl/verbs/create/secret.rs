//! `kubectl create secret generic|tls|docker-registry NAME`.

use std::collections::BTreeMap;

use base64::Engine;
use base64::engine::general_purpose::STANDARD;
use serde_json::{Map, json};

use super::{data, name_of, submit};
use crate::kubectl::failure::Failure;
use crate::kubectl::flags::Flags;
use crate::kubectl::session::Session;
use crate::model::Kind;

/// What stands where no registry is named.
const DOCKER_HUB: &str = "https://index.docker.io/v1/";

/// Flags of `tls`.
pub const TLS_FLAGS: &[&str] =
    &[":cert", ":key", "o:output", "?dry-run=unchanged", "?validate=strict", "!save-config", ":field-manager"];

/// Flags of `docker-registry`.
pub const DOCKER_FLAGS: &[&str] = &[
    ":docker-server",
    ":docker-username",
    ":docker-password",
    ":docker-email",
    "o:output",
    "?dry-run=unchanged",
    "?validate=strict",
    "!save-config",
    ":field-manager",
];

/// `kubectl create secret generic`.
///
/// # Errors
/// In kubectl's words.
pub fn generic(session: &mut Session<'_>, flags: &Flags) -> Result<(), Failure> {
    let name = name_of(flags, "create secret generic")?;
    let data = data::read(session, flags, "Secret", name)?;
    secret(session, flags, name, flags.text("type"), &data)
}

/// `kubectl create secret tls`.
///
/// # Errors
/// In kubectl's words.
pub fn tls(session: &mut Session<'_>, flags: &Flags) -> Result<(), Failure> {
    let name = name_of(flags, "create secret tls")?;
    let mut held = BTreeMap::new();
    for (flag, key) in [("cert", "tls.crt"), ("key", "tls.key")] {
        let Some(path) = flags.text(flag) else { return Err(Failure::text_of("key and cert must be specified")) };
        let text = data::file(session, path).map_err(|_| {
            Failure::text_of(format!("Cannot read file {path}, open {path}: no such file or directory"))
        })?;
        held.insert(key.to_owned(), text.to_string());
    }
    secret(session, flags, name, Some("kubernetes.io/tls"), &held)
}

/// `kubectl create secret docker-registry`.
///
/// # Errors
/// In kubectl's words.
pub fn docker_registry(session: &mut Session<'_>, flags: &Flags) -> Result<(), Failure> {
    let name = name_of(flags, "create secret docker-registry")?;
    let (user, password) = (flags.text_or_empty("docker-username"), flags.text_or_empty("docker-password"));
    for (flag, value) in [("docker-username", user), ("docker-password", password)] {
        if value.is_empty() {
            let said = format!(
                "either --from-file or the combination of --docker-username, --docker-password and --docker-server \
                                is required; --{flag} is missing"
            );
            return Err(Failure::text_of(said));
        }
    }
    let mut login = format!("{{\"username\":{},\"password\":{}", json!(user), json!(password));
    if let Some(email) = flags.text("docker-email") {
        login.push_str(&format!(",\"email\":{}", json!(email)));
    }
    login.push_str(&format!(",\"auth\":\"{}\"}}", STANDARD.encode(format!("{user}:{password}"))));
    let server = flags.text("docker-server").unwrap_or(DOCKER_HUB);
    // Go writes the fields of a struct in their order, which is why this is no map.
    let config = format!("{{\"auths\":{{{}:{login}}}}}", json!(server));
    let held = BTreeMap::from([(".dockerconfigjson".to_owned(), config)]);
    secret(session, flags, name, Some("kubernetes.io/dockerconfigjson"), &held)
}

fn secret(
    session: &mut Session<'_>,
    flags: &Flags,
    name: &str,
    type_: Option<&str>,
    data: &BTreeMap<String, String>,
) -> Result<(), Failure> {
    let mut value = json!({"apiVersion": "v1", "kind": "Secret", "metadata": {"name": name}});
    if !data.is_empty() {
        let encoded: Map<_, _> = data.iter().map(|(key, text)| (key.clone(), json!(STANDARD.encode(text)))).collect();
        value["data"] = encoded.into();
    }
    if let Some(type_) = type_ {
        value["type"] = json!(type_);
    }
    submit(session, flags, Kind::Secret, value, Some("failed to create secret"))
}
