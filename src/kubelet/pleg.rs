//! The Pod lifecycle event generator: looks at the runtime every second, so that the kubelet learns of a container's end up to
//! a second late.
//!
//! Models `pkg/kubelet/pleg/generic.go`. A look that would find nothing is not made.

use std::collections::BTreeMap;

use crate::client::{Ctx, Timer};
use crate::engine::{CauseId, SimDuration, SimTime};

use super::shared::{PodNumber, purpose};

/// Source: `pkg/kubelet/kubelet.go`, `genericPlegRelistPeriod`.
const PERIOD: SimDuration = SimDuration::from_secs(1);

/// Pods whose containers changed since the last look.
#[derive(Clone, Debug, Default)]
pub struct Pleg {
    /// Where in the second this node looks.
    phase: SimDuration,
    changed: BTreeMap<PodNumber, CauseId>,
    due_at: Option<SimTime>,
}

impl Pleg {
    /// A generator that looks `phase` after each full second.
    pub fn set_phase(&mut self, phase: SimDuration) {
        self.phase = phase;
    }

    /// Something changed for this Pod.
    pub fn mark(&mut self, pod: PodNumber, ctx: &mut Ctx<'_>) {
        self.changed.insert(pod, ctx.cause);
        if self.due_at.is_none_or(|at| at <= ctx.now) {
            let since = ctx.now.as_micros() + PERIOD.as_micros() - self.phase.as_micros();
            let wait = SimDuration::from_micros(PERIOD.as_micros() - since % PERIOD.as_micros());
            self.due_at = Some(ctx.now + wait);
            ctx.timer(wait, Timer::new(purpose::PLEG, 0));
        }
    }

    /// The look: which Pods changed, and what caused it.
    pub fn relist(&mut self) -> BTreeMap<PodNumber, CauseId> {
        self.due_at = None;
        std::mem::take(&mut self.changed)
    }
}
