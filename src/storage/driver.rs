//! The names of podlab's own CSI driver: the disks of the simulated data centre.

/// The driver, which is also the provisioner that storage classes name.
pub const NAME: &str = "podlab.dev/disk";

/// The unique name of a disk in `node.status.volumesAttached`. Source: `pkg/volume/util/util.go`,
/// `GetUniqueVolumeName`.
#[must_use]
pub fn device_name(volume_handle: &str) -> String {
    format!("kubernetes.io/csi/{NAME}^{volume_handle}")
}
