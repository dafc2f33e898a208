//! hostPath: a file or folder of the node itself, checked against what the Pod expects there.
//!
//! Models `pkg/volume/hostpath/host_path.go`. **Not modelled:** sockets and devices; they are never found.

use crate::machine::fs::{Directory, File, Node, path};
use crate::machine::{Claim, Machine, MountSource, Mounted, VolumeError};

/// Checks the path and makes what may be made.
///
/// # Errors
/// `hostPath type check failed: …`.
pub fn set_up(volume: &str, path: &str, type_: Option<&str>, machine: &mut Machine) -> Result<Mounted, VolumeError> {
    check(path, type_.unwrap_or_default(), machine.host_files_mut()).map_err(|expected| {
        let text = format!("hostPath type check failed: {path} is not {expected}");
        VolumeError::Operation("MountVolume.SetUp", volume.to_owned(), text)
    })?;
    let source = MountSource::HostPath(path.to_owned());
    Ok(Mounted { source, read_only: false, is_live: false, device: None, claim: Claim::Nothing })
}

fn check(path: &str, type_: &str, files: &mut Directory) -> Result<(), &'static str> {
    let parts = path::parts("/", path);
    if parts.is_empty() {
        return if matches!(type_, "" | "Directory" | "DirectoryOrCreate") { Ok(()) } else { Err("a file") };
    }
    match (type_, files.get(&parts)) {
        // Without a type nothing is checked, and the runtime makes a folder where nothing is.
        ("" | "DirectoryOrCreate", None) => {
            let made = files.put(&parts, Node::Directory(Directory::with_mode(0o755)));
            made.map(|_| ()).map_err(|_| "a directory")
        }
        ("FileOrCreate", None) => {
            let has_parent =
                parts.len() == 1 || matches!(files.get(&parts[..parts.len() - 1]), Some(Node::Directory(_)));
            let made = has_parent && files.put(&parts, Node::File(File::of("", 0o644))).is_ok();
            if made { Ok(()) } else { Err("a file") }
        }
        ("", Some(_)) | ("Directory" | "DirectoryOrCreate", Some(Node::Directory(_))) => Ok(()),
        ("File" | "FileOrCreate", Some(Node::File(_))) => Ok(()),
        ("Directory" | "DirectoryOrCreate", _) => Err("a directory"),
        ("File" | "FileOrCreate", _) => Err("a file"),
        ("Socket", _) => Err("a socket file"),
        ("CharDevice", _) => Err("a character device"),
        _ => Err("a block device"),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_there_must_be_what_was_asked_for() {
        let mut files = Directory::of_files([("/etc/motd", &b"hi"[..])], 0o644);
        assert_eq!(check("/etc/motd", "File", &mut files), Ok(()));
        assert_eq!(check("/etc/motd", "Directory", &mut files), Err("a directory"));
        assert_eq!(check("/data", "Directory", &mut files), Err("a directory"));
        assert_eq!(check("/data", "DirectoryOrCreate", &mut files), Ok(()));
        assert_eq!(check("/data", "Directory", &mut files), Ok(()));
        assert_eq!(check("/none/f", "FileOrCreate", &mut files), Err("a file"));
        assert_eq!(check("/data/f", "FileOrCreate", &mut files), Ok(()));
        assert_eq!(check("/run/x.sock", "Socket", &mut files), Err("a socket file"));
    }
}
