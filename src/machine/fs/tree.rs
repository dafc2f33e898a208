//! A tree of folders and files that is shared until someone writes.

use std::sync::Arc;

use super::errno::Errno;
use crate::engine::{SimTime, VecMap};
use crate::machine::image::Executable;

/// Owner, permissions and time of a file or folder.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Meta {
    /// Permission bits, such as `0o644`.
    pub mode: u16,
    /// Numeric owner.
    pub owner: u32,
    /// Numeric group.
    pub group: u32,
    /// When it was last written.
    pub modified: SimTime,
}

impl Meta {
    /// Owned by root, never changed.
    #[must_use]
    pub const fn root(mode: u16) -> Self {
        Self { mode, owner: 0, group: 0, modified: SimTime::ZERO }
    }
}

/// Something in a folder.
#[derive(Clone, Debug, PartialEq)]
pub enum Node {
    /// A file.
    File(File),
    /// A folder.
    Directory(Directory),
    /// A symbolic link to a path.
    Link(Arc<str>),
}

/// A file.
#[derive(Clone, Debug, PartialEq)]
pub struct File {
    /// What is in it.
    pub content: Content,
    /// Owner, permissions, time.
    pub meta: Meta,
}

/// What is in a file.
#[derive(Clone, Debug, PartialEq)]
pub enum Content {
    /// Bytes, and after them a number of zero bytes that are not kept one by one.
    Bytes(Arc<Vec<u8>>, u64),
    /// A program of the catalogue, a shell or a tool.
    Executable(Arc<Executable>),
}

/// A folder.
#[derive(Clone, Debug, PartialEq)]
pub struct Directory {
    entries: Arc<VecMap<Arc<str>, Node>>,
    /// Owner, permissions, time.
    pub meta: Meta,
}

impl File {
    /// A file of root's with these bytes.
    #[must_use]
    pub fn of(bytes: impl Into<Vec<u8>>, mode: u16) -> Self {
        Self { content: Content::Bytes(Arc::new(bytes.into()), 0), meta: Meta::root(mode) }
    }

    /// Its length in bytes; a program has none of its own.
    #[must_use]
    pub fn len(&self) -> u64 {
        match &self.content {
            Content::Bytes(bytes, zeros) => bytes.len() as u64 + zeros,
            Content::Executable(_) => 0,
        }
    }

    /// Whether nothing is in it.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.len() == 0
    }

    /// Its bytes; trailing zeros that are not kept are left out.
    #[must_use]
    pub fn bytes(&self) -> Arc<Vec<u8>> {
        match &self.content {
            Content::Bytes(bytes, _) => Arc::clone(bytes),
            Content::Executable(_) => Arc::default(),
        }
    }
}

impl Default for Directory {
    fn default() -> Self {
        Self { entries: Arc::default(), meta: Meta::root(0o755) }
    }
}

impl Directory {
    /// An empty folder with these permission bits.
    #[must_use]
    pub fn with_mode(mode: u16) -> Self {
        Self { entries: Arc::default(), meta: Meta::root(mode) }
    }

    /// A folder made of files: path and text.
    #[must_use]
    pub fn of_files<'a>(files: impl IntoIterator<Item = (&'a str, &'a [u8])>, mode: u16) -> Self {
        let mut directory = Self::default();
        for (path, bytes) in files {
            let parts = super::path::parts("/", path);
            // A path below a file cannot be made; the earlier file wins.
            directory.put(&parts, Node::File(File::of(bytes, mode))).unwrap_or_default();
        }
        directory
    }

    /// Whether it is a clone of `other` that nobody has written to since; looks at nothing but the top.
    #[must_use]
    pub fn is_same_as(&self, other: &Self) -> bool {
        Arc::ptr_eq(&self.entries, &other.entries) && self.meta == other.meta
    }

    /// What is in it, by name.
    pub fn iter(&self) -> impl Iterator<Item = (&Arc<str>, &Node)> {
        self.entries.iter()
    }

    /// Whether nothing is in it.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.entries.is_empty()
    }

    /// What is called `name` in it.
    #[must_use]
    pub fn entry(&self, name: &str) -> Option<&Node> {
        self.entries.get(name)
    }

    /// What is at `parts`, links not followed; `None` when it is not there. An empty path is no node.
    #[must_use]
    pub fn get<S: AsRef<str>>(&self, parts: &[S]) -> Option<&Node> {
        let (last, way) = parts.split_last()?;
        let mut here = self;
        for part in way {
            match here.entries.get(part.as_ref()) {
                Some(Node::Directory(next)) => here = next,
                _ => return None,
            }
        }
        here.entries.get(last.as_ref())
    }

    /// The same for writing; folders on the way are copied if they are shared.
    pub fn get_mut<S: AsRef<str>>(&mut self, parts: &[S]) -> Option<&mut Node> {
        let (first, rest) = parts.split_first()?;
        let node = Arc::make_mut(&mut self.entries).get_mut(first.as_ref())?;
        match node {
            _ if rest.is_empty() => Some(node),
            Node::Directory(next) => next.get_mut(rest),
            _ => None,
        }
    }

    /// Puts `node` at `parts`, making the folders on the way, and returns what was there.
    ///
    /// # Errors
    /// [`Errno::NotDirectory`] when something on the way is no folder.
    pub fn put<S: AsRef<str>>(&mut self, parts: &[S], node: Node) -> Result<Option<Node>, Errno> {
        let Some((first, rest)) = parts.split_first() else { return Err(Errno::IsDirectory) };
        let entries = Arc::make_mut(&mut self.entries);
        if rest.is_empty() {
            return Ok(entries.insert(first.as_ref().into(), node));
        }
        let next = entries.get_or_insert_with(first.as_ref().into(), || Node::Directory(Self::default()));
        match next {
            Node::Directory(next) => next.put(rest, node),
            _ => Err(Errno::NotDirectory),
        }
    }

    /// Takes away what is at `parts`.
    pub fn remove<S: AsRef<str>>(&mut self, parts: &[S]) -> Option<Node> {
        let (first, rest) = parts.split_first()?;
        let entries = Arc::make_mut(&mut self.entries);
        if rest.is_empty() {
            return entries.remove(first.as_ref());
        }
        match entries.get_mut(first.as_ref())? {
            Node::Directory(next) => next.remove(rest),
            _ => None,
        }
    }

    /// Bytes of all files in it, at any depth.
    #[must_use]
    pub fn size(&self) -> u64 {
        self.entries
            .values()
            .map(|node| match node {
                Node::File(file) => file.len(),
                Node::Directory(directory) => directory.size(),
                Node::Link(_) => 0,
            })
            .sum()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_clone_keeps_what_it_had() {
        let original = Directory::of_files([("/etc/motd", &b"hello"[..])], 0o644);
        let mut copy = original.clone();
        copy.put(&["etc", "motd"], Node::File(File::of("changed", 0o644))).unwrap();
        copy.put(&["var", "new"], Node::File(File::of("x", 0o644))).unwrap();
        assert_eq!((original.size(), copy.size()), (5, 8));
        assert!(copy.remove(&["etc", "motd"]).is_some());
        assert!(original.get(&["etc", "motd"]).is_some());
    }
}
