//! Stopping a container: preStop hook, stop signal, grace period, SIGKILL.
//!
//! Models `killContainer` in `pkg/kubelet/kuberuntime/kuberuntime_container.go` and containerd's `container_stop.go`.

use crate::client::EventType;
use crate::engine::{SimDuration, SimTime};
use crate::machine::Signal;

use super::hook::{HookResult, HookRun};
use super::pod_worker::{PodWorker, Stage};
use super::shared::Scope;
use super::slot::Role;

/// What is left at the least after a preStop hook. Source: `minimumGracePeriodInSeconds`.
const MINIMUM_GRACE: u64 = 2;

/// A container that is being stopped.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Kill {
    /// How far it is.
    pub phase: Phase,
    /// When it began.
    began_at: SimTime,
    /// Seconds of grace altogether.
    grace: u64,
}

/// How far the stopping of a container is.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Phase {
    /// The preStop hook runs, at the longest until then.
    Hook(HookRun, SimTime),
    /// A sidecar waits until those before it have ended.
    Turn,
    /// The stop signal has been sent; SIGKILL follows then.
    Signalled(SimTime),
    /// SIGKILL has been sent.
    Killed,
}

impl PodWorker {
    /// Begins to stop a container.
    pub fn begin_kill(&mut self, slot: usize, message: &str, grace: u64, scope: &mut Scope<'_, '_>) {
        let now = scope.now();
        let field = self.slots[slot].field_path(&self.pod);
        scope.field_event(&self.pod, field, EventType::Normal, "Killing", message);
        scope.ctx.record("stop container", self.container_path(slot), format!("{message} (grace {grace}s)"));
        let mut kill = Kill { phase: Phase::Turn, began_at: now, grace };
        self.slots[slot].kill = Some(kill);
        let pod = std::sync::Arc::clone(&self.pod);
        let hook = self.slots[slot].spec(&pod).lifecycle.as_ref().and_then(|hooks| hooks.pre_stop.as_ref());
        let Some(hook) = hook.filter(|_| grace > 0) else {
            self.signal_in_turn(slot, scope);
            return;
        };
        scope.ctx.record("run preStop", self.container_path(slot), "the grace period runs meanwhile");
        let Some(run) = self.begin_hook(slot, hook, scope) else {
            self.pre_stop_failed(slot, scope);
            return;
        };
        let pause = hook.sleep.as_ref().map_or(u64::MAX, |sleep| sleep.seconds.max(0) as u64);
        let until = now + SimDuration::from_secs(grace.min(pause));
        kill.phase = Phase::Hook(run, until);
        self.slots[slot].kill = Some(kill);
        scope.wake(self.number, until);
    }

    /// The preStop hook has ended by itself.
    pub fn pre_stop_ended(&mut self, slot: usize, run: HookRun, result: HookResult, scope: &mut Scope<'_, '_>) {
        let Some(kill) = self.slots[slot].kill else { return };
        if !matches!(kill.phase, Phase::Hook(mine, _) if mine == run) {
            return;
        }
        match result {
            HookResult::Done => {
                scope.ctx.record("preStop ended", self.container_path(slot), "");
                self.signal_in_turn(slot, scope);
            }
            HookResult::Failed => self.pre_stop_failed(slot, scope),
        }
    }

    fn pre_stop_failed(&mut self, slot: usize, scope: &mut Scope<'_, '_>) {
        let field = self.slots[slot].field_path(&self.pod);
        scope.field_event(&self.pod, field, EventType::Warning, "FailedPreStopHook", "PreStopHook failed");
        scope.ctx.record("preStop failed", self.container_path(slot), "");
        self.signal_in_turn(slot, scope);
    }

    /// Sends the stop signal, or lets a sidecar wait for its turn.
    fn signal_in_turn(&mut self, slot: usize, scope: &mut Scope<'_, '_>) {
        let must_wait = self.slots[slot].role == Role::Sidecar
            && self.stage != Stage::Sync
            && self.slots[slot + 1..].iter().any(|later| later.role != Role::Init && later.is_running(scope.machine));
        if must_wait {
            if let Some(kill) = &mut self.slots[slot].kill {
                kill.phase = Phase::Turn;
                let until = kill.began_at + SimDuration::from_secs(kill.grace);
                scope.wake(self.number, until);
            }
            return;
        }
        self.send_stop_signal(slot, scope);
    }

    fn send_stop_signal(&mut self, slot: usize, scope: &mut Scope<'_, '_>) {
        let now = scope.now();
        let Some(status) = self.slots[slot].status(scope.machine) else { return };
        let Some(kill) = &mut self.slots[slot].kill else { return };
        // Whole seconds spent before count against the grace period; two are left in any case.
        let spent = now.since(kill.began_at).as_secs();
        let remaining = kill.grace.saturating_sub(spent).max(MINIMUM_GRACE);
        let kill_at = now + SimDuration::from_secs(remaining);
        kill.phase = Phase::Signalled(kill_at);
        let wished = self.slots[slot].spec(&self.pod).lifecycle.as_ref().and_then(|hooks| hooks.stop_signal.as_deref());
        let signal = wished.and_then(|name| name.parse().ok()).unwrap_or(status.stop_signal);
        let name = &self.slots[slot].spec(&self.pod).name;
        let text = format!("sent {signal} to PID 1 of {name} (SIGKILL in {remaining}s)");
        let cause = scope.ctx.record("send signal", self.container_path(slot), text);
        // A process that ended this very moment needs no signal.
        scope.machine.signal(now, status.id, signal, cause).unwrap_or_default();
        scope.wake(self.number, kill_at);
    }

    /// Stops whose time has come.
    pub fn kills_due(&mut self, scope: &mut Scope<'_, '_>) {
        let now = scope.now();
        for slot in 0..self.slots.len() {
            let Some(kill) = self.slots[slot].kill else { continue };
            match kill.phase {
                Phase::Hook(run, until) if until <= now => {
                    if run != HookRun::Sleep {
                        let text = format!("not over after {}s of grace; going on", kill.grace);
                        scope.ctx.record("preStop cut short", self.container_path(slot), text);
                    }
                    self.signal_in_turn(slot, scope);
                }
                Phase::Turn if kill.began_at + SimDuration::from_secs(kill.grace) <= now => {
                    self.send_stop_signal(slot, scope);
                }
                Phase::Signalled(at) if at <= now => self.force(slot, scope),
                _ => {}
            }
        }
    }

    fn force(&mut self, slot: usize, scope: &mut Scope<'_, '_>) {
        let now = scope.now();
        let Some(id) = self.slots[slot].current else { return };
        if let Some(kill) = &mut self.slots[slot].kill {
            kill.phase = Phase::Killed;
        }
        let name = self.slots[slot].spec(&self.pod).name.clone();
        let text = format!("the grace period is over: SIGKILL for {name}");
        let cause = scope.ctx.record("send signal", self.container_path(slot), text);
        scope.machine.signal(now, id, Signal::Kill, cause).unwrap_or_default();
    }

    /// Someone wants it quicker: the end comes `grace` seconds from now at the latest.
    pub fn shorten_kill(&mut self, slot: usize, grace: u64, scope: &mut Scope<'_, '_>) {
        let now = scope.now();
        let Some(kill) = &mut self.slots[slot].kill else { return };
        let ends_at = now + SimDuration::from_secs(grace.max(MINIMUM_GRACE));
        match &mut kill.phase {
            Phase::Hook(_, until) => *until = (*until).min(now + SimDuration::from_secs(grace)),
            Phase::Signalled(at) => *at = (*at).min(ends_at),
            Phase::Turn | Phase::Killed => {}
        }
        let spent = now.since(kill.began_at).as_secs();
        kill.grace = kill.grace.min(spent + grace);
        scope.wake(self.number, now + SimDuration::from_secs(grace));
        scope.wake(self.number, ends_at);
    }

    /// Sidecars whose turn has come.
    pub fn take_turns(&mut self, scope: &mut Scope<'_, '_>) {
        for slot in (0..self.slots.len()).rev() {
            if self.slots[slot].kill.is_some_and(|kill| kill.phase == Phase::Turn) {
                self.signal_in_turn(slot, scope);
            }
        }
    }
}
