//! # DefaultPreemption
//! When no node has room, Pods of lower priority may have to go.
//!
//! Models `pkg/scheduler/framework/plugins/defaultpreemption/default_preemption.go`; the search is in
//! [`crate::scheduler::preemption`].

use crate::scheduler::framework::{Plugin, PostFilter, PostFilterOutcome, Refusal, Stage};
use crate::scheduler::preemption;

/// The plugin.
#[derive(Clone, Copy, Debug)]
pub struct DefaultPreemption {
    /// At least this share of the nodes where it might help, in percent, is tried.
    pub min_candidates_percent: usize,
    /// And at least so many.
    pub min_candidates: usize,
}

impl Default for DefaultPreemption {
    /// Source: `pkg/scheduler/apis/config/v1/defaults.go`, `DefaultPreemptionArgs`.
    fn default() -> Self {
        Self { min_candidates_percent: 10, min_candidates: 100 }
    }
}

impl Plugin for DefaultPreemption {
    fn name(&self) -> &'static str {
        "DefaultPreemption"
    }
    fn as_post_filter(&self) -> Option<&dyn PostFilter> {
        Some(self)
    }
}

impl PostFilter for DefaultPreemption {
    fn post_filter(&self, stage: &Stage<'_>) -> PostFilterOutcome {
        let enough = |nodes: usize| (nodes * self.min_candidates_percent / 100).max(self.min_candidates).min(nodes);
        match preemption::preempt(stage, enough) {
            Ok(candidate) => PostFilterOutcome::Room(candidate),
            Err(refusal) => {
                let text = format!("preemption: {}", refusal.text);
                PostFilterOutcome::Unschedulable(Refusal { text, ..refusal })
            }
        }
    }
}
