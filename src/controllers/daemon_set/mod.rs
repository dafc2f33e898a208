//! The DaemonSet controller: one Pod on every node that is meant.
//!
//! Models `pkg/controller/daemon/daemon_controller.go`. The default scheduler binds the Pods: each is made for one node by a node
//! affinity on its name.
//!
//! Reading order: [`node`] (which nodes are meant), [`pods`] (what a Pod of the set is), [`plan`] (what is done next), [`backoff`], [`status`], then
//! this file.

pub mod backoff;
pub mod node;
pub mod plan;
pub mod pods;
pub mod status;

use std::collections::BTreeMap;
use std::sync::Arc;

use crate::client::{
    Caches, Call, Controller, Ctx, Delta, Enqueue, EventType, Outcome, Plan, Recorder, Subresource, Verb, Verdict,
};
use crate::engine::SimDuration;
use crate::model::apps::{ControllerRevision, DaemonSet};
use crate::model::metav1::LabelSelector;
use crate::model::{Kind, Meta, Object, ObjectKey, Pod, Resource};

use super::expectations::Expectations;
use super::history::History;
use super::pod_control::PodControl;
use backoff::FailedPods;
use plan::Roster;

/// What a call is for.
const REVISION: u64 = 1;
const CREATE: u64 = 2;
const DELETE: u64 = 3;
const PRUNE: u64 = 4;

/// The controller.
#[derive(Clone, Debug, Default)]
pub struct DaemonSetController {
    expectations: Expectations,
    syncs: BTreeMap<ObjectKey, Sync>,
    failed: FailedPods,
}

/// One look at one DaemonSet.
#[derive(Clone, Debug)]
struct Sync {
    set: Arc<DaemonSet>,
    roster: Roster,
    status_written: bool,
    pods: PodControl,
    /// When a failed Pod may be replaced.
    retry_after: Option<SimDuration>,
}

impl Controller for DaemonSetController {
    fn name(&self) -> &'static str {
        "daemonset-controller"
    }

    fn account(&self) -> &'static str {
        "daemon-set-controller"
    }

    fn watches(&self) -> &'static [Kind] {
        &[Kind::DaemonSet, Kind::Pod, Kind::Node, Kind::ControllerRevision]
    }

    fn workers(&self) -> usize {
        // Source: `--concurrent-daemonset-syncs`.
        2
    }

    fn on_change(&mut self, delta: &Delta, caches: &Caches, enqueue: &mut Enqueue) {
        let object = delta.object();
        match object.kind() {
            Kind::DaemonSet => {
                if delta.is_removal() {
                    self.expectations.forget(&object.key());
                }
                enqueue.add(object.key());
            }
            Kind::Node => {
                if node::matters(delta) {
                    for set in caches.all::<DaemonSet>() {
                        enqueue.add(Object::from(Arc::clone(set)).key());
                    }
                }
            }
            _ => self.on_dependent(delta, caches, enqueue),
        }
    }

    fn reconcile(&mut self, key: &ObjectKey, caches: &Caches, recorder: &mut Recorder, ctx: &mut Ctx<'_>) -> Plan {
        let Some(set) = caches.get::<DaemonSet>(&key.namespace, &key.name) else { return Plan::none() };
        let Some(spec) = set.spec.as_ref().filter(|_| !set.metadata.is_terminating()) else { return Plan::none() };
        let object = Object::from(Arc::clone(set));
        if spec.selector == LabelSelector::default() {
            let text = "This daemon set is selecting all pods. A non-empty selector is required.";
            recorder.event(ctx, &object, EventType::Warning, "SelectingAll", text);
            return Plan::none();
        }
        let history = History::of(set.metadata.uid(), caches);
        let collisions = set.status.as_ref().and_then(|status| status.collision_count);
        let present = history.present(Kind::DaemonSet, &set.metadata, &spec.template, collisions);
        if let Some(request) = present.request(ctx) {
            // The set comes back when the revision is there.
            return Plan::none().stage(vec![Call { request, tag: REVISION }]);
        }
        let hash = present.name().rsplit('-').next().unwrap_or_default();
        let roster = Roster::new(set, hash, caches, ctx.now);
        let pods = PodControl::of(object);
        let mut sync = Sync { set: Arc::clone(set), roster, status_written: false, pods, retry_after: None };
        let mut plan = Plan::none();
        if self.expectations.satisfied(key, ctx.now) {
            plan = sync.manage(plan, &mut self.expectations, &mut self.failed, recorder, ctx);
        }
        let limit = usize::try_from(spec.revision_history_limit.unwrap_or(10)).unwrap_or(0);
        let prune = |one: &Arc<ControllerRevision>| {
            let request = ctx.deletion(Kind::ControllerRevision, &one.metadata);
            Call { request, tag: PRUNE }
        };
        let is_live =
            |name: &str| name == present.name() || sync.roster.uses(name.rsplit('-').next().unwrap_or_default());
        plan = plan.stage(history.surplus(limit, is_live).iter().map(prune).collect());
        self.syncs.insert(key.clone(), sync);
        plan
    }

    fn on_outcome(
        &mut self,
        key: &ObjectKey,
        call: &Call,
        outcome: &Outcome,
        recorder: &mut Recorder,
        ctx: &mut Ctx<'_>,
    ) -> Verdict {
        let Some(sync) = self.syncs.get_mut(key) else {
            return if outcome.is_ok() { Verdict::Continue } else { Verdict::Retry };
        };
        match call.tag {
            CREATE => sync.pods.on_created(outcome, &mut self.expectations, recorder, ctx),
            DELETE => sync.pods.on_deleted(&call.request.name, outcome, &mut self.expectations, recorder, ctx),
            _ => Verdict::or_gone(outcome, Verdict::Continue),
        }
    }

    fn proceed(&mut self, key: &ObjectKey, _: Verdict, _: &mut Recorder, ctx: &mut Ctx<'_>) -> Plan {
        let Some(sync) = self.syncs.get_mut(key) else { return Plan::none() };
        sync.pods.settle(&mut self.expectations);
        if !sync.status_written {
            sync.status_written = true;
            let wanted = status::status(&sync.set, &sync.roster);
            if sync.set.status.as_ref() != Some(&wanted) {
                let mut set = (*sync.set).clone();
                set.status = Some(wanted);
                return Plan::call(ctx.request_with(Verb::Update, set).part(Subresource::Status));
            }
        }
        let requeue_after = sync.roster.next_check().into_iter().chain(sync.retry_after).min();
        self.syncs.remove(key);
        Plan { requeue_after, ..Plan::none() }
    }

    fn clone_box(&self) -> Box<dyn Controller> {
        Box::new(self.clone())
    }
}

impl DaemonSetController {
    /// A Pod or a revision of a set has changed.
    fn on_dependent(&mut self, delta: &Delta, caches: &Caches, enqueue: &mut Enqueue) {
        let object = delta.object();
        let Some(owner) = object.meta().controller().filter(|owner| owner.kind == Kind::DaemonSet.name()) else {
            return;
        };
        let key = ObjectKey::new(Kind::DaemonSet, object.namespace(), owner.name.as_str());
        let set = caches.get::<DaemonSet>(&key.namespace, &key.name);
        let Some(set) = set.filter(|set| set.metadata.uid() == owner.uid) else { return };
        if object.kind() == Kind::Pod {
            if delta.old.is_none() {
                self.expectations.creation_observed(&key);
            }
            let was_ending = delta.old.as_ref().is_some_and(|old| old.meta().deletion_timestamp.is_some());
            if delta.is_removal() || (object.meta().deletion_timestamp.is_some() && !was_ending) {
                self.expectations.deletion_observed(&key, object.meta().uid());
            }
            let min_ready = set.spec.as_ref().and_then(|spec| spec.min_ready_seconds).unwrap_or(0);
            if min_ready > 0 && Pod::of(object).is_some_and(|pod| pod.is_ready()) {
                // One more second, since timestamps are cut to whole ones.
                enqueue.add_after(key.clone(), SimDuration::from_secs(u64::from(min_ready.unsigned_abs()) + 1));
            }
        }
        enqueue.add(key);
    }
}

impl Sync {
    /// Makes and deletes Pods.
    fn manage(
        &mut self,
        plan: Plan,
        expectations: &mut Expectations,
        failed: &mut FailedPods,
        recorder: &mut Recorder,
        ctx: &mut Ctx<'_>,
    ) -> Plan {
        let mut steps = self.roster.steps();
        let owner = self.pods.owner().clone();
        for (pod, node) in std::mem::take(&mut steps.failed) {
            let generation = self.set.metadata.generation.unwrap_or(0);
            let place = (self.set.metadata.uid().to_owned(), generation, node.clone());
            if let Some(wait) = failed.wait(place, ctx.now) {
                self.retry_after = Some(self.retry_after.map_or(wait, |earlier| earlier.min(wait)));
                continue;
            }
            let name = Object::from(Arc::clone(&pod)).key().namespaced_name();
            let text = format!("Found failed daemon pod {name} on node {node}, will try to kill it");
            recorder.event(ctx, &owner, EventType::Warning, "FailedDaemonPod", text);
            steps.delete.push(pod);
        }
        for (pod, node) in std::mem::take(&mut steps.succeeded) {
            let name = Object::from(Arc::clone(&pod)).key().namespaced_name();
            let text = format!("Found succeeded daemon pod {name} on node {node}, will try to delete it");
            recorder.event(ctx, &owner, EventType::Normal, "SucceededDaemonPod", text);
            steps.delete.push(pod);
        }
        let pods = steps.create.iter().map(|node| pods::pod(&self.set, node, &self.roster.hash));
        let creations = self.pods.create(pods, CREATE, expectations, ctx);
        plan.slow_start(creations).stage(self.pods.delete(&steps.delete, DELETE, expectations, ctx))
    }
}
