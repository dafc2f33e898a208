//! The garbage collector: objects go when their owners have gone, before them when asked, or not at all.
//!
//! Models `pkg/controller/garbagecollector`.
//!
//! Reading order: [`graph`], [`mod@judge`], then this file.

pub mod graph;
pub mod judge;

use std::collections::BTreeMap;
use std::sync::LazyLock;

use serde_json::json;

use crate::client::{
    Body, Caches, Call, Controller, Ctx, DeleteOptions, Delta, Enqueue, EventType, Outcome, PatchType, Plan,
    Propagation, Reason, Recorder, Request, Verb, Verdict,
};
use crate::model::metav1::OwnerReference;
use crate::model::{Kind, Meta, Object, ObjectKey};

use graph::{FOREGROUND, Graph, ORPHAN, cached, is_deleting_dependents, is_orphaning, owner_key};
use judge::{Owner, Sentence, judge};

/// What a call is for; owners are numbered from [`OWNER`].
const ITEM: u64 = 1;
const ACT: u64 = 2;
const OWNER: u64 = 16;

/// The kinds that may own and be owned.
static OWNABLE: LazyLock<Vec<Kind>> = LazyLock::new(|| Kind::all().filter(|kind| *kind != Kind::Event).collect());

/// The controller.
#[derive(Clone, Debug, Default)]
pub struct GarbageCollector {
    graph: Graph,
    syncs: BTreeMap<ObjectKey, Sync>,
}

/// One look at one object.
#[derive(Clone, Debug)]
struct Sync {
    uid: String,
    phase: Phase,
    /// As the API server has it now.
    item: Option<Object>,
    owners: BTreeMap<u64, Owner>,
    /// Dependents that hold it up, as the caches have it.
    blocked: bool,
    has_dependents: bool,
    in_circle: bool,
    /// Dependents that must forget it.
    orphans: Vec<Object>,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Phase {
    Item,
    Owners,
    Acting,
    Finalizer,
}

impl Controller for GarbageCollector {
    fn name(&self) -> &'static str {
        "garbage-collector-controller"
    }

    fn account(&self) -> &'static str {
        "generic-garbage-collector"
    }

    /// Everything but Events, which nobody owns. Source: `ignoredResources`.
    fn watches(&self) -> &'static [Kind] {
        &OWNABLE
    }

    fn on_change(&mut self, delta: &Delta, caches: &Caches, enqueue: &mut Enqueue) {
        match (&delta.old, &delta.new) {
            (Some(old), Some(new)) if old.meta().uid() == new.meta().uid() => {
                self.on_update(old, new, caches, enqueue);
            }
            (old, new) => {
                if let Some(old) = old {
                    self.on_removal(old, caches, enqueue);
                }
                if let Some(new) = new {
                    self.graph.add(new);
                    if !self.graph.is_settled(new, caches) {
                        enqueue.add(new.key());
                    }
                    self.on_transition(None, new, enqueue);
                }
            }
        }
    }

    fn reconcile(&mut self, key: &ObjectKey, caches: &Caches, recorder: &mut Recorder, ctx: &mut Ctx<'_>) -> Plan {
        let Some(object) = cached(key, caches) else { return Plan::none() };
        let meta = object.meta();
        let waits = is_deleting_dependents(meta) || is_orphaning(meta);
        if !waits && (meta.is_terminating() || self.graph.is_settled(object, caches)) {
            return Plan::none();
        }
        self.tell_unreachable_owners(object, recorder, ctx);
        let uid = meta.uid();
        let dependents = || self.graph.dependents(uid).filter_map(|key| cached(key, caches));
        let sync = Sync {
            uid: uid.to_owned(),
            phase: Phase::Item,
            item: None,
            owners: BTreeMap::new(),
            blocked: self.graph.blockers(uid, caches).next().is_some(),
            has_dependents: dependents().next().is_some(),
            in_circle: dependents().any(|one| is_deleting_dependents(one.meta())),
            orphans: if is_orphaning(meta) { dependents().cloned().collect() } else { Vec::new() },
        };
        self.syncs.insert(key.clone(), sync);
        let request = ctx.request(Verb::Get, key.kind, &key.namespace).named(key.name.clone());
        Plan::none().stage(vec![Call { request, tag: ITEM }])
    }

    fn on_outcome(
        &mut self,
        key: &ObjectKey,
        call: &Call,
        outcome: &Outcome,
        _: &mut Recorder,
        _: &mut Ctx<'_>,
    ) -> Verdict {
        let Some(sync) = self.syncs.get_mut(key) else { return Verdict::Drop };
        match (call.tag, outcome) {
            (ITEM, Ok(response)) => sync.item = response.object().filter(|item| item.meta().uid() == sync.uid).cloned(),
            (ACT, Ok(_)) => {}
            (OWNER.., Ok(response)) => {
                let (index, found) = (call.tag - OWNER, response.object());
                let owner =
                    sync.owner(index).zip(found).map_or(Owner::Dangling, |(owner, found)| classify(owner, found));
                sync.owners.insert(index, owner);
            }
            (OWNER.., Err(status)) if status.is(Reason::NotFound) => {
                let index = call.tag - OWNER;
                if let Some(owner) = sync.owner(index) {
                    self.graph.is_absent(owner.uid.as_str().into());
                }
                sync.owners.insert(index, Owner::Dangling);
            }
            (_, Err(status)) if status.is(Reason::NotFound) => {}
            // Another object of that name: the one meant is gone.
            (ACT, Err(status)) if status.is(Reason::Conflict) => return Verdict::Retry,
            _ => return Verdict::Retry,
        }
        Verdict::Continue
    }

    fn proceed(&mut self, key: &ObjectKey, verdict: Verdict, _: &mut Recorder, ctx: &mut Ctx<'_>) -> Plan {
        let graph = &self.graph;
        let plan = match self.syncs.get_mut(key).filter(|_| verdict == Verdict::Continue) {
            Some(sync) => sync.next(graph, ctx),
            None => Plan::none(),
        };
        if plan.stages.is_empty() {
            self.syncs.remove(key);
        }
        plan
    }

    fn workers(&self) -> usize {
        20
    }

    fn clone_box(&self) -> Box<dyn Controller> {
        Box::new(self.clone())
    }
}

impl GarbageCollector {
    fn on_update(&mut self, old: &Object, new: &Object, caches: &Caches, enqueue: &mut Enqueue) {
        if old.meta().owner_references != new.meta().owner_references {
            self.graph.change_owners(old, new);
            if !self.graph.is_settled(new, caches) {
                enqueue.add(new.key());
            }
            // An owner that is let go may have waited for this one.
            for owner in old.meta().owners() {
                self.enqueue_waiting(owner, caches, enqueue);
            }
        }
        self.on_transition(Some(old), new, enqueue);
    }

    fn on_removal(&mut self, object: &Object, caches: &Caches, enqueue: &mut Enqueue) {
        let meta = object.meta();
        for dependent in self.graph.dependents(meta.uid()) {
            enqueue.add(dependent.clone());
        }
        self.graph.remove(object);
        for owner in meta.owners() {
            self.enqueue_waiting(owner, caches, enqueue);
        }
    }

    /// An owner that waits for its dependents is looked at when one of them goes.
    fn enqueue_waiting(&self, owner: &OwnerReference, caches: &Caches, enqueue: &mut Enqueue) {
        let Some(key) = self.graph.find(&owner.uid) else { return };
        if cached(key, caches).is_some_and(|owner| is_deleting_dependents(owner.meta())) {
            enqueue.add(key.clone());
        }
    }

    /// An object begins to wait for its dependents, to be deleted or to forget it.
    fn on_transition(&self, old: Option<&Object>, new: &Object, enqueue: &mut Enqueue) {
        let begins = |waits: fn(&crate::model::metav1::ObjectMeta) -> bool| {
            waits(new.meta()) && !old.is_some_and(|old| waits(old.meta()))
        };
        if begins(is_deleting_dependents) {
            for dependent in self.graph.dependents(new.meta().uid()) {
                enqueue.add(dependent.clone());
            }
            enqueue.add(new.key());
        } else if begins(is_orphaning) {
            enqueue.add(new.key());
        }
    }

    /// An owner in another namespace does not count; an event says so.
    fn tell_unreachable_owners(&self, object: &Object, recorder: &mut Recorder, ctx: &mut Ctx<'_>) {
        for owner in object.meta().owners() {
            let Some(found) = self.graph.find(&owner.uid) else { continue };
            if found.namespace.is_empty() || *found.namespace == *object.namespace() {
                continue;
            }
            let (namespace, version) = (object.namespace(), &owner.api_version);
            let text = format!(
                "ownerRef [{version}/{}, namespace: {namespace}, name: {}, uid: {}] does not exist in namespace \
                 \"{namespace}\"",
                owner.kind, owner.name, owner.uid
            );
            recorder.event(ctx, object, EventType::Warning, "OwnerRefInvalidNamespace", text);
        }
    }
}

impl Sync {
    fn owner(&self, index: u64) -> Option<&OwnerReference> {
        self.item.as_ref()?.meta().owners().get(usize::try_from(index).ok()?)
    }

    /// The next calls; none when the look is over.
    fn next(&mut self, graph: &Graph, ctx: &mut Ctx<'_>) -> Plan {
        let Some(item) = self.item.clone() else { return Plan::none() };
        match self.phase {
            Phase::Item if is_orphaning(item.meta()) => {
                self.phase = Phase::Finalizer;
                let uid = [self.uid.clone()];
                let forget = |one: &Object| act(forget(one, &uid, ctx));
                let calls: Vec<_> = self.orphans.iter().map(forget).collect();
                if calls.is_empty() { self.next(graph, ctx) } else { Plan::none().stage(calls) }
            }
            Phase::Item if is_deleting_dependents(item.meta()) => {
                if self.blocked {
                    return Plan::none();
                }
                self.phase = Phase::Acting;
                one(without_finalizer(&item, FOREGROUND, ctx))
            }
            Phase::Item => {
                self.phase = Phase::Owners;
                let calls = self.owner_calls(&item, graph, ctx);
                if calls.is_empty() { self.next(graph, ctx) } else { Plan::none().stage(calls) }
            }
            Phase::Owners => {
                self.phase = Phase::Acting;
                self.act(&item, ctx)
            }
            Phase::Finalizer => {
                self.phase = Phase::Acting;
                one(without_finalizer(&item, ORPHAN, ctx))
            }
            Phase::Acting => Plan::none(),
        }
    }

    /// Looks for the owners that are not known to be gone. One of a kind that is not served stays, as nobody can tell.
    fn owner_calls(&mut self, item: &Object, graph: &Graph, ctx: &Ctx<'_>) -> Vec<Call> {
        let mut calls = Vec::new();
        for (index, owner) in (0..).zip(item.meta().owners()) {
            if graph.knows_absent(&owner.uid) {
                self.owners.insert(index, Owner::Dangling);
            } else if let Some(key) = owner_key(owner, item.namespace()) {
                let request = ctx.request(Verb::Get, key.kind, &key.namespace).named(key.name.clone());
                calls.push(Call { request, tag: OWNER + index });
            } else {
                self.owners.insert(index, Owner::Solid);
            }
        }
        calls
    }

    fn act(&self, item: &Object, ctx: &mut Ctx<'_>) -> Plan {
        let owners: Vec<Owner> = self.owners.values().copied().collect();
        let sentence = judge(item.meta(), &owners, self.has_dependents, self.in_circle);
        if sentence != Sentence::Keep && ctx.trace.is_on() {
            ctx.record("collect", item.key().path(), describe(&sentence));
        }
        match sentence {
            Sentence::Keep => Plan::none(),
            Sentence::Forget(uids) => one(forget(item, &uids, ctx)),
            Sentence::UnblockAndDelete => {
                one(unblock(item, ctx)).stage(vec![act(delete(item, Propagation::Foreground, ctx))])
            }
            Sentence::Delete(propagation) => one(delete(item, propagation, ctx)),
        }
    }
}

fn describe(sentence: &Sentence) -> &'static str {
    match sentence {
        Sentence::Keep => "its owners are there",
        Sentence::Forget(_) => "one of its owners is gone, another is not: the reference is dropped",
        Sentence::UnblockAndDelete | Sentence::Delete(_) => "no owner is left: it goes too",
    }
}

fn classify(reference: &OwnerReference, found: &Object) -> Owner {
    if found.meta().uid() != reference.uid {
        Owner::Dangling
    } else if is_deleting_dependents(found.meta()) {
        Owner::Waiting
    } else {
        Owner::Solid
    }
}

fn act(request: Request) -> Call {
    Call { request, tag: ACT }
}

fn one(request: Request) -> Plan {
    Plan::none().stage(vec![act(request)])
}

fn patch(object: &Object, patch_type: PatchType, body: serde_json::Value, ctx: &Ctx<'_>) -> Request {
    let request = ctx.request(Verb::Patch, object.kind(), object.namespace()).named(object.name());
    request.body(Body::Patch(patch_type, body))
}

fn forget(object: &Object, uids: &[String], ctx: &Ctx<'_>) -> Request {
    let references: Vec<_> = uids.iter().map(|uid| json!({"$patch": "delete", "uid": uid})).collect();
    let body = json!({"metadata": {"ownerReferences": references, "uid": object.meta().uid()}});
    patch(object, PatchType::Strategic, body, ctx)
}

fn unblock(object: &Object, ctx: &Ctx<'_>) -> Request {
    let mut owners = object.meta().owners().to_vec();
    owners.iter_mut().for_each(|owner| owner.block_owner_deletion = Some(false));
    let meta = object.meta();
    let body = json!({"metadata": {"ownerReferences": owners, "resourceVersion": meta.resource_version}});
    patch(object, PatchType::Merge, body, ctx)
}

fn without_finalizer(object: &Object, finalizer: &str, ctx: &Ctx<'_>) -> Request {
    let meta = object.meta();
    let left: Vec<_> = meta.finalizers.iter().flatten().filter(|one| *one != finalizer).collect();
    let body = json!({"metadata": {"finalizers": left, "resourceVersion": meta.resource_version}});
    patch(object, PatchType::Merge, body, ctx)
}

fn delete(object: &Object, propagation: Propagation, ctx: &Ctx<'_>) -> Request {
    let uid = Some(object.meta().uid().into());
    let options = DeleteOptions { propagation: Some(propagation), uid, ..DeleteOptions::default() };
    let request = ctx.request(Verb::Delete, object.kind(), object.namespace()).named(object.name());
    request.body(Body::Delete(options))
}
