//! Volumes: trees that outlive a container, or a Pod, or the machine.

use std::collections::BTreeMap;

use super::tree::Directory;
use crate::machine::cri::{VolumeHandle, VolumeOptions};

/// A volume that containers of this machine can mount.
#[derive(Clone, Debug, PartialEq)]
pub struct Volume {
    /// What is in it.
    pub directory: Directory,
    /// Its size limit and medium.
    pub options: VolumeOptions,
    /// Bytes in use.
    pub used: u64,
    /// Whether its bytes lie on the machine's own disk.
    pub is_node_local: bool,
}

impl Volume {
    /// A volume with these contents.
    #[must_use]
    pub fn new(directory: Directory, options: VolumeOptions, is_node_local: bool) -> Self {
        let used = directory.size();
        Self { directory, options, used, is_node_local }
    }

    /// Bytes that may still be written, as far as the volume itself is concerned.
    #[must_use]
    pub fn free(&self) -> u64 {
        self.options.size_limit.map_or(u64::MAX, |limit| limit.saturating_sub(self.used))
    }
}

/// The volumes known to a machine.
pub type Volumes = BTreeMap<VolumeHandle, Volume>;
