//! The HorizontalPodAutoscaler controller: sets the size of a workload by what its Pods use, and says why it cannot.
//!
//! Models `pkg/controller/podautoscaler/horizontal.go`. One list of PodMetrics serves all metrics of an autoscaler. **Not modelled:**
//! adapters for custom and external metrics; such metrics fail in the words of a cluster without an adapter. Scaling to zero.
//!
//! Reading order: [`conditions`], [`ratio`], [`replica_calculator`], [`metrics`], [`normalize`], then this file.

pub mod conditions;
pub mod metrics;
pub mod normalize;
pub mod ratio;
pub mod replica_calculator;

use std::cmp::Ordering;
use std::collections::BTreeMap;
use std::sync::Arc;

use crate::client::{
    Body, Caches, Call, Controller, Ctx, Delta, Enqueue, EventType, Outcome, Payload, Plan, Recorder, Request, Scale,
    Subresource, Verb, Verdict,
};
use crate::engine::SimDuration;
use crate::model::autoscaling::{HorizontalPodAutoscaler, HorizontalPodAutoscalerStatus, MetricStatus};
use crate::model::metrics::{PodMetrics, pod_metrics};
use crate::model::{Kind, Meta, Object, ObjectKey, Pod, Selector, time};

use conditions::set;
use metrics::{Evaluated, Evaluation, Failure};
use normalize::{Bounds, Normalized, Past};

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

/// One look at one autoscaler.
#[derive(Clone, Debug)]
struct Sync {
    shared: Arc<HorizontalPodAutoscaler>,
    /// The same with the status that it is to have.
    hpa: HorizontalPodAutoscaler,
    target: Kind,
    /// The Pods of its namespace; of its target, once that is known.
    pods: Vec<Arc<Pod>>,
    /// What selects the Pods of the target.
    selector: Arc<str>,
    /// The size to set, and why.
    rescale: Option<(i32, String)>,
    current: i32,
    /// What was measured.
    measured: Vec<MetricStatus>,
    next: Next,
}

/// What comes when the present call is over.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Next {
    Measure,
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
                self.tell(0);
            }
            current if current > max => self.decide(max, "Current number of replicas above Spec.MaxReplicas"),
            current if current < min => self.decide(min, "Current number of replicas below Spec.MinReplicas"),
            _ => self.select(key, scale, selectors, recorder, ctx),
        }
    }

    fn decide(&mut self, size: i32, reason: impl Into<String>) {
        self.rescale = Some((size, reason.into()));
        self.next = Next::Rescale;
    }

    /// Finds the Pods of the target; their metrics are asked for next.
    fn select(
        &mut self,
        key: &ObjectKey,
        scale: &Scale,
        selectors: &mut BTreeMap<ObjectKey, Selector>,
        recorder: &mut Recorder,
        ctx: &mut Ctx<'_>,
    ) {
        match self.selector(key, &scale.selector, selectors) {
            Ok(()) => {
                self.selector = Arc::clone(&scale.selector);
                self.next = Next::Measure;
            }
            Err((event, reason, message, why)) => {
                recorder.event(ctx, &self.object(), EventType::Warning, event, why.clone());
                self.condition("ScalingActive", false, reason, &message, ctx);
                self.fail(&why, recorder, ctx);
            }
        }
    }

    fn measure_request(&self, ctx: &Ctx<'_>) -> Request {
        let mut request = ctx.request(Verb::List, pod_metrics(), self.hpa.metadata.namespace());
        request.options.label_selector = Some(Arc::clone(&self.selector));
        request
    }

    /// Asks the metrics for a size. Source: `computeReplicasForMetrics`.
    fn compute(
        &mut self,
        podmetrics: &Result<Vec<PodMetrics>, String>,
        past: &mut Past,
        recorder: &mut Recorder,
        ctx: &mut Ctx<'_>,
    ) {
        let specs = self.hpa.spec.metrics.clone().unwrap_or_default();
        let evaluation = Evaluation {
            namespace: self.hpa.metadata.namespace(),
            pods: &self.pods,
            podmetrics,
            current: self.current,
            behavior: self.hpa.spec.behavior.as_ref(),
            now: ctx.now,
        };
        let outcomes: Vec<_> = specs.iter().map(|spec| evaluation.evaluate(spec)).collect();
        let mut best: Option<&Evaluated> = None;
        let mut failures: Vec<&Failure> = Vec::new();
        for outcome in &outcomes {
            match outcome {
                Ok(one) => best = Some(best.filter(|best| best.replicas >= one.replicas).unwrap_or(one)),
                Err(failure) => {
                    recorder.event(ctx, &self.object(), EventType::Warning, failure.reason, failure.why.clone());
                    failures.push(failure);
                }
            }
        }
        let status =
            |outcome: &Result<Evaluated, Failure>| outcome.as_ref().map(|one| one.status.clone()).unwrap_or_default();
        self.measured = outcomes.iter().map(status).collect();
        let desired = best.map_or(0, |best| best.replicas);
        if let Some(first) = failures.first()
            && (best.is_none() || desired < self.current)
        {
            let message = format!("the HPA was unable to compute the replica count: {}", first.why);
            self.condition("ScalingActive", false, first.reason, &message, ctx);
            let (failed, all) = (failures.len(), specs.len());
            let why =
                format!("invalid metrics ({failed} invalid out of {all}), first error is: {}: {}", first.of, first.why);
            return self.fail(&why, recorder, ctx);
        }
        let Some(best) = best else { return self.tell(self.current) };
        let message = format!("the HPA was able to successfully calculate a replica count from {}", best.name);
        self.condition("ScalingActive", true, "ValidMetricFound", &message, ctx);
        self.normalize(desired, &best.name, past, ctx);
    }

    /// Decides on a size within all limits.
    fn normalize(&mut self, desired: i32, metric: &str, past: &mut Past, ctx: &Ctx<'_>) {
        let bounds = Bounds {
            min: self.hpa.spec.min_replicas.unwrap_or(1),
            max: self.hpa.spec.max_replicas,
            current: self.current,
        };
        let behavior = self.hpa.spec.behavior.clone();
        let Normalized { size, able, limited } = past.normalize(desired, bounds, behavior.as_ref(), ctx.now);
        self.condition("AbleToScale", able.0, able.1, able.2, ctx);
        self.condition("ScalingLimited", limited.0, limited.1, limited.2, ctx);
        if size == self.current {
            return self.tell(size);
        }
        // An older, higher recommendation may change the size while the metrics ask for none: then there is no reason to tell.
        let reason = match desired.cmp(&self.current) {
            Ordering::Greater => format!("{metric} above target"),
            Ordering::Less => "All metrics below target".to_owned(),
            Ordering::Equal => String::new(),
        };
        self.decide(size, reason);
    }

    /// No size can be computed: the present one stays.
    fn fail(&mut self, why: &str, recorder: &mut Recorder, ctx: &mut Ctx<'_>) {
        let desired = self.hpa.status.as_ref().map_or(0, |status| status.desired_replicas);
        self.tell(desired);
        recorder.event(ctx, &self.object(), EventType::Warning, "FailedComputeMetricsReplicas", why);
    }

    /// Notes the selector of the target; what is wrong with it: the event's reason, the condition's, its message, and the error.
    /// Source: `validateAndParseSelector`.
    fn selector(
        &mut self,
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
        self.pods.retain(|pod| selector.matches(pod.metadata.label_map()));
        selectors.insert(key.clone(), selector);
        let selects = |selector: &Selector| self.pods.iter().any(|pod| selector.matches(pod.metadata.label_map()));
        let rivals = selectors.iter().filter(|(one, selector)| one.namespace == key.namespace && selects(selector));
        let rivals: Vec<String> = rivals.map(|(one, _)| format!("{{{} {}}}", one.name, one.namespace)).collect();
        if rivals.len() > 1 {
            let why = format!("pods by selector {text} are controlled by multiple HPAs: [{}]", rivals.join(" "));
            return Err(("AmbiguousSelector", "AmbiguousSelector", why.clone(), why));
        }
        Ok(())
    }

    fn rescale_request(&self, ctx: &Ctx<'_>) -> Option<Request> {
        let size = self.rescale.as_ref()?.0;
        let name = self.hpa.spec.scale_target_ref.name.as_str();
        let request = ctx.request(Verb::Update, self.target, self.hpa.metadata.namespace()).named(name);
        Some(request.part(Subresource::Scale).body(Body::Scale(size)))
    }

    fn rescaled(&mut self, past: &mut Past, recorder: &mut Recorder, ctx: &mut Ctx<'_>) {
        let Some((size, reason)) = self.rescale.take() else { return };
        let message = format!("the HPA controller was able to update the target scale to {size}");
        self.condition("AbleToScale", true, "SucceededRescale", &message, ctx);
        let text = format!("New size: {size}; reason: {reason}");
        recorder.event(ctx, &self.object(), EventType::Normal, "SuccessfulRescale", text);
        past.note(self.hpa.spec.behavior.as_ref(), (self.current, size), ctx.now);
        self.tell(size);
        self.hpa.status.get_or_insert_default().last_scale_time = Some(time::time(ctx.now));
    }

    fn not_rescaled(&mut self, why: &str, recorder: &mut Recorder, ctx: &mut Ctx<'_>) {
        let Some((size, reason)) = self.rescale.take() else { return };
        let text = format!("New size: {size}; reason: {reason}; error: {why}");
        recorder.event(ctx, &self.object(), EventType::Warning, "FailedRescale", text);
        let message = format!("the HPA controller was unable to update the target scale: {why}");
        self.condition("AbleToScale", false, "FailedUpdateScale", &message, ctx);
        let desired = self.hpa.status.as_ref().map_or(0, |status| status.desired_replicas);
        self.tell(desired);
    }

    /// Makes the status anew; only conditions and the last scaling stay. Source: `setStatus`.
    fn tell(&mut self, desired: i32) {
        let metrics = std::mem::take(&mut self.measured);
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

/// What the metrics API has answered, or why it has not.
fn podmetrics(outcome: &Outcome) -> Result<Vec<PodMetrics>, String> {
    match outcome.as_ref().map(|response| &response.payload) {
        Ok(Payload::List(list)) => Ok(list.items.iter().filter_map(PodMetrics::of).collect()),
        Ok(_) => Ok(Vec::new()),
        Err(status) => Err(status.to_string()),
    }
}
