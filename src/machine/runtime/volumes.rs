//! Calls about volumes, and looking at files from outside.

use std::sync::Arc;

use super::Machine;
use crate::engine::SimTime;
use crate::machine::cri::{ContainerId, VolumeHandle, VolumeOptions};
use crate::machine::fs::view::Found;
use crate::machine::fs::{Directory, Errno, View, Volume};

impl Machine {
    /// Makes an empty volume on this machine (emptyDir); one that exists is left as it is.
    pub fn create_volume(&mut self, handle: VolumeHandle, options: VolumeOptions) {
        let empty = || Volume::new(Directory::with_mode(0o777), options, true);
        self.shared.volumes.entry(handle).or_insert_with(empty);
    }

    /// Makes a volume from elsewhere known here, with its contents: a PVC, or the files of a ConfigMap or Secret.
    pub fn attach_volume(&mut self, handle: VolumeHandle, contents: Directory, options: VolumeOptions) {
        self.shared.volumes.insert(handle, Volume::new(contents, options, false));
    }

    /// Takes a volume off this machine and returns its contents. Node-local space becomes free.
    pub fn detach_volume(&mut self, handle: &VolumeHandle) -> Option<Directory> {
        let volume = self.shared.volumes.remove(handle)?;
        if volume.is_node_local && !volume.options.in_memory {
            self.shared.disk.used = self.shared.disk.used.saturating_sub(volume.used);
        }
        Some(volume.directory)
    }

    /// A volume known here.
    #[must_use]
    pub fn volume(&self, handle: &VolumeHandle) -> Option<&Volume> {
        self.shared.volumes.get(handle)
    }

    /// Replaces the contents of a volume, as the kubelet does when a ConfigMap changed.
    pub fn update_volume(&mut self, handle: &VolumeHandle, contents: Directory) {
        if let Some(volume) = self.shared.volumes.get_mut(handle) {
            volume.used = contents.size();
            volume.directory = contents;
        }
    }

    /// The machine's own files, for hostPath.
    pub fn host_files_mut(&mut self) -> &mut Directory {
        &mut self.shared.host
    }

    /// Fills the machine's disk up to `free` bytes, as logs or a runaway job would; used by faults.
    pub fn fill_disk(&mut self, free: u64) {
        let filler = self.shared.disk.capacity.saturating_sub(free).saturating_sub(self.shared.disk.used);
        self.shared.disk.used += filler;
        self.filler += filler;
    }

    /// Removes what [`fill_disk`](Self::fill_disk) filled the disk with.
    pub fn free_disk(&mut self) {
        self.shared.disk.used = self.shared.disk.used.saturating_sub(std::mem::take(&mut self.filler));
    }

    /// The bytes of a file as a container sees it.
    ///
    /// # Errors
    /// As `open` does; [`Errno::NotFound`] too when there is no such container.
    pub fn read_file(&mut self, now: SimTime, id: ContainerId, file: &str) -> Result<Arc<Vec<u8>>, Errno> {
        let mut result = Err(Errno::NotFound);
        self.look(now, id, |view| result = view.read(file));
        result
    }

    /// When a file, as a container sees it, was last written.
    ///
    /// # Errors
    /// As `stat` does.
    pub fn written_at(&mut self, now: SimTime, id: ContainerId, file: &str) -> Result<SimTime, Errno> {
        let mut result = Err(Errno::NotFound);
        self.look(now, id, |view| {
            result = view.find(file).and_then(|found| match found {
                Found::File(file) => Ok(file.meta.modified),
                Found::Directory(_) => Err(Errno::IsDirectory),
                Found::Link(_) => Err(Errno::NotFound),
            });
        });
        result
    }

    /// Writes a file as a container sees it (`kubectl cp`).
    ///
    /// # Errors
    /// As `open` and `write` do.
    pub fn write_file(&mut self, now: SimTime, id: ContainerId, file: &str, bytes: &[u8]) -> Result<(), Errno> {
        let mut result = Err(Errno::NotFound);
        self.look(now, id, |view| {
            result = view.truncate(file).and_then(|()| view.write(file, None, bytes)).map(|_| ());
        });
        result
    }

    fn look(&mut self, now: SimTime, id: ContainerId, act: impl FnOnce(&mut View<'_>)) {
        let Some(sandbox) = self.containers.get(&id).copied() else { return };
        self.within(now, sandbox, |kernel| {
            if let Some(mut view) = kernel.view(id, 0) {
                act(&mut view);
            }
        });
    }
}
