//! How NodeResourcesFit compares nodes that fit: the emptier the better, the fuller the better, or by a curve.
//!
//! Models `pkg/scheduler/framework/plugins/noderesources/{least_allocated,most_allocated,requested_to_capacity_ratio}.go`
//! and `resource_allocation.go`, in whole numbers as upstream.

use crate::scheduler::node_info::NodeInfo;
use crate::scheduler::pod_info::PodInfo;

/// The greatest score of a node. Source: `framework/interface.go`, `MaxNodeScore`.
const MAX_SCORE: i64 = 100;
/// The greatest score of a point of a curve. Source: `apis/config/types.go`, `MaxCustomPriorityScore`.
const MAX_POINT: i64 = 10;

/// What is compared, and how.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ScoringStrategy {
    /// How.
    pub kind: Strategy,
    /// Which resources, with their weights.
    pub resources: Vec<(String, i64)>,
}

/// How full a node should be.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Strategy {
    /// As empty as possible.
    LeastAllocated,
    /// As full as possible.
    MostAllocated,
    /// As a curve says: points of utilisation in percent and score from 0 to 10.
    RequestedToCapacityRatio(Vec<(i64, i64)>),
}

impl Default for ScoringStrategy {
    /// Source: `pkg/scheduler/apis/config/v1/defaults.go`, `SetDefaults_NodeResourcesFitArgs`.
    fn default() -> Self {
        Self { kind: Strategy::LeastAllocated, resources: vec![("cpu".to_owned(), 1), ("memory".to_owned(), 1)] }
    }
}

impl ScoringStrategy {
    /// The score of a node with the Pod on it.
    #[must_use]
    pub fn score(&self, pod: &PodInfo, node: &NodeInfo) -> i64 {
        let (mut sum, mut weights) = (0, 0);
        for (resource, weight) in &self.resources {
            let (capacity, requested) = amounts(resource, pod, node);
            if capacity == 0 {
                continue;
            }
            let score = self.of_resource(requested, capacity);
            if score > 0 || !matches!(self.kind, Strategy::RequestedToCapacityRatio(_)) {
                sum += score * weight;
                weights += weight;
            }
        }
        match self.kind {
            _ if weights == 0 => 0,
            Strategy::RequestedToCapacityRatio(_) => (sum as f64 / weights as f64).round() as i64,
            _ => sum / weights,
        }
    }

    fn of_resource(&self, requested: i64, capacity: i64) -> i64 {
        match &self.kind {
            Strategy::LeastAllocated if requested > capacity => 0,
            Strategy::LeastAllocated => (capacity - requested) * MAX_SCORE / capacity,
            Strategy::MostAllocated => requested.min(capacity) * MAX_SCORE / capacity,
            Strategy::RequestedToCapacityRatio(points) => {
                let used = if requested > capacity { 100 } else { requested * 100 / capacity };
                curve(points, used)
            }
        }
    }
}

/// What a node offers, and what would be requested of it; containers without requests count as small ones. An extended
/// resource that the Pod does not ask for is not compared.
fn amounts(resource: &str, pod: &PodInfo, node: &NodeInfo) -> (i64, i64) {
    let capacity = node.allocatable.amount(resource);
    let (own, wanted) = (&node.non_zero, &pod.demand.non_zero);
    match resource {
        "cpu" => (capacity, own.milli_cpu + wanted.milli_cpu),
        "memory" => (capacity, own.memory + wanted.memory),
        _ => match pod.demand.requests.amount(resource) {
            0 if resource != "ephemeral-storage" => (0, 0),
            amount => (capacity, node.requested.amount(resource) + amount),
        },
    }
}

/// The straight lines through the points. Source: `helper/shape_score.go`, `BuildBrokenLinearFunction`.
fn curve(points: &[(i64, i64)], used: i64) -> i64 {
    let scaled = |score: i64| score * MAX_SCORE / MAX_POINT;
    for (index, &(at, score)) in points.iter().enumerate() {
        if used <= at {
            let Some(&(before, low)) = index.checked_sub(1).map(|index| &points[index]) else { return scaled(score) };
            return scaled(low) + (scaled(score) - scaled(low)) * (used - before) / (at - before);
        }
    }
    points.last().map_or(0, |(_, score)| scaled(*score))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::scheduler::fixture::{node, pod};

    fn score(kind: Strategy, cpu: &str, memory: &str) -> i64 {
        let mut info = node("n", "4", "16Gi").info();
        info.add_pod(pod("a").requests(cpu, memory).info());
        let strategy = ScoringStrategy { kind, ..ScoringStrategy::default() };
        strategy.score(&pod("b").requests("500m", "1Gi").info(), &info)
    }

    #[test]
    fn full_and_empty_are_opposites() {
        assert_eq!(score(Strategy::LeastAllocated, "2", "4Gi"), 52);
        assert_eq!(score(Strategy::MostAllocated, "2", "4Gi"), (62 + 31) / 2);
    }

    #[test]
    fn a_curve_has_its_best_where_it_says() {
        let points = vec![(0, 0), (50, 10), (100, 0)];
        // CPU is 62 % used: 76; memory 31 %: 62.
        assert_eq!(score(Strategy::RequestedToCapacityRatio(points.clone()), "2", "4Gi"), 69);
        // CPU is full, which counts for nothing, not even in the weights; memory 12 %: 24.
        assert_eq!(score(Strategy::RequestedToCapacityRatio(points), "3500m", "1Gi"), 24);
    }
}
