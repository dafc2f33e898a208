//! An actor: a process that lives on the API, as the cluster keeps it: who it is, where it runs, whether it runs.

use crate::apiserver::Caller;
use crate::client::{Desk, Identity};
use crate::engine::{SimTime, Stream};

/// The number of an actor; also its [`Caller`] number.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct ActorId(pub u32);

impl ActorId {
    /// As API servers know it.
    #[must_use]
    pub fn caller(self) -> Caller {
        Caller(self.0)
    }
}

/// What kind of process is behind an actor.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Role {
    /// The scheduler of this master.
    Scheduler(usize),
    /// The controller manager of this master.
    ControllerManager(usize),
    /// The kubelet of this machine.
    Kubelet(usize),
    /// What fills the network's tables: kube-proxy and DNS, told once for all machines.
    Network,
    /// The hook that writes the first objects.
    Bootstrap,
    /// The provisioner of volumes.
    Provisioner,
    /// What finds out whether groups that others serve can be reached; a part of kube-apiserver.
    ApiServices,
    /// The metrics server with this number.
    MetricsServer(usize),
    /// A kubectl that someone started.
    Kubectl(u64),
    /// A program outside that sends requests of its own.
    Outside,
}

/// What the cluster keeps of a process.
#[derive(Clone, Debug)]
pub struct Actor {
    /// Its number.
    pub id: ActorId,
    /// What it is.
    pub role: Role,
    /// Who it says it is.
    pub identity: Identity,
    /// Where it puts what it wants done.
    pub desk: Desk,
    /// Its random numbers.
    pub random: Stream,
    /// Whether it runs.
    pub is_up: bool,
    /// How often it was started: what was meant for an earlier life does not reach this one.
    pub life: u32,
    /// The API server it is connected to.
    pub server: Option<usize>,
    /// How often it has ended by itself since it last ran well, for its restart back-off.
    pub crashes: u32,
    /// When it was started last.
    pub started_at: SimTime,
}
