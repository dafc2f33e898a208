//! `kubectl drain`: a node is closed, then its Pods are asked to leave, all at once.
//!
//! Source: `kubectl/pkg/drain/`, `kubectl/pkg/cmd/drain/drain.go`. In podlab no Pod belongs to a DaemonSet, since it has none.

use std::collections::BTreeMap;

use crate::apiserver::{Body, DeleteOptions, Reason, Subresource, Verb};
use crate::engine::SimDuration;
use crate::kubectl::failure::Failure;
use crate::kubectl::flags::Flags;
use crate::kubectl::output::DryRun;
use crate::kubectl::record::{Arrival, Handle};
use crate::kubectl::session::Session;
use crate::model::{Meta, Object, ObjectKey, Pod};

use super::cordon;

/// Its flags.
pub const FLAGS: &[&str] = &[
    "l:selector",
    "!force",
    "!ignore-daemonsets",
    "!delete-emptydir-data",
    "!disable-eviction",
    "#grace-period",
    "~timeout",
    ":pod-selector",
    "#skip-wait-for-delete-timeout",
    "#chunk-size",
    "?dry-run=unchanged",
];

/// How long a refused eviction rests (`EvictErrorRetryDelay`).
const RETRY: SimDuration = SimDuration::from_secs(5);
/// How often kubectl looks whether a Pod is gone.
const POLL: SimDuration = SimDuration::from_secs(1);
/// The annotation of a Pod that a kubelet made from a file.
const MIRROR: &str = "kubernetes.io/config.mirror";

const STORAGE_FATAL: &str = "Pods with local storage (use --delete-emptydir-data to override)";
const STORAGE_WARNING: &str = "deleting Pods with local storage";
const UNMANAGED_FATAL: &str = "Pods that declare no controller (use --force to override)";
const UNMANAGED_WARNING: &str = "deleting Pods that declare no controller";
const DAEMON_FATAL: &str = "DaemonSet-managed Pods (use --ignore-daemonsets to ignore)";
const DAEMON_WARNING: &str = "ignoring DaemonSet-managed Pods";

/// Runs it.
///
/// # Errors
/// In kubectl's words.
pub fn run(session: &mut Session<'_>, flags: &Flags) -> Result<(), Failure> {
    let nodes = cordon::nodes(session, flags, "drain")?;
    cordon::set(session, flags, &nodes, true)?;
    let dry_run = DryRun::of(flags)?;
    let (mut fatal, mut remaining) = (Vec::new(), Vec::new());
    for node in &nodes {
        let name = node.name();
        match empty(session, flags, name, dry_run) {
            Ok(()) => session.line(&format!("node/{name} drained{}", dry_run.suffix())),
            Err(Failure::Suspended) => return Err(Failure::Suspended),
            Err(failure) => {
                let said = bracketed(&failure);
                session.err_line(&format!(
                    "error: unable to drain node {name:?} due to error: {said}, continuing command..."
                ));
                fatal.push(failure);
                remaining.push(name);
            }
        }
    }
    if !remaining.is_empty() {
        session.err_line("There are pending nodes to be drained:");
        remaining.iter().for_each(|name| session.err_line(&format!(" {name}")));
    }
    if fatal.is_empty() {
        return Ok(());
    }
    // Nested lists of errors are printed one to a line, without `error: `.
    let flat = fatal.into_iter().flat_map(|failure| match failure {
        Failure::Many(failures) => failures,
        other => vec![other],
    });
    let lines: Vec<String> = flat.map(|failure| failure.message()).collect();
    Err(Failure::Plain(lines.join("\n")))
}

/// One error as it is, several in brackets.
fn bracketed(failure: &Failure) -> String {
    match failure {
        Failure::Many(failures) => {
            format!("[{}]", failures.iter().map(Failure::message).collect::<Vec<_>>().join(", "))
        }
        other => other.message(),
    }
}

/// Asks all Pods of a node to leave, and waits until they have.
fn empty(session: &mut Session<'_>, flags: &Flags, node: &str, dry_run: DryRun) -> Result<(), Failure> {
    let pods = leaving(session, flags, node, true)?;
    if dry_run != DryRun::None {
        for pod in &pods {
            let (namespace, name) = (pod.metadata.namespace(), pod.metadata.name());
            session.line(&format!("evicting pod {namespace}/{name}{}", dry_run.suffix()));
        }
        return Ok(());
    }
    let Err(failure) = evict_all(session, flags, &pods) else { return Ok(()) };
    if matches!(failure, Failure::Suspended) {
        return Err(failure);
    }
    let pending = leaving(session, flags, node, false)?;
    if !pending.is_empty() {
        let said = bracketed(&failure);
        session.err_line(&format!("There are pending pods in node {node:?} when an error occurred: {said}"));
        pending.iter().for_each(|pod| session.err_line(&format!("pod/{}", pod.metadata.name())));
    }
    Err(failure)
}

/// What becomes of a Pod.
enum Fate {
    Leaves,
    LeavesWarned(&'static str),
    StaysWarned(&'static str),
    Stays,
    Refused(&'static str),
}

/// The Pods of the node that are to leave.
fn leaving(session: &mut Session<'_>, flags: &Flags, node: &str, says: bool) -> Result<Vec<Pod>, Failure> {
    let fields = format!("spec.nodeName={node}");
    let labels = flags.text_or_empty("pod-selector").to_owned();
    let list = session.list(crate::model::Kind::Pod, "", &labels, &fields)?;
    let (mut leaving, mut warned, mut refused) = (Vec::new(), BTreeMap::new(), BTreeMap::new());
    for pod in list.items.iter().filter_map(Object::get::<Pod>) {
        let key = format!("{}/{}", pod.metadata.namespace(), pod.metadata.name());
        let (fate, goes) = match fate(pod, flags) {
            Fate::Leaves => (None, true),
            Fate::LeavesWarned(why) => (Some((&mut warned, why)), true),
            Fate::StaysWarned(why) => (Some((&mut warned, why)), false),
            Fate::Stays => (None, false),
            Fate::Refused(why) => (Some((&mut refused, why)), false),
        };
        if let Some((list, why)) = fate {
            list.entry(why).or_insert_with(Vec::new).push(key);
        }
        if goes {
            leaving.push((**pod).clone());
        }
    }
    let order = |list: &BTreeMap<&str, Vec<String>>| {
        // In the order of the filters.
        let known = [STORAGE_FATAL, UNMANAGED_FATAL, DAEMON_FATAL, STORAGE_WARNING, UNMANAGED_WARNING, DAEMON_WARNING];
        let said = known.iter().filter_map(|why| list.get(why).map(|pods| format!("{why}: {}", pods.join(", "))));
        said.collect::<Vec<String>>()
    };
    Failure::all(order(&refused).into_iter().map(|said| Failure::text_of(format!("cannot delete {said}"))).collect())?;
    let warnings = order(&warned);
    if !warnings.is_empty() && says {
        session.warn(&warnings.join("; "));
    }
    Ok(leaving)
}

fn fate(pod: &Pod, flags: &Flags) -> Fate {
    if pod.metadata.annotation(MIRROR).is_some() {
        return Fate::Stays;
    }
    if let (Some(limit), true) = (flags.number("skip-wait-for-delete-timeout"), pod.metadata.is_terminating())
        && limit > 0
    {
        return Fate::Stays;
    }
    if pod.is_terminal() {
        return Fate::Leaves;
    }
    let controller = pod.metadata.controller();
    if controller.is_some_and(|owner| owner.kind == "DaemonSet") {
        return if flags.yes("ignore-daemonsets") {
            Fate::StaysWarned(DAEMON_WARNING)
        } else {
            Fate::Refused(DAEMON_FATAL)
        };
    }
    let has_storage = pod.spec.volumes.iter().flatten().any(|volume| volume.empty_dir.is_some());
    if has_storage && !flags.yes("delete-emptydir-data") {
        return Fate::Refused(STORAGE_FATAL);
    }
    match (controller.is_some(), flags.yes("force")) {
        (true, _) if has_storage => Fate::LeavesWarned(STORAGE_WARNING),
        (true, _) => Fate::Leaves,
        (false, true) => Fate::LeavesWarned(UNMANAGED_WARNING),
        (false, false) => Fate::Refused(UNMANAGED_FATAL),
    }
}

/// How far the leaving of one Pod has come; the handle is what it waits for.
enum Stage {
    Evicting,
    Resting,
    Looking,
    Pausing,
}

/// A Pod on its way out.
struct Leaver {
    key: ObjectKey,
    uid: String,
    stage: Stage,
    handle: Handle,
}

fn evict_all(session: &mut Session<'_>, flags: &Flags, pods: &[Pod]) -> Result<(), Failure> {
    if pods.is_empty() {
        return Ok(());
    }
    let timeout = flags.span("timeout").filter(|span| *span != SimDuration::ZERO);
    let deadline = session.deadline(timeout);
    let mut is_late = false;
    let mut leavers = Vec::new();
    for pod in pods {
        let key = ObjectKey::new(crate::model::Kind::Pod, pod.metadata.namespace(), pod.metadata.name());
        let handle = evict(session, flags, &key);
        leavers.push(Leaver { key, uid: pod.metadata.uid().to_owned(), stage: Stage::Evicting, handle });
    }
    let mut failures = Vec::new();
    while !leavers.is_empty() {
        let handles: Vec<Handle> =
            leavers.iter().map(|leaver| leaver.handle).chain(deadline.filter(|_| !is_late)).collect();
        let (handle, arrival) = session.next(&handles)?;
        if Some(handle) == deadline {
            is_late = true;
            let waits = |leaver: &Leaver| matches!(leaver.stage, Stage::Looking | Stage::Pausing);
            for leaver in leavers.extract_if(.., |leaver| waits(leaver)) {
                let (name, namespace) = (&leaver.key.name, &leaver.key.namespace);
                failures.push(Failure::text_of(format!(
                    "error when waiting for pod {name:?} in namespace {namespace:?} to terminate: context deadline exceeded"
                )));
            }
            continue;
        }
        let Some(place) = leavers.iter().position(|leaver| leaver.handle == handle) else { continue };
        let late = if is_late { timeout } else { None };
        match step(session, flags, &mut leavers[place], &arrival, late) {
            Ok(true) => {
                leavers.remove(place);
            }
            Ok(false) => {}
            Err(failure) => {
                failures.push(failure);
                leavers.remove(place);
            }
        }
    }
    Failure::all(failures)
}

/// Sends an eviction, and says so.
fn evict(session: &mut Session<'_>, flags: &Flags, key: &ObjectKey) -> Handle {
    session.line(&format!("evicting pod {}/{}", key.namespace, key.name));
    let grace_period_seconds = flags.number("grace-period").filter(|&grace| grace >= 0);
    let options = DeleteOptions { grace_period_seconds, ..DeleteOptions::default() };
    let is_delete = flags.yes("disable-eviction");
    let verb = if is_delete { Verb::Delete } else { Verb::Create };
    let mut request = session.request(verb, key.kind, &key.namespace).named(key.name.clone());
    if !is_delete {
        request = request.part(Subresource::Eviction);
    }
    session.send(request.body(Body::Delete(options)))
}

/// Goes on with one Pod; whether it is gone.
fn step(
    session: &mut Session<'_>,
    flags: &Flags,
    leaver: &mut Leaver,
    arrival: &Arrival,
    late: Option<SimDuration>,
) -> Result<bool, Failure> {
    let (name, namespace) = (leaver.key.name.clone(), leaver.key.namespace.clone());
    match (&leaver.stage, arrival) {
        (Stage::Evicting, Arrival::Outcome(Err(status))) if status.is(Reason::NotFound) => return Ok(true),
        (Stage::Evicting, Arrival::Outcome(Err(status))) if status.is(Reason::TooManyRequests) => {
            let said = &status.message;
            session.err_line(&format!(
                "error when evicting pods/{name:?} -n {namespace:?} (will retry after {RETRY}): {said}"
            ));
            (leaver.stage, leaver.handle) = (Stage::Resting, session.timer(RETRY));
        }
        (Stage::Evicting, Arrival::Outcome(Err(status))) => {
            let said = format!("error when evicting pods/{name:?} -n {namespace:?}: {}", status.message);
            return Err(Failure::text_of(said));
        }
        (Stage::Resting, _) if late.is_some() => {
            session.line(&format!("evicting pod {namespace}/{name}"));
            let span = late.unwrap_or_default();
            let said = format!("error when evicting pods/{name:?} -n {namespace:?}: global timeout reached: {span}");
            return Err(Failure::text_of(said));
        }
        (Stage::Resting, _) => {
            let key = leaver.key.clone();
            (leaver.stage, leaver.handle) = (Stage::Evicting, evict(session, flags, &key));
        }
        (Stage::Looking, Arrival::Outcome(Ok(response)))
            if response.object().is_some_and(|object| object.meta().uid() == leaver.uid) =>
        {
            (leaver.stage, leaver.handle) = (Stage::Pausing, session.timer(POLL));
        }
        (Stage::Looking, Arrival::Outcome(Err(status))) if !status.is(Reason::NotFound) => {
            let said = &status.message;
            return Err(Failure::text_of(format!(
                "error when waiting for pod {name:?} in namespace {namespace:?} to terminate: {said}"
            )));
        }
        (Stage::Looking, _) => {
            let done = if flags.yes("disable-eviction") { "deleted" } else { "evicted" };
            session.line(&format!("pod/{name} {done}"));
            return Ok(true);
        }
        (Stage::Evicting | Stage::Pausing, _) => {
            let request = session.request(Verb::Get, leaver.key.kind, &namespace).named(name);
            (leaver.stage, leaver.handle) = (Stage::Looking, session.send(request));
        }
    }
    Ok(false)
}
