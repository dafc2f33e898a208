//! # NodeResourcesFit
//! What a Pod requests must be left on the node: allocatable minus what the Pods there request. What they really use does
//! not matter. Of the nodes that fit, the emptier is the better, unless the profile has another strategy.
//!
//! Models `pkg/scheduler/framework/plugins/noderesources/fit.go`; the strategies are in [`super::scoring_strategy`].

use crate::scheduler::framework::{
    ClusterEvent, Code, CycleState, Enqueue, Filter, Hint, Plugin, Reason, Rejection, Score,
};
use crate::scheduler::node_info::NodeInfo;
use crate::scheduler::pod_info::PodInfo;

use super::scoring_strategy::ScoringStrategy;

/// Why a node will not do when the number of Pods is reached.
pub const TOO_MANY_PODS: &str = "Too many pods";

/// The plugin.
#[derive(Clone, Debug, Default)]
pub struct NodeResourcesFit {
    /// How nodes that fit are compared.
    pub strategy: ScoringStrategy,
    /// Extended resources that are not looked at.
    pub ignored: Vec<String>,
}

impl Plugin for NodeResourcesFit {
    fn name(&self) -> &'static str {
        "NodeResourcesFit"
    }
    fn as_filter(&self) -> Option<&dyn Filter> {
        Some(self)
    }
    fn as_score(&self) -> Option<&dyn Score> {
        Some(self)
    }
    fn as_enqueue(&self) -> Option<&dyn Enqueue> {
        Some(self)
    }
}

impl Filter for NodeResourcesFit {
    fn filter(&self, _: &CycleState, pod: &PodInfo, node: &NodeInfo) -> Result<(), Rejection> {
        if fits(pod, node) {
            return Ok(());
        }
        let is_ignored = |shortage: &Shortage<'_>| self.ignored.iter().any(|name| name == shortage.resource);
        let short: Vec<Shortage<'_>> = shortages(pod, node).filter(|shortage| !is_ignored(shortage)).collect();
        if short.is_empty() {
            return Ok(());
        }
        let hopeless = short.iter().any(|shortage| shortage.is_beyond_node);
        let code = if hopeless { Code::UnschedulableAndUnresolvable } else { Code::Unschedulable };
        Err(Rejection { code, reasons: short.iter().map(Shortage::reason).collect() })
    }

    fn is_local(&self) -> bool {
        true
    }
}

impl Score for NodeResourcesFit {
    fn score(&self, _: &CycleState, pod: &PodInfo, node: &NodeInfo) -> i64 {
        self.strategy.score(pod, node)
    }

    fn is_absolute(&self) -> bool {
        true
    }

    fn is_local(&self) -> bool {
        true
    }
}

impl Enqueue for NodeResourcesFit {
    fn hint(&self, event: &ClusterEvent, pod: &PodInfo) -> Hint {
        match event {
            ClusterEvent::NodeAdded(node) => fits_when_empty(pod, node).into(),
            ClusterEvent::NodeUpdated(old, new) => (offers_more(pod, old, new) && fits_when_empty(pod, new)).into(),
            ClusterEvent::PodDeleted(_) => Hint::Queue,
            ClusterEvent::PodUpdated(old, new) => asks_for_less(old, new).into(),
            ClusterEvent::Itself(old, new) => asks_for_less(old, new).into(),
            _ => Hint::Skip,
        }
    }
}

/// A resource of which a node has not enough left.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Shortage<'a> {
    /// `pods`, `cpu`, `memory`, `ephemeral-storage` or an extended resource.
    pub resource: &'a str,
    /// What is left.
    pub free: i64,
    /// Whether the request is greater than the whole node.
    pub is_beyond_node: bool,
}

impl Shortage<'_> {
    fn reason(&self) -> Reason {
        match self.resource {
            "pods" => TOO_MANY_PODS.into(),
            "cpu" => "Insufficient cpu".into(),
            "memory" => "Insufficient memory".into(),
            "ephemeral-storage" => "Insufficient ephemeral-storage".into(),
            other => format!("Insufficient {other}").into(),
        }
    }
}

/// What a node lacks for a Pod, in the order in which it is told.
pub fn shortages<'a>(pod: &'a PodInfo, node: &'a NodeInfo) -> impl Iterator<Item = Shortage<'a>> {
    let room = node.allocatable.pods - node.pods.len() as i64;
    let crowded = (room < 1).then_some(Shortage { resource: "pods", free: room.max(0), is_beyond_node: false });
    let short = pod.demand.requests.iter().filter_map(|(resource, wanted)| {
        let free = node.free(resource);
        let is_beyond_node = wanted > node.allocatable.amount(resource);
        (wanted > 0 && wanted > free).then_some(Shortage { resource, free: free.max(0), is_beyond_node })
    });
    crowded.into_iter().chain(short)
}

/// Whether nothing is short; the common case, without a list.
fn fits(pod: &PodInfo, node: &NodeInfo) -> bool {
    let (wanted, has, used) = (&pod.demand.requests, &node.allocatable, &node.requested);
    let holds = |wanted: i64, free: i64| wanted == 0 || wanted <= free;
    (node.pods.len() as i64) < has.pods
        && holds(wanted.milli_cpu, has.milli_cpu - used.milli_cpu)
        && holds(wanted.memory, has.memory - used.memory)
        && holds(wanted.ephemeral_storage, has.ephemeral_storage - used.ephemeral_storage)
        && wanted.extended.iter().all(|(name, amount)| holds(*amount, node.free(name)))
}

/// Hints do not look at the Pods of the node: whether they leave room is for the next attempt to find out.
fn fits_when_empty(pod: &PodInfo, node: &NodeInfo) -> bool {
    node.allocatable.pods > 0
        && pod.demand.requests.iter().all(|(resource, wanted)| wanted <= node.allocatable.amount(resource))
}

fn offers_more(pod: &PodInfo, old: &NodeInfo, new: &NodeInfo) -> bool {
    let grew = |resource: &str| new.allocatable.amount(resource) > old.allocatable.amount(resource);
    grew("pods") || pod.demand.requests.iter().any(|(resource, _)| grew(resource))
}

fn asks_for_less(old: &PodInfo, new: &PodInfo) -> bool {
    old.demand.requests.iter().any(|(resource, amount)| new.demand.requests.amount(resource) < amount)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::scheduler::fixture::{node, pod};

    #[test]
    fn every_short_resource_is_told_and_a_request_beyond_the_node_is_hopeless() {
        let mut info = node("n", "2", "4Gi").info();
        info.add_pod(pod("a").requests("1500m", "3Gi").info());
        let verdict = |cpu: &str, memory: &str| {
            NodeResourcesFit::default().filter(&CycleState::default(), &pod("b").requests(cpu, memory).info(), &info)
        };
        assert_eq!(verdict("500m", "1Gi"), Ok(()));
        let both = verdict("501m", "2Gi").unwrap_err();
        assert_eq!(
            (both.code, both.message().as_str()),
            (Code::Unschedulable, "Insufficient cpu, Insufficient memory")
        );
        assert_eq!(verdict("3", "0").unwrap_err().code, Code::UnschedulableAndUnresolvable);
    }

    #[test]
    fn the_number_of_pods_is_limited_too() {
        let mut info = node("n", "2", "4Gi").pods(1).info();
        info.add_pod(pod("a").info());
        let no = NodeResourcesFit::default().filter(&CycleState::default(), &pod("b").info(), &info).unwrap_err();
        assert_eq!(no, Rejection::unschedulable(TOO_MANY_PODS));
    }

    /// The vectors of the control-plane reference, §8.
    #[test]
    fn least_allocated_follows_the_worked_vectors() {
        let score = |cpu: &str, memory: &str| {
            let mut info = node("n", "4", "16Gi").info();
            if cpu != "0" {
                info.add_pod(pod("a").requests(cpu, memory).info());
            }
            NodeResourcesFit::default().score(&CycleState::default(), &pod("b").requests("500m", "1Gi").info(), &info)
        };
        assert_eq!([score("0", "0"), score("2", "4Gi"), score("1", "12Gi")], [90, 52, 40]);
    }
}
