//! nfs: an export of a file server that any number of nodes may mount. The server is always there and lets everybody in.

use crate::machine::{Claim, Machine, MountSource, Mounted, VolumeHandle, VolumeRequest};
use crate::storage::disks::Disks;

use super::empty_dir;

/// Mounts an export.
pub fn set_up(
    request: &VolumeRequest<'_>,
    server: &str,
    path: &str,
    read_only: bool,
    disks: &mut Disks,
    machine: &mut Machine,
) -> Mounted {
    let handle = VolumeHandle::new(&format!("nfs/{server}:{path}"));
    let user = empty_dir::handle(request).0;
    disks.connect(&handle, &user, None, machine);
    let source = MountSource::Volume(handle.clone());
    Mounted { source, read_only, is_live: false, device: None, claim: Claim::Disk(handle, user) }
}
