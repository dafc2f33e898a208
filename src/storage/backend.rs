//! The volume plugins: which one a volume belongs to, and what each does on a node.
//!
//! Models `pkg/volume/plugins.go`.

use crate::machine::{
    Claim, Machine, Mounted, VolumeError, VolumeHandle, VolumeObjects, VolumeOptions, VolumePlugins, VolumeRequest,
};
use crate::model::core::Volume;

use super::disks::Disks;
use super::plugin::{claim, empty_dir, files, host_path, nfs, payload};

/// The plugins of all nodes, and the disks behind them.
#[derive(Clone, Debug, Default)]
pub struct VolumeBackend {
    /// The disks of the cluster.
    pub disks: Disks,
    contents: files::Contents,
}

impl VolumePlugins for VolumeBackend {
    fn set_up(
        &mut self,
        request: &VolumeRequest<'_>,
        objects: &mut dyn VolumeObjects,
        machine: &mut Machine,
    ) -> Result<Mounted, VolumeError> {
        let volume = request.volume;
        if let Some(source) = &volume.empty_dir {
            return Ok(empty_dir::set_up(request, source, machine));
        }
        if let Some(source) = &volume.host_path {
            return host_path::set_up(&volume.name, &source.path, source.type_.as_deref(), machine);
        }
        if payload::is_of(volume) {
            let payload = payload::of(request, objects, &mut self.contents)?;
            let handle = empty_dir::handle(request);
            let in_memory = volume.secret.is_some() || volume.projected.is_some();
            let options = VolumeOptions { size_limit: None, in_memory };
            machine.attach_volume(handle.clone(), files::directory(&payload, request.now), options);
            let source = crate::machine::MountSource::Volume(handle.clone());
            return Ok(Mounted { source, read_only: true, is_live: true, device: None, claim: Claim::Pod(handle) });
        }
        if let Some(source) = &volume.nfs {
            let read_only = source.read_only == Some(true);
            return Ok(nfs::set_up(request, &source.server, &source.path, read_only, &mut self.disks, machine));
        }
        if let Some(source) = &volume.persistent_volume_claim {
            let read_only = source.read_only == Some(true);
            return claim::set_up(request, &source.claim_name, read_only, objects, &mut self.disks, machine);
        }
        if volume.ephemeral.is_some() {
            let pod = request.pod.metadata.name.as_deref().unwrap_or_default();
            let name = format!("{pod}-{}", volume.name);
            return claim::set_up(request, &name, false, objects, &mut self.disks, machine);
        }
        Err(refused(volume))
    }

    fn refresh(&mut self, request: &VolumeRequest<'_>, objects: &mut dyn VolumeObjects, machine: &mut Machine) {
        // An object that has gone leaves the files as they are, as the kubelet does.
        if let Ok(payload) = payload::of(request, objects, &mut self.contents) {
            let handle = empty_dir::handle(request);
            let fresh = files::directory(&payload, request.now);
            let is_same = machine.volume(&handle).is_some_and(|volume| files::is_same(&volume.directory, &fresh));
            if !is_same {
                machine.update_volume(&handle, fresh);
            }
        }
    }

    fn freeze(&mut self, mounted: &Mounted, path: &str, copy: &VolumeHandle, machine: &mut Machine) -> bool {
        let Claim::Pod(handle) = &mounted.claim else { return false };
        let Some(contents) = machine.volume(handle).and_then(|volume| files::part(&volume.directory, path)) else {
            return false;
        };
        machine.attach_volume(copy.clone(), contents, VolumeOptions::default());
        true
    }

    fn tear_down(&mut self, mounted: &Mounted, machine: &mut Machine) {
        match &mounted.claim {
            Claim::Nothing => {}
            Claim::Pod(handle) => drop(machine.detach_volume(handle)),
            Claim::Disk(handle, user) => self.disks.disconnect(handle, user, machine),
        }
    }

    fn exchange(&mut self, machine: &mut Machine) {
        self.disks.exchange(machine);
    }
}

/// A type that Kubernetes has given up, or that podlab does not model.
fn refused(volume: &Volume) -> VolumeError {
    let name = &volume.name;
    let is_removed = volume.glusterfs.is_some()
        || volume.rbd.is_some()
        || volume.cephfs.is_some()
        || volume.flocker.is_some()
        || volume.quobyte.is_some()
        || volume.storageos.is_some()
        || volume.scale_io.is_some()
        || volume.photon_persistent_disk.is_some();
    if is_removed {
        let text = format!("failed to get Plugin from volumeSpec for volume \"{name}\" err=no volume plugin matched");
        return VolumeError::Process(text);
    }
    if volume.git_repo.is_some() {
        let text = "git-repo volume plugin has been disabled; if necessary, it may be re-enabled by enabling the feature-gate `GitRepoVolumeDriver`";
        return VolumeError::Operation("MountVolume.SetUp", name.clone(), text.to_owned());
    }
    VolumeError::NotModelled(format!("volume \"{name}\" is of a type that is not modelled; the Pod waits for it"))
}
