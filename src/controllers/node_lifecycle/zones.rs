//! Zones: how fast nodes may be tainted for eviction depends on how many nodes around them are lost too.
//!
//! Models `pkg/controller/nodelifecycle/node_lifecycle_controller.go`, `handleDisruption`, and `scheduler/rate_limited_queue.go`.

use std::collections::{BTreeMap, VecDeque};
use std::sync::Arc;

use crate::engine::{SimDuration, SimTime};
use crate::model::Meta;
use crate::model::core::Node;

/// One node in so long: `--node-eviction-rate` 0.1 a second.
const NORMAL: SimDuration = SimDuration::from_secs(10);
/// `--secondary-node-eviction-rate`, 0.01 a second, in a large zone of which much is lost.
const SECONDARY: SimDuration = SimDuration::from_secs(100);
/// `--large-cluster-size-threshold`.
const LARGE: usize = 50;
/// `--unhealthy-zone-threshold`, in hundredths.
const UNHEALTHY_PERCENT: usize = 55;

/// How a zone stands.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum ZoneState {
    /// Not judged yet.
    #[default]
    Initial,
    /// Few nodes are lost.
    Normal,
    /// Many are.
    PartialDisruption,
    /// All are.
    FullDisruption,
}

impl ZoneState {
    /// The state of a zone with so many nodes ready and not ready.
    #[must_use]
    pub fn of(ready: usize, not_ready: usize) -> Self {
        match (ready, not_ready) {
            (0, 1..) => Self::FullDisruption,
            _ if not_ready > 2 && not_ready * 100 >= UNHEALTHY_PERCENT * (ready + not_ready) => Self::PartialDisruption,
            _ => Self::Normal,
        }
    }
}

/// A zone with the nodes that wait for their taint.
#[derive(Clone, Debug)]
pub struct Zone {
    /// How it stands.
    pub state: ZoneState,
    /// One node in so long; `None`: none at all.
    pace: Option<SimDuration>,
    next_at: SimTime,
    waiting: VecDeque<Arc<str>>,
}

impl Default for Zone {
    fn default() -> Self {
        Self { state: ZoneState::Initial, pace: Some(NORMAL), next_at: SimTime::ZERO, waiting: VecDeque::new() }
    }
}

/// Whether a node may be tainted.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Turn {
    /// Now.
    Now,
    /// After this time, as things stand.
    After(SimDuration),
    /// Not as things stand.
    Never,
}

impl Zone {
    /// A node queues up for its taint.
    pub fn wait(&mut self, node: &str) {
        if !self.waiting.iter().any(|one| **one == *node) {
            self.waiting.push_back(node.into());
        }
    }

    /// A node waits no longer.
    pub fn leave(&mut self, node: &str) {
        self.waiting.retain(|one| **one != *node);
    }

    /// The nodes that wait, the next first.
    pub fn waiting(&self) -> impl Iterator<Item = &Arc<str>> {
        self.waiting.iter()
    }

    /// Whether it is the turn of `node`; if so it leaves the queue.
    pub fn turn(&mut self, node: &str, now: SimTime) -> Option<Turn> {
        let place = self.waiting.iter().position(|one| **one == *node)? as u64;
        let Some(pace) = self.pace else { return Some(Turn::Never) };
        if place == 0 && now >= self.next_at {
            self.next_at = now + pace;
            self.waiting.pop_front();
            return Some(Turn::Now);
        }
        Some(Turn::After(self.next_at.since(now) + pace * place))
    }

    fn set_pace(&mut self, pace: Option<SimDuration>, now: SimTime) {
        if self.pace == pace {
            return;
        }
        // A token that was used up stays used up.
        let spent = self.pace.is_none() || now < self.next_at;
        self.pace = pace;
        self.next_at = match pace {
            Some(pace) if spent => now + pace,
            _ => now,
        };
    }

    fn enter(&mut self, state: ZoneState, size: usize, now: SimTime) {
        self.state = state;
        let pace = match state {
            ZoneState::PartialDisruption if size > LARGE => Some(SECONDARY),
            ZoneState::PartialDisruption => None,
            _ => Some(NORMAL),
        };
        self.set_pace(pace, now);
    }
}

/// What a look at all zones brings about.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Disruption {
    /// Nothing beyond the zones themselves.
    None,
    /// All nodes are lost: no node keeps its evicting taint, none gets one.
    Begins,
    /// Some node is back: all get a new grace period.
    Ends,
}

/// Judges all zones from the numbers of nodes ready and not ready in each.
pub fn judge(
    zones: &mut BTreeMap<String, Zone>,
    counts: &BTreeMap<String, (usize, usize)>,
    now: SimTime,
) -> Disruption {
    zones.retain(|name, _| counts.contains_key(name));
    for name in counts.keys() {
        zones.entry(name.clone()).or_default();
    }
    let all_were = zones.values().all(|zone| zone.state == ZoneState::FullDisruption);
    let state = |name: &String| counts.get(name).map_or(ZoneState::Normal, |(ready, not)| ZoneState::of(*ready, *not));
    let all_are = zones.keys().all(|name| state(name) == ZoneState::FullDisruption);
    if all_are && all_were {
        return Disruption::None;
    }
    if all_are {
        for zone in zones.values_mut() {
            zone.state = ZoneState::FullDisruption;
            zone.set_pace(None, now);
        }
        return Disruption::Begins;
    }
    for (name, zone) in zones.iter_mut() {
        let size = counts.get(name).map_or(0, |(ready, not_ready)| ready + not_ready);
        if all_were || zone.state != state(name) {
            zone.enter(state(name), size, now);
        }
    }
    if all_were { Disruption::Ends } else { Disruption::None }
}

/// The zone of a node: region and zone. Source: `component-helpers/node/topology`, `GetZoneKey`.
#[must_use]
pub fn zone_of(node: &Node) -> String {
    let label = |key: &str| node.metadata.label(key).unwrap_or_default();
    let (region, zone) = (label("topology.kubernetes.io/region"), label("topology.kubernetes.io/zone"));
    if region.is_empty() && zone.is_empty() { String::new() } else { format!("{region}:{zone}") }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn zones(counts: &[(&str, usize, usize)]) -> BTreeMap<String, (usize, usize)> {
        counts.iter().map(|(name, ready, not)| ((*name).to_owned(), (*ready, *not))).collect()
    }

    #[test]
    fn a_zone_is_judged_by_its_lost_nodes() {
        assert_eq!(ZoneState::of(3, 0), ZoneState::Normal);
        assert_eq!(ZoneState::of(0, 1), ZoneState::FullDisruption);
        assert_eq!(ZoneState::of(1, 2), ZoneState::Normal);
        assert_eq!(ZoneState::of(2, 3), ZoneState::PartialDisruption);
        assert_eq!(ZoneState::of(5, 5), ZoneState::Normal);
        assert_eq!(ZoneState::of(9, 11), ZoneState::PartialDisruption);
    }

    #[test]
    fn one_node_at_once_then_one_every_ten_seconds() {
        let at = SimTime::from_secs;
        let mut zone = Zone::default();
        zone.wait("a");
        zone.wait("b");
        zone.wait("a");
        assert_eq!(zone.turn("b", at(100)), Some(Turn::After(SimDuration::from_secs(10))));
        assert_eq!(zone.turn("a", at(100)), Some(Turn::Now));
        assert_eq!(zone.turn("a", at(100)), None);
        assert_eq!(zone.turn("b", at(103)), Some(Turn::After(SimDuration::from_secs(7))));
        assert_eq!(zone.turn("b", at(110)), Some(Turn::Now));
    }

    #[test]
    fn a_small_zone_that_lost_much_evicts_nothing_and_a_large_one_slowly() {
        let mut known = BTreeMap::new();
        assert_eq!(judge(&mut known, &zones(&[("a", 2, 3), ("b", 40, 60)]), SimTime::ZERO), Disruption::None);
        assert_eq!(known["a"].pace, None);
        assert_eq!(known["b"].pace, Some(SECONDARY));
    }

    #[test]
    fn when_all_is_lost_the_fault_is_probably_here() {
        let mut known = BTreeMap::new();
        judge(&mut known, &zones(&[("a", 3, 0)]), SimTime::ZERO);
        assert_eq!(judge(&mut known, &zones(&[("a", 0, 3)]), SimTime::ZERO), Disruption::Begins);
        assert_eq!(known["a"].pace, None);
        assert_eq!(judge(&mut known, &zones(&[("a", 0, 3)]), SimTime::ZERO), Disruption::None);
        assert_eq!(judge(&mut known, &zones(&[("a", 1, 2)]), SimTime::ZERO), Disruption::Ends);
        assert_eq!(known["a"].pace, Some(NORMAL));
    }
}
