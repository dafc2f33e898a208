//! What the scheduler believes of the cluster: nodes with their Pods, nominated Pods, volumes. Filters and scores look at
//! this and at nothing else; a counterfactual is the same question put to a changed copy.
//!
//! Models `pkg/scheduler/backend/cache/{cache,node_tree,snapshot}.go`.
//!
//! Nodes are shared by reference count, so that a copy of five thousand nodes copies pointers.

use std::collections::BTreeMap;
use std::sync::Arc;

use crate::model::core::Node;
use crate::model::{Meta, Resource, Resources};

use super::node_info::NodeInfo;
use super::pod_info::PodInfo;
use super::volumes::Volumes;

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
    generation: u64,
    nominated: BTreeMap<Arc<str>, Vec<Arc<PodInfo>>>,
    /// How many Pods want to be away from others.
    anti_affine: usize,
    /// Claims, volumes and classes.
    pub volumes: Volumes,
}

#[derive(Clone, Debug)]
struct Slot {
    info: Arc<NodeInfo>,
    /// Raised with every change of the node, so that what was worked out before can be told from what still holds.
    generation: u64,
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

    /// The node at a place in the order of search, as a number that it keeps, and the number of its last change.
    #[must_use]
    pub fn version_at(&self, index: usize) -> (usize, u64) {
        let slot = self.order[index];
        (slot, self.slots[slot].generation)
    }

    /// One more than the greatest number that a node has.
    #[must_use]
    pub fn slots(&self) -> usize {
        self.slots.len()
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
        let info = self.change(slot);
        let is_new = info.node.is_none();
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
    }

    /// A node is gone; what is known of its Pods stays until they go too.
    pub fn remove_node(&mut self, name: &str) {
        let Some(&slot) = self.by_name.get(name) else { return };
        let info = self.change(slot);
        info.node = None;
        info.allocatable = Resources::default();
        self.is_order_stale = true;
        self.refresh();
        self.vacate(slot);
    }

    /// A Pod is on a node, or will be.
    pub fn add_pod(&mut self, node: &str, pod: Arc<PodInfo>) {
        let slot = self.slot(node);
        self.anti_affine += usize::from(pod.has_anti_affinity);
        self.change(slot).add_pod(pod);
    }

    /// A Pod is on a node no longer.
    pub fn remove_pod(&mut self, node: &str, uid: &str) -> Option<Arc<PodInfo>> {
        let slot = *self.by_name.get(node)?;
        let removed = self.change(slot).remove_pod(uid);
        self.anti_affine -= usize::from(removed.as_ref().is_some_and(|pod| pod.has_anti_affinity));
        self.vacate(slot);
        removed
    }

    /// A Pod of a node has changed.
    pub fn replace_pod(&mut self, node: &str, before: &Arc<PodInfo>, pod: Arc<PodInfo>) {
        let slot = self.slot(node);
        self.anti_affine += usize::from(pod.has_anti_affinity);
        self.anti_affine -= usize::from(before.has_anti_affinity);
        self.change(slot).replace_pod(before, pod);
    }

    /// Changes a node in a copy of the snapshot, as a counterfactual does.
    pub fn alter(&mut self, node: &str, change: impl FnOnce(&mut NodeInfo)) {
        if let Some(&slot) = self.by_name.get(node) {
            change(self.change(slot));
        }
    }

    /// Whether any Pod wants to be away from others.
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
    }

    /// The Pods for which room is being made on a node.
    #[must_use]
    pub fn nominated_on(&self, node: &str) -> &[Arc<PodInfo>] {
        self.nominated.get(node).map_or(&[], Vec::as_slice)
    }

    /// Whether room is being made for any Pod.
    #[must_use]
    pub fn has_nominated(&self) -> bool {
        !self.nominated.is_empty()
    }

    /// Room is being made for a Pod on a node; one made elsewhere is forgotten.
    pub fn nominate(&mut self, node: &str, pod: Arc<PodInfo>) {
        self.withdraw(&pod.uid);
        if !node.is_empty() {
            self.nominated.entry(node.into()).or_default().push(pod);
        }
    }

    /// No room is being made for a Pod any longer; returns whether any was.
    pub fn withdraw(&mut self, uid: &str) -> bool {
        let Some(node) = self.nomination_of(uid) else { return false };
        if let Some(pods) = self.nominated.get_mut(&node) {
            pods.retain(|pod| &*pod.uid != uid);
            if pods.is_empty() {
                self.nominated.remove(&node);
            }
        }
        true
    }

    /// The node on which room is being made for a Pod.
    #[must_use]
    pub fn nomination_of(&self, uid: &str) -> Option<Arc<str>> {
        let holds = |pods: &&Vec<Arc<PodInfo>>| pods.iter().any(|pod| &*pod.uid == uid);
        self.nominated.iter().find(|(_, pods)| holds(pods)).map(|(node, _)| Arc::clone(node))
    }

    fn slot(&mut self, name: &str) -> usize {
        if let Some(slot) = self.by_name.get(name) {
            return *slot;
        }
        let name: Arc<str> = name.into();
        let info = Arc::new(NodeInfo::new(Arc::clone(&name)));
        let fresh = Slot { info, generation: 0, zone: String::new(), sequence: 0, place: 0 };
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

    fn change(&mut self, slot: usize) -> &mut NodeInfo {
        self.generation += 1;
        self.slots[slot].generation = self.generation;
        Arc::make_mut(&mut self.slots[slot].info)
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
