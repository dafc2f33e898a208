//! What nodes really use, asked of `metrics.k8s.io` as long as a profile scores by it.
//!
//! No part of kube-scheduler; real clusters have plugins of this kind (Trimaran of scheduler-plugins, whose collector asks every
//! 30 s, too). The account of kube-scheduler may not list `nodes.metrics.k8s.io` unless somebody grants it, as in a real cluster.
//! When the metrics cannot be had, nodes count as unmeasured.

use std::collections::BTreeMap;

use crate::client::{Ctx, Outcome, Payload, Ticket, Timer, Verb};
use crate::engine::SimDuration;
use crate::model::Meta;
use crate::model::metrics::{self, NodeMetrics};

use super::component::{Scheduler, TIMER_USE};
use super::node_info::NodeUse;
use super::plugins::real_use;

/// How often the metrics are asked for. Source: Trimaran, `metricsUpdateIntervalSeconds`.
const PERIOD: SimDuration = SimDuration::from_secs(30);

impl Scheduler {
    /// Begins to ask, if any profile scores by what is used.
    pub(super) fn begin_measuring(&mut self, ctx: &mut Ctx<'_>) {
        let mut scorers = self.algorithm.profiles.iter().flat_map(|profile| profile.scorers());
        if scorers.any(|(_, plugin, _)| plugin.name() == real_use::NAME) {
            ctx.timer(PERIOD, Timer::new(TIMER_USE, 0));
        }
    }

    /// Asks, and sets the timer of the next time.
    pub(super) fn measure(&mut self, ctx: &mut Ctx<'_>) {
        ctx.timer(PERIOD, Timer::new(TIMER_USE, 0));
        let request = ctx.request(Verb::List, metrics::node_metrics(), "");
        self.measuring = Some(ctx.send(request));
    }

    /// Takes in the answer; returns whether it was one.
    pub(super) fn on_measures(&mut self, ticket: Ticket, outcome: &Outcome) -> bool {
        if self.measuring != Some(ticket) {
            return false;
        }
        self.measuring = None;
        let mut used = BTreeMap::new();
        if let Ok(response) = outcome
            && let Payload::List(list) = &response.payload
        {
            for node in list.items.iter().filter_map(NodeMetrics::of) {
                let (milli_cpu, memory) = (node.usage.cpu.milli_value(), node.usage.memory.value());
                used.insert(node.metadata.name().to_owned(), NodeUse { milli_cpu, memory });
            }
        }
        self.cache.snapshot.set_use(&used);
        true
    }
}
