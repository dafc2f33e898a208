//! Requests that clients wait for, and what they are told when the wait was in vain.

use std::collections::BTreeMap;

use crate::engine::{SimDuration, SimTime};
use crate::etcd::effect::{Effect, RequestId};
use crate::etcd::error::EtcdError;
use crate::etcd::store::{LeaseId, Value};

/// How long a request may take beside two election timeouts. Source: `server/config/config.go`, `ReqTimeout`.
const DISK_AND_NETWORK: SimDuration = SimDuration::from_secs(5);
/// How often an unanswered read is asked for again. Source: `server/etcdserver/v3_server.go`, `readIndexRetryTime`.
pub(super) const READ_RETRY: SimDuration = SimDuration::from_millis(500);

/// The request timeout: 7 s with etcd's election timeout of 1 s.
#[must_use]
pub fn request_timeout(election_timeout: SimDuration) -> SimDuration {
    DISK_AND_NETWORK + election_timeout * 2
}

/// A request that a client waits for.
#[derive(Clone, Debug)]
pub(super) struct Pending {
    pub(super) request: RequestId,
    pub(super) started: SimTime,
    pub(super) kind: Kind,
}

/// What is waited for.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Kind {
    Txn,
    Read,
    Renew(LeaseId),
    Maintenance,
}

/// The requests of one member by their numbers, which grow with time and never come twice, also not after a crash.
#[derive(Clone, Debug)]
pub(super) struct Requests {
    pending: BTreeMap<u64, Pending>,
    next: u64,
    reads: usize,
    read_retry_due: SimTime,
}

impl Requests {
    pub(super) fn new() -> Self {
        Self { pending: BTreeMap::new(), next: 0, reads: 0, read_retry_due: SimTime::MAX }
    }

    /// A number for something that nobody waits for.
    pub(super) fn number(&mut self) -> u64 {
        self.next += 1;
        self.next
    }

    /// Remembers a request and gives it a number.
    pub(super) fn add(&mut self, now: SimTime, request: RequestId, kind: Kind) -> u64 {
        let number = self.number();
        if kind == Kind::Read {
            if self.reads == 0 {
                self.read_retry_due = now + READ_RETRY;
            }
            self.reads += 1;
        }
        self.pending.insert(number, Pending { request, started: now, kind });
        number
    }

    /// Takes a request out, because it is answered; nothing when it was answered before.
    pub(super) fn take(&mut self, number: u64) -> Option<Pending> {
        let pending = self.pending.remove(&number)?;
        self.reads -= usize::from(pending.kind == Kind::Read);
        Some(pending)
    }

    /// Takes out a request that began `timeout` ago or earlier.
    pub(super) fn take_expired(&mut self, now: SimTime, timeout: SimDuration) -> Option<(u64, Pending)> {
        let (number, pending) = self.pending.first_key_value()?;
        if pending.started + timeout > now {
            return None;
        }
        let number = *number;
        Some((number, self.take(number)?))
    }

    /// The numbers and kinds of those that wait, oldest first.
    pub(super) fn iter(&self) -> impl Iterator<Item = (u64, Kind)> {
        self.pending.iter().map(|(number, pending)| (*number, pending.kind))
    }

    /// Whether reads are to be asked for again now.
    pub(super) fn retries_reads(&mut self, now: SimTime) -> bool {
        let due = self.reads > 0 && self.read_retry_due <= now;
        if due {
            self.read_retry_due = now + READ_RETRY;
        }
        due
    }

    /// When something is due here.
    pub(super) fn next_due(&self, timeout: SimDuration) -> Option<SimTime> {
        let expiry = self.pending.first_key_value().map(|(_, pending)| pending.started + timeout)?;
        Some(if self.reads > 0 { expiry.min(self.read_retry_due) } else { expiry })
    }

    /// Forgets all requests, as a crash does.
    pub(super) fn clear(&mut self) {
        self.pending.clear();
        self.reads = 0;
    }
}

impl Pending {
    /// What the client is told when its request failed.
    pub(super) fn failed<V: Value>(&self, error: EtcdError) -> Effect<V> {
        let request = self.request;
        match self.kind {
            Kind::Txn => Effect::Done { request, result: Err(error) },
            Kind::Read => Effect::ReadReady { request, result: Err(error) },
            Kind::Renew(_) | Kind::Maintenance => Effect::Answered { request, result: Err(error) },
        }
    }
}
