//! The HorizontalPodAutoscaler controller: keeps a workload within its bounds, and says why it cannot do more.
//!
//! Models `pkg/controller/podautoscaler/horizontal.go`. **Not modelled:** metrics. No cluster here has a metrics server or an adapter for
//! other metrics, so every metric fails in the words of a real cluster without them; the bounds of the replicas work as there.
//!
//! Reading order: [`conditions`], [`metrics`], then this file.

pub mod conditions;
pub mod metrics;

use std::collections::BTreeMap;
use std::sync::Arc;

use crate::client::{
    Body, Caches, Call, Controller, Ctx, Delta, Enqueue, EventType, Outcome, Payload, Plan, Recorder, Request, Scale,
    Subresource, Verb, Verdict,
};
use crate::engine::SimDuration;
use crate::model::autoscaling::{HorizontalPodAutoscaler, HorizontalPodAutoscalerStatus, MetricStatus};
use crate::model::{Kind, Meta, Object, ObjectKey, Pod, Selector, time};

use conditions::set;

/// `--horizontal-pod-autoscaler-sync-period`.
const PERIOD: SimDuration = SimDuration::from_secs(15);

/// What a call is for.
const GET: u64 = 1;
const RESCALE: u64 = 2;
const STATUS: u64 = 3;

/// The controller.
#[derive(Clone, Debug, Default)]
pub struct HorizontalPodAutoscalerController {
    syncs: BTreeMap<ObjectKey, Sync>,
    /// The selectors of the targets, as far as they are known.
    selectors: BTreeMap<ObjectKey, Selector>,
}

/// One look at one autoscaler.
#[derive(Clone, Debug)]
struct Sync {
    shared: Arc<HorizontalPodAutoscaler>,
    /// The same with the status that it is to have.
    hpa: HorizontalPodAutoscaler,
    target: Kind,
    /// The Pods of its namespace.
    pods: Vec<Arc<Pod>>,
    /// The size to set, and why.
    rescale: Option<(i32, &'static str)>,
    current: i32,
    next: Next,
}

/// What comes when the present call is over.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Next {
    Rescale,
    Status,
    Nothing,
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
            rescale: None,
            current: 0,
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
                    sync.judge(key, scale, &mut self.selectors, recorder, ctx);
                }
            }
            (GET, Err(status)) => sync.no_scale(&status.to_string(), recorder, ctx),
            (RESCALE, Ok(_)) => sync.rescaled(recorder, ctx),
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

impl Sync {
    fn object(&self) -> Object {
        Object::from(Arc::clone(&self.shared))
    }

    fn condition(&mut self, kind: &str, is_true: bool, reason: &str, message: &str, ctx: &Ctx<'_>) {
        set(self.hpa.status.get_or_insert_default(), (kind, is_true), reason, message, ctx.now);
    }

    /// The target has no scale that could be read.
    fn no_scale(&mut self, why: &str, recorder: &mut Recorder, ctx: &mut Ctx<'_>) {
        recorder.event(ctx, &self.object(), EventType::Warning, "FailedGetScale", why);
        let message = format!("the HPA controller was unable to get the target's current scale: {why}");
        self.condition("AbleToScale", false, "FailedGetScale", &message, ctx);
    }

    /// Decides on a size.
    fn judge(
        &mut self,
        key: &ObjectKey,
        scale: &Scale,
        selectors: &mut BTreeMap<ObjectKey, Selector>,
        recorder: &mut Recorder,
        ctx: &mut Ctx<'_>,
    ) {
        let message = "the HPA controller was able to get the target's current scale";
        self.condition("AbleToScale", true, "SucceededGetScale", message, ctx);
        let (min, max) = (self.hpa.spec.min_replicas.unwrap_or(1), self.hpa.spec.max_replicas);
        self.current = scale.spec_replicas;
        match self.current {
            0 if min != 0 => {
                let message = "scaling is disabled since the replica count of the target is zero";
                self.condition("ScalingActive", false, "ScalingDisabled", message, ctx);
                self.tell(0, Vec::new());
            }
            current if current > max => self.decide(max, "Current number of replicas above Spec.MaxReplicas"),
            current if current < min => self.decide(min, "Current number of replicas below Spec.MinReplicas"),
            _ => self.compute(key, scale, selectors, recorder, ctx),
        }
    }

    fn decide(&mut self, size: i32, reason: &'static str) {
        self.rescale = Some((size, reason));
        self.next = Next::Rescale;
    }

    /// Asks the metrics. Source: `computeReplicasForMetrics`.
    fn compute(
        &mut self,
        key: &ObjectKey,
        scale: &Scale,
        selectors: &mut BTreeMap<ObjectKey, Selector>,
        recorder: &mut Recorder,
        ctx: &mut Ctx<'_>,
    ) {
        let specs = self.hpa.spec.metrics.clone().unwrap_or_default();
        let why = match self.selector(key, &scale.selector, selectors) {
            Err((event, reason, message, why)) => {
                recorder.event(ctx, &self.object(), EventType::Warning, event, why.clone());
                self.condition("ScalingActive", false, reason, &message, ctx);
                why
            }
            Ok(()) => {
                let mut first = None;
                for spec in &specs {
                    let failure = metrics::failure(spec, &key.namespace);
                    recorder.event(ctx, &self.object(), EventType::Warning, failure.reason, failure.why.clone());
                    first.get_or_insert(failure);
                }
                let Some(first) = first else { return };
                let message = format!("the HPA was unable to compute the replica count: {}", first.why);
                self.condition("ScalingActive", false, first.reason, &message, ctx);
                let (failed, of) = (specs.len(), first.of);
                format!("invalid metrics ({failed} invalid out of {failed}), first error is: {of}: {}", first.why)
            }
        };
        let desired = self.hpa.status.as_ref().map_or(0, |status| status.desired_replicas);
        self.tell(desired, vec![MetricStatus::default(); specs.len()]);
        recorder.event(ctx, &self.object(), EventType::Warning, "FailedComputeMetricsReplicas", why);
    }

    /// Notes the selector of the target; what is wrong with it: the event's reason, the condition's, its message, and the error.
    /// Source: `validateAndParseSelector`.
    fn selector(
        &self,
        key: &ObjectKey,
        text: &str,
        selectors: &mut BTreeMap<ObjectKey, Selector>,
    ) -> Result<(), (&'static str, &'static str, String, String)> {
        if text.is_empty() {
            let message = "the HPA target's scale is missing a selector".to_owned();
            return Err(("SelectorRequired", "InvalidSelector", message, "selector is required".to_owned()));
        }
        let selector = Selector::parse(text).map_err(|error| {
            let why = format!("couldn't convert selector into a corresponding internal selector object: {error}");
            ("InvalidSelector", "InvalidSelector", why.clone(), why)
        })?;
        let pods: Vec<_> = self.pods.iter().filter(|pod| selector.matches(pod.metadata.label_map())).collect();
        selectors.insert(key.clone(), selector);
        let selects = |selector: &Selector| pods.iter().any(|pod| selector.matches(pod.metadata.label_map()));
        let rivals = selectors.iter().filter(|(one, selector)| one.namespace == key.namespace && selects(selector));
        let rivals: Vec<String> = rivals.map(|(one, _)| format!("{{{} {}}}", one.name, one.namespace)).collect();
        if rivals.len() > 1 {
            let why = format!("pods by selector {text} are controlled by multiple HPAs: [{}]", rivals.join(" "));
            return Err(("AmbiguousSelector", "AmbiguousSelector", why.clone(), why));
        }
        Ok(())
    }

    fn rescale_request(&self, ctx: &Ctx<'_>) -> Option<Request> {
        let (size, _) = self.rescale?;
        let name = self.hpa.spec.scale_target_ref.name.as_str();
        let request = ctx.request(Verb::Update, self.target, self.hpa.metadata.namespace()).named(name);
        Some(request.part(Subresource::Scale).body(Body::Scale(size)))
    }

    fn rescaled(&mut self, recorder: &mut Recorder, ctx: &mut Ctx<'_>) {
        let Some((size, reason)) = self.rescale else { return };
        let message = format!("the HPA controller was able to update the target scale to {size}");
        self.condition("AbleToScale", true, "SucceededRescale", &message, ctx);
        let text = format!("New size: {size}; reason: {reason}");
        recorder.event(ctx, &self.object(), EventType::Normal, "SuccessfulRescale", text);
        self.tell(size, Vec::new());
        self.hpa.status.get_or_insert_default().last_scale_time = Some(time::time(ctx.now));
    }

    fn not_rescaled(&mut self, why: &str, recorder: &mut Recorder, ctx: &mut Ctx<'_>) {
        let Some((size, reason)) = self.rescale else { return };
        let text = format!("New size: {size}; reason: {reason}; error: {why}");
        recorder.event(ctx, &self.object(), EventType::Warning, "FailedRescale", text);
        let message = format!("the HPA controller was unable to update the target scale: {why}");
        self.condition("AbleToScale", false, "FailedUpdateScale", &message, ctx);
        let desired = self.hpa.status.as_ref().map_or(0, |status| status.desired_replicas);
        self.tell(desired, Vec::new());
    }

    /// Makes the status anew; only conditions and the last scaling stay. Source: `setStatus`.
    fn tell(&mut self, desired: i32, metrics: Vec<MetricStatus>) {
        let old = self.hpa.status.take().unwrap_or_default();
        self.hpa.status = Some(HorizontalPodAutoscalerStatus {
            current_replicas: Some(self.current),
            desired_replicas: desired,
            last_scale_time: old.last_scale_time,
            current_metrics: Some(metrics).filter(|metrics| !metrics.is_empty()),
            conditions: old.conditions,
            observed_generation: None,
        });
        self.next = Next::Status;
    }
}
