//! A controller: compares what is with what was asked, and plans one step towards it.
//!
//! A reconciliation is a plan of API calls, because calls take time and the world goes on meanwhile. The
//! [`Runner`](super::Runner) carries the plan out and tells the controller what came of each call.

use crate::apiserver::{Outcome, Reason, Request};
use crate::engine::{CauseId, SimDuration, SimTime};
use crate::model::{Kind, ObjectKey};

use super::component::Ctx;
use super::informer::Delta;
use super::recorder::Recorder;
use super::store::Caches;

/// One loop of the controller manager.
pub trait Controller: Send + Sync {
    /// As `--controllers` names it: `replicaset-controller`. Also the source of its events, unless it says otherwise.
    fn name(&self) -> &'static str;

    /// The ServiceAccount of kube-system in whose name it acts, as with `--use-service-account-credentials`.
    /// Source: the names that `cmd/kube-controller-manager/app` gives its client builders. Empty for what upstream runs inside
    /// kube-apiserver, which asks itself.
    fn account(&self) -> &'static str {
        self.name()
    }

    /// The kinds whose changes it wants to hear of.
    fn watches(&self) -> &'static [Kind];

    /// The source of its events.
    fn event_source(&self) -> &'static str {
        self.name()
    }

    /// Something changed: which keys must be looked at?
    fn on_change(&mut self, delta: &Delta, caches: &Caches, enqueue: &mut Enqueue);

    /// Looks at one key and plans a step.
    fn reconcile(&mut self, key: &ObjectKey, caches: &Caches, recorder: &mut Recorder, ctx: &mut Ctx<'_>) -> Plan;

    /// A call of the plan has an outcome. The default goes on after success and after `NotFound`, and tries the key again
    /// later after anything else.
    fn on_outcome(
        &mut self,
        key: &ObjectKey,
        call: &Call,
        outcome: &Outcome,
        recorder: &mut Recorder,
        ctx: &mut Ctx<'_>,
    ) -> Verdict {
        let _ = (key, call, recorder, ctx);
        Verdict::or_gone(outcome, Verdict::Continue)
    }

    /// The stages of the plan are over, or were left: what remains to be done, now that every outcome is known? Asked again
    /// after that, until nothing remains. `verdict` is the worst so far, and stays what becomes of the key in the end.
    fn proceed(&mut self, key: &ObjectKey, verdict: Verdict, recorder: &mut Recorder, ctx: &mut Ctx<'_>) -> Plan {
        let _ = (key, verdict, recorder, ctx);
        Plan::none()
    }

    /// How many keys are worked on at a time. Source: `--concurrent-…-syncs`.
    fn workers(&self) -> usize {
        5
    }

    /// How long a key waits after its first failure, and at the most; `None` for what all controllers have unless they ask
    /// for something else.
    fn backoff(&self) -> Option<(SimDuration, SimDuration)> {
        None
    }

    /// How often [`on_tick`](Self::on_tick) is called, for controllers that look at everything now and then.
    fn period(&self) -> Option<SimDuration> {
        None
    }

    /// The period is over.
    fn on_tick(&mut self, caches: &Caches, enqueue: &mut Enqueue, ctx: &mut Ctx<'_>) {
        let _ = (caches, enqueue, ctx);
    }

    /// A copy, for checkpoints.
    fn clone_box(&self) -> Box<dyn Controller>;
}

impl Clone for Box<dyn Controller> {
    fn clone(&self) -> Self {
        self.clone_box()
    }
}

/// The keys that a change makes worth looking at.
#[derive(Debug)]
pub struct Enqueue {
    /// The present instant.
    pub now: SimTime,
    /// What caused the change.
    pub cause: CauseId,
    pub(super) keys: Vec<(ObjectKey, SimDuration)>,
}

impl Enqueue {
    pub(super) fn new(now: SimTime, cause: CauseId) -> Self {
        Self { now, cause, keys: Vec::new() }
    }

    /// Look at this key.
    pub fn add(&mut self, key: ObjectKey) {
        self.keys.push((key, SimDuration::ZERO));
    }

    /// Look at this key after `delay`.
    pub fn add_after(&mut self, key: ObjectKey, delay: SimDuration) {
        self.keys.push((key, delay));
    }
}

/// What a reconciliation wants done: stages one after another, the calls of one stage all at once.
#[derive(Clone, Debug, Default)]
pub struct Plan {
    /// The stages; the next begins when every call of the one before has an outcome that lets it go on.
    pub stages: Vec<Vec<Call>>,
    /// Look again after this time, when all went well.
    pub requeue_after: Option<SimDuration>,
    /// The key failed without a call: try again after its back-off.
    pub failed: bool,
}

impl Plan {
    /// Nothing to do.
    #[must_use]
    pub fn none() -> Self {
        Self::default()
    }

    /// Nothing to do now; look again after `delay`.
    #[must_use]
    pub fn after(delay: SimDuration) -> Self {
        Self { requeue_after: Some(delay), ..Self::default() }
    }

    /// Try again after the key's back-off.
    #[must_use]
    pub fn failed() -> Self {
        Self { failed: true, ..Self::default() }
    }

    /// One call.
    #[must_use]
    pub fn call(request: Request) -> Self {
        Self::default().then(request)
    }

    /// A further stage of one call.
    #[must_use]
    pub fn then(mut self, request: Request) -> Self {
        self.stages.push(vec![Call { request, tag: 0 }]);
        self
    }

    /// A further stage of these calls.
    #[must_use]
    pub fn stage(mut self, calls: Vec<Call>) -> Self {
        if !calls.is_empty() {
            self.stages.push(calls);
        }
        self
    }

    /// Further stages of 1, 2, 4, 8 … calls, so that a failure is met before many calls are made.
    /// Source: `pkg/controller/replicaset/replica_set.go`, `slowStartBatch`.
    #[must_use]
    pub fn slow_start(mut self, calls: Vec<Call>) -> Self {
        let mut calls = calls.into_iter();
        for size in (0..32).map(|power| 1_usize << power) {
            let batch: Vec<_> = calls.by_ref().take(size).collect();
            if batch.is_empty() {
                break;
            }
            self.stages.push(batch);
        }
        self
    }
}

/// One API call of a plan.
#[derive(Clone, Debug)]
pub struct Call {
    /// What is asked.
    pub request: Request,
    /// The controller's own mark, by which it knows the call again.
    pub tag: u64,
}

/// What an outcome means for the rest of the plan.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Verdict {
    /// Go on.
    Continue,
    /// Leave the rest, and try the key again after its back-off.
    Retry,
    /// Leave the rest; the key will come back by itself.
    Drop,
}

impl Verdict {
    /// Tries again after every error, unless the object is gone: then `gone`.
    #[must_use]
    pub fn or_gone(outcome: &Outcome, gone: Self) -> Self {
        match outcome {
            Ok(_) => Self::Continue,
            Err(status) if status.is(Reason::NotFound) => gone,
            Err(_) => Self::Retry,
        }
    }
}
