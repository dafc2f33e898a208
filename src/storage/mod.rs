//! Claims, volumes, classes; provision, attach, mount.
//!
//! What comes in: volumes that Pods need on a node ([`VolumeBackend`], asked by the kubelet through
//! [`VolumePlugins`](crate::machine::VolumePlugins)), and claims and Pods by watch (the two controllers). What goes out: mounts,
//! `PersistentVolume`s, `node.status.volumesAttached`, events.
//!
//! **Invariants.** What lies on one of the [`Disks`] outlives containers, Pods and nodes. A disk that one node may have is
//! attached to one node at a time.
//!
//! **Not modelled.** Block volumes, snapshots, expansion of the file system, iSCSI and fibre channel, file servers that are slow
//! or refuse, supplementary groups.
//!
//! Reading order: [`disks`], [`backend`], [`plugin`], [`driver`], [`provisioner`], [`provisioning`], [`attach_detach`].

pub mod attach_detach;
pub mod backend;
pub mod disks;
pub mod driver;
pub mod plugin;
pub mod provisioner;
pub mod provisioning;

pub use backend::VolumeBackend;
pub use disks::Disks;
pub use provisioner::Provisioner;
