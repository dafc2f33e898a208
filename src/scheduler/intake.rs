//! What the watches bring: into the cache, into the queue, and as events that may wake waiting Pods.
//!
//! Models `pkg/scheduler/eventhandlers.go`.

use std::sync::Arc;

use crate::client::{Ctx, Delta};
use crate::model::core::{ContainerImage, Node, PodSpec};
use crate::model::{Kind, Meta, Object, Pod};

use super::component::Scheduler;
use super::framework::ClusterEvent;
use super::node_info::NodeInfo;
use super::plugins::{node_declared_features, real_use};

impl Scheduler {
    /// Takes in one change.
    pub(super) fn take_in(&mut self, kind: Kind, delta: Delta, ctx: &mut Ctx<'_>) {
        ctx.cause = delta.cause;
        match kind {
            Kind::Pod => self.take_in_pod(&delta, ctx),
            Kind::Node => self.take_in_node(&delta, ctx),
            Kind::Namespace => match &delta.new {
                Some(object) => self.cache.snapshot.namespaces.set(object),
                None => self.cache.snapshot.namespaces.remove(delta.object().name()),
            },
            Kind::PodDisruptionBudget => match &delta.new {
                Some(object) => self.cache.snapshot.budgets.set(object),
                None => self.cache.snapshot.budgets.remove(delta.object().namespace(), delta.object().name()),
            },
            Kind::Service | Kind::ReplicationController | Kind::ReplicaSet | Kind::StatefulSet => match &delta.new {
                Some(object) => self.cache.snapshot.workloads.set(object),
                None => self.cache.snapshot.workloads.remove(delta.object()),
            },
            _ => self.take_in_storage(kind, delta, ctx),
        }
    }

    /// Wakes the Pods that `event` may help.
    pub(super) fn wake(&mut self, event: &ClusterEvent, ctx: &Ctx<'_>) {
        if self.queue.has_waiting() {
            self.queue.on_event(event, ctx.cause, &self.algorithm.profiles, ctx.now);
        }
    }

    /// A Pod that was replaced by another of the same name between two lists is gone first.
    fn take_in_pod(&mut self, delta: &Delta, ctx: &mut Ctx<'_>) {
        let live = |object: &Option<Object>| {
            object.as_ref().and_then(Object::get::<Pod>).filter(|pod| !pod.is_terminal()).cloned()
        };
        let (mut old, new) = (live(&delta.old), live(&delta.new));
        if let (Some(before), Some(after)) = (&old, &new)
            && before.metadata.uid != after.metadata.uid
        {
            self.pod_removed(before, ctx);
            old = None;
        }
        match (old, new) {
            (None, Some(pod)) => self.pod_changed(None, pod, ctx),
            (Some(old), Some(pod)) => self.pod_changed(Some(&old), pod, ctx),
            (Some(old), None) => self.pod_removed(&old, ctx),
            (None, None) => {}
        }
    }

    fn pod_changed(&mut self, old: Option<&Arc<Pod>>, pod: Arc<Pod>, ctx: &mut Ctx<'_>) {
        if !pod.node_name().is_empty() {
            self.bound_pod_changed(old, pod, ctx);
            return;
        }
        let info = Arc::new(self.demands.info(pod));
        if !self.is_responsible_for(&info.pod) || self.cache.is_assumed(&info.uid) {
            return;
        }
        let nominated = info.nominated_node();
        if !nominated.is_empty() {
            self.cache.snapshot.nominate(nominated, Arc::clone(&info));
        } else if old.is_some_and(|old| old.status.nominated_node_name.as_ref().is_some_and(|node| !node.is_empty())) {
            self.cache.snapshot.withdraw(&info.uid);
        }
        self.queue.update(info, ctx.cause, &self.algorithm.profiles, ctx.now);
    }

    fn bound_pod_changed(&mut self, old: Option<&Arc<Pod>>, pod: Arc<Pod>, ctx: &mut Ctx<'_>) {
        let known = self.cache.confirmed(pod.metadata.uid()).map(|known| Arc::clone(&known.demand));
        let info = match self.cache.confirmed(pod.metadata.uid()) {
            Some(known) => Arc::new(self.demands.renewed(known, pod)),
            // Whoever is known to be bound has left the queue.
            None => {
                self.queue.remove(pod.metadata.uid());
                Arc::new(self.demands.info(pod))
            }
        };
        self.cache.snapshot.withdraw(&info.uid);
        self.cache.confirm(Arc::clone(&info));
        let event = match old.filter(|old| !old.node_name().is_empty()) {
            None => ClusterEvent::PodAssigned(info),
            Some(old)
                if is_same(&old.spec, &info.pod.spec)
                    && old.metadata.labels == info.pod.metadata.labels
                    && known.is_none_or(|known| known.requests == info.demand.requests) =>
            {
                return;
            }
            Some(old) => ClusterEvent::PodUpdated(Arc::new(self.demands.info(Arc::clone(old))), info),
        };
        self.wake(&event, ctx);
    }

    fn pod_removed(&mut self, pod: &Arc<Pod>, ctx: &mut Ctx<'_>) {
        let info = Arc::new(self.demands.info(Arc::clone(pod)));
        let was_waiting = self.queue.remove(&info.uid).is_some();
        let was_nominated = self.cache.snapshot.withdraw(&info.uid);
        self.cache.remove(&info.uid);
        self.cancel_binding(&info.uid);
        if !was_waiting || was_nominated {
            self.wake(&ClusterEvent::PodDeleted(info), ctx);
        }
    }

    fn is_responsible_for(&self, pod: &Pod) -> bool {
        let asked_for = pod.spec.scheduler_name.as_deref().unwrap_or("default-scheduler");
        self.algorithm.profiles.named(asked_for).is_some()
    }

    fn take_in_node(&mut self, delta: &Delta, ctx: &mut Ctx<'_>) {
        let bare = |object: &Option<Object>| {
            let node = object.as_ref().and_then(Object::get::<Node>)?;
            let mut info = NodeInfo::new(node.metadata.name.as_deref().unwrap_or_default().into());
            info.set_node(Arc::clone(node));
            Some(Arc::new(info))
        };
        let (old, new) = (bare(&delta.old), bare(&delta.new));
        let event = match (old, new) {
            (old, Some(new)) => {
                if let Some(node) = &new.node
                    && old.as_ref().is_none_or(|old| matters(old, &new))
                {
                    self.cache.snapshot.set_node(Arc::clone(node));
                }
                match old {
                    None => ClusterEvent::NodeAdded(new),
                    Some(old) if matters(&old, &new) => ClusterEvent::NodeUpdated(old, new),
                    Some(_) => return,
                }
            }
            (Some(old), None) => {
                self.cache.snapshot.remove_node(&old.name);
                ClusterEvent::NodeDeleted
            }
            (None, None) => return,
        };
        self.wake(&event, ctx);
    }

    fn take_in_storage(&mut self, kind: Kind, delta: Delta, ctx: &mut Ctx<'_>) {
        match delta.new {
            Some(object) => {
                self.cache.snapshot.volumes.set(&object);
                self.wake(&ClusterEvent::Storage(kind, object), ctx);
                self.advance_bindings(ctx);
            }
            None => self.cache.snapshot.volumes.remove(delta.object()),
        }
    }
}

/// Whether two specs say the same; most are one and the same.
fn is_same(one: &Arc<PodSpec>, other: &Arc<PodSpec>) -> bool {
    Arc::ptr_eq(one, other) || one == other
}

/// Heartbeats change nothing that the scheduler looks at.
fn matters(old: &NodeInfo, new: &NodeInfo) -> bool {
    old.labels() != new.labels()
        || old.taints() != new.taints()
        || old.is_unschedulable != new.is_unschedulable
        || old.allocatable != new.allocatable
        || images(old) != images(new)
        || node_declared_features::declared(old) != node_declared_features::declared(new)
        || real_use::annotations(old) != real_use::annotations(new)
}

fn images(node: &NodeInfo) -> Option<&Vec<ContainerImage>> {
    node.node.as_ref()?.status.as_ref()?.images.as_ref()
}
