//! The service account controller: every active namespace has a ServiceAccount `default`.
//!
//! Models `pkg/controller/serviceaccount/serviceaccounts_controller.go`.

use crate::client::{Caches, Call, Controller, Ctx, Delta, Enqueue, Outcome, Plan, Reason, Recorder, Verb, Verdict};
use crate::model::core::{Namespace, ServiceAccount};
use crate::model::{Kind, ObjectKey};

use super::rejection::is_namespace_terminating;

/// The one that every namespace has.
const DEFAULT: &str = "default";

/// The controller.
#[derive(Clone, Copy, Debug, Default)]
pub struct ServiceAccountController;

impl Controller for ServiceAccountController {
    fn name(&self) -> &'static str {
        "serviceaccount-controller"
    }

    fn account(&self) -> &'static str {
        "service-account-controller"
    }

    fn watches(&self) -> &'static [Kind] {
        &[Kind::Namespace, Kind::ServiceAccount]
    }

    fn on_change(&mut self, delta: &Delta, _: &Caches, enqueue: &mut Enqueue) {
        let object = delta.object();
        if object.kind() == Kind::Namespace && !delta.is_removal() {
            enqueue.add(object.key());
        } else if delta.is_removal() && object.name() == DEFAULT {
            enqueue.add(ObjectKey::new(Kind::Namespace, "", object.namespace()));
        }
    }

    fn reconcile(&mut self, key: &ObjectKey, caches: &Caches, _: &mut Recorder, ctx: &mut Ctx<'_>) -> Plan {
        let Some(namespace) = caches.get::<Namespace>("", &key.name) else { return Plan::none() };
        if !is_active(namespace) || caches.get::<ServiceAccount>(&key.name, DEFAULT).is_some() {
            return Plan::none();
        }
        let mut account = ServiceAccount::default();
        account.metadata.name = Some(DEFAULT.to_owned());
        account.metadata.namespace = Some(key.name.to_string());
        Plan::call(ctx.request_with(Verb::Create, account))
    }

    fn on_outcome(&mut self, _: &ObjectKey, _: &Call, outcome: &Outcome, _: &mut Recorder, _: &mut Ctx<'_>) -> Verdict {
        match outcome {
            Ok(_) => Verdict::Continue,
            Err(status) if status.is(Reason::AlreadyExists) || is_namespace_terminating(status) => Verdict::Continue,
            Err(_) => Verdict::Retry,
        }
    }

    fn clone_box(&self) -> Box<dyn Controller> {
        Box::new(*self)
    }
}

/// Whether things may still be put into the namespace.
#[must_use]
pub fn is_active(namespace: &Namespace) -> bool {
    namespace.status.as_ref().and_then(|status| status.phase.as_deref()) == Some("Active")
}
