//! Lessons in YAML: a starting cluster, a story, goals, hints, solutions.
//!
//! What comes in: the text of a file. What goes out: a [`Scenario`] that builds its cluster, and a [`Lesson`] that looks at
//! the cluster and knows how far the learner has come. Goals are CEL expressions over what the cluster holds.
//!
//! **Invariants.** A lesson is checked by what the cluster does, never by what was typed. A goal looks and never touches;
//! probes that would change something run in a fork.
//!
//! Reading order: [`spec`], [`text`], [`load`], [`scenario`], [`catalog`].

pub mod catalog;
pub mod load;
#[expect(clippy::module_inception, reason = "the scenario is the noun of this folder")]
pub mod scenario;
pub mod spec;
pub mod text;

pub use load::{LoadError, load};
pub use scenario::Scenario;
pub use spec::ScenarioFile;
pub use text::{Language, Text};
