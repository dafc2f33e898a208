//! The disruption controller: how many Pods of a PodDisruptionBudget may be evicted right now.
//!
//! Models `pkg/controller/disruption/disruption.go`. **Not modelled:** the scale subresource of custom resources as an owner.

use std::collections::BTreeMap;
use std::sync::Arc;

use crate::client::{Caches, Controller, Ctx, Delta, Enqueue, EventType, Plan, Recorder, Subresource, Verb};
use crate::engine::{SimDuration, SimTime};
use crate::model::apps::{Deployment, ReplicaSet, StatefulSet};
use crate::model::core::ReplicationController;
use crate::model::metav1::{Condition, IntOrString};
use crate::model::policy::{PodDisruptionBudget, PodDisruptionBudgetStatus};
use crate::model::{Kind, Meta, Object, ObjectKey, Pod, Selector, time};

/// A Pod whose eviction was granted counts as gone for so long, even if nobody deletes it. Source: `DeletionTimeout`.
const DELETION_TIMEOUT: SimDuration = SimDuration::from_secs(120);

/// The controller.
#[derive(Clone, Copy, Debug, Default)]
pub struct DisruptionController;

impl Controller for DisruptionController {
    fn name(&self) -> &'static str {
        "disruption-controller"
    }

    fn event_source(&self) -> &'static str {
        "controllermanager"
    }

    fn watches(&self) -> &'static [Kind] {
        &[
            Kind::PodDisruptionBudget,
            Kind::Pod,
            Kind::ReplicaSet,
            Kind::Deployment,
            Kind::StatefulSet,
            Kind::ReplicationController,
        ]
    }

    fn workers(&self) -> usize {
        1
    }

    fn on_change(&mut self, delta: &Delta, caches: &Caches, enqueue: &mut Enqueue) {
        match delta.object() {
            Object::PodDisruptionBudget(_) => enqueue.add(delta.object().key()),
            Object::Pod(pod) => {
                for budget in caches.list::<PodDisruptionBudget>(pod.metadata.namespace()) {
                    if selector(budget).is_some_and(|selector| selector.matches(pod.metadata.label_map())) {
                        enqueue.add(Object::from(Arc::clone(budget)).key());
                    }
                }
            }
            owner => {
                for budget in caches.list::<PodDisruptionBudget>(owner.namespace()) {
                    enqueue.add(Object::from(Arc::clone(budget)).key());
                }
            }
        }
    }

    fn reconcile(&mut self, key: &ObjectKey, caches: &Caches, recorder: &mut Recorder, ctx: &mut Ctx<'_>) -> Plan {
        let Some(budget) = caches.get::<PodDisruptionBudget>(&key.namespace, &key.name) else { return Plan::none() };
        let Some(selector) = selector(budget) else { return Plan::none() };
        let matching = |pod: &&Arc<Pod>| selector.matches(pod.metadata.label_map());
        let pods: Vec<Arc<Pod>> = caches.list::<Pod>(&key.namespace).filter(matching).cloned().collect();
        if pods.is_empty() {
            let object = Object::from(Arc::clone(budget));
            recorder.event(ctx, &object, EventType::Normal, "NoPods", "No matching pods found");
        }
        let (status, recheck) = status(budget, &pods, caches, ctx.now);
        let mut plan = Plan::none();
        if budget.status.as_ref() != Some(&status) {
            let mut budget = (**budget).clone();
            budget.status = Some(status);
            plan = Plan::call(ctx.request_with(Verb::Update, budget).part(Subresource::Status));
        }
        Plan { requeue_after: recheck, ..plan }
    }

    fn clone_box(&self) -> Box<dyn Controller> {
        Box::new(*self)
    }
}

/// Which Pods a budget is about; `None` when it says nothing.
fn selector(budget: &PodDisruptionBudget) -> Option<Selector> {
    Selector::from_typed(budget.spec.as_ref()?.selector.as_ref()).ok()
}

/// The status of a budget, and when to look again.
fn status(
    budget: &PodDisruptionBudget,
    pods: &[Arc<Pod>],
    caches: &Caches,
    now: SimTime,
) -> (PodDisruptionBudgetStatus, Option<SimDuration>) {
    let old = budget.status.clone().unwrap_or_default();
    let (expected, desired) = expected(budget, pods, caches);
    let mut disrupted = old.disrupted_pods.clone().unwrap_or_default();
    let mut recheck = None;
    disrupted.retain(|name, granted| {
        let left = (time::sim_time(granted.0) + DELETION_TIMEOUT).since(now);
        let waits = pods.iter().any(|pod| pod.metadata.name() == name && pod.metadata.deletion_timestamp.is_none());
        let stays = waits && left > SimDuration::ZERO;
        if stays {
            recheck = Some(recheck.map_or(left, |least: SimDuration| least.min(left)));
        }
        stays
    });
    let is_healthy = |pod: &&Arc<Pod>| {
        pod.is_ready() && pod.metadata.deletion_timestamp.is_none() && !disrupted.contains_key(pod.metadata.name())
    };
    let healthy = number(pods.iter().filter(is_healthy).count());
    let allowed = if expected <= 0 { 0 } else { (healthy - desired).max(0) };
    let status = PodDisruptionBudgetStatus {
        conditions: Some(vec![condition(budget, &old, allowed, now)]),
        current_healthy: Some(healthy),
        desired_healthy: Some(desired),
        disrupted_pods: Some(disrupted).filter(|all| !all.is_empty()),
        disruptions_allowed: Some(allowed),
        expected_pods: Some(expected),
        observed_generation: budget.metadata.generation,
    };
    (status, recheck)
}

/// How many Pods there should be, and how many of them have to be well.
fn expected(budget: &PodDisruptionBudget, pods: &[Arc<Pod>], caches: &Caches) -> (i32, i32) {
    let Some(spec) = &budget.spec else { return (0, 0) };
    if let Some(most) = &spec.max_unavailable {
        let expected = scale(pods, caches);
        return (expected, (expected - scaled(most, expected)).max(0));
    }
    match &spec.min_available {
        Some(IntOrString::Int(least)) => (number(pods.len()), *least),
        Some(share) => {
            let expected = scale(pods, caches);
            (expected, scaled(share, expected))
        }
        None => (number(pods.len()), 0),
    }
}

/// The replicas that the controllers of these Pods were asked for, each controller counted once.
fn scale(pods: &[Arc<Pod>], caches: &Caches) -> i32 {
    let mut owners: BTreeMap<String, i32> = BTreeMap::new();
    for pod in pods {
        let Some(owner) = pod.metadata.controller() else { continue };
        let (namespace, name) = (pod.metadata.namespace(), owner.name.as_str());
        match owner.kind.as_str() {
            "ReplicaSet" => {
                let Some(set) = caches.get::<ReplicaSet>(namespace, name) else { continue };
                let above = set.metadata.controller().filter(|above| above.kind == "Deployment");
                let deployment = above.and_then(|above| caches.get::<Deployment>(namespace, &above.name));
                let (uid, replicas) = match deployment {
                    Some(one) => (one.metadata.uid(), one.spec.as_ref().and_then(|spec| spec.replicas)),
                    None => (set.metadata.uid(), set.spec.as_ref().and_then(|spec| spec.replicas)),
                };
                owners.insert(uid.to_owned(), replicas.unwrap_or(1));
            }
            "StatefulSet" => {
                let Some(set) = caches.get::<StatefulSet>(namespace, name) else { continue };
                let replicas = set.spec.as_ref().and_then(|spec| spec.replicas).unwrap_or(1);
                owners.insert(set.metadata.uid().to_owned(), replicas);
            }
            "ReplicationController" => {
                let Some(rc) = caches.get::<ReplicationController>(namespace, name) else { continue };
                let replicas = rc.spec.as_ref().and_then(|spec| spec.replicas).unwrap_or(1);
                owners.insert(rc.metadata.uid().to_owned(), replicas);
            }
            _ => {}
        }
    }
    owners.values().sum()
}

/// A number as it stands, or so many hundredths of `total`, rounded up.
fn scaled(value: &IntOrString, total: i32) -> i32 {
    match value {
        IntOrString::Int(number) => *number,
        IntOrString::String(text) => {
            let percent: i64 = text.strip_suffix('%').and_then(|digits| digits.parse().ok()).unwrap_or(0);
            i32::try_from((percent * i64::from(total) + 99) / 100).unwrap_or(i32::MAX)
        }
    }
}

fn condition(budget: &PodDisruptionBudget, old: &PodDisruptionBudgetStatus, allowed: i32, now: SimTime) -> Condition {
    let (status, reason) = if allowed > 0 { ("True", "SufficientPods") } else { ("False", "InsufficientPods") };
    let before = old.conditions.iter().flatten().find(|one| one.type_ == "DisruptionAllowed" && one.status == status);
    Condition {
        type_: "DisruptionAllowed".into(),
        status: status.into(),
        reason: reason.into(),
        message: String::new(),
        observed_generation: budget.metadata.generation,
        last_transition_time: before.map_or_else(|| time::time(now), |one| one.last_transition_time.clone()),
    }
}

fn number(count: usize) -> i32 {
    i32::try_from(count).unwrap_or(i32::MAX)
}
