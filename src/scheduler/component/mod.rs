//! kube-scheduler as a process: its watches, its lease, its timers, and one cycle after another.

use std::collections::BTreeMap;
use std::sync::Arc;

use crate::client::{Caches, Component, Ctx, Election, Elector, Incoming, Informer, Recorder, Ticket, Timer};
use crate::engine::{SimDuration, SimTime};
use crate::model::Kind;

use super::binding::Bindings;
use super::cache::Cache;
use super::configuration::{Configuration, ConfigurationError};
use super::cycle::{Algorithm, Placement, Unplaced};
use super::decision::{Decision, Decisions};
use super::demand::Demands;
use super::framework::{Profile, Profiles};
use super::pod_info::PodInfo;
use super::preempting::Evictions;
use super::queue::{Backoff, POOL_PERIOD, QueuedPod, SchedulingQueue};
use super::snapshot::Snapshot;

/// How long one cycle takes: about 680 Pods per second, what upstream's `test/integration/scheduler_perf` asks of
/// SchedulingBasic with 5,000 nodes.
const CYCLE: SimDuration = SimDuration::from_micros(1_500);
/// The Lease of which the holder schedules. Source: `pkg/scheduler/apis/config/v1/defaults.go`.
const LEASE: &str = "kube-scheduler";
/// Pods that ended for good are of no interest. Source: `pkg/scheduler/scheduler.go`, `NewInformerFactory`.
const LIVE_PODS: &str = "status.phase!=Succeeded,status.phase!=Failed";

/// What is watched beside Pods. Source: `pkg/scheduler/eventhandlers.go` and the informers that plugins ask for.
const WATCHED: [Kind; 11] = [
    Kind::Node,
    Kind::Namespace,
    Kind::PersistentVolume,
    Kind::PersistentVolumeClaim,
    Kind::StorageClass,
    Kind::CSINode,
    Kind::PodDisruptionBudget,
    Kind::Service,
    Kind::ReplicationController,
    Kind::ReplicaSet,
    Kind::StatefulSet,
];

/// A cycle is over.
const TIMER_CYCLE: u16 = 1;
/// Back-offs are over.
const TIMER_BACKOFF: u16 = 2;
/// Pods may have waited too long.
const TIMER_POOL: u16 = 3;
/// The volumes of a Pod have not been bound in time.
pub(super) const TIMER_BINDING: u16 = 4;
/// What nodes use is asked for.
pub(super) const TIMER_USE: u16 = 5;

/// kube-scheduler.
#[derive(Clone)]
pub struct Scheduler {
    pub(super) algorithm: Algorithm,
    pub(super) cache: Cache,
    pub(super) queue: SchedulingQueue,
    /// One for each profile, by its name.
    recorders: BTreeMap<Arc<str>, Recorder>,
    pub(super) demands: Demands,
    pub(super) bindings: Bindings,
    pub(super) evictions: Evictions,
    pub(super) decisions: Decisions,
    informers: Caches,
    elector: Option<Elector>,
    is_busy: bool,
    backoff_at: Option<SimTime>,
    is_pool_timer_set: bool,
    /// The question what nodes use, while it has no answer.
    pub(super) measuring: Option<Ticket>,
}

impl Default for Scheduler {
    fn default() -> Self {
        Self::new(Profile::default_scheduler())
    }
}

impl Scheduler {
    /// A scheduler with these profiles.
    #[must_use]
    pub fn new(profiles: impl Into<Profiles>) -> Self {
        let profiles = profiles.into();
        let pods = Informer::new(Kind::Pod.number(), Kind::Pod).with_fields(LIVE_PODS);
        let names = profiles.iter().map(|profile| Arc::clone(&profile.scheduler_name));
        Self {
            recorders: names.map(|name| (Arc::clone(&name), Recorder::new(name))).collect(),
            demands: Demands::default(),
            decisions: Decisions::new(&profiles),
            algorithm: Algorithm::new(profiles),
            cache: Cache::default(),
            queue: SchedulingQueue::default(),
            bindings: Bindings::default(),
            evictions: Evictions::default(),
            informers: Caches::of(WATCHED).with(pods),
            elector: None,
            is_busy: false,
            backoff_at: None,
            is_pool_timer_set: false,
            measuring: None,
        }
    }

    /// A scheduler as its configuration says.
    ///
    /// # Errors
    /// When it names what does not exist, or says something twice.
    pub fn configured(configuration: &Configuration) -> Result<Self, ConfigurationError> {
        let backoff = Backoff {
            initial: SimDuration::from_secs(configuration.pod_initial_backoff_seconds),
            most: SimDuration::from_secs(configuration.pod_max_backoff_seconds),
        };
        Ok(Self { queue: SchedulingQueue::new(backoff), ..Self::new(configuration.profiles()?) })
    }

    /// Whether this instance schedules, or only keeps up.
    #[must_use]
    pub fn leads(&self) -> bool {
        self.elector.as_ref().is_some_and(Elector::leads)
    }

    /// What was decided about a Pod lately.
    #[must_use]
    pub fn decision(&self, namespace: &str, name: &str) -> Option<&Decision> {
        self.decisions.get(namespace, name)
    }

    /// All decisions that are kept.
    #[must_use]
    pub fn decisions(&self) -> &Decisions {
        &self.decisions
    }

    /// Pods that wait for a node.
    #[must_use]
    pub fn queue(&self) -> &SchedulingQueue {
        &self.queue
    }

    /// What this instance believes of the cluster.
    #[must_use]
    pub fn snapshot(&self) -> &Snapshot {
        &self.cache.snapshot
    }

    /// The profiles.
    #[must_use]
    pub fn profiles(&self) -> &Profiles {
        &self.algorithm.profiles
    }

    /// The recorder in whose name events about a Pod are written: that of its profile.
    pub(super) fn recorder_of(&mut self, pod: &PodInfo) -> &mut Recorder {
        let name = &self.algorithm.profile_of(pod).scheduler_name;
        self.recorders.entry(Arc::clone(name)).or_insert_with(|| Recorder::new(Arc::clone(name)))
    }

    /// Takes the first Pod of the queue and finds it a node, or tells why there is none.
    pub fn schedule_one(&mut self, ctx: &mut Ctx<'_>) {
        let Some(queued) = self.queue.pop() else { return };
        ctx.cause = queued.cause;
        let pod = Arc::clone(&queued.info);
        if pod.pod.metadata.deletion_timestamp.is_some() {
            let note = format!("skip schedule deleting pod: {}", pod.full_name());
            self.tell_failure(&pod, &note, ctx);
            return;
        }
        if self.cache.is_assumed(&pod.uid) {
            return;
        }
        self.cache.snapshot.refresh();
        match self.algorithm.schedule_pod(&pod, &self.cache.snapshot, ctx.random) {
            Ok(placement) => self.place(queued, placement, ctx),
            Err(Unplaced::NoNodes) => self.no_nodes(queued, ctx),
            Err(Unplaced::Unfit(error, state)) => self.unfit(queued, *error, &state, ctx),
        }
    }

    /// Counts the Pod on its node and begins to bind it.
    fn place(&mut self, queued: QueuedPod, mut placement: Placement, ctx: &mut Ctx<'_>) {
        let (pod, node) = (Arc::clone(&queued.info), Arc::clone(&placement.node));
        if placement.scores.is_empty() {
            self.algorithm.take_back(&mut placement);
        }
        let profile = self.algorithm.profile_of(&pod);
        let attempt = self.decisions.placed(ctx.now, queued.attempts, placement, &profile, &self.cache.snapshot);
        self.decisions.keep(pod.namespace(), pod.name(), attempt);
        self.cache.snapshot.withdraw(&pod.uid);
        self.cache.assume(pod, &node);
        self.begin_binding(queued, node, ctx);
    }

    fn on_election(&mut self, election: Election, ctx: &mut Ctx<'_>) {
        if election == Election::Lost {
            ctx.exit("leaderelection lost");
        }
    }

    fn on_timer(&mut self, timer: Timer, ctx: &mut Ctx<'_>) {
        match timer.purpose {
            TIMER_CYCLE => {
                self.is_busy = false;
                if self.leads() {
                    self.schedule_one(ctx);
                }
            }
            TIMER_BACKOFF => {
                // One that an earlier timer has made needless sets no other.
                self.backoff_at.take_if(|at| *at <= ctx.now);
                self.queue.flush_backoff(&self.algorithm.profiles, ctx.now);
            }
            TIMER_POOL => {
                self.is_pool_timer_set = false;
                self.queue.flush_pool(&self.algorithm.profiles, ctx.now);
            }
            TIMER_BINDING => self.on_binding_deadline(timer.number, ctx),
            TIMER_USE => self.measure(ctx),
            _ => {}
        }
    }

    /// Sets the timers that are needed and not yet set.
    fn set_timers(&mut self, ctx: &mut Ctx<'_>) {
        ctx.cause = crate::engine::CauseId::NONE;
        if !self.is_busy && self.leads() && self.informers.have_synced() && self.queue.is_ready() {
            self.is_busy = true;
            ctx.timer(CYCLE, Timer::new(TIMER_CYCLE, 0));
        }
        if let Some(at) = self.queue.next_flush()
            && self.backoff_at.is_none_or(|earlier| at < earlier)
        {
            self.backoff_at = Some(at);
            ctx.timer(at.since(ctx.now), Timer::new(TIMER_BACKOFF, 0));
        }
        if !self.is_pool_timer_set && self.queue.has_waiting() {
            self.is_pool_timer_set = true;
            let into_period = SimDuration::from_micros(ctx.now.as_micros() % POOL_PERIOD.as_micros());
            ctx.timer(POOL_PERIOD.saturating_sub(into_period), Timer::new(TIMER_POOL, 0));
        }
    }

    fn dispatch(&mut self, incoming: Incoming, ctx: &mut Ctx<'_>) {
        if let Some(elector) = self.elector.as_mut().filter(|elector| elector.expects(&incoming)) {
            let election = elector.handle(incoming, ctx);
            self.on_election(election, ctx);
            return;
        }
        let informer = self.informers.informers_mut().find(|informer| informer.expects(&incoming));
        if let Some(informer) = informer {
            let kind = informer.kind();
            for delta in informer.handle(incoming, ctx) {
                self.take_in(kind, delta, ctx);
            }
            return;
        }
        match incoming {
            Incoming::Timer(timer) => self.on_timer(timer, ctx),
            Incoming::Response { ticket, outcome } if self.on_measures(ticket, &outcome) => {}
            Incoming::Response { ticket, outcome } if !self.on_binding_outcome(ticket, &outcome, ctx) => {
                self.on_eviction_outcome(ticket, &outcome, ctx);
            }
            _ => {}
        }
    }
}

impl Component for Scheduler {
    fn start(&mut self, ctx: &mut Ctx<'_>) {
        let identity = format!("{}_{}", ctx.identity.host, ctx.random.uuid());
        let mut elector = Elector::new(LEASE, identity, &self.algorithm.profiles.first().scheduler_name);
        elector.start(ctx);
        self.elector = Some(elector);
        for informer in self.informers.informers_mut() {
            informer.start(ctx);
        }
        self.begin_measuring(ctx);
    }

    fn handle(&mut self, incoming: Incoming, ctx: &mut Ctx<'_>) {
        self.dispatch(incoming, ctx);
        self.set_timers(ctx);
    }
}

#[cfg(test)]
mod bench;
#[cfg(test)]
mod tests;
