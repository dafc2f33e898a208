//! What stands before each member of an archive: one block in the ustar format.

use std::sync::Arc;

use super::BLOCK;
use crate::machine::fs::{Content, Meta, Node};
use crate::model::time;

/// What stands before each member.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Header {
    pub(super) name: String,
    pub(super) mode: u16,
    pub(super) owner: u32,
    pub(super) group: u32,
    pub(super) size: usize,
    pub(super) modified: time::Timestamp,
    pub(super) kind: u8,
    pub(super) link: Arc<str>,
}

impl Header {
    /// `None` for what has no bytes to be packed: a program of the catalogue.
    pub(super) fn of(member: &str, node: &Node) -> Option<Self> {
        let (meta, kind, link) = match node {
            Node::File(file) if matches!(file.content, Content::Executable(_)) => return None,
            Node::File(file) => (file.meta, b'0', "".into()),
            Node::Directory(directory) => (directory.meta, b'5', "".into()),
            Node::Link(target) => (Meta::root(0o777), b'2', Arc::clone(target)),
        };
        let size = if let Node::File(file) = node { usize::try_from(file.len()).unwrap_or(0) } else { 0 };
        let name = if kind == b'5' { format!("{member}/") } else { member.to_owned() };
        let modified = time::timestamp(meta.modified);
        Some(Self { name, mode: meta.mode, owner: meta.owner, group: meta.group, size, modified, kind, link })
    }

    /// As it stands in the archive.
    pub(super) fn to_block(&self) -> Vec<u8> {
        let mut block = vec![0; BLOCK];
        let mut put = |at: usize, room: usize, bytes: &[u8]| {
            let count = bytes.len().min(room);
            block[at..at + count].copy_from_slice(&bytes[..count]);
        };
        let (prefix, name) = self.split_name();
        put(0, 100, name.as_bytes());
        put(100, 8, format!("{:07o}\0", self.mode).as_bytes());
        put(108, 8, format!("{:07o}\0", self.owner).as_bytes());
        put(116, 8, format!("{:07o}\0", self.group).as_bytes());
        put(124, 12, format!("{:011o}\0", self.size).as_bytes());
        put(136, 12, format!("{:011o}\0", self.modified.as_second().max(0)).as_bytes());
        put(148, 8, b"        ");
        put(156, 1, &[self.kind]);
        put(157, 100, self.link.as_bytes());
        put(257, 8, b"ustar\x0000");
        put(345, 155, prefix.as_bytes());
        let sum: u32 = block.iter().map(|byte| u32::from(*byte)).sum();
        block[148..156].copy_from_slice(format!("{sum:06o}\0 ").as_bytes());
        block
    }

    /// A name of more than 100 bytes is parted at a slash.
    fn split_name(&self) -> (&str, &str) {
        if self.name.len() <= 100 {
            return ("", &self.name);
        }
        let mut slashes = self.name.match_indices('/').map(|(at, _)| at);
        let cut = slashes.rfind(|at| *at <= 155 && self.name.len() - at - 1 <= 100 && *at + 1 < self.name.len());
        cut.map_or(("", &self.name), |at| (&self.name[..at], &self.name[at + 1..]))
    }

    /// Reads it back; `None` when the sum is wrong or a number is none.
    pub(super) fn from_block(block: &[u8]) -> Option<Self> {
        let text = |at: usize, length: usize| {
            let field = &block[at..at + length];
            let end = field.iter().position(|byte| *byte == 0).unwrap_or(length);
            String::from_utf8_lossy(&field[..end]).into_owned()
        };
        let number = |at: usize, length: usize| {
            let digits = text(at, length);
            let digits = digits.trim();
            if digits.is_empty() { Some(0) } else { u64::from_str_radix(digits, 8).ok() }
        };
        let sum: u64 = block
            .iter()
            .enumerate()
            .map(|(at, byte)| if (148..156).contains(&at) { 32 } else { u64::from(*byte) })
            .sum();
        if number(148, 8) != Some(sum) {
            return None;
        }
        let prefix = if block[257..262] == *b"ustar" { text(345, 155) } else { String::new() };
        let name = text(0, 100);
        Some(Self {
            name: if prefix.is_empty() { name } else { format!("{prefix}/{name}") },
            mode: u16::try_from(number(100, 8)? & 0o7777).ok()?,
            owner: u32::try_from(number(108, 8)?).ok()?,
            group: u32::try_from(number(116, 8)?).ok()?,
            size: usize::try_from(number(124, 12)?).ok()?,
            modified: time::Timestamp::from_second(i64::try_from(number(136, 12)?).ok()?).ok()?,
            kind: block[156],
            link: text(157, 100).into(),
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::machine::fs::File;

    #[test]
    fn a_header_survives_the_way_there_and_back() {
        let mut node = File::of("hello", 0o640);
        node.meta.owner = 1000;
        let long = format!("{}/{}/file", "a".repeat(90), "b".repeat(60));
        for name in ["etc/motd", &long] {
            let header = Header::of(name, &Node::File(node.clone())).unwrap();
            let read = Header::from_block(&header.to_block()).unwrap();
            assert_eq!(read, header);
            assert_eq!((read.name.as_str(), read.size, read.mode), (name, 5, 0o640));
        }
        assert_eq!(Header::from_block(&[b'x'; BLOCK]), None);
    }
}
