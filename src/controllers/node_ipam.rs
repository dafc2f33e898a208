//! The node IPAM controller: every node gets a range of Pod addresses.
//!
//! Models `pkg/controller/nodeipam/ipam/range_allocator.go` and `cidrset/cidr_set.go`, for one IPv4 range.

use std::collections::{BTreeMap, BTreeSet};
use std::net::Ipv4Addr;
use std::sync::Arc;

use serde_json::json;

use crate::client::{
    Body, Caches, Call, Controller, Ctx, Delta, Enqueue, EventType, Outcome, PatchType, Plan, Reason, Recorder, Verb,
    Verdict,
};
use crate::model::core::Node;
use crate::model::{Kind, Meta, Object, ObjectKey};

use super::options::Options;

/// The controller.
#[derive(Clone, Debug)]
pub struct NodeIpamController {
    ranges: Ranges,
    /// Ranges given to nodes whose patch is under way.
    given: BTreeMap<Arc<str>, u32>,
}

impl NodeIpamController {
    /// Gives out the ranges that `options` name.
    #[must_use]
    pub fn new(options: &Options) -> Self {
        Self { ranges: Ranges::new(options.cluster_cidr, options.node_mask), given: BTreeMap::new() }
    }
}

/// The ranges of equal size in the cluster's range, and which are taken.
#[derive(Clone, Debug)]
pub struct Ranges {
    base: u32,
    mask: u8,
    count: u32,
    taken: BTreeSet<u32>,
    next: u32,
}

impl Ranges {
    /// The ranges of prefix length `mask` in `cluster`.
    #[must_use]
    pub fn new(cluster: (Ipv4Addr, u8), mask: u8) -> Self {
        let bits = u32::from(mask.saturating_sub(cluster.1)).min(31);
        Self { base: cluster.0.to_bits(), mask: mask.clamp(1, 32), count: 1 << bits, taken: BTreeSet::new(), next: 0 }
    }

    /// Takes the next free range; `None` when all are taken.
    pub fn take(&mut self) -> Option<u32> {
        let candidates = (0..self.count).map(|step| (self.next + step) % self.count);
        let free = candidates.into_iter().find(|index| !self.taken.contains(index))?;
        self.taken.insert(free);
        self.next = (free + 1) % self.count;
        Some(free)
    }

    /// A range is in use: it was given out before this process began.
    pub fn occupy(&mut self, cidr: &str) {
        self.taken.extend(self.index(cidr));
    }

    /// A range is free again.
    pub fn release(&mut self, cidr: &str) {
        if let Some(index) = self.index(cidr) {
            self.taken.remove(&index);
        }
    }

    /// `10.244.3.0/24`.
    #[must_use]
    pub fn cidr(&self, index: u32) -> String {
        format!("{}/{}", Ipv4Addr::from_bits(self.base + (index << (32 - self.mask))), self.mask)
    }

    fn index(&self, cidr: &str) -> Option<u32> {
        let (address, _) = cidr.split_once('/')?;
        let offset = address.parse::<Ipv4Addr>().ok()?.to_bits().checked_sub(self.base)?;
        Some(offset >> (32 - self.mask)).filter(|index| *index < self.count)
    }
}

fn range_of(node: &Node) -> Option<&str> {
    node.spec.as_ref()?.pod_cidr.as_deref().filter(|cidr| !cidr.is_empty())
}

impl Controller for NodeIpamController {
    fn name(&self) -> &'static str {
        "node-ipam-controller"
    }

    fn account(&self) -> &'static str {
        "node-controller"
    }

    fn event_source(&self) -> &'static str {
        "cidrAllocator"
    }

    fn watches(&self) -> &'static [Kind] {
        &[Kind::Node]
    }

    fn on_change(&mut self, delta: &Delta, _: &Caches, enqueue: &mut Enqueue) {
        if let Some(gone) = delta.old.as_ref().filter(|_| delta.is_removal()).and_then(|old| old.get::<Node>()) {
            if let Some(cidr) = range_of(gone) {
                self.ranges.release(cidr);
            }
            return;
        }
        let Some(node) = delta.new.as_ref().and_then(|new| new.get::<Node>()) else { return };
        match range_of(node) {
            Some(cidr) => self.ranges.occupy(cidr),
            None if !node.metadata.is_terminating() => enqueue.add(delta.object().key()),
            None => {}
        }
    }

    fn reconcile(&mut self, key: &ObjectKey, caches: &Caches, recorder: &mut Recorder, ctx: &mut Ctx<'_>) -> Plan {
        let node = caches.get::<Node>("", &key.name).filter(|node| range_of(node).is_none());
        let Some(node) = node else { return Plan::none() };
        if self.given.contains_key(&key.name) {
            return Plan::none();
        }
        let Some(index) = self.ranges.take() else {
            let text = format!("Node {} status is now: CIDRNotAvailable", key.name);
            recorder.event(ctx, &Object::from(Arc::clone(node)), EventType::Normal, "CIDRNotAvailable", text);
            return Plan::failed();
        };
        self.given.insert(Arc::clone(&key.name), index);
        let cidr = self.ranges.cidr(index);
        let body = Body::Patch(PatchType::Strategic, json!({"spec": {"podCIDR": cidr, "podCIDRs": [cidr]}}));
        Plan::call(ctx.request(Verb::Patch, Kind::Node, "").named(key.name.clone()).body(body))
    }

    fn on_outcome(
        &mut self,
        key: &ObjectKey,
        _: &Call,
        outcome: &Outcome,
        _: &mut Recorder,
        _: &mut Ctx<'_>,
    ) -> Verdict {
        let given = self.given.remove(&key.name);
        let Err(status) = outcome else { return Verdict::Continue };
        if let Some(index) = given {
            let cidr = self.ranges.cidr(index);
            self.ranges.release(&cidr);
        }
        if status.is(Reason::NotFound) { Verdict::Drop } else { Verdict::Retry }
    }

    fn workers(&self) -> usize {
        30
    }

    fn clone_box(&self) -> Box<dyn Controller> {
        Box::new(self.clone())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn ranges_are_given_out_in_turn_and_come_back() {
        let mut ranges = Ranges::new((Ipv4Addr::new(10, 244, 0, 0), 22), 24);
        ranges.occupy("10.244.1.0/24");
        let taken: Vec<_> = std::iter::from_fn(|| ranges.take()).map(ranges_cidr).collect();
        assert_eq!(taken, ["10.244.0.0/24", "10.244.2.0/24", "10.244.3.0/24"]);
        ranges.release("10.244.2.0/24");
        assert_eq!(ranges.take(), Some(2));
    }

    fn ranges_cidr(index: u32) -> String {
        Ranges::new((Ipv4Addr::new(10, 244, 0, 0), 22), 24).cidr(index)
    }
}
