//! Which images are on which nodes, as the nodes' status tells.
//!
//! Models `pkg/scheduler/backend/cache/cache.go`, `addNodeImageStates`.

use std::collections::BTreeMap;
use std::sync::Arc;

use crate::model::core::Node;

/// The images of all nodes, by name.
#[derive(Clone, Debug, Default)]
pub struct Images(BTreeMap<Arc<str>, Image>);

/// One image.
#[derive(Clone, Debug, Default)]
pub struct Image {
    /// Its size in bytes, as the first node told.
    pub size: i64,
    /// On how many nodes it is.
    pub nodes: usize,
    on: Vec<u64>,
}

impl Image {
    /// Whether the node of that number has it.
    #[must_use]
    pub fn is_on(&self, slot: usize) -> bool {
        self.on.get(slot / 64).is_some_and(|word| word >> (slot % 64) & 1 == 1)
    }
}

impl Images {
    /// The image of that name, if any node has it.
    #[must_use]
    pub fn get(&self, name: &str) -> Option<&Image> {
        self.0.get(name)
    }

    /// A node has these images now and had those.
    pub(super) fn change(&mut self, slot: usize, had: &[(Arc<str>, i64)], has: &[(Arc<str>, i64)]) {
        for (name, _) in had {
            let Some(image) = self.0.get_mut(name) else { continue };
            if image.is_on(slot) {
                image.on[slot / 64] &= !(1 << (slot % 64));
                image.nodes -= 1;
            }
            if image.nodes == 0 {
                self.0.remove(name);
            }
        }
        for (name, size) in has {
            let image = self.0.entry(Arc::clone(name)).or_insert_with(|| Image { size: *size, ..Image::default() });
            if image.on.len() <= slot / 64 {
                image.on.resize(slot / 64 + 1, 0);
            }
            if !image.is_on(slot) {
                image.on[slot / 64] |= 1 << (slot % 64);
                image.nodes += 1;
            }
        }
    }

    /// The name by which images are known, for one that a node lists.
    pub(super) fn names_of(&self, node: &Node) -> Vec<(Arc<str>, i64)> {
        let listed = node.status.as_ref().and_then(|status| status.images.as_ref()).into_iter().flatten();
        let named = listed.flat_map(|image| {
            image.names.iter().flatten().map(|name| (name.as_str(), image.size_bytes.unwrap_or_default()))
        });
        let known = |name: &str| self.0.get_key_value(name).map_or_else(|| name.into(), |(known, _)| Arc::clone(known));
        named.map(|(name, size)| (known(name), size)).collect()
    }
}
