//! What lies under a kubelet: its computer, and whoever mounts volumes for it.

use crate::machine::{Machine, VolumePlugins};

/// The surroundings of one call to a kubelet, besides the API.
pub struct Host<'a> {
    /// Its computer.
    pub machine: &'a mut Machine,
    /// The volume plugins, with the disks of the cluster behind them.
    pub volumes: &'a mut dyn VolumePlugins,
}
