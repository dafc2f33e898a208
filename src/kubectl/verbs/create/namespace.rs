//! `kubectl create namespace NAME`.

use serde_json::json;

use super::{name_of, submit};
use crate::kubectl::failure::Failure;
use crate::kubectl::flags::Flags;
use crate::kubectl::session::Session;
use crate::model::Kind;

/// Runs it.
///
/// # Errors
/// In kubectl's words.
pub fn namespace(session: &mut Session<'_>, flags: &Flags) -> Result<(), Failure> {
    let name = name_of(flags, "create namespace")?;
    let mut value = json!({"apiVersion": "v1", "kind": "Namespace", "metadata": {"name": name}});
    crate::printers::manifest::complete(Kind::Namespace, &mut value);
    submit(session, flags, Kind::Namespace, value, None)
}
