//! `base64`: bytes in 64 letters, and back.

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;

/// Letters in a line unless `-w` says otherwise.
const WIDTH: usize = 76;

/// An encoding or decoding under way.
#[derive(Clone, Debug)]
pub struct Base64 {
    decodes: bool,
    /// 0 breaks no lines.
    width: usize,
    bytes: Vec<u8>,
}

impl Base64 {
    /// Nothing read yet.
    #[must_use]
    pub fn new(decodes: bool, width: Option<usize>) -> Self {
        Self { decodes, width: width.unwrap_or(WIDTH), bytes: Vec::new() }
    }

    /// Takes a piece of the input.
    pub fn take(&mut self, bytes: &[u8]) {
        self.bytes.extend_from_slice(bytes);
    }

    /// Writes the result; the exit code.
    pub fn finish(&self, out: &mut Vec<u8>) -> i32 {
        if self.decodes {
            let letters: Vec<u8> = self.bytes.iter().copied().filter(|byte| *byte != b'\n').collect();
            let decoded = STANDARD.decode(letters);
            out.extend(decoded.iter().flatten());
            return i32::from(decoded.is_err());
        }
        let letters = STANDARD.encode(&self.bytes).into_bytes();
        if self.width == 0 {
            out.extend(letters);
            return 0;
        }
        for line in letters.chunks(self.width) {
            out.extend_from_slice(line);
            out.push(b'\n');
        }
        0
    }
}
