//! The resource quota controller: counts again what a namespace uses. Admission raises the count when something is made; only
//! this lowers it when something has gone.
//!
//! Models `pkg/controller/resourcequota` and `apiserver/pkg/quota/v1`, `CalculateUsage`.

use std::collections::BTreeMap;
use std::sync::LazyLock;

use crate::client::quota::{Usage, applies, usage_of};
use crate::client::{Caches, Controller, Ctx, Delta, Enqueue, Plan, Recorder, Subresource, Verb};
use crate::engine::{SimDuration, SimTime};
use crate::model::core::{PersistentVolumeClaim, ResourceQuota, ResourceQuotaStatus};
use crate::model::metav1::WireQuantity;
use crate::model::{Kind, Meta, Object, ObjectKey, Pod, Quantity, time};

/// `--resource-quota-sync-period`.
const RESYNC: SimDuration = SimDuration::from_secs(300);

/// The kinds that are counted: every one in a namespace but Events.
static COUNTED: LazyLock<Vec<Kind>> =
    LazyLock::new(|| Kind::all().filter(|kind| kind.is_namespaced() && *kind != Kind::Event).collect());

/// The controller.
#[derive(Clone, Copy, Debug, Default)]
pub struct ResourceQuotaController;

impl Controller for ResourceQuotaController {
    fn name(&self) -> &'static str {
        "resourcequota-controller"
    }

    fn watches(&self) -> &'static [Kind] {
        &COUNTED
    }

    fn on_change(&mut self, delta: &Delta, caches: &Caches, enqueue: &mut Enqueue) {
        if let Some(quota) = delta.new.as_ref().and_then(|new| new.get::<ResourceQuota>()) {
            let hard = |quota: &ResourceQuota| quota.spec.as_ref().and_then(|spec| spec.hard.clone());
            let old = delta.old.as_ref().and_then(|old| old.get::<ResourceQuota>());
            if old.is_none_or(|old| hard(old) != hard(quota)) {
                enqueue.add(delta.object().key());
            }
        }
        if releases(delta) {
            for quota in caches.list::<ResourceQuota>(delta.object().namespace()) {
                enqueue.add(ObjectKey::new(Kind::ResourceQuota, quota.metadata.namespace(), quota.metadata.name()));
            }
        }
    }

    fn period(&self) -> Option<SimDuration> {
        Some(RESYNC)
    }

    fn on_tick(&mut self, caches: &Caches, enqueue: &mut Enqueue, _: &mut Ctx<'_>) {
        for quota in caches.all::<ResourceQuota>() {
            enqueue.add(ObjectKey::new(Kind::ResourceQuota, quota.metadata.namespace(), quota.metadata.name()));
        }
    }

    fn reconcile(&mut self, key: &ObjectKey, caches: &Caches, _: &mut Recorder, ctx: &mut Ctx<'_>) -> Plan {
        let Some(quota) = caches.get::<ResourceQuota>(&key.namespace, &key.name) else { return Plan::none() };
        let hard = quota.spec.as_ref().and_then(|spec| spec.hard.clone()).unwrap_or_default();
        let used = usage(quota, caches, ctx.now);
        let told = quota.status.clone().unwrap_or_default();
        if told.hard.as_ref() == Some(&hard) && told.used.as_ref().is_some_and(|told| same(told, &used)) {
            return Plan::none();
        }
        let used = used.into_iter().map(|(resource, amount)| (resource, amount.into())).collect();
        let mut quota = (**quota).clone();
        quota.status = Some(ResourceQuotaStatus { hard: Some(hard), used: Some(used) });
        Plan::call(ctx.request_with(Verb::Update, quota).part(Subresource::Status))
    }

    fn clone_box(&self) -> Box<dyn Controller> {
        Box::new(*self)
    }
}

/// What is used of everything that the quota limits.
#[must_use]
pub fn usage(quota: &ResourceQuota, caches: &Caches, now: SimTime) -> Usage {
    let hard = quota.spec.iter().flat_map(|spec| spec.hard.iter().flatten());
    let mut used: Usage = hard.map(|(resource, _)| (resource.clone(), Quantity::ZERO)).collect();
    let namespace = quota.metadata.namespace();
    for store in COUNTED.iter().filter_map(|kind| caches.store(*kind)) {
        for object in store.in_namespace(namespace).filter(|object| counts(object, now) && applies(quota, object)) {
            for (resource, amount) in usage_of(object) {
                if let Some(sum) = used.get_mut(&resource) {
                    *sum += amount;
                }
            }
        }
    }
    used
}

/// A Pod that should be gone by now is not charged, even if its kubelet cannot say that it is. Source:
/// `pkg/quota/v1/evaluator/core/pods.go`, `QuotaV1Pod`.
fn counts(object: &Object, now: SimTime) -> bool {
    let meta = object.meta();
    if object.kind() != Kind::Pod {
        return true;
    }
    meta.deletion_timestamp.as_ref().zip(meta.deletion_grace_period_seconds).is_none_or(|(at, grace)| {
        time::sim_time(at.0) + SimDuration::from_secs(u64::try_from(grace).unwrap_or(0)) >= now
    })
}

fn same(told: &BTreeMap<String, WireQuantity>, used: &Usage) -> bool {
    told.len() == used.len()
        && told.iter().all(|(resource, amount)| Quantity::parse(&amount.0).ok() == used.get(resource).copied())
}

/// Whether a change may lower what is used: something has gone, a Pod has ended, a Service or a claim wants less.
fn releases(delta: &Delta) -> bool {
    let (Some(old), Some(new)) = (&delta.old, &delta.new) else { return delta.is_removal() };
    match (old, new) {
        (Object::Pod(old), Object::Pod(new)) => !Pod::is_terminal(old) && new.is_terminal(),
        (Object::Service(old), Object::Service(new)) => {
            old.spec.as_ref().map(|spec| &spec.type_) != new.spec.as_ref().map(|spec| &spec.type_)
        }
        (Object::PersistentVolumeClaim(old), Object::PersistentVolumeClaim(new)) => {
            let resources = |claim: &PersistentVolumeClaim| claim.spec.as_ref().map(|spec| spec.resources.clone());
            resources(old) != resources(new)
        }
        _ => false,
    }
}
