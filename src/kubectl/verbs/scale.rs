//! `kubectl scale`.
//!
//! Source: `kubectl/pkg/cmd/scale/scale.go`.

use serde_json::json;

use crate::apiserver::{Body, Payload, Subresource, Verb};
use crate::kubectl::failure::Failure;
use crate::kubectl::flags::Flags;
use crate::kubectl::output::{self, DryRun, Format};
use crate::kubectl::resources::Found;
use crate::kubectl::session::Session;
use crate::printers::manifest as printed;

use super::change;

/// Its flags.
pub const FLAGS: &[&str] = &[
    "f+filename",
    "k:kustomize",
    "R!recursive",
    "!all",
    "l:selector",
    "#replicas",
    "#current-replicas",
    ":resource-version",
    "~timeout",
    "o:output",
    "?dry-run=unchanged",
];

/// Runs it.
///
/// # Errors
/// In kubectl's words.
pub fn run(session: &mut Session<'_>, flags: &Flags) -> Result<(), Failure> {
    let replicas = flags.number("replicas").filter(|&count| count >= 0).and_then(|count| i32::try_from(count).ok());
    let Some(replicas) = replicas else {
        let said = "The --replicas=COUNT flag is required, and COUNT must be greater than or equal to 0";
        return Err(Failure::text_of(said));
    };
    let current = flags.number("current-replicas").unwrap_or(-1);
    if current < -1 {
        return Err(Failure::text_of("The --current-replicas must specify an integer of -1 or greater"));
    }
    let found = change::targets(session, flags, &flags.args)?;
    if found.items.is_empty() && found.failures.is_empty() {
        return Err(Failure::text_of("no objects passed to scale"));
    }
    for item in &found.items {
        one(session, flags, item, replicas, current)?;
    }
    Failure::all(found.failures)
}

fn one(session: &mut Session<'_>, flags: &Flags, item: &Found, replicas: i32, current: i64) -> Result<(), Failure> {
    let (format, dry_run) = (Format::of(flags)?, DryRun::of(flags)?);
    let key = item.object.key();
    if !key.kind.info().subresources.contains(&"scale") {
        let said = "the server could not find the requested resource";
        return Err(Failure::Plain(format!("Error from server (NotFound): {said}")));
    }
    if dry_run != DryRun::Client {
        let request = |session: &Session<'_>, verb| {
            session.request(verb, key.kind, &key.namespace).named(key.name.clone()).part(Subresource::Scale)
        };
        if current >= 0 {
            let read = request(session, Verb::Get);
            if let Payload::Scale(scale) = session.call(read)?.payload
                && i64::from(scale.spec_replicas) != current
            {
                let said = format!("Expected replicas to be {current}, was {}", scale.spec_replicas);
                return Err(Failure::text_of(said));
            }
        }
        let mut write = request(session, Verb::Update).body(Body::Scale(replicas));
        write.options.dry_run = dry_run == DryRun::Server;
        session.call(write)?;
    }
    let mut value = printed::value(&item.object);
    value["spec"]["replicas"] = json!(replicas);
    output::changed(session, &format, key.kind, &value, "scaled", dry_run)
}
