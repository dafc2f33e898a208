//! The status that a component reports, put into what is stored: conditions merge by type, the rest is replaced.

use std::sync::Arc;

use crate::model::core::{NodeCondition, PodCondition};
use crate::model::{Object, Pod, Resource, apps, core, metav1, with_kinds};

use super::{Strategy, alike};

/// A condition, of whatever kind.
trait Condition: Clone + PartialEq {
    fn type_(&self) -> &str;
}

macro_rules! conditions {
    ($($type:ty),+) => { $(impl Condition for $type { fn type_(&self) -> &str { &self.type_ } })+ };
}

conditions!(
    PodCondition,
    NodeCondition,
    apps::DeploymentCondition,
    apps::ReplicaSetCondition,
    core::NamespaceCondition,
    core::PersistentVolumeClaimCondition,
    metav1::Condition
);

/// Conditions that a kubelet takes away by name when they are over: a report without them says so.
const PASSING: [&str; 2] = ["PodResizePending", "PodResizeInProgress"];

/// `old` with the status of `sent`.
pub(super) fn merge(old: &Object, sent: &Object) -> Object {
    match (old, sent) {
        (Object::Pod(old), Object::Pod(sent)) => pod(old, sent).into(),
        (Object::Node(old), Object::Node(sent)) => replaced(old, sent, |result, old| {
            let before = old.status.as_ref().and_then(|status| status.conditions.as_ref());
            if let Some(status) = &mut result.status {
                keep_others(&mut status.conditions, before);
            }
        }),
        (Object::Deployment(old), Object::Deployment(sent)) => replaced(old, sent, |result, old| {
            let before = old.status.as_ref().and_then(|status| status.conditions.as_ref());
            if let Some(status) = &mut result.status {
                keep_others(&mut status.conditions, before);
            }
        }),
        (Object::ReplicaSet(old), Object::ReplicaSet(sent)) => replaced(old, sent, |result, old| {
            let before = old.status.as_ref().and_then(|status| status.conditions.as_ref());
            if let Some(status) = &mut result.status {
                keep_others(&mut status.conditions, before);
            }
        }),
        (Object::Namespace(old), Object::Namespace(sent)) => replaced(old, sent, |result, old| {
            let before = old.status.as_ref().and_then(|status| status.conditions.as_ref());
            if let Some(status) = &mut result.status {
                keep_others(&mut status.conditions, before);
            }
        }),
        _ => {
            each!(old, old => alike(old, sent).map_or_else(|| Arc::clone(old).into(), |sent| replaced(old, sent, |_, _| {})))
        }
    }
}

fn pod(old: &Arc<Pod>, sent: &Arc<Pod>) -> Pod {
    let mut status = Arc::clone(&sent.status);
    let (new, before) = (sent.status.conditions.as_deref().unwrap_or_default(), old.status.conditions.as_deref());
    let is_missing = |one: &&PodCondition| {
        !PASSING.contains(&one.type_.as_str()) && new.iter().all(|other| other.type_ != one.type_)
    };
    let missing: Vec<PodCondition> = before.into_iter().flatten().filter(is_missing).cloned().collect();
    if !missing.is_empty() {
        keep_others(&mut Arc::make_mut(&mut status).conditions, Some(&missing));
    }
    if status.qos_class.is_none() {
        Arc::make_mut(&mut status).qos_class.clone_from(&old.status.qos_class);
    }
    let mut pod = Pod::clone(old);
    pod.status = status;
    pod
}

fn replaced<S: Strategy + Resource>(old: &Arc<S>, sent: &Arc<S>, merge: impl FnOnce(&mut S, &S)) -> Object
where
    Object: From<S>,
{
    let mut result = S::clone(old);
    result.take_status(sent);
    merge(&mut result, old);
    result.into()
}

/// Adds to `conditions` those of `before` whose type they lack.
fn keep_others<C: Condition>(conditions: &mut Option<Vec<C>>, before: Option<&Vec<C>>) {
    for one in before.into_iter().flatten() {
        let present = conditions.get_or_insert_with(Vec::new);
        if present.iter().all(|other| other.type_() != one.type_()) {
            present.push(one.clone());
        }
    }
}
