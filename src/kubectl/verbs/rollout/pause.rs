//! `kubectl rollout pause` and `resume`.
//!
//! Source: `kubectl/pkg/cmd/rollout/rollout_pause.go`.

use serde_json::json;

use crate::kubectl::failure::Failure;
use crate::kubectl::flags::Flags;
use crate::kubectl::output::{self, DryRun, Format};
use crate::kubectl::session::Session;
use crate::kubectl::verbs::change;
use crate::model::apps::Deployment;
use crate::printers::manifest as printed;

use super::revision::targets;

/// `kubectl rollout pause`.
///
/// # Errors
/// In kubectl's words.
pub fn pause(session: &mut Session<'_>, flags: &Flags) -> Result<(), Failure> {
    set(session, flags, true)
}

/// `kubectl rollout resume`.
///
/// # Errors
/// In kubectl's words.
pub fn resume(session: &mut Session<'_>, flags: &Flags) -> Result<(), Failure> {
    set(session, flags, false)
}

fn set(session: &mut Session<'_>, flags: &Flags, is_pause: bool) -> Result<(), Failure> {
    let (verb, done, already, unsupported) = if is_pause {
        ("pause", "paused", "is already paused", "pausing is not supported")
    } else {
        ("resume", "resumed", "is not paused", "resuming is not supported")
    };
    let found = targets(session, flags, verb)?;
    let mut failures = found.failures;
    let (format, dry_run) = (Format::of(flags)?, DryRun::of(flags)?);
    for item in &found.items {
        let name = format!("{} {:?}", item.object.kind().group_resource(), item.object.name());
        let deployment = match item.object.get::<Deployment>() {
            Some(deployment) => deployment,
            None => {
                failures.push(Failure::text_of(format!("{name} {unsupported}")));
                continue;
            }
        };
        if (deployment.spec.as_ref().and_then(|spec| spec.paused) == Some(true)) == is_pause {
            failures.push(Failure::text_of(format!("{name} {already}")));
            continue;
        }
        let mut value = printed::value(&item.object);
        if is_pause {
            value["spec"]["paused"] = json!(true);
        } else {
            value["spec"].as_object_mut().map(|spec| spec.remove("paused"));
        }
        match change::send(session, &item.object, &value, dry_run) {
            Ok(patched) => {
                let value = patched.unwrap_or(value);
                output::changed(session, &format, item.object.kind(), &value, done, dry_run)?;
            }
            Err(Failure::Suspended) => return Err(Failure::Suspended),
            Err(failure) => failures.push(Failure::text_of(format!("failed to patch: {}", failure.message()))),
        }
    }
    Failure::all(failures)
}
