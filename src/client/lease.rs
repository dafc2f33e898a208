//! Leader election on a Lease: of several instances one leads, the others wait.
//!
//! Models `staging/src/k8s.io/client-go/tools/leaderelection/leaderelection.go`.

use std::sync::Arc;

use crate::apiserver::{Outcome, Payload, Reason, Ticket, Verb};
use crate::engine::{CauseId, SimDuration, SimTime};
use crate::model::coordination::{Lease, LeaseSpec};
use crate::model::{Kind, Object, Resource, time};

use super::component::{Ctx, Incoming, Timer};
use super::recorder::{EventType, Recorder};

/// How long a lease holds, how long a leader tries to renew, how often either tries. Source:
/// `component-base/config/v1alpha1/defaults.go`.
const LEASE_DURATION: SimDuration = SimDuration::from_secs(15);
const RENEW_DEADLINE: SimDuration = SimDuration::from_secs(10);
const RETRY_PERIOD: SimDuration = SimDuration::from_secs(2);
/// A candidate waits up to so much longer, in percent. Source: `leaderelection.go`, `JitterFactor` 1.2.
const JITTER_PERCENT: u64 = 120;
/// Where the control plane keeps its leases.
const NAMESPACE: &str = "kube-system";

/// One candidate for a lease.
#[derive(Clone, Debug)]
pub struct Elector {
    lease: &'static str,
    identity: Arc<str>,
    recorder: Recorder,
    leads: bool,
    asking: Option<Asking>,
    /// The record as last seen, and when this candidate saw it change.
    observed: Option<(Arc<Lease>, SimTime)>,
    renewed_at: SimTime,
}

#[derive(Clone, Copy, Debug)]
enum Asking {
    Get(Ticket),
    Write(Ticket),
}

/// What came of a step.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Election {
    /// Nothing changed.
    Unchanged,
    /// This instance leads from now on.
    Won,
    /// It leads no longer: its process must end.
    Lost,
}

impl Elector {
    /// A candidate for `kube-system/<lease>`; `source` is the source of its events.
    #[must_use]
    pub fn new(lease: &'static str, identity: impl Into<Arc<str>>, source: &str) -> Self {
        Self {
            lease,
            identity: identity.into(),
            recorder: Recorder::new(source),
            leads: false,
            asking: None,
            observed: None,
            renewed_at: SimTime::ZERO,
        }
    }

    /// Whether this instance leads.
    #[must_use]
    pub fn leads(&self) -> bool {
        self.leads
    }

    /// Its identity: `<host>_<uuid>`.
    #[must_use]
    pub fn identity(&self) -> &str {
        &self.identity
    }

    /// Begins to try.
    pub fn start(&mut self, ctx: &mut Ctx<'_>) {
        self.ask(ctx);
    }

    /// Whether this is for it.
    #[must_use]
    pub fn expects(&self, incoming: &Incoming) -> bool {
        match (incoming, self.asking) {
            (Incoming::Response { ticket, .. }, Some(Asking::Get(mine) | Asking::Write(mine))) => *ticket == mine,
            (Incoming::Timer(timer), _) => timer.purpose == Timer::LEASE,
            _ => false,
        }
    }

    /// Takes in what it [`expects`](Self::expects).
    pub fn handle(&mut self, incoming: Incoming, ctx: &mut Ctx<'_>) -> Election {
        ctx.cause = CauseId::NONE;
        match (incoming, self.asking.take()) {
            (Incoming::Response { outcome, .. }, Some(Asking::Get(_))) => self.on_get(outcome, ctx),
            (Incoming::Response { outcome, .. }, Some(Asking::Write(_))) => self.on_write(outcome, ctx),
            // A request that is still out when the next try is due is given up.
            (Incoming::Timer(_), _) => self.on_timer(ctx),
            _ => Election::Unchanged,
        }
    }

    fn ask(&mut self, ctx: &mut Ctx<'_>) {
        ctx.cause = CauseId::NONE;
        let request = ctx.request(Verb::Get, Kind::Lease, NAMESPACE).named(self.lease);
        self.asking = Some(Asking::Get(ctx.send(request)));
        let again = if self.leads { RETRY_PERIOD } else { ctx.random.jitter(RETRY_PERIOD, JITTER_PERCENT) };
        ctx.timer(again, Timer::new(Timer::LEASE, 0));
    }

    fn on_timer(&mut self, ctx: &mut Ctx<'_>) -> Election {
        if self.leads && ctx.now.since(self.renewed_at) > RENEW_DEADLINE {
            self.leads = false;
            return Election::Lost;
        }
        self.ask(ctx);
        Election::Unchanged
    }

    fn on_get(&mut self, outcome: Outcome, ctx: &mut Ctx<'_>) -> Election {
        match outcome {
            Ok(response) => {
                if let Payload::Object(object) = &response.payload
                    && let Some(lease) = Lease::of(object)
                {
                    self.observe(lease, ctx.now);
                    self.try_to_hold(&Arc::clone(lease), ctx);
                }
            }
            Err(status) if status.is(Reason::NotFound) => {
                let mut lease = Lease::default();
                lease.metadata.name = Some(self.lease.to_owned());
                lease.metadata.namespace = Some(NAMESPACE.to_owned());
                lease.spec = Some(self.record(None, ctx.now));
                self.write(Verb::Create, lease.into(), ctx);
            }
            Err(_) => {}
        }
        Election::Unchanged
    }

    fn observe(&mut self, lease: &Arc<Lease>, now: SimTime) {
        if self.observed.as_ref().is_none_or(|(seen, _)| seen.spec != lease.spec) {
            self.observed = Some((Arc::clone(lease), now));
        }
    }

    /// Renews an own lease, takes a free or expired one. A lease expires by the candidate's own clock, counted from when it
    /// saw the record change last.
    fn try_to_hold(&mut self, lease: &Lease, ctx: &mut Ctx<'_>) {
        let spec = lease.spec.clone().unwrap_or_default();
        let holder = spec.holder_identity.as_deref().unwrap_or_default();
        let seen_at = self.observed.as_ref().map_or(ctx.now, |(_, at)| *at);
        let lasts =
            spec.lease_duration_seconds.map_or(LEASE_DURATION, |secs| SimDuration::from_secs(secs.max(0) as u64));
        if !holder.is_empty() && holder != &*self.identity && ctx.now < seen_at + lasts {
            return;
        }
        let mut lease = lease.clone();
        lease.spec = Some(self.record(Some(&spec), ctx.now));
        self.write(Verb::Update, lease.into(), ctx);
    }

    fn record(&self, before: Option<&LeaseSpec>, now: SimTime) -> LeaseSpec {
        let holds = before.is_some_and(|spec| spec.holder_identity.as_deref() == Some(&*self.identity));
        let transitions = before.and_then(|spec| spec.lease_transitions).unwrap_or(0);
        LeaseSpec {
            holder_identity: Some(self.identity.to_string()),
            lease_duration_seconds: Some(LEASE_DURATION.as_secs() as i32),
            acquire_time: before
                .filter(|_| holds)
                .map_or(Some(time::micro_time(now)), |spec| spec.acquire_time.clone()),
            renew_time: Some(time::micro_time(now)),
            lease_transitions: Some(if holds || before.is_none() { transitions } else { transitions + 1 }),
            ..LeaseSpec::default()
        }
    }

    fn write(&mut self, verb: Verb, lease: Object, ctx: &mut Ctx<'_>) {
        let request = ctx.request_with(verb, lease);
        self.asking = Some(Asking::Write(ctx.send(request)));
    }

    fn on_write(&mut self, outcome: Outcome, ctx: &mut Ctx<'_>) -> Election {
        let Ok(response) = outcome else { return Election::Unchanged };
        self.renewed_at = ctx.now;
        if self.leads {
            return Election::Unchanged;
        }
        self.leads = true;
        if let Some(lease) = response.object() {
            let message = format!("{} became leader", self.identity);
            ctx.record("became leader", lease.key().path(), &*self.identity);
            self.recorder.event(ctx, lease, EventType::Normal, "LeaderElection", message);
        }
        Election::Won
    }
}
