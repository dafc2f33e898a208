//! What one container sees: its root, and volumes mounted over it; with links, permissions and the room that is left.

use std::collections::BTreeSet;
use std::sync::Arc;

use super::errno::Errno;
use super::path;
use super::tree::{Content, Directory, File, Meta, Node};
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
    tree: Tree,
    parts: Vec<String>,
    is_read_only: bool,
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

    fn tree_mut(&mut self, tree: &Tree) -> Option<&mut Directory> {
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
    fn mount_folder(&self, path: &str) -> Option<Found<'_>> {
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
    fn check_parent(&self, place: &Place) -> Result<(), Errno> {
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

    /// Empties a file, or makes it.
    ///
    /// # Errors
    /// As `open(O_CREAT | O_TRUNC)` does.
    pub fn truncate(&mut self, path: &str) -> Result<(), Errno> {
        let place = self.check_writable(path)?;
        let before = self.length(&place);
        self.account(&place.tree, before, 0)?;
        self.set_bytes(&place, Arc::default(), 0)
    }

    /// Makes an empty file if there is none, and sets its time.
    ///
    /// # Errors
    /// As `open(O_CREAT)` does.
    pub fn touch(&mut self, path: &str) -> Result<(), Errno> {
        let place = self.resolve(path)?;
        if let Some(Found::Directory(_)) = self.at(&place) {
            return if place.is_read_only { Err(Errno::ReadOnly) } else { Ok(()) };
        }
        let place = self.check_writable(path)?;
        let (bytes, zeros) = self.content(&place);
        self.set_bytes(&place, bytes, zeros)
    }

    /// Writes `bytes` at `offset` (the end when `None`) and returns the offset behind them.
    ///
    /// # Errors
    /// As `write` does, [`Errno::NoSpace`] above all.
    pub fn write(&mut self, path: &str, offset: Option<u64>, bytes: &[u8]) -> Result<u64, Errno> {
        let place = self.check_writable(path)?;
        let before = self.length(&place);
        let start = offset.unwrap_or(before);
        let end = start + bytes.len() as u64;
        self.account(&place.tree, before, before.max(end))?;
        let (mut old, zeros) = self.content(&place);
        // Zeros behind the kept bytes become real as soon as something is written after or among them.
        let kept = old.len() as u64;
        let content = Arc::make_mut(&mut old);
        let all_zero = bytes.iter().all(|byte| *byte == 0);
        if all_zero && start == before {
            self.set_bytes(&place, old, zeros + bytes.len() as u64)?;
            return Ok(end);
        }
        content.resize(usize::try_from(kept.max(start).max(end).max(kept + zeros)).map_err(|_| Errno::NoSpace)?, 0);
        let from = usize::try_from(start).map_err(|_| Errno::NoSpace)?;
        content[from..from + bytes.len()].copy_from_slice(bytes);
        self.set_bytes(&place, old, 0)?;
        Ok(end)
    }

    /// Appends `count` zero bytes without keeping them one by one; returns how many fitted.
    ///
    /// # Errors
    /// As `write` does when not even one fitted.
    pub fn write_zeros(&mut self, path: &str, count: u64) -> Result<u64, Errno> {
        let place = self.check_writable(path)?;
        let before = self.length(&place);
        let fits = count.min(self.room(&place.tree));
        if fits == 0 && count > 0 {
            return Err(Errno::NoSpace);
        }
        self.account(&place.tree, before, before + fits)?;
        let (bytes, zeros) = self.content(&place);
        self.set_bytes(&place, bytes, zeros + fits)?;
        Ok(fits)
    }

    fn length(&self, place: &Place) -> u64 {
        match self.at(place) {
            Some(Found::File(file)) => file.len(),
            _ => 0,
        }
    }

    fn content(&self, place: &Place) -> (Arc<Vec<u8>>, u64) {
        match self.at(place) {
            Some(Found::File(File { content: Content::Bytes(bytes, zeros), .. })) => (Arc::clone(bytes), *zeros),
            _ => (Arc::default(), 0),
        }
    }

    fn set_bytes(&mut self, place: &Place, bytes: Arc<Vec<u8>>, zeros: u64) -> Result<(), Errno> {
        let (now, user) = (self.now, self.user);
        let tree = self.tree_mut(&place.tree).ok_or(Errno::NotFound)?;
        if let Some(Node::File(file)) = tree.get_mut(&place.parts) {
            file.content = Content::Bytes(bytes, zeros);
            file.meta.modified = now;
            return Ok(());
        }
        let meta = Meta { mode: 0o644, owner: user, group: user, modified: now };
        tree.put(&place.parts, Node::File(File { content: Content::Bytes(bytes, zeros), meta })).map(|_| ())
    }

    /// Bytes that may still be written into `tree`.
    fn room(&self, tree: &Tree) -> u64 {
        match tree {
            Tree::Volume(handle) => self.volumes.get(handle).map_or(0, |volume| {
                if volume.is_node_local { volume.free().min(self.disk.free()) } else { volume.free() }
            }),
            _ => self.disk.free(),
        }
    }

    /// Books the growth or shrinking of a file; fails when it does not fit.
    fn account(&mut self, tree: &Tree, before: u64, after: u64) -> Result<(), Errno> {
        if after > before && after - before > self.room(tree) {
            return Err(Errno::NoSpace);
        }
        let book = |total: &mut u64| *total = (*total + after).saturating_sub(before);
        match tree {
            Tree::Volume(handle) => {
                let Some(volume) = self.volumes.get_mut(handle) else { return Err(Errno::NotFound) };
                book(&mut volume.used);
                if volume.is_node_local && !volume.options.in_memory {
                    book(&mut self.disk.used);
                }
            }
            Tree::Root => {
                book(self.layer_bytes);
                book(&mut self.disk.used);
            }
            Tree::Host | Tree::Pod => book(&mut self.disk.used),
        }
        Ok(())
    }

    /// Makes a folder.
    ///
    /// # Errors
    /// As `mkdir` does.
    pub fn make_directory(&mut self, path: &str, mode: u16) -> Result<(), Errno> {
        let place = self.resolve(path)?;
        if self.at(&place).is_some() || self.mount_folder(path).is_some() {
            return Err(Errno::Exists);
        }
        self.check_parent(&place)?;
        let meta = Meta { mode, owner: self.user, group: self.user, modified: self.now };
        let mut directory = Directory::with_mode(mode);
        directory.meta = meta;
        let tree = self.tree_mut(&place.tree).ok_or(Errno::NotFound)?;
        tree.put(&place.parts, Node::Directory(directory)).map(|_| ())
    }

    /// Makes a symbolic link.
    ///
    /// # Errors
    /// As `symlink` does.
    pub fn make_link(&mut self, path: &str, target: &str) -> Result<(), Errno> {
        let place = self.resolve_link(path)?;
        if self.at(&place).is_some() {
            return Err(Errno::Exists);
        }
        self.check_parent(&place)?;
        let tree = self.tree_mut(&place.tree).ok_or(Errno::NotFound)?;
        tree.put(&place.parts, Node::Link(target.into())).map(|_| ())
    }

    /// Takes away a file, a link or a folder with all that is in it; the caller checks what it wants to allow.
    ///
    /// # Errors
    /// As `unlink` does.
    pub fn remove(&mut self, path: &str) -> Result<Node, Errno> {
        let place = self.resolve_link(path)?;
        if self.at(&place).is_none() {
            return Err(Errno::NotFound);
        }
        if self.mount_folder(path).is_some() {
            return Err(Errno::Busy);
        }
        self.check_parent(&place)?;
        let tree = self.tree_mut(&place.tree).ok_or(Errno::NotFound)?;
        let node = tree.remove(&place.parts).ok_or(Errno::NotFound)?;
        self.account(&place.tree, node_size(&node), 0)?;
        Ok(node)
    }

    /// Puts a node where nothing is, or where a file is.
    ///
    /// # Errors
    /// As `rename` and `open(O_CREAT)` do.
    pub fn place(&mut self, path: &str, node: Node) -> Result<(), Errno> {
        let place = self.check_writable(path)?;
        let before = self.length(&place);
        self.account(&place.tree, before, node_size(&node))?;
        let tree = self.tree_mut(&place.tree).ok_or(Errno::NotFound)?;
        tree.put(&place.parts, node).map(|_| ())
    }

    /// Changes the permission bits, or the owner, of what is at `path`.
    ///
    /// # Errors
    /// As `chmod` and `chown` do.
    pub fn set_meta(&mut self, path: &str, change: impl FnOnce(&mut Meta)) -> Result<(), Errno> {
        let place = self.resolve(path)?;
        let owner = match self.at(&place) {
            Some(Found::File(file)) => file.meta.owner,
            Some(Found::Directory(directory)) => directory.meta.owner,
            _ => return Err(Errno::NotFound),
        };
        if place.is_read_only {
            return Err(Errno::ReadOnly);
        }
        if self.user != 0 && self.user != owner {
            return Err(Errno::NotPermitted);
        }
        let tree = self.tree_mut(&place.tree).ok_or(Errno::NotFound)?;
        match tree.get_mut(&place.parts) {
            Some(Node::File(file)) => change(&mut file.meta),
            Some(Node::Directory(directory)) => change(&mut directory.meta),
            _ => change(&mut tree.meta),
        }
        Ok(())
    }
}

fn node_size(node: &Node) -> u64 {
    match node {
        Node::File(file) => file.len(),
        Node::Directory(directory) => directory.size(),
        Node::Link(_) => 0,
    }
}
