//! A node as the scheduler looks at it: what it offers, what the Pods on it have taken, and the Pods themselves.
//!
//! Models `pkg/scheduler/framework/types.go`, `NodeInfo`.

use std::sync::Arc;

use crate::model::core::{Node, Taint};
use crate::model::node::NodeExt;
use crate::model::resources::NonZero;
use crate::model::selector::Labels;
use crate::model::{Meta, Resources};

use super::pod_info::PodInfo;

/// A node and the Pods on it, those included that were assumed to be.
#[derive(Clone, Debug, Default)]
pub struct NodeInfo {
    /// Its name.
    pub name: Arc<str>,
    /// The object; `None` while only Pods speak of the node.
    pub node: Option<Arc<Node>>,
    /// What it offers.
    pub allocatable: Resources,
    /// What its Pods ask for.
    pub requested: Resources,
    /// What its Pods count as in scores.
    pub non_zero: NonZero,
    /// Its Pods.
    pub pods: Vec<Arc<PodInfo>>,
    /// Whether it was cordoned.
    pub is_unschedulable: bool,
    /// The images on it, with their sizes in bytes.
    pub images: Vec<(Arc<str>, i64)>,
    /// What is really used there, if somebody measured it.
    pub used: Option<NodeUse>,
}

/// What is really used on a node.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct NodeUse {
    /// Thousandths of a CPU.
    pub milli_cpu: i64,
    /// Bytes of memory.
    pub memory: i64,
}

impl NodeInfo {
    /// A node of which nothing is known yet.
    #[must_use]
    pub fn new(name: Arc<str>) -> Self {
        Self { name, ..Self::default() }
    }

    /// Takes in what the object says.
    pub fn set_node(&mut self, node: Arc<Node>) {
        self.allocatable = Resources::of(node.status.as_ref().and_then(|status| status.allocatable.as_ref()));
        self.is_unschedulable = node.is_unschedulable();
        self.node = Some(node);
    }

    /// A Pod is here.
    pub fn add_pod(&mut self, pod: Arc<PodInfo>) {
        self.requested.add(&pod.demand.requests);
        self.non_zero.milli_cpu += pod.demand.non_zero.milli_cpu;
        self.non_zero.memory += pod.demand.non_zero.memory;
        self.pods.push(pod);
    }

    /// A Pod is here no longer; returns it if it was.
    pub fn remove_pod(&mut self, uid: &str) -> Option<Arc<PodInfo>> {
        let index = self.pods.iter().position(|pod| &*pod.uid == uid)?;
        let pod = self.pods.swap_remove(index);
        self.requested.subtract(&pod.demand.requests);
        self.non_zero.milli_cpu -= pod.demand.non_zero.milli_cpu;
        self.non_zero.memory -= pod.demand.non_zero.memory;
        Some(pod)
    }

    /// A Pod that is here has changed.
    pub fn replace_pod(&mut self, before: &Arc<PodInfo>, pod: Arc<PodInfo>) {
        match self.pods.iter().position(|other| Arc::ptr_eq(other, before)) {
            Some(index) if Arc::ptr_eq(&before.demand, &pod.demand) => {
                self.pods.swap_remove(index);
                self.pods.push(pod);
            }
            _ => {
                self.remove_pod(&before.uid);
                self.add_pod(pod);
            }
        }
    }

    /// Its taints.
    #[must_use]
    pub fn taints(&self) -> &[Taint] {
        self.node.as_ref().map_or(&[], |node| node.taints())
    }

    /// Its labels.
    #[must_use]
    pub fn labels(&self) -> &Labels {
        static NONE: Labels = Labels::new();
        self.node.as_ref().map_or(&NONE, |node| node.metadata.label_map())
    }

    /// What is left of a resource.
    #[must_use]
    pub fn free(&self, resource: &str) -> i64 {
        self.allocatable.amount(resource) - self.requested.amount(resource)
    }

    /// Region and zone, by which nodes take turns.
    /// Source: `component-helpers/node/topology/helpers.go`, `GetZoneKey`.
    #[must_use]
    pub fn zone(&self) -> String {
        let label =
            |names: [&str; 2]| names.iter().find_map(|name| self.labels().get(*name)).map_or("", String::as_str);
        let zone = label(["topology.kubernetes.io/zone", "failure-domain.beta.kubernetes.io/zone"]);
        let region = label(["topology.kubernetes.io/region", "failure-domain.beta.kubernetes.io/region"]);
        format!("{region}/{zone}")
    }
}
