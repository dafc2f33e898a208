//! How the Pods of a Job are: at work, ending, ended and counted, ended and not counted yet.
//!
//! Models `pkg/controller/job/job_controller.go`, `getNewFinishedPods`, `cleanUncountedPodsWithoutFinalizers`.

use std::collections::BTreeSet;
use std::sync::Arc;

use crate::engine::SimTime;
use crate::model::batch::{Job, UncountedTerminatedPods};
use crate::model::{Meta, Pod};

use super::indexes::{self, Indexes};
use super::is_tracked;
use super::policies::{self, IndexFailures, Judgement};

/// The Pods of one Job at one instant.
#[derive(Clone, Debug, Default)]
pub struct Census {
    /// When.
    pub now: SimTime,
    /// Neither ended nor asked to end.
    pub active: Vec<Arc<Pod>>,
    /// Active and ready.
    pub ready: i32,
    /// Asked to end, and not ended yet.
    pub terminating: i32,
    /// Ended, with the finalizer still on them.
    pub tracked: Vec<Arc<Pod>>,
    /// Ended, whether counted or not.
    pub finished: Vec<Arc<Pod>>,
    /// UIDs of Pods that succeeded and are not counted yet.
    pub uncounted_succeeded: BTreeSet<String>,
    /// UIDs of Pods that failed and are not counted yet.
    pub uncounted_failed: BTreeSet<String>,
    /// Pods that succeeded and were counted.
    pub counted_succeeded: i32,
    /// Pods that failed and were counted.
    pub counted_failed: i32,
    /// The completion indexes that are done, of an Indexed Job.
    pub completed: Indexes,
    /// How the indexes of an Indexed Job have failed, when each has a limit of its own.
    pub index_failures: IndexFailures,
    /// Why a Pod's failure ends the whole Job.
    pub fails_job: Option<String>,
    /// Whether the uncounted ones differ from what the status says.
    pub has_news: bool,
}

impl Census {
    /// Counts the Pods of `job`.
    #[must_use]
    pub fn of(job: &Job, pods: &[Arc<Pod>], now: SimTime) -> Self {
        let status = job.status.clone().unwrap_or_default();
        let known = status.uncounted_terminated_pods.clone().unwrap_or_default();
        let mut census = Self {
            now,
            counted_succeeded: status.succeeded.unwrap_or(0),
            counted_failed: status.failed.unwrap_or(0),
            completed: Indexes::parse(status.completed_indexes.as_deref().unwrap_or_default()),
            index_failures: IndexFailures::told(status.failed_indexes.as_deref().unwrap_or_default()),
            ..Self::default()
        };
        census.take_over(pods, &known);
        for pod in pods {
            census.add(job, pod);
        }
        // Indexes that are done or given up are written down before their Pods lose the finalizer, too.
        let told = |text: &Option<String>| text.clone().unwrap_or_default();
        census.has_news = census.uncounted() != known
            || (indexes::is_indexed(job)
                && (census.completed.to_string() != told(&status.completed_indexes)
                    || census.index_failures.failed.to_string() != told(&status.failed_indexes)));
        census
    }

    /// Pods that were written down and have lost their finalizer are counted now.
    fn take_over(&mut self, pods: &[Arc<Pod>], known: &UncountedTerminatedPods) {
        let still = |uid: &&String| pods.iter().any(|pod| pod.metadata.uid() == uid.as_str() && is_tracked(pod));
        for uid in known.succeeded.iter().flatten() {
            if still(&uid) {
                self.uncounted_succeeded.insert(uid.clone());
            } else {
                self.counted_succeeded += 1;
            }
        }
        for uid in known.failed.iter().flatten() {
            if still(&uid) {
                self.uncounted_failed.insert(uid.clone());
            } else {
                self.counted_failed += 1;
            }
        }
    }

    fn add(&mut self, job: &Job, pod: &Arc<Pod>) {
        let is_ending = pod.metadata.deletion_timestamp.is_some();
        let succeeded = pod.phase() == "Succeeded";
        // A Pod that is being deleted counts as failed, unless only those are replaced that have.
        let failed = pod.phase() == "Failed" || (is_ending && !succeeded && !replaces_only_failed(job));
        if is_ending && !pod.is_terminal() {
            self.terminating += 1;
        }
        if !succeeded && !failed {
            if !is_ending {
                self.ready += i32::from(pod.is_ready());
                self.active.push(Arc::clone(pod));
            }
            return;
        }
        self.finished.push(Arc::clone(pod));
        let judgement = if succeeded { Judgement::Counts } else { policies::judge(job, pod) };
        if let (false, Some(index)) = (succeeded, indexes::of_pod(pod)) {
            self.index_failures.add(job, index, pod);
        }
        if let Judgement::FailsJob(why) = &judgement {
            self.fails_job.get_or_insert_with(|| why.clone());
        }
        if !is_tracked(pod) {
            return;
        }
        self.tracked.push(Arc::clone(pod));
        let uid = pod.metadata.uid().to_owned();
        match (succeeded, indexes::of_pod(pod).filter(|_| indexes::is_indexed(job))) {
            (true, Some(index)) => self.completed.insert(index),
            (true, None) => drop(self.uncounted_succeeded.insert(uid)),
            (false, _) if judgement == Judgement::Ignored => {}
            (false, _) => drop(self.uncounted_failed.insert(uid)),
        }
    }

    /// How many succeeded, counted or not.
    #[must_use]
    pub fn succeeded(&self, job: &Job) -> i32 {
        if indexes::is_indexed(job) {
            return self.completed.len();
        }
        self.counted_succeeded + number(self.uncounted_succeeded.len())
    }

    /// How many failed, counted or not.
    #[must_use]
    pub fn failed(&self) -> i32 {
        self.counted_failed + number(self.uncounted_failed.len())
    }

    /// As the status writes those down that are not counted yet.
    #[must_use]
    pub fn uncounted(&self) -> UncountedTerminatedPods {
        let list =
            |uids: &BTreeSet<String>| Some(uids.iter().cloned().collect::<Vec<_>>()).filter(|all| !all.is_empty());
        UncountedTerminatedPods { succeeded: list(&self.uncounted_succeeded), failed: list(&self.uncounted_failed) }
    }
}

/// Whether Pods are replaced only once they have failed, not when they begin to end.
#[must_use]
pub fn replaces_only_failed(job: &Job) -> bool {
    job.spec.as_ref().and_then(|spec| spec.pod_replacement_policy.as_deref()) == Some("Failed")
}

pub(super) fn number(count: usize) -> i32 {
    i32::try_from(count).unwrap_or(i32::MAX)
}
