//! Pace: how simulated time follows wall time.

use crate::engine::SimDuration;

/// Speeds that the keys step through, in thousandths of real time.
const SPEEDS: [u64; 11] = [100, 250, 500, 1_000, 2_000, 5_000, 10_000, 30_000, 100_000, 300_000, 1_000_000];

/// Whether time runs, and how fast.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Pace {
    is_paused: bool,
    /// Thousandths of real time.
    speed: u64,
    /// What is left over of a microsecond, in thousandths.
    remainder: u64,
}

impl Default for Pace {
    fn default() -> Self {
        Self { is_paused: false, speed: 1_000, remainder: 0 }
    }
}

impl Pace {
    /// Whether time stands still.
    #[must_use]
    pub fn is_paused(&self) -> bool {
        self.is_paused
    }

    /// The speed in thousandths of real time.
    #[must_use]
    pub fn speed(&self) -> u64 {
        self.speed
    }

    /// Stops or lets go.
    pub fn toggle(&mut self) {
        self.is_paused = !self.is_paused;
    }

    /// Stops.
    pub fn pause(&mut self) {
        self.is_paused = true;
    }

    /// Lets go.
    pub fn resume(&mut self) {
        self.is_paused = false;
    }

    /// The next higher speed.
    pub fn faster(&mut self) {
        self.speed = SPEEDS.into_iter().find(|speed| *speed > self.speed).unwrap_or(self.speed);
    }

    /// The next lower speed.
    pub fn slower(&mut self) {
        self.speed = SPEEDS.into_iter().rev().find(|speed| *speed < self.speed).unwrap_or(self.speed);
    }

    /// Sets the speed, in thousandths of real time, within 0.1× to 1000×.
    pub fn set_speed(&mut self, speed: u64) {
        self.speed = speed.clamp(SPEEDS[0], SPEEDS[SPEEDS.len() - 1]);
    }

    /// How much simulated time passes in `wall_micros` of wall time.
    pub fn advance(&mut self, wall_micros: u64) -> SimDuration {
        if self.is_paused {
            return SimDuration::ZERO;
        }
        let thousandths = wall_micros.saturating_mul(self.speed).saturating_add(self.remainder);
        self.remainder = thousandths % 1_000;
        SimDuration::from_micros(thousandths / 1_000)
    }
}

/// `1×`, `0.25×`, `100×`; `❚❚` is left to the screen.
impl std::fmt::Display for Pace {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        if self.speed >= 1_000 {
            write!(f, "{}×", self.speed / 1_000)
        } else {
            let decimals = format!("{:03}", self.speed);
            write!(f, "0.{}×", decimals.trim_end_matches('0'))
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn slow_time_adds_up() {
        let mut pace = Pace::default();
        pace.set_speed(250);
        let total: u64 = (0..1_000).map(|_| pace.advance(3).as_micros()).sum();
        assert_eq!(total, 750);
        assert_eq!(pace.to_string(), "0.25×");
        pace.pause();
        assert_eq!(pace.advance(1_000_000), SimDuration::ZERO);
    }
}
