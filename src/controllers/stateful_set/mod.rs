//! The StatefulSet controller: Pods with numbers, each with a name, a host name and claims of its own.
//!
//! Models `pkg/controller/statefulset`. **Not modelled:** `maxUnavailable` (off by default in v1.36).
//!
//! Reading order: [`identity`] (what a Pod of the set is), [`plan`] (what is done next), [`retention`], [`status`], then this file.

pub mod identity;
pub mod plan;
pub mod retention;
pub mod status;

use std::collections::BTreeMap;
use std::sync::Arc;

use crate::client::{
    Body, Caches, Call, Controller, Ctx, Delta, Enqueue, EventType, Outcome, Plan, Reason, Recorder, Request,
    Subresource, Verb, Verdict,
};
use crate::engine::SimDuration;
use crate::model::apps::{ControllerRevision, StatefulSet};
use crate::model::core::PersistentVolumeClaim;
use crate::model::{Kind, Meta, Object, ObjectKey, Pod, Resource};

use super::history::History;
use plan::{Roster, Step};

/// What a call is for.
const REVISION: u64 = 1;
const CLAIM: u64 = 2;
const CREATE: u64 = 3;
const DELETE: u64 = 4;
const PRUNE: u64 = 5;
const OWN: u64 = 6;

/// The controller.
#[derive(Clone, Debug, Default)]
pub struct StatefulSetController {
    syncs: BTreeMap<ObjectKey, Sync>,
}

/// One look at one StatefulSet.
#[derive(Clone, Debug)]
struct Sync {
    set: Arc<StatefulSet>,
    roster: Roster,
    status_written: bool,
    /// The claims that the plan makes, by name, and the Pod that each is for.
    claims: BTreeMap<Arc<str>, String>,
}

impl Controller for StatefulSetController {
    fn name(&self) -> &'static str {
        "statefulset-controller"
    }

    fn watches(&self) -> &'static [Kind] {
        &[Kind::StatefulSet, Kind::Pod, Kind::ControllerRevision, Kind::PersistentVolumeClaim]
    }

    fn on_change(&mut self, delta: &Delta, caches: &Caches, enqueue: &mut Enqueue) {
        let object = delta.object();
        match object.kind() {
            Kind::StatefulSet => enqueue.add(object.key()),
            Kind::PersistentVolumeClaim => {}
            _ => {
                let owner = object.meta().controller().filter(|owner| owner.kind == Kind::StatefulSet.name());
                let Some(owner) = owner else { return };
                let key = ObjectKey::new(Kind::StatefulSet, object.namespace(), owner.name.as_str());
                let set = caches.get::<StatefulSet>(&key.namespace, &key.name);
                if let Some(set) = set.filter(|set| set.metadata.uid() == owner.uid) {
                    let min_ready = set.spec.as_ref().and_then(|spec| spec.min_ready_seconds).unwrap_or(0);
                    if min_ready > 0 && Pod::of(object).is_some_and(|pod| pod.is_ready()) {
                        // One more second, since timestamps are cut to whole ones.
                        enqueue.add_after(key.clone(), SimDuration::from_secs(u64::from(min_ready.unsigned_abs()) + 1));
                    }
                    enqueue.add(key);
                }
            }
        }
    }

    fn reconcile(&mut self, key: &ObjectKey, caches: &Caches, _: &mut Recorder, ctx: &mut Ctx<'_>) -> Plan {
        let Some(set) = caches.get::<StatefulSet>(&key.namespace, &key.name) else { return Plan::none() };
        let Some(spec) = &set.spec else { return Plan::none() };
        let history = History::of(set.metadata.uid(), caches);
        let collisions = set.status.as_ref().and_then(|status| status.collision_count);
        let present = history.present(Kind::StatefulSet, &set.metadata, &spec.template, collisions);
        if let Some(request) = present.request(ctx) {
            // The set comes back when the revision is there.
            return Plan::none().stage(vec![Call { request, tag: REVISION }]);
        }
        let pods = caches.controlled_by::<Pod>(set.metadata.uid()).cloned();
        let roster = Roster::new(set, &history, present.name(), pods, ctx.now);
        let mut sync = Sync { set: Arc::clone(set), roster, status_written: false, claims: BTreeMap::new() };
        let mut plan = Plan::none().stage(sync.owned_claims(caches, ctx));
        if !set.metadata.is_terminating() {
            for step in sync.roster.steps() {
                plan = sync.take(&step, plan, caches, ctx);
            }
        }
        plan = plan.stage(prune(&sync, &history, ctx));
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
        let Some(sync) = self.syncs.get(key) else {
            return if outcome.is_ok() { Verdict::Continue } else { Verdict::Retry };
        };
        match call.tag {
            CLAIM => sync.on_claim(call, outcome, recorder, ctx),
            CREATE | DELETE => sync.on_pod(call, outcome, recorder, ctx),
            _ => Verdict::or_gone(outcome, Verdict::Continue),
        }
    }

    fn proceed(&mut self, key: &ObjectKey, _: Verdict, _: &mut Recorder, ctx: &mut Ctx<'_>) -> Plan {
        let Some(sync) = self.syncs.get_mut(key) else { return Plan::none() };
        if !sync.status_written {
            sync.status_written = true;
            let wanted = status::status(&sync.set, &sync.roster);
            if sync.set.status.as_ref() != Some(&wanted) {
                let mut set = (*sync.set).clone();
                set.status = Some(wanted);
                return Plan::call(ctx.request_with(Verb::Update, set).part(Subresource::Status));
            }
        }
        let requeue_after = sync.roster.next_check();
        self.syncs.remove(key);
        Plan { requeue_after, ..Plan::none() }
    }

    fn clone_box(&self) -> Box<dyn Controller> {
        Box::new(self.clone())
    }
}

impl Sync {
    fn take(&mut self, step: &Step, plan: Plan, caches: &Caches, ctx: &Ctx<'_>) -> Plan {
        match step {
            Step::Create(ordinal) => {
                let claims = self.missing_claims(*ordinal, caches, ctx);
                let pod = self.roster.pod(*ordinal);
                let call = Call { request: ctx.request_with(Verb::Create, pod), tag: CREATE };
                plan.stage(claims).stage(vec![call])
            }
            Step::Delete(pod) => {
                plan.stage(vec![Call { request: ctx.deletion(Kind::Pod, &pod.metadata), tag: DELETE }])
            }
        }
    }

    /// Claims whose owners are not those that the policy wants.
    fn owned_claims(&self, caches: &Caches, ctx: &Ctx<'_>) -> Vec<Call> {
        let mut calls = Vec::new();
        for (ordinal, pod) in &self.roster.pods {
            for claim in identity::claims(&self.set, *ordinal) {
                let present = caches.get::<PersistentVolumeClaim>(claim.metadata.namespace(), claim.metadata.name());
                let is_surplus = self.roster.is_surplus(*ordinal);
                let claim = present.and_then(|claim| retention::corrected(claim, &self.set, pod, is_surplus));
                calls.extend(claim.map(|claim| Call { request: ctx.request_with(Verb::Update, claim), tag: OWN }));
            }
        }
        calls
    }

    fn missing_claims(&mut self, ordinal: i32, caches: &Caches, ctx: &Ctx<'_>) -> Vec<Call> {
        let pod = identity::pod_name(&self.set, ordinal);
        let mut calls = Vec::new();
        for claim in identity::claims(&self.set, ordinal) {
            let (namespace, name) = (claim.metadata.namespace(), claim.metadata.name());
            if caches.get::<PersistentVolumeClaim>(namespace, name).is_none() {
                self.claims.insert(name.into(), pod.clone());
                calls.push(Call { request: ctx.request_with(Verb::Create, claim), tag: CLAIM });
            }
        }
        calls
    }

    fn object(&self) -> Object {
        Object::from(Arc::clone(&self.set))
    }

    fn on_claim(&self, call: &Call, outcome: &Outcome, recorder: &mut Recorder, ctx: &mut Ctx<'_>) -> Verdict {
        let claim = body_name(&call.request);
        let pod = self.claims.get(&*claim).cloned().unwrap_or_default();
        let set = self.set.metadata.name();
        match outcome {
            Ok(_) => {
                let text = format!("Create Claim {claim} Pod {pod} in StatefulSet {set} success");
                recorder.event(ctx, &self.object(), EventType::Normal, "SuccessfulCreate", text);
                Verdict::Continue
            }
            Err(status) if status.is(Reason::AlreadyExists) => Verdict::Continue,
            Err(status) => {
                let text = format!("Create Claim {claim} for Pod {pod} in StatefulSet {set} failed error: {status}");
                recorder.event(ctx, &self.object(), EventType::Warning, "FailedCreate", text);
                Verdict::Retry
            }
        }
    }

    fn on_pod(&self, call: &Call, outcome: &Outcome, recorder: &mut Recorder, ctx: &mut Ctx<'_>) -> Verdict {
        let (verb, name) = match call.tag {
            CREATE => ("Create", body_name(&call.request)),
            _ => ("Delete", Arc::clone(&call.request.name)),
        };
        let set = self.set.metadata.name();
        match outcome {
            Ok(_) => {
                let text = format!("{verb} Pod {name} in StatefulSet {set} successful");
                recorder.event(ctx, &self.object(), EventType::Normal, &format!("Successful{verb}"), text);
                Verdict::Continue
            }
            // The cache is behind.
            Err(status) if status.is(Reason::AlreadyExists) || status.is(Reason::NotFound) => Verdict::Continue,
            Err(status) => {
                let text = format!("{verb} Pod {name} in StatefulSet {set} failed error: {status}");
                recorder.event(ctx, &self.object(), EventType::Warning, &format!("Failed{verb}"), text);
                Verdict::Retry
            }
        }
    }
}

/// The name of the object that a request creates.
fn body_name(request: &Request) -> Arc<str> {
    match &request.body {
        Body::Object(object) => object.name().into(),
        _ => Arc::default(),
    }
}

/// Revisions beyond the limit that no Pod has any more.
fn prune(sync: &Sync, history: &History, ctx: &Ctx<'_>) -> Vec<Call> {
    let limit = sync.set.spec.as_ref().and_then(|spec| spec.revision_history_limit).unwrap_or(10);
    let surplus = history.surplus(usize::try_from(limit).unwrap_or(0), |name| sync.roster.uses(name));
    let call = |one: &Arc<ControllerRevision>| {
        let request = ctx.deletion(Kind::ControllerRevision, &one.metadata);
        Call { request, tag: PRUNE }
    };
    surplus.iter().map(call).collect()
}
