//! What a Pod is doing, in the one word of the STATUS column, and its counts of containers and restarts.
//!
//! Source: `printPod` of `pkg/printers/internalversion/printers.go` (v1.36).

use crate::engine::SimTime;
use crate::model::core::{Container, ContainerStateTerminated, ContainerStatus};
use crate::model::metav1::Time;
use crate::model::{Meta, Pod};

use super::date;

/// The state of a Pod as its row shows it.
#[derive(Clone, Debug, PartialEq)]
pub struct PodSummary {
    /// `Running`, `Init:0/2`, `CrashLoopBackOff`, `Terminating`, …
    pub status: String,
    /// Containers that are ready, sidecars included.
    pub ready: usize,
    /// Containers in all: ordinary ones and sidecars.
    pub containers: usize,
    /// How often containers were started again.
    pub restarts: i32,
    /// When the last of them ended.
    pub last_restart: Option<Time>,
}

impl PodSummary {
    /// The summary of `pod`.
    #[must_use]
    pub fn of(pod: &Pod) -> Self {
        let init = pod.spec.init_containers.as_deref().unwrap_or_default();
        let sidecars = init.iter().filter(|container| is_sidecar(container)).count();
        let containers = pod.spec.containers.len() + sidecars;
        let status = base_status(pod);
        let mut summary = Self { status, ready: 0, containers, restarts: 0, last_restart: None };
        let is_initializing = summary.read_init_containers(pod);
        if !is_initializing || pod.condition("Initialized").is_some_and(|condition| condition.status == "True") {
            summary.read_containers(pod);
        }
        if pod.metadata.is_terminating() {
            if pod.status.reason.as_deref() == Some("NodeLost") {
                summary.status = "Unknown".into();
            } else if !pod.is_terminal() {
                summary.status = "Terminating".into();
            }
        }
        summary
    }

    /// The RESTARTS cell: `2 (10s ago)`.
    #[must_use]
    pub fn restarts_text(&self, now: SimTime) -> String {
        match &self.last_restart {
            Some(at) if self.restarts != 0 => format!("{} ({} ago)", self.restarts, date::since(Some(at), now)),
            _ => self.restarts.to_string(),
        }
    }

    /// Reads the init containers, and says whether they are still at work.
    fn read_init_containers(&mut self, pod: &Pod) -> bool {
        let specs = pod.spec.init_containers.as_deref().unwrap_or_default();
        let statuses = pod.status.init_container_statuses.as_deref().unwrap_or_default();
        for (index, status) in statuses.iter().enumerate() {
            self.count_restarts(status);
            let sidecar = specs.iter().any(|container| container.name == status.name && is_sidecar(container));
            let state = status.state.as_ref();
            let terminated = state.and_then(|state| state.terminated.as_ref());
            if terminated.is_some_and(|terminated| terminated.exit_code == 0) {
                continue;
            }
            if sidecar && status.started == Some(true) {
                self.ready += usize::from(status.ready);
                continue;
            }
            let waiting = state.and_then(|state| state.waiting.as_ref()?.reason.as_deref());
            self.status = match (terminated, waiting) {
                (Some(terminated), _) => format!("Init:{}", ending(terminated)),
                (None, Some(reason)) if !reason.is_empty() && reason != "PodInitializing" => format!("Init:{reason}"),
                _ => format!("Init:{index}/{}", specs.len()),
            };
            return true;
        }
        false
    }

    /// Reads the ordinary containers; restarts of init containers that are over count no more.
    fn read_containers(&mut self, pod: &Pod) {
        (self.restarts, self.last_restart) = (0, None);
        let specs = pod.spec.init_containers.as_deref().unwrap_or_default();
        for status in pod.status.init_container_statuses.iter().flatten() {
            if specs.iter().any(|container| container.name == status.name && is_sidecar(container)) {
                self.count_restarts(status);
            }
        }
        let mut has_running = false;
        let mut failed = None;
        for status in pod.container_statuses().iter().rev() {
            self.count_restarts(status);
            let state = status.state.clone().unwrap_or_default();
            let waiting = state.waiting.and_then(|waiting| waiting.reason).filter(|reason| !reason.is_empty());
            match (waiting, &state.terminated) {
                (Some(reason), _) => self.status = reason,
                (None, Some(terminated)) => {
                    self.status = ending(terminated);
                    if terminated.exit_code != 0 {
                        failed = Some(self.status.clone());
                    }
                }
                (None, None) if status.ready && state.running.is_some() => {
                    has_running = true;
                    self.ready += 1;
                }
                _ => {}
            }
        }
        if self.status == "Completed" {
            match failed {
                _ if has_running && pod.is_ready() => self.status = "Running".into(),
                Some(failed) => self.status = failed,
                None if has_running => self.status = "NotReady".into(),
                None => {}
            }
        }
    }

    fn count_restarts(&mut self, status: &ContainerStatus) {
        self.restarts += status.restart_count;
        let ended = status.last_state.as_ref().and_then(|state| state.terminated.as_ref()?.finished_at.clone());
        let is_later = |ended: &Time| self.last_restart.as_ref().is_none_or(|last| last.0 < ended.0);
        if let Some(ended) = ended.filter(is_later) {
            self.last_restart = Some(ended);
        }
    }
}

/// Whether an init container goes on beside the ordinary ones.
fn is_sidecar(container: &Container) -> bool {
    container.restart_policy.as_deref() == Some("Always")
}

/// The word before any container is looked at.
fn base_status(pod: &Pod) -> String {
    let gated = pod.condition("PodScheduled").and_then(|condition| condition.reason.as_deref());
    if gated == Some("SchedulingGated") {
        return "SchedulingGated".into();
    }
    let reason = pod.status.reason.as_deref().filter(|reason| !reason.is_empty());
    reason.unwrap_or_else(|| pod.phase()).to_owned()
}

/// How a container ended: `Error`, `OOMKilled`, `Signal:9`, `ExitCode:3`.
fn ending(terminated: &ContainerStateTerminated) -> String {
    match (terminated.reason.as_deref(), terminated.signal) {
        (Some(reason), _) if !reason.is_empty() => reason.to_owned(),
        (_, Some(signal)) if signal != 0 => format!("Signal:{signal}"),
        _ => format!("ExitCode:{}", terminated.exit_code),
    }
}

#[cfg(test)]
mod tests;
