//! The Pods that one look at a workload makes and ends: their requests, what is expected of them, the Events that tell of them.
//!
//! Models `RealPodControl` of `pkg/controller/controller_utils.go` and how its callers keep their expectations.

use std::collections::BTreeMap;
use std::sync::Arc;

use crate::client::{Call, Ctx, EventType, Outcome, Reason, Recorder, Verb, Verdict};
use crate::model::{Kind, Meta, Object, ObjectKey, Pod};

use super::expectations::Expectations;
use super::rejection::is_namespace_terminating;

/// What one look at one owner makes and ends.
#[derive(Clone, Debug)]
pub struct PodControl {
    owner: Object,
    key: ObjectKey,
    /// Pods that are asked for; each that was made or refused is taken off.
    to_create: usize,
    created: usize,
    /// UIDs of the Pods that are to end, by name.
    to_delete: BTreeMap<Arc<str>, Arc<str>>,
    failure: Option<String>,
}

impl PodControl {
    /// Nothing to make or end yet for `owner`.
    #[must_use]
    pub fn of(owner: Object) -> Self {
        let key = owner.key();
        Self { owner, key, to_create: 0, created: 0, to_delete: BTreeMap::new(), failure: None }
    }

    /// Whom the Events are about.
    #[must_use]
    pub fn owner(&self) -> &Object {
        &self.owner
    }

    /// How many Pods were made so far.
    #[must_use]
    pub fn created(&self) -> usize {
        self.created
    }

    /// How many Pods are to end.
    #[must_use]
    pub fn deleting(&self) -> usize {
        self.to_delete.len()
    }

    /// The first refusal, if there was one.
    #[must_use]
    pub fn failure(&self) -> Option<&str> {
        self.failure.as_deref()
    }

    /// Asks for Pods; each call is marked with `tag`.
    pub fn create(
        &mut self,
        pods: impl IntoIterator<Item = Pod>,
        tag: u64,
        expectations: &mut Expectations,
        ctx: &Ctx<'_>,
    ) -> Vec<Call> {
        let call = |pod| Call { request: ctx.request_with(Verb::Create, pod), tag };
        let calls: Vec<Call> = pods.into_iter().map(call).collect();
        self.to_create = calls.len();
        self.expect(expectations, ctx);
        calls
    }

    /// Asks for the end of Pods; each call is marked with `tag`.
    pub fn delete(
        &mut self,
        victims: &[Arc<Pod>],
        tag: u64,
        expectations: &mut Expectations,
        ctx: &Ctx<'_>,
    ) -> Vec<Call> {
        self.to_delete = victims.iter().map(|pod| (pod.metadata.name().into(), pod.metadata.uid().into())).collect();
        self.expect(expectations, ctx);
        let call = |pod: &Arc<Pod>| Call { request: ctx.deletion(Kind::Pod, &pod.metadata), tag };
        victims.iter().map(call).collect()
    }

    fn expect(&self, expectations: &mut Expectations, ctx: &Ctx<'_>) {
        expectations.expect(&self.key, self.to_create, self.to_delete.values().cloned(), ctx.now);
    }

    /// What became of one that was asked for.
    pub fn on_created(
        &mut self,
        outcome: &Outcome,
        expectations: &mut Expectations,
        recorder: &mut Recorder,
        ctx: &mut Ctx<'_>,
    ) -> Verdict {
        self.to_create = self.to_create.saturating_sub(1);
        match outcome {
            Ok(response) => {
                self.created += 1;
                let name = response.object().map(Object::name).unwrap_or_default();
                let text = format!("Created pod: {name}");
                recorder.event(ctx, &self.owner, EventType::Normal, "SuccessfulCreate", text);
                Verdict::Continue
            }
            // Whatever is created now would go with the namespace: there is nothing to try again.
            Err(status) if is_namespace_terminating(status) => Verdict::Continue,
            Err(status) => {
                expectations.creation_observed(&self.key);
                let text = format!("Error creating: {status}");
                recorder.event(ctx, &self.owner, EventType::Warning, "FailedCreate", text);
                self.failure.get_or_insert_with(|| status.to_string());
                Verdict::Retry
            }
        }
    }

    /// What became of one that was to end.
    pub fn on_deleted(
        &mut self,
        name: &str,
        outcome: &Outcome,
        expectations: &mut Expectations,
        recorder: &mut Recorder,
        ctx: &mut Ctx<'_>,
    ) -> Verdict {
        let Err(status) = outcome else {
            let text = format!("Deleted pod: {name}");
            recorder.event(ctx, &self.owner, EventType::Normal, "SuccessfulDelete", text);
            return Verdict::Continue;
        };
        if let Some(uid) = self.to_delete.get(name) {
            expectations.deletion_observed(&self.key, uid);
        }
        if status.is(Reason::NotFound) {
            return Verdict::Continue;
        }
        let text = format!("Error deleting: {status}");
        recorder.event(ctx, &self.owner, EventType::Warning, "FailedDelete", text);
        self.failure.get_or_insert_with(|| status.to_string());
        Verdict::Retry
    }

    /// All calls are over: batches that were skipped after a failure will never be seen.
    pub fn settle(&mut self, expectations: &mut Expectations) {
        for _ in 0..std::mem::take(&mut self.to_create) {
            expectations.creation_observed(&self.key);
        }
    }
}
