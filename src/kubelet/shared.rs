//! What the duties of one kubelet share, and the view of it that each gets while it works.

use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;

use crate::client::Ticket;
use crate::client::{Ctx, EventType, Informer, Recorder, Timer, reference};
use crate::engine::{CauseId, SimDuration, SimTime};
use crate::machine::{ContainerId, ExecId, Machine, PullId, SandboxId, SocketId, VolumePlugins};
use crate::model::core::{Node, ObjectReference};
use crate::model::{Kind, Object, Pod};

use super::config::KubeletConfig;
use super::ipam::Ipam;
use super::object_cache::ObjectCache;
use super::pleg::Pleg;
use super::probe::ProbeKind;
use super::streams::Streams;

/// What the timers of a kubelet are for.
pub mod purpose {
    /// A Pod has something due; the number is the Pod's.
    pub const POD: u16 = 1;
    /// The lifecycle event generator looks at the runtime.
    pub const PLEG: u16 = 2;
    /// The lease is renewed.
    pub const LEASE: u16 = 3;
    /// The node status is looked at.
    pub const NODE_STATUS: u16 = 4;
    /// A probe is due, or has taken too long.
    pub const PROBE: u16 = 5;
    /// A log that is followed is looked at.
    pub const FOLLOW: u16 = 6;
}

/// Numbers a Pod within its kubelet; timers and owners refer to it.
pub type PodNumber = u64;

/// Which of the requests of a kubelet an outcome belongs to.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Call {
    /// The Node is read, made, or its status written.
    Node,
    /// The lease is made or renewed.
    Lease,
    /// The status of a Pod is written.
    Status(PodNumber),
    /// A Pod is taken out of the API.
    Delete(PodNumber),
    /// The mirror of a static Pod is made.
    Mirror(PodNumber),
}

/// Who began an exec or a connection.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Asker {
    /// A probe of a container.
    Probe(PodNumber, usize, ProbeKind),
    /// A lifecycle hook of a container.
    Hook(PodNumber, usize),
    /// A person, through `kubectl exec`.
    Session(super::streams::StreamId),
}

/// Who on the machine belongs to whom.
#[derive(Clone, Debug, Default)]
pub struct Owners {
    /// Sandboxes.
    pub sandboxes: BTreeMap<SandboxId, PodNumber>,
    /// Containers.
    pub containers: BTreeMap<ContainerId, PodNumber>,
    /// Pulls.
    pub pulls: BTreeMap<PullId, PodNumber>,
    /// Commands under way.
    pub execs: BTreeMap<ExecId, Asker>,
    /// Connections under way.
    pub sockets: BTreeMap<SocketId, Asker>,
}

/// What the duties share.
#[derive(Clone, Debug)]
pub struct Shared {
    /// Its settings.
    pub config: Arc<KubeletConfig>,
    /// Its events.
    pub recorder: Recorder,
    /// Addresses for Pods.
    pub ipam: Ipam,
    /// All Services, for environment variables.
    pub services: Informer,
    /// Its own Node.
    pub node: Informer,
    /// `ConfigMaps`, Secrets, claims and volumes that its Pods name.
    pub objects: ObjectCache,
    /// Requests under way.
    pub calls: BTreeMap<Ticket, Call>,
    /// Who belongs to whom.
    pub owners: Owners,
    /// The lifecycle event generator.
    pub pleg: Pleg,
    /// Logs and commands that people wait for.
    pub streams: Streams,
    /// Pods that want other resources and have not been promised them.
    pub resizes: BTreeSet<PodNumber>,
    /// Disks were mounted or taken away: the Node must tell.
    pub disks_changed: bool,
    /// Whether the network plugin is set up: fails when the cluster broke it.
    pub network_error: Option<Arc<str>>,
}

/// What a duty may use while it works.
pub struct Scope<'a, 'c> {
    /// What the duties share.
    pub shared: &'a mut Shared,
    /// The computer.
    pub machine: &'a mut Machine,
    /// Who mounts volumes.
    pub volumes: &'a mut dyn VolumePlugins,
    /// The world outside.
    pub ctx: &'a mut Ctx<'c>,
}

impl Scope<'_, '_> {
    /// The present instant.
    #[must_use]
    pub fn now(&self) -> SimTime {
        self.ctx.now
    }

    /// What led to this.
    #[must_use]
    pub fn cause(&self) -> CauseId {
        self.ctx.cause
    }

    /// The name of the Node.
    #[must_use]
    pub fn node_name(&self) -> Arc<str> {
        Arc::clone(&self.shared.config.node)
    }

    /// The Node as last seen.
    #[must_use]
    pub fn node(&self) -> Option<&Arc<Node>> {
        self.shared.node.store().get("", &self.shared.config.node)?.get::<Node>()
    }

    /// Comes back to a Pod at `at`.
    pub fn wake(&mut self, number: PodNumber, at: SimTime) {
        let span = at.since(self.ctx.now);
        self.ctx.timer(span, Timer::new(purpose::POD, number));
    }

    /// A span lengthened by up to a half, as `wait.Jitter(…, 0.5)`.
    pub fn jittered(&mut self, span: SimDuration) -> SimDuration {
        self.ctx.random.jitter(span, 50)
    }

    /// An event about a Pod.
    pub fn pod_event(&mut self, pod: &Arc<Pod>, event_type: EventType, reason: &str, message: impl Into<Arc<str>>) {
        let about = reference(&Object::Pod(Arc::clone(pod)));
        self.shared.recorder.event_about(self.ctx, about, event_type, reason, message);
    }

    /// An event about one field of a Pod, such as `spec.containers{web}`.
    pub fn field_event(
        &mut self,
        pod: &Arc<Pod>,
        field: String,
        event_type: EventType,
        reason: &str,
        message: impl Into<Arc<str>>,
    ) {
        let mut about = reference(&Object::Pod(Arc::clone(pod)));
        about.field_path = Some(field);
        self.shared.recorder.event_about(self.ctx, about, event_type, reason, message);
    }

    /// An event about the Node. The kubelet names its Node by name where others give the UID.
    pub fn node_event(&mut self, event_type: EventType, reason: &str, message: impl Into<Arc<str>>) {
        let node = self.node_name().to_string();
        let about = ObjectReference {
            kind: Some(Kind::Node.name().to_owned()),
            name: Some(node.clone()),
            uid: Some(node),
            ..ObjectReference::default()
        };
        self.shared.recorder.event_about(self.ctx, about, event_type, reason, message);
    }
}
