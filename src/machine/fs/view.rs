//! What one container sees: its root, and volumes mounted over it; with links, permissions and the room that is left.

use std::collections::BTreeSet;
use std::sync::Arc;

use super::errno::Errno;
use super::path;
use super::tree::{Directory, File, Meta, Node};
use super::volume::Volumes;
use crate::engine::SimTime;
use crate::machine::cri::{Mount, MountSource, VolumeHandle};

/// Links followed before giving up; Linux allows 40.
const LINKS_MAX: usize = 40;

/// The machine's disk: writable layers, logs, images and node-local volumes share it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Disk {
    /// Bytes in all.
    pub capacity: u64,
    /// Bytes in use.
    pub used: u64,
}

impl Disk {
    /// Bytes left.
    #[must_use]
    pub fn free(&self) -> u64 {
        self.capacity.saturating_sub(self.used)
    }
}

/// Which tree a path leads into.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Tree {
    /// The container's own root.
    Root,
    /// Files that the runtime makes for the Pod: `/etc/hosts` and the like.
    Pod,
    /// A volume.
    Volume(VolumeHandle),
    /// The machine's own disk.
    Host,
}

/// A path after links and mounts have been looked through.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Place {
    pub(super) tree: Tree,
    pub(super) parts: Vec<String>,
    pub(super) is_read_only: bool,
}

/// What is at a place.
#[derive(Clone, Copy, Debug)]
pub enum Found<'a> {
    /// A folder.
    Directory(&'a Directory),
    /// A file.
    File(&'a File),
    /// A link that was not followed.
    Link(&'a str),
}

/// A container's sight of files.
#[derive(Debug)]
pub struct View<'a> {
    /// The container's own root.
    pub root: &'a mut Directory,
    /// Bytes written over the image.
    pub layer_bytes: &'a mut u64,
    /// What is mounted.
    pub mounts: &'a [Mount],
    /// `readOnlyRootFilesystem`.
    pub read_only_root: bool,
    /// Files made by the runtime for the Pod.
    pub pod_files: &'a mut Directory,
    /// All volumes of the machine.
    pub volumes: &'a mut Volumes,
    /// The machine's own tree.
    pub host: &'a mut Directory,
    /// The machine's disk.
    pub disk: &'a mut Disk,
    /// Who looks.
    pub user: u32,
    /// The present.
    pub now: SimTime,
}

/// Files that the runtime mounts into every container.
pub const POD_FILES: [&str; 3] = ["etc/hosts", "etc/hostname", "etc/resolv.conf"];

impl View<'_> {
    /// Where `path` leads, every link followed; the last part need not exist.
    ///
    /// # Errors
    /// [`Errno::Loop`], [`Errno::NotDirectory`].
    pub fn resolve(&self, path: &str) -> Result<Place, Errno> {
        self.walk(path::parts("/", path), true)
    }

    /// The same, but a link in the last part is not followed.
    ///
    /// # Errors
    /// [`Errno::Loop`], [`Errno::NotDirectory`].
    pub fn resolve_link(&self, path: &str) -> Result<Place, Errno> {
        self.walk(path::parts("/", path), false)
    }

    fn walk(&self, mut parts: Vec<String>, follow_last: bool) -> Result<Place, Errno> {
        for _ in 0..LINKS_MAX {
            let mut link = None;
            for length in 1..=parts.len() {
                let is_last = length == parts.len();
                match self.at(&self.place_of(&parts[..length])) {
                    Some(Found::Link(target)) if follow_last || !is_last => {
                        link = Some((length, target.to_owned()));
                        break;
                    }
                    Some(Found::File(_)) if !is_last => return Err(Errno::NotDirectory),
                    Some(_) => {}
                    // Below something missing there may still be a mount point; nothing there can be a link.
                    None => {}
                }
            }
            let Some((length, target)) = link else { return Ok(self.place_of(&parts)) };
            let parent = format!("/{}", parts[..length - 1].join("/"));
            let mut next = path::parts(&parent, &target);
            next.extend_from_slice(&parts[length..]);
            parts = next;
        }
        Err(Errno::Loop)
    }

    /// The tree and the path in it for a path without links: the longest mount wins.
    fn place_of(&self, parts: &[String]) -> Place {
        let mut best: Option<(usize, &Mount)> = None;
        for mount in self.mounts {
            let point = path::parts("/", &mount.path);
            if parts.starts_with(&point) && best.is_none_or(|(length, _)| point.len() >= length) {
                best = Some((point.len(), mount));
            }
        }
        if let Some((length, mount)) = best {
            let (tree, base) = match &mount.source {
                MountSource::Volume(handle) => (Tree::Volume(handle.clone()), String::new()),
                MountSource::HostPath(path) => (Tree::Host, path.clone()),
            };
            let mut inner = path::parts(&format!("/{base}"), &mount.sub_path);
            inner.extend_from_slice(&parts[length..]);
            return Place { tree, parts: inner, is_read_only: mount.read_only };
        }
        if let [etc, _] = parts
            && etc == "etc"
            && POD_FILES.contains(&parts.join("/").as_str())
        {
            return Place { tree: Tree::Pod, parts: parts.to_vec(), is_read_only: false };
        }
        Place { tree: Tree::Root, parts: parts.to_vec(), is_read_only: self.read_only_root }
    }

    fn tree(&self, tree: &Tree) -> Option<&Directory> {
        match tree {
            Tree::Root => Some(self.root),
            Tree::Pod => Some(self.pod_files),
            Tree::Host => Some(self.host),
            Tree::Volume(handle) => self.volumes.get(handle).map(|volume| &volume.directory),
        }
    }

    pub(super) fn tree_mut(&mut self, tree: &Tree) -> Option<&mut Directory> {
        match tree {
            Tree::Root => Some(self.root),
            Tree::Pod => Some(self.pod_files),
            Tree::Host => Some(self.host),
            Tree::Volume(handle) => self.volumes.get_mut(handle).map(|volume| &mut volume.directory),
        }
    }

    /// What is at `place`.
    #[must_use]
    pub fn at(&self, place: &Place) -> Option<Found<'_>> {
        let tree = self.tree(&place.tree)?;
        if place.parts.is_empty() {
            return Some(Found::Directory(tree));
        }
        Some(match tree.get(&place.parts)? {
            Node::File(file) => Found::File(file),
            Node::Directory(directory) => Found::Directory(directory),
            Node::Link(target) => Found::Link(target),
        })
    }

    /// What is at `path`, links followed.
    ///
    /// # Errors
    /// As `stat` does.
    pub fn find(&self, path: &str) -> Result<Found<'_>, Errno> {
        let place = self.resolve(path)?;
        self.at(&place).or_else(|| self.mount_folder(path)).ok_or(Errno::NotFound)
    }

    /// A folder that exists only because something is mounted below it looks empty.
    pub(super) fn mount_folder(&self, path: &str) -> Option<Found<'_>> {
        let parts = path::parts("/", path);
        let above = |mount: &&Mount| path::parts("/", &mount.path).starts_with(&parts);
        self.mounts.iter().find(above).map(|_| Found::Directory(self.root))
    }

    /// The bytes of a file.
    ///
    /// # Errors
    /// As `open` for reading does.
    pub fn read(&self, path: &str) -> Result<Arc<Vec<u8>>, Errno> {
        match self.find(path)? {
            Found::File(file) if !self.may(file.meta, 4) => Err(Errno::Denied),
            Found::File(file) => Ok(file.bytes()),
            Found::Directory(_) => Err(Errno::IsDirectory),
            Found::Link(_) => Err(Errno::NotFound),
        }
    }

    /// The names in a folder, mount points included, sorted.
    ///
    /// # Errors
    /// As `opendir` does.
    pub fn list(&self, path: &str) -> Result<Vec<Arc<str>>, Errno> {
        let place = self.resolve(path)?;
        let here = path::parts("/", path);
        let mut names: BTreeSet<Arc<str>> = BTreeSet::new();
        for mount in self.mounts {
            let point = path::parts("/", &mount.path);
            if point.len() > here.len() && point.starts_with(&here) {
                names.insert(point[here.len()].as_str().into());
            }
        }
        match self.at(&place) {
            Some(Found::Directory(directory)) if !self.may(directory.meta, 4) => return Err(Errno::Denied),
            Some(Found::Directory(directory)) => names.extend(directory.iter().map(|(name, _)| Arc::clone(name))),
            Some(_) => return Err(Errno::NotDirectory),
            None if names.is_empty() => return Err(Errno::NotFound),
            None => {}
        }
        if place.tree == Tree::Root && here == ["etc"] {
            names.extend(POD_FILES.iter().map(|path| Arc::from(path::base_name(path))));
        }
        Ok(names.into_iter().collect())
    }

    /// Whether the user may do what `bit` (4 read, 2 write, 1 run) asks.
    #[must_use]
    pub fn may(&self, meta: Meta, bit: u16) -> bool {
        let shift = if meta.owner == self.user {
            6
        } else if meta.group == self.user {
            3
        } else {
            0
        };
        // Root may read and write everything, but run only what somebody may run.
        match (self.user, bit) {
            (0, 1) => meta.mode & 0o111 != 0,
            (0, _) => true,
            _ => meta.mode >> shift & bit != 0,
        }
    }

    /// Whether `path` can be written or made.
    ///
    /// # Errors
    /// As `open` for writing does.
    pub fn check_writable(&self, path: &str) -> Result<Place, Errno> {
        let place = self.resolve(path)?;
        match self.at(&place) {
            Some(Found::Directory(_)) => return Err(Errno::IsDirectory),
            _ if place.is_read_only => return Err(Errno::ReadOnly),
            Some(Found::File(file)) if !self.may(file.meta, 2) => return Err(Errno::Denied),
            Some(_) => {}
            None => self.check_parent(&place)?,
        }
        Ok(place)
    }

    /// Whether something can be made or removed at `place`.
    pub(super) fn check_parent(&self, place: &Place) -> Result<(), Errno> {
        let Some((_, parent)) = place.parts.split_last() else { return Err(Errno::Busy) };
        let parent = Place { parts: parent.to_vec(), ..place.clone() };
        match self.at(&parent) {
            Some(Found::Directory(_)) if place.is_read_only => Err(Errno::ReadOnly),
            Some(Found::Directory(directory)) if self.may(directory.meta, 2) => Ok(()),
            Some(Found::Directory(_)) => Err(Errno::Denied),
            Some(_) => Err(Errno::NotDirectory),
            None => Err(Errno::NotFound),
        }
    }
}
