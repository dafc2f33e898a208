//! Why a plugin says no.

use std::borrow::Cow;

/// A reason as the FailedScheduling message counts it.
pub type Reason = Cow<'static, str>;

/// What a no means for preemption.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Code {
    /// Fewer Pods on the node might help.
    Unschedulable,
    /// Preemption would not help.
    UnschedulableAndUnresolvable,
}

/// A no, with its reasons. NodeResourcesFit gives one for each resource that is short.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Rejection {
    /// What it means for preemption.
    pub code: Code,
    /// Why.
    pub reasons: Vec<Reason>,
}

impl Rejection {
    /// A no that fewer Pods on the node might turn into a yes.
    #[must_use]
    pub fn unschedulable(reason: impl Into<Reason>) -> Self {
        Self { code: Code::Unschedulable, reasons: vec![reason.into()] }
    }

    /// A no that preemption cannot change.
    #[must_use]
    pub fn unresolvable(reason: impl Into<Reason>) -> Self {
        Self { code: Code::UnschedulableAndUnresolvable, reasons: vec![reason.into()] }
    }

    /// The reasons in one line.
    #[must_use]
    pub fn message(&self) -> String {
        self.reasons.join(", ")
    }
}
