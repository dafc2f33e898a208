//! The taint eviction controller: Pods that do not tolerate a NoExecute taint of their node go, at once or when their
//! toleration runs out.
//!
//! Models `pkg/controller/tainteviction/taint_eviction.go`.

use std::collections::BTreeMap;
use std::sync::Arc;

use crate::client::{
    Body, Caches, Call, Controller, Ctx, DeleteOptions, Delta, Enqueue, EventType, Outcome, Plan, Reason, Recorder,
    Subresource, Verb, Verdict,
};
use crate::engine::{SimDuration, SimTime};
use crate::model::core::{Node, ObjectReference, Taint, Toleration};
use crate::model::node::NodeExt;
use crate::model::{Kind, Meta, ObjectKey, Pod};

use super::disruption::with_disruption_target;

/// The controller.
#[derive(Clone, Debug, Default)]
pub struct TaintEvictionController {
    /// Pods whose eviction is set; `None` once it was carried out.
    scheduled: BTreeMap<ObjectKey, Option<Scheduled>>,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
struct Scheduled {
    since: SimTime,
    at: SimTime,
}

/// How long a Pod may stay on a node with these taints.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Stay {
    /// No evicting taint concerns it, or it tolerates all of them for ever.
    Forever,
    /// This long, from the moment the taints are seen.
    For(SimDuration),
}

/// How long a Pod with these tolerations may stay on a node with these NoExecute taints.
#[must_use]
pub fn stay<'a>(taints: impl Iterator<Item = &'a Taint>, tolerations: &[Toleration]) -> Stay {
    let mut shortest = None;
    for taint in taints {
        // The first toleration that fits is the one that counts.
        let Some(toleration) = tolerations.iter().find(|one| tolerates(one, taint)) else {
            return Stay::For(SimDuration::ZERO);
        };
        if let Some(seconds) = toleration.toleration_seconds {
            let seconds = u64::try_from(seconds).unwrap_or(0);
            shortest = Some(shortest.map_or(seconds, |least: u64| least.min(seconds)));
        }
    }
    shortest.map_or(Stay::Forever, |seconds| Stay::For(SimDuration::from_secs(seconds)))
}

/// Source: `core/v1/toleration.go`, `ToleratesTaint`.
fn tolerates(toleration: &Toleration, taint: &Taint) -> bool {
    let fits =
        |own: &Option<String>, of_taint: &str| own.as_deref().is_none_or(|own| own.is_empty() || own == of_taint);
    let value = |one: &Option<String>| one.clone().unwrap_or_default();
    fits(&toleration.effect, &taint.effect)
        && fits(&toleration.key, &taint.key)
        && match toleration.operator.as_deref() {
            Some("Exists") => true,
            None | Some("" | "Equal") => value(&toleration.value) == value(&taint.value),
            Some(_) => false,
        }
}

fn evicting(node: &Node) -> impl Iterator<Item = &Taint> {
    node.taints().iter().filter(|taint| taint.effect == "NoExecute")
}

impl Controller for TaintEvictionController {
    fn name(&self) -> &'static str {
        "taint-eviction-controller"
    }

    fn account(&self) -> &'static str {
        "node-controller"
    }

    fn watches(&self) -> &'static [Kind] {
        &[Kind::Node, Kind::Pod]
    }

    fn on_change(&mut self, delta: &Delta, caches: &Caches, enqueue: &mut Enqueue) {
        let (old, new) = (delta.old.as_ref(), delta.new.as_ref());
        if delta.object().kind() == Kind::Node {
            let taints = |node: Option<&Arc<Node>>| node.map(|node| evicting(node).cloned().collect::<Vec<_>>());
            let (old, new) = (taints(old.and_then(|old| old.get())), taints(new.and_then(|new| new.get())));
            if old.unwrap_or_default() != new.unwrap_or_default() {
                for pod in caches.pods_on(delta.object().name()) {
                    enqueue.add(key_of(pod));
                }
            }
            return;
        }
        let Some(pod) = new.or(old).and_then(|object| object.get::<Pod>()) else { return };
        let before = old.and_then(|object| object.get::<Pod>()).filter(|_| new.is_some());
        let moved =
            before.is_none_or(|old| old.node_name() != pod.node_name() || old.spec.tolerations != pod.spec.tolerations);
        let gone = new.is_none() && self.scheduled.contains_key(&key_of(pod));
        let tainted = || caches.get::<Node>("", pod.node_name()).is_some_and(|node| evicting(node).next().is_some());
        if gone || (moved && new.is_some() && !pod.node_name().is_empty() && tainted()) {
            enqueue.add(key_of(pod));
        }
    }

    fn reconcile(&mut self, key: &ObjectKey, caches: &Caches, recorder: &mut Recorder, ctx: &mut Ctx<'_>) -> Plan {
        let pod = caches.get::<Pod>(&key.namespace, &key.name);
        let node = pod.and_then(|pod| caches.get::<Node>("", pod.node_name()));
        let stay = pod.zip(node).map_or(Stay::Forever, |(pod, node)| {
            stay(evicting(node), pod.spec.tolerations.as_deref().unwrap_or_default())
        });
        let Some((pod, Stay::For(span))) = pod.map(|pod| (pod, stay)) else {
            self.cancel(key, recorder, ctx);
            return Plan::none();
        };
        let due = match self.scheduled.get(key).copied() {
            Some(None) => return Plan::none(),
            Some(Some(set)) if set.at <= ctx.now => set.at,
            // An eviction that was set stays set unless the Pod may now stay for less.
            Some(Some(set)) if set.since + span >= set.at => set.at,
            Some(Some(set)) => {
                self.cancel(key, recorder, ctx);
                self.schedule(key, set.since, set.since + span)
            }
            None => self.schedule(key, ctx.now, ctx.now + span),
        };
        if due > ctx.now {
            return Plan::after(due.since(ctx.now));
        }
        self.scheduled.insert(key.clone(), None);
        evict(pod, key, recorder, ctx)
    }

    fn on_outcome(
        &mut self,
        key: &ObjectKey,
        _: &Call,
        outcome: &Outcome,
        _: &mut Recorder,
        ctx: &mut Ctx<'_>,
    ) -> Verdict {
        match outcome {
            Ok(_) => Verdict::Continue,
            Err(status) if status.is(Reason::NotFound) => Verdict::Continue,
            Err(_) => {
                self.schedule(key, ctx.now, ctx.now);
                Verdict::Retry
            }
        }
    }

    fn workers(&self) -> usize {
        8
    }

    fn clone_box(&self) -> Box<dyn Controller> {
        Box::new(self.clone())
    }
}

impl TaintEvictionController {
    /// Pods whose eviction is set, and when it is due.
    pub fn pending(&self) -> impl Iterator<Item = (&ObjectKey, SimTime)> {
        self.scheduled.iter().filter_map(|(key, set)| Some((key, set.as_ref()?.at)))
    }

    fn schedule(&mut self, key: &ObjectKey, since: SimTime, at: SimTime) -> SimTime {
        self.scheduled.insert(key.clone(), Some(Scheduled { since, at }));
        at
    }

    fn cancel(&mut self, key: &ObjectKey, recorder: &mut Recorder, ctx: &mut Ctx<'_>) {
        if let Some(Some(_)) = self.scheduled.remove(key) {
            let text = format!("Cancelling deletion of Pod {}", key.namespaced_name());
            recorder.event_about(ctx, about(key), EventType::Normal, "TaintManagerEviction", text);
        }
    }
}

fn key_of(pod: &Pod) -> ObjectKey {
    ObjectKey::new(Kind::Pod, pod.metadata.namespace(), pod.metadata.name())
}

/// Events name the Pod without its UID: it may be gone when it is named.
fn about(key: &ObjectKey) -> ObjectReference {
    ObjectReference {
        api_version: Some("v1".to_owned()),
        kind: Some("Pod".to_owned()),
        namespace: Some(key.namespace.to_string()),
        name: Some(key.name.to_string()),
        ..ObjectReference::default()
    }
}

fn evict(pod: &Arc<Pod>, key: &ObjectKey, recorder: &mut Recorder, ctx: &mut Ctx<'_>) -> Plan {
    let text = format!("Marking for deletion Pod {}", key.namespaced_name());
    recorder.event_about(ctx, about(key), EventType::Normal, "TaintManagerEviction", text);
    if ctx.trace.is_on() {
        ctx.record("evict", key.path(), "a taint of its node is not tolerated any longer");
    }
    let mut plan = Plan::none();
    let told = "Taint manager: deleting due to NoExecute taint";
    if let Some(pod) = with_disruption_target(pod, "DeletionByTaintManager", told, ctx.now) {
        let request = ctx.request(Verb::Patch, Kind::Pod, &key.namespace).named(key.name.clone());
        plan = plan.then(request.part(Subresource::Status).body(Body::StatusOf(pod.into())));
    }
    let options = DeleteOptions { uid: Some(pod.metadata.uid().into()), ..DeleteOptions::default() };
    let request = ctx.request(Verb::Delete, Kind::Pod, &key.namespace).named(key.name.clone());
    plan.then(request.body(Body::Delete(options)))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn taint(key: &str) -> Taint {
        Taint { key: key.into(), effect: "NoExecute".into(), ..Taint::default() }
    }

    fn toleration(key: &str, seconds: Option<i64>) -> Toleration {
        Toleration {
            key: Some(key.into()),
            operator: Some("Exists".into()),
            toleration_seconds: seconds,
            ..Toleration::default()
        }
    }

    #[test]
    fn a_pod_stays_as_long_as_its_shortest_toleration() {
        let taints = [taint("a"), taint("b")];
        let stay = |tolerations: &[Toleration]| super::stay(taints.iter(), tolerations);
        assert_eq!(stay(&[]), Stay::For(SimDuration::ZERO));
        assert_eq!(stay(&[toleration("a", None)]), Stay::For(SimDuration::ZERO));
        assert_eq!(stay(&[toleration("a", None), toleration("b", None)]), Stay::Forever);
        let both = [toleration("a", Some(300)), toleration("b", Some(5))];
        assert_eq!(stay(&both), Stay::For(SimDuration::from_secs(5)));
        assert_eq!(stay(&[toleration("a", Some(-1)), toleration("b", None)]), Stay::For(SimDuration::ZERO));
        assert_eq!(super::stay([].into_iter(), &[]), Stay::Forever);
    }
}
