//! The back-off of restarts and pulls: first at once, then after 10, 20, 40 … 300 seconds.
//!
//! Models `staging/src/k8s.io/client-go/util/flowcontrol/backoff.go` as `doBackOff` and the image manager use it.

use crate::engine::{SimDuration, SimTime};

/// First and longest wait. Source: `pkg/kubelet/kubelet.go`, `imageBackOffPeriod`, `MaxCrashLoopBackOff`.
const FIRST: SimDuration = SimDuration::from_secs(10);
const LONGEST: SimDuration = SimDuration::from_secs(300);

/// One entry of the table of back-offs.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Backoff {
    wait: SimDuration,
    updated_at: SimTime,
}

impl Backoff {
    /// What still has to be waited, counted from `since`; `None` when the next try may begin.
    #[must_use]
    pub fn remaining(&self, since: SimTime, now: SimTime) -> Option<SimDuration> {
        let ends_at = since + self.wait;
        (self.wait > SimDuration::ZERO && !self.has_expired(since) && now < ends_at).then(|| ends_at.since(now))
    }

    /// The wait that holds now.
    #[must_use]
    pub fn wait(&self) -> SimDuration {
        self.wait
    }

    /// Another try begins or failed: the next wait is twice as long, or the first one when the entry had expired by `event_at`.
    pub fn next(&mut self, event_at: SimTime, now: SimTime) {
        self.wait = if self.wait == SimDuration::ZERO || self.has_expired(event_at) {
            FIRST
        } else {
            (self.wait * 2).min(LONGEST)
        };
        self.updated_at = now;
    }

    /// An entry is forgotten after twice the longest wait.
    fn has_expired(&self, event_at: SimTime) -> bool {
        event_at.since(self.updated_at) > LONGEST * 2
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn waits_double_up_to_five_minutes_and_are_forgotten_after_ten() {
        let mut backoff = Backoff::default();
        let mut now = SimTime::from_secs(1);
        assert_eq!(backoff.remaining(now, now), None);
        let waits: Vec<u64> = (0..7)
            .map(|_| {
                backoff.next(now, now);
                let wait = backoff.remaining(now, now).unwrap();
                now += wait;
                assert_eq!(backoff.remaining(now.saturating_sub(wait), now), None);
                wait.as_secs()
            })
            .collect();
        assert_eq!(waits, [10, 20, 40, 80, 160, 300, 300]);
        let later = now + SimDuration::from_secs(700);
        assert_eq!(backoff.remaining(later, later), None);
        backoff.next(later, later);
        assert_eq!(backoff.wait().as_secs(), 10);
    }
}
