//! The loop: one up, rest, one down, never below what must be available, never above one more than wanted.
//!
//! Source: `RollingUpdater.Update`, `scaleUp`, `scaleDown`; the command always passes maxUnavailable 0 and maxSurge 1.

use crate::apiserver::Reason;
use crate::kubectl::failure::Failure;
use crate::kubectl::session::Session;
use crate::model::{Kind, Meta, Object, Pod};

use super::Pace;
use super::controller::{Controller, DESIRED, ORIGINAL, SOURCE};

/// `MaxSurge` of the command.
const SURGE: i64 = 1;

/// Moves all Pods from `old` to `new`; both as they are in the end.
pub(super) fn update(
    session: &mut Session<'_>,
    pace: &Pace,
    old: Controller,
    new: Controller,
) -> Result<(Controller, Controller), Failure> {
    let mut new = get_or_create(session, &old, new)?;
    let text = new.annotation(DESIRED).unwrap_or_default();
    let desired: i64 = text
        .parse()
        .map_err(|_| Failure::text_of(format!("Unable to parse annotation for {}: {DESIRED}={text}", new.name())))?;
    let mut old = note_original(session, old)?;
    let (kept, most) = (desired.max(0), desired + SURGE);
    session.line(&format!(
        "Scaling up {} from {} to {desired}, scaling down {} from {} to 0 (keep {kept} pods available, don't exceed {most} pods)",
        new.name(),
        new.replicas(),
        old.name(),
        old.replicas()
    ));
    let mut progress_at = session.now();
    while new.replicas() != desired || old.replicas() != 0 {
        let before = (new.replicas(), old.replicas());
        new = scale_up(session, pace, new, &old, desired)?;
        session.sleep(pace.period)?;
        old = scale_down(session, pace, &new, old, desired)?;
        if (new.replicas(), old.replicas()) != before {
            progress_at = session.now();
        } else if session.now() > progress_at + pace.timeout {
            return Err(Failure::text_of("timed out waiting for any update progress to be made"));
        }
    }
    Ok((old, new))
}

/// Goes on with the new one if it is there, or makes it, without any Pods yet.
fn get_or_create(session: &mut Session<'_>, old: &Controller, mut new: Controller) -> Result<Controller, Failure> {
    let source = old.source_id();
    match new.again(session) {
        Ok(found) if found.annotation(SOURCE) == Some(&source) && found.annotation(DESIRED).is_some() => {
            session.line(&format!("Continuing update with existing controller {}.", found.name()));
            Ok(found)
        }
        Ok(found) => Err(Failure::text_of(format!(
            "Missing/unexpected annotations for controller {}, expected {source} : {}",
            found.name(),
            found.annotations()
        ))),
        Err(failure) if failure.is(Reason::NotFound) => {
            let replicas = new.replicas();
            if replicas <= 0 {
                return Err(Failure::text_of(format!(
                    "Invalid controller spec for {}; required: > 0 replicas, actual: {replicas}\n",
                    new.name()
                )));
            }
            new.annotate(DESIRED, &replicas.to_string());
            new.annotate(SOURCE, &source);
            new.set_replicas(0);
            let new = new.create(session)?;
            session.line(&format!("Created {}", new.name()));
            Ok(new)
        }
        Err(failure) => Err(failure),
    }
}

/// The old one remembers how many Pods it had, for a way back.
fn note_original(session: &mut Session<'_>, old: Controller) -> Result<Controller, Failure> {
    if old.annotation(ORIGINAL).is_some() {
        return Ok(old);
    }
    let present = old.again(session)?;
    let replicas = present.replicas().to_string();
    present.change(session, |old| old.annotate(ORIGINAL, &replicas))
}

/// As far up as the surge allows.
fn scale_up(
    session: &mut Session<'_>,
    pace: &Pace,
    new: Controller,
    old: &Controller,
    desired: i64,
) -> Result<Controller, Failure> {
    if new.replicas() == desired {
        return Ok(new);
    }
    let room = match old.replicas() {
        0 => desired - new.replicas(),
        held => desired + SURGE - (held + new.replicas()),
    };
    if room <= 0 {
        return Ok(new);
    }
    let wanted = (new.replicas() + room).min(desired);
    session.line(&format!("Scaling {} up to {wanted}", new.name()));
    scale_and_wait(session, pace, &new, wanted)
}

/// As far down as those that are available allow.
fn scale_down(
    session: &mut Session<'_>,
    pace: &Pace,
    new: &Controller,
    old: Controller,
    desired: i64,
) -> Result<Controller, Failure> {
    if old.replicas() == 0 {
        return Ok(old);
    }
    let available = available(session, new)?;
    // Nobody wants any: then all of the old ones may go at once.
    let floor = desired.max(0);
    let surplus = old.replicas() + new.replicas() - floor - (new.replicas() - available);
    if surplus <= 0 {
        return Ok(old);
    }
    let is_done = new.replicas() == desired && available == desired;
    let wanted = if is_done { 0 } else { (old.replicas() - surplus).max(0) };
    session.line(&format!("Scaling {} down to {wanted}", old.name()));
    scale_and_wait(session, pace, &old, wanted)
}

/// How many Pods of the controller are ready and not on their way out.
fn available(session: &mut Session<'_>, of: &Controller) -> Result<i64, Failure> {
    let labels = of.selector().iter().map(|(key, value)| format!("{key}={value}")).collect::<Vec<_>>().join(",");
    let namespace = session.namespace();
    let list = session.list(Kind::Pod, &namespace, &labels, "")?;
    let is_ready = |pod: &Pod| pod.condition("Ready").is_some_and(|condition| condition.status == "True");
    let pods = list.items.iter().filter_map(Object::get::<Pod>);
    let count = pods.filter(|pod| !pod.metadata.is_terminating() && is_ready(pod)).count();
    Ok(i64::try_from(count).unwrap_or(i64::MAX))
}

/// Scales, and looks every interval whether there are as many Pods.
fn scale_and_wait(
    session: &mut Session<'_>,
    pace: &Pace,
    controller: &Controller,
    replicas: i64,
) -> Result<Controller, Failure> {
    controller.scale(session, replicas)?;
    let late = session.now() + pace.timeout;
    while !controller.has(session, replicas)? {
        if session.now() >= late {
            return Err(Failure::text_of(format!("timed out waiting for {:?} to be synced", controller.name())));
        }
        session.sleep(pace.interval)?;
    }
    controller.again(session)
}
