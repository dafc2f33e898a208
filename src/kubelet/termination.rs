//! The end of a Pod: its containers are stopped, its sandbox is torn down, its last status is told, and the API may forget it.
//!
//! Models `SyncTerminatingPod` and `SyncTerminatedPod` in `pkg/kubelet/kubelet.go`.

use std::sync::Arc;

use crate::machine::ContainerId;

use super::pod_worker::{Activity, Ending, PodWorker, Source, Stage};
use super::shared::Scope;

/// Source: `pkg/apis/core/v1/defaults.go`, `DefaultTerminationGracePeriodSeconds`.
const DEFAULT_GRACE: i64 = 30;

impl PodWorker {
    /// The grace period of the Pod's own spec, in seconds.
    #[must_use]
    pub fn own_grace(&self) -> u64 {
        self.pod.spec.termination_grace_period_seconds.unwrap_or(DEFAULT_GRACE).max(0) as u64
    }

    /// The grace period that holds for its end: that of the deletion, of the eviction, or its own; at least a second.
    fn ending_grace(&self) -> u64 {
        let of_deletion = self.pod.metadata.deletion_grace_period_seconds.map(|grace| grace.max(0) as u64);
        let of_ending = self.ending.as_ref().and_then(|ending| ending.grace);
        of_deletion.or(of_ending).unwrap_or_else(|| self.own_grace()).max(1)
    }

    /// The Pod ends although nobody deleted it.
    pub fn end(&mut self, ending: Ending, scope: &mut Scope<'_, '_>) {
        if self.stage == Stage::Sync && self.ending.is_none() {
            scope.ctx.record("end pod", self.path(), format!("{}: {}", ending.reason, ending.message));
            self.cause = scope.cause();
            self.ending = Some(ending);
            self.terminate(scope);
        }
    }

    /// From now on the Pod is being ended. Called again when somebody wants it quicker.
    pub fn terminate(&mut self, scope: &mut Scope<'_, '_>) {
        if self.stage == Stage::Terminated {
            self.sync_terminated(scope);
            return;
        }
        scope.ctx.cause = self.cause;
        let grace = self.ending_grace();
        let is_quicker = self.grace.is_some_and(|before| grace < before);
        self.grace = Some(self.grace.map_or(grace, |before| before.min(grace)));
        if self.stage == Stage::Sync {
            self.stage = Stage::Terminating;
            self.activity = Activity::Idle;
            self.to_start.clear();
            self.step_at = None;
            self.sync_at = None;
        } else if is_quicker {
            (0..self.slots.len()).for_each(|slot| self.shorten_kill(slot, grace, scope));
        }
        self.publish(scope);
        self.sync_terminating(scope);
    }

    /// Stops what still runs; when nothing does, tears the sandbox down.
    pub fn sync_terminating(&mut self, scope: &mut Scope<'_, '_>) {
        self.stop_restarting_probes();
        let grace = self.grace.unwrap_or(1);
        for slot in 0..self.slots.len() {
            if self.slots[slot].kill.is_none() && self.slots[slot].is_running(scope.machine) {
                let message = format!("Stopping container {}", self.slots[slot].spec(&self.pod).name);
                self.begin_kill(slot, &message, grace, scope);
            }
        }
        if self.has_running(scope.machine) || self.step_at.is_some() {
            return;
        }
        if self.home.is_some() {
            let takes = scope.shared.config.delays.tear_down;
            self.step_after(takes, scope);
        } else {
            self.stage = Stage::Terminated;
            self.sync_terminated(scope);
        }
    }

    /// The network of the Pod has been torn down.
    pub fn torn_down(&mut self, scope: &mut Scope<'_, '_>) {
        self.drop_sandbox(scope);
        self.step_at = None;
        self.publish(scope);
        scope.shared.pleg.mark(self.number, scope.ctx);
    }

    /// The last status, the volumes, the object.
    pub fn sync_terminated(&mut self, scope: &mut Scope<'_, '_>) {
        for slot in &mut self.slots {
            slot.probes.clear();
        }
        self.publish(scope);
        if self.volumes.mounted.is_empty() {
            self.unmounted(scope);
        } else if self.step_at.is_none() {
            let takes = scope.shared.config.delays.unmount;
            self.step_after(takes, scope);
        }
    }

    /// The volumes are taken away: nothing of the Pod is left on the node.
    pub fn unmounted(&mut self, scope: &mut Scope<'_, '_>) {
        self.step_at = None;
        self.unmount(scope);
        self.delete_when_told(scope);
    }

    /// A container's first process has ended.
    pub fn on_exit(&mut self, id: ContainerId, scope: &mut Scope<'_, '_>) {
        let Some(slot) = self.slots.iter().position(|slot| slot.current == Some(id)) else { return };
        let state = &mut self.slots[slot];
        state.kill = None;
        state.restart_because = None;
        state.restart_grace = None;
        state.is_started = false;
        state.is_ready = false;
        self.rest_probes(slot, scope);
        self.cause = scope.cause();
        scope.shared.pleg.mark(self.number, scope.ctx);
        match self.stage {
            Stage::Sync => self.stopped_one(scope),
            Stage::Terminating => {
                self.take_turns(scope);
                if !self.has_running(scope.machine) {
                    self.sync_terminating(scope);
                }
            }
            Stage::Terminated => {}
        }
    }

    /// One of the containers that must be started anew has ended; when all have, they are started.
    fn stopped_one(&mut self, scope: &mut Scope<'_, '_>) {
        let is_stopping = self.slots.iter().any(|slot| slot.kill.is_some());
        if self.activity == Activity::Stopping && !is_stopping {
            self.activity = Activity::Idle;
            self.start_stopped(scope);
        }
    }

    /// The Pod is not in the API any more: whatever still runs of it is stopped.
    pub fn vanish(&mut self, scope: &mut Scope<'_, '_>) {
        self.is_gone = true;
        if self.stage == Stage::Sync {
            scope.ctx.record("object gone", self.path(), "the kubelet stops what still runs of it");
            self.cause = scope.cause();
            self.terminate(scope);
        }
    }

    /// Whether nothing is left to do for it.
    #[must_use]
    pub fn is_forgettable(&self) -> bool {
        self.is_gone && self.stage == Stage::Terminated && self.volumes.mounted.is_empty()
    }

    /// Takes what is left of the Pod off the machine.
    pub fn forget(&mut self, scope: &mut Scope<'_, '_>) {
        let (now, cause) = (scope.now(), scope.cause());
        self.drop_sandbox(scope);
        for id in std::mem::take(&mut self.old_homes) {
            scope.machine.remove_sandbox(now, id, cause);
            scope.shared.owners.sandboxes.remove(&id);
        }
        for id in self.slots.iter().flat_map(|slot| [slot.current, slot.last]).flatten() {
            scope.shared.owners.containers.remove(&id);
        }
        scope.shared.objects.release(self.number, scope.ctx);
    }

    /// The Pod as the API knows it: for a static Pod its mirror.
    #[must_use]
    pub fn api_pod(&self) -> Option<&Arc<crate::model::Pod>> {
        match &self.source {
            Source::Api => Some(&self.pod),
            Source::File { mirror, .. } => mirror.as_ref(),
        }
    }
}
