//! # SchedulingGates
//! A Pod with `spec.schedulingGates` is not looked at until whoever put the gates there has taken them away.
//!
//! Models `pkg/scheduler/framework/plugins/schedulinggates/scheduling_gates.go`.

use crate::scheduler::framework::{ClusterEvent, Enqueue, Hint, Plugin, PreEnqueue, Rejection};
use crate::scheduler::pod_info::PodInfo;

/// The plugin.
#[derive(Clone, Copy, Debug)]
pub struct SchedulingGates;

impl Plugin for SchedulingGates {
    fn name(&self) -> &'static str {
        "SchedulingGates"
    }
    fn as_pre_enqueue(&self) -> Option<&dyn PreEnqueue> {
        Some(self)
    }
    fn as_enqueue(&self) -> Option<&dyn Enqueue> {
        Some(self)
    }
}

impl PreEnqueue for SchedulingGates {
    fn pre_enqueue(&self, pod: &PodInfo) -> Result<(), Rejection> {
        let gates: Vec<&str> = pod.pod.spec.scheduling_gates.iter().flatten().map(|gate| gate.name.as_str()).collect();
        if gates.is_empty() {
            return Ok(());
        }
        Err(Rejection::unresolvable(format!("waiting for scheduling gates: [{}]", gates.join(" "))))
    }
}

impl Enqueue for SchedulingGates {
    fn hint(&self, event: &ClusterEvent, pod: &PodInfo) -> Hint {
        match event {
            ClusterEvent::Itself(_, new) => (new.uid == pod.uid && self.pre_enqueue(new).is_ok()).into(),
            _ => Hint::Skip,
        }
    }
}
