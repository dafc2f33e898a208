//! Unix tools, each as a small function or a small state machine over virtual time.
//!
//! Texts are those of busybox 1.36 or GNU, as the image has them. **Not modelled.** Options that are not named in a tool's
//! file are ignored when they change nothing that can be seen, and refused otherwise.

pub mod basics;
pub mod describe;
pub mod echo;
pub mod files;
pub mod filter;
pub mod inspect;
pub mod kill;
pub mod net;
pub mod resolve;
pub mod run;
pub mod tar;
pub mod test;

pub use run::Run;

use std::sync::Arc;

use super::fs::{Errno, View, path};
use super::image::Dialect;
use super::image::executable::Flavour;
use super::kernel::Kernel;
use super::kernel::container::Environment;
use super::kernel::process::HostPid;

/// What a tool sees of the world.
#[derive(Debug)]
pub struct Context<'a, 'm> {
    /// Files and processes.
    pub kernel: &'a mut Kernel<'m>,
    /// The process.
    pub host: HostPid,
    /// Its command line.
    pub argv: &'a [String],
    /// Whose tool it is.
    pub flavour: Flavour,
    /// Its variables.
    pub env: Environment,
    /// The shell that runs it as a builtin, if one does.
    pub shell: Option<Dialect>,
    /// What it says.
    pub out: Vec<u8>,
    /// What it says to standard error.
    pub err: Vec<u8>,
}

impl<'a, 'm> Context<'a, 'm> {
    /// A tool's view of the world.
    #[must_use]
    pub fn new(
        kernel: &'a mut Kernel<'m>,
        host: HostPid,
        argv: &'a [String],
        flavour: Flavour,
        env: Environment,
    ) -> Self {
        Self { kernel, host, argv, flavour, env, shell: None, out: Vec::new(), err: Vec::new() }
    }

    /// The same as a builtin of a shell.
    #[must_use]
    pub fn in_shell(mut self, dialect: Dialect) -> Self {
        self.shell = Some(dialect);
        self
    }

    /// Its own name.
    #[must_use]
    pub fn name(&self) -> &'a str {
        path::base_name(self.argv.first().map_or("", String::as_str))
    }

    /// Writes text.
    pub fn say(&mut self, text: &str) {
        self.out.extend_from_slice(text.as_bytes());
    }

    /// Writes a line.
    pub fn line(&mut self, text: &str) {
        self.say(text);
        self.out.push(b'\n');
    }

    /// `name: text` on standard error, or just the text for a shell, which adds its own name.
    pub fn complain(&mut self, text: &str) {
        let name = self.name();
        let line = match self.shell {
            Some(Dialect::Ash) => format!("{text}\n"),
            _ => format!("{name}: {text}\n"),
        };
        self.err.extend_from_slice(line.as_bytes());
    }

    /// The arguments that begin with a dash, letter by letter, and the others.
    #[must_use]
    pub fn options(&self) -> (String, Vec<&'a str>) {
        let mut letters = String::new();
        let mut operands = Vec::new();
        let mut only_operands = false;
        for word in &self.argv[1..] {
            match word.strip_prefix('-') {
                Some("-") => only_operands = true,
                Some(found) if !only_operands && !found.is_empty() => letters.push_str(found),
                _ => operands.push(word.as_str()),
            }
        }
        (letters, operands)
    }

    /// A path as seen from the process's folder.
    #[must_use]
    pub fn path(&self, file: &str) -> String {
        path::absolute(&self.cwd(), file)
    }

    /// The process's folder.
    #[must_use]
    pub fn cwd(&self) -> Arc<str> {
        self.kernel.sandbox.processes.get(&self.host).map_or_else(|| "/".into(), |process| Arc::clone(&process.cwd))
    }

    /// Its files.
    ///
    /// # Errors
    /// [`Errno::NotFound`] outside a container.
    pub fn view(&mut self) -> Result<View<'_>, Errno> {
        let process = self.kernel.sandbox.processes.get(&self.host).ok_or(Errno::NoProcess)?;
        let (container, user) = (process.container.ok_or(Errno::NotFound)?, process.user);
        self.kernel.view(container, user).ok_or(Errno::NotFound)
    }
}

/// Runs a tool that needs neither time nor input; `None` when `argv[0]` is no such tool.
pub fn instant(context: &mut Context<'_, '_>) -> Option<i32> {
    Some(match context.name() {
        "echo" => echo::echo(context),
        "printf" => echo::printf(context),
        "test" | "[" => test::test(context),
        "kill" => kill::kill(context),
        "true" | "sync" => 0,
        "false" => 1,
        "pwd" => basics::pwd(context),
        "basename" => basics::basename(context),
        "dirname" => basics::dirname(context),
        "date" => basics::date(context),
        "seq" => basics::seq(context),
        "expr" => basics::expr(context),
        "which" => basics::which(context),
        "hostname" => describe::hostname(context),
        "id" => describe::id(context),
        "whoami" => describe::whoami(context),
        "uname" => describe::uname(context),
        "nproc" => describe::nproc(context),
        "printenv" => describe::printenv(context),
        "ps" => describe::ps(context),
        "df" => describe::df(context),
        "du" => inspect::du(context),
        "ls" => inspect::ls(context),
        "readlink" => inspect::readlink(context),
        "sha256sum" => inspect::sha256sum(context),
        "mkdir" => files::mkdir(context),
        "rmdir" => files::rmdir(context),
        "rm" => files::rm(context),
        "touch" => files::touch(context),
        "cp" => files::cp(context),
        "mv" => files::mv(context),
        "ln" => files::ln(context),
        "chmod" => files::chmod(context),
        "chown" => files::chown(context),
        "mktemp" => files::mktemp(context),
        "dd" => files::dd(context),
        _ => return None,
    })
}

#[cfg(test)]
mod tests;
