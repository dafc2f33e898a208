//! Serving: the loop that lets simulated time follow real time (or not) while requests come in.

use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::{Duration, Instant};

use crate::session::Session;

use super::gate::Gate;

/// The longest sleep; a stop is noticed within it.
const NAP_MAX: Duration = Duration::from_millis(50);
/// No turn lets more wall time go by than this: a machine that cannot keep up runs slower, and still answers.
const LAG_MAX_MICROS: u64 = 200_000;
/// At full speed, so many signals are handled between two looks at the gate.
const BURST: usize = 512;

/// How fast time goes.
#[derive(Clone, Copy, Debug, PartialEq)]
pub enum Speed {
    /// So many times as fast as real time.
    Times(f64),
    /// As fast as it can while a request or a watch is open; otherwise time stands still.
    Max,
}

impl Speed {
    /// Reads `1`, `0.5`, `100` or `max`.
    ///
    /// # Errors
    /// What to write instead.
    pub fn parse(text: &str) -> Result<Self, String> {
        if text == "max" {
            return Ok(Self::Max);
        }
        let times = text.trim_end_matches(['x', '×']).parse().ok().filter(|times| (0.1..=1_000.0).contains(times));
        times.map(Self::Times).ok_or_else(|| "write a number from 0.1 to 1000, or max".to_owned())
    }
}

/// Runs the session until `stop` is set.
pub fn serve(session: &mut Session, gate: &mut Gate, speed: Speed, stop: &Arc<AtomicBool>) {
    match speed {
        Speed::Times(times) => {
            session.pace_mut().set_speed((times * 1_000.0) as u64);
            follow_real_time(session, gate, stop);
        }
        Speed::Max => run_while_asked(session, gate, stop),
    }
}

fn follow_real_time(session: &mut Session, gate: &mut Gate, stop: &Arc<AtomicBool>) {
    let mut last = now();
    while !stop.load(Ordering::Relaxed) {
        let catch_up = |session: &mut Session| {
            let instant = now();
            let passed = u64::try_from(instant.duration_since(last).as_micros()).unwrap_or(u64::MAX);
            last = instant;
            session.tick(passed.min(LAG_MAX_MICROS));
        };
        let patience = until_next(session);
        if !gate.wait(session, patience, catch_up) {
            return;
        }
    }
}

/// How long nothing is due.
fn until_next(session: &Session) -> Duration {
    let cluster = session.cluster();
    let Some(next) = cluster.next_at() else { return NAP_MAX };
    let micros = next.since(cluster.now()).as_micros().saturating_mul(1_000) / session.pace().speed().max(1);
    Duration::from_micros(micros).min(NAP_MAX)
}

fn run_while_asked(session: &mut Session, gate: &mut Gate, stop: &Arc<AtomicBool>) {
    while !stop.load(Ordering::Relaxed) {
        // A call is open in the cluster only once time has reached it.
        if gate.has_callers() || session.cluster().has_open_calls() {
            for _ in 0..BURST {
                session.step();
            }
            gate.pump(session);
        } else if !gate.wait(session, NAP_MAX, |_| {}) {
            return;
        }
    }
}

#[expect(
    clippy::disallowed_methods,
    reason = "the pace of a served cluster is real time, which nothing in the core sees"
)]
fn now() -> Instant {
    Instant::now()
}
