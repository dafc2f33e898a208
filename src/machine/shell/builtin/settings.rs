//! `set`, `cd`, `trap`.

use super::Outcome;
use crate::machine::fs::path;
use crate::machine::fs::view::Found;
use crate::machine::image::Dialect;
use crate::machine::kernel::Kernel;
use crate::machine::kernel::process::HostPid;
use crate::machine::shell::Shell;
use crate::machine::shell::escape::quoted;
use crate::machine::shell::state::Condition;
use crate::machine::signal::Signal;

impl Shell {
    pub(super) fn builtin_set(&mut self, arguments: &[String]) -> Outcome {
        if arguments.is_empty() {
            let line = |(name, variable): (&String, &crate::machine::shell::state::Variable)| {
                Some(format!("{name}={}\n", quoted(variable.text()?)))
            };
            return Outcome::said(self.state.variables.iter().filter_map(line).collect());
        }
        let mut rest = arguments.iter();
        while let Some(word) = rest.as_slice().first() {
            let on = word.starts_with('-');
            if word == "--" {
                rest.next();
                self.state.positional = rest.as_slice().into();
                return Outcome::status(0);
            }
            if word.len() < 2 || !(on || word.starts_with('+')) {
                self.state.positional = rest.as_slice().into();
                return Outcome::status(0);
            }
            rest.next();
            for letter in word.chars().skip(1) {
                let name = if letter == 'o' { rest.next().cloned().unwrap_or_default() } else { letter.to_string() };
                let is_known = self.state.options.switch(&name, on);
                // dash has no pipefail.
                if !is_known || (name == "pipefail" && self.state.dialect == Dialect::Dash) {
                    return self.fail(2, &format!("set: Illegal option -o {name}"));
                }
            }
        }
        Outcome::status(0)
    }

    pub(super) fn builtin_cd(&mut self, arguments: &[String], host: HostPid, kernel: &mut Kernel<'_>) -> Outcome {
        let target = match arguments.iter().find(|word| *word == "-" || !word.starts_with('-')).map(String::as_str) {
            Some("-") => self.state.value("OLDPWD").map_or_else(|| "/".to_owned(), |value| value.to_string()),
            Some(folder) => folder.to_owned(),
            None => self.state.value("HOME").map_or_else(|| "/".to_owned(), |value| value.to_string()),
        };
        let Some(process) = kernel.sandbox.processes.get(&host) else { return Outcome::status(1) };
        let (container, user, cwd) = (process.container, process.user, process.cwd.clone());
        let next = path::absolute(&cwd, &target);
        let Some(view) = container.and_then(|container| kernel.view(container, user)) else {
            return Outcome::status(1);
        };
        let problem = match view.find(&next) {
            Ok(Found::Directory(_)) => None,
            Ok(_) => Some(crate::machine::fs::Errno::NotDirectory),
            Err(error) => Some(error),
        };
        if let Some(error) = problem {
            return match self.state.dialect {
                Dialect::Bash => self.fail(1, &format!("cd: {target}: {error}")),
                Dialect::Dash => self.fail(2, &format!("cd: can't cd to {target}")),
                Dialect::Ash => self.fail(2, &format!("cd: line 0: can't cd to {target}: {error}")),
            };
        }
        if let Some(process) = kernel.sandbox.processes.get_mut(&host) {
            process.cwd = next.as_str().into();
        }
        self.state.set("OLDPWD", &cwd);
        self.state.set("PWD", &next);
        Outcome::status(0)
    }

    pub(super) fn builtin_trap(&mut self, arguments: &[String], host: HostPid, kernel: &mut Kernel<'_>) -> Outcome {
        let arguments: Vec<&str> = arguments.iter().map(String::as_str).skip_while(|word| *word == "--").collect();
        let Some((first, rest)) = arguments.split_first() else { return Outcome::said(self.list_traps()) };
        // `trap TERM` and `trap - TERM` both give the default back.
        let (action, names) = match *first {
            "-" => (None, rest),
            _ if rest.is_empty() || first.parse::<u8>().is_ok() => (None, &arguments[..]),
            action => (Some(action), rest),
        };
        for name in names {
            let condition = match *name {
                "EXIT" | "exit" | "0" => Condition::Exit,
                name => match name.parse() {
                    Ok(signal) => Condition::Signal(signal),
                    Err(_) => {
                        let text = match self.state.dialect {
                            Dialect::Bash => format!("trap: {name}: invalid signal specification"),
                            Dialect::Dash => format!("trap: {name}: bad trap"),
                            Dialect::Ash => format!("trap: line 0: {name}: invalid signal specification"),
                        };
                        return self.fail(1, &text);
                    }
                },
            };
            self.set_trap(condition, action, host, kernel);
        }
        Outcome::status(0)
    }

    fn set_trap(&mut self, condition: Condition, action: Option<&str>, host: HostPid, kernel: &mut Kernel<'_>) {
        match action {
            Some(action) => drop(self.state.traps.insert(condition, action.into())),
            None => drop(self.state.traps.remove(&condition)),
        }
        if let Condition::Signal(signal) = condition
            && let Some(process) = kernel.sandbox.processes.get_mut(&host)
        {
            let is_ignored = action == Some("") && !matches!(signal, Signal::Kill | Signal::Stop);
            process.ignored = if is_ignored { process.ignored.with(signal) } else { process.ignored.without(signal) };
        }
    }

    fn list_traps(&self) -> String {
        let prefix = if self.state.dialect == Dialect::Bash { "SIG" } else { "" };
        let line = |(condition, action): (&Condition, &std::sync::Arc<str>)| {
            let name = match condition {
                Condition::Exit => "EXIT".to_owned(),
                Condition::Signal(signal) => format!("{prefix}{}", signal.short_name()),
            };
            format!("trap -- '{}' {name}\n", action.replace('\'', "'\\''"))
        };
        self.state.traps.iter().map(line).collect()
    }
}
