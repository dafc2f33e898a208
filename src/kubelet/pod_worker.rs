//! One worker per Pod: three stages, never backwards. SyncPod makes the Pod real, SyncTerminatingPod stops its containers,
//! SyncTerminatedPod clears up after it.
//!
//! Models `pkg/kubelet/pod_workers.go`.

use std::collections::VecDeque;
use std::sync::Arc;

use crate::client::Ticket;
use crate::engine::{CauseId, SimDuration, SimTime};
use crate::machine::{ContainerId, Machine, PullId, SandboxId};
use crate::model::core::PodStatus;
use crate::model::resources::{Resources, pod_requests};
use crate::model::{Meta, Pod};

use super::ephemeral;
use super::hook::HookRun;
use super::resize::{self, Resize};
use super::shared::{PodNumber, Scope};
use super::slot::Slot;
use super::volume_manager::PodVolumes;

/// A Pod is looked at again so long after an error. Source: `pkg/kubelet/pod_workers.go`, `backOffPeriod`.
const BACK_OFF_PERIOD: SimDuration = SimDuration::from_secs(10);

/// Where a Pod is with its kubelet.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Stage {
    /// It is made real and kept so.
    Sync,
    /// Its containers are being stopped.
    Terminating,
    /// They have stopped; what is left is cleared up.
    Terminated,
}

/// Where a Pod comes from.
#[derive(Clone, Debug, PartialEq)]
pub enum Source {
    /// From the API.
    Api,
    /// From a file of the node; the UID of its mirror in the API, once there is one.
    File {
        /// The mirror as last seen.
        mirror: Option<Arc<Pod>>,
        /// The mirror is being made.
        is_asked: bool,
    },
}

/// What a worker is doing; as long as it does, it synchronises nothing else.
#[derive(Clone, Debug, PartialEq)]
pub enum Activity {
    /// Nothing.
    Idle,
    /// Waiting for volumes.
    Mounting,
    /// Making the sandbox.
    Sandbox,
    /// Starting a container.
    Container(usize, Step),
    /// Waiting for containers that must end before they are started anew.
    Stopping,
}

/// The steps of starting a container.
#[derive(Clone, Debug, PartialEq)]
pub enum Step {
    /// Its image is being pulled.
    Pulling(PullId),
    /// The secrets that its pull needs are being read.
    Credentials,
    /// An object that its environment names is being read.
    Reading,
    /// It is being made.
    Creating,
    /// Its process is being started.
    Starting(ContainerId),
    /// Its postStart hook runs.
    Hook(HookRun),
}

/// The sandbox of a Pod.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Home {
    /// Its id.
    pub id: SandboxId,
    /// Its address.
    pub ip: std::net::IpAddr,
    /// The address comes from the node's range and goes back there.
    pub owns_ip: bool,
}

/// Why a Pod ends although nobody deleted it: becomes `status.reason` and `status.message`.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Ending {
    /// `Evicted`, `DeadlineExceeded`, `OutOfcpu`…
    pub reason: Arc<str>,
    /// The sentence.
    pub message: Arc<str>,
    /// Seconds of grace; the Pod's own when `None`.
    pub grace: Option<u64>,
    /// Whether the `DisruptionTarget` condition tells of it.
    pub is_disruption: bool,
    /// Whether the node never took it.
    pub is_refusal: bool,
}

/// What the API server knows of the Pod's status.
#[derive(Clone, Debug, Default)]
pub struct Report {
    /// The status as last computed.
    pub status: Arc<PodStatus>,
    /// A write is under way.
    pub in_flight: Option<Ticket>,
    /// The status has changed since the last write began.
    pub is_stale: bool,
    /// The API server has the status.
    pub is_acknowledged: bool,
    /// The removal has been asked for.
    pub is_delete_sent: bool,
    /// When a failed write is tried again.
    pub retry_at: Option<SimTime>,
}

/// One Pod on its node.
#[derive(Clone, Debug)]
pub struct PodWorker {
    /// Its number within the kubelet.
    pub number: PodNumber,
    /// The Pod as last seen, with the resources that the node has promised it.
    pub pod: Arc<Pod>,
    /// What it wants otherwise, and how far that is.
    pub resize: Resize,
    /// What it asks for.
    pub requests: Resources,
    /// Where it comes from.
    pub source: Source,
    /// How far it is.
    pub stage: Stage,
    /// It is not in the API any more.
    pub is_gone: bool,
    /// When the kubelet saw it first: `status.startTime`.
    pub seen_at: SimTime,
    /// Its sandbox, while there is one.
    pub home: Option<Home>,
    /// Sandboxes that were stopped; their logs stay until the Pod is gone.
    pub old_homes: Vec<SandboxId>,
    /// Its address as last reported; stays in the status after the sandbox is gone.
    pub last_ip: Option<std::net::IpAddr>,
    /// Its containers.
    pub slots: Vec<Slot>,
    /// Its volumes.
    pub volumes: PodVolumes,
    /// What the worker is doing.
    pub activity: Activity,
    /// Containers still to be started by this synchronisation.
    pub to_start: VecDeque<usize>,
    /// Something happened meanwhile: synchronise once more.
    pub again: bool,
    /// This synchronisation failed somewhere: when to try again.
    pub retry_after: Option<SimDuration>,
    /// When the next synchronisation is due.
    pub sync_at: Option<SimTime>,
    /// When the present activity is done.
    pub step_at: Option<SimTime>,
    /// When the status must be looked at again without anything else.
    pub refresh_at: Option<SimTime>,
    /// Why it ends.
    pub ending: Option<Ending>,
    /// The grace that is being given, in seconds.
    pub grace: Option<u64>,
    /// What the API knows.
    pub report: Report,
    /// What led to the present state.
    pub cause: CauseId,
}

impl PodWorker {
    /// A worker for a Pod that the kubelet sees for the first time.
    #[must_use]
    pub fn new(number: PodNumber, pod: Arc<Pod>, source: Source, now: SimTime, cause: CauseId) -> Self {
        let (pod, resize) = resize::remembered(ephemeral::merged(pod));
        // A kubelet that begins anew goes on with the times that it reported before.
        let seen_at = pod.status.start_time.as_ref().map_or(now, |at| crate::model::time::sim_time(at.0));
        Self {
            number,
            slots: Slot::of(&pod),
            report: Report { status: Arc::clone(&pod.status), ..Report::default() },
            last_ip: pod.ip().parse().ok(),
            requests: pod_requests(&pod.spec),
            pod,
            resize,
            source,
            stage: Stage::Sync,
            is_gone: false,
            seen_at,
            home: None,
            old_homes: Vec::new(),
            volumes: PodVolumes::default(),
            activity: Activity::Idle,
            to_start: VecDeque::new(),
            again: false,
            retry_after: None,
            sync_at: None,
            step_at: None,
            refresh_at: None,
            ending: None,
            grace: None,
            cause,
        }
    }

    /// `web_default(0b5c…)`, as the kubelet names Pods in messages.
    #[must_use]
    pub fn full_name(&self) -> String {
        let meta = &self.pod.metadata;
        format!("{}_{}({})", meta.name(), meta.namespace(), meta.uid())
    }

    /// `pods/default/web`, as causes name it.
    #[must_use]
    pub fn path(&self) -> String {
        format!("pods/{}/{}", self.pod.metadata.namespace(), self.pod.metadata.name())
    }

    /// `default/web/app`: a container, as causes name it.
    #[must_use]
    pub fn container_path(&self, slot: usize) -> String {
        format!("{}/{}", self.path(), self.slots[slot].spec(&self.pod).name)
    }

    /// Whether it lives in the node's network.
    #[must_use]
    pub fn is_host_network(&self) -> bool {
        self.pod.spec.host_network == Some(true)
    }

    /// Whether a container of it runs.
    #[must_use]
    pub fn has_running(&self, machine: &Machine) -> bool {
        self.slots.iter().any(|slot| slot.is_running(machine))
    }

    /// Synchronises: what is done depends on the stage.
    pub fn sync(&mut self, scope: &mut Scope<'_, '_>) {
        match self.stage {
            Stage::Sync if self.activity != Activity::Idle => self.again = true,
            Stage::Sync => self.sync_pod(scope),
            Stage::Terminating => self.sync_terminating(scope),
            Stage::Terminated => self.sync_terminated(scope),
        }
    }

    /// The synchronisation is over: when is the next one?
    pub fn finish_sync(&mut self, scope: &mut Scope<'_, '_>) {
        self.activity = Activity::Idle;
        self.to_start.clear();
        if std::mem::take(&mut self.again) {
            // The next one waits until the runtime has been looked at once more.
            scope.shared.pleg.mark(self.number, scope.ctx);
        }
        if let Some(after) = self.retry_after.take() {
            self.sync_after(after, scope);
        }
    }

    /// Something failed: the Pod is synchronised again after the usual period.
    pub fn retry(&mut self, scope: &mut Scope<'_, '_>) {
        let period = scope.jittered(BACK_OFF_PERIOD);
        self.retry_within(period);
    }

    /// The Pod is synchronised again after `span`, if not earlier.
    pub fn retry_within(&mut self, span: SimDuration) {
        self.retry_after = Some(self.retry_after.map_or(span, |earlier| earlier.min(span)));
    }

    /// Synchronises after `span`.
    pub fn sync_after(&mut self, span: SimDuration, scope: &mut Scope<'_, '_>) {
        let at = scope.now() + span;
        self.sync_at = Some(at);
        scope.wake(self.number, at);
    }

    /// The present activity takes `span`.
    pub fn step_after(&mut self, span: SimDuration, scope: &mut Scope<'_, '_>) {
        let at = scope.now() + span;
        self.step_at = Some(at);
        scope.wake(self.number, at);
    }

    /// Looks at the status alone after `span`.
    pub fn refresh_after(&mut self, span: SimDuration, scope: &mut Scope<'_, '_>) {
        let at = scope.now() + span;
        self.refresh_at = Some(at);
        scope.wake(self.number, at);
    }

    /// A timer of the Pod ran out: does what is due.
    pub fn on_wake(&mut self, scope: &mut Scope<'_, '_>) {
        let now = scope.now();
        let is_due = |at: &mut Option<SimTime>| at.take_if(|at| *at <= now).is_some();
        if is_due(&mut self.report.retry_at) {
            self.send_status(scope);
        }
        if is_due(&mut self.step_at) {
            self.step_done(scope);
        }
        self.volumes_due(scope);
        self.kills_due(scope);
        if is_due(&mut self.refresh_at) && self.stage == Stage::Sync {
            self.publish(scope);
        }
        if is_due(&mut self.sync_at) {
            self.sync(scope);
        }
    }

    /// The time of the present activity is over.
    fn step_done(&mut self, scope: &mut Scope<'_, '_>) {
        match (self.stage, self.activity.clone()) {
            (Stage::Sync, Activity::Mounting) => self.try_mount(scope),
            (Stage::Sync, Activity::Sandbox) => self.make_sandbox(scope),
            (Stage::Sync, Activity::Container(slot, Step::Creating)) => self.create_container(slot, scope),
            (Stage::Sync, Activity::Container(slot, Step::Starting(id))) => self.start_process(slot, id, scope),
            (Stage::Sync, Activity::Container(slot, Step::Hook(HookRun::Sleep))) => self.post_start_done(slot, scope),
            (Stage::Terminating, _) => self.torn_down(scope),
            (Stage::Terminated, _) => self.unmounted(scope),
            _ => {}
        }
    }

    /// The Pod changed in the API.
    pub fn update(&mut self, pod: Arc<Pod>, cause: CauseId, scope: &mut Scope<'_, '_>) {
        let pod = self.as_promised(ephemeral::merged(pod), scope);
        let was_terminating = self.pod.metadata.deletion_timestamp.is_some();
        let grace_before = self.pod.metadata.deletion_grace_period_seconds;
        let spec_changed = !Arc::ptr_eq(&self.pod.spec, &pod.spec) && self.pod.spec != pod.spec;
        let labels_changed = self.pod.metadata.labels != pod.metadata.labels
            || self.pod.metadata.annotations != pod.metadata.annotations;
        self.pod = pod;
        self.add_ephemeral_slots();
        if spec_changed {
            self.requests = self.requests_held();
        }
        let meta = &self.pod.metadata;
        if meta.deletion_timestamp.is_some() && (!was_terminating || meta.deletion_grace_period_seconds != grace_before)
        {
            self.cause = cause;
            self.terminate(scope);
        } else if self.stage == Stage::Sync && (spec_changed || labels_changed) {
            self.cause = cause;
            if labels_changed {
                self.refresh_downward(scope);
            }
            self.sync(scope);
        } else if self.stage == Stage::Terminated {
            self.sync_terminated(scope);
        }
    }
}
