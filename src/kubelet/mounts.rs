//! The mounts of a container: volumes of its Pod, and parts of them.
//!
//! Models `makeMounts` in `pkg/kubelet/kubelet_pods.go` and `pkg/volume/util/subpath`.

use crate::machine::fs::{Directory, Node, path};
use crate::machine::{Mount, MountSource, Mounted, VolumeHandle};
use crate::model::Meta;
use crate::model::core::{Container, VolumeMount};

use super::container_config::ConfigError;
use super::environment;
use super::pod_worker::PodWorker;
use super::shared::Scope;

/// Folders that are made for a `subPath`. Source: `pkg/volume/util/subpath`, 0750.
const SUB_PATH_MODE: u16 = 0o750;

impl PodWorker {
    /// The mounts of a container.
    ///
    /// # Errors
    /// A volume that the Pod does not have.
    pub fn mounts(
        &mut self,
        spec: &Container,
        attempt: u32,
        env: &[(String, String)],
        scope: &mut Scope<'_, '_>,
    ) -> Result<Vec<Mount>, ConfigError> {
        let mounts = spec.volume_mounts.as_deref().unwrap_or_default().iter().enumerate();
        mounts.map(|(index, mount)| self.mount(spec, (attempt, index), mount, env, scope)).collect()
    }

    fn mount(
        &mut self,
        spec: &Container,
        (attempt, index): (u32, usize),
        mount: &VolumeMount,
        env: &[(String, String)],
        scope: &mut Scope<'_, '_>,
    ) -> Result<Mount, ConfigError> {
        let Some(mounted) = self.volumes.mounted.get(mount.name.as_str()).cloned() else {
            let name = self.pod.volume_name(&mount.name);
            let message = format!("cannot find volume \"{name}\" to mount into container \"{}\"", spec.name);
            return Err(ConfigError::Wrong(message));
        };
        let sub_path = match (&mount.sub_path, &mount.sub_path_expr) {
            (Some(path), _) if !path.is_empty() => path.clone(),
            (_, Some(expression)) => environment::expand(expression, env),
            _ => String::new(),
        };
        let mut source = mounted.source.clone();
        if mounted.is_live && !sub_path.is_empty() {
            let uid = self.pod.metadata.uid();
            let copy = format!("{uid}/{}/subpath/{}-{attempt}-{index}", mount.name, spec.name);
            source = self.frozen(&mounted, &sub_path, &VolumeHandle::new(&copy), spec, scope)?;
        } else if !sub_path.is_empty() {
            make_folder(&source, &sub_path, scope);
        }
        let read_only = mounted.read_only || mount.read_only == Some(true);
        Ok(Mount { path: mount.mount_path.clone(), source, sub_path, read_only })
    }

    /// A part of a live volume stays as it is when the container is made.
    fn frozen(
        &mut self,
        mounted: &Mounted,
        sub_path: &str,
        copy: &VolumeHandle,
        spec: &Container,
        scope: &mut Scope<'_, '_>,
    ) -> Result<MountSource, ConfigError> {
        if !scope.volumes.freeze(mounted, sub_path, copy, scope.machine) {
            let message =
                format!("failed to prepare subPath for volumeMount \"{sub_path}\" of container \"{}\"", spec.name);
            return Err(ConfigError::Wrong(message));
        }
        if !self.volumes.copies.contains(copy) {
            self.volumes.copies.push(copy.clone());
        }
        Ok(MountSource::Volume(copy.clone()))
    }
}

/// A `subPath` that does not exist becomes a folder.
fn make_folder(source: &MountSource, sub_path: &str, scope: &mut Scope<'_, '_>) {
    let folder = || Node::Directory(Directory::with_mode(SUB_PATH_MODE));
    match source {
        MountSource::Volume(handle) => {
            let parts = path::parts("/", sub_path);
            let Some(volume) = scope.machine.volume(handle) else { return };
            let mut contents = volume.directory.clone();
            if contents.get(&parts).is_none() && contents.put(&parts, folder()).is_ok() {
                scope.machine.update_volume(handle, contents);
            }
        }
        MountSource::HostPath(base) => {
            let parts = path::parts(base, sub_path);
            let files = scope.machine.host_files_mut();
            if files.get(&parts).is_none() {
                // Below a file nothing can be made: the mount then shows nothing.
                files.put(&parts, folder()).map(|_| ()).unwrap_or_default();
            }
        }
    }
}
