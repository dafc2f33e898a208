//! The numbers that a member of a group is run with.

use super::entry::Index;
use crate::engine::SimDuration;

/// How a member behaves in time.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Settings {
    /// How often a leader shows that it is alive (`--heartbeat-interval`).
    pub heartbeat: SimDuration,
    /// How long a follower waits for it, at least; each waits up to twice as long (`--election-timeout`).
    pub election_timeout: SimDuration,
    /// How long the disk takes to make a write safe.
    pub fsync: SimDuration,
    /// After so many applied entries the log is cut (`--snapshot-count`).
    pub snapshot_count: Index,
    /// So many entries are kept then, for followers that lag behind a little.
    pub catch_up_entries: Index,
}

/// The defaults of etcd (`server/embed/config.go`, `server/etcdserver/server.go`), on a good disk.
impl Default for Settings {
    fn default() -> Self {
        Self {
            heartbeat: SimDuration::from_millis(100),
            election_timeout: SimDuration::from_millis(1000),
            fsync: SimDuration::from_millis(1),
            snapshot_count: 10_000,
            catch_up_entries: 5_000,
        }
    }
}
