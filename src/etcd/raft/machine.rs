//! What the log is applied to.

/// A state that changes by commands alone, so that members that apply the same log hold the same state.
pub trait Machine: Clone {
    /// What it is told.
    type Command: Clone;
    /// What comes of a command.
    type Outcome;

    /// Obeys `command`. Must depend on nothing but the state and the command.
    fn apply(&mut self, command: &Self::Command) -> Self::Outcome;
}
