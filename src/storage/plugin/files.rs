//! Files that follow an object: a folder per version, and links through `..data`, so that all change at once.
//!
//! Models `pkg/volume/util/atomic_writer.go`.

use std::collections::{BTreeMap, VecDeque};
use std::sync::Arc;

use crate::engine::SimTime;
use crate::machine::fs::{Content, Directory, File, Meta, Node};
use crate::model::time;

/// Bytes and permission bits by path. What many Pods mount alike is one copy.
pub type Payload = BTreeMap<String, (Arc<Vec<u8>>, u16)>;

/// Shorter contents are not worth looking for.
const SHARED_FROM_BYTES: usize = 256;
/// So many contents are remembered: those of the ConfigMaps that every Pod mounts, and a few more.
const CONTENTS_MAX: usize = 8;

/// What was mounted last, so that the certificate that every Pod gets is in memory once.
#[derive(Clone, Debug, Default)]
pub struct Contents(VecDeque<Arc<Vec<u8>>>);

impl Contents {
    /// These bytes, shared with those that mounted the same before.
    pub fn share(&mut self, bytes: &[u8]) -> Arc<Vec<u8>> {
        if bytes.len() < SHARED_FROM_BYTES {
            return Arc::new(bytes.to_vec());
        }
        if let Some(known) = self.0.iter().find(|known| known.as_slice() == bytes) {
            return Arc::clone(known);
        }
        let fresh = Arc::new(bytes.to_vec());
        // What only this list still holds makes room first.
        let unused = self.0.iter().position(|known| Arc::strong_count(known) == 1);
        if self.0.len() == CONTENTS_MAX {
            self.0.remove(unused.unwrap_or(0));
        }
        self.0.push_back(Arc::clone(&fresh));
        fresh
    }
}

/// The name of the link to the present version.
const DATA: &str = "..data";

/// The folder of a volume with this payload, written at `now`.
#[must_use]
pub fn directory(payload: &Payload, now: SimTime) -> Directory {
    let mut version = Directory::default();
    for (path, (bytes, mode)) in payload {
        let meta = Meta { modified: now, ..Meta::root(*mode) };
        let file = File { content: Content::Bytes(Arc::clone(bytes), 0), meta };
        let parts: Vec<&str> = path.split('/').filter(|part| !part.is_empty()).collect();
        // A path below another file cannot be made; the API refuses such volumes.
        version.put(&parts, Node::File(file)).unwrap_or_default();
    }
    let stamp = time::timestamp(now).strftime("..%Y_%m_%d_%H_%M_%S").to_string();
    let stamp = format!("{stamp}.{:010}", now.as_micros() % 1_000_000 * 1_000);
    let mut root = Directory::with_mode(0o777);
    let mut put = |name: &str, node| {
        root.put(&[name], node).unwrap_or_default();
    };
    for (name, _) in version.iter() {
        put(name, Node::Link(format!("{DATA}/{name}").into()));
    }
    put(DATA, Node::Link(stamp.as_str().into()));
    put(&stamp, Node::Directory(version));
    root
}

/// The present version inside a volume.
fn present(root: &Directory) -> Option<&Directory> {
    let Some(Node::Link(stamp)) = root.entry(DATA) else { return None };
    match root.entry(stamp) {
        Some(Node::Directory(version)) => Some(version),
        _ => None,
    }
}

/// A folder with nothing in it but one file or folder of the present version.
#[must_use]
pub fn part(root: &Directory, path: &str) -> Option<Directory> {
    let parts = crate::machine::fs::path::parts("/", path);
    let node = present(root)?.get(&parts)?.clone();
    let mut copy = Directory::default();
    copy.put(&parts, node).ok()?;
    Some(copy)
}

/// Whether two volumes hold the same, apart from when it was written.
#[must_use]
pub fn is_same(one: &Directory, two: &Directory) -> bool {
    fn flat(prefix: &str, directory: &Directory, into: &mut BTreeMap<String, (Vec<u8>, u16)>) {
        for (name, node) in directory.iter() {
            match node {
                Node::File(file) => {
                    into.insert(format!("{prefix}/{name}"), (file.bytes().to_vec(), file.meta.mode));
                }
                Node::Directory(inner) => flat(&format!("{prefix}/{name}"), inner, into),
                Node::Link(_) => {}
            }
        }
    }
    let all = |root| {
        let mut files = BTreeMap::new();
        present(root).into_iter().for_each(|version| flat("", version, &mut files));
        files
    };
    all(one) == all(two)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn all_files_hang_on_one_link() {
        let payload = Payload::from([
            ("app.conf".to_owned(), (b"a=1".to_vec().into(), 0o644)),
            ("x/y".into(), (b"2".to_vec().into(), 0o400)),
        ]);
        let volume = directory(&payload, SimTime::from_secs(1));
        let names: Vec<&str> = volume.iter().map(|(name, _)| &**name).collect();
        assert_eq!(names, ["..2026_01_05_08_00_01.0000000000", "..data", "app.conf", "x"]);
        assert_eq!(volume.entry("app.conf"), Some(&Node::Link("..data/app.conf".into())));
        assert!(is_same(&volume, &directory(&payload, SimTime::from_secs(9))));
        assert!(!is_same(&volume, &directory(&Payload::new(), SimTime::from_secs(9))));
    }
}
