//! Load: a client that sends requests at a rate and counts what became of each, so that "no request was lost" is measured
//! and not believed.

use std::collections::BTreeMap;
use std::sync::Arc;

use crate::engine::{SimDuration, SimTime};

/// What a client does.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct LoadSpec {
    /// What it is called.
    pub name: Arc<str>,
    /// The host of its URL.
    pub host: Arc<str>,
    /// The port of its URL.
    pub port: u16,
    /// The path of its URL.
    pub path: Arc<str>,
    /// Requests per second, at least 1.
    pub rate: u32,
    /// After this long without an answer a request has timed out.
    pub timeout: SimDuration,
    /// The namespace whose DNS search path it uses.
    pub namespace: Arc<str>,
    /// The node it runs on.
    pub node: Arc<str>,
}

/// What became of a request.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Outcome {
    /// Answered with a status below 400.
    Ok,
    /// Answered with another status.
    Wrong,
    /// The name could not be resolved.
    NoName,
    /// Connection refused.
    Refused,
    /// Connection reset while waiting for the answer.
    Reset,
    /// No answer in time, or no route.
    TimedOut,
}

impl Outcome {
    /// All outcomes, good to bad.
    pub const ALL: [Self; 6] = [Self::Ok, Self::Wrong, Self::NoName, Self::Refused, Self::Reset, Self::TimedOut];

    /// As goals and screens name it.
    #[must_use]
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Ok => "ok",
            Self::Wrong => "wrong",
            Self::NoName => "no name",
            Self::Refused => "refused",
            Self::Reset => "reset",
            Self::TimedOut => "timed out",
        }
    }
}

/// Counts by outcome.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct LoadStats {
    counts: [u64; 6],
}

impl LoadStats {
    /// How many requests had this outcome.
    #[must_use]
    pub fn of(&self, outcome: Outcome) -> u64 {
        self.counts[outcome as usize]
    }

    /// How many requests are over.
    #[must_use]
    pub fn total(&self) -> u64 {
        self.counts.iter().sum()
    }

    /// How many were not answered well.
    #[must_use]
    pub fn lost(&self) -> u64 {
        self.total() - self.of(Outcome::Ok)
    }
}

/// A client and its counts.
#[derive(Clone, Debug)]
pub struct Load {
    /// What it does.
    pub spec: Arc<LoadSpec>,
    next: u64,
    in_flight: BTreeMap<u64, SimTime>,
    total: LoadStats,
    /// Counts per second of simulated time, by the second in which the request was sent.
    seconds: BTreeMap<u64, LoadStats>,
    /// Milliseconds from sending to answer, of answered requests: how many in each power of two.
    latency: [u64; 16],
    last_failure: Option<(SimTime, Outcome)>,
}

impl Load {
    /// A client that has sent nothing yet.
    #[must_use]
    pub fn new(spec: LoadSpec) -> Self {
        Self {
            spec: Arc::new(spec),
            next: 0,
            in_flight: BTreeMap::new(),
            total: LoadStats::default(),
            seconds: BTreeMap::new(),
            latency: [0; 16],
            last_failure: None,
        }
    }

    /// Time between two requests.
    #[must_use]
    pub fn interval(&self) -> SimDuration {
        SimDuration::from_secs(1) / u64::from(self.spec.rate.max(1))
    }

    /// Sends a request and returns its number.
    pub fn send(&mut self, now: SimTime) -> u64 {
        self.next += 1;
        self.in_flight.insert(self.next, now);
        self.next
    }

    /// A request is over; later news of it is ignored. Says whether it was still open.
    pub fn finish(&mut self, number: u64, outcome: Outcome, now: SimTime) -> bool {
        let Some(sent_at) = self.in_flight.remove(&number) else { return false };
        self.total.counts[outcome as usize] += 1;
        self.seconds.entry(sent_at.as_secs()).or_default().counts[outcome as usize] += 1;
        if matches!(outcome, Outcome::Ok | Outcome::Wrong) {
            let millis = now.since(sent_at).as_millis();
            self.latency[(u64::BITS - millis.leading_zeros()).min(15) as usize] += 1;
        }
        if outcome != Outcome::Ok {
            self.last_failure = Some((now, outcome));
        }
        true
    }

    /// Counts since the beginning.
    #[must_use]
    pub fn total(&self) -> LoadStats {
        self.total
    }

    /// Counts by second of sending, oldest first.
    pub fn seconds(&self) -> impl DoubleEndedIterator<Item = (u64, LoadStats)> {
        self.seconds.iter().map(|(second, stats)| (*second, *stats))
    }

    /// Counts of the requests sent from `since` on.
    #[must_use]
    pub fn since(&self, since: SimTime) -> LoadStats {
        let mut sum = LoadStats::default();
        for stats in self.seconds.range(since.as_secs()..).map(|(_, stats)| stats) {
            for (total, count) in sum.counts.iter_mut().zip(stats.counts) {
                *total += count;
            }
        }
        sum
    }

    /// How many requests are open.
    #[must_use]
    pub fn in_flight(&self) -> usize {
        self.in_flight.len()
    }

    /// The last request that was not answered well.
    #[must_use]
    pub fn last_failure(&self) -> Option<(SimTime, Outcome)> {
        self.last_failure
    }

    /// Milliseconds that `percent` of the answered requests stayed below, to a power of two.
    #[must_use]
    pub fn percentile(&self, percent: u64) -> Option<u64> {
        let answered: u64 = self.latency.iter().sum();
        let wanted = (answered * percent).div_ceil(100);
        let mut seen = 0;
        let bucket = self.latency.iter().position(|count| {
            seen += count;
            seen >= wanted
        });
        bucket.filter(|_| answered > 0).map(|power| 1 << power)
    }
}
