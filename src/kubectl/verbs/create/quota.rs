//! `kubectl create quota NAME --hard=pods=3,cpu=2`.

use serde_json::{Map, Value, json};

use super::{name_of, submit};
use crate::kubectl::failure::Failure;
use crate::kubectl::flags::Flags;
use crate::kubectl::session::Session;
use crate::model::{Kind, Quantity};

/// Its flags.
pub const QUOTA_FLAGS: &[&str] =
    &[":hard", ":scopes", "o:output", "?dry-run=unchanged", "?validate=strict", "!save-config", ":field-manager"];

/// Runs it.
///
/// # Errors
/// In kubectl's words.
pub fn quota(session: &mut Session<'_>, flags: &Flags) -> Result<(), Failure> {
    let name = name_of(flags, "create quota")?;
    let mut spec = Map::new();
    let hard = amounts(flags.text_or_empty("hard"))?;
    if !hard.is_empty() {
        spec.insert("hard".into(), Value::Object(hard));
    }
    let scopes: Vec<&str> = flags.text("scopes").map(|scopes| scopes.split(',').collect()).unwrap_or_default();
    if scopes.contains(&"") {
        return Err(Failure::text_of("invalid resource quota scope \"\""));
    }
    if !scopes.is_empty() {
        spec.insert("scopes".into(), json!(scopes));
    }
    let value = json!({"apiVersion": "v1", "kind": "ResourceQuota", "metadata": {"name": name}, "spec": spec});
    submit(session, flags, Kind::ResourceQuota, value, Some("failed to create quota"))
}

/// `cpu=1,memory=1Gi` as a map of canonical quantities.
///
/// # Errors
/// For other forms, and for amounts that are none.
pub fn amounts(text: &str) -> Result<Map<String, Value>, Failure> {
    let mut amounts = Map::new();
    for statement in text.split(',').filter(|_| !text.is_empty()) {
        let Some((resource, amount)) = statement.split_once('=').filter(|(_, amount)| !amount.contains('=')) else {
            let said = format!("Invalid argument syntax {statement}, expected <resource>=<value>");
            return Err(Failure::text_of(said));
        };
        let amount = Quantity::canonical(amount).map_err(|error| Failure::text_of(error.to_string()))?;
        amounts.insert(resource.to_owned(), json!(amount));
    }
    Ok(amounts)
}
