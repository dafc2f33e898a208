//! Explanations that need to know a component from within: why no node takes a Pod, what a scheduler saw, why a rollout waits.

use crate::model::apps::{Deployment, ReplicaSet};
use crate::model::{Meta, ObjectKey, Pod, Resource};
use crate::scheduler::{Decision, Scheduler};

use super::world::Cluster;

impl Cluster {
    /// The scheduler that leads, or else the first one.
    #[must_use]
    pub fn leading_scheduler(&self) -> Option<&Scheduler> {
        let leads = self.masters.iter().find(|master| master.is_on && master.scheduler.1.leads());
        leads.or(self.masters.first()).map(|master| &master.scheduler.1)
    }

    /// What the scheduler decided about a Pod, lately.
    #[must_use]
    pub fn decision(&self, namespace: &str, name: &str) -> Option<&Decision> {
        self.masters.iter().find_map(|master| master.scheduler.1.decision(namespace, name))
    }

    /// What would have to be different for a Pod that waits, in sentences; found by running the filters again.
    #[must_use]
    pub fn counterfactuals(&self, pod: &Pod) -> Vec<String> {
        let (namespace, name) = (pod.metadata.namespace(), pod.metadata.name());
        let Some(scheduler) = self.leading_scheduler() else { return Vec::new() };
        scheduler.counterfactuals(namespace, name).iter().map(ToString::to_string).collect()
    }

    /// Why a Deployment or ReplicaSet is not where it was asked to be, in the words of its conditions; `None` when it is.
    #[must_use]
    pub fn why_rollout_waits(&self, key: &ObjectKey) -> Option<String> {
        let object = self.object(key)?;
        let is_bad = |type_: &str, status: &str| match type_ {
            "ReplicaFailure" => status == "True",
            _ => status != "True",
        };
        let sentences: Vec<&str> = if let Some(deployment) = Deployment::of(&object) {
            let conditions = deployment.status.as_ref()?.conditions.as_deref().unwrap_or_default();
            let bad = conditions.iter().filter(|condition| is_bad(&condition.type_, &condition.status));
            bad.filter_map(|condition| condition.message.as_deref()).collect()
        } else {
            let conditions = ReplicaSet::of(&object)?.status.as_ref()?.conditions.as_deref().unwrap_or_default();
            let bad = conditions.iter().filter(|condition| is_bad(&condition.type_, &condition.status));
            bad.filter_map(|condition| condition.message.as_deref()).collect()
        };
        (!sentences.is_empty()).then(|| sentences.join(" "))
    }
}
