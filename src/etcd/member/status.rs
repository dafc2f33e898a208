//! A member as `etcdctl endpoint status`, `endpoint health` and lessons show it.

use super::Member;
use crate::etcd::raft;
use crate::etcd::store::{Alarm, Revision, Value};

/// What `etcdctl endpoint status` prints of a member, and more.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Status {
    /// Its part in the Raft group: id, role, term, leader, indexes, votes, followers.
    pub raft: raft::Status,
    /// The revision of its store.
    pub revision: Revision,
    /// The oldest revision that can still be read.
    pub compacted: Revision,
    /// How many keys it has.
    pub keys: usize,
    /// Size of the database file in bytes: `DB SIZE`.
    pub db_size: u64,
    /// The used part of it in bytes: `IN USE`.
    pub db_in_use: u64,
    /// The size that must not be reached, in bytes: `QUOTA`.
    pub quota: u64,
    /// The alarms that are on, of all members: `ERRORS`.
    pub alarms: Vec<Alarm>,
}

/// What `/health` answers.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Health {
    /// `{"health":"true","reason":""}`; the API server still has to try a read (`RANGE ERROR:…`).
    Healthy,
    /// The group has no leader.
    NoLeader,
    /// The database is full.
    NoSpace,
}

impl Health {
    /// The body of the answer, as `server/etcdserver/api/etcdhttp/health.go` writes it.
    #[must_use]
    pub fn body(self) -> &'static str {
        match self {
            Self::Healthy => r#"{"health":"true","reason":""}"#,
            Self::NoLeader => r#"{"health":"false","reason":"RAFT NO LEADER"}"#,
            Self::NoSpace => r#"{"health":"false","reason":"ALARM NOSPACE"}"#,
        }
    }
}

impl<V: Value> Member<V> {
    /// What this member is and holds.
    #[must_use]
    pub fn status(&self) -> Status {
        let store = self.store();
        Status {
            raft: self.raft.status(),
            revision: store.revision(),
            compacted: store.compacted(),
            keys: store.key_count(),
            db_size: store.backend().size(),
            db_in_use: store.backend().in_use(),
            quota: store.backend().quota(),
            alarms: store.alarms().collect(),
        }
    }

    /// Whether this member can serve.
    #[must_use]
    pub fn health(&self) -> Health {
        if self.store().is_read_only() {
            Health::NoSpace
        } else if self.raft.leader().is_none() {
            Health::NoLeader
        } else {
            Health::Healthy
        }
    }
}
