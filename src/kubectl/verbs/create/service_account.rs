//! `kubectl create serviceaccount NAME`.

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
pub fn service_account(session: &mut Session<'_>, flags: &Flags) -> Result<(), Failure> {
    let name = name_of(flags, "create serviceaccount")?;
    let value = json!({"apiVersion": "v1", "kind": "ServiceAccount", "metadata": {"name": name}});
    submit(session, flags, Kind::ServiceAccount, value, Some("failed to create serviceaccount"))
}
