//! What is left to do when the Pods are where they belong; and the way back.
//!
//! Source: `cleanupWithClients`, `Rename`, `AbortRollingUpdate`, `FindSourceController`.

use crate::apiserver::{Propagation, Reason};
use crate::engine::SimDuration;
use crate::kubectl::failure::Failure;
use crate::kubectl::session::Session;
use crate::model::Kind;
use crate::printers::manifest as printed;

use super::controller::{Controller, DESIRED, ORIGINAL, SOURCE};
use super::{Cleanup, Pace};

/// How often a renaming looks whether the old name is free, and for how long.
const LOOK: SimDuration = SimDuration::from_secs(5);
/// How long a renaming waits for the old name.
const PATIENCE: SimDuration = SimDuration::from_secs(60);
/// What `wait.Poll` says.
const TIMED_OUT: &str = "timed out waiting for the condition";

/// Takes the notes off the new controller and removes the old one.
pub(super) fn finish(
    session: &mut Session<'_>,
    pace: &Pace,
    old: &Controller,
    new: &Controller,
    cleanup: Cleanup,
) -> Result<(), Failure> {
    let new = new.again(session)?.change(session, |new| new.forget(&[SOURCE, DESIRED]))?;
    let late = session.now() + pace.timeout;
    let new = loop {
        session.sleep(pace.interval)?;
        let present = new.again(session)?;
        if present.is_settled(new.generation()) {
            break present;
        } else if session.now() >= late {
            return Err(Failure::text_of(TIMED_OUT));
        }
    };
    if cleanup == Cleanup::Delete {
        session.line(&format!("Update succeeded. Deleting {}", old.name()));
        return Controller::delete(old.name(), session, None);
    }
    session.line(&format!("Update succeeded. Deleting old controller: {}", old.name()));
    Controller::delete(old.name(), session, None)?;
    session.line(&format!("Renaming {} to {}", new.name(), old.name()));
    rename(session, &new, old.name())
}

/// Deletes the controller but not its Pods, and creates it again under another name.
pub(super) fn rename(session: &mut Session<'_>, controller: &Controller, name: &str) -> Result<(), Failure> {
    match Controller::delete(controller.name(), session, Some(Propagation::Orphan)) {
        Err(failure) if !failure.is(Reason::NotFound) => return Err(failure),
        _ => {}
    }
    let late = session.now() + PATIENCE;
    loop {
        session.sleep(LOOK)?;
        match controller.again(session) {
            Err(failure) if failure.is(Reason::NotFound) => break,
            Err(failure) => return Err(failure),
            Ok(_) if session.now() >= late => return Err(Failure::text_of(TIMED_OUT)),
            Ok(_) => {}
        }
    }
    let mut renamed = controller.clone();
    renamed.rename(name);
    renamed.create(session).map(|_| ())
}

/// The controller that notes `name` as the one whose place it takes.
pub(super) fn find_successor(session: &mut Session<'_>, name: &str) -> Result<Controller, Failure> {
    let namespace = session.namespace();
    let list = session.list(Kind::ReplicationController, &namespace, "", "")?;
    let all = list.items.iter().map(|object| Controller::read(printed::value(object)));
    let follows = |one: &Controller| one.annotation(SOURCE).is_some_and(|source| source.starts_with(name));
    let none = || {
        let said = format!("couldn't find a replication controller with source id == {namespace}/{name}");
        Failure::text_of(said)
    };
    all.into_iter().find(follows).ok_or_else(none)
}

/// The way back: old and new change places.
pub(super) fn reverse(
    session: &mut Session<'_>,
    old: Controller,
    new: Controller,
) -> Result<(Controller, Controller), Failure> {
    let (old, mut new) = (new, old);
    let missing = || Failure::text_of(format!("couldn't find original replica count of {:?}", new.name()));
    let original = new.annotation(ORIGINAL).ok_or_else(missing)?.to_owned();
    session.line(&format!("Setting {:?} replicas to {original}", new.name()));
    new.annotate(SOURCE, &old.source_id());
    new.annotate(DESIRED, &original);
    // kubectl does not look whether this worked; the next step does.
    let new = match new.update(session) {
        Err(Failure::Suspended) => return Err(Failure::Suspended),
        written => written.unwrap_or(new),
    };
    Ok((old, new))
}
