//! What a member holds only while it leads.

use std::collections::BTreeMap;

use super::entry::Index;
use super::progress::Progress;
use super::seen::Seen;
use crate::engine::SimTime;
use crate::etcd::member_id::MemberId;

/// The state of a leader; a new one for each term.
#[derive(Clone, Debug)]
pub(super) struct Leadership {
    /// The other members.
    pub(super) progress: BTreeMap<MemberId, Progress>,
    pub(super) heartbeat_due: SimTime,
    pub(super) quorum_check_due: SimTime,
    /// The last change of membership that may not have been applied: no other may be proposed before it is.
    pub(super) configuration_pending: Index,
    /// The member that is to lead next.
    pub(super) successor: Option<MemberId>,
    /// Proposals that came from other members.
    pub(super) seen: BTreeMap<MemberId, Seen>,
    /// The number of the last round of reads.
    pub(super) round: u64,
}

impl Leadership {
    pub(super) fn new(
        others: impl Iterator<Item = MemberId>,
        last_index: Index,
        (heartbeat_due, quorum_check_due): (SimTime, SimTime),
    ) -> Self {
        Self {
            progress: others.map(|id| (id, Progress::probing(last_index + 1))).collect(),
            heartbeat_due,
            quorum_check_due,
            configuration_pending: last_index,
            successor: None,
            seen: BTreeMap::new(),
            round: 0,
        }
    }
}
