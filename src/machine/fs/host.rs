//! The files of the machine itself, as a Pod sees them that mounts the host's root (`kubectl debug node/…`).
//!
//! **Not modelled.** The node's own programs and what they keep: a Pod that changes its root to them finds none.

use super::path;
use super::tree::{Directory, File, Node};

/// Folders that every machine with a kubelet has.
const FOLDERS: [&str; 22] = [
    "/bin",
    "/boot",
    "/dev",
    "/etc/cni/net.d",
    "/etc/kubernetes/manifests",
    "/home",
    "/lib",
    "/media",
    "/mnt",
    "/opt/cni/bin",
    "/proc",
    "/root",
    "/run/containerd",
    "/sbin",
    "/srv",
    "/sys",
    "/tmp",
    "/usr/bin",
    "/var/lib/containerd",
    "/var/lib/kubelet/pods",
    "/var/log/containers",
    "/var/log/pods",
];

/// What `/etc/os-release` says; the version is the one that the node reports.
const OS_RELEASE: &str =
    "PRETTY_NAME=\"Ubuntu 24.04.1 LTS\"\nNAME=\"Ubuntu\"\nVERSION_ID=\"24.04\"\nID=ubuntu\nID_LIKE=debian\n";

/// The files of a machine that has just been set up.
#[must_use]
pub fn files(name: &str) -> Directory {
    let mut root = Directory::default();
    let folders = FOLDERS.iter().map(|folder| (*folder, Node::Directory(Directory::default())));
    let file = |text: String| Node::File(File::of(text, 0o644));
    let texts = [
        ("/etc/hostname", format!("{name}\n")),
        ("/etc/hosts", format!("127.0.0.1 localhost\n127.0.1.1 {name}\n")),
        ("/etc/os-release", OS_RELEASE.to_owned()),
    ];
    for (place, node) in folders.chain(texts.map(|(place, text)| (place, file(text)))) {
        // None of these is below a file.
        root.put(&path::parts("/", place), node).unwrap_or_default();
    }
    root
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_machine_has_a_name_and_a_place_for_its_pods() {
        let files = files("node-1");
        let Some(Node::File(name)) = files.get(&["etc", "hostname"]) else { panic!("no name") };
        assert_eq!(**name.bytes(), *b"node-1\n");
        assert!(matches!(files.get(&["var", "lib", "kubelet", "pods"]), Some(Node::Directory(_))));
    }
}
