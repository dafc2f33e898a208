//! `read`.

use super::Outcome;
use crate::machine::kernel::Kernel;
use crate::machine::kernel::descriptor::Read;
use crate::machine::kernel::process::{HostPid, Waiting};
use crate::machine::shell::Shell;
use crate::machine::shell::frame::Frame;
use crate::machine::shell::step::Flow;

impl Shell {
    pub(super) fn builtin_read(&mut self, arguments: &[String]) -> Outcome {
        let mut names = Vec::new();
        let mut is_raw = false;
        let mut rest = arguments.iter();
        while let Some(word) = rest.next() {
            match word.as_str() {
                "-r" => is_raw = true,
                // A prompt is for terminals; a timeout needs one to matter.
                "-p" | "-t" => drop(rest.next()),
                word if word.starts_with('-') => {}
                name => names.push(name.to_owned()),
            }
        }
        if names.is_empty() {
            names.push("REPLY".to_owned());
        }
        Outcome::Push(vec![Frame::Read { names, is_raw, line: Vec::new(), descriptor: 0 }])
    }

    /// Reads until the end of a line; what comes after it stays for the next reader.
    pub fn read_goes_on(
        &mut self,
        names: Vec<String>,
        is_raw: bool,
        mut line: Vec<u8>,
        descriptor: i32,
        host: HostPid,
        kernel: &mut Kernel<'_>,
    ) -> Flow {
        let process = kernel.sandbox.processes.get(&host);
        let open = process.and_then(|process| process.descriptors.get(&descriptor)).copied();
        let mut status = 1;
        while let Some(open) = open {
            match kernel.read(open, 4096) {
                Ok(Read::Bytes(bytes)) => {
                    let Some(end) = bytes.iter().position(|byte| *byte == b'\n') else {
                        line.extend(bytes);
                        continue;
                    };
                    line.extend_from_slice(&bytes[..end]);
                    kernel.unread(open, &bytes[end + 1..]);
                    if !is_raw && line.last() == Some(&b'\\') {
                        line.pop();
                        continue;
                    }
                    status = 0;
                    break;
                }
                Ok(Read::Wait(pipe)) => {
                    self.frames.push(Frame::Read { names, is_raw, line, descriptor });
                    return Flow::Block(Waiting::Pipe(pipe));
                }
                Ok(Read::End | Read::Zeros) | Err(_) => break,
            }
        }
        let text = String::from_utf8_lossy(&line).into_owned();
        let text = if is_raw { text } else { text.replace('\\', "") };
        self.give(&names, &text);
        self.state.status = status;
        Flow::Go
    }

    /// Spreads a line over variables: one word each, the last takes the rest.
    fn give(&mut self, names: &[String], text: &str) {
        let separators = self.state.value("IFS").map_or(" \t\n".to_owned(), |value| value.to_string());
        let is_blank = |c: char| c.is_whitespace() && separators.contains(c);
        let mut rest = text.trim_matches(is_blank);
        for (index, name) in names.iter().enumerate() {
            if index + 1 == names.len() {
                self.state.set(name, rest);
                return;
            }
            let end = rest.find(|c| separators.contains(c)).unwrap_or(rest.len());
            self.state.set(name, &rest[..end]);
            let tail = rest[end..].trim_start_matches(is_blank);
            let next_separator = |c: char| separators.contains(c) && !c.is_whitespace();
            rest = tail.strip_prefix(next_separator).unwrap_or(tail).trim_start_matches(is_blank);
        }
    }
}
