//! A change in a few words, for the record of causes.

use crate::model::{Object, Pod};

/// What is worth telling of a change; empty when nothing is.
pub(super) fn of_change(old: &Object, new: &Object) -> String {
    match (old, new) {
        (Object::Pod(old), Object::Pod(new)) => of_pod(old, new),
        (Object::Deployment(old), Object::Deployment(new)) => {
            let replicas = |one: &crate::model::apps::Deployment| one.spec.as_ref().and_then(|spec| spec.replicas);
            from_to("replicas", replicas(old), replicas(new))
        }
        (Object::ReplicaSet(old), Object::ReplicaSet(new)) => {
            let replicas = |one: &crate::model::apps::ReplicaSet| one.spec.as_ref().and_then(|spec| spec.replicas);
            from_to("replicas", replicas(old), replicas(new))
        }
        _ => String::new(),
    }
}

fn from_to(what: &str, old: Option<i32>, new: Option<i32>) -> String {
    match (old, new) {
        (Some(old), Some(new)) if old != new => format!("{what} {old} → {new}"),
        _ => String::new(),
    }
}

fn of_pod(old: &Pod, new: &Pod) -> String {
    if old.phase() != new.phase() {
        return format!("{} → {}", old.phase(), new.phase());
    }
    match (old.is_ready(), new.is_ready()) {
        (false, true) => "ready".into(),
        (true, false) => "not ready".into(),
        _ => String::new(),
    }
}
