//! Which of three texts a client reads when its request timed out. Models `parseProposeCtxErr` of
//! `server/etcdserver/errors.go`.

use super::Member;
use crate::engine::SimTime;
use crate::etcd::error::EtcdError;
use crate::etcd::store::Value;

impl<V: Value> Member<V> {
    /// Why a request that began at `start` got no answer.
    pub(super) fn timeout_error(&self, now: SimTime, start: SimTime) -> EtcdError {
        let lost_after = self.leader_elected.saturating_sub(self.raft.settings().election_timeout * 2);
        if start > lost_after && start < self.leader_elected {
            return EtcdError::TimeoutLeaderFailure;
        }
        let lasted = |id| self.contacts.lasted_since(now, start, id);
        let connected = match self.raft.leader() {
            None => true,
            Some(leader) if leader == self.id() => {
                self.raft.configuration().has_quorum(|id| id == self.id() || lasted(id))
            }
            Some(leader) => lasted(leader),
        };
        if connected { EtcdError::Timeout } else { EtcdError::TimeoutConnectionLost }
    }
}
