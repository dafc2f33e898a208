//! The last two measurements of every node and container: use of the processor is what lies between them.
//!
//! Models `pkg/storage` of metrics-server 0.8 (<https://github.com/kubernetes-sigs/metrics-server>).

use std::collections::BTreeMap;
use std::sync::Arc;

use crate::engine::{SimDuration, SimTime};
use crate::model::metrics::{Measured, Usage};

/// A container that is younger than the resolution is measured from its start, if it is at least this old.
/// Source: `freshContainerMinMetricsResolution`.
const FRESH_MIN: SimDuration = SimDuration::from_secs(10);

/// Namespace and name of a Pod.
pub type PodName = (Arc<str>, Arc<str>);

/// Counters at one instant.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Point {
    /// Since when they count.
    pub started_at: SimTime,
    /// When they were read.
    pub at: SimTime,
    /// Processor time used since the start, in microseconds.
    pub cpu: u64,
    /// Bytes of memory in use.
    pub memory: u64,
}

/// What one round over all kubelets has brought.
#[derive(Clone, Debug, Default)]
pub struct Batch {
    /// By name of the node.
    pub nodes: BTreeMap<Arc<str>, Point>,
    /// By Pod, then by name of the container.
    pub pods: BTreeMap<PodName, BTreeMap<Arc<str>, Point>>,
}

/// The last two rounds.
#[derive(Clone, Debug, Default)]
pub struct Points {
    last: Batch,
    before: Batch,
}

impl Points {
    /// Takes a round in; `resolution` is the time between two.
    pub fn store(&mut self, new: Batch, resolution: SimDuration) {
        let mut before = Batch::default();
        for (name, point) in &new.nodes {
            if let Some(last) = self.last.nodes.get(name).filter(|last| last.at < point.at) {
                before.nodes.insert(Arc::clone(name), *last);
            }
        }
        for (pod, containers) in &new.pods {
            let last = self.last.pods.get(pod);
            let earlier = |(name, point): (&Arc<str>, &Point)| {
                let last = last.and_then(|last| last.get(name));
                Some((Arc::clone(name), earlier(point, last, resolution)?))
            };
            let found: BTreeMap<_, _> = containers.iter().filter_map(earlier).collect();
            if !found.is_empty() {
                before.pods.insert(pod.clone(), found);
            }
        }
        (self.last, self.before) = (new, before);
    }

    /// Whether there is anything that could be told.
    #[must_use]
    pub fn is_ready(&self) -> bool {
        !self.before.nodes.is_empty() || !self.before.pods.is_empty()
    }

    /// What a node uses; `None` before it was measured twice.
    #[must_use]
    pub fn node(&self, name: &str) -> Option<(Measured, Usage)> {
        usage(self.last.nodes.get(name)?, self.before.nodes.get(name)?)
    }

    /// What the containers of a Pod use; `None` before each of them was measured twice.
    #[must_use]
    pub fn pod(&self, pod: &PodName) -> Option<(Measured, BTreeMap<String, Usage>)> {
        let (last, before) = (self.last.pods.get(pod)?, self.before.pods.get(pod)?);
        let mut containers = BTreeMap::new();
        let mut earliest: Option<Measured> = None;
        for (name, point) in last {
            let (measured, usage) = usage(point, before.get(name)?)?;
            containers.insert(name.to_string(), usage);
            earliest = Some(earliest.filter(|first| first.timestamp <= measured.timestamp).unwrap_or(measured));
        }
        Some((earliest?, containers))
    }
}

/// The point from which the use of a container counts.
fn earlier(new: &Point, last: Option<&Point>, resolution: SimDuration) -> Option<Point> {
    let age = new.at.since(new.started_at);
    if new.started_at < new.at && age < resolution && age >= FRESH_MIN {
        return Some(Point { at: new.started_at, cpu: 0, ..*new });
    }
    // A container that was started anew meanwhile has nothing to do with the old one.
    last.filter(|last| new.started_at < last.at && last.at < new.at).copied()
}

fn usage(last: &Point, before: &Point) -> Option<(Measured, Usage)> {
    if last.started_at < before.started_at || last.cpu < before.cpu {
        return None;
    }
    let window = last.at.since(before.at);
    Some((Measured { timestamp: last.at, window }, Usage::of(last.cpu - before.cpu, window, last.memory)))
}

#[cfg(test)]
mod tests {
    use super::*;

    const RESOLUTION: SimDuration = SimDuration::from_secs(15);

    fn round(started: u64, at: u64, cpu: u64) -> Batch {
        let point = Point { started_at: SimTime::from_secs(started), at: SimTime::from_secs(at), cpu, memory: 1 << 20 };
        let pods = [(("a".into(), "web".into()), [("web".into(), point)].into())].into();
        Batch { nodes: [("node-1".into(), Point { started_at: SimTime::ZERO, ..point })].into(), pods }
    }

    fn cpu(points: &Points) -> Option<String> {
        let (_, containers) = points.pod(&("a".into(), "web".into()))?;
        Some(containers["web"].cpu.to_string())
    }

    #[test]
    fn a_pod_has_metrics_after_two_rounds() {
        let mut points = Points::default();
        points.store(round(1, 30, 0), RESOLUTION);
        assert!(!points.is_ready());
        points.store(round(1, 45, 1_500_000), RESOLUTION);
        assert_eq!(cpu(&points).unwrap(), "100m");
        assert_eq!(points.node("node-1").unwrap().0.window, RESOLUTION);
    }

    #[test]
    fn a_young_container_is_measured_from_its_start_and_a_restarted_one_anew() {
        let mut points = Points::default();
        points.store(round(20, 30, 1_000_000), RESOLUTION);
        assert_eq!(cpu(&points).unwrap(), "100m");
        points.store(round(40, 45, 50_000), RESOLUTION);
        assert_eq!(cpu(&points), None);
    }
}
