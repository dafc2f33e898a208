//! `kubectl rollout restart`: a note in the template makes it a new one.
//!
//! Source: `kubectl/pkg/cmd/rollout/rollout_restart.go`.

use serde_json::json;

use crate::kubectl::failure::Failure;
use crate::kubectl::flags::Flags;
use crate::kubectl::output::{self, DryRun, Format};
use crate::kubectl::session::Session;
use crate::kubectl::verbs::change;
use crate::model::Object;
use crate::model::time::time;
use crate::printers::manifest as printed;

use super::revision::{Workload, targets};

/// Flags of restart, pause and resume.
pub const FLAGS: &[&str] =
    &["f+filename", "k:kustomize", "R!recursive", "l:selector", "o:output", "?dry-run=unchanged", ":field-manager"];

/// The annotation that holds when it was restarted.
const RESTARTED_AT: &str = "kubectl.kubernetes.io/restartedAt";

/// Runs it.
///
/// # Errors
/// In kubectl's words.
pub fn run(session: &mut Session<'_>, flags: &Flags) -> Result<(), Failure> {
    let found = targets(session, flags, "restart")?;
    let mut failures = found.failures;
    let (format, dry_run) = (Format::of(flags)?, DryRun::of(flags)?);
    let now = time(session.now()).0.to_string();
    for item in &found.items {
        let name = format!("{} {:?}", item.object.kind().group_resource(), item.object.name());
        if let Err(failure) = check(&item.object) {
            failures.push(Failure::text_of(format!("{name} {}", failure.message())));
            continue;
        }
        let mut value = printed::value(&item.object);
        value["spec"]["template"]["metadata"]["annotations"][RESTARTED_AT] = json!(now);
        match change::send(session, &item.object, &value, dry_run) {
            Ok(Some(value)) => output::changed(session, &format, item.object.kind(), &value, "restarted", dry_run)?,
            Ok(None) => failures.push(Failure::text_of(format!(
                "failed to create patch for {}: if restart has already been triggered within the past second, please wait before \
                 attempting to trigger another",
                item.object.name()
            ))),
            Err(Failure::Suspended) => return Err(Failure::Suspended),
            Err(failure) => failures.push(Failure::text_of(format!("failed to patch: {}", failure.message()))),
        }
    }
    Failure::all(failures)
}

/// Whether the object can be restarted now.
fn check(object: &Object) -> Result<(), Failure> {
    match Workload::of(object, "restarting is not supported")? {
        Workload::Deployment(deployment) if deployment.spec.as_ref().and_then(|spec| spec.paused) == Some(true) => {
            Err(Failure::text_of("can't restart paused deployment (run rollout resume first)"))
        }
        _ => Ok(()),
    }
}
