//! What is told and written when a Pod finds no node.
//!
//! Models `handleSchedulingFailure` of `pkg/scheduler/schedule_one.go`.

use std::sync::Arc;

use serde_json::{Value, json};

use crate::client::{Body, Ctx, EventType, PatchType, Subresource, Verb};
use crate::model::{Kind, Object, time};

use super::component::Scheduler;
use super::decision::AttemptOutcome;
use super::framework::{CycleState, Diagnosis, FitError, PluginSet, PostFilterOutcome, Refusal};
use super::pod_info::PodInfo;
use super::queue::QueuedPod;

/// What is told when the cluster has no node at all. Source: `schedule_one.go`, `ErrNoNodesAvailable`.
const NO_NODES: &str = "no nodes available to schedule pods";
/// Notes of events are cut to this many bytes. Source: `pkg/apis/core/validation/events.go`, `NoteLengthLimit`.
const NOTE_MAX: usize = 1024;
const CUT: &str = " ...";

/// What becomes of `status.nominatedNodeName`.
#[derive(Clone, Debug, PartialEq, Eq)]
enum Nomination {
    Keep,
    Clear,
    Node(Arc<str>),
}

impl Scheduler {
    /// No node will do: maybe room can be made.
    pub(super) fn unfit(&mut self, queued: QueuedPod, mut error: FitError, state: &CycleState, ctx: &mut Ctx<'_>) {
        let offset = ctx.random.below(self.cache.snapshot.len() as u64) as usize;
        let pod = &queued.info;
        let outcome = self.algorithm.post_filter(pod, &self.cache.snapshot, &error, state, offset);
        let nomination = match &outcome {
            PostFilterOutcome::Room(candidate) => Nomination::Node(Arc::clone(&candidate.node)),
            PostFilterOutcome::Unschedulable(refusal) if refusal.is_nomination_kept => Nomination::Keep,
            _ => Nomination::Clear,
        };
        if let PostFilterOutcome::Unschedulable(Refusal { text, .. }) | PostFilterOutcome::Error(text) = &outcome {
            error.diagnosis.post_filter.clone_from(text);
        }
        let message: Arc<str> = error.message().into();
        let pod = Arc::clone(pod);
        let told = match &outcome {
            PostFilterOutcome::Room(candidate) => AttemptOutcome::Preempting {
                message: Arc::clone(&message),
                node: Arc::clone(&candidate.node),
                victims: candidate.victims.iter().map(|victim| victim.full_name()).collect(),
            },
            _ => AttemptOutcome::Unschedulable { message: Arc::clone(&message) },
        };
        let rejected_by = error.diagnosis.rejected_by;
        self.keep(&queued, told, error.diagnosis, ctx);
        if ctx.trace.is_on() {
            let path = Object::from(Arc::clone(&pod.pod)).key().path();
            ctx.record("find no node for", path, Arc::clone(&message));
        }
        self.tell_failure(&pod, &message, ctx);
        if let PostFilterOutcome::Room(candidate) = outcome {
            self.make_room(&pod, candidate, ctx);
        }
        self.write_failure(&pod, "Unschedulable", &message, nomination, ctx);
        self.queue.add_unschedulable(queued, rejected_by, ctx.now);
    }

    /// There are no nodes: nothing can be said about any.
    pub(super) fn no_nodes(&mut self, queued: QueuedPod, ctx: &mut Ctx<'_>) {
        let pod = Arc::clone(&queued.info);
        self.keep(&queued, AttemptOutcome::Unschedulable { message: NO_NODES.into() }, Diagnosis::default(), ctx);
        self.tell_failure(&pod, NO_NODES, ctx);
        self.write_failure(&pod, "Unschedulable", NO_NODES, Nomination::Clear, ctx);
        self.queue.add_unschedulable(queued, PluginSet::default(), ctx.now);
    }

    /// A node was found but the Pod could not be bound to it.
    pub(super) fn binding_error(&mut self, queued: QueuedPod, text: &str, ctx: &mut Ctx<'_>) {
        ctx.cause = queued.cause;
        let pod = Arc::clone(&queued.info);
        self.keep(&queued, AttemptOutcome::Failed { message: text.into() }, Diagnosis::default(), ctx);
        self.tell_failure(&pod, text, ctx);
        self.write_failure(&pod, "SchedulerError", text, Nomination::Clear, ctx);
        self.queue.add_unschedulable(queued, PluginSet::default(), ctx.now);
    }

    /// The FailedScheduling event.
    pub(super) fn tell_failure(&mut self, pod: &PodInfo, message: &str, ctx: &mut Ctx<'_>) {
        let object = Object::from(Arc::clone(&pod.pod));
        let recorder = self.recorder_of(pod);
        recorder.event_series(ctx, &object, EventType::Warning, "FailedScheduling", "Scheduling", cut(message));
    }

    /// Writes down on which node the Pod is expected, while its volumes are being bound.
    pub(super) fn announce_node(&mut self, pod: &PodInfo, node: &Arc<str>, ctx: &mut Ctx<'_>) {
        write_status(pod, json!({"nominatedNodeName": &**node}), ctx);
    }

    /// A Pod for which room was being made must look elsewhere.
    pub(super) fn clear_nomination(&mut self, pod: &PodInfo, ctx: &mut Ctx<'_>) {
        self.cache.snapshot.withdraw(&pod.uid);
        write_status(pod, json!({"nominatedNodeName": null}), ctx);
    }

    /// The PodScheduled condition; written only when it says something new.
    fn write_failure(
        &mut self,
        pod: &Arc<PodInfo>,
        reason: &str,
        message: &str,
        nomination: Nomination,
        ctx: &mut Ctx<'_>,
    ) {
        let mut status = json!({});
        let held = pod.pod.condition("PodScheduled");
        let same = |text: &Option<String>, wanted: &str| text.as_deref() == Some(wanted);
        let is_told = held
            .is_some_and(|held| held.status == "False" && same(&held.reason, reason) && same(&held.message, message));
        if !is_told {
            let since = held.filter(|held| held.status == "False").and_then(|held| held.last_transition_time.clone());
            status["conditions"] = json!([{
                "type": "PodScheduled", "status": "False", "reason": reason, "message": message,
                "lastProbeTime": null, "lastTransitionTime": since.unwrap_or_else(|| time::time(ctx.now)),
                "observedGeneration": pod.pod.metadata.generation,
            }]);
        }
        match &nomination {
            Nomination::Keep => {}
            Nomination::Clear => {
                self.cache.snapshot.withdraw(&pod.uid);
                if !pod.nominated_node().is_empty() {
                    status["nominatedNodeName"] = Value::Null;
                }
            }
            Nomination::Node(node) => {
                self.cache.snapshot.nominate(node, Arc::clone(pod));
                if pod.nominated_node() != &**node {
                    status["nominatedNodeName"] = json!(&**node);
                }
            }
        }
        if status.as_object().is_some_and(|fields| !fields.is_empty()) {
            write_status(pod, status, ctx);
        }
    }

    fn keep(&mut self, queued: &QueuedPod, outcome: AttemptOutcome, diagnosis: Diagnosis, ctx: &Ctx<'_>) {
        let profile = self.algorithm.profile_of(&queued.info);
        let snapshot = &self.cache.snapshot;
        let attempt = self.decisions.attempt(ctx.now, queued.attempts, outcome, &profile, snapshot, diagnosis);
        self.decisions.keep(queued.info.namespace(), queued.info.name(), attempt);
    }
}

fn write_status(pod: &PodInfo, status: Value, ctx: &mut Ctx<'_>) {
    let request = ctx.request(Verb::Patch, Kind::Pod, pod.namespace()).named(pod.name()).part(Subresource::Status);
    ctx.send(request.body(Body::Patch(PatchType::Strategic, json!({"status": status}))));
}

/// A note short enough for an event.
fn cut(message: &str) -> String {
    if message.len() <= NOTE_MAX {
        return message.to_owned();
    }
    let end = message.floor_char_boundary(NOTE_MAX - CUT.len());
    format!("{}{CUT}", &message[..end])
}
