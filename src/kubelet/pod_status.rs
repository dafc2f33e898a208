//! The status of a Pod: phase, conditions, states of its containers.
//!
//! Models `generateAPIPodStatus` and `getPhase` in `pkg/kubelet/kubelet_pods.go`.

use std::sync::Arc;

use crate::machine::{ContainerState as Life, ContainerStatus as Runtime, Machine};
use crate::model::core::{
    ContainerState, ContainerStateRunning, ContainerStateTerminated, ContainerStateWaiting, ContainerStatus, HostIP,
    PodIP, PodStatus,
};
use crate::model::resources::qos_class;
use crate::model::time;

use super::conditions;
use super::pod_worker::{Ending, PodWorker, Stage};
use super::restart_policy;
use super::shared::Scope;
use super::slot::{Role, Slot};
use super::termination_message;

/// What the phase is decided from.
#[derive(Clone, Copy, Debug, Default)]
struct Tally {
    pending: bool,
    waiting: bool,
    running: bool,
    unknown: bool,
    stopped: usize,
    succeeded: usize,
    restarting: bool,
    failed_init: bool,
}

impl PodWorker {
    /// The status as of now.
    #[must_use]
    pub fn compute_status(&self, scope: &Scope<'_, '_>) -> PodStatus {
        let before = &self.report.status;
        if let Some(ending) = self.ending.as_ref().filter(|ending| ending.is_refusal) {
            return self.refused_status(ending);
        }
        let statuses = |roles: &[Role]| -> Vec<ContainerStatus> {
            let mine = self.slots.iter().filter(|slot| roles.contains(&slot.role));
            let mut statuses: Vec<_> = mine.map(|slot| self.container_status(slot, scope.machine)).collect();
            // Kept as long as the Pod, and larger than most things.
            statuses.shrink_to_fit();
            statuses
        };
        let (inits, apps) = (statuses(&[Role::Init, Role::Sidecar]), statuses(&[Role::App]));
        let ephemeral = statuses(&[Role::Ephemeral]);
        let phase = self.phase(&inits, &apps, scope.machine);
        let ip = self.last_ip.map(|ip| ip.to_string());
        let host = scope.shared.config.address.to_string();
        let mut status = PodStatus {
            phase: Some(phase.to_owned()),
            host_ip: Some(host.clone()),
            host_ips: Some(vec![HostIP { ip: host }]),
            pod_ips: ip.clone().map(|ip| vec![PodIP { ip }]),
            pod_ip: ip,
            start_time: Some(time::time(self.seen_at)),
            qos_class: Some(before.qos_class.clone().unwrap_or_else(|| qos_class(&self.pod.spec).as_str().to_owned())),
            init_container_statuses: Some(inits).filter(|all| !all.is_empty()),
            container_statuses: Some(apps),
            ephemeral_container_statuses: Some(ephemeral).filter(|all| !all.is_empty()),
            observed_generation: self.pod.metadata.generation,
            nominated_node_name: self.pod.status.nominated_node_name.clone(),
            ..PodStatus::default()
        };
        if let Some(ending) = &self.ending {
            status.reason = Some(ending.reason.to_string());
            status.message = Some(ending.message.to_string());
        }
        status.conditions = Some(conditions::of(self, &status, scope));
        status
    }

    /// A Pod that was refused has no containers to tell of. Source: `pkg/kubelet/kubelet.go`, `rejectPod`.
    fn refused_status(&self, ending: &Ending) -> PodStatus {
        PodStatus {
            phase: Some("Failed".to_owned()),
            reason: Some(ending.reason.to_string()),
            message: Some(ending.message.to_string()),
            qos_class: Some(qos_class(&self.pod.spec).as_str().to_owned()),
            start_time: Some(time::time(self.seen_at)),
            conditions: self.pod.status.conditions.clone(),
            observed_generation: self.pod.metadata.generation,
            ..PodStatus::default()
        }
    }

    fn phase(&self, inits: &[ContainerStatus], apps: &[ContainerStatus], machine: &Machine) -> &'static str {
        match self.report.status.phase.as_deref() {
            Some("Succeeded") => return "Succeeded",
            Some("Failed") => return "Failed",
            _ => {}
        }
        // A Pod that was ended for a reason has failed, whatever its containers said.
        if self.ending.is_some() {
            return "Failed";
        }
        let tally = self.tally(inits, apps, machine);
        let is_ending = self.stage != Stage::Sync;
        let has_begun = self.slots.iter().any(|slot| slot.role == Role::App && slot.current.is_some());
        if tally.failed_init {
            "Failed"
        } else if (tally.pending && !has_begun && !is_ending) || (tally.waiting && !is_ending) {
            "Pending"
        } else if tally.running && !tally.unknown {
            "Running"
        } else if tally.stopped > 0 && (!tally.waiting || is_ending) {
            match (tally.succeeded == tally.stopped, is_ending) {
                (_, false) if tally.restarting => "Running",
                (true, _) => "Succeeded",
                (false, _) => "Failed",
            }
        } else if is_ending && self.stage == Stage::Terminated {
            "Failed"
        } else {
            "Pending"
        }
    }

    fn tally(&self, inits: &[ContainerStatus], apps: &[ContainerStatus], machine: &Machine) -> Tally {
        let mut tally = Tally::default();
        let init_slots = self.slots.iter().filter(|slot| slot.is_init());
        for (slot, _) in init_slots.zip(inits) {
            match (slot.role, slot.exit_code(machine)) {
                (Role::Sidecar, _) => tally.pending |= !slot.is_started,
                (_, Some(0)) => {}
                _ if slot.is_done => {}
                (_, Some(code)) if !restart_policy::restarts_init(&self.pod, slot.spec(&self.pod), code) => {
                    tally.failed_init |= self.pod.metadata.deletion_timestamp.is_none();
                    tally.pending = true;
                }
                _ => tally.pending = true,
            }
        }
        for (slot, status) in self.slots.iter().filter(|slot| slot.role == Role::App).zip(apps) {
            let state = status.state.as_ref();
            let last = status.last_state.as_ref().and_then(|last| last.terminated.as_ref());
            if state.is_some_and(|state| state.running.is_some()) {
                tally.running = true;
                continue;
            }
            let ended = state.and_then(|state| state.terminated.as_ref()).or(last);
            let Some(ended) = ended else {
                tally.waiting = true;
                continue;
            };
            tally.stopped += 1;
            tally.succeeded += usize::from(ended.exit_code == 0);
            tally.restarting |= restart_policy::restarts(&self.pod, slot.spec(&self.pod), ended.exit_code);
        }
        tally
    }

    /// The state of one container.
    fn container_status(&self, slot: &Slot, machine: &Machine) -> ContainerStatus {
        let spec = slot.spec(&self.pod);
        let newest = slot.status(machine);
        let mut status = ContainerStatus {
            name: spec.name.clone(),
            image: spec.image.clone().unwrap_or_default(),
            started: (slot.role != Role::Ephemeral).then_some(false),
            ..ContainerStatus::default()
        };
        let previous = slot.last.and_then(|id| machine.container_status(id));
        status.last_state = Some(previous.map(|it| terminated(&it, spec, machine)).unwrap_or_default());
        let Some(newest) = newest else {
            status.state = Some(self.waiting(slot));
            return status;
        };
        status.restart_count = i32::try_from(newest.attempt).unwrap_or(i32::MAX);
        status.container_id = Some(format!("containerd://{}", newest.id));
        status.image = full_name(&newest.image);
        status.image_id = newest.image_digest.to_string();
        // What does not run gets what was promised when it starts. Source: `convertContainerStatusResources`.
        let actual = slot.actual.as_deref().or(spec.resources.as_ref());
        status.resources = actual.cloned();
        status.allocated_resources = spec.resources.as_ref().and_then(|resources| resources.requests.clone());
        match newest.state {
            Life::Created => status.state = Some(self.waiting(slot)),
            Life::Running => {
                let started_at = newest.started_at.map(time::time);
                let running = Some(ContainerStateRunning { started_at });
                status.state = Some(ContainerState { running, ..ContainerState::default() });
                if slot.role != Role::Ephemeral {
                    status.started = Some(slot.is_started);
                    status.ready = slot.is_started && slot.is_ready;
                }
            }
            Life::Exited => self.ended(slot, &newest, &mut status, machine),
        }
        status
    }

    /// The newest instance has ended: shown as such, or as waiting for its restart when something holds that up.
    fn ended(&self, slot: &Slot, newest: &Runtime, status: &mut ContainerStatus, machine: &Machine) {
        let spec = slot.spec(&self.pod);
        let code = newest.exit.as_ref().map_or(0, |exit| exit.code);
        let state = terminated(newest, spec, machine);
        let restarts = match slot.role {
            Role::Init => restart_policy::restarts_init(&self.pod, spec, code),
            Role::Sidecar => self.pod.metadata.deletion_timestamp.is_none(),
            Role::App => restart_policy::restarts(&self.pod, spec, code),
            Role::Ephemeral => false,
        };
        if restarts && slot.reason.is_some() && self.stage == Stage::Sync {
            status.last_state = Some(state);
            status.state = Some(self.waiting(slot));
        } else {
            status.state = Some(state);
        }
        status.ready = slot.role == Role::Init && code == 0;
    }

    fn waiting(&self, slot: &Slot) -> ContainerState {
        let has_inits = slot.role != Role::Ephemeral && self.slots.iter().any(Slot::is_init);
        let default = if has_inits { "PodInitializing" } else { "ContainerCreating" };
        let reason = slot.reason.as_ref().filter(|_| self.stage == Stage::Sync);
        let waiting = ContainerStateWaiting {
            reason: Some(reason.map_or(default, |reason| reason.reason).to_owned()),
            message: reason.map(|reason| reason.message.to_string()).filter(|message| !message.is_empty()),
        };
        ContainerState { waiting: Some(waiting), ..ContainerState::default() }
    }
}

/// How an instance ended.
fn terminated(runtime: &Runtime, spec: &crate::model::core::Container, machine: &Machine) -> ContainerState {
    let Some(exit) = &runtime.exit else { return ContainerState::default() };
    let started_at = runtime.started_at.unwrap_or(exit.at);
    let message = termination_message::of(runtime, exit, spec, machine);
    let terminated = ContainerStateTerminated {
        container_id: Some(format!("containerd://{}", runtime.id)),
        exit_code: exit.code,
        finished_at: Some(time::time(exit.at)),
        message: Some(message).filter(|message| !message.is_empty()),
        reason: Some(exit.reason.as_str().to_owned()),
        signal: None,
        started_at: Some(time::time(started_at)),
    };
    ContainerState { terminated: Some(terminated), ..ContainerState::default() }
}

/// `docker.io/library/nginx:1.27`: containerd tells images by their full names.
fn full_name(image: &Arc<str>) -> String {
    crate::machine::image::Reference::parse(image).map_or_else(|_| image.to_string(), |full| full.to_string())
}
