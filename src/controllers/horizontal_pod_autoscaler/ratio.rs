//! Use as a share of the target, as an exact fraction.
//!
//! The original computes with floating point; here nothing is rounded but the result, so the two may differ where a product such as
//! 0.07 × 100 is not exact there.

use crate::model::Quantity;
use crate::model::autoscaling::{HPAScalingRules, HorizontalPodAutoscalerBehavior};

/// `--horizontal-pod-autoscaler-tolerance`, in thousandths.
const TOLERANCE: i64 = 100;

/// A use over its target.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Ratio {
    used: i128,
    target: i128,
}

/// How far from the target the use may be without anything being done, in thousandths.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Tolerances {
    up: i64,
    down: i64,
}

impl Ratio {
    /// So much of so much; a target of nothing counts as the smallest there is.
    #[must_use]
    pub fn of(used: i64, target: i64) -> Self {
        Self { used: used.into(), target: i128::from(target.max(1)) }
    }

    /// Whether more is used than wanted.
    #[must_use]
    pub fn is_above(self) -> bool {
        self.used > self.target
    }

    /// Whether less is used than wanted.
    #[must_use]
    pub fn is_below(self) -> bool {
        self.used < self.target
    }

    /// So many times the ratio, rounded up.
    #[must_use]
    pub fn times(self, count: usize) -> i32 {
        let count = i128::try_from(count).unwrap_or(i128::MAX);
        let product = self.used.saturating_mul(count);
        i32::try_from((product + self.target - 1) / self.target).unwrap_or(i32::MAX)
    }
}

impl Tolerances {
    /// Those of a behavior, or the controller's own.
    #[must_use]
    pub fn of(behavior: Option<&HorizontalPodAutoscalerBehavior>) -> Self {
        let own = |rules: Option<&HPAScalingRules>| {
            let tolerance = rules.and_then(|rules| rules.tolerance.as_ref());
            tolerance.and_then(|told| Quantity::try_from(told).ok()).map_or(TOLERANCE, Quantity::milli_value)
        };
        Self {
            up: own(behavior.and_then(|behavior| behavior.scale_up.as_ref())),
            down: own(behavior.and_then(|behavior| behavior.scale_down.as_ref())),
        }
    }

    /// Whether a ratio is close enough to one.
    #[must_use]
    pub fn include(self, ratio: Ratio) -> bool {
        let used = ratio.used * 1_000;
        ratio.target * i128::from(1_000 - self.down) <= used && used <= ratio.target * i128::from(1_000 + self.up)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_bounds_belong_to_what_is_close_enough() {
        let tolerances = Tolerances::of(None);
        let within = |used| tolerances.include(Ratio::of(used, 50));
        assert_eq!([44, 45, 50, 55, 56].map(within), [false, true, true, true, false]);
        assert_eq!(Ratio::of(90, 50).times(3), 6);
        assert_eq!(Ratio::of(100, 50).times(3), 6);
    }
}
