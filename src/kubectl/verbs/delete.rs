//! `kubectl delete`: asks for objects to go, and waits until they are gone.
//!
//! Source: `kubectl/pkg/cmd/delete/delete.go`, `kubectl/pkg/cmd/wait/delete.go`.

use crate::apiserver::{Body, DeleteOptions, Payload, Propagation, Reason, Verb, WatchEventKind};
use crate::engine::SimDuration;
use crate::kubectl::failure::Failure;
use crate::kubectl::flags::Flags;
use crate::kubectl::output::DryRun;
use crate::kubectl::record::{Arrival, Handle};
use crate::kubectl::resources::{self, Selection};
use crate::kubectl::session::Session;
use crate::model::{Meta, ObjectKey};

/// Its flags.
pub const FLAGS: &[&str] = &[
    "f+filename",
    "k:kustomize",
    "R!recursive",
    "A!all-namespaces",
    "!all",
    "l:selector",
    ":field-selector",
    "!force",
    "!now",
    "#grace-period",
    "!wait",
    "~timeout",
    "?cascade=background",
    "!ignore-not-found",
    "o:output",
    "?dry-run=unchanged",
    "i!interactive",
    ":raw",
];

/// Runs it.
///
/// # Errors
/// In kubectl's words.
pub fn run(session: &mut Session<'_>, flags: &Flags) -> Result<(), Failure> {
    let grace = grace_period(session, flags)?;
    let propagation = propagation(flags)?;
    let dry_run = DryRun::of(flags)?;
    check(flags)?;
    let selection = resources::select(session, flags, &flags.args, false)?;
    let by_selector = matches!(selection, Selection::Kinds(_));
    let (targets, mut failures) = targets(session, flags, selection)?;
    let ignores_missing = flags.yes("ignore-not-found") || by_selector && !flags.has("ignore-not-found");
    let mut gone = Vec::new();
    let mut warned = !flags.has("namespace");
    for (key, source) in &targets {
        if !warned && !key.kind.is_namespaced() {
            session.warn("deleting cluster-scoped resources, not scoped to the provided namespace");
            warned = true;
        }
        let uid = if dry_run == DryRun::Client {
            None
        } else {
            let options = DeleteOptions { grace_period_seconds: grace, propagation, ..DeleteOptions::default() };
            match session.write(Verb::Delete, key, Body::Delete(options), dry_run == DryRun::Server) {
                Ok(response) => match response.payload {
                    Payload::Object(object) => Some(object.meta().uid().to_owned()),
                    _ => None,
                },
                Err(Failure::Suspended) => return Err(Failure::Suspended),
                Err(failure) => {
                    if !(ignores_missing && failure.is(Reason::NotFound)) {
                        failures.push(failure.from_source("deleting", source));
                    }
                    continue;
                }
            }
        };
        session.line(&deleted_line(flags, key, grace, dry_run));
        gone.push((key.clone(), uid.unwrap_or_default()));
    }
    Failure::all(failures)?;
    if gone.is_empty() {
        session.line("No resources found");
        return Ok(());
    }
    if flags.not_no("wait") && dry_run == DryRun::None {
        let timeout = flags.span("timeout").filter(|span| *span != SimDuration::ZERO);
        let deadline = session.deadline(timeout);
        return await_all(session, &gone, deadline);
    }
    Ok(())
}

/// What is to be deleted, and the files that named it.
type Targets = (Vec<(ObjectKey, String)>, Vec<Failure>);

fn targets(session: &mut Session<'_>, flags: &Flags, selection: Selection) -> Result<Targets, Failure> {
    Ok(match selection {
        Selection::Named(keys, _) => (keys.into_iter().map(|key| (key, String::new())).collect(), Vec::new()),
        Selection::Files(manifests, failures) => {
            let target = |manifest: crate::kubectl::manifests::Manifest| {
                (ObjectKey::new(manifest.kind, manifest.namespace, manifest.name), manifest.source)
            };
            (manifests.into_iter().map(target).collect(), failures)
        }
        selection @ Selection::Kinds(_) => {
            let found = resources::fetch(session, flags, selection)?;
            (found.items.iter().map(|item| (item.object.key(), String::new())).collect(), found.failures)
        }
    })
}

fn check(flags: &Flags) -> Result<(), Failure> {
    if let Some(other) = flags.text("output").filter(|&output| output != "name" && !output.is_empty()) {
        let said = format!("unexpected -o output mode: {other}. We only support '-o name'");
        return Err(Failure::text_of(said));
    }
    for (other, name) in [("selector", "--selector"), ("field-selector", "--field-selector")] {
        if flags.yes("all") && flags.has(other) {
            return Err(Failure::text_of(format!("cannot set --all and {name} at the same time")));
        }
    }
    for unknown in ["raw", "interactive"] {
        if flags.has(unknown) {
            return Err(Failure::not_modelled(&format!("delete --{unknown}")));
        }
    }
    Ok(())
}

fn grace_period(session: &mut Session<'_>, flags: &Flags) -> Result<Option<i64>, Failure> {
    let mut grace = flags.number("grace-period").unwrap_or(-1);
    let is_forced = flags.yes("force");
    if flags.yes("now") {
        if grace != -1 {
            return Err(Failure::text_of("--now and --grace-period cannot be specified together"));
        }
        grace = 1;
    }
    if grace == 0 && !is_forced {
        // Zero would leave the process running behind; kubectl asks for --force before it does that.
        grace = 1;
    }
    if is_forced && grace < 0 {
        grace = 0;
    }
    if is_forced && grace > 0 {
        let said = "--force and --grace-period greater than 0 cannot be specified together";
        return Err(Failure::text_of(said));
    }
    if is_forced {
        session.warn(
            "Immediate deletion does not wait for confirmation that the running resource has been terminated. The resource \
             may continue to run on the cluster indefinitely.",
        );
    }
    Ok((grace >= 0).then_some(grace))
}

fn propagation(flags: &Flags) -> Result<Option<Propagation>, Failure> {
    match flags.text("cascade").unwrap_or("background") {
        "background" | "true" => Ok(Some(Propagation::Background)),
        "foreground" => Ok(Some(Propagation::Foreground)),
        "orphan" | "false" => Ok(Some(Propagation::Orphan)),
        other => Err(Failure::text_of(format!(
            "invalid cascade value ({other}). Must be \"background\", \"foreground\", or \"orphan\""
        ))),
    }
}

fn deleted_line(flags: &Flags, key: &ObjectKey, grace: Option<i64>, dry_run: DryRun) -> String {
    let kind = key.kind.qualified_singular();
    if flags.text("output") == Some("name") {
        return format!("{kind}/{}", key.name);
    }
    let done = if grace == Some(0) { "force deleted" } else { "deleted" };
    let place = if key.kind.is_namespaced() { format!(" from {} namespace", key.namespace) } else { String::new() };
    format!("{kind} \"{}\" {done}{place}{}", key.name, dry_run.suffix())
}

/// Waits until all are gone; each wait has what is left of the time.
fn await_all(session: &mut Session<'_>, gone: &[(ObjectKey, String)], deadline: Option<Handle>) -> Result<(), Failure> {
    let mut failures = Vec::new();
    for (key, uid) in gone {
        match await_gone(session, key, uid, deadline) {
            Ok(()) => {}
            Err(Failure::Suspended) => return Err(Failure::Suspended),
            Err(failure) => {
                failures.push(failure);
                // The time is over for the others too.
                break;
            }
        }
    }
    Failure::all(failures)
}

/// Waits until the object with this UID is gone; an empty UID stands for any.
///
/// # Errors
/// When `deadline` comes first.
pub fn await_gone(
    session: &mut Session<'_>,
    key: &ObjectKey,
    uid: &str,
    deadline: Option<Handle>,
) -> Result<(), Failure> {
    loop {
        let object = match session.get(key) {
            Ok(object) if uid.is_empty() || object.meta().uid() == uid => object,
            Ok(_) => return Ok(()),
            Err(failure) if failure.is(Reason::NotFound) => return Ok(()),
            Err(failure) => return Err(failure),
        };
        let fields = format!("metadata.name={}", key.name);
        let revision = object.meta().revision();
        let watch = session.watch(key.kind, &key.namespace, ["", &fields], Some(revision))?;
        let handles: Vec<Handle> = deadline.into_iter().chain([watch]).collect();
        loop {
            let (_, arrival) = session.next(&handles)?;
            match &*arrival {
                Arrival::Timer => {
                    session.cancel(watch);
                    let (resource, name) = (key.kind.plural(), &key.name);
                    let said = format!("timed out waiting for the condition on {resource}/{name}");
                    return Err(Failure::text_of(said));
                }
                Arrival::Events(events) if events.iter().any(|event| event.kind == WatchEventKind::Deleted) => {
                    session.cancel(watch);
                    return Ok(());
                }
                Arrival::Events(_) => {}
                _ => break,
            }
        }
    }
}
