//! Why a command ended without doing what was asked.

use std::io;

use super::{BAD_INPUT, NOT_MET};

/// A command that failed.
#[derive(Debug, thiserror::Error)]
pub enum Failure {
    /// The input cannot be used: what, where, what to do.
    #[error("{0}")]
    Input(String),
    /// It was tried and did not work.
    #[error("{0}")]
    NotMet(String),
    /// The disk or the terminal says no.
    #[error(transparent)]
    Io(#[from] io::Error),
}

impl Failure {
    /// Bad input.
    pub fn input(message: impl ToString) -> Self {
        Self::Input(message.to_string())
    }

    /// The exit code that says it.
    #[must_use]
    pub fn exit_code(&self) -> u8 {
        match self {
            Self::Input(_) => BAD_INPUT,
            Self::NotMet(_) | Self::Io(_) => NOT_MET,
        }
    }
}
