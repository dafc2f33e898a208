//! From the size that the metrics ask for to the size that is set: stabilisation, limits of speed, bounds.
//!
//! Models `normalizeDesiredReplicas` and `normalizeDesiredReplicasWithBehaviors` of `pkg/controller/podautoscaler/horizontal.go`.

use crate::engine::{SimDuration, SimTime};
use crate::model::autoscaling::{HPAScalingRules, HorizontalPodAutoscalerBehavior};

/// `--horizontal-pod-autoscaler-downscale-stabilization`.
const DOWNSCALE_STABILIZATION: i32 = 300;
/// Without a behavior: twice the size at once, or this many. Source: `scaleUpLimitFactor`, `scaleUpLimitMinimum`.
const SCALE_UP_FACTOR: i32 = 2;
const SCALE_UP_MINIMUM: i32 = 4;

/// What was recommended and done before.
#[derive(Clone, Debug, Default)]
pub struct Past {
    recommendations: Vec<(SimTime, i32)>,
    ups: Vec<(SimTime, i32)>,
    downs: Vec<(SimTime, i32)>,
}

/// The bounds and where one stands.
#[derive(Clone, Copy, Debug)]
pub struct Bounds {
    /// `minReplicas`.
    pub min: i32,
    /// `maxReplicas`.
    pub max: i32,
    /// Replicas asked for now.
    pub current: i32,
}

/// A condition: its status, reason and message.
pub type Verdict = (bool, &'static str, &'static str);

/// A size, and what is to be told about it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Normalized {
    /// The size.
    pub size: i32,
    /// `AbleToScale`.
    pub able: Verdict,
    /// `ScalingLimited`.
    pub limited: Verdict,
}

const READY: Verdict = (true, "ReadyForNewScale", "recommended size matches current size");
const DOWN_STABILIZED: Verdict = (
    true,
    "ScaleDownStabilized",
    "recent recommendations were higher than current one, applying the highest recent recommendation",
);
const UP_STABILIZED: Verdict = (
    true,
    "ScaleUpStabilized",
    "recent recommendations were lower than current one, applying the lowest recent recommendation",
);
const WITHIN: (&str, &str) = ("DesiredWithinRange", "the desired count is within the acceptable range");
const TOO_FEW: (&str, &str) = ("TooFewReplicas", "the desired replica count is less than the minimum replica count");
const TOO_MANY: (&str, &str) = ("TooManyReplicas", "the desired replica count is more than the maximum replica count");
const UP_LIMIT: (&str, &str) =
    ("ScaleUpLimit", "the desired replica count is increasing faster than the maximum scale rate");
const DOWN_LIMIT: (&str, &str) =
    ("ScaleDownLimit", "the desired replica count is decreasing faster than the maximum scale rate");

impl Past {
    /// The first size that is seen counts as a recommendation.
    pub fn begin(&mut self, current: i32, now: SimTime) {
        if self.recommendations.is_empty() {
            self.recommendations.push((now, current));
        }
    }

    /// Turns what the metrics ask for into a size.
    pub fn normalize(
        &mut self,
        desired: i32,
        bounds: Bounds,
        behavior: Option<&HorizontalPodAutoscalerBehavior>,
        now: SimTime,
    ) -> Normalized {
        let (stabilized, able, (size, (reason, message))) = match behavior {
            None => {
                let stabilized = self.stabilize(desired, now);
                (stabilized, DOWN_STABILIZED, limit(stabilized, bounds))
            }
            Some(behavior) => {
                let (up, down) = (rules(behavior.scale_up.as_ref()), rules(behavior.scale_down.as_ref()));
                let stabilized = self.stabilize_with(desired, bounds.current, (&up, &down), now);
                let able = if desired >= bounds.current { UP_STABILIZED } else { DOWN_STABILIZED };
                (stabilized, able, self.limit_with(stabilized, bounds, (&up, &down), now))
            }
        };
        let able = if stabilized == desired { READY } else { able };
        Normalized { size, able, limited: (size != stabilized, reason, message) }
    }

    /// Notes that the size was changed.
    pub fn note(
        &mut self,
        behavior: Option<&HorizontalPodAutoscalerBehavior>,
        (before, after): (i32, i32),
        now: SimTime,
    ) {
        let Some(behavior) = behavior else { return };
        let is_up = after > before;
        let rules = rules(if is_up { behavior.scale_up.as_ref() } else { behavior.scale_down.as_ref() });
        let longest = rules.policies.iter().flatten().map(|policy| policy.period_seconds).max().unwrap_or(0);
        let events = if is_up { &mut self.ups } else { &mut self.downs };
        events.retain(|(at, _)| *at >= ago(now, longest));
        events.push((now, (after - before).abs()));
    }

    /// The highest recommendation of the window.
    fn stabilize(&mut self, desired: i32, now: SimTime) -> i32 {
        let cutoff = ago(now, DOWNSCALE_STABILIZATION);
        self.recommendations.retain(|(at, _)| *at >= cutoff);
        let highest = self.recommendations.iter().map(|(_, size)| *size).fold(desired, i32::max);
        self.recommendations.push((now, desired));
        highest
    }

    /// As close to the present size as the windows of both directions ask.
    fn stabilize_with(
        &mut self,
        desired: i32,
        current: i32,
        (up, down): (&HPAScalingRules, &HPAScalingRules),
        now: SimTime,
    ) -> i32 {
        let up_cutoff = ago(now, up.stabilization_window_seconds.unwrap_or(0));
        let down_cutoff = ago(now, down.stabilization_window_seconds.unwrap_or(DOWNSCALE_STABILIZATION));
        let since =
            |cutoff: SimTime| self.recommendations.iter().filter(move |(at, _)| *at > cutoff).map(|(_, size)| *size);
        let lowest = since(up_cutoff).fold(desired, i32::min);
        let highest = since(down_cutoff).fold(desired, i32::max);
        let stabilized = current.max(lowest).min(highest);
        self.recommendations.retain(|(at, _)| *at >= up_cutoff.min(down_cutoff));
        self.recommendations.push((now, desired));
        stabilized
    }

    fn limit_with(
        &self,
        desired: i32,
        bounds: Bounds,
        (up, down): (&HPAScalingRules, &HPAScalingRules),
        now: SimTime,
    ) -> (i32, (&'static str, &'static str)) {
        let current = bounds.current;
        if desired > current {
            let speed = self.speed_limit(current, up, true, now).max(current);
            let (most, why) = if bounds.max > speed { (speed, UP_LIMIT) } else { (bounds.max, TOO_MANY) };
            if desired > most {
                return (most, why);
            }
        } else if desired < current {
            let speed = self.speed_limit(current, down, false, now).min(current);
            let (least, why) = if bounds.min < speed { (speed, DOWN_LIMIT) } else { (bounds.min, TOO_FEW) };
            if desired < least {
                return (least, why);
            }
        }
        (desired, WITHIN)
    }

    /// How far the policies let it go. Source: `calculateScaleUpLimitWithScalingRules`, `calculateScaleDownLimitWithBehaviors`.
    fn speed_limit(&self, current: i32, rules: &HPAScalingRules, is_up: bool, now: SimTime) -> i32 {
        let select = rules.select_policy.as_deref().unwrap_or("Max");
        if select == "Disabled" {
            return current;
        }
        let changed = |events: &[(SimTime, i32)], seconds: i32| -> i32 {
            let cutoff = ago(now, seconds);
            events.iter().filter(|(at, _)| *at > cutoff).map(|(_, change)| *change).sum()
        };
        let limits = rules.policies.iter().flatten().map(|policy| {
            let seconds = policy.period_seconds;
            let start = current - changed(&self.ups, seconds) + changed(&self.downs, seconds);
            let (start, value) = (i64::from(start), i64::from(policy.value));
            let limit = match (policy.type_.as_str(), is_up) {
                ("Pods", true) => start + value,
                ("Pods", false) => start - value,
                // Up is rounded up, so that there is a change at all; down is cut off.
                (_, true) => (start * (100 + value)).div_euclid(100) + i64::from(start * (100 + value) % 100 != 0),
                (_, false) => start * (100 - value) / 100,
            };
            i32::try_from(limit).unwrap_or(i32::MAX)
        });
        // The policy that changes most is the highest limit upwards and the lowest downwards.
        let picked = if (select == "Min") == is_up { limits.min() } else { limits.max() };
        picked.unwrap_or(current)
    }
}

/// Bounds without a behavior. Source: `convertDesiredReplicasWithRules`.
fn limit(desired: i32, bounds: Bounds) -> (i32, (&'static str, &'static str)) {
    let speed = (SCALE_UP_FACTOR * bounds.current).max(SCALE_UP_MINIMUM);
    let (most, why) = if bounds.max > speed { (speed, UP_LIMIT) } else { (bounds.max, TOO_MANY) };
    if desired < bounds.min {
        (bounds.min, TOO_FEW)
    } else if desired > most {
        (most, why)
    } else {
        (desired, WITHIN)
    }
}

fn rules(told: Option<&HPAScalingRules>) -> HPAScalingRules {
    told.cloned().unwrap_or_default()
}

fn ago(now: SimTime, seconds: i32) -> SimTime {
    let span = SimDuration::from_secs(u64::try_from(seconds).unwrap_or(0));
    SimTime::from_micros(now.as_micros().saturating_sub(span.as_micros()))
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    const BOUNDS: Bounds = Bounds { min: 1, max: 20, current: 3 };

    fn at(seconds: u64) -> SimTime {
        SimTime::from_secs(1_000 + seconds)
    }

    fn behavior(value: serde_json::Value) -> HorizontalPodAutoscalerBehavior {
        serde_json::from_value(value).unwrap()
    }

    #[test]
    fn without_a_behavior_the_size_doubles_at_most_and_falls_after_five_minutes() {
        let mut past = Past::default();
        past.begin(3, at(0));
        let up = past.normalize(11, BOUNDS, None, at(0));
        assert_eq!((up.size, up.able.1, up.limited.0, up.limited.1), (6, "ReadyForNewScale", true, "ScaleUpLimit"));
        let six = Bounds { current: 6, ..BOUNDS };
        let kept = past.normalize(1, six, None, at(300));
        assert_eq!((kept.size, kept.able.1), (11, "ScaleDownStabilized"));
        let down = past.normalize(1, six, None, at(301));
        assert_eq!((down.size, down.able.1, down.limited.1), (1, "ReadyForNewScale", "DesiredWithinRange"));
        let few = past.normalize(0, six, None, at(700));
        assert_eq!((few.size, few.limited.0, few.limited.1), (1, true, "TooFewReplicas"));
        let many = past.normalize(30, Bounds { current: 15, ..BOUNDS }, None, at(701));
        assert_eq!((many.size, many.limited.1), (20, "TooManyReplicas"));
    }

    #[test]
    fn policies_limit_the_speed_over_their_period() {
        let told = behavior(json!({
            "scaleUp": {"stabilizationWindowSeconds": 0, "selectPolicy": "Max",
                "policies": [{"type": "Pods", "value": 2, "periodSeconds": 60}]},
            "scaleDown": {"selectPolicy": "Min", "stabilizationWindowSeconds": 0,
                "policies": [{"type": "Pods", "value": 4, "periodSeconds": 60}, {"type": "Percent", "value": 10, "periodSeconds": 60}]}}));
        let mut past = Past::default();
        let up = past.normalize(10, BOUNDS, Some(&told), at(0));
        assert_eq!((up.size, up.limited.1), (5, "ScaleUpLimit"));
        past.note(Some(&told), (3, 5), at(0));
        let five = Bounds { current: 5, ..BOUNDS };
        assert_eq!(past.normalize(10, five, Some(&told), at(59)).size, 5);
        assert_eq!(past.normalize(10, five, Some(&told), at(60)).size, 7);
        // Ten percent of twenty are less than four Pods, and the smaller change counts.
        let down = past.normalize(1, Bounds { current: 20, ..BOUNDS }, Some(&told), at(200));
        assert_eq!((down.size, down.limited.1), (18, "ScaleDownLimit"));
    }

    #[test]
    fn a_direction_can_be_switched_off() {
        let told = behavior(json!({"scaleUp": {"policies": [{"type": "Percent", "value": 100, "periodSeconds": 15}]},
            "scaleDown": {"selectPolicy": "Disabled", "stabilizationWindowSeconds": 0}}));
        let mut past = Past::default();
        let down = past.normalize(1, BOUNDS, Some(&told), at(0));
        assert_eq!((down.size, down.limited.1), (3, "ScaleDownLimit"));
    }

    #[test]
    fn windows_hold_in_both_directions() {
        let told = behavior(json!({
            "scaleUp": {"stabilizationWindowSeconds": 60, "policies": [{"type": "Pods", "value": 100, "periodSeconds": 15}]},
            "scaleDown": {"stabilizationWindowSeconds": 60, "policies": [{"type": "Percent", "value": 100, "periodSeconds": 15}]}}));
        let mut past = Past::default();
        past.begin(3, at(0));
        let held = past.normalize(10, BOUNDS, Some(&told), at(30));
        assert_eq!((held.size, held.able.1), (3, "ScaleUpStabilized"));
        assert_eq!(past.normalize(9, BOUNDS, Some(&told), at(61)).size, 9);
        let nine = Bounds { current: 9, ..BOUNDS };
        let held = past.normalize(2, nine, Some(&told), at(75));
        assert_eq!((held.size, held.able.1), (9, "ScaleDownStabilized"));
        assert_eq!(past.normalize(2, nine, Some(&told), at(122)).size, 2);
    }
}
