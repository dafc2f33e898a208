//! The cluster as one value: its parts, its agenda, its record of causes.

use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;

use crate::apiserver::{Request, Ticket};
use crate::engine::{Agenda, Cause, CauseId, Seed, SimDuration, SimTime, Stream, Trace};
use crate::monitoring::ApiServices;
use crate::network::{Load, Network};
use crate::storage::VolumeBackend;

use super::actor::{Actor, ActorId};
use super::aggregation::MetricsProcess;
use super::balancer::Balancer;
use super::bootstrap::Bootstrap;
use super::etcd_link::Room;
use super::heapster::HeapsterProcess;
use super::invocations::RunningInvocation;
use super::master::Master;
use super::outside::Outside;
use super::signal::Signal;
use super::spec::ClusterSpec;
use super::worker::Worker;

/// A whole cluster.
#[derive(Clone)]
pub struct Cluster {
    pub(super) now: SimTime,
    pub(super) agenda: Agenda<Signal>,
    pub(super) seed: Seed,
    pub(super) trace: Trace,
    pub(super) spec: Arc<ClusterSpec>,
    pub(super) masters: Vec<Master>,
    pub(super) workers: Vec<Arc<Worker>>,
    pub(super) worker_by_name: BTreeMap<Arc<str>, usize>,
    pub(super) actors: Vec<Actor>,
    pub(super) balancer: Balancer,
    pub(super) room: Room,
    pub(super) network: (ActorId, Network),
    pub(super) provisioner: (ActorId, crate::storage::Provisioner),
    pub(super) bootstrap: Bootstrap,
    pub(super) api_services: ApiServices,
    /// Every metrics server that was ever started.
    pub(super) metrics_servers: Vec<MetricsProcess>,
    /// Every Heapster that was ever started.
    pub(super) heapsters: Vec<HeapsterProcess>,
    pub(super) volumes: VolumeBackend,
    pub(super) loads: Vec<Load>,
    pub(super) traffic_random: Stream,
    /// The machines on one side of a partition; empty when the network is whole.
    pub(super) cut_off: BTreeSet<Arc<str>>,
    /// Requests and watches that are open, and the server that has them.
    pub(super) open: BTreeMap<(ActorId, Ticket), Open>,
    /// The namespace of the learner's kubectl context.
    pub(super) namespace: Arc<str>,
    pub(super) invocations: BTreeMap<u64, RunningInvocation>,
    /// Files that commands have written for the learner.
    pub(super) written: Vec<(String, String)>,
    pub(super) outside: Outside,
    pub(super) steps: u64,
}

/// A request or watch that is open.
#[derive(Clone, Debug)]
pub(super) struct Open {
    pub(super) server: usize,
    pub(super) is_watch: bool,
    pub(super) cause: CauseId,
    /// Kept for requests that a kubelet or an add-on answers.
    pub(super) request: Option<Box<Request>>,
}

impl Cluster {
    /// The present instant.
    #[must_use]
    pub fn now(&self) -> SimTime {
        self.now
    }

    /// The record of causes.
    #[must_use]
    pub fn trace(&self) -> &Trace {
        &self.trace
    }

    /// What it is made of.
    #[must_use]
    pub fn spec(&self) -> &ClusterSpec {
        &self.spec
    }

    /// How many signals were handled since birth.
    #[must_use]
    pub fn steps(&self) -> u64 {
        self.steps
    }

    /// When the next signal is due.
    #[must_use]
    pub fn next_at(&self) -> Option<SimTime> {
        self.agenda.next_at()
    }

    /// The namespace of the learner's kubectl context.
    #[must_use]
    pub fn namespace(&self) -> &str {
        &self.namespace
    }

    pub(super) fn after(&mut self, span: SimDuration, signal: Signal) {
        self.agenda.push(self.now + span, signal);
    }

    /// One way between two machines; a machine reaches itself sooner.
    pub(super) fn latency(&self, from: &str, to: &str) -> SimDuration {
        let base = self.spec.delays.network;
        if from == to {
            return SimDuration::from_micros(base / 10);
        }
        // The same pair always needs the same time, so that what was sent first arrives first.
        let hash = from.bytes().chain(to.bytes()).fold(17_u64, |hash, byte| hash.wrapping_mul(31) ^ u64::from(byte));
        SimDuration::from_micros(base + hash % (base / 2 + 1))
    }

    /// Whether a message gets from one machine to another. The empty name is the world outside, with the load balancer.
    pub(super) fn reaches(&self, from: &str, to: &str) -> bool {
        self.cut_off.contains(from) == self.cut_off.contains(to)
    }

    pub(super) fn record(
        &mut self,
        parent: CauseId,
        actor: &str,
        verb: &'static str,
        object: &str,
        text: &str,
    ) -> CauseId {
        let (object, text) = (object.into(), text.into());
        self.trace.record(Cause { parent, at: self.now, actor: actor.into(), verb, object, text })
    }

    pub(super) fn worker_mut(&mut self, index: usize) -> &mut Worker {
        Arc::make_mut(&mut self.workers[index])
    }
}
