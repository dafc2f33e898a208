//! Changing what a container sees: writing, making, removing, with the books kept of every byte.

use std::sync::Arc;

use super::errno::Errno;
use super::tree::{Content, Directory, File, Meta, Node};
use super::view::{Found, Place, Tree, View};

impl View<'_> {
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
