//! A constraint on how Pods are spread, read once.
//!
//! Models `topologySpreadConstraint` of `pkg/scheduler/framework/plugins/podtopologyspread/common.go`.

use crate::model::core::TopologySpreadConstraint;
use crate::model::{Meta, Pod, Selector};

/// One constraint.
#[derive(Clone, Debug)]
pub struct Constraint {
    /// The label of nodes whose value names the domain.
    pub key: String,
    /// How many Pods more than the emptiest domain one may have.
    pub max_skew: i64,
    /// As long as there are fewer domains, the emptiest counts as empty.
    pub min_domains: usize,
    /// Which Pods are counted.
    pub selector: Selector,
    /// Whether the Pod itself will be counted.
    pub counts_itself: bool,
    /// Whether nodes that the Pod's affinity excludes are left out.
    pub honors_affinity: bool,
    /// Whether nodes with taints that the Pod does not tolerate are left out.
    pub honors_taints: bool,
    /// Whether the Pod rather waits than breaks it.
    pub is_hard: bool,
}

impl Constraint {
    pub(super) fn new(constraint: &TopologySpreadConstraint, pod: &Pod) -> Self {
        let labels = pod.metadata.label_map();
        let mut typed = constraint.label_selector.clone();
        if let Some(typed) = &mut typed {
            let keys = constraint.match_label_keys.iter().flatten();
            let own = keys.filter_map(|key| Some((key.clone(), labels.get(key)?.clone())));
            typed.match_labels.get_or_insert_default().extend(own);
        }
        let selector = Selector::from_typed(typed.as_ref()).unwrap_or_else(|_| Selector::nothing());
        Self {
            key: constraint.topology_key.clone(),
            max_skew: i64::from(constraint.max_skew),
            min_domains: constraint.min_domains.map_or(1, |number| usize::try_from(number).unwrap_or(1)),
            counts_itself: selector.matches(labels),
            selector,
            honors_affinity: constraint.node_affinity_policy.as_deref() != Some("Ignore"),
            honors_taints: constraint.node_taints_policy.as_deref() == Some("Honor"),
            is_hard: constraint.when_unsatisfiable == "DoNotSchedule",
        }
    }

    /// A constraint that nobody wrote: a preference for even spreading.
    #[must_use]
    pub fn built_in(key: &str, max_skew: i64, selector: Selector) -> Self {
        Self {
            key: key.to_owned(),
            max_skew,
            min_domains: 1,
            selector,
            counts_itself: true,
            honors_affinity: true,
            honors_taints: false,
            is_hard: false,
        }
    }

    /// Whether another Pod of the same namespace is counted. One on its way out is not, and a selector that selects
    /// everything counts nothing. Source: `countPodsMatchSelector`.
    #[must_use]
    pub fn counts(&self, namespace: &str, other: &Pod) -> bool {
        !self.selector.is_empty()
            && other.metadata.namespace() == namespace
            && !other.metadata.is_terminating()
            && self.selector.matches(other.metadata.label_map())
    }
}
