//! # DynamicResources
//! Pods with `spec.resourceClaims` wait for their ResourceClaims. podlab serves no ResourceClaims, so such a Pod waits, as it
//! would in a cluster where nobody made them. For all other Pods the plugin has no claim to free.
//!
//! Models the part of `pkg/scheduler/framework/plugins/dynamicresources/dynamicresources.go` that other Pods meet.

use crate::scheduler::framework::{
    CycleState, Plugin, PostFilter, PostFilterOutcome, PreEnqueue, PreFilter, PreFilterOutcome, Refusal, Rejection,
    Stage,
};
use crate::scheduler::pod_info::PodInfo;
use crate::scheduler::snapshot::Snapshot;

/// The plugin.
#[derive(Clone, Copy, Debug)]
pub struct DynamicResources;

/// Left by PreFilter; where it is missing, PostFilter fails.
struct Reached;

impl Plugin for DynamicResources {
    fn name(&self) -> &'static str {
        "DynamicResources"
    }
    fn as_pre_enqueue(&self) -> Option<&dyn PreEnqueue> {
        Some(self)
    }
    fn as_pre_filter(&self) -> Option<&dyn PreFilter> {
        Some(self)
    }
    fn as_post_filter(&self) -> Option<&dyn PostFilter> {
        Some(self)
    }
}

impl PreEnqueue for DynamicResources {
    fn pre_enqueue(&self, pod: &PodInfo) -> Result<(), Rejection> {
        match pod.pod.spec.resource_claims.iter().flatten().next() {
            None => Ok(()),
            Some(claim) => match &claim.resource_claim_name {
                Some(name) => {
                    Err(Rejection::unresolvable(format!("resourceclaim.resource.k8s.io \"{name}\" not found")))
                }
                None => {
                    Err(Rejection::unresolvable(format!("pod {:?}: ResourceClaim not created yet", pod.full_name())))
                }
            },
        }
    }
}

impl PreFilter for DynamicResources {
    fn pre_filter(&self, state: &mut CycleState, _: &PodInfo, _: &Snapshot) -> PreFilterOutcome {
        state.write(Reached);
        PreFilterOutcome::Skip
    }
}

impl PostFilter for DynamicResources {
    /// When an earlier PreFilter ended the cycle, this plugin never wrote its state and says so, in the words of the cycle
    /// state: the message of such a Pod really ends in `not found`.
    fn post_filter(&self, stage: &Stage<'_>) -> PostFilterOutcome {
        match stage.state.read::<Reached>() {
            Some(_) => PostFilterOutcome::Unschedulable(Refusal {
                text: "no new claims to deallocate".to_owned(),
                is_nomination_kept: false,
            }),
            None => PostFilterOutcome::Error("not found".to_owned()),
        }
    }
}
