//! Unix signals: their numbers, names and default actions (signal(7)).

use std::fmt;
use std::str::FromStr;

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

/// A signal of Linux on x86-64 and arm64.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "UPPERCASE")]
pub enum Signal {
    /// The terminal hung up; by custom, read the configuration again.
    Hup = 1,
    /// Ctrl-C.
    Int = 2,
    /// Ctrl-\; nginx's graceful stop.
    Quit = 3,
    /// Illegal instruction.
    Ill = 4,
    /// `abort()`.
    Abrt = 6,
    /// Arithmetic gone wrong.
    Fpe = 8,
    /// Ends a process, always.
    Kill = 9,
    /// For the program to define.
    Usr1 = 10,
    /// Memory that is not there.
    Segv = 11,
    /// For the program to define.
    Usr2 = 12,
    /// Writing to a pipe that nobody reads.
    Pipe = 13,
    /// `alarm()` is over.
    Alrm = 14,
    /// Please end.
    Term = 15,
    /// A child ended.
    Chld = 17,
    /// Go on.
    Cont = 18,
    /// Stop, always.
    Stop = 19,
    /// Ctrl-Z.
    Tstp = 20,
    /// The window changed its size; httpd's graceful stop.
    Winch = 28,
}

/// What happens to a process that has neither handler nor wish.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum DefaultAction {
    /// It ends with 128 + number.
    Terminate,
    /// Nothing.
    Nothing,
    /// It stands still.
    Stop,
    /// It goes on.
    Continue,
}

impl Signal {
    /// All of them, by number.
    pub const ALL: [Self; 18] = [
        Self::Hup,
        Self::Int,
        Self::Quit,
        Self::Ill,
        Self::Abrt,
        Self::Fpe,
        Self::Kill,
        Self::Usr1,
        Self::Segv,
        Self::Usr2,
        Self::Pipe,
        Self::Alrm,
        Self::Term,
        Self::Chld,
        Self::Cont,
        Self::Stop,
        Self::Tstp,
        Self::Winch,
    ];

    /// Its number.
    #[must_use]
    pub fn number(self) -> i32 {
        self as i32
    }

    /// The exit code of a process that it ended.
    #[must_use]
    pub fn exit_code(self) -> i32 {
        128 + self.number()
    }

    /// Without `SIG`.
    #[must_use]
    pub fn short_name(self) -> &'static str {
        match self {
            Self::Hup => "HUP",
            Self::Int => "INT",
            Self::Quit => "QUIT",
            Self::Ill => "ILL",
            Self::Abrt => "ABRT",
            Self::Fpe => "FPE",
            Self::Kill => "KILL",
            Self::Usr1 => "USR1",
            Self::Segv => "SEGV",
            Self::Usr2 => "USR2",
            Self::Pipe => "PIPE",
            Self::Alrm => "ALRM",
            Self::Term => "TERM",
            Self::Chld => "CHLD",
            Self::Cont => "CONT",
            Self::Stop => "STOP",
            Self::Tstp => "TSTP",
            Self::Winch => "WINCH",
        }
    }

    /// What it does to a process that has neither handler nor wish.
    #[must_use]
    pub fn default_action(self) -> DefaultAction {
        match self {
            Self::Chld | Self::Winch => DefaultAction::Nothing,
            Self::Cont => DefaultAction::Continue,
            Self::Stop | Self::Tstp => DefaultAction::Stop,
            _ => DefaultAction::Terminate,
        }
    }

    /// The signal with this number.
    #[must_use]
    pub fn from_number(number: i32) -> Option<Self> {
        Self::ALL.into_iter().find(|signal| signal.number() == number)
    }
}

/// `SIGTERM`.
impl fmt::Display for Signal {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "SIG{}", self.short_name())
    }
}

/// A name that is no signal.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("invalid signal: {0}")]
pub struct UnknownSignal(pub String);

/// `SIGTERM`, `TERM`, `term`, `15`.
impl FromStr for Signal {
    type Err = UnknownSignal;

    fn from_str(text: &str) -> Result<Self, UnknownSignal> {
        let upper = text.to_ascii_uppercase();
        let name = upper.strip_prefix("SIG").unwrap_or(&upper);
        let known = match name.parse() {
            Ok(number) => Self::from_number(number),
            Err(_) => Self::ALL.into_iter().find(|signal| signal.short_name() == name),
        };
        known.ok_or_else(|| UnknownSignal(text.to_owned()))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn signals_are_read_by_name_and_number() {
        for text in ["TERM", "SIGTERM", "term", "15"] {
            assert_eq!(text.parse(), Ok(Signal::Term));
        }
        assert_eq!(Signal::Kill.exit_code(), 137);
        assert!("NOPE".parse::<Signal>().is_err());
    }
}
