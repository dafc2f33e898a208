//! Processor time: what commands cost the process that runs them, so that a script that never waits cannot stop the clock.
//!
//! A process may be ahead of the clock by [`QUANTUM`]; then it rests until the clock has caught up. Time that passes while it
//! waits for something else pays as well. Children begin where their parent was, and so does what takes its place.

use super::Kernel;
use super::process::HostPid;
use crate::engine::{SimDuration, SimTime};

/// Of a builtin, in microseconds. Measured: dash 0.5.12 does about a million `[ … ]` and `i=$((i+1))` a second on a desktop
/// processor, bash a quarter of that; a container's share of a processor is smaller.
pub const BUILTIN_COST: u64 = 10;
/// Of a fork with what follows it, in microseconds. Measured: 0.4 ms for `(:)`, 0.8 to 1.6 ms for `/bin/true`, both in dash.
pub const FORK_COST: u64 = 1_000;
/// Of an `execve`, in microseconds: the difference of the two above.
pub const EXEC_COST: u64 = 500;
/// Of a kibibyte that a tool reads or writes, in microseconds: 50 MB a second, what small pipes and small disks manage.
pub const KIB_COST: u64 = 20;
/// A process lets time pass when it has used this much, in microseconds: the order of a scheduler's slice.
const QUANTUM: u64 = 10_000;
/// A process that never waits runs slower and slower in podlab, so that an hour of it takes no hour.
const PATIENCE: u64 = 100;

/// What a process has used.
#[derive(Clone, Copy, Debug, Default)]
pub struct Used {
    /// Not yet paid for, in microseconds.
    ahead: u64,
    /// Up to when everything before is paid for.
    paid_at: SimTime,
    /// How often in a row it used up its time without waiting for anything.
    spins: u64,
    /// Whether it has used up its time and rests.
    is_resting: bool,
    /// All that was used, rests included: what never waits keeps its processor busy while podlab lets it rest.
    total: u64,
    /// When a signal last ended a rest.
    interrupted_at: Option<SimTime>,
}

impl Used {
    /// Whether it keeps a processor busy.
    #[must_use]
    pub fn is_busy(&self) -> bool {
        self.is_resting
    }

    /// What a child begins with: the same place in time, and nothing used yet.
    #[must_use]
    pub fn inherited(self) -> Self {
        Self { total: 0, ..self }
    }

    /// Processor time used until now, in microseconds.
    #[must_use]
    pub fn spent(&self, now: SimTime) -> u64 {
        let ahead = if self.is_resting && now < self.paid_at { self.paid_at.since(now).as_micros() } else { 0 };
        self.total.saturating_sub(ahead)
    }

    /// A signal ends a rest, once in an instant: two processes that signal each other must not live for nothing.
    pub fn interrupt(&mut self, now: SimTime) {
        if self.interrupted_at != Some(now) {
            self.interrupted_at = Some(now);
            self.total = self.spent(now);
            self.paid_at = self.paid_at.min(now);
        }
    }

    /// Books a cost; says until when the process has to rest, if it has to.
    fn book(&mut self, now: SimTime, cost: u64) -> Option<SimTime> {
        self.total += cost;
        if now < self.paid_at {
            // Woken before its time, by a child that has ended or a pipe that has room.
            self.ahead += cost;
            return Some(self.paid_at);
        }
        if now > self.paid_at {
            let passed = now.since(self.paid_at).as_micros();
            if passed > self.ahead + QUANTUM / 10 {
                self.spins = 0;
            }
            self.ahead = self.ahead.saturating_sub(passed);
            self.paid_at = now;
        }
        self.ahead += cost;
        self.is_resting = self.ahead >= QUANTUM;
        if !self.is_resting {
            return None;
        }
        self.spins += 1;
        let slower = 1 + self.spins / PATIENCE * 10;
        let ahead = std::mem::take(&mut self.ahead);
        self.total += ahead * (slower - 1);
        self.paid_at = now + SimDuration::from_micros(ahead * slower);
        Some(self.paid_at)
    }
}

impl Kernel<'_> {
    /// Books what a process has used; says until when it has to rest, if it has to.
    pub fn use_processor(&mut self, host: HostPid, micros: u64) -> Option<SimTime> {
        let now = self.now;
        self.sandbox.processes.get_mut(&host)?.used.book(now, micros)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn time_that_passes_pays_and_the_rest_is_rested() {
        let mut used = Used::default();
        let start = SimTime::from_secs(1);
        assert_eq!(used.book(start, QUANTUM - 1), None);
        let later = start + SimDuration::from_micros(QUANTUM / 2);
        assert_eq!(used.book(later, QUANTUM / 4), None);
        let until = used.book(later, QUANTUM / 2).unwrap();
        assert_eq!(used.book(later, 0), Some(until));
        assert_eq!(until.since(later).as_micros(), QUANTUM / 2 - 1 + QUANTUM / 4 + QUANTUM / 2);
        assert!(used.is_busy());
        assert_eq!(used.book(until + SimDuration::from_secs(1), 1), None);
        assert!(!used.is_busy());
    }

    #[test]
    fn what_never_waits_uses_all_the_time_there_is() {
        let (mut used, mut now) = (Used::default(), SimTime::from_secs(1));
        for _ in 0..2_000 {
            now = used.book(now, QUANTUM).unwrap();
        }
        let passed = now.since(SimTime::from_secs(1)).as_micros();
        assert_eq!(used.spent(now), passed);
        // In the middle of a rest only what has passed counts.
        let end = used.book(now, QUANTUM).unwrap();
        let middle = now + SimDuration::from_micros(end.since(now).as_micros() / 2);
        assert_eq!(used.spent(middle), passed + middle.since(now).as_micros());
    }
}
