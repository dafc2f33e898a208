//! The disks of the cluster: what lies on them outlives containers, Pods and nodes.

use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;

use crate::machine::fs::Directory;
use crate::machine::{Machine, VolumeHandle, VolumeOptions};

/// All disks and exports outside the nodes.
#[derive(Clone, Debug, Default)]
pub struct Disks {
    disks: BTreeMap<VolumeHandle, Disk>,
}

/// One disk, or one export of a file server.
#[derive(Clone, Debug)]
pub struct Disk {
    /// What lies on it, as of the last exchange with a node that has it.
    pub contents: Directory,
    /// How many bytes fit.
    pub capacity: Option<u64>,
    /// Which volumes of which Pods use it, by machine.
    users: BTreeMap<Arc<str>, BTreeSet<Arc<str>>>,
    /// What each machine that has it saw last.
    seen: BTreeMap<Arc<str>, Directory>,
}

impl Disks {
    /// The disk behind a handle, made if there is none: empty, and its root folder belongs to root.
    pub fn disk_mut(&mut self, handle: &VolumeHandle) -> &mut Disk {
        self.disks.entry(handle.clone()).or_insert_with(|| Disk {
            contents: Directory::with_mode(0o755),
            capacity: None,
            users: BTreeMap::new(),
            seen: BTreeMap::new(),
        })
    }

    /// A disk that exists.
    #[must_use]
    pub fn disk(&self, handle: &VolumeHandle) -> Option<&Disk> {
        self.disks.get(handle)
    }

    /// All disks, by handle.
    pub fn iter(&self) -> impl Iterator<Item = (&VolumeHandle, &Disk)> {
        self.disks.iter()
    }

    /// A disk is destroyed with all that is on it.
    pub fn destroy(&mut self, handle: &VolumeHandle) {
        self.disks.remove(handle);
    }

    /// A Pod of this machine uses the disk: the first one brings its contents along.
    pub fn connect(&mut self, handle: &VolumeHandle, user: &Arc<str>, capacity: Option<u64>, machine: &mut Machine) {
        let name = Arc::clone(&machine.config().name);
        let disk = self.disk_mut(handle);
        disk.capacity = capacity.or(disk.capacity);
        disk.users.entry(Arc::clone(&name)).or_default().insert(Arc::clone(user));
        disk.seen.entry(name).or_insert_with(|| disk.contents.clone());
        if machine.volume(handle).is_none() {
            let options = VolumeOptions { size_limit: disk.capacity, in_memory: false };
            machine.attach_volume(handle.clone(), disk.contents.clone(), options);
        }
    }

    /// A Pod of this machine uses the disk no longer: the last one leaves its contents behind.
    pub fn disconnect(&mut self, handle: &VolumeHandle, user: &Arc<str>, machine: &mut Machine) {
        let name = Arc::clone(&machine.config().name);
        let Some(disk) = self.disks.get_mut(handle) else { return };
        if let Some(users) = disk.users.get_mut(&name) {
            users.remove(user);
            if !users.is_empty() {
                return;
            }
        }
        disk.users.remove(&name);
        let seen = disk.seen.remove(&name);
        if let Some(contents) = machine.detach_volume(handle)
            && seen.is_none_or(|seen| !seen.is_same_as(&contents))
        {
            disk.contents = contents;
        }
    }

    /// What a machine wrote goes to its disks, and what others wrote to shared ones comes to it. To be called after a machine
    /// ran. When two machines wrote at the same time the later exchange wins, as on a file server without locks.
    pub fn exchange(&mut self, machine: &mut Machine) {
        let name = Arc::clone(&machine.config().name);
        for (handle, disk) in &mut self.disks {
            let Some(seen) = disk.seen.get_mut(&name) else { continue };
            let Some(volume) = machine.volume(handle) else { continue };
            if !volume.directory.is_same_as(seen) {
                disk.contents = volume.directory.clone();
            } else if !disk.contents.is_same_as(seen) {
                machine.update_volume(handle, disk.contents.clone());
            } else {
                continue;
            }
            *seen = disk.contents.clone();
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::machine::fs::{File, Node};
    use crate::machine::{Catalogue, MachineConfig};

    fn write(machine: &mut Machine, handle: &VolumeHandle, name: &str) {
        let mut directory = machine.volume(handle).unwrap().directory.clone();
        directory.put(&[name], Node::File(File::of("x", 0o644))).unwrap();
        machine.update_volume(handle, directory);
    }

    #[test]
    fn contents_follow_a_disk_from_node_to_node() {
        let catalogue = Arc::new(Catalogue::default());
        let machine = |name| Machine::new(MachineConfig::worker(name), Arc::clone(&catalogue));
        let (mut one, mut two) = (machine("node-1"), machine("node-2"));
        let (mut disks, handle) = (Disks::default(), VolumeHandle::new("pv-1"));
        let user: Arc<str> = "pod/data".into();
        disks.connect(&handle, &user, None, &mut one);
        write(&mut one, &handle, "first");
        disks.disconnect(&handle, &user, &mut one);
        assert!(one.volume(&handle).is_none());
        disks.connect(&handle, &user, None, &mut two);
        assert!(two.volume(&handle).unwrap().directory.entry("first").is_some());
    }

    #[test]
    fn machines_that_share_an_export_see_what_the_other_wrote() {
        let catalogue = Arc::new(Catalogue::default());
        let machine = |name| Machine::new(MachineConfig::worker(name), Arc::clone(&catalogue));
        let (mut one, mut two) = (machine("node-1"), machine("node-2"));
        let (mut disks, handle) = (Disks::default(), VolumeHandle::new("nfs"));
        let user: Arc<str> = "pod/data".into();
        disks.connect(&handle, &user, None, &mut one);
        disks.connect(&handle, &user, None, &mut two);
        write(&mut one, &handle, "a");
        disks.exchange(&mut one);
        disks.exchange(&mut two);
        assert!(two.volume(&handle).unwrap().directory.entry("a").is_some());
        disks.disconnect(&handle, &user, &mut one);
        write(&mut two, &handle, "b");
        disks.disconnect(&handle, &user, &mut two);
        assert!(disks.disk(&handle).unwrap().contents.entry("b").is_some());
    }
}
