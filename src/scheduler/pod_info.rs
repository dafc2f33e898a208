//! A Pod as the scheduler looks at it: what it asks for is worked out once, when it arrives.

use std::sync::Arc;

use crate::model::{Meta, Pod};

use super::demand::Demand;

/// A Pod with what it asks for.
#[derive(Clone, Debug)]
pub struct PodInfo {
    /// The Pod.
    pub pod: Arc<Pod>,
    /// Its UID, by which queue and cache know it.
    pub uid: Arc<str>,
    /// What it asks for, shared with like Pods.
    pub demand: Arc<Demand>,
}

impl PodInfo {
    /// Works out what `pod` asks for, for it alone.
    #[must_use]
    pub fn new(pod: Arc<Pod>) -> Self {
        let demand = Arc::new(Demand::of(&pod));
        Self::with_demand(pod, demand)
    }

    /// A Pod that is known to ask for this.
    pub(super) fn with_demand(pod: Arc<Pod>, demand: Arc<Demand>) -> Self {
        Self { uid: pod.metadata.uid().into(), pod, demand }
    }

    /// Its priority.
    #[must_use]
    pub fn priority(&self) -> i32 {
        self.pod.priority()
    }

    /// Its namespace.
    #[must_use]
    pub fn namespace(&self) -> &str {
        self.pod.metadata.namespace()
    }

    /// Its name.
    #[must_use]
    pub fn name(&self) -> &str {
        self.pod.metadata.name()
    }

    /// `shop/web-1`, as texts name it.
    #[must_use]
    pub fn full_name(&self) -> String {
        format!("{}/{}", self.namespace(), self.name())
    }

    /// The node that preemption made room on; empty if none.
    #[must_use]
    pub fn nominated_node(&self) -> &str {
        self.pod.status.nominated_node_name.as_deref().unwrap_or_default()
    }

    /// The scheduler it asks for.
    #[must_use]
    pub fn scheduler_name(&self) -> &str {
        self.pod.spec.scheduler_name.as_deref().unwrap_or("default-scheduler")
    }
}
