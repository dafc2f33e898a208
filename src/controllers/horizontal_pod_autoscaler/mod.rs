//! The HorizontalPodAutoscaler controller: sets the size of a workload by what its Pods use, and says why it cannot.
//!
//! Models `pkg/controller/podautoscaler/horizontal.go`. One list of PodMetrics serves all metrics of an autoscaler. **Not modelled:**
//! adapters for custom and external metrics; such metrics fail in the words of a cluster without an adapter. Scaling to zero.
//!
//! Reading order: [`conditions`], [`ratio`], [`replica_calculator`], [`metrics`], [`normalize`], `sync`, then this file.

pub mod conditions;
pub mod metrics;
pub mod normalize;
pub mod ratio;
pub mod replica_calculator;
mod sync;

use std::collections::BTreeMap;
use std::sync::Arc;

use crate::client::{
    Caches, Call, Controller, Ctx, Delta, Enqueue, EventType, Outcome, Payload, Plan, Recorder, Subresource, Verb,
    Verdict,
};
use crate::engine::SimDuration;
use crate::model::autoscaling::HorizontalPodAutoscaler;
use crate::model::metrics::PodMetrics;
use crate::model::{Kind, ObjectKey, Pod, Selector};

use normalize::Past;
use sync::{Next, Sync};

/// `--horizontal-pod-autoscaler-sync-period`.
const PERIOD: SimDuration = SimDuration::from_secs(15);

/// What a call is for.
const GET: u64 = 1;
const RESCALE: u64 = 2;
const STATUS: u64 = 3;
const MEASURE: u64 = 4;

/// The controller.
#[derive(Clone, Debug, Default)]
pub struct HorizontalPodAutoscalerController {
    syncs: BTreeMap<ObjectKey, Sync>,
    /// The selectors of the targets, as far as they are known.
    selectors: BTreeMap<ObjectKey, Selector>,
    /// What each autoscaler has recommended and done.
    pasts: BTreeMap<ObjectKey, Past>,
}

impl Controller for HorizontalPodAutoscalerController {
    fn name(&self) -> &'static str {
        "horizontal-pod-autoscaler-controller"
    }

    fn account(&self) -> &'static str {
        "horizontal-pod-autoscaler"
    }

    fn event_source(&self) -> &'static str {
        "horizontal-pod-autoscaler"
    }

    fn watches(&self) -> &'static [Kind] {
        &[Kind::HorizontalPodAutoscaler, Kind::Pod]
    }

    fn on_change(&mut self, delta: &Delta, _: &Caches, enqueue: &mut Enqueue) {
        let object = delta.object();
        if object.kind() != Kind::HorizontalPodAutoscaler {
            return;
        }
        if delta.is_removal() {
            self.selectors.remove(&object.key());
            self.pasts.remove(&object.key());
        } else if delta.old.is_none() {
            // It comes back by itself from then on; a change waits for that.
            enqueue.add_after(object.key(), PERIOD);
        }
    }

    fn reconcile(&mut self, key: &ObjectKey, caches: &Caches, recorder: &mut Recorder, ctx: &mut Ctx<'_>) -> Plan {
        let Some(hpa) = caches.get::<HorizontalPodAutoscaler>(&key.namespace, &key.name) else { return Plan::none() };
        let reference = &hpa.spec.scale_target_ref;
        let version = reference.api_version.clone().unwrap_or_default();
        let pods = caches.list::<Pod>(&key.namespace).cloned().collect();
        let mut sync = Sync {
            shared: Arc::clone(hpa),
            hpa: (**hpa).clone(),
            target: Kind::Pod,
            pods,
            selector: Arc::default(),
            rescale: None,
            current: 0,
            measured: Vec::new(),
            next: Next::Status,
        };
        let again = Plan::after(PERIOD);
        let Some(target) = Kind::from_gvk(&version, &reference.kind) else {
            let group = version.split_once('/').map_or("", |(group, _)| group);
            sync.no_scale(&format!("no matches for kind \"{}\" in group \"{group}\"", reference.kind), recorder, ctx);
            self.syncs.insert(key.clone(), sync);
            return again;
        };
        sync.target = target;
        let request = ctx.request(Verb::Get, target, &key.namespace).named(reference.name.as_str());
        self.syncs.insert(key.clone(), sync);
        again.stage(vec![Call { request: request.part(Subresource::Scale), tag: GET }])
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
        match (call.tag, outcome) {
            (GET, Ok(response)) => {
                if let Payload::Scale(scale) = &response.payload {
                    self.pasts.entry(key.clone()).or_default().begin(scale.spec_replicas, ctx.now);
                    sync.judge(key, scale, &mut self.selectors, recorder, ctx);
                }
            }
            (GET, Err(status)) => sync.no_scale(&status.to_string(), recorder, ctx),
            (MEASURE, outcome) => {
                let past = self.pasts.entry(key.clone()).or_default();
                sync.compute(&podmetrics(outcome), past, recorder, ctx);
            }
            (RESCALE, Ok(_)) => {
                let past = self.pasts.entry(key.clone()).or_default();
                sync.rescaled(past, recorder, ctx);
            }
            (RESCALE, Err(status)) => sync.not_rescaled(&status.to_string(), recorder, ctx),
            (STATUS, Err(status)) => {
                recorder.event(ctx, &sync.object(), EventType::Warning, "FailedUpdateStatus", status.to_string());
            }
            _ => {}
        }
        Verdict::Continue
    }

    fn proceed(&mut self, key: &ObjectKey, _: Verdict, _: &mut Recorder, ctx: &mut Ctx<'_>) -> Plan {
        let Some(sync) = self.syncs.get_mut(key) else { return Plan::none() };
        let call = match std::mem::replace(&mut sync.next, Next::Nothing) {
            Next::Measure => Some(Call { request: sync.measure_request(ctx), tag: MEASURE }),
            Next::Rescale => sync.rescale_request(ctx).map(|request| Call { request, tag: RESCALE }),
            Next::Status if sync.hpa.status != sync.shared.status => {
                let request = ctx.request_with(Verb::Update, sync.hpa.clone()).part(Subresource::Status);
                Some(Call { request, tag: STATUS })
            }
            _ => None,
        };
        match call {
            Some(call) => Plan::none().stage(vec![call]),
            None => {
                self.syncs.remove(key);
                Plan::none()
            }
        }
    }

    fn clone_box(&self) -> Box<dyn Controller> {
        Box::new(self.clone())
    }
}

/// What the metrics API has answered, or why it has not.
fn podmetrics(outcome: &Outcome) -> Result<Vec<PodMetrics>, String> {
    match outcome.as_ref().map(|response| &response.payload) {
        Ok(Payload::List(list)) => Ok(list.items.iter().filter_map(PodMetrics::of).collect()),
        Ok(_) => Ok(Vec::new()),
        Err(status) => Err(status.to_string()),
    }
}
