//! The namespace controller: empties a namespace that is being deleted, Pods first, and lets it go when nothing is left.
//!
//! Models `pkg/controller/namespace/deletion/namespaced_resources_deleter.go`.

pub mod conditions;

use std::collections::BTreeMap;
use std::sync::Arc;

use crate::client::{
    Body, Caches, Call, Controller, Ctx, DeleteOptions, Delta, Enqueue, Outcome, Payload, Plan, Propagation, Reason,
    Recorder, Request, Subresource, Verb, Verdict,
};
use crate::engine::SimDuration;
use crate::model::apiextensions::CustomResourceDefinition;
use crate::model::core::Namespace;
use crate::model::custom_kind::{is_established, kinds_of};
use crate::model::{Kind, Meta, Object, ObjectKey, Pod, time};

use conditions::{Remains, told};

/// How long after the deletion the work begins, so that the namespace's caches have heard of it. Source:
/// `namespace_controller.go`, `namespaceDeletionGracePeriod`.
const GRACE: SimDuration = SimDuration::from_secs(5);
/// How long objects that only wait for a finalizer are given. Source: `finalizerEstimateSeconds`.
const FINALIZER_ESTIMATE: u64 = 15;
/// The finalizer of `spec.finalizers` that is this controller's own.
const FINALIZER: &str = "kubernetes";

/// What a call is for.
const DELETE: u64 = 0x100;
const LIST: u64 = 0x200;
const STATUS: u64 = 0x300;
const FINALIZE: u64 = 0x400;

/// The controller.
#[derive(Clone, Debug, Default)]
pub struct NamespaceController {
    syncs: BTreeMap<ObjectKey, Sync>,
}

#[derive(Clone, Debug)]
struct Sync {
    namespace: Arc<Namespace>,
    phase: Phase,
    remains: Remains,
    /// The kinds that definitions declare in namespaces.
    custom: Vec<Kind>,
    /// The longest time that a Pod of the namespace may take to end, in seconds.
    grace: u64,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Phase {
    /// The Pods are being deleted and counted.
    Pods,
    /// Everything else is.
    Content,
    /// What was found is being written down, or the namespace let go.
    Telling,
}

impl Controller for NamespaceController {
    fn name(&self) -> &'static str {
        "namespace-controller"
    }

    fn watches(&self) -> &'static [Kind] {
        &[Kind::Namespace, Kind::Pod, Kind::CustomResourceDefinition]
    }

    fn on_change(&mut self, delta: &Delta, _: &Caches, enqueue: &mut Enqueue) {
        let object = delta.object();
        if object.kind() == Kind::Namespace && !delta.is_removal() && object.meta().is_terminating() {
            enqueue.add_after(object.key(), GRACE);
        }
    }

    fn reconcile(&mut self, key: &ObjectKey, caches: &Caches, _: &mut Recorder, ctx: &mut Ctx<'_>) -> Plan {
        let Some(namespace) = caches.get::<Namespace>("", &key.name) else { return Plan::none() };
        if !namespace.metadata.is_terminating() || is_finalized(namespace) {
            return Plan::none();
        }
        if ctx.trace.is_on() {
            ctx.record("empty", key.path(), "the namespace is being deleted");
        }
        let grace_of = |pod: &Arc<Pod>| if pod.is_terminal() { 0 } else { grace_seconds(pod) };
        let grace = caches.list::<Pod>(&key.name).map(grace_of).max().unwrap_or(0);
        let asked_at = namespace.metadata.deletion_timestamp.as_ref().map_or(ctx.now, |at| time::sim_time(at.0));
        // Pods that should be gone by now are not waited for: they are an error.
        let grace = if ctx.now.since(asked_at) >= SimDuration::from_secs(grace) { 0 } else { grace };
        let (namespace, remains) = (Arc::clone(namespace), Remains::default());
        let definitions = caches.all::<CustomResourceDefinition>().filter(|definition| is_established(definition));
        let custom = definitions.filter_map(|definition| kinds_of(definition).into_iter().next());
        let custom = custom.filter(|kind| kind.is_namespaced()).collect();
        self.syncs.insert(key.clone(), Sync { namespace, phase: Phase::Pods, remains, custom, grace });
        empty(&[Kind::Pod], &key.name, ctx)
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
            (DELETE | LIST, Err(status)) => {
                sync.remains.errors.push(status.to_string());
                Verdict::Continue
            }
            (LIST, Ok(response)) => {
                if let Payload::List(list) = &response.payload {
                    sync.count(call.request.kind, &list.items);
                }
                Verdict::Continue
            }
            (_, Ok(_)) => Verdict::Continue,
            (_, Err(status)) if status.is(Reason::NotFound) => Verdict::Drop,
            (_, Err(_)) => Verdict::Retry,
        }
    }

    fn proceed(&mut self, key: &ObjectKey, verdict: Verdict, _: &mut Recorder, ctx: &mut Ctx<'_>) -> Plan {
        let Some(sync) = self.syncs.get_mut(key).filter(|_| verdict == Verdict::Continue) else {
            self.syncs.remove(key);
            return Plan::none();
        };
        match sync.phase {
            Phase::Pods if sync.remains == Remains::default() => {
                sync.phase = Phase::Content;
                let built_in = Kind::all().filter(|kind| kind.is_namespaced() && *kind != Kind::Pod);
                let kinds: Vec<Kind> = built_in.chain(std::mem::take(&mut sync.custom)).collect();
                empty(&kinds, &key.name, ctx)
            }
            Phase::Pods | Phase::Content => {
                sync.phase = Phase::Telling;
                match sync.tell(ctx) {
                    Some((request, tag)) => Plan::none().stage(vec![Call { request, tag }]),
                    None => self.end(key),
                }
            }
            Phase::Telling => self.end(key),
        }
    }

    fn workers(&self) -> usize {
        10
    }

    /// At least once a minute. Source: `namespace_controller.go`, `nsControllerRateLimiter`.
    fn backoff(&self) -> Option<(SimDuration, SimDuration)> {
        Some((SimDuration::from_millis(5), SimDuration::from_secs(60)))
    }

    fn clone_box(&self) -> Box<dyn Controller> {
        Box::new(self.clone())
    }
}

impl NamespaceController {
    /// The look is over: when is the next one worth while?
    fn end(&mut self, key: &ObjectKey) -> Plan {
        let remains = self.syncs.remove(key).map(|sync| sync.remains).unwrap_or_default();
        if !remains.errors.is_empty() {
            Plan::failed()
        } else if remains.estimate > 0 {
            Plan::after(SimDuration::from_secs(remains.estimate / 2 + 1))
        } else {
            Plan::none()
        }
    }
}

impl Sync {
    /// Notes what a list after the deletion still holds.
    fn count(&mut self, kind: Kind, items: &[Object]) {
        if items.is_empty() {
            return;
        }
        self.remains.objects.insert(kind, items.len());
        let held = items.iter().flat_map(|item| item.meta().finalizers.iter().flatten());
        let mut finalizers = 0;
        for finalizer in held {
            finalizers += 1;
            *self.remains.finalizers.entry(finalizer.clone()).or_default() += 1;
        }
        let estimate = if kind == Kind::Pod { self.grace } else { 0 };
        if estimate > 0 {
            self.remains.estimate = self.remains.estimate.max(estimate);
        } else if finalizers > 0 {
            self.remains.estimate = self.remains.estimate.max(FINALIZER_ESTIMATE);
        } else {
            let (info, name) = (kind.info(), self.namespace.metadata.name());
            let prefix = match kind {
                Kind::Pod => format!("failed to delete pods for namespace: {name}, err: "),
                _ => String::new(),
            };
            self.remains.errors.push(format!(
                "{prefix}unexpected items still remain in namespace: {name} for gvr: {}/{}, Resource={}",
                info.group, info.version, info.plural
            ));
        }
    }

    /// Writes down what remains; lets the namespace go when that is nothing.
    fn tell(&self, ctx: &Ctx<'_>) -> Option<(Request, u64)> {
        // As long as there are Pods, nothing is said of what remains: only of what went wrong.
        let waits_for_pods = self.remains.objects.contains_key(&Kind::Pod);
        let errors = Remains { errors: self.remains.errors.clone(), ..Remains::default() };
        let told = told(&self.namespace, if waits_for_pods { &errors } else { &self.remains }, ctx.now);
        if !self.remains.objects.is_empty() || !self.remains.errors.is_empty() {
            return Some((ctx.request_with(Verb::Update, told?).part(Subresource::Status), STATUS));
        }
        let mut namespace = told.unwrap_or_else(|| (*self.namespace).clone());
        if let Some(finalizers) = namespace.spec.as_mut().and_then(|spec| spec.finalizers.as_mut()) {
            finalizers.retain(|finalizer| finalizer != FINALIZER);
        }
        Some((ctx.request_with(Verb::Update, namespace).part(Subresource::Finalize), FINALIZE))
    }
}

/// Deletes every object of these kinds, then lists what is left of each.
fn empty(kinds: &[Kind], namespace: &str, ctx: &Ctx<'_>) -> Plan {
    let options = DeleteOptions { propagation: Some(Propagation::Background), ..DeleteOptions::default() };
    let delete = |kind: &Kind| {
        let request = ctx.request(Verb::DeleteCollection, *kind, namespace).body(Body::Delete(options.clone()));
        Call { request, tag: DELETE }
    };
    let list = |kind: &Kind| Call { request: ctx.request(Verb::List, *kind, namespace), tag: LIST };
    Plan::none().stage(kinds.iter().map(delete).collect()).stage(kinds.iter().map(list).collect())
}

fn is_finalized(namespace: &Namespace) -> bool {
    namespace.spec.as_ref().is_none_or(|spec| spec.finalizers.as_ref().is_none_or(Vec::is_empty))
}

fn grace_seconds(pod: &Pod) -> u64 {
    let asked = pod.metadata.deletion_grace_period_seconds.or(pod.spec.termination_grace_period_seconds);
    asked.and_then(|seconds| u64::try_from(seconds).ok()).unwrap_or(0)
}
