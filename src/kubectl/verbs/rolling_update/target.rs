//! The controller that comes after: found if an update was begun before, read from a file, or made of the old one with another
//! image and a label that tells the two apart.

use sha2::{Digest, Sha256};

use serde_json::json;

use crate::apiserver::{Body, PatchType, Reason, Verb};
use crate::kubectl::failure::Failure;
use crate::kubectl::flags::Flags;
use crate::kubectl::session::Session;
use crate::model::{Kind, Meta, ObjectKey};

use super::controller::{Controller, NEXT};
use super::{from_file, next_name};

/// The label that tells old and new apart, when none is named.
const LABEL: &str = "deployment";

/// The old controller as it is then, and the new one, which may have to be created yet.
pub(super) fn find(
    session: &mut Session<'_>,
    flags: &Flags,
    old: Controller,
) -> Result<(Controller, Controller), Failure> {
    if flags.yes("rollback") {
        let name = next_name(flags, &old).to_owned();
        let new = existing(session, &name)?;
        let missing = || Failure::text_of(format!("Could not find {name} to rollback.\n"));
        return Ok((old, new.ok_or_else(missing)?));
    }
    if flags.has("filename") {
        let (mut new, is_open) = from_file(session, flags)?;
        if is_open {
            new.set_replicas(old.replicas());
        }
        return Ok((old, new));
    }
    let image = flags.text_or_empty("image");
    let name = next_name(flags, &old).to_owned();
    let new = match existing(session, &name)? {
        Some(begun) if begun.first_image() != image => {
            let present = begun.first_image();
            return Err(Failure::text_of(format!(
                "Found existing in-progress update to image ({present}).\n\
                 Either continue in-progress update with --image={present} or rollback with --rollback"
            )));
        }
        Some(begun) => {
            session.line(&format!("Found existing update in progress ({}), resuming.", begun.name()));
            begun
        }
        None => made_of(session, flags, &old, &name)?,
    };
    // If the image is the same the hash may be, too.
    let mark = format!("{}-orig", fingerprint(&old));
    let old = point_to(session, old, new.name(), label_key(flags), &mark)?;
    Ok((old, new))
}

fn label_key(flags: &Flags) -> &str {
    flags.text("deployment-label-key").unwrap_or(LABEL)
}

/// The one of that name, if there is one.
fn existing(session: &mut Session<'_>, name: &str) -> Result<Option<Controller>, Failure> {
    if name.is_empty() {
        return Ok(None);
    }
    match Controller::get(session, name) {
        Ok(found) => Ok(Some(found)),
        Err(failure) if failure.is(Reason::NotFound) => Ok(None),
        Err(failure) => Err(failure),
    }
}

/// Source: `CreateNewControllerFromCurrentController`.
fn made_of(session: &mut Session<'_>, flags: &Flags, old: &Controller, name: &str) -> Result<Controller, Failure> {
    let (image, policy) = (flags.text_or_empty("image"), flags.text_or_empty("image-pull-policy"));
    let is_same = old.first_image() == image;
    if is_same && policy.is_empty() {
        return Err(Failure::text_of(
            "--image-pull-policy (Always|Never|IfNotPresent) must be provided when --image is the same as existing \
             container image",
        ));
    }
    let mut new = old.again(session)?;
    let wanted = flags.text_or_empty("container");
    let place = new.containers().iter().position(|one| one["name"].as_str() == Some(wanted));
    if !wanted.is_empty() && place.is_none() {
        return Err(Failure::text_of(format!("container {wanted} not found in pod")));
    }
    if new.containers().len() > 1 && wanted.is_empty() {
        return Err(Failure::text_of("must specify container to update when updating a multi-container pod"));
    }
    if let Some(container) = new.containers().get_mut(place.unwrap_or(0)) {
        container["image"] = json!(image);
        if is_same {
            container["imagePullPolicy"] = json!(policy);
        }
    }
    let hash = fingerprint(&new);
    let name = if name.is_empty() { format!("{}-{hash}", new.name()) } else { name.to_owned() };
    new.rename(&name);
    new.select(label_key(flags), &hash);
    new.label_template(label_key(flags), &hash);
    Ok(new)
}

/// Thirty-two hexadecimal digits of what the object says. kubectl takes MD5 of its own encoding; since that holds uid and
/// revision, the digits say nothing but "another one".
fn fingerprint(controller: &Controller) -> String {
    let digest = Sha256::digest(controller.json().as_bytes());
    digest[..16].iter().map(|byte| format!("{byte:02x}")).collect()
}

/// The old one notes who comes after it, and gets the label that tells it apart.
/// Source: `UpdateExistingReplicationController`, `AddDeploymentKeyToReplicationController`.
fn point_to(
    session: &mut Session<'_>,
    mut old: Controller,
    next: &str,
    key: &str,
    mark: &str,
) -> Result<Controller, Failure> {
    let before = old.selector();
    if before.contains_key(key) {
        return old.change(session, |old| old.annotate(NEXT, next));
    }
    old.annotate(NEXT, next);
    // The template first, so that what is made from now on carries the label.
    let old = old.change(session, |old| old.label_template(key, mark))?;
    let labels = before.iter().map(|(key, value)| format!("{key}={value}")).collect::<Vec<_>>().join(",");
    for (pod, _) in pods(session, &labels, key)? {
        let patch = Body::Patch(PatchType::Merge, json!({"metadata": {"labels": {key: mark}}}));
        session.write(Verb::Patch, &pod, patch, false)?;
    }
    let old = old.change(session, |old| old.select(key, mark))?;
    // What was made meanwhile without the label is nobody's.
    for (pod, value) in pods(session, &labels, key)? {
        if value.as_deref() != Some(mark) {
            session.write(Verb::Delete, &pod, Body::None, false)?;
        }
    }
    Ok(old)
}

/// Pods by their labels, with the value of one label.
fn pods(session: &mut Session<'_>, labels: &str, key: &str) -> Result<Vec<(ObjectKey, Option<String>)>, Failure> {
    let namespace = session.namespace();
    let list = session.list(Kind::Pod, &namespace, labels, "")?;
    let of = |object: &crate::model::Object| (object.key(), object.meta().label(key).map(str::to_owned));
    Ok(list.items.iter().map(of).collect())
}
