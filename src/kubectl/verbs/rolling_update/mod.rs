//! `kubectl rolling-update`, as kubectl 1.17 was the last to have it: two ReplicationControllers, and the client itself counts one
//! up and the other down. History: [`rollout`](super::rollout) of a Deployment does it in the cluster, where nobody's terminal
//! must stay open.
//!
//! Source: `pkg/kubectl/cmd/rollingupdate/rollingupdate.go` and `pkg/kubectl/rolling_updater.go` of Kubernetes v1.17. One thing
//! is mended: there `--timeout` was read and never used, here it counts, as it did before. As there, `--dry-run` with `--image`
//! already marks the old controller.
//!
//! Reading order: [`controller`], [`target`], [`updater`], [`cleanup`].

mod cleanup;
mod controller;
mod target;
mod updater;

use crate::apiserver::Reason;
use crate::engine::SimDuration;
use crate::kubectl::failure::Failure;
use crate::kubectl::flags::Flags;
use crate::kubectl::manifests;
use crate::kubectl::output::{self, DryRun, Format};
use crate::kubectl::session::Session;
use crate::model::Kind;
use crate::printers::manifest as printed;

use controller::{Controller, NEXT};

/// Its flags.
pub const FLAGS: &[&str] = &[
    "~update-period",
    "~poll-interval",
    "~timeout",
    "f+filename",
    ":image",
    ":deployment-label-key",
    ":container",
    ":image-pull-policy",
    "!rollback",
    "o:output",
    "?dry-run=unchanged",
    "?validate=strict",
];

/// What cobra says of a command that is marked as deprecated.
const DEPRECATED: &str = "Command \"rolling-update\" is deprecated, use \"rollout\" instead";
/// podlab's own word, since the real kubectl of the cluster's version does not know the command any more.
const HISTORY: &str = "podlab: history. kubectl 1.18 removed this command; here it works as in kubectl 1.17";

/// How an update is made.
struct Pace {
    /// How long it rests between counting up and counting down.
    period: SimDuration,
    /// How often it looks whether a controller has come as far as it was told.
    interval: SimDuration,
    /// How long it waits for that, or for any progress.
    timeout: SimDuration,
}

impl Pace {
    /// Source: the constants `updatePeriod`, `pollInterval` and `timeout`.
    fn of(flags: &Flags) -> Self {
        let span = |flag: &str, default: u64| flags.span(flag).unwrap_or(SimDuration::from_secs(default));
        Self { period: span("update-period", 60), interval: span("poll-interval", 3), timeout: span("timeout", 300) }
    }
}

/// What becomes of the old controller in the end.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Cleanup {
    /// It is deleted.
    Delete,
    /// It is deleted, and the new one takes its name.
    Rename,
}

/// Runs it.
///
/// # Errors
/// In kubectl's words.
pub fn run(session: &mut Session<'_>, flags: &Flags) -> Result<(), Failure> {
    session.err_line(DEPRECATED);
    session.err_line(HISTORY);
    check(flags)?;
    let (old_name, keeps_name) = (flags.args[0].as_str(), flags.args.len() == 1);
    let old = match Controller::get(session, old_name) {
        Err(failure) if failure.is(Reason::NotFound) && flags.has("image") && keeps_name => {
            // In the middle of a renaming: the new one is there, the old one is not.
            let new = cleanup::find_successor(session, old_name)?;
            return cleanup::rename(session, &new, old_name);
        }
        found => found?,
    };
    let (old, new) = target::find(session, flags, old)?;
    check_pair(flags, &old, &new)?;
    let dry_run = DryRun::of(flags)?;
    if dry_run != DryRun::None {
        session.out(&format!("Rolling from:\n{}\nTo:\n{}\n", old.name(), new.name()));
        return Ok(());
    }
    let cleanup = if keeps_name && !flags.yes("rollback") { Cleanup::Rename } else { Cleanup::Delete };
    let (old, new) = if flags.yes("rollback") { cleanup::reverse(session, old, new)? } else { (old, new) };
    let (old, new) = updater::update(session, &Pace::of(flags), old, new)?;
    cleanup::finish(session, &Pace::of(flags), &old, &new, cleanup)?;
    let (name, said) = match keeps_name {
        true => (old_name, "rolling updated".to_owned()),
        false => (new.name(), format!("rolling updated to {:?}", new.name())),
    };
    let left = session.get(&Controller::key(session, name))?;
    output::changed(session, &Format::of(flags)?, Kind::ReplicationController, &printed::value(&left), &said, dry_run)
}

/// Source: `validateArguments`.
fn check(flags: &Flags) -> Result<(), Failure> {
    let mut wrong = Vec::new();
    let mut refuse = |text: &str| wrong.push(Failure::usage("rolling-update", text));
    let (files, image) = (flags.list("filename"), flags.text_or_empty("image"));
    if flags.text("deployment-label-key") == Some("") {
        refuse("--deployment-label-key can not be empty");
    }
    if files.len() > 1 {
        refuse("May only specify a single filename for new controller");
    }
    match flags.yes("rollback") {
        false if files.is_empty() && image.is_empty() => {
            refuse("Must specify --filename or --image for new controller");
        }
        false if !files.is_empty() && !image.is_empty() => refuse("--filename and --image can not both be specified"),
        true if !files.is_empty() || !image.is_empty() => refuse("Don't specify --filename or --image on rollback"),
        _ => {}
    }
    if flags.args.is_empty() {
        refuse("Must specify the controller to update");
    }
    Failure::all(wrong)
}

/// Whether the two can live beside each other: no Pod may belong to both.
fn check_pair(flags: &Flags, old: &Controller, new: &Controller) -> Result<(), Failure> {
    let file = flags.text_or_empty("filename");
    if old.name() == new.name() {
        return Err(Failure::text_of(format!(
            "{file} cannot have the same name as the existing ReplicationController {}",
            old.name()
        )));
    }
    let selector = new.selector();
    let differs = |(key, value): (&String, &String)| selector.get(key).is_some_and(|other| other != value);
    if old.selector().iter().any(differs) {
        return Ok(());
    }
    let old = old.name();
    Err(Failure::text_of(format!("{file} must specify a matching key with non-equal value in Selector for {old}")))
}

/// The name of the controller that comes after: as it was typed, or as the old one notes it.
fn next_name<'f>(flags: &'f Flags, old: &'f Controller) -> &'f str {
    flags.args.get(1).map_or_else(|| old.annotation(NEXT).unwrap_or_default(), String::as_str)
}

/// The one controller in the file that was named, and whether it leaves open how many Pods it wants.
fn from_file(session: &mut Session<'_>, flags: &Flags) -> Result<(Controller, bool), Failure> {
    let file = flags.text_or_empty("filename");
    let (mut found, failures) = manifests::read(session, flags)?;
    Failure::all(failures)?;
    let manifest = match found.len() {
        0 => return Err(Failure::text_of(format!("please make sure {file} exists and is not empty"))),
        1 => found.remove(0),
        _ => return Err(Failure::text_of(format!("{file} specifies multiple items"))),
    };
    if manifest.kind != Kind::ReplicationController {
        let kind = manifest.kind.info();
        let what = if kind.group.is_empty() { "/v1".to_owned() } else { format!("{}/{}", kind.group, kind.version) };
        let what = format!("{what}, Kind={}", manifest.kind.name());
        return Err(Failure::text_of(format!("{file} contains a {what} not a ReplicationController")));
    }
    let new = Controller::read(manifest.value);
    let is_open = new.wants_default();
    Ok((new, is_open))
}
