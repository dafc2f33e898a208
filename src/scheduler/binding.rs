//! Binding: volumes first, then the Binding itself, while the scheduler goes on with other Pods.
//!
//! Models `bindingCycle` of `pkg/scheduler/schedule_one.go` and `plugins/defaultbinder`.

use std::collections::BTreeMap;
use std::sync::Arc;

use crate::client::{Body, Ctx, EventType, Outcome, Reason, Subresource, Ticket, Timer, Verb};
use crate::engine::SimDuration;
use crate::model::{Kind, Object};

use super::component::{Scheduler, TIMER_BINDING};
use super::framework::{ClusterEvent, VolumeWork};
use super::queue::QueuedPod;

/// How long volumes may take. Source: `pkg/scheduler/apis/config/v1/defaults.go`, `bindTimeoutSeconds`.
const VOLUME_TIMEOUT: SimDuration = SimDuration::from_secs(600);

/// Pods on their way to a node.
#[derive(Clone, Debug, Default)]
pub(super) struct Bindings {
    /// Pods whose volumes are not bound yet, by UID.
    waiting: BTreeMap<Arc<str>, Binding>,
    /// Writes of volumes and claims, and for which Pod.
    writes: BTreeMap<Ticket, Arc<str>>,
    /// Bindings that were sent.
    sent: BTreeMap<Ticket, Binding>,
    last_number: u64,
}

/// One Pod on its way to a node.
#[derive(Clone, Debug)]
struct Binding {
    number: u64,
    queued: QueuedPod,
    node: Arc<str>,
    work: VolumeWork,
}

impl Scheduler {
    /// Sets aside what the Pod needs on its node, and begins.
    pub(super) fn begin_binding(&mut self, queued: QueuedPod, node: Arc<str>, ctx: &mut Ctx<'_>) {
        let work = self.reserve(&queued, &node);
        self.bindings.last_number += 1;
        let binding = Binding { number: self.bindings.last_number, queued, node, work };
        let pod = &binding.queued.info;
        if ctx.trace.is_on() {
            ctx.record("bind", Object::from(Arc::clone(&pod.pod)).key().path(), format!("to {}", binding.node));
        }
        if self.are_volumes_bound(&binding.work) {
            self.send_binding(binding, ctx);
            return;
        }
        self.announce_node(&Arc::clone(pod), &binding.node, ctx);
        for object in binding.work.updates.clone() {
            let request = ctx.request_with(Verb::Update, object);
            let ticket = ctx.send(request);
            self.bindings.writes.insert(ticket, Arc::clone(&binding.queued.info.uid));
        }
        ctx.timer(VOLUME_TIMEOUT, Timer::new(TIMER_BINDING, binding.number));
        self.bindings.waiting.insert(Arc::clone(&binding.queued.info.uid), binding);
    }

    /// Sends the bindings of Pods whose volumes have been bound.
    pub(super) fn advance_bindings(&mut self, ctx: &mut Ctx<'_>) {
        let is_ready = |(_, binding): &(&Arc<str>, &Binding)| self.are_volumes_bound(&binding.work);
        let ready: Vec<Arc<str>> =
            self.bindings.waiting.iter().filter(is_ready).map(|(uid, _)| Arc::clone(uid)).collect();
        for uid in ready {
            if let Some(binding) = self.bindings.waiting.remove(&uid) {
                self.send_binding(binding, ctx);
            }
        }
    }

    /// Takes in the outcome of a write or a binding; false when it was neither.
    pub(super) fn on_binding_outcome(&mut self, ticket: Ticket, outcome: &Outcome, ctx: &mut Ctx<'_>) -> bool {
        if let Some(uid) = self.bindings.writes.remove(&ticket) {
            if let Err(status) = outcome
                && let Some(binding) = self.bindings.waiting.remove(&uid)
            {
                let text = format!("running PreBind plugin \"VolumeBinding\": binding volumes: {}", status.message);
                self.binding_failed(binding, &text, ctx);
            }
            return true;
        }
        let Some(binding) = self.bindings.sent.remove(&ticket) else { return false };
        ctx.cause = binding.queued.cause;
        match outcome {
            Ok(_) => {
                let pod = &binding.queued.info;
                let note = format!("Successfully assigned {} to {}", pod.full_name(), binding.node);
                let object = Object::from(Arc::clone(&pod.pod));
                let recorder = self.recorder_of(&Arc::clone(pod));
                recorder.event_series(ctx, &object, EventType::Normal, "Scheduled", "Binding", note);
            }
            // The Pod was deleted meanwhile: there is nobody left to tell.
            Err(status) if status.is(Reason::NotFound) => self.give_back(&binding, ctx),
            Err(status) => {
                let text = format!("running Bind plugin \"DefaultBinder\": {}", status.message);
                self.binding_failed(binding, &text, ctx);
            }
        }
        true
    }

    /// The volumes of a Pod have taken too long.
    pub(super) fn on_binding_deadline(&mut self, number: u64, ctx: &mut Ctx<'_>) {
        let late = self.bindings.waiting.iter().find(|(_, binding)| binding.number == number);
        let Some(uid) = late.map(|(uid, _)| Arc::clone(uid)) else { return };
        if let Some(binding) = self.bindings.waiting.remove(&uid) {
            let text = "running PreBind plugin \"VolumeBinding\": binding volumes: context deadline exceeded";
            self.binding_failed(binding, text, ctx);
        }
    }

    /// The Pod is gone.
    pub(super) fn cancel_binding(&mut self, uid: &str) {
        if let Some(binding) = self.bindings.waiting.remove(uid) {
            self.unreserve(&binding.work);
        }
    }

    fn send_binding(&mut self, binding: Binding, ctx: &mut Ctx<'_>) {
        let pod = &binding.queued.info;
        let request = ctx.request(Verb::Create, Kind::Pod, pod.namespace()).named(pod.name());
        let request = request.part(Subresource::Binding).body(Body::Binding(Arc::clone(&binding.node)));
        let ticket = ctx.send(request);
        self.bindings.sent.insert(ticket, binding);
    }

    fn binding_failed(&mut self, binding: Binding, text: &str, ctx: &mut Ctx<'_>) {
        self.give_back(&binding, ctx);
        self.binding_error(binding.queued, text, ctx);
    }

    /// The Pod does not count on its node any longer, so others may find room there.
    fn give_back(&mut self, binding: &Binding, ctx: &mut Ctx<'_>) {
        self.unreserve(&binding.work);
        if self.cache.forget(&binding.queued.info.uid) {
            self.wake(&ClusterEvent::PodDeleted(Arc::clone(&binding.queued.info)), ctx);
        }
    }

    fn reserve(&mut self, queued: &QueuedPod, node: &str) -> VolumeWork {
        let mut all = VolumeWork::default();
        let Some(node) = self.cache.snapshot.node(node).cloned() else { return all };
        let profile = self.algorithm.profile_of(&queued.info);
        for (_, plugin) in profile.plugins() {
            if let Some(point) = plugin.as_reserve() {
                let work = point.reserve(&queued.info, &node, &mut self.cache.snapshot.volumes);
                all.updates.extend(work.updates);
                all.assumed.extend(work.assumed);
                all.awaited.extend(work.awaited);
            }
        }
        all
    }

    fn unreserve(&mut self, work: &VolumeWork) {
        let profile = std::sync::Arc::clone(self.algorithm.profiles.first());
        for (_, plugin) in profile.plugins() {
            if let Some(point) = plugin.as_reserve() {
                point.unreserve(work, &mut self.cache.snapshot.volumes);
            }
        }
    }

    fn are_volumes_bound(&self, work: &VolumeWork) -> bool {
        let points = self.algorithm.profiles.first().plugins().filter_map(|(_, plugin)| plugin.as_pre_bind());
        points.into_iter().all(|point| point.is_done(work, &self.cache.snapshot.volumes))
    }
}
