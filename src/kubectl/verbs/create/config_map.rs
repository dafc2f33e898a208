//! `kubectl create configmap NAME --from-literal=key=value --from-file=path`.

use serde_json::json;

use super::{data, name_of, submit};
use crate::kubectl::failure::Failure;
use crate::kubectl::flags::Flags;
use crate::kubectl::session::Session;
use crate::model::Kind;

/// Runs it.
///
/// # Errors
/// In kubectl's words.
pub fn config_map(session: &mut Session<'_>, flags: &Flags) -> Result<(), Failure> {
    let name = name_of(flags, "create configmap")?;
    if flags.yes("append-hash") {
        return Err(Failure::not_modelled("--append-hash"));
    }
    let data = data::read(session, flags, "ConfigMap", name)?;
    let mut value = json!({"apiVersion": "v1", "kind": "ConfigMap", "metadata": {"name": name}});
    if !data.is_empty() {
        value["data"] = json!(data);
    }
    submit(session, flags, Kind::ConfigMap, value, Some("failed to create configmap"))
}
