//! What a Job says about failures and successes: which count, which end it, and which Pods are enough.
//!
//! Models `pkg/controller/job/{pod_failure_policy,success_policy,backoff_utils,indexed_job_utils}.go`.

use std::collections::BTreeMap;

use crate::engine::{SimDuration, SimTime};
use crate::model::batch::{Job, PodFailurePolicyOnExitCodesRequirement, PodFailurePolicyRule};
use crate::model::core::ContainerStatus;
use crate::model::{Meta, Pod};

use super::backoff;
use super::indexes::{self, Indexes};

/// How often an index has failed, as its Pods carry it. Source: `batch.JobIndexFailureCountAnnotation`.
pub const FAILURES: &str = "batch.kubernetes.io/job-index-failure-count";
/// How often it has failed in a way that does not count. Source: `jobIndexIgnoredFailureCountAnnotation`.
pub const IGNORED: &str = "batch.kubernetes.io/job-index-ignored-failure-count";

/// What the policy makes of one failed Pod.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Judgement {
    /// It counts, as without a policy.
    Counts,
    /// It does not count.
    Ignored,
    /// Its index is given up.
    FailsIndex,
    /// The Job is given up, for this reason.
    FailsJob(String),
}

/// What the policy of `job` makes of a Pod that has failed. Source: `matchPodFailurePolicy`.
#[must_use]
pub fn judge(job: &Job, pod: &Pod) -> Judgement {
    let policy = job.spec.as_ref().and_then(|spec| spec.pod_failure_policy.as_ref());
    for (index, rule) in policy.iter().flat_map(|policy| &policy.rules).enumerate() {
        let by_exit = rule.on_exit_codes.as_ref().and_then(|wanted| by_exit_code(pod, wanted));
        let by_condition = by_condition(pod, rule);
        if by_exit.is_none() && by_condition.is_none() {
            continue;
        }
        match rule.action.as_str() {
            "Ignore" => return Judgement::Ignored,
            "FailIndex" if limit_per_index(job).is_some() => return Judgement::FailsIndex,
            "FailIndex" => {}
            "FailJob" => {
                let name = format!("{}/{}", pod.metadata.namespace(), pod.metadata.name());
                let what = match (by_exit, by_condition) {
                    (Some((container, code)), _) => {
                        format!("Container {container} for pod {name} failed with exit code {code}")
                    }
                    (None, condition) => format!("Pod {name} has condition {}", condition.unwrap_or_default()),
                };
                return Judgement::FailsJob(format!("{what} matching FailJob rule at index {index}"));
            }
            _ => return Judgement::Counts,
        }
    }
    Judgement::Counts
}

/// The first container whose end matches.
fn by_exit_code<'p>(pod: &'p Pod, wanted: &PodFailurePolicyOnExitCodesRequirement) -> Option<(&'p str, i32)> {
    let matching = |status: &'p ContainerStatus| {
        let code = status.state.as_ref()?.terminated.as_ref()?.exit_code;
        let is_meant = wanted.container_name.as_ref().is_none_or(|name| *name == status.name);
        let is_listed = wanted.values.contains(&code);
        let matches = if wanted.operator == "NotIn" { !is_listed } else { is_listed };
        (code != 0 && is_meant && matches).then_some((status.name.as_str(), code))
    };
    let init = pod.status.init_container_statuses.iter().flatten();
    pod.container_statuses().iter().chain(init).find_map(matching)
}

/// The type of the first condition that matches.
fn by_condition(pod: &Pod, rule: &PodFailurePolicyRule) -> Option<String> {
    let held = pod.status.conditions.as_deref().unwrap_or_default();
    let patterns = rule.on_pod_conditions.iter().flatten();
    let matches = |pattern: &&crate::model::batch::PodFailurePolicyOnPodConditionsPattern| {
        let wanted = pattern.status.as_deref().unwrap_or("True");
        held.iter().any(|one| one.type_ == pattern.type_ && one.status == wanted)
    };
    patterns.into_iter().find(matches).map(|pattern| pattern.type_.clone())
}

/// How often an index may fail.
#[must_use]
pub fn limit_per_index(job: &Job) -> Option<i32> {
    job.spec.as_ref().and_then(|spec| spec.backoff_limit_per_index).filter(|_| indexes::is_indexed(job))
}

/// Why the Job has succeeded early. Source: `matchSuccessPolicy`.
#[must_use]
pub fn success(job: &Job, succeeded: &Indexes) -> Option<String> {
    let policy = job.spec.as_ref()?.success_policy.as_ref().filter(|_| indexes::is_indexed(job))?;
    let is_met = |rule: &crate::model::batch::SuccessPolicyRule| match &rule.succeeded_indexes {
        Some(text) => {
            let wanted = Indexes::parse(text);
            let done = wanted.common(succeeded);
            done >= rule.succeeded_count.unwrap_or_else(|| wanted.len())
        }
        None => rule.succeeded_count.is_some_and(|count| succeeded.len() >= count),
    };
    let index = policy.rules.iter().position(is_met)?;
    Some(format!("Matched rules at index {index}"))
}

/// The failures of the indexes of a Job.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct IndexFailures {
    /// Indexes that are given up.
    pub failed: Indexes,
    /// For each other: how often it has failed, how often in a way that does not count, and when last.
    counts: BTreeMap<i32, (i32, i32, SimTime)>,
}

impl IndexFailures {
    /// What the status says of indexes that are given up.
    #[must_use]
    pub fn told(text: &str) -> Self {
        Self { failed: Indexes::parse(text), counts: BTreeMap::new() }
    }

    /// A Pod of this index has failed.
    pub fn add(&mut self, job: &Job, index: i32, pod: &Pod) {
        let Some(limit) = limit_per_index(job) else { return };
        let carried = |key: &str| pod.metadata.annotation(key).and_then(|text| text.parse::<i32>().ok()).unwrap_or(0);
        let judgement = judge(job, pod);
        let ignored = i32::from(judgement == Judgement::Ignored);
        let (failures, ignored) = (carried(FAILURES) + 1 - ignored, carried(IGNORED) + ignored);
        if judgement == Judgement::FailsIndex || failures > limit {
            self.failed.insert(index);
            return;
        }
        let at = backoff::finished_at(pod).unwrap_or_default();
        let entry = self.counts.entry(index).or_insert((0, 0, at));
        *entry = (*entry).max((failures, ignored, at));
    }

    /// When the next Pod of this index may be made.
    #[must_use]
    pub fn next_try(&self, index: i32) -> Option<SimTime> {
        let (failures, ignored, at) = self.counts.get(&index)?;
        Some(*at + backoff::wait(failures + ignored))
    }

    /// What a new Pod of this index carries.
    #[must_use]
    pub fn annotations(&self, index: i32) -> Vec<(&'static str, String)> {
        let (failures, ignored, _) = self.counts.get(&index).copied().unwrap_or_default();
        let mut carried = vec![(FAILURES, failures.to_string())];
        if ignored > 0 {
            carried.push((IGNORED, ignored.to_string()));
        }
        carried
    }

    /// The shortest wait among these indexes.
    #[must_use]
    pub fn shortest_wait(&self, indexes: &[i32], now: SimTime) -> Option<SimDuration> {
        let waits = indexes.iter().filter_map(|index| self.next_try(*index)).filter(|at| *at > now);
        waits.min().map(|at| at.since(now))
    }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    fn job(spec: serde_json::Value) -> Job {
        serde_json::from_value(json!({"metadata": {"name": "j", "namespace": "n"}, "spec": spec})).unwrap()
    }

    fn failed(code: i32) -> Pod {
        let mut pod = Pod::default();
        pod.metadata.name = Some("p".into());
        pod.metadata.namespace = Some("n".into());
        let status = json!({"phase": "Failed", "containerStatuses": [{
            "name": "c", "image": "i", "imageID": "", "ready": false, "restartCount": 0,
            "state": {"terminated": {"exitCode": code}}}]});
        *pod.status_mut() = serde_json::from_value(status).unwrap();
        pod
    }

    #[test]
    fn the_first_rule_that_matches_decides() {
        let job = job(json!({"template": {}, "podFailurePolicy": {"rules": [
            {"action": "Ignore", "onExitCodes": {"operator": "In", "values": [7]}},
            {"action": "FailJob", "onExitCodes": {"containerName": "c", "operator": "NotIn", "values": [1, 2]}}]}}));
        assert_eq!(judge(&job, &failed(7)), Judgement::Ignored);
        assert_eq!(judge(&job, &failed(1)), Judgement::Counts);
        let text = "Container c for pod n/p failed with exit code 42 matching FailJob rule at index 1";
        assert_eq!(judge(&job, &failed(42)), Judgement::FailsJob(text.into()));
    }

    #[test]
    fn an_index_is_given_up_after_its_own_limit() {
        let job = job(json!({
            "template": {}, "completionMode": "Indexed", "completions": 3, "parallelism": 3, "backoffLimitPerIndex": 1}));
        let mut failures = IndexFailures::default();
        let mut pod = failed(1);
        failures.add(&job, 0, &pod);
        assert!(failures.failed.is_empty());
        assert_eq!(failures.annotations(0), [(FAILURES, "1".to_owned())]);
        pod.metadata.annotations = Some([(FAILURES.to_owned(), "1".to_owned())].into());
        failures.add(&job, 0, &pod);
        assert_eq!(failures.failed.to_string(), "0");
    }

    #[test]
    fn a_rule_of_the_success_policy_may_be_enough() {
        let job =
            job(json!({"template": {}, "completionMode": "Indexed", "completions": 5, "successPolicy": {"rules": [
            {"succeededIndexes": "0,2-3"}, {"succeededCount": 4}]}}));
        assert_eq!(success(&job, &Indexes::parse("0,2")), None);
        assert_eq!(success(&job, &Indexes::parse("0,2-3")).as_deref(), Some("Matched rules at index 0"));
        assert_eq!(success(&job, &Indexes::parse("0-1,3-4")).as_deref(), Some("Matched rules at index 1"));
    }
}
