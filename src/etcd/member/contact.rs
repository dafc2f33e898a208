//! Since when there is a connection to each other member, as far as one can tell: what arrives shows that there is one,
//! and silence that there is none.

use std::collections::BTreeMap;

use crate::engine::{SimDuration, SimTime};
use crate::etcd::member_id::MemberId;

/// After so much silence a connection counts as broken. Source: `server/etcdserver/api/rafthttp`, `ConnReadTimeout`.
const SILENCE_MAX: SimDuration = SimDuration::from_secs(5);

/// Connections to other members.
#[derive(Clone, Debug, Default)]
pub(super) struct Contacts(BTreeMap<MemberId, Contact>);

#[derive(Clone, Copy, Debug)]
struct Contact {
    since: SimTime,
    last: SimTime,
}

impl Contacts {
    pub(super) fn heard(&mut self, now: SimTime, from: MemberId) {
        let contact = self.0.entry(from).or_insert(Contact { since: now, last: now });
        if now.since(contact.last) > SILENCE_MAX {
            contact.since = now;
        }
        contact.last = now;
    }

    pub(super) fn lost(&mut self, with: MemberId) {
        self.0.remove(&with);
    }

    /// Whether there has been a connection with `with` all the time since before `start`.
    pub(super) fn lasted_since(&self, now: SimTime, start: SimTime, with: MemberId) -> bool {
        self.0.get(&with).is_some_and(|contact| contact.since < start && now.since(contact.last) <= SILENCE_MAX)
    }

    pub(super) fn clear(&mut self) {
        self.0.clear();
    }
}
