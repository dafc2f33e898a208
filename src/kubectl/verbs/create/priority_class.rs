//! `kubectl create priorityclass NAME --value=N`.

use serde_json::json;

use super::{name_of, submit};
use crate::kubectl::failure::Failure;
use crate::kubectl::flags::Flags;
use crate::kubectl::session::Session;
use crate::model::Kind;

/// Its flags.
pub const PRIORITY_CLASS_FLAGS: &[&str] = &[
    "#value",
    "!global-default",
    ":description",
    ":preemption-policy",
    "o:output",
    "?dry-run=unchanged",
    "?validate=strict",
    "!save-config",
    ":field-manager",
];

/// Runs it.
///
/// # Errors
/// In kubectl's words.
pub fn priority_class(session: &mut Session<'_>, flags: &Flags) -> Result<(), Failure> {
    let name = name_of(flags, "create priorityclass")?;
    let value = json!({
        "apiVersion": "scheduling.k8s.io/v1", "kind": "PriorityClass", "metadata": {"name": name},
        "value": flags.number("value").unwrap_or(0),
        "globalDefault": flags.yes("global-default"),
        "description": flags.text_or_empty("description"),
        "preemptionPolicy": flags.text("preemption-policy").unwrap_or("PreemptLowerPriority"),
    });
    submit(session, flags, Kind::PriorityClass, value, Some("failed to create priorityclass"))
}
