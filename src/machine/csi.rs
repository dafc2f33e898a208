//! The volume socket: what the kubelet asks of the volume plugins of its node, as a trait, so that neither side names the other.
//!
//! Stands for what `pkg/volume/plugins.go` and the CSI node service are to the kubelet.

use std::sync::Arc;

use crate::engine::SimTime;
use crate::model::core::{Node, Volume};
use crate::model::{Kind, Object, Pod};

use super::cri::{MountSource, VolumeHandle};
use super::runtime::Machine;

/// What is known of an object.
#[derive(Clone, Debug)]
pub enum Lookup {
    /// Nothing yet: the answer is under way, and whoever asked is asked again when it is there.
    Unknown,
    /// It does not exist.
    Missing,
    /// It does.
    Found(Object),
}

/// Where volume plugins find the objects that a volume names.
pub trait VolumeObjects {
    /// What is known of an object.
    fn lookup(&mut self, kind: Kind, namespace: &str, name: &str) -> Lookup;
}

/// A volume that a Pod needs on a node.
pub struct VolumeRequest<'a> {
    /// The present instant.
    pub now: SimTime,
    /// The Pod.
    pub pod: &'a Pod,
    /// The volume, as the Pod's spec names it.
    pub volume: &'a Volume,
    /// The Node as last seen; `None` before it was registered.
    pub node: Option<&'a Node>,
}

/// A volume that containers can mount.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Mounted {
    /// What containers mount.
    pub source: MountSource,
    /// Whether nobody may write to it.
    pub read_only: bool,
    /// Whether its files follow the objects behind it.
    pub is_live: bool,
    /// Under which name the node tells that it uses the disk, for volumes that are attached.
    pub device: Option<Arc<str>>,
    /// What must be given back when the Pod is gone.
    pub claim: Claim,
}

/// What becomes of a volume after its Pod.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Claim {
    /// Nothing is to be done.
    Nothing,
    /// It belongs to the Pod and goes with it.
    Pod(VolumeHandle),
    /// It is a disk of the cluster, used by this volume of this Pod: its contents go back to where they live.
    Disk(VolumeHandle, Arc<str>),
}

/// Why a volume is not there yet.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum VolumeError {
    /// An object is being read, or the disk is being attached: nothing is wrong yet.
    Wait,
    /// The volume cannot be understood: `error processing PVC default/data: PVC is not bound`.
    Process(String),
    /// An operation failed: `MountVolume.SetUp`, `MountVolume.MountDevice`…, the name of what failed, and the error.
    Operation(&'static str, String, String),
    /// podlab does not model this type of volume.
    NotModelled(String),
}

/// The volume plugins of all nodes, with the disks of the cluster behind them.
pub trait VolumePlugins {
    /// Sets a volume up on a machine.
    ///
    /// # Errors
    /// Why it is not there yet.
    fn set_up(
        &mut self,
        request: &VolumeRequest<'_>,
        objects: &mut dyn VolumeObjects,
        machine: &mut Machine,
    ) -> Result<Mounted, VolumeError>;

    /// Brings the files of a live volume up to date.
    fn refresh(&mut self, request: &VolumeRequest<'_>, objects: &mut dyn VolumeObjects, machine: &mut Machine);

    /// Makes a copy of one file or folder of a live volume: a container that mounts it by `subPath` does not see changes.
    /// Returns whether there is such a file.
    fn freeze(&mut self, mounted: &Mounted, path: &str, copy: &VolumeHandle, machine: &mut Machine) -> bool;

    /// Takes a volume off a machine, after its Pod.
    fn tear_down(&mut self, mounted: &Mounted, machine: &mut Machine);

    /// What a machine wrote to disks of the cluster goes there, and what others wrote to shared ones comes to it.
    fn exchange(&mut self, machine: &mut Machine);
}
