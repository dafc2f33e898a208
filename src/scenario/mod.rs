//! Lessons in YAML: a starting cluster, a story, goals, hints, solutions.
//!
//! What comes in: the text of a file. What goes out: a [`Scenario`] that builds its cluster, and a [`Lesson`] that looks at
//! the cluster and knows how far the learner has come. Goals are CEL expressions over what the cluster holds.
//!
//! **Invariants.** A lesson is checked by what the cluster does, never by what was typed. A goal looks and never touches;
//! probes that would change something run in a fork.
//!
//! Reading order: [`spec`], [`text`], [`load`](mod@load), [`scenario`], [`goal`], [`goals`], [`lesson`] with [`standing`], [`act`] and
//! [`timeline`], [`lint`](mod@lint),
//! [`command`], [`script`], [`test`](mod@test), [`schema`](mod@schema), [`catalog`].

pub mod act;
pub mod catalog;
pub mod command;
mod fields;
pub mod goal;
pub mod goals;
pub mod lesson;
pub mod lint;
pub mod load;
#[expect(clippy::module_inception, reason = "the scenario is the noun of this folder")]
pub mod scenario;
pub mod schema;
pub mod script;
pub mod spec;
pub mod standing;
pub mod test;
pub mod text;
pub mod timeline;

pub use act::Act;
pub use command::{Command, CommandError};
pub use lesson::Lesson;
pub use lint::{Finding, Severity, lint, lint_text};
pub use load::{LoadError, decode, load};
pub use scenario::Scenario;
pub use schema::schema;
pub use script::{Entry, Run, RunError};
pub use spec::ScenarioFile;
pub use standing::{Answer, GoalState, Miss, Mistake, StepState};
pub use test::{Check, Report, test};
pub use text::{Language, Text};
