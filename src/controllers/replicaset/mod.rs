//! The ReplicaSet controller: as many Pods as were asked for, no more and no fewer.
//!
//! Models `pkg/controller/replicaset/replica_set.go`.
//!
//! Reading order: [`flavor`] (ReplicaSets and ReplicationControllers), [`ranking`] (which Pods go), [`status`] (what is told), [`roster`] (how many there are), then this file.

pub mod flavor;
pub mod ranking;
pub mod roster;
pub mod status;

use std::collections::BTreeMap;
use std::sync::Arc;

use crate::client::{
    Caches, Call, Controller, Ctx, Delta, Enqueue, Outcome, Plan, Reason, Recorder, Subresource, Verb, Verdict,
};
use crate::engine::SimDuration;
use crate::model::apps::ReplicaSet;
use crate::model::{Kind, Meta, ObjectKey, Pod, Resource, Selector};

use super::claim::{Claim, Orphans, checked, claim};
use super::expectations::Expectations;
use super::pod_control::PodControl;
use super::pod_template::PodTemplate;
use flavor::Flavor;
use roster::{Rosters, Tally};
use status::Counts;

/// At most so many Pods are created or deleted at a time. Source: `replica_set.go`, `BurstReplicas`.
const BURST: usize = 500;

/// What a call of the plan is for; the write of the status has no mark.
const CHECK: u64 = 1;
const CLAIM: u64 = 2;
const CREATE: u64 = 3;
const DELETE: u64 = 4;

/// The controller.
#[derive(Clone, Debug, Default)]
pub struct ReplicaSetController {
    flavor: Flavor,
    expectations: Expectations,
    orphans: Orphans,
    rosters: Rosters,
    syncs: BTreeMap<ObjectKey, Sync>,
}

/// One look at one ReplicaSet, from its first call to its last.
#[derive(Clone, Debug)]
struct Sync {
    flavor: Flavor,
    rs: Arc<ReplicaSet>,
    counts: Counts,
    pods: PodControl,
    status_written: bool,
}

impl Controller for ReplicaSetController {
    fn name(&self) -> &'static str {
        self.flavor.controller()
    }

    fn watches(&self) -> &'static [Kind] {
        self.flavor.watches()
    }

    fn on_change(&mut self, delta: &Delta, caches: &Caches, enqueue: &mut Enqueue) {
        if delta.object().kind() == Kind::Pod {
            self.orphans.observe(delta);
            self.rosters.observe(delta);
            self.on_pod(delta, caches, enqueue);
            return;
        }
        if delta.is_removal() {
            self.expectations.forget(&delta.object().key());
            self.rosters.forget(delta.object().meta().uid());
        }
        enqueue.add(delta.object().key());
    }

    fn reconcile(&mut self, key: &ObjectKey, caches: &Caches, _: &mut Recorder, ctx: &mut Ctx<'_>) -> Plan {
        let Some(rs) = self.flavor.get(caches, &key.namespace, &key.name) else {
            self.expectations.forget(key);
            return Plan::none();
        };
        let Ok(selector) = Selector::from_typed(rs.spec.as_ref().map(|spec| &spec.selector)) else {
            return Plan::none();
        };
        let tally = self.rosters.tally(&rs, &selector, caches);
        let mut counts = tally.counts;
        let mut claimed = Claim::default();
        if self.needs_names(&rs, &selector, &tally, caches) {
            let active = caches.controlled_by::<Pod>(rs.metadata.uid()).filter(|pod| pod.is_active());
            let orphans = self.orphans.in_namespace::<Pod>(&key.namespace, caches).filter(|pod| pod.is_active());
            claimed = claim(&rs.metadata, &selector, active, orphans);
            counts = Counts::of(&rs, &claimed.claimed, counts.terminating, ctx.now);
        }
        let tagged = |tag| move |request| Call { request, tag };
        let mut plan = Plan::none()
            .stage(claimed.check(self.flavor.kind(), &rs.metadata, ctx).into_iter().map(tagged(CHECK)).collect())
            .stage(claimed.patches(self.flavor.kind(), &rs.metadata, ctx).into_iter().map(tagged(CLAIM)).collect());
        let pods = PodControl::of(self.flavor.object(&rs));
        let mut sync = Sync { flavor: self.flavor, rs, counts, pods, status_written: false };
        if self.expectations.satisfied(key, ctx.now) && !sync.rs.metadata.is_terminating() {
            plan = manage(&mut self.expectations, &mut sync, key, &claimed.claimed, plan, caches, ctx);
        }
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
        let Some(sync) = self.syncs.get_mut(key) else { return Verdict::Continue };
        match call.tag {
            CREATE => sync.pods.on_created(outcome, &mut self.expectations, recorder, ctx),
            DELETE => sync.pods.on_deleted(&call.request.name, outcome, &mut self.expectations, recorder, ctx),
            CHECK => checked(sync.rs.metadata.uid(), outcome),
            CLAIM => match outcome {
                Ok(_) => Verdict::Continue,
                // The Pod is gone, or is another one by now: nothing is left to adopt.
                Err(status) if status.is(Reason::NotFound) || status.is(Reason::Invalid) => Verdict::Continue,
                Err(_) => Verdict::Retry,
            },
            _ => Verdict::or_gone(outcome, Verdict::Drop),
        }
    }

    fn proceed(&mut self, key: &ObjectKey, _: Verdict, _: &mut Recorder, ctx: &mut Ctx<'_>) -> Plan {
        let Some(sync) = self.syncs.get_mut(key) else { return Plan::none() };
        sync.pods.settle(&mut self.expectations);
        if !sync.status_written {
            sync.status_written = true;
            let wanted = status::status(&sync.rs, &sync.counts, sync.pods.failure(), ctx.now);
            let wanted = sync.flavor.told(wanted);
            if !status::same(sync.rs.status.as_ref(), &wanted) {
                let object = sync.flavor.with_status(&sync.rs, wanted);
                return Plan::call(ctx.request_with(Verb::Update, object).part(Subresource::Status));
            }
        }
        let next_check = sync.counts.next_check;
        self.syncs.remove(key);
        Plan { requeue_after: next_check, ..Plan::none() }
    }

    fn clone_box(&self) -> Box<dyn Controller> {
        Box::new(self.clone())
    }
}

impl ReplicaSetController {
    /// The controller of one of the two kinds.
    #[must_use]
    pub fn of(flavor: Flavor) -> Self {
        Self { flavor, ..Self::default() }
    }

    /// Whether numbers are not enough: Pods are to be adopted, released or chosen for deletion, or become available later.
    fn needs_names(&self, rs: &ReplicaSet, selector: &Selector, tally: &Tally, caches: &Caches) -> bool {
        let spec = rs.spec.as_ref();
        let mut orphans = self.orphans.in_namespace::<Pod>(rs.metadata.namespace(), caches);
        tally.aliens > 0
            || tally.counts.active > spec.and_then(|spec| spec.replicas).unwrap_or(1)
            || spec.and_then(|spec| spec.min_ready_seconds).unwrap_or(0) > 0
            || orphans.any(|pod| selector.matches(pod.metadata.label_map()))
    }

    fn on_pod(&mut self, delta: &Delta, caches: &Caches, enqueue: &mut Enqueue) {
        let (old, new) = (delta.old.as_ref().and_then(Pod::of), delta.new.as_ref().and_then(Pod::of));
        let flavor = self.flavor;
        let owner_of = |pod: &Pod| owner_key(flavor, pod, caches);
        match (old, new) {
            (_, None) => {
                let Some(pod) = old else { return };
                self.on_pod_gone(pod, caches, enqueue);
            }
            (_, Some(pod)) if pod.metadata.is_terminating() => self.on_pod_gone(pod, caches, enqueue),
            (None, Some(pod)) => match owner_of(pod) {
                Some(key) => {
                    self.expectations.creation_observed(&key);
                    enqueue.add(key);
                }
                None => enqueue_matching(flavor, pod, caches, enqueue),
            },
            (Some(old), Some(pod)) => {
                let owner = |pod: &Pod| pod.metadata.controller().map(|owner| owner.uid.clone());
                let moved = owner(old) != owner(pod);
                if moved && let Some(key) = owner_of(old) {
                    enqueue.add(key);
                }
                match owner_of(pod) {
                    Some(key) => enqueue_owner(flavor, old, pod, key, caches, enqueue),
                    None if moved || old.metadata.labels != pod.metadata.labels => {
                        enqueue_matching(flavor, pod, caches, enqueue);
                    }
                    None => {}
                }
            }
        }
    }

    fn on_pod_gone(&mut self, pod: &Pod, caches: &Caches, enqueue: &mut Enqueue) {
        if let Some(key) = owner_key(self.flavor, pod, caches) {
            self.expectations.deletion_observed(&key, pod.metadata.uid());
            enqueue.add(key);
        }
    }
}

fn key_of(flavor: Flavor, rs: &ReplicaSet) -> ObjectKey {
    ObjectKey::new(flavor.kind(), rs.metadata.namespace(), rs.metadata.name())
}

/// The ReplicaSet that manages a Pod, if it is the one in the cache.
fn owner_key(flavor: Flavor, pod: &Pod, caches: &Caches) -> Option<ObjectKey> {
    let owner = pod.metadata.controller().filter(|owner| owner.kind == flavor.kind().name())?;
    let rs = flavor.get(caches, pod.metadata.namespace(), &owner.name)?;
    (rs.metadata.uid() == owner.uid).then(|| key_of(flavor, &rs))
}

fn enqueue_owner(flavor: Flavor, old: &Pod, pod: &Pod, key: ObjectKey, caches: &Caches, enqueue: &mut Enqueue) {
    let rs = flavor.get(caches, &key.namespace, &key.name);
    let min_ready = rs.and_then(|rs| rs.spec.as_ref()?.min_ready_seconds).unwrap_or(0);
    if min_ready > 0 && !old.is_ready() && pod.is_ready() {
        // One more second, since timestamps are cut to whole ones.
        let delay = SimDuration::from_secs(u64::from(min_ready.unsigned_abs()) + 1);
        enqueue.add_after(key.clone(), delay);
    }
    enqueue.add(key);
}

/// Every ReplicaSet that may adopt an orphan.
fn enqueue_matching(flavor: Flavor, pod: &Pod, caches: &Caches, enqueue: &mut Enqueue) {
    if pod.metadata.controller().is_some() || pod.metadata.label_map().is_empty() {
        return;
    }
    for rs in flavor.list(caches, pod.metadata.namespace()) {
        let selector = Selector::from_typed(rs.spec.as_ref().map(|spec| &spec.selector)).unwrap_or(Selector::nothing());
        if !selector.is_empty() && selector.matches(pod.metadata.label_map()) {
            enqueue.add(key_of(flavor, &rs));
        }
    }
}

/// Plans to create what is missing or to delete what is too much.
fn manage(
    expectations: &mut Expectations,
    sync: &mut Sync,
    key: &ObjectKey,
    active: &[Arc<Pod>],
    plan: Plan,
    caches: &Caches,
    ctx: &mut Ctx<'_>,
) -> Plan {
    let rs = Arc::clone(&sync.rs);
    let spec = rs.spec.as_ref();
    let wanted = usize::try_from(spec.and_then(|spec| spec.replicas).unwrap_or(1)).unwrap_or(0);
    let present = usize::try_from(sync.counts.active).unwrap_or(0);
    if let Some(missing) = wanted.checked_sub(present).filter(|missing| *missing > 0) {
        let Some(template) = spec.and_then(|spec| spec.template.as_ref()) else { return plan };
        let count = missing.min(BURST);
        if ctx.trace.is_on() {
            ctx.record("replicate", key.path(), format!("{present} of {wanted} Pods: creating {count}"));
        }
        let template = PodTemplate::new(template, sync.flavor.kind(), &rs.metadata);
        let pods = (0..count).map(|_| template.pod());
        return plan.slow_start(sync.pods.create(pods, CREATE, expectations, ctx));
    }
    let count = present.saturating_sub(wanted).min(BURST);
    if count == 0 {
        return plan;
    }
    if ctx.trace.is_on() {
        ctx.record("replicate", key.path(), format!("{present} Pods, {wanted} wanted: deleting {count}"));
    }
    let victims = ranking::pods_to_delete(active, &related(&rs, caches), count, ctx.now);
    plan.stage(sync.pods.delete(&victims, DELETE, expectations, ctx))
}

/// The Pods of every ReplicaSet that has the same owner.
fn related(rs: &ReplicaSet, caches: &Caches) -> Vec<Arc<Pod>> {
    let Some(owner) = rs.metadata.controller() else { return Vec::new() };
    let siblings = caches.controlled_by::<ReplicaSet>(&owner.uid);
    siblings.flat_map(|rs| caches.controlled_by::<Pod>(rs.metadata.uid())).cloned().collect()
}
