//! persistentVolumeClaim: the volume that a claim is bound to, mounted as its own type asks.
//!
//! Models `pkg/kubelet/volumemanager/populator` and the mount part of `pkg/volume/util/operationexecutor`.

use std::sync::Arc;

use crate::machine::fs::path;
use crate::machine::{
    Claim, Lookup, Machine, MountSource, Mounted, VolumeError, VolumeHandle, VolumeObjects, VolumeRequest,
};
use crate::model::core::{Node, PersistentVolume, PersistentVolumeClaim, PersistentVolumeSpec};
use crate::model::node_selector::NodeTerms;
use crate::model::{Kind, Meta, Quantity};
use crate::storage::disks::Disks;
use crate::storage::driver;

use super::{empty_dir, host_path, nfs};

/// Sets a claim's volume up.
///
/// # Errors
/// What is missing: the claim, its volume, the attachment, the right node.
pub fn set_up(
    request: &VolumeRequest<'_>,
    name: &str,
    read_only: bool,
    objects: &mut dyn VolumeObjects,
    disks: &mut Disks,
    machine: &mut Machine,
) -> Result<Mounted, VolumeError> {
    let namespace = request.pod.metadata.namespace();
    let refused = |text: &str| VolumeError::Process(format!("error processing PVC {namespace}/{name}: {text}"));
    let claim = match objects.lookup(Kind::PersistentVolumeClaim, namespace, name) {
        Lookup::Unknown => return Err(VolumeError::Wait),
        Lookup::Missing => {
            let text = format!("failed to fetch PVC from API server: persistentvolumeclaims \"{name}\" not found");
            return Err(refused(&text));
        }
        Lookup::Found(object) => object.get::<PersistentVolumeClaim>().map(Arc::clone).ok_or(VolumeError::Wait)?,
    };
    if claim.metadata.deletion_timestamp.is_some() {
        return Err(refused("PVC is being deleted"));
    }
    let phase = claim.status.as_ref().and_then(|status| status.phase.as_deref()).unwrap_or_default();
    let bound = claim.spec.as_ref().and_then(|spec| spec.volume_name.as_deref()).unwrap_or_default();
    if phase != "Bound" || bound.is_empty() {
        return Err(refused("PVC is not bound"));
    }
    let volume = match objects.lookup(Kind::PersistentVolume, "", bound) {
        Lookup::Unknown => return Err(VolumeError::Wait),
        Lookup::Missing => {
            let text = format!("failed to fetch PV {bound} from API server: persistentvolumes \"{bound}\" not found");
            return Err(refused(&text));
        }
        Lookup::Found(object) => object.get::<PersistentVolume>().map(Arc::clone).ok_or(VolumeError::Wait)?,
    };
    let spec = volume.spec.as_ref().ok_or(VolumeError::Wait)?;
    check_node(bound, spec, request.node)?;
    let mut mounted = mount(bound, spec, request, disks, machine)?;
    mounted.read_only |= read_only;
    open_to_group(request, &mounted, machine);
    Ok(mounted)
}

fn operation(operation: &'static str, volume: &str, text: impl Into<String>) -> VolumeError {
    VolumeError::Operation(operation, volume.to_owned(), text.into())
}

/// A volume may be reachable from some nodes only.
fn check_node(name: &str, spec: &PersistentVolumeSpec, node: Option<&Node>) -> Result<(), VolumeError> {
    let required = spec.node_affinity.as_ref().and_then(|affinity| affinity.required.as_ref());
    let (Some(required), Some(node)) = (required, node) else { return Ok(()) };
    if NodeTerms::new(&required.node_selector_terms).matches(node.metadata.name(), node.metadata.label_map()) {
        return Ok(());
    }
    Err(operation("MountVolume.NodeAffinity check", name, "no matching NodeSelectorTerms"))
}

fn mount(
    name: &str,
    spec: &PersistentVolumeSpec,
    request: &VolumeRequest<'_>,
    disks: &mut Disks,
    machine: &mut Machine,
) -> Result<Mounted, VolumeError> {
    if let Some(source) = &spec.host_path {
        return host_path::set_up(name, &source.path, source.type_.as_deref(), machine);
    }
    if let Some(source) = &spec.local {
        let parts = path::parts("/", &source.path);
        if machine.host_files_mut().get(&parts).is_none() {
            let text = format!("path \"{}\" does not exist", source.path);
            return Err(operation("MountVolume.NewMounter initialization", name, text));
        }
        let source = MountSource::HostPath(source.path.clone());
        return Ok(Mounted { source, read_only: false, is_live: false, device: None, claim: Claim::Nothing });
    }
    if let Some(source) = &spec.nfs {
        return Ok(nfs::set_up(request, &source.server, &source.path, source.read_only == Some(true), disks, machine));
    }
    let Some(source) = &spec.csi else {
        let text = format!("PersistentVolume \"{name}\" is of a type that is not modelled; the Pod waits for it");
        return Err(VolumeError::NotModelled(text));
    };
    if source.driver != driver::NAME {
        let text = format!(
            "kubernetes.io/csi: attacher.MountDevice failed to create newCsiDriverClient: driver name {} not found in the list of registered CSI drivers",
            source.driver
        );
        return Err(operation("MountVolume.MountDevice", name, text));
    }
    let device: Arc<str> = driver::device_name(&source.volume_handle).into();
    let attached = request.node.and_then(|node| node.status.as_ref()?.volumes_attached.as_ref());
    if !attached.is_some_and(|all| all.iter().any(|volume| *volume.name == *device)) {
        return Err(VolumeError::Wait);
    }
    let capacity = spec.capacity.as_ref().and_then(|capacity| Quantity::parse(&capacity.get("storage")?.0).ok());
    let handle = VolumeHandle::new(name);
    let user = empty_dir::handle(request).0;
    disks.connect(&handle, &user, capacity.map(|capacity| capacity.value().max(0) as u64), machine);
    let read_only = source.read_only == Some(true);
    let source = MountSource::Volume(handle.clone());
    Ok(Mounted { source, read_only, is_live: false, device: Some(device), claim: Claim::Disk(handle, user) })
}

/// `fsGroup` opens a disk to its group. Supplementary groups of processes are not modelled, so it is opened to everybody.
fn open_to_group(request: &VolumeRequest<'_>, mounted: &Mounted, machine: &mut Machine) {
    let context = request.pod.spec.security_context.as_ref();
    let group = context.and_then(|context| context.fs_group).and_then(|group| u32::try_from(group).ok());
    let (Some(group), Claim::Disk(handle, _)) = (group, &mounted.claim) else { return };
    if let Some(volume) = machine.volume(handle) {
        let mut contents = volume.directory.clone();
        contents.meta.group = group;
        contents.meta.mode |= 0o2777;
        machine.update_volume(handle, contents);
    }
}
