//! One look at one autoscaler: from the scale of its target to the size that is set, and what its status says.
//!
//! Models `reconcileAutoscaler` of `pkg/controller/podautoscaler/horizontal.go`.

use std::cmp::Ordering;
use std::collections::BTreeMap;
use std::sync::Arc;

use crate::client::{Body, Ctx, EventType, Recorder, Request, Scale, Subresource, Verb};
use crate::model::autoscaling::{HorizontalPodAutoscaler, HorizontalPodAutoscalerStatus, MetricStatus};
use crate::model::metrics::{PodMetrics, pod_metrics};
use crate::model::{Kind, Meta, Object, ObjectKey, Pod, Selector, time};

use super::conditions::set;
use super::metrics::{Evaluated, Evaluation, Failure};
use super::normalize::{Bounds, Normalized, Past};

/// One look at one autoscaler.
#[derive(Clone, Debug)]
pub(super) struct Sync {
    pub(super) shared: Arc<HorizontalPodAutoscaler>,
    /// The same with the status that it is to have.
    pub(super) hpa: HorizontalPodAutoscaler,
    pub(super) target: Kind,
    /// The Pods of its namespace; of its target, once that is known.
    pub(super) pods: Vec<Arc<Pod>>,
    /// What selects the Pods of the target.
    pub(super) selector: Arc<str>,
    /// The size to set, and why.
    pub(super) rescale: Option<(i32, String)>,
    pub(super) current: i32,
    /// What was measured.
    pub(super) measured: Vec<MetricStatus>,
    pub(super) next: Next,
}

/// What comes when the present call is over.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Next {
    Measure,
    Rescale,
    Status,
    Nothing,
}

impl Sync {
    pub(super) fn object(&self) -> Object {
        Object::from(Arc::clone(&self.shared))
    }

    fn condition(&mut self, kind: &str, is_true: bool, reason: &str, message: &str, ctx: &Ctx<'_>) {
        set(self.hpa.status.get_or_insert_default(), (kind, is_true), reason, message, ctx.now);
    }

    /// The target has no scale that could be read.
    pub(super) fn no_scale(&mut self, why: &str, recorder: &mut Recorder, ctx: &mut Ctx<'_>) {
        recorder.event(ctx, &self.object(), EventType::Warning, "FailedGetScale", why);
        let message = format!("the HPA controller was unable to get the target's current scale: {why}");
        self.condition("AbleToScale", false, "FailedGetScale", &message, ctx);
    }

    /// Decides on a size.
    pub(super) fn judge(
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

    pub(super) fn measure_request(&self, ctx: &Ctx<'_>) -> Request {
        let mut request = ctx.request(Verb::List, pod_metrics(), self.hpa.metadata.namespace());
        request.options.label_selector = Some(Arc::clone(&self.selector));
        request
    }

    /// Asks the metrics for a size. Source: `computeReplicasForMetrics`.
    pub(super) fn compute(
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

    pub(super) fn rescale_request(&self, ctx: &Ctx<'_>) -> Option<Request> {
        let size = self.rescale.as_ref()?.0;
        let name = self.hpa.spec.scale_target_ref.name.as_str();
        let request = ctx.request(Verb::Update, self.target, self.hpa.metadata.namespace()).named(name);
        Some(request.part(Subresource::Scale).body(Body::Scale(size)))
    }

    pub(super) fn rescaled(&mut self, past: &mut Past, recorder: &mut Recorder, ctx: &mut Ctx<'_>) {
        let Some((size, reason)) = self.rescale.take() else { return };
        let message = format!("the HPA controller was able to update the target scale to {size}");
        self.condition("AbleToScale", true, "SucceededRescale", &message, ctx);
        let text = format!("New size: {size}; reason: {reason}");
        recorder.event(ctx, &self.object(), EventType::Normal, "SuccessfulRescale", text);
        past.note(self.hpa.spec.behavior.as_ref(), (self.current, size), ctx.now);
        self.tell(size);
        self.hpa.status.get_or_insert_default().last_scale_time = Some(time::time(ctx.now));
    }

    pub(super) fn not_rescaled(&mut self, why: &str, recorder: &mut Recorder, ctx: &mut Ctx<'_>) {
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
