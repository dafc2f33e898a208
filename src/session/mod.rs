//! The façade: one learner, one cluster, one journal. Everything above asks here and gets plain data.
//!
//! What comes in: inputs (kubectl lines, faults, edits) and the passing of wall time. What goes out: a [`Cluster`] to look at,
//! the state of the [`Lesson`], the answer to *why*.
//!
//! **Invariants.** A session is `(scenario, seed, journal)`: opening the same three again gives the same history. Looking
//! at the past changes nothing; rewinding cuts the journal.
//!
//! Reading order: [`session`], `past`, [`pace`], [`checkpoints`], [`why`], [`ending`],
//! [`inside`], [`usage`], [`progress`].

pub mod bench;
pub mod checkpoints;
pub mod ending;
pub mod history;
pub mod inside;
pub mod pace;
mod past;
pub mod progress;
pub mod refusal;
#[expect(clippy::module_inception, reason = "the session is the noun of this folder")]
pub mod session;
pub mod usage;
pub mod why;

pub use ending::{Moment, PodEnd, What};
pub use inside::{ContainerInside, Inside};
pub use pace::Pace;
pub use progress::{Progress, ProgressError};
pub use session::{Session, SessionError};
pub use usage::{Sample, UsageHistory};
pub use why::{Why, WhyLink};

pub use crate::cluster::outside::{Answer as CallAnswer, Told};
pub use crate::cluster::view::ComponentState;
pub use crate::cluster::{Cluster, ComponentName, Fault, Input, Master};
pub use crate::etcd::raft::Payload;
pub use crate::kubectl::completion::complete;
pub use crate::machine::{ContainerState, Fate, LogLine, ProcessInfo, Sender, SignalFate};
pub use crate::network::{Load, LoadStats, Outcome};
pub use crate::scenario::{Language, Lesson, Scenario};
pub use crate::scheduler::{Answer, Attempt, AttemptOutcome, Verdict};
