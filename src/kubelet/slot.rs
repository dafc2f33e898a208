//! One container of a Pod as the kubelet follows it: its present and its last instance, why it waits, its probes.

use std::sync::Arc;

use crate::engine::SimTime;
use crate::machine::{ContainerId, ContainerState, ContainerStatus, Machine};
use crate::model::Pod;
use crate::model::core::{Container, ResourceRequirements};

use super::backoff::Backoff;
use super::kill::Kill;
use super::probe::ProbeWorker;

/// What a container is for its Pod.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Role {
    /// Runs before the others, to its end.
    Init,
    /// Starts among the init containers and stays (`restartPolicy: Always`).
    Sidecar,
    /// An ordinary container.
    App,
    /// Added to a Pod that runs, to look at it.
    Ephemeral,
}

/// Why a container waits: an entry of the reason cache.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Reason {
    /// `ErrImagePull`, `CrashLoopBackOff`, `CreateContainerConfigError`…
    pub reason: &'static str,
    /// The rest.
    pub message: Arc<str>,
}

/// One container of a Pod.
#[derive(Clone, Debug)]
pub struct Slot {
    /// What it is for the Pod.
    pub role: Role,
    /// Its place among the init containers, or among the ordinary ones.
    pub index: usize,
    /// Its newest instance.
    pub current: Option<ContainerId>,
    /// The instance before.
    pub last: Option<ContainerId>,
    /// Why it could not be started, as of the last try.
    pub reason: Option<Reason>,
    /// The back-off of its restarts.
    pub crash: Backoff,
    /// The back-off of its pulls.
    pub pull: Backoff,
    /// When the last pull failed.
    pub pull_failed_at: SimTime,
    /// When an earlier instance had ended, as of the beginning of this synchronisation: what the back-off counts from.
    pub ended_at: Option<SimTime>,
    /// How it is being stopped.
    pub kill: Option<Kill>,
    /// It must be stopped and started anew, because of this.
    pub restart_because: Option<Arc<str>>,
    /// Grace of that stop, when a probe asked for its own.
    pub restart_grace: Option<u64>,
    /// What its running instance has, as long as that is not what its Pod has been promised.
    pub actual: Option<Box<ResourceRequirements>>,
    /// Its probes; empty when it has none.
    pub probes: Vec<ProbeWorker>,
    /// It is running and its startup probe, if any, has passed.
    pub is_started: bool,
    /// What its readiness probe, if any, said last.
    pub is_ready: bool,
    /// An init container that is known to have done its work, though its container may be gone.
    pub is_done: bool,
}

impl Slot {
    /// A slot for a container that has never run.
    #[must_use]
    pub fn new(role: Role, index: usize) -> Self {
        Self {
            role,
            index,
            current: None,
            last: None,
            reason: None,
            crash: Backoff::default(),
            pull: Backoff::default(),
            pull_failed_at: SimTime::ZERO,
            ended_at: None,
            kill: None,
            restart_because: None,
            restart_grace: None,
            actual: None,
            probes: Vec::new(),
            is_started: false,
            is_ready: false,
            is_done: false,
        }
    }

    /// The slots of a Pod: init containers first, in the order of the spec.
    #[must_use]
    pub fn of(pod: &Pod) -> Vec<Self> {
        let inits = pod.spec.init_containers.as_deref().unwrap_or_default();
        let init = |(index, container): (usize, &Container)| {
            let is_sidecar = container.restart_policy.as_deref() == Some("Always");
            Self::new(if is_sidecar { Role::Sidecar } else { Role::Init }, index)
        };
        let apps = 0..pod.spec.containers.len() - super::ephemeral::count(pod);
        let ephemeral = apps.end..pod.spec.containers.len();
        inits
            .iter()
            .enumerate()
            .map(init)
            .chain(apps.map(|index| Self::new(Role::App, index)))
            .chain(ephemeral.map(|index| Self::new(Role::Ephemeral, index)))
            .collect()
    }

    /// Whether it stands among the init containers.
    #[must_use]
    pub fn is_init(&self) -> bool {
        matches!(self.role, Role::Init | Role::Sidecar)
    }

    /// What the Pod says about it. The spec of a running Pod cannot lose containers.
    #[must_use]
    pub fn spec<'a>(&self, pod: &'a Pod) -> &'a Container {
        match self.role {
            Role::App | Role::Ephemeral => &pod.spec.containers[self.index],
            Role::Init | Role::Sidecar => &pod.spec.init_containers.as_deref().unwrap_or_default()[self.index],
        }
    }

    /// `spec.containers{web}`, as events name it.
    #[must_use]
    pub fn field_path(&self, pod: &Pod) -> String {
        let list = match self.role {
            Role::App => "containers",
            Role::Init | Role::Sidecar => "initContainers",
            Role::Ephemeral => "ephemeralContainers",
        };
        format!("spec.{list}{{{}}}", self.spec(pod).name)
    }

    /// What the runtime knows of its newest instance.
    #[must_use]
    pub fn status(&self, machine: &Machine) -> Option<ContainerStatus> {
        machine.container_status(self.current?)
    }

    /// Where its newest instance is in its life; `None` before there was one.
    #[must_use]
    pub fn state(&self, machine: &Machine) -> Option<ContainerState> {
        machine.container(self.current?).map(|container| container.state)
    }

    /// Whether its newest instance runs.
    #[must_use]
    pub fn is_running(&self, machine: &Machine) -> bool {
        self.state(machine) == Some(ContainerState::Running)
    }

    /// The exit code of its newest instance, if that has ended.
    #[must_use]
    pub fn exit_code(&self, machine: &Machine) -> Option<i32> {
        machine.container(self.current?)?.exit.as_ref().map(|exit| exit.code)
    }

    /// How often it was started before its newest instance.
    #[must_use]
    pub fn restarts(&self, machine: &Machine) -> u32 {
        self.current.and_then(|id| machine.container(id)).map_or(0, |container| container.config.attempt)
    }
}
