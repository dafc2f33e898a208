//! `kubectl set resources`.
//!
//! Source: `kubectl/pkg/cmd/set/set_resources.go`.

use serde_json::{Map, Value, json};

use crate::kubectl::failure::Failure;
use crate::kubectl::flags::Flags;
use crate::kubectl::session::Session;
use crate::kubectl::verbs::{change, create};

/// Its flags.
pub const FLAGS: &[&str] = &[
    "f+filename",
    "k:kustomize",
    "R!recursive",
    "!all",
    "l:selector",
    "c:containers",
    ":limits",
    ":requests",
    "o:output",
    "?dry-run=unchanged",
    ":field-manager",
    "!record",
];

/// Runs it.
///
/// # Errors
/// In kubectl's words.
pub fn run(session: &mut Session<'_>, flags: &Flags) -> Result<(), Failure> {
    let limits = create::amounts(flags.text_or_empty("limits"))?;
    let requests = create::amounts(flags.text_or_empty("requests"))?;
    if limits.is_empty() && requests.is_empty() {
        let said = "you must specify an update to requests or limits (in the form of --requests/--limits)";
        return Err(Failure::text_of(said));
    }
    let found = change::targets(session, flags, &flags.args)?;
    let wanted = flags.text("containers").unwrap_or("*");
    change::each(session, flags, found, "resource requirements updated", |value| set(value, wanted, &limits, &requests))
}

fn set(
    value: &mut Value,
    wanted: &str,
    limits: &Map<String, Value>,
    requests: &Map<String, Value>,
) -> Result<(), Failure> {
    let copy = value.clone();
    let spec = change::pod_spec(value).ok_or_else(|| change::no_pod_spec(&copy))?;
    let mut found = false;
    for list in ["containers", "initContainers"] {
        for container in spec.get_mut(list).and_then(Value::as_array_mut).into_iter().flatten() {
            let name = container["name"].as_str().unwrap_or_default();
            if wanted != "*" && wanted != name {
                continue;
            }
            found = true;
            for (side, amounts) in [("limits", limits), ("requests", requests)] {
                for (resource, amount) in amounts {
                    container["resources"][side][resource] = json!(amount);
                }
            }
        }
    }
    if found { Ok(()) } else { Err(Failure::text_of(format!("error: unable to find container named {wanted}"))) }
}
