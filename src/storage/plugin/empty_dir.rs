//! emptyDir: a folder that lives as long as its Pod, on the disk or in memory.
//!
//! Models `pkg/volume/emptydir/empty_dir.go`. The size limit of one on the disk is kept by eviction, not by the file system.

use crate::machine::{Claim, Machine, MountSource, Mounted, VolumeHandle, VolumeOptions, VolumeRequest};
use crate::model::core::EmptyDirVolumeSource;
use crate::model::{Meta, Quantity};

/// The name of a volume that belongs to one Pod.
#[must_use]
pub fn handle(request: &VolumeRequest<'_>) -> VolumeHandle {
    VolumeHandle::new(&format!("{}/{}", request.pod.metadata.uid(), request.volume.name))
}

/// Makes the folder.
pub fn set_up(request: &VolumeRequest<'_>, source: &EmptyDirVolumeSource, machine: &mut Machine) -> Mounted {
    let in_memory = source.medium.as_deref() == Some("Memory");
    let limit = source.size_limit.as_ref().and_then(|limit| Quantity::parse(&limit.0).ok());
    let size_limit = limit.filter(|_| in_memory).map(|limit| limit.value().max(0) as u64).filter(|limit| *limit > 0);
    let handle = handle(request);
    machine.create_volume(handle.clone(), VolumeOptions { size_limit, in_memory });
    let source = MountSource::Volume(handle.clone());
    Mounted { source, read_only: false, is_live: false, device: None, claim: Claim::Pod(handle) }
}
