//! # TaintToleration
//! A taint on a node repels every Pod that does not tolerate it.
//! Try it: `kubectl taint nodes node-2 disk=slow:NoSchedule`
//!
//! Models `pkg/scheduler/framework/plugins/tainttoleration/taint_toleration.go`.

use crate::model::core::{Taint, Toleration};
use crate::model::toleration::is_tolerated;
use crate::scheduler::framework::{ClusterEvent, CycleState, Enqueue, Filter, Hint, Plugin, Rejection, Score};
use crate::scheduler::node_info::NodeInfo;
use crate::scheduler::pod_info::PodInfo;

use super::{Order, normalize_by_greatest};

/// Why a node will not do. Source: since v1.35 the taint is not named.
pub const REASON: &str = "node(s) had untolerated taint(s)";

/// The plugin.
#[derive(Clone, Copy, Debug)]
pub struct TaintToleration;

impl Plugin for TaintToleration {
    fn name(&self) -> &'static str {
        "TaintToleration"
    }
    fn as_filter(&self) -> Option<&dyn Filter> {
        Some(self)
    }
    fn as_score(&self) -> Option<&dyn Score> {
        Some(self)
    }
    fn as_enqueue(&self) -> Option<&dyn Enqueue> {
        Some(self)
    }
}

impl Filter for TaintToleration {
    fn filter(&self, _: &CycleState, pod: &PodInfo, node: &NodeInfo) -> Result<(), Rejection> {
        match untolerated(pod, node).next() {
            None => Ok(()),
            Some(_) => Err(Rejection::unresolvable(REASON)),
        }
    }

    fn is_local(&self) -> bool {
        true
    }
}

impl Score for TaintToleration {
    /// The number of taints that ask to stay away and are not tolerated.
    fn score(&self, _: &CycleState, pod: &PodInfo, node: &NodeInfo) -> i64 {
        if node.taints().is_empty() {
            return 0;
        }
        let about_preference = |toleration: &&Toleration| {
            toleration.effect.as_deref().is_none_or(|effect| effect.is_empty() || effect == "PreferNoSchedule")
        };
        let tolerations: Vec<_> = tolerations(pod).iter().filter(about_preference).cloned().collect();
        let disliked = |taint: &&Taint| taint.effect == "PreferNoSchedule" && !is_tolerated(&tolerations, taint);
        node.taints().iter().filter(disliked).count() as i64
    }

    fn normalize(&self, _: &CycleState, scores: &mut [i64]) {
        normalize_by_greatest(scores, Order::LowestFirst);
    }

    fn is_local(&self) -> bool {
        true
    }
}

impl Enqueue for TaintToleration {
    fn hint(&self, event: &ClusterEvent, pod: &PodInfo) -> Hint {
        let tolerated = |node: &NodeInfo| untolerated(pod, node).next().is_none();
        match event {
            ClusterEvent::NodeAdded(node) => tolerated(node).into(),
            ClusterEvent::NodeUpdated(old, new) => (!tolerated(old) && tolerated(new)).into(),
            ClusterEvent::Itself(old, new) => (tolerations(old) != tolerations(new)).into(),
            _ => Hint::Skip,
        }
    }
}

/// The taints of a node that keep a Pod away.
pub fn untolerated<'a>(pod: &'a PodInfo, node: &'a NodeInfo) -> impl Iterator<Item = &'a Taint> {
    let repels = |taint: &&Taint| matches!(taint.effect.as_str(), "NoSchedule" | "NoExecute");
    node.taints().iter().filter(repels).filter(|taint| !is_tolerated(tolerations(pod), taint))
}

fn tolerations(pod: &PodInfo) -> &[Toleration] {
    pod.pod.spec.tolerations.as_deref().unwrap_or_default()
}
