//! `exit`, `return`, `break`, `continue`, `eval`, `.`, `command`, `type`.

use super::{Outcome, is_builtin};
use crate::machine::image::Dialect;
use crate::machine::kernel::Kernel;
use crate::machine::kernel::process::HostPid;
use crate::machine::shell::frame::Frame;
use crate::machine::shell::start::read_script;
use crate::machine::shell::{Shell, parse};

impl Shell {
    pub(super) fn builtin_exit(&mut self, arguments: &[String], host: HostPid, kernel: &mut Kernel<'_>) -> Outcome {
        // In the action of a trap, a bare `exit` means the status before the trap.
        let before_trap = self.frames.iter().rev().find_map(|frame| match frame {
            Frame::Trap { status } => Some(*status),
            _ => None,
        });
        let own = before_trap.unwrap_or(self.state.status);
        let code = arguments.first().map_or(Some(own), |code| code.parse().ok());
        if self.state.is_interactive && self.state.dialect == Dialect::Bash {
            Self::say_error("exit\n", host, kernel);
        }
        match code {
            Some(code) => self.exit(code, host, kernel),
            None => {
                self.complain(&format!("exit: Illegal number: {}", arguments[0]), host, kernel);
                self.exit(2, host, kernel);
            }
        }
        Outcome::Moved
    }

    pub(super) fn builtin_return(&mut self, arguments: &[String], host: HostPid, kernel: &mut Kernel<'_>) -> Outcome {
        let status = arguments.first().and_then(|code| code.parse().ok()).unwrap_or(self.state.status);
        if !self.leave_function(status & 0xff, host, kernel) {
            self.exit(status, host, kernel);
        }
        Outcome::Moved
    }

    pub(super) fn builtin_break(&mut self, argv: &[String], host: HostPid, kernel: &mut Kernel<'_>) -> Outcome {
        let levels = argv.get(1).and_then(|levels| levels.parse().ok()).unwrap_or(1);
        self.leave_loop(levels, argv[0] == "continue", host, kernel);
        Outcome::Moved
    }

    pub(super) fn builtin_eval(&mut self, arguments: &[String], host: HostPid, kernel: &mut Kernel<'_>) -> Outcome {
        match parse::parse(&arguments.join(" ")) {
            Ok(items) => Outcome::Push(vec![Frame::List { items, next: 0 }]),
            Err(_) => {
                self.run_text(&arguments.join(" "), host, kernel);
                Outcome::Moved
            }
        }
    }

    pub(super) fn builtin_source(&mut self, arguments: &[String], host: HostPid, kernel: &mut Kernel<'_>) -> Outcome {
        let Some(file) = arguments.first() else { return Outcome::status(2) };
        match read_script(file, host, kernel).map(|text| parse::parse(&text)) {
            Ok(Ok(items)) => Outcome::Push(vec![Frame::Sourced, Frame::List { items, next: 0 }]),
            Ok(Err(_)) => self.fail(2, &format!("{file}: syntax error")),
            Err(error) => self.fail(1, &format!("{file}: {error}")),
        }
    }

    /// `command -v name`, or `command name …` which skips functions.
    pub(super) fn builtin_command(&mut self, arguments: &[String], host: HostPid, kernel: &mut Kernel<'_>) -> Outcome {
        let Some(first) = arguments.first() else { return Outcome::status(0) };
        if first != "-v" && first != "-V" {
            return if is_builtin(first) {
                self.run_builtin(arguments, host, kernel)
            } else {
                let words = arguments.iter().map(|word| crate::machine::shell::escape::quoted(word));
                // Without a function of that name, running the words again finds the program.
                let line: Vec<String> = words.collect();
                match parse::parse(&line.join(" ")) {
                    Ok(items) => Outcome::Push(vec![Frame::List { items, next: 0 }]),
                    Err(_) => Outcome::status(2),
                }
            };
        }
        let mut out = String::new();
        for name in &arguments[1..] {
            match self.whereabouts(name, host, kernel) {
                Some((plain, _)) => out += &format!("{plain}\n"),
                None => return Outcome::status(127),
            }
        }
        Outcome::said(out)
    }

    pub(super) fn builtin_type(&mut self, arguments: &[String], host: HostPid, kernel: &mut Kernel<'_>) -> Outcome {
        let mut out = String::new();
        let mut status = 0;
        for name in arguments {
            match self.whereabouts(name, host, kernel) {
                Some((_, sentence)) => out += &format!("{name} is {sentence}\n"),
                None => {
                    out += &format!("{name}: not found\n");
                    status = 127;
                }
            }
        }
        Outcome::Done { status, out: out.into_bytes(), err: String::new() }
    }

    /// What a name stands for: in short, and in a sentence.
    fn whereabouts(&self, name: &str, host: HostPid, kernel: &mut Kernel<'_>) -> Option<(String, String)> {
        if self.state.functions.contains_key(name) {
            return Some((name.to_owned(), "a shell function".to_owned()));
        }
        if is_builtin(name) {
            return Some((name.to_owned(), "a shell builtin".to_owned()));
        }
        let search = self.state.value("PATH");
        let file = kernel.which(host, search.as_deref(), name)?;
        Some((file.clone(), file))
    }
}
