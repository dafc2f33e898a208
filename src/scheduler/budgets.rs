//! PodDisruptionBudgets as preemption looks at them: it spares Pods whose going would break one, if it can.
//!
//! Models `filterPodsWithPDBViolation` of `pkg/scheduler/framework/plugins/defaultpreemption/default_preemption.go`.

use std::collections::BTreeMap;
use std::sync::Arc;

use crate::model::policy::PodDisruptionBudget;
use crate::model::{Meta, Object, Selector};

use super::pod_info::PodInfo;

/// All budgets.
#[derive(Clone, Debug, Default)]
pub struct Budgets {
    by_name: BTreeMap<(Arc<str>, Arc<str>), Budget>,
    /// Raised when anything changes.
    pub epoch: u64,
}

#[derive(Clone, Debug, PartialEq, Eq)]
struct Budget {
    selector: Selector,
    allowed: i32,
    /// Pods that are being evicted and have been counted already.
    disrupted: Vec<String>,
}

impl Budgets {
    /// Takes in a new or changed budget.
    pub fn set(&mut self, object: &Object) {
        let Some(budget) = object.get::<PodDisruptionBudget>() else { return };
        let status = budget.status.as_ref();
        let selector = budget.spec.as_ref().and_then(|spec| spec.selector.as_ref());
        let read = Budget {
            selector: Selector::from_typed(selector).unwrap_or_else(|_| Selector::nothing()),
            allowed: status.and_then(|status| status.disruptions_allowed).unwrap_or(0),
            disrupted: status
                .and_then(|one| one.disrupted_pods.as_ref())
                .into_iter()
                .flatten()
                .map(|(name, _)| name.clone())
                .collect(),
        };
        let key = (object.namespace().into(), object.name().into());
        if self.by_name.get(&key) != Some(&read) {
            self.by_name.insert(key, read);
            self.epoch += 1;
        }
    }

    /// A budget is gone.
    pub fn remove(&mut self, namespace: &str, name: &str) {
        self.by_name.remove(&(namespace.into(), name.into()));
        self.epoch += 1;
    }

    /// Of Pods that would all go, in this order: those that break a budget, and those that do not. A Pod without labels
    /// belongs to no budget.
    #[must_use]
    pub fn split(&self, pods: &[Arc<PodInfo>]) -> (Vec<Arc<PodInfo>>, Vec<Arc<PodInfo>>) {
        let mut left: Vec<i32> = self.by_name.values().map(|budget| budget.allowed).collect();
        let mut breaks = |pod: &Arc<PodInfo>| {
            let labels = pod.pod.metadata.label_map();
            let mut is_violated = false;
            for (((namespace, _), budget), left) in self.by_name.iter().zip(&mut left) {
                let is_meant = !labels.is_empty()
                    && **namespace == *pod.namespace()
                    && !budget.selector.is_empty()
                    && budget.selector.matches(labels);
                if is_meant && !budget.disrupted.iter().any(|name| name == pod.name()) {
                    *left -= 1;
                    is_violated |= *left < 0;
                }
            }
            is_violated
        };
        pods.iter().cloned().partition(|pod| breaks(pod))
    }
}
