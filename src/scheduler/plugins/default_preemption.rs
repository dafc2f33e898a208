//! # DefaultPreemption
//! When no node has room, Pods of lower priority may have to go.
//!
//! Models `pkg/scheduler/framework/plugins/defaultpreemption/default_preemption.go`; the search is in
//! [`crate::scheduler::preemption`].

use crate::scheduler::framework::{Plugin, PostFilter, PostFilterOutcome, Refusal, Stage};
use crate::scheduler::preemption;

/// The plugin.
#[derive(Clone, Copy, Debug)]
pub struct DefaultPreemption;

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
        match preemption::preempt(stage) {
            Ok(candidate) => PostFilterOutcome::Room(candidate),
            Err(refusal) => {
                let text = format!("preemption: {}", refusal.text);
                PostFilterOutcome::Unschedulable(Refusal { text, ..refusal })
            }
        }
    }
}
