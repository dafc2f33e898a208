//! Redirections: opening files, here-documents, duplicating descriptors, and putting everything back.

use super::Shell;
use super::ast::{Redirect, RedirectAction};
use super::expand::{Expander, Pause};
use super::frame::Saved;
use crate::machine::fs::{Errno, path};
use crate::machine::image::Dialect;
use crate::machine::kernel::Kernel;
use crate::machine::kernel::descriptor::{Mode, OpenId, OpenKind};
use crate::machine::kernel::process::HostPid;

/// A redirection whose words have been expanded.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Target {
    /// Open a file.
    File(i32, String, Mode),
    /// Both output and error into a file.
    Both(String, Mode),
    /// Make one descriptor the same as another.
    Duplicate(i32, String),
    /// Read this text.
    Text(i32, String),
}

impl Expander<'_, '_> {
    /// The targets of redirections.
    ///
    /// # Errors
    /// A [`Pause`].
    pub fn targets(&mut self, redirects: &[Redirect]) -> Result<Vec<Target>, Pause> {
        let mut targets = Vec::new();
        for Redirect { descriptor, action } in redirects {
            let (input, output) = (descriptor.unwrap_or(0), descriptor.unwrap_or(1));
            targets.push(match action {
                RedirectAction::Read(word) => Target::File(input, self.text(word)?, Mode::Read),
                RedirectAction::Write(word) => Target::File(output, self.text(word)?, Mode::Write),
                RedirectAction::Append(word) => Target::File(output, self.text(word)?, Mode::Append),
                RedirectAction::ReadWrite(word) => Target::File(input, self.text(word)?, Mode::ReadWrite),
                RedirectAction::Duplicate { is_input, target } => {
                    Target::Duplicate(if *is_input { input } else { output }, self.text(target)?)
                }
                RedirectAction::Text(word) => Target::Text(input, self.text(word)?),
                RedirectAction::Both(word, appends) => {
                    Target::Both(self.text(word)?, if *appends { Mode::Append } else { Mode::Write })
                }
            });
        }
        Ok(targets)
    }
}

impl Shell {
    /// Makes redirections in the shell's own process; what was there before comes back.
    ///
    /// # Errors
    /// The complaint, when one cannot be made; those before it have been undone.
    pub fn redirect(&mut self, targets: &[Target], host: HostPid, kernel: &mut Kernel<'_>) -> Result<Saved, String> {
        let mut saved = Saved::new();
        for target in targets {
            if let Err(complaint) = self.redirect_one(target, &mut saved, host, kernel) {
                Self::restore(saved, host, kernel);
                return Err(complaint);
            }
        }
        Ok(saved)
    }

    fn redirect_one(
        &self,
        target: &Target,
        saved: &mut Saved,
        host: HostPid,
        kernel: &mut Kernel<'_>,
    ) -> Result<(), String> {
        match target {
            Target::File(descriptor, file, mode) => {
                let open = self.open(file, *mode, host, kernel)?;
                replace(*descriptor, Some(open), saved, host, kernel);
            }
            Target::Both(file, mode) => {
                let open = self.open(file, *mode, host, kernel)?;
                kernel.retain(open);
                replace(1, Some(open), saved, host, kernel);
                replace(2, Some(open), saved, host, kernel);
            }
            Target::Text(descriptor, text) => {
                let open = kernel.open_kind(OpenKind::Text(text.as_bytes().into(), 0));
                replace(*descriptor, Some(open), saved, host, kernel);
            }
            Target::Duplicate(descriptor, source) if source == "-" => {
                replace(*descriptor, None, saved, host, kernel);
            }
            Target::Duplicate(descriptor, source) => {
                let process = kernel.sandbox.processes.get(&host);
                let number = source.parse::<i32>().ok();
                let open = number.and_then(|number| process?.descriptors.get(&number).copied());
                let open = open.ok_or_else(|| format!("{source}: {}", Errno::BadDescriptor))?;
                kernel.retain(open);
                replace(*descriptor, Some(open), saved, host, kernel);
            }
        }
        Ok(())
    }

    fn open(&self, file: &str, mode: Mode, host: HostPid, kernel: &mut Kernel<'_>) -> Result<OpenId, String> {
        let cwd = kernel.sandbox.processes.get(&host).map_or_else(|| "/".into(), |process| process.cwd.clone());
        let result = kernel.open_path(host, &path::absolute(&cwd, file), mode);
        result.map_err(|error| self.open_failure(file, mode, error))
    }

    /// The words of each family for a file that cannot be opened (measured).
    fn open_failure(&self, file: &str, mode: Mode, error: Errno) -> String {
        let is_read = mode == Mode::Read;
        match (self.state.dialect, error) {
            (Dialect::Bash, error) => format!("{file}: {error}"),
            (Dialect::Dash, Errno::NotFound) if is_read => format!("cannot open {file}: No such file"),
            (Dialect::Dash, Errno::NotFound) => format!("cannot create {file}: Directory nonexistent"),
            (Dialect::Dash, error) if is_read => format!("cannot open {file}: {error}"),
            (Dialect::Dash, error) => format!("cannot create {file}: {error}"),
            (Dialect::Ash, Errno::NotFound) if is_read => format!("can't open {file}: no such file"),
            (Dialect::Ash, Errno::NotFound) => format!("can't create {file}: nonexistent directory"),
            (Dialect::Ash, error) if is_read => format!("can't open {file}: {error}"),
            (Dialect::Ash, error) => format!("can't create {file}: {error}"),
        }
    }

    /// The exit status of a command whose redirection failed (measured).
    #[must_use]
    pub fn redirect_status(&self) -> i32 {
        if self.state.dialect == Dialect::Dash { 2 } else { 1 }
    }

    /// Puts descriptors back, the last change first.
    pub fn restore(saved: Saved, host: HostPid, kernel: &mut Kernel<'_>) {
        for (descriptor, before) in saved.into_iter().rev() {
            let Some(process) = kernel.sandbox.processes.get_mut(&host) else { return };
            let now = match before {
                Some(open) => process.descriptors.insert(descriptor, open),
                None => process.descriptors.remove(&descriptor),
            };
            if let Some(open) = now {
                kernel.release(open);
            }
        }
    }

    /// Lets redirections stay for good (`exec > file`).
    pub fn keep(saved: Saved, kernel: &mut Kernel<'_>) {
        for open in saved.into_iter().filter_map(|(_, before)| before) {
            kernel.release(open);
        }
    }
}

fn replace(descriptor: i32, open: Option<OpenId>, saved: &mut Saved, host: HostPid, kernel: &mut Kernel<'_>) {
    let Some(process) = kernel.sandbox.processes.get_mut(&host) else { return };
    let before = match open {
        Some(open) => process.descriptors.insert(descriptor, open),
        None => process.descriptors.remove(&descriptor),
    };
    saved.push((descriptor, before));
}
