//! `export`, `readonly`, `local`, `unset`, `shift`, `let`.

use std::sync::Arc;

use super::Outcome;
use crate::machine::kernel::Kernel;
use crate::machine::kernel::process::HostPid;
use crate::machine::shell::escape::quoted;
use crate::machine::shell::frame::Frame;
use crate::machine::shell::{Shell, arithmetic};

impl Shell {
    /// `export` and `readonly`.
    pub(super) fn builtin_export(&mut self, argv: &[String], host: HostPid, kernel: &mut Kernel<'_>) -> Outcome {
        let is_export = argv[0] == "export";
        let names: Vec<&String> = argv[1..].iter().filter(|word| !word.starts_with('-')).collect();
        if names.is_empty() {
            let shown = self
                .state
                .variables
                .iter()
                .filter(|(_, variable)| if is_export { variable.is_exported } else { variable.is_readonly });
            let line = |(name, variable): (&String, &crate::machine::shell::state::Variable)| {
                format!("{} {name}={}\n", argv[0], quoted(variable.text().map_or("", |text| text)))
            };
            return Outcome::said(shown.map(line).collect());
        }
        for word in names {
            let (name, value) = word.split_once('=').map_or((word.as_str(), None), |(name, value)| (name, Some(value)));
            if value.is_some_and(|value| !self.state.set(name, value)) {
                self.read_only(name, host, kernel);
                return Outcome::Moved;
            }
            let variable = Arc::make_mut(&mut self.state.variables).entry(name.to_owned()).or_default();
            variable.is_exported |= is_export;
            variable.is_readonly |= !is_export;
        }
        Outcome::status(0)
    }

    pub(super) fn builtin_local(&mut self, arguments: &[String], host: HostPid, kernel: &mut Kernel<'_>) -> Outcome {
        for word in arguments.iter().filter(|word| !word.starts_with('-')) {
            let (name, value) = word.split_once('=').map_or((word.as_str(), None), |(name, value)| (name, Some(value)));
            let before = self.state.variables.get(name).cloned();
            let function = self.frames.iter_mut().rev().find_map(|frame| match frame {
                Frame::Function { locals, .. } => Some(locals),
                _ => None,
            });
            let Some(locals) = function else { return self.fail(2, "local: not in a function") };
            locals.push((name.to_owned(), before));
            match value {
                Some(value) if !self.state.set(name, value) => {
                    self.read_only(name, host, kernel);
                    return Outcome::Moved;
                }
                Some(_) => {}
                None => self.state.restore(name, None),
            }
        }
        Outcome::status(0)
    }

    pub(super) fn builtin_unset(&mut self, arguments: &[String]) -> Outcome {
        let is_function = arguments.first().is_some_and(|word| word == "-f");
        for name in arguments.iter().filter(|word| !word.starts_with('-')) {
            if is_function {
                Arc::make_mut(&mut self.state.functions).remove(name.as_str());
            } else {
                self.state.restore(name, None);
            }
        }
        Outcome::status(0)
    }

    pub(super) fn builtin_shift(&mut self, arguments: &[String], host: HostPid, kernel: &mut Kernel<'_>) -> Outcome {
        let count = arguments.first().and_then(|count| count.parse().ok()).unwrap_or(1usize);
        if count > self.state.positional.len() {
            if self.state.dialect == crate::machine::image::Dialect::Dash {
                self.complain("shift: can't shift that many", host, kernel);
                self.exit(2, host, kernel);
                return Outcome::Moved;
            }
            return Outcome::status(1);
        }
        self.state.positional = self.state.positional[count..].into();
        Outcome::status(0)
    }

    pub(super) fn builtin_let(&mut self, arguments: &[String]) -> Outcome {
        let mut value = 0;
        for expression in arguments {
            match arithmetic::evaluate(expression, &mut self.state) {
                Ok(result) => value = result,
                Err(error) => return self.fail(1, &error),
            }
        }
        Outcome::status(i32::from(value == 0))
    }
}
