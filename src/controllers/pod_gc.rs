//! The Pod garbage collector: Pods that nobody looks after any more.
//!
//! Models `pkg/controller/podgc/gc_controller.go`.

use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;

use crate::client::{
    Body, Caches, Call, Controller, Ctx, DeleteOptions, Delta, Enqueue, Outcome, Plan, Reason, Recorder, Subresource,
    Verb, Verdict,
};
use crate::engine::{SimDuration, SimTime};
use crate::model::core::Node;
use crate::model::node::NodeExt;
use crate::model::{Kind, Meta, ObjectKey, Pod};

use super::disruption::with_disruption_target;

/// How often it looks. Source: `gc_controller.go`, `gcCheckPeriod`.
const PERIOD: SimDuration = SimDuration::from_secs(20);
/// How long a node must be missing before its Pods are. Source: `quarantineTime`.
const QUARANTINE: SimDuration = SimDuration::from_secs(40);
/// So many Pods that have ended are kept. Source: `--terminated-pod-gc-threshold`.
const THRESHOLD: usize = 12_500;
/// An administrator's word that a node is down. Source: `core/v1/well_known_taints.go`.
const OUT_OF_SERVICE: &str = "node.kubernetes.io/out-of-service";

/// What a call is for.
const NODE: u64 = 1;

/// The controller.
#[derive(Clone, Debug, Default)]
pub struct PodGarbageCollector {
    /// Pods that have ended: whether they were evicted (those go first), when they were created.
    ended: BTreeMap<ObjectKey, (bool, SimTime)>,
    /// Pods that are being deleted and were never bound to a node.
    homeless: BTreeSet<ObjectKey>,
    /// Nodes that are missing, and since when that is known.
    missing: BTreeMap<Arc<str>, SimTime>,
    /// Pods to be deleted, with the texts of the condition that they get, if any.
    doomed: BTreeMap<ObjectKey, Option<(&'static str, &'static str)>>,
    /// Pods of a node that is being asked for.
    orphans: BTreeMap<ObjectKey, Vec<Arc<Pod>>>,
}

impl Controller for PodGarbageCollector {
    fn name(&self) -> &'static str {
        "pod-garbage-collector-controller"
    }

    fn account(&self) -> &'static str {
        "pod-garbage-collector"
    }

    fn watches(&self) -> &'static [Kind] {
        &[Kind::Pod, Kind::Node]
    }

    fn on_change(&mut self, delta: &Delta, _: &Caches, _: &mut Enqueue) {
        let Some(pod) = delta.object().get::<Pod>() else { return };
        let is_there = !delta.is_removal();
        let has_ended = is_there && pod.is_terminal();
        let is_homeless = is_there && pod.metadata.is_terminating() && pod.node_name().is_empty();
        if has_ended || !self.ended.is_empty() {
            self.ended.remove(&delta.object().key());
        }
        if is_homeless || !self.homeless.is_empty() {
            self.homeless.remove(&delta.object().key());
        }
        if has_ended {
            let evicted = pod.status.reason.as_deref() == Some("Evicted");
            self.ended.insert(delta.object().key(), (evicted, pod.metadata.created_at()));
        }
        if is_homeless {
            self.homeless.insert(delta.object().key());
        }
    }

    fn period(&self) -> Option<SimDuration> {
        Some(PERIOD)
    }

    fn on_tick(&mut self, caches: &Caches, enqueue: &mut Enqueue, _: &mut Ctx<'_>) {
        let mut doomed: Vec<(ObjectKey, Option<(&str, &str)>)> = Vec::new();
        if self.ended.len() > THRESHOLD {
            let mut oldest: Vec<_> = self.ended.iter().collect();
            oldest.sort_by_key(|(_, (evicted, created))| (!*evicted, *created));
            let surplus = self.ended.len() - THRESHOLD;
            doomed.extend(oldest.into_iter().take(surplus).map(|(key, _)| (key.clone(), None)));
        }
        doomed.extend(self.homeless.iter().map(|key| (key.clone(), None)));
        doomed.extend(out_of_service(caches));
        for (key, told) in doomed {
            self.doomed.insert(key.clone(), told);
            enqueue.add(key);
        }
        self.look_for_missing_nodes(caches, enqueue);
    }

    fn reconcile(&mut self, key: &ObjectKey, caches: &Caches, _: &mut Recorder, ctx: &mut Ctx<'_>) -> Plan {
        if key.kind == Kind::Node {
            self.orphans.insert(key.clone(), caches.pods_on(&key.name).cloned().collect());
            let request = ctx.request(Verb::Get, Kind::Node, "").named(key.name.clone());
            return Plan::none().stage(vec![Call { request, tag: NODE }]);
        }
        let told = self.doomed.remove(key).flatten();
        let Some(pod) = caches.get::<Pod>(&key.namespace, &key.name) else { return Plan::none() };
        delete(std::slice::from_ref(pod), told, ctx)
    }

    fn on_outcome(
        &mut self,
        key: &ObjectKey,
        call: &Call,
        outcome: &Outcome,
        _: &mut Recorder,
        _: &mut Ctx<'_>,
    ) -> Verdict {
        match outcome {
            Err(status) if status.is(Reason::NotFound) => Verdict::Continue,
            // The node is there after all, or nobody can tell: its Pods stay.
            _ if call.tag == NODE => {
                self.orphans.remove(key);
                Verdict::Continue
            }
            Ok(_) => Verdict::Continue,
            // The next look is soon enough.
            Err(_) => Verdict::Drop,
        }
    }

    fn proceed(&mut self, key: &ObjectKey, _: Verdict, _: &mut Recorder, ctx: &mut Ctx<'_>) -> Plan {
        let pods = self.orphans.remove(key).unwrap_or_default();
        if pods.is_empty() {
            return Plan::none();
        }
        if ctx.trace.is_on() {
            ctx.record("collect", key.path(), format!("the node is gone: {} Pods go too", pods.len()));
        }
        delete(&pods, Some(("DeletionByPodGC", "PodGC: node no longer exists")), ctx)
    }

    fn clone_box(&self) -> Box<dyn Controller> {
        Box::new(self.clone())
    }
}

impl PodGarbageCollector {
    fn look_for_missing_nodes(&mut self, caches: &Caches, enqueue: &mut Enqueue) {
        let names = caches.store(Kind::Pod).into_iter().flat_map(|pods| pods.node_names());
        let missing: BTreeSet<Arc<str>> =
            names.filter(|name| caches.get::<Node>("", name).is_none()).map(Arc::from).collect();
        self.missing.retain(|name, _| missing.contains(name));
        for name in missing {
            let since = *self.missing.entry(Arc::clone(&name)).or_insert(enqueue.now);
            if enqueue.now.since(since) >= QUARANTINE {
                enqueue.add(ObjectKey::new(Kind::Node, "", name));
            }
        }
    }
}

/// Pods that are being deleted on nodes that are said to be down.
fn out_of_service(caches: &Caches) -> Vec<(ObjectKey, Option<(&'static str, &'static str)>)> {
    let is_down = |node: &&Arc<Node>| !node.is_ready() && node.taints().iter().any(|taint| taint.key == OUT_OF_SERVICE);
    let pods = caches.all::<Node>().filter(is_down).flat_map(|node| caches.pods_on(node.metadata.name()));
    let key = |pod: &Arc<Pod>| ObjectKey::new(Kind::Pod, pod.metadata.namespace(), pod.metadata.name());
    pods.filter(|pod| pod.metadata.is_terminating()).map(|pod| (key(pod), None)).collect()
}

/// Ends and deletes Pods without waiting for a kubelet: there is none to say that they have ended.
fn delete(pods: &[Arc<Pod>], told: Option<(&str, &str)>, ctx: &Ctx<'_>) -> Plan {
    let status = |pod: &Arc<Pod>| {
        let with_condition = told.and_then(|(reason, text)| with_disruption_target(pod, reason, text, ctx.now));
        if pod.is_terminal() {
            return None;
        }
        let mut pod = with_condition.unwrap_or_else(|| (**pod).clone());
        pod.status_mut().phase = Some("Failed".to_owned());
        let request = ctx.request(Verb::Patch, Kind::Pod, pod.metadata.namespace()).named(pod.metadata.name());
        let request = request.part(Subresource::Status).body(Body::StatusOf(pod.into()));
        Some(Call { request, tag: 0 })
    };
    let remove = |pod: &Arc<Pod>| {
        let options = DeleteOptions { grace_period_seconds: Some(0), ..DeleteOptions::default() };
        let request = ctx.request(Verb::Delete, Kind::Pod, pod.metadata.namespace()).named(pod.metadata.name());
        Call { request: request.body(Body::Delete(options)), tag: 0 }
    };
    let failed = pods.iter().filter_map(status).collect();
    Plan::none().stage(failed).stage(pods.iter().map(remove).collect())
}
