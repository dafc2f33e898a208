//! The scheduling framework: the extension points, what passes between them, and the profile that says which plugins run
//! in which order.
//!
//! Models <https://kubernetes.io/docs/concepts/scheduling-eviction/scheduling-framework/>.
//!
//! Reading order: [`status`], [`cycle_state`], [`plugin`], [`event`], [`profile`], [`profiles`], [`diagnosis`].

pub mod cycle_state;
pub mod diagnosis;
pub mod event;
pub mod plugin;
pub mod profile;
pub mod profiles;
pub mod status;

pub use cycle_state::CycleState;
pub use diagnosis::{Diagnosis, FitError, Pattern, Seen};
pub use event::{ClusterEvent, Hint};
pub use plugin::{
    Bulk, Enqueue, Filter, Plugin, PostFilter, PostFilterOutcome, PreBind, PreEnqueue, PreFilter, PreFilterOutcome,
    Refusal, Reserve, Score, Stage, VolumeWork,
};
pub use profile::{PluginSet, Profile};
pub use profiles::Profiles;
pub use status::{Code, Reason, Rejection};
