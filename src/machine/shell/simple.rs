//! Simple commands: expand, redirect, then a function, a builtin, or another program.

use std::sync::Arc;

use super::Shell;
use super::ast::{Function, Simple};
use super::builtin::{self, Outcome};
use super::escape::quoted;
use super::expand::{Memory, Pause};
use super::frame::{Frame, Saved, Shadowed};
use super::redirect::Target;
use super::step::Flow;
use crate::machine::cri::Happening;
use crate::machine::fs::Errno;
use crate::machine::image::Dialect;
use crate::machine::kernel::Kernel;
use crate::machine::kernel::process::HostPid;
use crate::machine::kernel::processor::{BUILTIN_COST, FORK_COST};

/// A simple command after expansion.
struct Ready {
    argv: Vec<String>,
    targets: Vec<Target>,
    assignments: Vec<(String, String)>,
}

impl Shell {
    /// Runs a simple command.
    pub fn simple(
        &mut self,
        command: Arc<Simple>,
        mut memory: Memory,
        substituted: Option<i32>,
        host: HostPid,
        kernel: &mut Kernel<'_>,
    ) -> Flow {
        self.state.line = command.line;
        let ready = match self.expand(&command, &mut memory, host, kernel) {
            Ok(ready) => ready,
            Err(pause) => return self.pause(pause, Frame::Simple { command, memory, substituted }, host, kernel),
        };
        self.used += BUILTIN_COST;
        if self.state.options.xtrace {
            self.trace(&ready, host, kernel);
        }
        let saved = match self.redirect(&ready.targets, host, kernel) {
            Ok(saved) => saved,
            Err(text) => {
                self.complain(&text, host, kernel);
                self.state.status = self.redirect_status();
                return Flow::Go;
            }
        };
        let Some(name) = ready.argv.first().cloned() else {
            Self::restore(saved, host, kernel);
            self.assign(&ready.assignments, host, kernel);
            self.state.status = substituted.unwrap_or(0);
            return Flow::Go;
        };
        if let Some(function) = self.state.functions.get(name.as_str()).cloned() {
            return self.call(&function, ready, saved);
        }
        if builtin::is_builtin(&name) {
            return self.builtin(ready, saved, host, kernel);
        }
        self.program(&command, ready, saved, host, kernel)
    }

    fn expand(
        &mut self,
        command: &Simple,
        memory: &mut Memory,
        host: HostPid,
        kernel: &mut Kernel<'_>,
    ) -> Result<Ready, Pause> {
        let status = self.state.status;
        let mut expander = self.expander(memory, host, kernel);
        let argv = expander.arguments(&command.words)?;
        let targets = expander.targets(&command.redirects)?;
        let mut assignments = Vec::new();
        for assignment in &command.assignments {
            let mut value = expander.text(&assignment.value)?;
            let name = assignment.name.to_string();
            if assignment.is_append {
                value = expander.state.value(&name).map_or(String::new(), |old| old.to_string()) + &value;
            }
            // `a=1 b=$a`: later ones see earlier ones when no command follows.
            if argv.is_empty() {
                expander.state.set(&name, &value);
            }
            assignments.push((name, value));
        }
        expander.state.status = status;
        Ok(Ready { argv, targets, assignments })
    }

    /// Assignments without a command.
    fn assign(&mut self, assignments: &[(String, String)], host: HostPid, kernel: &mut Kernel<'_>) {
        for (name, value) in assignments {
            if !self.state.set(name, value) {
                self.read_only(name, host, kernel);
            }
        }
    }

    /// A read-only variable cannot be changed: the shell ends.
    pub fn read_only(&mut self, name: &str, host: HostPid, kernel: &mut Kernel<'_>) {
        let text = match self.state.dialect {
            Dialect::Bash => format!("{name}: readonly variable"),
            Dialect::Dash | Dialect::Ash => format!("{name}: is read only"),
        };
        self.complain(&text, host, kernel);
        self.exit(2, host, kernel);
    }

    fn trace(&self, ready: &Ready, host: HostPid, kernel: &mut Kernel<'_>) {
        let assignments = ready.assignments.iter().map(|(name, value)| format!("{name}={}", quoted_or_empty(value)));
        let is_plain = self.state.dialect == Dialect::Dash;
        let words = ready.argv.iter().map(|word| if is_plain { word.clone() } else { quoted(word) });
        let text: Vec<String> = assignments.chain(words).collect();
        Self::say_error(&format!("+ {}\n", text.join(" ")), host, kernel);
    }

    /// Variables set for one command only.
    fn shadow(&mut self, assignments: &[(String, String)]) -> Shadowed {
        let mut shadowed = Shadowed::new();
        for (name, value) in assignments {
            let before = self.state.variables.get(name).cloned();
            shadowed.push((name.clone(), before.clone()));
            self.state.set(name, value);
            if let Some(variable) = Arc::make_mut(&mut self.state.variables).get_mut(name) {
                variable.is_exported = true;
            }
        }
        shadowed
    }

    fn call(&mut self, function: &Function, ready: Ready, saved: Saved) -> Flow {
        self.frames.push(Frame::Restore(saved));
        let shadowed = self.shadow(&ready.assignments);
        self.frames.push(Frame::Unshadow(shadowed));
        let arguments: Arc<[String]> = ready.argv[1..].into();
        let positional = std::mem::replace(&mut self.state.positional, arguments);
        self.frames.push(Frame::Function { positional, locals: Shadowed::new() });
        if !function.redirects.is_empty() {
            let (node, redirects) = (Arc::clone(&function.body), Arc::clone(&function.redirects));
            self.frames.push(Frame::Redirecting { node, redirects, memory: Memory::new() });
            return Flow::Go;
        }
        let body = super::ast::Command::Compound(Arc::clone(&function.body), Arc::new([]));
        let first = super::ast::Pipeline { is_negated: false, commands: vec![body] };
        let chain = Arc::new(super::ast::Chain { first, rest: Vec::new() });
        self.frames.push(Frame::Chain { chain, next: 0 });
        Flow::Go
    }

    fn builtin(&mut self, ready: Ready, saved: Saved, host: HostPid, kernel: &mut Kernel<'_>) -> Flow {
        let is_special = builtin::is_special(&ready.argv[0]);
        let shadowed = if is_special {
            self.assign(&ready.assignments, host, kernel);
            Shadowed::new()
        } else {
            self.shadow(&ready.assignments)
        };
        let outcome = self.run_builtin(&ready.argv, host, kernel);
        let flow = match outcome {
            Outcome::Done { status, out, err } => {
                Self::say_error(&err, host, kernel);
                self.put(1, out, status, host, kernel)
            }
            Outcome::Push(frames) => {
                // What the builtin goes on with still needs the redirections.
                self.frames.push(Frame::Restore(saved));
                self.frames.push(Frame::Unshadow(shadowed));
                self.frames.extend(frames);
                return Flow::Go;
            }
            Outcome::Keep => {
                Self::keep(saved, kernel);
                self.state.status = 0;
                return Flow::Go;
            }
            Outcome::Replace(argv) => return self.replace(&argv, saved, host, kernel),
            Outcome::Moved => Flow::Go,
        };
        Self::restore(saved, host, kernel);
        self.unshadow(shadowed);
        flow
    }

    /// Another program: in a process of its own, or in the place of the shell when nothing follows.
    fn program(
        &mut self,
        command: &Simple,
        ready: Ready,
        saved: Saved,
        host: HostPid,
        kernel: &mut Kernel<'_>,
    ) -> Flow {
        let shadowed = self.shadow(&ready.assignments);
        let flow = self.start(command, &ready.argv, host, kernel);
        if flow == Flow::Replaced {
            Self::keep(saved, kernel);
            return flow;
        }
        Self::restore(saved, host, kernel);
        self.unshadow(shadowed);
        flow
    }

    fn start(&mut self, command: &Simple, argv: &[String], host: HostPid, kernel: &mut Kernel<'_>) -> Flow {
        let env = Arc::new(self.state.environment());
        if self.is_at_end() {
            return match kernel.become_command_with(host, argv, env) {
                Ok(()) => Flow::Replaced,
                Err(error) => self.cannot_run("", &argv[0], error, host, kernel),
            };
        }
        kernel.use_processor(host, FORK_COST);
        match kernel.spawn_command(host, argv, env) {
            Ok(process) => {
                self.remember_child(process, &command.text);
                Flow::Go
            }
            Err(error) => self.cannot_run("", &argv[0], error, host, kernel),
        }
    }

    /// `exec command`
    fn replace(&mut self, argv: &[String], saved: Saved, host: HostPid, kernel: &mut Kernel<'_>) -> Flow {
        let env = Arc::new(self.state.environment());
        match kernel.become_command_with(host, argv, env) {
            Ok(()) => {
                Self::keep(saved, kernel);
                Flow::Replaced
            }
            Err(error) => {
                let prefix = if self.state.dialect == Dialect::Ash { "exec: line 0: " } else { "exec: " };
                self.cannot_run(prefix, &argv[0], error, host, kernel);
                Self::restore(saved, host, kernel);
                let status = self.state.status;
                self.exit(status, host, kernel);
                Flow::Go
            }
        }
    }

    /// A command that cannot be run: 127 when it is not there, 126 when it may not be run.
    fn cannot_run(&mut self, prefix: &str, name: &str, error: Errno, host: HostPid, kernel: &mut Kernel<'_>) -> Flow {
        let (words, status) = match (error, self.state.dialect) {
            (Errno::NotFound, Dialect::Bash) if prefix.is_empty() && !name.contains('/') => {
                ("command not found".to_owned(), 127)
            }
            (Errno::NotFound, Dialect::Bash) if name.contains('/') => (Errno::NotFound.to_string(), 127),
            (Errno::NotFound, _) => ("not found".to_owned(), 127),
            (Errno::IsDirectory, Dialect::Dash | Dialect::Ash) => (Errno::Denied.to_string(), 126),
            (error, _) => (error.to_string(), 126),
        };
        self.complain(&format!("{prefix}{name}: {words}"), host, kernel);
        self.state.status = status;
        if status == 127 && !name.contains('/') {
            self.note_unknown(name, host, kernel);
        }
        Flow::Go
    }

    /// podlab says in its own voice that it might be podlab that lacks the command.
    fn note_unknown(&mut self, name: &str, host: HostPid, kernel: &mut Kernel<'_>) {
        if self.unknown.iter().any(|known| known == name) {
            return;
        }
        self.unknown.push(name.to_owned());
        let Some(process) = kernel.sandbox.processes.get(&host) else { return };
        let (cause, Some(container)) = (process.cause, process.container) else { return };
        let note = format!("The image has no command `{name}` in podlab; a real image of this name may have it.");
        kernel.emit(cause, Happening::NotModelled { container, note: note.into() });
    }
}

fn quoted_or_empty(value: &str) -> String {
    if value.is_empty() { String::new() } else { quoted(value) }
}
