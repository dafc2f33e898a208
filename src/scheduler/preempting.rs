//! Making room: victims are told why, deleted with their own grace, and the Pod that pushes them aside waits for them.
//!
//! Models `pkg/scheduler/framework/preemption/executor.go`.

use std::collections::BTreeMap;
use std::sync::Arc;

use serde_json::json;

use crate::client::{Body, Ctx, DeleteOptions, EventType, Outcome, PatchType, Subresource, Ticket, Verb};
use crate::engine::CauseId;
use crate::model::{Kind, Object, time};

use super::component::Scheduler;
use super::pod_info::PodInfo;
use super::preemption::{Candidate, VICTIM_REASON};

/// Victims on their way out, by the request that is under way for them.
#[derive(Clone, Debug, Default)]
pub(super) struct Evictions(BTreeMap<Ticket, Eviction>);

#[derive(Clone, Debug)]
struct Eviction {
    victim: Arc<PodInfo>,
    /// The UID of the Pod for which it goes.
    preemptor: Arc<str>,
    node: Arc<str>,
    step: Step,
    cause: CauseId,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Step {
    Mark,
    Delete,
}

impl Scheduler {
    /// Marks the victims, and tells Pods of lower priority that were to come to this node to look elsewhere.
    pub(super) fn make_room(&mut self, pod: &Arc<PodInfo>, candidate: Candidate, ctx: &mut Ctx<'_>) {
        let lower = |other: &&Arc<PodInfo>| other.priority() < pod.priority();
        let displaced: Vec<_> =
            self.cache.snapshot.nominated_on(&candidate.node).iter().filter(lower).cloned().collect();
        for other in displaced {
            self.clear_nomination(&other, ctx);
        }
        for victim in candidate.victims {
            if victim.pod.metadata.deletion_timestamp.is_some() {
                continue;
            }
            let ticket = ctx.send(mark(&victim, ctx));
            let (preemptor, node) = (Arc::clone(&pod.uid), Arc::clone(&candidate.node));
            let eviction = Eviction { victim, preemptor, node, step: Step::Mark, cause: ctx.cause };
            self.evictions.0.insert(ticket, eviction);
        }
    }

    /// A victim was marked, or deleted.
    pub(super) fn on_eviction_outcome(&mut self, ticket: Ticket, outcome: &Outcome, ctx: &mut Ctx<'_>) {
        let Some(mut eviction) = self.evictions.0.remove(&ticket) else { return };
        // A victim that is gone already, or that cannot be reached, makes no room by our doing: the next attempt will see.
        if outcome.is_err() {
            return;
        }
        ctx.cause = eviction.cause;
        let victim = Arc::clone(&eviction.victim);
        match eviction.step {
            Step::Mark => {
                let uid = Some(Arc::clone(&victim.uid)).filter(|uid| !uid.is_empty());
                let options = DeleteOptions { uid, ..DeleteOptions::default() };
                let request = ctx.request(Verb::Delete, Kind::Pod, victim.namespace()).named(victim.name());
                eviction.step = Step::Delete;
                let ticket = ctx.send(request.body(Body::Delete(options)));
                self.evictions.0.insert(ticket, eviction);
            }
            Step::Delete => {
                let note = format!("Preempted by pod {} on node {}", eviction.preemptor, eviction.node);
                let object = Object::from(Arc::clone(&victim.pod));
                let recorder = self.recorder_of(&victim);
                recorder.event_series(ctx, &object, EventType::Normal, "Preempted", "Preempting", note);
            }
        }
    }
}

/// The condition that tells a victim why it must go.
fn mark(victim: &PodInfo, ctx: &Ctx<'_>) -> crate::client::Request {
    let scheduler = victim.pod.spec.scheduler_name.as_deref().unwrap_or("default-scheduler");
    let condition = json!({
        "type": "DisruptionTarget", "status": "True", "reason": VICTIM_REASON,
        "message": format!("{scheduler}: preempting to accommodate a higher priority pod"),
        "lastProbeTime": null, "lastTransitionTime": time::time(ctx.now),
        "observedGeneration": victim.pod.metadata.generation,
    });
    let request = ctx.request(Verb::Patch, Kind::Pod, victim.namespace()).named(victim.name());
    let patch = json!({"status": {"conditions": [condition]}});
    request.part(Subresource::Status).body(Body::Patch(PatchType::Strategic, patch))
}
