//! The Endpoints controller: the older form of a Service's endpoints, one object with all of them.
//!
//! Models `pkg/controller/endpoint/endpoints_controller.go`. **Not modelled:** IPv6.
//!
//! Reading order: [`subsets`], then this file.

pub mod subsets;

use std::collections::BTreeMap;
use std::sync::Arc;

use crate::client::{
    Body, Caches, Call, Controller, Ctx, Delta, Enqueue, EventType, Outcome, Plan, Reason, Recorder, Verb, Verdict,
};
use crate::engine::SimDuration;
use crate::model::core::{Endpoints, Service};
use crate::model::metav1::ObjectMeta;
use crate::model::{Kind, Meta, ObjectKey, Pod, time};

use super::endpointslice::trigger::{self, Triggers};
use super::rejection::is_namespace_terminating;

/// Source: `LabelManagedBy`, `ControllerName`.
const MANAGED_BY: (&str, &str) = ("endpoints.kubernetes.io/managed-by", "endpoint-controller");
/// Source: `core.IsHeadlessService`.
const HEADLESS: &str = "service.kubernetes.io/headless";
/// Source: `core.EndpointsOverCapacity`.
const OVER_CAPACITY: &str = "endpoints.kubernetes.io/over-capacity";
/// First and longest wait after a failure. Source: `defaultSyncBackOff`, `maxSyncBackOff`.
const BACKOFF: (SimDuration, SimDuration) = (SimDuration::from_secs(1), SimDuration::from_secs(1000));

/// The controller.
#[derive(Clone, Debug, Default)]
pub struct EndpointsController {
    triggers: Triggers,
    /// The revisions that were replaced last: as long as the cache shows one of them it is out of date.
    replaced: BTreeMap<ObjectKey, u64>,
}

impl Controller for EndpointsController {
    fn name(&self) -> &'static str {
        "endpoints-controller"
    }

    fn account(&self) -> &'static str {
        "endpoint-controller"
    }

    fn event_source(&self) -> &'static str {
        "endpoint-controller"
    }

    fn watches(&self) -> &'static [Kind] {
        &[Kind::Service, Kind::Pod, Kind::Endpoints]
    }

    fn on_change(&mut self, delta: &Delta, caches: &Caches, enqueue: &mut Enqueue) {
        let object = delta.object();
        match object.kind() {
            Kind::Service => enqueue.add(object.key()),
            Kind::Pod => super::endpointslice::on_pod(delta, caches, enqueue),
            Kind::Endpoints if delta.is_removal() => {
                enqueue.add(ObjectKey::new(Kind::Service, object.namespace(), object.name()));
            }
            _ => {}
        }
    }

    fn reconcile(&mut self, key: &ObjectKey, caches: &Caches, _: &mut Recorder, ctx: &mut Ctx<'_>) -> Plan {
        let present = caches.get::<Endpoints>(&key.namespace, &key.name);
        let Some(service) = caches.get::<Service>(&key.namespace, &key.name) else {
            self.triggers.forget(key);
            self.replaced.remove(key);
            let delete = |present: &Arc<Endpoints>| Plan::call(ctx.deletion(Kind::Endpoints, &present.metadata));
            return present.map_or_else(Plan::none, delete);
        };
        let Some(selector) = super::endpointslice::selector(service) else { return Plan::none() };
        let replaced = self.replaced.get(key).copied();
        if present.is_some_and(|present| Some(present.metadata.revision()) == replaced) {
            return Plan::failed();
        }
        let pods: Vec<_> =
            caches.list::<Pod>(&key.namespace).filter(|pod| selector.matches(pod.metadata.label_map())).collect();
        let trigger = self.triggers.earliest(key, service, &pods);
        let subsets = subsets::of(service, pods.iter().map(|pod| &***pod));
        if present.is_some_and(|present| is_right(present, service, &subsets)) {
            return Plan::none();
        }
        let mut endpoints = present.map_or_else(|| fresh(service), |present| (**present).clone());
        endpoints.metadata.labels = Some(labels(service));
        let annotations = endpoints.metadata.annotations.get_or_insert_default();
        match trigger {
            Some(at) => drop(annotations.insert(trigger::ANNOTATION.into(), time::timestamp(at).to_string())),
            None => drop(annotations.remove(trigger::ANNOTATION)),
        }
        let (subsets, is_cut) = subsets::truncated(subsets);
        if is_cut {
            annotations.insert(OVER_CAPACITY.into(), "truncated".into());
        } else {
            annotations.remove(OVER_CAPACITY);
        }
        endpoints.subsets = Some(subsets).filter(|subsets| !subsets.is_empty());
        let verb = if present.is_some() { Verb::Update } else { Verb::Create };
        Plan::call(ctx.request_with(verb, endpoints))
    }

    fn on_outcome(
        &mut self,
        key: &ObjectKey,
        call: &Call,
        outcome: &Outcome,
        recorder: &mut Recorder,
        ctx: &mut Ctx<'_>,
    ) -> Verdict {
        let Body::Object(sent) = &call.request.body else {
            return if outcome.as_ref().is_err_and(|status| !status.is(Reason::NotFound)) {
                Verdict::Retry
            } else {
                Verdict::Continue
            };
        };
        let verb = match outcome {
            Ok(response) => {
                let written = response.object().map_or(0, |object| object.meta().revision());
                if call.request.verb == Verb::Update && written != sent.meta().revision() {
                    self.replaced.insert(key.clone(), sent.meta().revision());
                }
                return Verdict::Continue;
            }
            Err(status) if is_namespace_terminating(status) => return Verdict::Continue,
            Err(_) if call.request.verb == Verb::Create => ("FailedToCreateEndpoint", "create endpoint for service"),
            Err(_) => ("FailedToUpdateEndpoint", "update endpoint"),
        };
        if let Err(status) = outcome {
            let text = format!("Failed to {} {}: {status}", verb.1, key.namespaced_name());
            recorder.event(ctx, sent, EventType::Warning, verb.0, text);
        }
        Verdict::Retry
    }

    fn backoff(&self) -> Option<(SimDuration, SimDuration)> {
        Some(BACKOFF)
    }

    fn clone_box(&self) -> Box<dyn Controller> {
        Box::new(self.clone())
    }
}

fn fresh(service: &Service) -> Endpoints {
    let metadata = ObjectMeta {
        name: service.metadata.name.clone(),
        namespace: service.metadata.namespace.clone(),
        ..ObjectMeta::default()
    };
    Endpoints { metadata, subsets: None }
}

/// The Service's own labels, and who looks after the object.
fn labels(service: &Service) -> BTreeMap<String, String> {
    let mut labels = service.metadata.labels.clone().unwrap_or_default();
    let address = service.spec.as_ref().and_then(|spec| spec.cluster_ip.as_deref()).unwrap_or_default();
    labels.remove(HEADLESS);
    if matches!(address, "" | "None") {
        labels.insert(HEADLESS.into(), String::new());
    }
    labels.insert(MANAGED_BY.0.into(), MANAGED_BY.1.into());
    labels
}

/// Whether nothing has to be written.
fn is_right(present: &Endpoints, service: &Service, wanted: &[crate::model::core::EndpointSubset]) -> bool {
    let plain = |labels: &BTreeMap<String, String>| {
        let mut labels = labels.clone();
        labels.remove(HEADLESS);
        labels.remove(MANAGED_BY.0);
        labels
    };
    let none = BTreeMap::new();
    present.subsets.as_deref().unwrap_or_default() == wanted
        && present.metadata.label(MANAGED_BY.0) == Some(MANAGED_BY.1)
        && plain(present.metadata.label_map()) == *service.metadata.labels.as_ref().unwrap_or(&none)
        && present.metadata.annotation(OVER_CAPACITY).is_none()
        && subsets::count(wanted) <= subsets::CAPACITY
}
