//! What a shell knows: variables, functions, options, traps, jobs.

use std::collections::BTreeMap;
use std::sync::Arc;

use super::ast::Function;
use crate::machine::image::Dialect;
use crate::machine::kernel::process::HostPid;
use crate::machine::signal::Signal;

/// A variable.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Variable {
    /// Its value; `None` when it was only declared.
    pub value: Option<Arc<str>>,
    /// Whether commands inherit it.
    pub is_exported: bool,
    /// Whether it can be changed.
    pub is_readonly: bool,
}

/// The switches of `set`.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Options {
    /// `-e`
    pub errexit: bool,
    /// `-u`
    pub nounset: bool,
    /// `-x`
    pub xtrace: bool,
    /// `-f`
    pub noglob: bool,
    /// `-a`
    pub allexport: bool,
    /// `-o pipefail`
    pub pipefail: bool,
}

impl Options {
    /// `$-`
    #[must_use]
    pub fn flags(self) -> String {
        let all =
            [(self.errexit, 'e'), (self.nounset, 'u'), (self.xtrace, 'x'), (self.noglob, 'f'), (self.allexport, 'a')];
        all.into_iter().filter(|(is_on, _)| *is_on).map(|(_, letter)| letter).collect()
    }

    /// Switches one by its letter or its name; `false` when there is none of that name.
    pub fn switch(&mut self, name: &str, on: bool) -> bool {
        let option = match name {
            "e" | "errexit" => &mut self.errexit,
            "u" | "nounset" => &mut self.nounset,
            "x" | "xtrace" => &mut self.xtrace,
            "f" | "noglob" => &mut self.noglob,
            "a" | "allexport" => &mut self.allexport,
            "pipefail" => &mut self.pipefail,
            // Switches that change nothing without a terminal.
            "v" | "verbose" | "m" | "monitor" | "b" | "notify" | "h" | "C" | "noclobber" => return true,
            _ => return false,
        };
        *option = on;
        true
    }
}

/// What a trap waits for.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Condition {
    /// The end of the shell.
    Exit,
    /// A signal.
    Signal(Signal),
}

/// A command in the background.
#[derive(Clone, Debug, PartialEq)]
pub struct Job {
    /// Its process.
    pub host: HostPid,
    /// That process's number, as `$!` shows it.
    pub pid: u32,
    /// Its exit status, once it has ended and the shell knows.
    pub status: Option<i32>,
    /// The signal that ended it.
    pub signal: Option<Signal>,
}

/// What a shell knows.
#[derive(Clone, Debug)]
pub struct State {
    /// Which family it belongs to.
    pub dialect: Dialect,
    /// `$0`
    pub name: Arc<str>,
    /// `$$`: the number of the first shell, in subshells too.
    pub pid: u32,
    /// `$1`…
    pub positional: Arc<[String]>,
    /// `$?`
    pub status: i32,
    /// `$!`
    pub last_background: Option<u32>,
    /// Switches.
    pub options: Options,
    /// Variables.
    pub variables: Arc<BTreeMap<String, Variable>>,
    /// Functions.
    pub functions: Arc<BTreeMap<Arc<str>, Arc<Function>>>,
    /// Actions by condition; an empty action ignores.
    pub traps: BTreeMap<Condition, Arc<str>>,
    /// Commands in the background.
    pub jobs: Vec<Job>,
    /// A person is at the other end: prompts, and Ctrl-C comes back to them.
    pub is_interactive: bool,
    /// Aliases are not modelled; line of the command under way, for messages.
    pub line: usize,
}

impl State {
    /// The value of a variable.
    #[must_use]
    pub fn value(&self, name: &str) -> Option<Arc<str>> {
        self.variables.get(name)?.value.clone()
    }

    /// Gives a variable a value; `false` when it is read-only.
    pub fn set(&mut self, name: &str, value: &str) -> bool {
        let exports = self.options.allexport;
        let variable = Arc::make_mut(&mut self.variables).entry(name.to_owned()).or_default();
        if variable.is_readonly {
            return false;
        }
        variable.value = Some(value.into());
        variable.is_exported |= exports;
        true
    }

    /// Puts a variable back as it was.
    pub fn restore(&mut self, name: &str, variable: Option<Variable>) {
        let variables = Arc::make_mut(&mut self.variables);
        match variable {
            Some(variable) => drop(variables.insert(name.to_owned(), variable)),
            None => drop(variables.remove(name)),
        }
    }

    /// The variables that commands inherit.
    #[must_use]
    pub fn environment(&self) -> BTreeMap<String, String> {
        let exported = self.variables.iter().filter(|(_, variable)| variable.is_exported);
        exported.filter_map(|(name, variable)| Some((name.clone(), variable.value.as_ref()?.to_string()))).collect()
    }

    /// What this family calls an unset variable under `set -u`.
    #[must_use]
    pub fn unset_text(&self) -> &'static str {
        match self.dialect {
            Dialect::Bash => "unbound variable",
            Dialect::Dash | Dialect::Ash => "parameter not set",
        }
    }

    /// A complaint in this family's form: `sh: 1: …`, `bash: line 1: …`, `sh: …`.
    #[must_use]
    pub fn complaint(&self, text: &str) -> String {
        match self.dialect {
            Dialect::Dash => format!("{}: {}: {text}\n", self.name, self.line),
            Dialect::Bash if self.is_interactive => format!("{}: {text}\n", self.name),
            Dialect::Bash => format!("{}: line {}: {text}\n", self.name, self.line),
            Dialect::Ash => format!("{}: {text}\n", self.name),
        }
    }
}
