//! Departures: when an endpoint ceased to be chosen. Kept for a while, so that it can be shown who still sent requests to a Pod that
//! was on its way out.

use std::collections::{BTreeSet, VecDeque};
use std::net::IpAddr;
use std::sync::Arc;

use super::endpoint::Endpoint;
use super::service_table::ServiceName;
use crate::engine::SimTime;

/// So many are kept, the newest.
const KEPT: usize = 256;

/// An endpoint that new connections do not go to any more.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Departure {
    /// The Service.
    pub service: ServiceName,
    /// The Pod behind the endpoint.
    pub pod: Arc<str>,
    /// When its slice said so; each node programs it later.
    pub at: SimTime,
}

/// The departures of late.
#[derive(Clone, Debug, Default)]
pub(super) struct Departures(Arc<VecDeque<Departure>>);

impl Departures {
    /// Notes which ready endpoints of a Service are not ready any more.
    pub(super) fn note(&mut self, service: &ServiceName, before: &[Endpoint], after: &[Endpoint], at: SimTime) {
        let ready: BTreeSet<IpAddr> = after.iter().filter(|endpoint| endpoint.is_ready).map(|one| one.ip).collect();
        for gone in before.iter().filter(|endpoint| endpoint.is_ready && !ready.contains(&endpoint.ip)) {
            let kept = Arc::make_mut(&mut self.0);
            if kept.len() == KEPT {
                kept.pop_front();
            }
            kept.push_back(Departure { service: service.clone(), pod: Arc::clone(&gone.pod), at });
        }
    }

    /// All of them, oldest first.
    pub(super) fn iter(&self) -> impl Iterator<Item = &Departure> {
        self.0.iter()
    }
}
