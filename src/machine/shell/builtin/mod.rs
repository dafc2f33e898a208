//! Builtins: commands that the shell runs itself, because they change the shell or because it is faster.

mod flow;
mod jobs;
mod read;
mod settings;
mod variables;

use std::sync::Arc;

use super::Shell;
use super::frame::Frame;
use crate::machine::command::{self, Context};
use crate::machine::image::Dialect;
use crate::machine::image::executable::Flavour;
use crate::machine::kernel::Kernel;
use crate::machine::kernel::process::HostPid;

/// What a builtin led to.
#[derive(Debug)]
pub enum Outcome {
    /// It is done.
    Done {
        /// Its status.
        status: i32,
        /// What it says.
        out: Vec<u8>,
        /// What it says to standard error.
        err: String,
    },
    /// It goes on with these frames, under its redirections.
    Push(Vec<Frame>),
    /// Its redirections stay (`exec > file`).
    Keep,
    /// The shell becomes this command.
    Replace(Vec<String>),
    /// It has changed the stack itself (`exit`, `break`, `return`).
    Moved,
}

impl Outcome {
    /// Done without a word.
    #[must_use]
    pub fn status(status: i32) -> Self {
        Self::Done { status, out: Vec::new(), err: String::new() }
    }

    /// Done, and said this.
    #[must_use]
    pub fn said(out: String) -> Self {
        Self::Done { status: 0, out: out.into_bytes(), err: String::new() }
    }
}

const BUILTINS: &[&str] = &[
    ".", ":", "[", "alias", "break", "cd", "command", "continue", "echo", "eval", "exec", "exit", "export", "false",
    "hash", "jobs", "kill", "let", "local", "printf", "pwd", "read", "readonly", "return", "set", "shift", "source",
    "test", "times", "trap", "true", "type", "umask", "unset", "wait",
];

/// POSIX's special builtins: assignments before them stay.
const SPECIAL: &[&str] = &[
    ".", ":", "break", "continue", "eval", "exec", "exit", "export", "readonly", "return", "set", "shift", "times",
    "trap", "unset",
];

/// Whether the shell runs `name` itself.
#[must_use]
pub fn is_builtin(name: &str) -> bool {
    BUILTINS.contains(&name)
}

/// Whether it is one of POSIX's special builtins.
#[must_use]
pub fn is_special(name: &str) -> bool {
    SPECIAL.contains(&name)
}

impl Shell {
    /// Runs a builtin.
    pub fn run_builtin(&mut self, argv: &[String], host: HostPid, kernel: &mut Kernel<'_>) -> Outcome {
        let arguments = &argv[1..];
        match argv[0].as_str() {
            ":" | "alias" | "hash" | "jobs" | "times" | "umask" => Outcome::status(0),
            "break" | "continue" => self.builtin_break(argv, host, kernel),
            "cd" => self.builtin_cd(arguments, host, kernel),
            "command" => self.builtin_command(arguments, host, kernel),
            "type" => self.builtin_type(arguments, host, kernel),
            "eval" => self.builtin_eval(arguments, host, kernel),
            "exec" => {
                let argv: Vec<String> = arguments.iter().skip_while(|word| *word == "--").cloned().collect();
                if argv.is_empty() { Outcome::Keep } else { Outcome::Replace(argv) }
            }
            "exit" => self.builtin_exit(arguments, host, kernel),
            "export" | "readonly" => self.builtin_export(argv, host, kernel),
            "let" => self.builtin_let(arguments),
            "local" => self.builtin_local(arguments, host, kernel),
            "read" => self.builtin_read(arguments),
            "return" => self.builtin_return(arguments, host, kernel),
            "set" => self.builtin_set(arguments),
            "shift" => self.builtin_shift(arguments, host, kernel),
            "." | "source" => self.builtin_source(arguments, host, kernel),
            "trap" => self.builtin_trap(arguments, host, kernel),
            "unset" => self.builtin_unset(arguments),
            "wait" => self.builtin_wait(arguments),
            _ => self.shared_command(argv, host, kernel),
        }
    }

    /// Builtins that exist as programs too: `echo`, `printf`, `test`, `pwd`, `kill`, `true`, `false`.
    fn shared_command(&mut self, argv: &[String], host: HostPid, kernel: &mut Kernel<'_>) -> Outcome {
        let flavour = if self.state.dialect == Dialect::Ash { Flavour::Busybox } else { Flavour::Gnu };
        let env = Arc::new(self.state.environment());
        let mut context = Context::new(kernel, host, argv, flavour, env).in_shell(self.state.dialect);
        let status = command::instant(&mut context).unwrap_or(127);
        let (out, err) = (std::mem::take(&mut context.out), std::mem::take(&mut context.err));
        let err = String::from_utf8_lossy(&err).into_owned();
        let err = err.lines().map(|line| self.state.complaint(line)).collect();
        Outcome::Done { status, out, err }
    }

    /// A complaint of a builtin and its status.
    fn fail(&self, status: i32, text: &str) -> Outcome {
        Outcome::Done { status, out: Vec::new(), err: self.state.complaint(text) }
    }
}
