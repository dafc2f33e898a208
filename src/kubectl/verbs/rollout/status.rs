//! `kubectl rollout status`: one line for every change until it is done.
//!
//! Source: `kubectl/pkg/polymorphichelpers/rollout_status.go`.

use crate::apiserver::{WatchEvent, WatchEventKind};
use crate::engine::SimDuration;
use crate::kubectl::failure::Failure;
use crate::kubectl::flags::Flags;
use crate::kubectl::record::{Arrival, Handle};
use crate::kubectl::session::Session;
use crate::model::apps::{DaemonSet, Deployment, StatefulSet};
use crate::model::{Meta, Object};

use super::revision::{REVISION, Workload, targets};

const UNKNOWN: &str = "no status viewer has been implemented for {}";
const ROLLING_UPDATE: &str = "RollingUpdate";

/// Its flags.
pub const FLAGS: &[&str] =
    &["f+filename", "k:kustomize", "R!recursive", "l:selector", "w!watch", "#revision", "~timeout"];

/// Runs it.
///
/// # Errors
/// In kubectl's words.
pub fn run(session: &mut Session<'_>, flags: &Flags) -> Result<(), Failure> {
    let found = targets(session, flags, "status")?;
    Failure::all(found.failures)?;
    if found.items.is_empty() {
        let namespace = session.namespace();
        session.err_line(&format!("No resources found in {namespace} namespace."));
    }
    for item in &found.items {
        Workload::of(&item.object, UNKNOWN)?;
        follow(session, flags, &item.object)?;
    }
    Ok(())
}

fn follow(session: &mut Session<'_>, flags: &Flags, object: &Object) -> Result<(), Failure> {
    let timeout = flags.span("timeout").filter(|span| *span != SimDuration::ZERO);
    let deadline = session.deadline(timeout);
    let fields = format!("metadata.name={}", object.name());
    let mut list = session.list(object.kind(), object.namespace(), "", &fields)?;
    loop {
        for object in &list.items {
            if tell(session, flags, object)? {
                return Ok(());
            }
        }
        let watch = session.watch(object.kind(), object.namespace(), ["", &fields], Some(list.revision))?;
        let handles: Vec<Handle> = deadline.into_iter().chain([watch]).collect();
        session.restore::<()>();
        loop {
            let (_, arrival) = session.next(&handles)?;
            match &*arrival {
                Arrival::Timer => {
                    session.cancel(watch);
                    return Err(Failure::text_of("timed out waiting for the condition"));
                }
                Arrival::Events(events) => {
                    if events
                        .iter()
                        .map(|event| on_event(session, flags, event))
                        .collect::<Result<Vec<_>, _>>()?
                        .contains(&true)
                    {
                        session.cancel(watch);
                        return Ok(());
                    }
                    session.save(&());
                }
                _ => break,
            }
        }
        list = session.list(object.kind(), object.namespace(), "", &fields)?;
    }
}

fn on_event(session: &mut Session<'_>, flags: &Flags, event: &WatchEvent) -> Result<bool, Failure> {
    match event.kind {
        WatchEventKind::Added | WatchEventKind::Modified => tell(session, flags, &event.object),
        WatchEventKind::Deleted => Err(Failure::text_of("object has been deleted")),
        WatchEventKind::Bookmark => Ok(false),
    }
}

/// Prints where the rollout stands; whether there is nothing more to wait for.
fn tell(session: &mut Session<'_>, flags: &Flags, object: &Object) -> Result<bool, Failure> {
    let (line, is_done) = match Workload::of(object, UNKNOWN)? {
        Workload::Deployment(deployment) => of_deployment(deployment, flags.number("revision"))?,
        Workload::DaemonSet(set) => of_daemon_set(set)?,
        Workload::StatefulSet(set) => of_stateful_set(set)?,
    };
    session.line(&line);
    Ok(is_done || !flags.not_no("watch"))
}

fn of_deployment(deployment: &Deployment, revision: Option<i64>) -> Result<(String, bool), Failure> {
    let name = deployment.metadata.name();
    if let Some(wanted) = revision.filter(|&wanted| wanted > 0) {
        let running: i64 = deployment.metadata.annotation(REVISION).and_then(|text| text.parse().ok()).unwrap_or(0);
        if wanted != running {
            let said = format!("desired revision ({wanted}) is different from the running revision ({running})");
            return Err(Failure::text_of(said));
        }
    }
    let status = deployment.status.clone().unwrap_or_default();
    if deployment.metadata.generation > status.observed_generation {
        return Ok(("Waiting for deployment spec update to be observed...".into(), false));
    }
    let conditions = status.conditions.unwrap_or_default();
    let progressing = conditions.iter().find(|condition| condition.type_ == "Progressing");
    if progressing.is_some_and(|condition| condition.reason.as_deref() == Some("ProgressDeadlineExceeded")) {
        return Err(Failure::text_of(format!("deployment {name:?} exceeded its progress deadline")));
    }
    let count = |value: Option<i32>| value.unwrap_or(0);
    let (updated, available, all) =
        (count(status.updated_replicas), count(status.available_replicas), count(status.replicas));
    let desired = deployment.spec.as_ref().and_then(|spec| spec.replicas).unwrap_or(1);
    let waiting = |rest: String| (format!("Waiting for deployment {name:?} rollout to finish: {rest}"), false);
    Ok(if updated < desired {
        waiting(format!("{updated} out of {desired} new replicas have been updated..."))
    } else if all > updated {
        waiting(format!("{} old replicas are pending termination...", all - updated))
    } else if available < updated {
        waiting(format!("{available} of {updated} updated replicas are available..."))
    } else {
        (format!("deployment {name:?} successfully rolled out"), true)
    })
}

/// The error of a set whose Pods are replaced by hand.
fn only_rolling() -> Failure {
    Failure::text_of(format!("rollout status is only available for {ROLLING_UPDATE} strategy type"))
}

fn of_daemon_set(set: &DaemonSet) -> Result<(String, bool), Failure> {
    let name = set.metadata.name();
    let strategy = set.spec.as_ref().and_then(|spec| spec.update_strategy.as_ref()?.type_.as_deref());
    if strategy != Some(ROLLING_UPDATE) {
        return Err(only_rolling());
    }
    let status = set.status.clone().unwrap_or_default();
    if set.metadata.generation > status.observed_generation {
        return Ok(("Waiting for daemon set spec update to be observed...".into(), false));
    }
    let waiting = |rest: String| (format!("Waiting for daemon set {name:?} rollout to finish: {rest}"), false);
    let desired = status.desired_number_scheduled;
    let (updated, available) = (status.updated_number_scheduled.unwrap_or(0), status.number_available.unwrap_or(0));
    Ok(if updated < desired {
        waiting(format!("{updated} out of {desired} new pods have been updated..."))
    } else if available < desired {
        waiting(format!("{available} of {desired} updated pods are available..."))
    } else {
        (format!("daemon set {name:?} successfully rolled out"), true)
    })
}

fn of_stateful_set(set: &StatefulSet) -> Result<(String, bool), Failure> {
    let spec = set.spec.clone().unwrap_or_default();
    let strategy = spec.update_strategy.unwrap_or_default();
    if strategy.type_.as_deref() != Some(ROLLING_UPDATE) {
        return Err(only_rolling());
    }
    let status = set.status.clone().unwrap_or_default();
    if status.observed_generation.unwrap_or(0) == 0 || set.metadata.generation > status.observed_generation {
        return Ok(("Waiting for statefulset spec update to be observed...".into(), false));
    }
    let replicas = spec.replicas.unwrap_or(1);
    let (ready, updated) = (status.ready_replicas.unwrap_or(0), status.updated_replicas.unwrap_or(0));
    let revision = |name: &Option<String>| name.clone().unwrap_or_default();
    Ok(if ready < replicas {
        (format!("Waiting for {} pods to be ready...", replicas - ready), false)
    } else if let Some(rolling) = strategy.rolling_update {
        let wanted = rolling.partition.map_or(0, |partition| replicas - partition);
        if updated < wanted {
            let rest = format!("{updated} out of {wanted} new pods have been updated...");
            (format!("Waiting for partitioned roll out to finish: {rest}"), false)
        } else {
            (format!("partitioned roll out complete: {updated} new pods have been updated..."), true)
        }
    } else if status.update_revision != status.current_revision {
        let at = revision(&status.update_revision);
        (format!("waiting for statefulset rolling update to complete {updated} pods at revision {at}..."), false)
    } else {
        let (current, at) = (status.current_replicas.unwrap_or(0), revision(&status.current_revision));
        (format!("statefulset rolling update complete {current} pods at revision {at}..."), true)
    })
}
