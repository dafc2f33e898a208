//! Archives as `kubectl cp` sends them through `tar`: plain files in the ustar format.
//!
//! Source: POSIX.1-2017, `pax`, "ustar Interchange Format".

/// Everything is in blocks of so many bytes.
const BLOCK: usize = 512;
const NAME_MAX: usize = 100;

/// Files, by path.
pub type Files = Vec<(String, Vec<u8>)>;

/// Packs files; `None` when a path is too long for the format.
#[must_use]
pub fn pack<'a>(files: impl IntoIterator<Item = (&'a str, &'a [u8])>) -> Option<Vec<u8>> {
    let mut archive = Vec::new();
    for (path, bytes) in files {
        archive.extend(header(path, bytes.len())?);
        archive.extend_from_slice(bytes);
        archive.resize(archive.len().next_multiple_of(BLOCK), 0);
    }
    archive.resize(archive.len() + 2 * BLOCK, 0);
    Some(archive)
}

fn header(path: &str, size: usize) -> Option<[u8; BLOCK]> {
    let mut block = [0; BLOCK];
    let mut put = |at: usize, text: &[u8]| block[at..at + text.len()].copy_from_slice(text);
    if path.len() > NAME_MAX {
        // The folders before a slash may stand in a field of their own.
        let cut = path.match_indices('/').map(|(at, _)| at).find(|at| path.len() - at - 1 <= NAME_MAX)?;
        if cut > 155 {
            return None;
        }
        put(0, &path.as_bytes()[cut + 1..]);
        put(345, &path.as_bytes()[..cut]);
    } else {
        put(0, path.as_bytes());
    }
    put(100, b"0000644\0");
    put(108, b"0000000\0");
    put(116, b"0000000\0");
    put(124, format!("{size:011o}\0").as_bytes());
    put(136, b"00000000000\0");
    put(148, b"        ");
    put(156, b"0");
    put(257, b"ustar\x0000");
    let sum: u32 = block.iter().map(|byte| u32::from(*byte)).sum();
    block[148..156].copy_from_slice(format!("{sum:06o}\0 ").as_bytes());
    Some(block)
}

/// The plain files of an archive; what is cut off is left out.
#[must_use]
pub fn unpack(archive: &[u8]) -> Files {
    let mut files = Vec::new();
    let mut rest = archive;
    while let Some((block, after)) = rest.split_first_chunk::<BLOCK>() {
        if block.iter().all(|byte| *byte == 0) {
            break;
        }
        let text = |from: usize, to: usize| {
            let field = &block[from..to];
            let end = field.iter().position(|byte| *byte == 0).unwrap_or(field.len());
            String::from_utf8_lossy(&field[..end]).trim().to_owned()
        };
        let size = usize::from_str_radix(&text(124, 136), 8).unwrap_or(0);
        let Some(bytes) = after.get(..size) else { break };
        if matches!(block[156], b'0' | 0) {
            let prefix = text(345, 500);
            let name = text(0, NAME_MAX);
            files.push((if prefix.is_empty() { name } else { format!("{prefix}/{name}") }, bytes.to_vec()));
        }
        rest = after.get(size.next_multiple_of(BLOCK)..).unwrap_or_default();
    }
    files
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_packed_comes_out_again() {
        let long = format!("{}/f", "d".repeat(120));
        let files = [("a", &b"one"[..]), ("b/c", &[7; 600][..]), (long.as_str(), &b""[..])];
        let archive = pack(files).unwrap();
        assert_eq!(archive.len() % BLOCK, 0);
        let out = unpack(&archive);
        assert_eq!(out.iter().map(|(name, bytes)| (name.as_str(), bytes.as_slice())).collect::<Vec<_>>(), files);
        assert_eq!(unpack(&archive[..700]).len(), 1);
        assert_eq!(pack([("x".repeat(200).as_str(), &b""[..])]), None);
    }
}
