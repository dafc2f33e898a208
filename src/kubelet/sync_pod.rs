//! Making a Pod real: compares what runs with what was asked and starts what is missing, one container after another.
//!
//! Models `Kubelet.SyncPod` in `pkg/kubelet/kubelet.go` and `computePodActions` in
//! `pkg/kubelet/kuberuntime/kuberuntime_manager.go`.

use std::sync::Arc;

use crate::client::EventType;
use crate::engine::SimDuration;
use crate::machine::{ContainerId, ContainerState, Machine};

use super::pod_worker::{Activity, Ending, PodWorker, Source, Stage, Step};
use super::restart_policy;
use super::shared::Scope;
use super::slot::{Role, Slot};

/// While the network is not ready the Pod is looked at every second. Source: `pod_workers.go`,
/// `backOffOnTransientErrorPeriod`.
const NETWORK_RETRY: SimDuration = SimDuration::from_secs(1);

impl PodWorker {
    /// One synchronisation of a Pod that shall run.
    pub fn sync_pod(&mut self, scope: &mut Scope<'_, '_>) {
        self.sync_at = None;
        self.retry_after = None;
        scope.ctx.cause = self.cause;
        self.check_deadline(scope);
        self.settle_resize(scope);
        self.publish(scope);
        if self.stage != Stage::Sync {
            return;
        }
        if matches!(self.report.status.phase.as_deref(), Some("Succeeded" | "Failed")) {
            self.terminate(scope);
            return;
        }
        if let Some(error) = self.network_error(scope) {
            // A kubelet that has not seen its Node yet does not know better; upstream finds the plugin's settings on the disk.
            if scope.node().is_some() {
                let message = format!("network is not ready: {error}");
                scope.pod_event(&self.pod, EventType::Warning, "NetworkNotReady", message);
            }
            let wait = scope.jittered(NETWORK_RETRY);
            self.sync_after(wait, scope);
            return;
        }
        self.ensure_mirror(scope);
        self.begin_mount(scope);
    }

    /// `activeDeadlineSeconds`: the Pod is ended, or looked at again when its time is over.
    fn check_deadline(&mut self, scope: &mut Scope<'_, '_>) {
        let Some(seconds) = self.pod.spec.active_deadline_seconds else { return };
        let ends_at = self.seen_at + SimDuration::from_secs(seconds.max(0) as u64);
        if ends_at > scope.now() {
            scope.wake(self.number, ends_at);
            self.sync_at = Some(ends_at);
            return;
        }
        let message = "Pod was active on the node longer than the specified deadline";
        scope.pod_event(&self.pod, EventType::Normal, "DeadlineExceeded", message);
        let (reason, message) = ("DeadlineExceeded".into(), message.into());
        self.end(Ending { reason, message, grace: None, is_disruption: false, is_refusal: false }, scope);
    }

    fn network_error(&self, scope: &Scope<'_, '_>) -> Option<String> {
        if self.is_host_network() {
            return None;
        }
        super::node_status::network_error(scope.shared)
    }

    /// A static Pod has a mirror in the API, so that others can see it.
    fn ensure_mirror(&mut self, scope: &mut Scope<'_, '_>) {
        if let Source::File { mirror: None, is_asked: false } = self.source
            && scope.node().is_some()
        {
            self.source = Source::File { mirror: None, is_asked: true };
            super::static_pods::create_mirror(self.number, &self.pod, scope);
        }
    }

    /// The volumes are there: on to the sandbox.
    pub fn mounted(&mut self, scope: &mut Scope<'_, '_>) {
        let is_ready = self.home.is_some_and(|home| scope.machine.sandbox(home.id).is_some_and(|it| it.is_ready));
        if is_ready {
            self.sync_containers(scope);
            return;
        }
        if !self.wants_sandbox(scope.machine) {
            self.finish_sync(scope);
            return;
        }
        if self.home.is_some() || !self.old_homes.is_empty() {
            let message = "Pod sandbox changed, it will be killed and re-created.";
            scope.pod_event(&self.pod, EventType::Normal, "SandboxChanged", message);
            self.drop_sandbox(scope);
            self.slots.iter_mut().for_each(|slot| slot.is_done = false);
        }
        self.activity = Activity::Sandbox;
        let takes = scope.shared.config.delays.sandbox;
        self.step_after(takes, scope);
    }

    /// A Pod whose containers have all done their work needs no new sandbox.
    fn wants_sandbox(&self, machine: &Machine) -> bool {
        self.slots.iter().filter(|slot| slot.role == Role::App).any(|slot| match slot.exit_code(machine) {
            Some(code) => restart_policy::restarts(&self.pod, slot.spec(&self.pod), code),
            None => true,
        })
    }

    /// The sandbox is there: decides which containers to stop and to start.
    pub fn sync_containers(&mut self, scope: &mut Scope<'_, '_>) {
        self.note_ends(scope.machine);
        if self.stop_unwanted(scope) {
            self.activity = Activity::Stopping;
            return;
        }
        self.resize_running(scope);
        self.start_stopped(scope);
    }

    /// Nothing is being stopped: starts what must run and does not.
    pub fn start_stopped(&mut self, scope: &mut Scope<'_, '_>) {
        self.to_start = self.containers_to_start(scope.machine).into();
        self.start_next(scope);
    }

    /// Remembers when earlier instances had ended: the back-off counts from there.
    fn note_ends(&mut self, machine: &Machine) {
        for slot in &mut self.slots {
            let ended = |id| machine.container(id)?.exit.as_ref().map(|exit| exit.at);
            slot.ended_at = slot.current.and_then(ended).or_else(|| slot.last.and_then(ended));
        }
    }

    /// Stops containers that must be started anew; returns whether any is still stopping.
    fn stop_unwanted(&mut self, scope: &mut Scope<'_, '_>) -> bool {
        for index in 0..self.slots.len() {
            let slot = &self.slots[index];
            if slot.kill.is_some() || !slot.is_running(scope.machine) {
                continue;
            }
            let spec = slot.spec(&self.pod);
            let name = &spec.name;
            let changed =
                slot.status(scope.machine).is_some_and(|status| Some(&*status.image) != spec.image.as_deref());
            let message: Option<Arc<str>> = match &slot.restart_because {
                Some(message) => Some(Arc::clone(message)),
                None if changed => Some(format!("Container {name} definition changed, will be restarted").into()),
                None => {
                    slot.resizes_by_restart(spec).then(|| format!("Container {name} resize requires restart").into())
                }
            };
            if let Some(message) = message {
                let grace = slot.restart_grace.unwrap_or_else(|| self.own_grace());
                self.begin_kill(index, &message, grace, scope);
            }
        }
        self.slots.iter().any(|slot| slot.kill.is_some() && slot.is_running(scope.machine))
    }

    /// Which containers are to be started now, in order.
    fn containers_to_start(&mut self, machine: &Machine) -> Vec<usize> {
        let home = self.home.map(|home| home.id);
        let is_here = |slot: &Slot| {
            let container = slot.current.and_then(|id| machine.container(id));
            container.is_some_and(|container| home == Some(container.sandbox))
        };
        let has_begun = self.slots.iter().any(|slot| slot.role == Role::App && is_here(slot));
        let is_new = |(_, slot): &(usize, &Slot)| slot.role == Role::Ephemeral && slot.current.is_none();
        let mut start: Vec<usize> = self.slots.iter().enumerate().filter(is_new).map(|(index, _)| index).collect();
        for index in 0..self.slots.len() {
            let slot = &self.slots[index];
            // What ran in an earlier sandbox runs again in this one, init containers included.
            let is_stale = slot.role == Role::Init && !is_here(slot);
            let (state, code) = if is_stale { (None, None) } else { (slot.state(machine), slot.exit_code(machine)) };
            let spec = slot.spec(&self.pod);
            match slot.role {
                Role::Init if has_begun || slot.is_done => {}
                Role::Init => match (state, code) {
                    (Some(ContainerState::Exited), Some(0)) => self.slots[index].is_done = true,
                    (Some(ContainerState::Exited), Some(code)) => {
                        if restart_policy::restarts_init(&self.pod, spec, code) {
                            start.push(index);
                        }
                        return start;
                    }
                    (Some(_), _) => return start,
                    (None, _) => {
                        start.push(index);
                        return start;
                    }
                },
                Role::Sidecar => {
                    if state != Some(ContainerState::Running) {
                        start.push(index);
                    }
                    // The next one waits until this one has started.
                    if !has_begun && !slot.is_started {
                        return start;
                    }
                }
                Role::App => match code {
                    Some(code) if restart_policy::restarts(&self.pod, spec, code) => start.push(index),
                    None if state.is_none() => start.push(index),
                    _ => {}
                },
                Role::Ephemeral => {}
            }
        }
        start
    }

    /// The next container of this synchronisation, or its end.
    pub fn start_next(&mut self, scope: &mut Scope<'_, '_>) {
        while let Some(slot) = self.to_start.pop_front() {
            if self.is_backing_off(slot, scope) {
                continue;
            }
            if self.begin_container(slot, scope) {
                return;
            }
        }
        self.finish_sync(scope);
    }

    /// Whether a container that ended must wait before it is started again.
    fn is_backing_off(&mut self, index: usize, scope: &mut Scope<'_, '_>) -> bool {
        let now = scope.now();
        let slot = &mut self.slots[index];
        let Some(ended_at) = slot.ended_at else { return false };
        let Some(remaining) = slot.crash.remaining(ended_at, now) else {
            slot.crash.next(ended_at, now);
            return false;
        };
        let wait = slot.crash.wait();
        let name = slot.spec(&self.pod).name.clone();
        let full = self.full_name();
        let (pod_name, namespace) = (
            self.pod.metadata.name.clone().unwrap_or_default(),
            self.pod.metadata.namespace.clone().unwrap_or_default(),
        );
        let uid = self.pod.metadata.uid.clone().unwrap_or_default();
        let message = format!("Back-off restarting failed container {name} in pod {pod_name}_{namespace}({uid})");
        let field = self.slots[index].field_path(&self.pod);
        scope.field_event(&self.pod, field, EventType::Warning, "BackOff", message);
        let message = format!("back-off {wait} restarting failed container={name} pod={full}");
        self.fail(index, "CrashLoopBackOff", message);
        self.retry_within(remaining);
        // Upstream shows CrashLoopBackOff at the next synchronisation, whatever brings that about; here it is a second later.
        self.refresh_after(SimDuration::from_secs(1), scope);
        true
    }

    /// Puts an entry into the reason cache: the next status tells it.
    pub fn fail(&mut self, slot: usize, reason: &'static str, message: impl Into<Arc<str>>) {
        self.slots[slot].reason = Some(super::slot::Reason { reason, message: message.into() });
    }

    /// A container could not be started: an event, the reason, another try later.
    pub fn note_failure(&mut self, slot: usize, reason: &'static str, message: &str, scope: &mut Scope<'_, '_>) {
        let field = self.slots[slot].field_path(&self.pod);
        scope.field_event(&self.pod, field, EventType::Warning, "Failed", format!("Error: {message}"));
        self.fail(slot, reason, message);
        self.retry(scope);
    }

    /// Goes on after a container that could not be started. The containers after it are tried all the same.
    pub fn container_failed(&mut self, scope: &mut Scope<'_, '_>) {
        self.activity = Activity::Idle;
        self.start_next(scope);
    }

    /// An object that the Pod names has become known, or has changed.
    pub fn on_object(&mut self, scope: &mut Scope<'_, '_>) {
        match (self.stage, self.activity.clone()) {
            (Stage::Sync, Activity::Mounting) if self.step_at.is_none() => self.try_mount(scope),
            (Stage::Sync, Activity::Container(slot, Step::Credentials)) => {
                self.activity = Activity::Idle;
                if !self.begin_container(slot, scope) {
                    self.start_next(scope);
                }
            }
            (Stage::Sync, Activity::Container(slot, Step::Reading)) => self.create_container(slot, scope),
            (Stage::Sync, _) => self.refresh_volumes(scope),
            _ => {}
        }
    }

    /// Whether news of the Node may let it go on.
    #[must_use]
    pub fn waits_for_node(&self) -> bool {
        let is_unmirrored = matches!(self.source, Source::File { mirror: None, .. });
        self.stage == Stage::Sync && (self.activity == Activity::Mounting || is_unmirrored)
    }

    /// The Node changed.
    pub fn node_changed(&mut self, scope: &mut Scope<'_, '_>) {
        if self.activity == Activity::Mounting && self.step_at.is_none() {
            self.try_mount(scope);
        }
        self.ensure_mirror(scope);
    }

    /// podlab tells in its own voice what it does not model.
    pub fn note_not_modelled(&mut self, id: ContainerId, note: &str, scope: &mut Scope<'_, '_>) {
        let Some(slot) = self.slots.iter().find(|slot| slot.current == Some(id)) else { return };
        let field = slot.field_path(&self.pod);
        scope.field_event(&self.pod, field, EventType::Normal, "NotModelled", format!("podlab: {note}"));
    }
}
