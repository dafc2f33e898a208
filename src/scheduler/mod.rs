//! Chooses a node for one Pod at a time: queue, filter, score, reserve, bind.
//!
//! What comes in: Pods, nodes, claims, volumes and classes by watch. What goes out: bindings, conditions, events, and when
//! Pods of lower priority must make room, their deletion. Of several instances the one that holds the Lease
//! `kube-system/kube-scheduler` does the work, the others keep up and wait.
//!
//! Models <https://kubernetes.io/docs/concepts/scheduling-eviction/kube-scheduler/>.
//!
//! **Invariants.** The scheduler knows only what its watches brought. It changes no Pod but through the API. It never looks
//! at what Pods really use, unless a profile has the plugin [`plugins::real_use`] on. A Pod that was placed counts on its node at once, before the API says so.
//!
//! **Not modelled:** the client's rate limit (50 requests per second), extenders, and the plugins named in [`plugins`].
//!
//! Reading order: [`demand`], [`pod_info`], [`node_info`], [`snapshot`], [`framework`], [`plugins`], [`counts`], [`cycle`],
//! [`preemption`], [`queue`], [`cache`], [`component`], [`configuration`], [`decision`], [`explain`].

mod binding;
pub mod budgets;
pub mod cache;
pub mod component;
pub mod configuration;
pub mod counts;
pub mod cycle;
pub mod decision;
pub mod demand;
pub mod explain;
mod failure;
#[cfg(test)]
pub mod fixture;
pub mod framework;
mod intake;
mod measures;
pub mod namespaces;
pub mod node_info;
pub mod plugins;
pub mod pod_info;
mod preempting;
pub mod preemption;
pub mod queue;
pub mod snapshot;
pub mod volumes;
pub mod workloads;

pub use component::Scheduler;
pub use configuration::{Configuration, ConfigurationError};
pub use cycle::Algorithm;
pub use decision::{Answer, Attempt, AttemptOutcome, Decision, Verdict};
pub use demand::Demands;
pub use explain::Counterfactual;
pub use pod_info::PodInfo;
pub use snapshot::Snapshot;
