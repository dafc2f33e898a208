//! Heapster, which is retired: it pulls every kubelet, keeps what it saw in memory, and pushes it on to a sink. Its memory grows with
//! the nodes, Pods and containers of the cluster and with how long it keeps them, until its limit ends it.
//!
//! Models <https://github.com/kubernetes-retired/heapster>: `metrics/heapster.go`, `metrics/sinks/metric`. The sizes are podlab's own,
//! chosen so that they agree with what its add-on asked of addon-resizer: 140Mi and 4Mi more per node of 30 Pods.
//! **Not modelled.** eventer, other sinks than InfluxDB, the model API beyond `/healthz`.

use std::collections::VecDeque;

use crate::engine::{SimDuration, SimTime};

/// `--metric_resolution` when it is not given. Source: `metrics/options`.
const RESOLUTION: SimDuration = SimDuration::from_secs(60);
/// The shortest. Source: `metrics/manager`, `MinMetricResolution`.
const RESOLUTION_MIN: SimDuration = SimDuration::from_secs(5);
/// How long the sink in memory keeps CPU and memory of everything. Source: `metricsink.NewMetricSink`, 15 minutes.
const CACHE: SimDuration = SimDuration::from_secs(15 * 60);
/// A process that has seen nothing yet.
const BASE: u64 = 48 << 20;
/// One look at one node, Pod or container: 30 Pods with a container each make 4 MiB in 15 looks.
const POINT: u64 = 4_600;

/// The process.
#[derive(Clone, Debug)]
pub struct Heapster {
    resolution: SimDuration,
    cache: SimDuration,
    has_sink: bool,
    rounds: VecDeque<(SimTime, u64)>,
}

impl Heapster {
    /// A process with these arguments.
    #[must_use]
    pub fn new<'a>(arguments: impl Iterator<Item = &'a str> + Clone) -> Self {
        let value = |name: &str| {
            let mut all = arguments.clone();
            all.find_map(|one| one.trim_start_matches('-').strip_prefix(name)?.strip_prefix('=').map(str::to_owned))
        };
        let span = |name: &str| {
            value(name)
                .as_deref()
                .and_then(|text| if text == "0" { Some(SimDuration::ZERO) } else { SimDuration::parse(text) })
        };
        Self {
            resolution: span("metric_resolution").unwrap_or(RESOLUTION).max(RESOLUTION_MIN),
            cache: span("cache_duration").unwrap_or(CACHE),
            has_sink: value("sink").is_some(),
            rounds: VecDeque::new(),
        }
    }

    /// Between two rounds.
    #[must_use]
    pub fn resolution(&self) -> SimDuration {
        self.resolution
    }

    /// Takes in a round over so many nodes, Pods and containers; returns the bytes that it now holds.
    pub fn round(&mut self, now: SimTime, count: u64) -> u64 {
        self.rounds.push_back((now, count));
        // The newest round is always held: it is what the API answers with.
        while self.rounds.len() > 1 && self.rounds.front().is_some_and(|(at, _)| now.since(*at) >= self.cache) {
            self.rounds.pop_front();
        }
        let held: u64 = self.rounds.iter().map(|(_, count)| count).sum();
        // A sink gets copies in batches: what is being sent and what is being filled.
        let batches = if self.has_sink { 2 * count } else { 0 };
        BASE + (held + batches) * POINT
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// MiB after 20 minutes with so many nodes of 30 Pods.
    fn mebibytes(arguments: &[&str], nodes: u64) -> u64 {
        let mut heapster = Heapster::new(arguments.iter().copied());
        let (mut now, mut bytes) = (SimTime::ZERO, 0);
        while now < SimTime::from_secs(1_200) {
            now += heapster.resolution();
            bytes = heapster.round(now, nodes * 61);
        }
        bytes >> 20
    }

    #[test]
    fn it_grows_with_the_cluster_and_with_how_long_it_remembers() {
        assert_eq!(mebibytes(&["/heapster"], 1), 52);
        assert_eq!(mebibytes(&["/heapster"], 50), 248);
        assert!(mebibytes(&["/heapster", "--sink=influxdb:http://monitoring-influxdb:8086"], 50) > 270);
        assert!(mebibytes(&["/heapster", "--cache_duration=2m"], 50) < 80);
        assert!(mebibytes(&["/heapster", "--cache_duration=0"], 50) < 65);
        assert!(mebibytes(&["/heapster", "--metric_resolution=5s"], 50) > 2_000);
    }
}
