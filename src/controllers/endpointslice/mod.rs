//! The EndpointSlice controller: which Pods answer for a Service, and how they stand.
//!
//! Models `pkg/controller/endpointslice` and `staging/src/k8s.io/endpointslice`. **Not modelled:** IPv6 and topology hints.
//!
//! Reading order: [`endpoint`], [`slices`], [`tracker`], [`trigger`], then this file.

pub mod endpoint;
pub mod slices;
pub mod tracker;
pub mod trigger;

use std::collections::BTreeMap;
use std::sync::Arc;

use crate::client::{
    Body, Caches, Call, Controller, Ctx, DeleteOptions, Delta, Enqueue, EventType, Outcome, Plan, Reason, Recorder,
    Verb, Verdict,
};
use crate::engine::{SimDuration, SimTime};
use crate::model::core::{Node, ObjectReference, Service};
use crate::model::discovery::EndpointSlice;
use crate::model::selector::Labels;
use crate::model::{Kind, Meta, ObjectKey, Pod, Resource, Selector, time};

use super::rejection::is_namespace_terminating;
use slices::{Changes, MANAGED_BY, MANAGER, SERVICE_NAME, Wanted};
use tracker::Tracker;
use trigger::Triggers;

/// A Service is not looked at more often than this because of its slices. Source: `endpointslice_controller.go`,
/// `endpointSliceChangeMinSyncDelay`.
const SLICE_DELAY: SimDuration = SimDuration::from_secs(1);
/// First and longest wait after a failure. Source: `defaultSyncBackOff`, `maxSyncBackOff`.
const BACKOFF: (SimDuration, SimDuration) = (SimDuration::from_secs(1), SimDuration::from_secs(1000));

/// The controller.
#[derive(Clone, Debug, Default)]
pub struct EndpointSliceController {
    tracker: Tracker,
    triggers: Triggers,
    /// Services whose last look left out Pods of unknown nodes: it is to be repeated.
    incomplete: BTreeMap<ObjectKey, bool>,
}

impl Controller for EndpointSliceController {
    fn name(&self) -> &'static str {
        "endpointslice-controller"
    }

    fn event_source(&self) -> &'static str {
        "endpoint-slice-controller"
    }

    fn watches(&self) -> &'static [Kind] {
        &[Kind::Service, Kind::Pod, Kind::EndpointSlice, Kind::Node]
    }

    fn on_change(&mut self, delta: &Delta, caches: &Caches, enqueue: &mut Enqueue) {
        match delta.object().kind() {
            Kind::Service => enqueue.add(delta.object().key()),
            Kind::Pod => on_pod(delta, caches, enqueue),
            Kind::EndpointSlice => self.on_slice(delta, enqueue),
            _ => {}
        }
    }

    fn reconcile(&mut self, key: &ObjectKey, caches: &Caches, _: &mut Recorder, ctx: &mut Ctx<'_>) -> Plan {
        let Some(service) = caches.get::<Service>(&key.namespace, &key.name) else {
            // The garbage collector takes the slices.
            self.tracker.forget(key);
            self.triggers.forget(key);
            return Plan::none();
        };
        let Some(selector) = selector(service) else { return Plan::none() };
        let pods: Vec<_> =
            caches.list::<Pod>(&key.namespace).filter(|pod| selector.matches(pod.metadata.label_map())).collect();
        let existing: Vec<_> =
            caches.list::<EndpointSlice>(&key.namespace).filter(|slice| is_of(slice, &key.name)).cloned().collect();
        if self.tracker.is_stale(key, &existing) {
            return Plan::failed();
        }
        let trigger = self.triggers.earliest(key, service, &pods);
        let (wanted, complete) = wanted(service, &pods, caches);
        self.incomplete.insert(key.clone(), !complete);
        let changes = slices::changes(service, &existing, wanted);
        if changes != Changes::default() && ctx.trace.is_on() {
            ctx.record("publish", key.path(), format!("{} Pods match the selector", pods.len()));
        }
        plan(changes, trigger, ctx)
    }

    fn on_outcome(
        &mut self,
        key: &ObjectKey,
        call: &Call,
        outcome: &Outcome,
        recorder: &mut Recorder,
        ctx: &mut Ctx<'_>,
    ) -> Verdict {
        match outcome {
            Ok(response) => {
                let written = response.object().and_then(EndpointSlice::of);
                match (call.request.verb, written, &call.request.body) {
                    (Verb::Delete, _, Body::Delete(options)) => {
                        self.tracker.deleted(key, options.uid.as_deref().unwrap_or_default());
                    }
                    (_, Some(slice), _) => self.tracker.wrote(key, slice),
                    _ => {}
                }
                Verdict::Continue
            }
            Err(status) if call.request.verb == Verb::Delete && status.is(Reason::NotFound) => Verdict::Continue,
            Err(status) if is_namespace_terminating(status) => Verdict::Continue,
            Err(status) => {
                let (service, slice) = (key.namespaced_name(), &call.request.name);
                let what = match call.request.verb {
                    Verb::Create => format!("failed to create EndpointSlice for Service {service}: {status}"),
                    verb => {
                        format!("failed to {} {slice} EndpointSlice for Service {service}: {status}", verb.as_str())
                    }
                };
                let text = format!("Error updating Endpoint Slices for Service {service}: {what}");
                let about = reference_of(key);
                recorder.event_about(ctx, about, EventType::Warning, "FailedToUpdateEndpointSlices", text);
                Verdict::Retry
            }
        }
    }

    fn proceed(&mut self, key: &ObjectKey, _: Verdict, _: &mut Recorder, _: &mut Ctx<'_>) -> Plan {
        if self.incomplete.remove(key) == Some(true) { Plan::failed() } else { Plan::none() }
    }

    fn backoff(&self) -> Option<(SimDuration, SimDuration)> {
        Some(BACKOFF)
    }

    fn clone_box(&self) -> Box<dyn Controller> {
        Box::new(self.clone())
    }
}

impl EndpointSliceController {
    /// Someone else's change of a slice is put right; the echo of an own one is not.
    fn on_slice(&mut self, delta: &Delta, enqueue: &mut Enqueue) {
        let Some(slice) = delta.object().get::<EndpointSlice>() else { return };
        if slice.metadata.label(MANAGED_BY) != Some(MANAGER) {
            return;
        }
        let Some(name) = slice.metadata.label(SERVICE_NAME) else { return };
        let key = ObjectKey::new(Kind::Service, slice.metadata.namespace(), name);
        let news = if delta.is_removal() {
            self.tracker.saw_removal(&key, slice.metadata.uid())
        } else {
            self.tracker.is_news(&key, slice)
        };
        if news {
            enqueue.add_after(key, SLICE_DELAY);
        }
    }
}

fn reference_of(key: &ObjectKey) -> ObjectReference {
    ObjectReference {
        api_version: Some("v1".to_owned()),
        kind: Some("Service".to_owned()),
        namespace: Some(key.namespace.to_string()),
        name: Some(key.name.to_string()),
        ..ObjectReference::default()
    }
}

/// The selector of a Service that wants slices; those without one, and mere names for another host, have none.
pub(super) fn selector(service: &Service) -> Option<Selector> {
    let spec = service.spec.as_ref().filter(|spec| spec.type_.as_deref() != Some("ExternalName"))?;
    let labels: &Labels = spec.selector.as_ref()?;
    // An empty selector of a Service means every Pod, as in the original.
    Some(Selector::from_labels(labels))
}

fn is_of(slice: &EndpointSlice, service: &str) -> bool {
    slice.metadata.label(SERVICE_NAME) == Some(service) && slice.metadata.label(MANAGED_BY) == Some(MANAGER)
}

/// Services whose selector means the Pod, as it was or as it is.
pub(super) fn on_pod(delta: &Delta, caches: &Caches, enqueue: &mut Enqueue) {
    let (old, new) = (delta.old.as_ref().and_then(Pod::of), delta.new.as_ref().and_then(Pod::of));
    if let (Some(old), Some(new)) = (old, new)
        && !endpoint::differs(old, new)
        && old.metadata.labels == new.metadata.labels
    {
        return;
    }
    for service in caches.list::<Service>(delta.object().namespace()) {
        let Some(selector) = selector(service) else { continue };
        let means = |pod: Option<&Arc<Pod>>| pod.is_some_and(|pod| selector.matches(pod.metadata.label_map()));
        if means(old) || means(new) {
            enqueue.add(ObjectKey::new(Kind::Service, service.metadata.namespace(), service.metadata.name()));
        }
    }
}

/// The endpoints that the Service should have, and whether every Pod could be placed.
fn wanted(service: &Service, pods: &[&Arc<Pod>], caches: &Caches) -> (Wanted, bool) {
    let mut wanted = Wanted::new();
    let mut complete = true;
    for pod in pods.iter().filter(|pod| endpoint::is_eligible(pod)) {
        let node = caches.get::<Node>("", pod.node_name());
        if node.is_none() && !pod.node_name().is_empty() && !endpoint::publishes_not_ready(service) {
            complete = false;
            continue;
        }
        let ports = endpoint::ports(service, pod);
        let entry = wanted.entry(slices::port_key(&ports)).or_insert_with(|| (ports, BTreeMap::new()));
        let endpoint = endpoint::endpoint(pod, node.map(|node| &**node), service);
        entry.1.insert(slices::identity(&endpoint), endpoint);
    }
    (wanted, complete)
}

fn plan(changes: Changes, trigger: Option<SimTime>, ctx: &Ctx<'_>) -> Plan {
    let stamped = |mut slice: EndpointSlice| {
        let mut annotations = slice.metadata.annotations.take().unwrap_or_default();
        match trigger {
            Some(at) => drop(annotations.insert(trigger::ANNOTATION.to_owned(), time::timestamp(at).to_string())),
            None => drop(annotations.remove(trigger::ANNOTATION)),
        }
        slice.metadata.annotations = Some(annotations).filter(|annotations| !annotations.is_empty());
        slice
    };
    let mut plan = Plan::none();
    for slice in changes.create {
        plan = plan.then(ctx.request_with(Verb::Create, stamped(slice)));
    }
    for slice in changes.update {
        plan = plan.then(ctx.request_with(Verb::Update, stamped(slice)));
    }
    for slice in changes.delete {
        let options = DeleteOptions { uid: Some(slice.metadata.uid().into()), ..DeleteOptions::default() };
        let request = ctx.request(Verb::Delete, Kind::EndpointSlice, slice.metadata.namespace());
        plan = plan.then(request.named(slice.metadata.name()).body(Body::Delete(options)));
    }
    plan
}
