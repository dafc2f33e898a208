//! The finalizer of CustomResourceDefinitions: the objects of a definition go before it does.
//!
//! Models `apiextensions-apiserver/pkg/controller/finalizer`, which upstream runs inside the API server.

use serde_json::json;

use crate::client::{
    Body, Caches, Call, Controller, Ctx, DeleteOptions, Delta, Enqueue, Outcome, PatchType, Payload, Plan, Reason,
    Recorder, Verb, Verdict,
};
use crate::model::apiextensions::CustomResourceDefinition;
use crate::model::custom_kind::kinds_of;
use crate::model::{Kind, Meta, ObjectKey};

/// What the API server adds when a definition is deleted. Source: `CustomResourceCleanupFinalizer`.
const FINALIZER: &str = "customresourcecleanup.apiextensions.k8s.io";

/// What a call is for.
const DELETE: u64 = 1;
const LIST: u64 = 2;
const FINALIZE: u64 = 3;

/// The controller.
#[derive(Clone, Copy, Debug, Default)]
pub struct CustomResourceFinalizer;

impl Controller for CustomResourceFinalizer {
    fn name(&self) -> &'static str {
        "crd-finalizer"
    }

    fn account(&self) -> &'static str {
        ""
    }

    fn watches(&self) -> &'static [Kind] {
        &[Kind::CustomResourceDefinition]
    }

    fn on_change(&mut self, delta: &Delta, _: &Caches, enqueue: &mut Enqueue) {
        let object = delta.object();
        let meta = object.meta();
        if object.kind() == Kind::CustomResourceDefinition && meta.is_terminating() && meta.has_finalizer(FINALIZER) {
            enqueue.add(object.key());
        }
    }

    fn reconcile(&mut self, key: &ObjectKey, caches: &Caches, _: &mut Recorder, ctx: &mut Ctx<'_>) -> Plan {
        let Some(definition) = caches.get::<CustomResourceDefinition>("", &key.name) else { return Plan::none() };
        let meta = &definition.metadata;
        if !meta.is_terminating() || !meta.has_finalizer(FINALIZER) {
            return Plan::none();
        }
        let kept: Vec<&String> = meta.finalizers.iter().flatten().filter(|one| *one != FINALIZER).collect();
        let patch = json!({"metadata": {"finalizers": kept, "resourceVersion": meta.resource_version}});
        let request = ctx.request(Verb::Patch, key.kind, "").named(key.name.clone());
        let finalize = Call { request: request.body(Body::Patch(PatchType::Merge, patch)), tag: FINALIZE };
        let Some(kind) = kinds_of(definition).into_iter().next() else {
            return Plan::none().stage(vec![finalize]);
        };
        let delete = ctx.request(Verb::DeleteCollection, kind, "").body(Body::Delete(DeleteOptions::default()));
        let list = ctx.request(Verb::List, kind, "");
        Plan::none()
            .stage(vec![Call { request: delete, tag: DELETE }])
            .stage(vec![Call { request: list, tag: LIST }])
            .stage(vec![finalize])
    }

    fn on_outcome(
        &mut self,
        _: &ObjectKey,
        call: &Call,
        outcome: &Outcome,
        _: &mut Recorder,
        _: &mut Ctx<'_>,
    ) -> Verdict {
        match (call.tag, outcome) {
            (LIST, Ok(response)) => match &response.payload {
                // Objects with finalizers of their own take as long as they need.
                Payload::List(list) if !list.items.is_empty() => Verdict::Retry,
                _ => Verdict::Continue,
            },
            (_, Ok(_)) => Verdict::Continue,
            (FINALIZE, Err(status)) if status.is(Reason::NotFound) => Verdict::Drop,
            // A definition that was never established has no objects.
            (DELETE | LIST, Err(status)) if status.is(Reason::NotFound) => Verdict::Continue,
            (_, Err(_)) => Verdict::Retry,
        }
    }

    fn clone_box(&self) -> Box<dyn Controller> {
        Box::new(*self)
    }
}
