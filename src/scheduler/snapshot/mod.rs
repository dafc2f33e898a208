//! What the scheduler believes of the cluster: nodes with their Pods, nominated Pods, volumes. Filters and scores look at
//! this and at nothing else; a counterfactual is the same question put to a changed copy.
//!
//! Models `pkg/scheduler/backend/cache/{cache,node_tree,snapshot}.go`.
//!
//! Nodes are shared by reference count, so that a copy of five thousand nodes copies pointers.

//!
//! Reading order: this file, [`changes`], [`images`], `nominations`.

pub mod changes;
pub mod images;
mod nominations;

use std::collections::BTreeMap;
use std::sync::Arc;

use crate::model::core::Node;
use crate::model::{Meta, Resource, Resources};

use super::budgets::Budgets;
use super::namespaces::Namespaces;
use super::node_info::{NodeInfo, NodeUse};
use super::pod_info::PodInfo;
use super::volumes::Volumes;
use super::workloads::Workloads;

pub use changes::{Change, Changes};
pub use images::Images;

use nominations::Nominations;

/// The nodes, their Pods, and the volumes.
#[derive(Clone, Debug, Default)]
pub struct Snapshot {
    slots: Vec<Slot>,
    by_name: BTreeMap<Arc<str>, usize>,
    vacant: Vec<usize>,
    /// Slots of the nodes that exist, in the order in which they are searched.
    order: Vec<usize>,
    /// Their names, in the same order.
    names: Arc<[Arc<str>]>,
    is_order_stale: bool,
    next_sequence: u64,
    order_epoch: u64,
    topology_epoch: u64,
    nominated: Nominations,
    changes: Changes,
    /// How many Pods have terms of affinity.
    affine: usize,
    /// How many Pods insist on being away from others.
    anti_affine: usize,
    /// The images on nodes.
    pub images: Images,
    /// Claims, volumes and classes.
    pub volumes: Volumes,
    /// The labels of namespaces.
    pub namespaces: Namespaces,
    /// Whose Pods belong together.
    pub workloads: Workloads,
    /// PodDisruptionBudgets.
    pub budgets: Budgets,
}

#[derive(Clone, Debug)]
struct Slot {
    info: Arc<NodeInfo>,
    zone: String,
    /// When the node was added, as a running number.
    sequence: u64,
    /// Its place in the order of search.
    place: usize,
}

impl Snapshot {
    /// The nodes that exist, in the order in which they are searched.
    pub fn nodes(&self) -> impl ExactSizeIterator<Item = &Arc<NodeInfo>> {
        self.order.iter().map(|slot| &self.slots[*slot].info)
    }

    /// How many nodes exist.
    #[must_use]
    pub fn len(&self) -> usize {
        self.order.len()
    }

    /// Whether no node exists.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.order.is_empty()
    }

    /// The node at a place in the order of search.
    #[must_use]
    pub fn at(&self, index: usize) -> &Arc<NodeInfo> {
        &self.slots[self.order[index]].info
    }

    /// The number, which it keeps, of the node at a place in the order of search.
    #[must_use]
    pub fn slot_at(&self, index: usize) -> usize {
        self.order[index]
    }

    /// The place in the order of search of the node with that number.
    #[must_use]
    pub fn place_of(&self, slot: usize) -> Option<usize> {
        let slot = self.slots.get(slot)?;
        slot.info.node.is_some().then_some(slot.place)
    }

    /// What has changed lately.
    #[must_use]
    pub fn changes(&self) -> &Changes {
        &self.changes
    }

    /// Raised when nodes come, go or change places.
    #[must_use]
    pub fn order_epoch(&self) -> u64 {
        self.order_epoch
    }

    /// Raised when the places, labels or taints of nodes change.
    #[must_use]
    pub fn topology_epoch(&self) -> u64 {
        self.topology_epoch
    }

    /// The node of that name, if it exists.
    #[must_use]
    pub fn node(&self, name: &str) -> Option<&Arc<NodeInfo>> {
        self.by_name.get(name).map(|slot| &self.slots[*slot].info).filter(|info| info.node.is_some())
    }

    /// The place of a node in the order of search.
    #[must_use]
    pub fn index_of(&self, name: &str) -> Option<usize> {
        let slot = &self.slots[*self.by_name.get(name)?];
        slot.info.node.is_some().then_some(slot.place)
    }

    /// The names of the nodes, in the order of search.
    #[must_use]
    pub fn names(&self) -> &Arc<[Arc<str>]> {
        &self.names
    }

    /// Takes in a new or changed node.
    pub fn set_node(&mut self, node: Arc<Node>) {
        let slot = self.slot(node.meta().name());
        let has = self.images.names_of(&node);
        let info = Arc::make_mut(&mut self.slots[slot].info);
        let had = std::mem::replace(&mut info.images, has);
        self.images.change(slot, &had, &info.images);
        let is_new = info.node.is_none();
        let is_moved = info.node.as_ref().is_none_or(|old| {
            old.metadata.labels != node.metadata.labels
                || old.spec.as_ref().map(|spec| (&spec.taints, spec.unschedulable))
                    != node.spec.as_ref().map(|spec| (&spec.taints, spec.unschedulable))
        });
        info.set_node(node);
        let zone = info.zone();
        if is_new {
            self.next_sequence += 1;
            self.slots[slot].sequence = self.next_sequence;
        }
        if is_new || self.slots[slot].zone != zone {
            self.slots[slot].zone = zone;
            self.is_order_stale = true;
        }
        self.topology_epoch += u64::from(is_moved);
        self.note(slot, Change::Node);
    }

    /// Takes in what nodes use; a node that is not among them is unmeasured.
    pub fn set_use(&mut self, used: &BTreeMap<String, NodeUse>) {
        for slot in 0..self.slots.len() {
            let info = &self.slots[slot].info;
            let now = used.get(&*info.name).copied();
            if info.node.is_some() && info.used != now {
                Arc::make_mut(&mut self.slots[slot].info).used = now;
                self.note(slot, Change::Node);
            }
        }
    }

    /// A node is gone; what is known of its Pods stays until they go too.
    pub fn remove_node(&mut self, name: &str) {
        let Some(&slot) = self.by_name.get(name) else { return };
        let info = Arc::make_mut(&mut self.slots[slot].info);
        info.node = None;
        info.allocatable = Resources::default();
        let had = std::mem::take(&mut info.images);
        self.images.change(slot, &had, &[]);
        self.topology_epoch += 1;
        self.is_order_stale = true;
        self.refresh();
        self.vacate(slot);
    }

    /// A Pod is on a node, or will be.
    pub fn add_pod(&mut self, node: &str, pod: Arc<PodInfo>) {
        let slot = self.slot(node);
        self.count_terms(&pod, 1);
        Arc::make_mut(&mut self.slots[slot].info).add_pod(Arc::clone(&pod));
        self.note(slot, Change::Added(pod));
    }

    /// A Pod is on a node no longer.
    pub fn remove_pod(&mut self, node: &str, uid: &str) -> Option<Arc<PodInfo>> {
        let slot = *self.by_name.get(node)?;
        let removed = Arc::make_mut(&mut self.slots[slot].info).remove_pod(uid);
        if let Some(pod) = &removed {
            self.count_terms(pod, -1);
            self.note(slot, Change::Removed(Arc::clone(pod)));
        }
        self.vacate(slot);
        removed
    }

    /// A Pod of a node has changed.
    pub fn replace_pod(&mut self, node: &str, before: &Arc<PodInfo>, pod: Arc<PodInfo>) {
        let slot = self.slot(node);
        self.count_terms(before, -1);
        self.count_terms(&pod, 1);
        Arc::make_mut(&mut self.slots[slot].info).replace_pod(before, Arc::clone(&pod));
        let is_same = Arc::ptr_eq(&before.demand, &pod.demand)
            && before.pod.metadata.is_terminating() == pod.pod.metadata.is_terminating()
            && before.pod.status.start_time == pod.pod.status.start_time
            && before.pod.status.conditions == pod.pod.status.conditions;
        if !is_same {
            self.note(slot, Change::Removed(Arc::clone(before)));
            self.note(slot, Change::Added(pod));
        }
    }

    /// Changes a node in a copy of the snapshot, as a counterfactual does.
    pub fn alter(&mut self, node: &str, change: impl FnOnce(&mut NodeInfo)) {
        if let Some(&slot) = self.by_name.get(node) {
            change(Arc::make_mut(&mut self.slots[slot].info));
            self.topology_epoch += 1;
            self.note(slot, Change::Node);
        }
    }

    /// Whether any Pod has terms of affinity.
    #[must_use]
    pub fn has_affinity(&self) -> bool {
        self.affine > 0
    }

    /// Whether any Pod insists on being away from others.
    #[must_use]
    pub fn has_anti_affinity(&self) -> bool {
        self.anti_affine > 0
    }

    /// Brings the order of search up to date: zones take turns, nodes of a zone in the order in which they came.
    pub fn refresh(&mut self) {
        if !self.is_order_stale {
            return;
        }
        let mut present: Vec<usize> =
            (0..self.slots.len()).filter(|slot| self.slots[*slot].info.node.is_some()).collect();
        present.sort_by_key(|slot| self.slots[*slot].sequence);
        let mut zones: Vec<Vec<usize>> = Vec::new();
        let mut number_of: BTreeMap<&str, usize> = BTreeMap::new();
        for slot in present {
            let number = *number_of.entry(&self.slots[slot].zone).or_insert(zones.len());
            if number == zones.len() {
                zones.push(Vec::new());
            }
            zones[number].push(slot);
        }
        let longest = zones.iter().map(Vec::len).max().unwrap_or(0);
        self.order =
            (0..longest).flat_map(|turn| zones.iter().filter_map(move |zone| zone.get(turn).copied())).collect();
        for (place, slot) in self.order.iter().enumerate() {
            self.slots[*slot].place = place;
        }
        self.names = self.nodes().map(|node| Arc::clone(&node.name)).collect();
        self.is_order_stale = false;
        self.order_epoch += 1;
        self.topology_epoch += 1;
    }

    /// The Pods for which room is being made on a node.
    #[must_use]
    pub fn nominated_on(&self, node: &str) -> &[Arc<PodInfo>] {
        self.nominated.on(node)
    }

    /// Whether room is being made for any Pod.
    #[must_use]
    pub fn has_nominated(&self) -> bool {
        !self.nominated.is_empty()
    }

    /// Whether room is being made for any other Pod that is at least as important.
    #[must_use]
    pub fn is_outranked(&self, pod: &PodInfo) -> bool {
        self.nominated.pods().any(|other| other.priority() >= pod.priority() && other.uid != pod.uid)
    }

    /// Room is being made for a Pod on a node; one made elsewhere is forgotten.
    pub fn nominate(&mut self, node: &str, pod: Arc<PodInfo>) {
        self.withdraw(&pod.uid);
        if !node.is_empty() {
            self.nominated.add(node.into(), pod);
            self.touch(node);
        }
    }

    /// No room is being made for a Pod any longer; returns whether any was.
    pub fn withdraw(&mut self, uid: &str) -> bool {
        let Some(node) = self.nominated.remove(uid) else { return false };
        self.touch(&node);
        true
    }

    /// The node on which room is being made for a Pod.
    #[must_use]
    pub fn nomination_of(&self, uid: &str) -> Option<Arc<str>> {
        self.nominated.of(uid).cloned()
    }

    fn touch(&mut self, node: &str) {
        if let Some(&slot) = self.by_name.get(node) {
            self.note(slot, Change::Node);
        }
    }

    fn note(&mut self, slot: usize, change: Change) {
        self.changes.push(slot, change, self.slots.len());
    }

    fn count_terms(&mut self, pod: &PodInfo, change: isize) {
        let terms = &pod.demand.terms;
        self.affine = self.affine.saturating_add_signed(if terms.is_empty() { 0 } else { change });
        self.anti_affine = self.anti_affine.saturating_add_signed(if terms.away.is_empty() { 0 } else { change });
    }

    fn slot(&mut self, name: &str) -> usize {
        if let Some(slot) = self.by_name.get(name) {
            return *slot;
        }
        let name: Arc<str> = name.into();
        let info = Arc::new(NodeInfo::new(Arc::clone(&name)));
        let fresh = Slot { info, zone: String::new(), sequence: 0, place: 0 };
        let slot = match self.vacant.pop() {
            Some(slot) => {
                self.slots[slot] = fresh;
                slot
            }
            None => {
                self.slots.push(fresh);
                self.slots.len() - 1
            }
        };
        self.by_name.insert(name, slot);
        slot
    }

    /// Gives a slot back when neither the node nor any Pod needs it.
    fn vacate(&mut self, slot: usize) {
        let info = &self.slots[slot].info;
        if info.node.is_none() && info.pods.is_empty() {
            self.by_name.remove(&info.name);
            self.vacant.push(slot);
        }
    }
}
