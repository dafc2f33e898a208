//! What happens in the cluster that may make a waiting Pod schedulable.
//!
//! Models `pkg/scheduler/framework/events.go` and the queueing hints of the plugins.

use std::sync::Arc;

use crate::model::{Kind, Object};
use crate::scheduler::node_info::NodeInfo;
use crate::scheduler::pod_info::PodInfo;

/// Something happened.
#[derive(Clone, Debug)]
pub enum ClusterEvent {
    /// A node came.
    NodeAdded(Arc<NodeInfo>),
    /// A node changed; both without their Pods.
    NodeUpdated(Arc<NodeInfo>, Arc<NodeInfo>),
    /// A node went.
    NodeDeleted,
    /// A Pod was bound by someone, or seen to be.
    PodAssigned(Arc<PodInfo>),
    /// A bound Pod changed.
    PodUpdated(Arc<PodInfo>, Arc<PodInfo>),
    /// A bound or nominated Pod went.
    PodDeleted(Arc<PodInfo>),
    /// The waiting Pod itself changed.
    Itself(Arc<PodInfo>, Arc<PodInfo>),
    /// A claim, a volume or a class came or changed.
    Storage(Kind, Object),
}

/// What an event means for a Pod.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Hint {
    /// Try again.
    Queue,
    /// It cannot help.
    Skip,
}

impl From<bool> for Hint {
    fn from(may_help: bool) -> Self {
        if may_help { Self::Queue } else { Self::Skip }
    }
}
