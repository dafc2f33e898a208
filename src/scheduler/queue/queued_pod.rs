//! A Pod in the queue, with how often it was tried and what turned it down.

use std::sync::Arc;

use crate::engine::{CauseId, SimTime};
use crate::scheduler::framework::PluginSet;
use crate::scheduler::pod_info::PodInfo;

/// Where in the queue a Pod is.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Place {
    /// It can be tried now.
    Active,
    /// It found no node; something happened since; it waits a little.
    Backoff,
    /// It met an error and is tried again after a while.
    ErrorBackoff,
    /// It found no node and waits for something to happen.
    Pool,
    /// It may not be tried: it has scheduling gates.
    Gated,
}

/// A Pod that waits for a node.
#[derive(Clone, Debug)]
pub struct QueuedPod {
    /// The Pod.
    pub info: Arc<PodInfo>,
    /// What brought it here, or woke it.
    pub cause: CauseId,
    /// How often it was tried.
    pub attempts: u32,
    /// Since when it has been queued, or when it last failed.
    pub queued_at: SimTime,
    /// Before this it is not tried again, if others can be tried.
    pub backoff_until: SimTime,
    /// The plugins that turned it down last.
    pub rejected_by: PluginSet,
    /// Where it is.
    pub place: Place,
    pub(super) unschedulable_count: u32,
    pub(super) error_count: u32,
    pub(super) sequence: u64,
}

impl QueuedPod {
    pub(super) fn new(info: Arc<PodInfo>, cause: CauseId, now: SimTime, sequence: u64) -> Self {
        Self {
            info,
            cause,
            attempts: 0,
            queued_at: now,
            backoff_until: SimTime::ZERO,
            rejected_by: PluginSet::default(),
            place: Place::Active,
            unschedulable_count: 0,
            error_count: 0,
            sequence,
        }
    }
}
