//! Reading commands from standard input, one at a time: a script that comes through a pipe, or a person at a terminal with
//! prompts and Ctrl-C.
//!
//! Models `cmdloop` of dash and busybox ash and `reader_loop` of bash. Prompts are those of the images: busybox's
//! `FEATURE_EDITING` default `\w \$ `, dash's `# `, and Debian's `/etc/bash.bashrc` for bash.

use super::Shell;
use super::frame::Frame;
use super::parse;
use super::state::Variable;
use super::step::Flow;
use crate::machine::image::Dialect;
use crate::machine::kernel::Kernel;
use crate::machine::kernel::descriptor::{OpenId, PipeId, Read};
use crate::machine::kernel::process::{HostPid, Waiting};
use crate::machine::signal::Signal;

/// What has been read of the next command.
#[derive(Clone, Debug, Default)]
pub struct Reading {
    /// Lines so far.
    text: Vec<u8>,
    /// How many lines came before them.
    lines_before: usize,
    /// The prompt for the next line has been printed.
    is_prompted: bool,
}

impl Shell {
    /// Reads the next command from standard input and runs it, or waits for more of it.
    pub fn script_goes_on(&mut self, mut reading: Reading, host: HostPid, kernel: &mut Kernel<'_>) -> Flow {
        let open = kernel.sandbox.processes.get(&host).and_then(|process| process.descriptors.get(&0)).copied();
        let Some(open) = open else { return Flow::Go };
        let terminal = kernel.terminal_of(open);
        if terminal.is_some() && !self.state.is_interactive {
            self.become_interactive(host, kernel);
        }
        loop {
            if self.state.is_interactive && !reading.is_prompted {
                self.prompt(!reading.text.is_empty(), terminal, host, kernel);
                reading.is_prompted = true;
            }
            match read_line(open, &mut reading.text, kernel) {
                Line::Whole => {
                    reading.is_prompted = false;
                    if let Some(frames) = self.command_of(&mut reading, false, host, kernel) {
                        self.frames.push(Frame::Script(reading));
                        self.frames.extend(frames);
                        return Flow::Go;
                    }
                }
                Line::End => {
                    if let Some(frames) = self.command_of(&mut reading, true, host, kernel) {
                        self.frames.extend(frames);
                        return Flow::Go;
                    }
                    self.say_goodbye(host, kernel);
                    return Flow::Go;
                }
                Line::Wait(pipe) => {
                    self.frames.push(Frame::Script(reading));
                    return Flow::Block(Waiting::Pipe(pipe));
                }
            }
        }
    }

    /// The command that the lines make, if they make one; what cannot be read is complained about.
    fn command_of(
        &mut self,
        reading: &mut Reading,
        is_end: bool,
        host: HostPid,
        kernel: &mut Kernel<'_>,
    ) -> Option<Vec<Frame>> {
        let text = String::from_utf8_lossy(&reading.text).into_owned();
        let is_continued = text.ends_with("\\\n") && !text.ends_with("\\\\\n");
        if text.trim().is_empty() || (is_continued && !is_end) {
            if !is_continued {
                reading.forget();
            }
            return None;
        }
        // Empty lines in front, so that complaints name the line of the whole script.
        let placed = "\n".repeat(reading.lines_before) + &text;
        match parse::parse(&placed) {
            Ok(items) => {
                reading.forget();
                (!items.is_empty()).then(|| vec![Frame::List { items, next: 0 }])
            }
            Err(error) if error.near.is_none() && !is_end => None,
            Err(error) => {
                reading.forget();
                self.syntax_error(&error, host, kernel);
                self.state.status = 2;
                if self.state.is_interactive {
                    return None;
                }
                self.exit(2, host, kernel);
                Some(Vec::new())
            }
        }
    }

    fn become_interactive(&mut self, host: HostPid, kernel: &mut Kernel<'_>) {
        self.state.is_interactive = true;
        let is_root = kernel.sandbox.processes.get(&host).is_none_or(|process| process.user == 0);
        let own = match self.state.dialect {
            Dialect::Ash => "\\w \\$ ",
            Dialect::Bash => "\\u@\\h:\\w\\$ ",
            Dialect::Dash if is_root => "# ",
            Dialect::Dash => "$ ",
        };
        for (name, value) in [("PS1", own), ("PS2", "> "), ("PS4", "+ ")] {
            if self.state.value(name).is_none() {
                let variable = Variable { value: Some(value.into()), ..Variable::default() };
                self.state.restore(name, Some(variable));
            }
        }
    }

    fn prompt(&mut self, is_continued: bool, terminal: Option<PipeId>, host: HostPid, kernel: &mut Kernel<'_>) {
        let prompt = self.state.value(if is_continued { "PS2" } else { "PS1" }).unwrap_or_default();
        let text = self.prompt_text(&prompt, host, kernel);
        Self::say_error(&text, host, kernel);
        if let Some(terminal) = terminal.filter(|_| self.state.dialect != Dialect::Dash) {
            kernel.begin_editing(terminal);
        }
    }

    /// Fills in what a prompt says: `\w`, `\$`, `\u`, `\h`, `$NAME`.
    fn prompt_text(&self, prompt: &str, host: HostPid, kernel: &Kernel<'_>) -> String {
        let process = kernel.sandbox.processes.get(&host);
        let cwd = process.map_or("/", |process| &process.cwd);
        let is_root = process.is_none_or(|process| process.user == 0);
        let home = self.state.value("HOME").unwrap_or_default();
        let mut out = String::new();
        let mut rest = prompt.chars().peekable();
        while let Some(c) = rest.next() {
            match c {
                '\\' if self.state.dialect != Dialect::Dash => match rest.next() {
                    Some('w') => match cwd.strip_prefix(&*home).filter(|below| home.len() > 1 && starts_below(below)) {
                        Some(below) => out += &format!("~{below}"),
                        None => out += cwd,
                    },
                    Some('W') => out += cwd.rsplit('/').next().filter(|name| !name.is_empty()).unwrap_or("/"),
                    Some('$') => out.push(if is_root { '#' } else { '$' }),
                    Some('u') => out += if is_root { "root" } else { "I have no name!" },
                    Some('h' | 'H') => out += &kernel.sandbox.config.hostname,
                    Some('s') => out += &self.state.name,
                    Some('n') => out.push('\n'),
                    Some('e') => out.push('\u{1b}'),
                    Some('[' | ']') => {}
                    Some(other) => out.push(other),
                    None => out.push('\\'),
                },
                '$' => {
                    let is_braced = rest.next_if_eq(&'{').is_some();
                    let mut name = String::new();
                    while let Some(letter) = rest.next_if(|c| c.is_ascii_alphanumeric() || *c == '_') {
                        name.push(letter);
                    }
                    if is_braced {
                        rest.next_if_eq(&'}');
                    }
                    match name.is_empty() {
                        true => out.push('$'),
                        false if name == "PWD" => out += cwd,
                        false => out += &self.state.value(&name).unwrap_or_default(),
                    }
                }
                c => out.push(c),
            }
        }
        out
    }

    /// A person's input has come to its end.
    fn say_goodbye(&self, host: HostPid, kernel: &mut Kernel<'_>) {
        if self.state.is_interactive {
            let text = if self.state.dialect == Dialect::Bash { "exit\n" } else { "\n" };
            Self::say_error(text, host, kernel);
        }
    }

    /// Whether this is a shell at a terminal that Ctrl-C brings back to its prompt.
    #[must_use]
    pub fn survives(&self, signal: Signal) -> bool {
        self.state.is_interactive && matches!(signal, Signal::Int | Signal::Quit | Signal::Term)
    }

    /// Ctrl-C: whatever was under way is dropped, and there is a prompt again.
    pub(super) fn back_to_prompt(&mut self, host: HostPid, kernel: &mut Kernel<'_>) {
        while let Some(frame) = self.frames.pop() {
            if let Frame::Script(reading) = frame {
                let mut reading = reading;
                reading.forget();
                reading.is_prompted = false;
                self.frames.push(Frame::Script(reading));
                break;
            }
            self.undo(frame, host, kernel);
        }
        self.state.status = Signal::Int.exit_code();
        Self::say_error("\n", host, kernel);
    }
}

impl Reading {
    /// The lines have been dealt with.
    fn forget(&mut self) {
        self.lines_before += self.text.iter().filter(|byte| **byte == b'\n').count();
        self.text.clear();
    }
}

/// Whether a path below HOME is what follows it: `/x` or nothing, but not the rest of another name.
fn starts_below(rest: &str) -> bool {
    rest.is_empty() || rest.starts_with('/')
}

/// How far a line has come.
enum Line {
    Whole,
    End,
    Wait(PipeId),
}

/// Reads up to the end of a line; what comes after it stays for the commands that the line runs.
fn read_line(open: OpenId, text: &mut Vec<u8>, kernel: &mut Kernel<'_>) -> Line {
    loop {
        match kernel.read(open, 4096) {
            Ok(Read::Bytes(bytes)) => match bytes.iter().position(|byte| *byte == b'\n') {
                Some(end) => {
                    text.extend_from_slice(&bytes[..=end]);
                    kernel.unread(open, &bytes[end + 1..]);
                    return Line::Whole;
                }
                None => text.extend(bytes),
            },
            Ok(Read::Wait(pipe)) => return Line::Wait(pipe),
            Ok(Read::End | Read::Zeros) | Err(_) => return Line::End,
        }
    }
}
