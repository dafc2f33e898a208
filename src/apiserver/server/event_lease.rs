//! The lease by which Events vanish after an hour. Events that come within a minute share one.
//!
//! Source: `apiserver/pkg/storage/etcd3/lease_manager.go`.

use crate::apiserver::effect::{Ctx, Effect};
use crate::engine::{SimDuration, SimTime};
use crate::etcd::{EtcdError, LeaseId};

use super::pending::Stage;
use super::{ApiServer, etcd_status};

/// `--event-ttl`.
const EVENT_TTL: SimDuration = SimDuration::from_secs(3600);
/// So long, and for so many Events, one lease is shared. Source: `lease_manager_config`, `defaultLeaseReuseDurationSeconds`.
const REUSE: SimDuration = SimDuration::from_secs(60);
const EVENTS_MAX: u32 = 1000;

/// The lease that new Events are tied to.
#[derive(Clone, Debug)]
pub(super) struct EventLease {
    pub(super) id: LeaseId,
    reuse_until: SimTime,
    left: u32,
    granted: bool,
}

impl ApiServer {
    /// Whether there is a lease for one more Event; asks for one otherwise.
    pub(super) fn has_event_lease(&mut self, ctx: &mut Ctx<'_>) -> bool {
        if let Some(lease) = self.event_lease.as_mut().filter(|lease| ctx.now < lease.reuse_until) {
            if lease.granted && lease.left > 0 {
                lease.left -= 1;
                return true;
            }
            if !lease.granted {
                return false;
            }
        }
        let id = LeaseId(self.random.bits() >> 1);
        let reuse_until = ctx.now + REUSE;
        self.event_lease = Some(EventLease { id, reuse_until, left: EVENTS_MAX, granted: false });
        let request = self.keep_own(Stage::Grant);
        ctx.effects.push(Effect::GrantLease { request, lease: id, ttl: EVENT_TTL });
        false
    }

    /// The lease was granted, or not: the Events that waited for it go on, or are refused.
    pub(super) fn on_granted(&mut self, error: Option<EtcdError>, ctx: &mut Ctx<'_>) {
        match (error, &mut self.event_lease) {
            (None, Some(lease)) => lease.granted = true,
            _ => self.event_lease = None,
        }
        for pending in self.take_all(|stage| matches!(stage, Stage::Lease)) {
            match error {
                None => self.begin(pending, ctx),
                Some(error) => Self::refuse(&pending, etcd_status(error), ctx),
            }
        }
    }
}
