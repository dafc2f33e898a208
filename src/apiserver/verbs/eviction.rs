//! Eviction: a deletion that the disruption budget of the Pod may refuse.
//!
//! Source: `pkg/registry/core/pod/storage/eviction.go`.

use std::sync::Arc;

use serde_json::{Value, json};

use crate::apiserver::admission;
use crate::apiserver::status::{Details, FieldCause, Reason, Status};
use crate::apiserver::storage_key;
use crate::apiserver::stored::{Record, Stored};
use crate::etcd::{Compare, Condition, KeyValue, Op};
use crate::model::policy::PodDisruptionBudget;
use crate::model::{Kind, Meta, Pod, Resource, Selector, time};

use super::{Current, Step, Work, delete, object_of};

/// Evicted Pods that a budget remembers at the most. Source: `MaxDisruptedPodSize`.
const DISRUPTED_MAX: usize = 2_000;
/// When to ask again while the budget is being worked out.
const RETRY_SECONDS: u32 = 10;
/// The condition that says whether a disruption is allowed.
const ALLOWED: &str = "DisruptionAllowed";

/// Deletes a Pod if its budget allows it, and charges the budget in the same transaction.
///
/// # Errors
/// 429 when the budget does not allow it, 500 when there are two; what deletion answers.
pub(in crate::apiserver) fn attempt(work: &mut Work<'_>, current: &Current) -> Result<Step, Box<Status>> {
    let old = object_of(current);
    let Some(pod) = old.as_ref().and_then(Pod::of) else { return Err(work.not_found()) };
    let part = || (json!({"apiVersion": "policy/v1", "kind": "Eviction", "metadata": metadata(pod)}), Value::Null);
    admission::validate_part(part, old.as_ref(), &mut work.review())?;
    let budgets = if is_gone_anyway(pod) { Vec::new() } else { budgets_of(work, pod) };
    let (entry, budget) = match &budgets[..] {
        [] => return delete::attempt(work, current),
        [only] => only,
        _ => {
            let message =
                "This pod has more than one PodDisruptionBudget, which the eviction subresource does not support.";
            return Err(Box::new(Status::new(500, Reason::Unknown, message)));
        }
    };
    if !pod.is_ready() && spares_unready(budget) {
        return delete::attempt(work, current);
    }
    let charged = charge(budget, pod, work)?;
    let key = storage_key::of(Kind::PodDisruptionBudget, budget.metadata.namespace(), budget.metadata.name());
    let (entry, compared) = (Arc::clone(entry), key.clone());
    let mut step = delete::attempt(work, current)?;
    if let Step::Write(write) = &mut step {
        let cause = work.cause.unwrap_or_default();
        let ownership = entry.value.ownership().clone();
        let value = Stored::owned(Record::Object(charged.into()), cause, ownership);
        let unchanged = Compare { key: compared, condition: Condition::ModRevision(entry.mod_revision) };
        write.txn.compare.push(unchanged);
        write.txn.success.push(Op::Put { key, value, lease: None });
    }
    Ok(step)
}

/// What names the Pod in a part of it.
pub(super) fn metadata(pod: &Pod) -> Value {
    json!({"name": pod.metadata.name(), "namespace": pod.metadata.namespace()})
}

/// Pods that serve nobody: they have ended, have not begun, or are being deleted.
fn is_gone_anyway(pod: &Pod) -> bool {
    pod.is_terminal() || pod.phase() == "Pending" || pod.metadata.is_terminating()
}

/// The budgets that select the Pod.
fn budgets_of(work: &Work<'_>, pod: &Pod) -> Vec<(Arc<KeyValue<Stored>>, Arc<PodDisruptionBudget>)> {
    let range = storage_key::range(Kind::PodDisruptionBudget, pod.metadata.namespace());
    let selects = |budget: &PodDisruptionBudget| {
        let selector = budget.spec.as_ref().and_then(|spec| spec.selector.as_ref());
        Selector::from_typed(selector).is_ok_and(|selector| selector.matches(pod.metadata.label_map()))
    };
    let found = work.store.iter(&range).filter_map(|entry| {
        let budget = Stored::peek(entry).and_then(PodDisruptionBudget::of)?;
        selects(budget).then(|| (Arc::clone(entry), Arc::clone(budget)))
    });
    found.collect()
}

/// Whether a Pod that is not ready may go without a charge.
fn spares_unready(budget: &PodDisruptionBudget) -> bool {
    let policy = budget.spec.as_ref().and_then(|spec| spec.unhealthy_pod_eviction_policy.as_deref());
    if policy == Some("AlwaysAllow") {
        return true;
    }
    let healthy = budget.status.as_ref().map(|status| (status.current_healthy, status.desired_healthy));
    healthy.is_some_and(|(current, desired)| current >= desired && desired.unwrap_or(0) > 0)
}

/// The budget with one disruption less.
fn charge(budget: &Arc<PodDisruptionBudget>, pod: &Pod, work: &Work<'_>) -> Result<PodDisruptionBudget, Box<Status>> {
    let name = budget.metadata.name();
    let status = budget.status.clone().unwrap_or_default();
    if status.observed_generation.unwrap_or(0) < budget.metadata.generation.unwrap_or(0) {
        let why = format!("The disruption budget {name} is still being processed by the server.");
        return Err(refusal(&why, Some(RETRY_SECONDS)));
    }
    let forbidden = |why: &str| Err(Box::new(Status::forbidden(Kind::PodDisruptionBudget, name, why)));
    let allowed = status.disruptions_allowed.unwrap_or(0);
    if allowed < 0 {
        return forbidden("pdb disruptions allowed is negative");
    }
    if status.disrupted_pods.as_ref().is_some_and(|pods| pods.len() > DISRUPTED_MAX) {
        return forbidden("DisruptedPods map too big - too many evictions not confirmed by PDB controller");
    }
    if allowed == 0 {
        let condition = status.conditions.iter().flatten().find(|one| one.type_ == ALLOWED);
        let why = match condition.filter(|one| one.reason == "SyncFailed") {
            Some(failed) => format!(
                "The disruption budget {name} does not allow evicting pods currently because it failed sync: {}",
                failed.message
            ),
            None => format!(
                "The disruption budget {name} needs {} healthy pods and has {} currently",
                status.desired_healthy.unwrap_or(0),
                status.current_healthy.unwrap_or(0)
            ),
        };
        return Err(refusal(&why, None));
    }
    let mut charged = PodDisruptionBudget::clone(budget);
    let mut status = status;
    status.disruptions_allowed = Some(allowed - 1);
    if allowed == 1 {
        for condition in status.conditions.iter_mut().flatten().filter(|one| one.type_ == ALLOWED) {
            condition.status = "False".into();
            condition.reason = "InsufficientPods".into();
            condition.last_transition_time = time::time(work.now);
        }
    }
    status.disrupted_pods.get_or_insert_default().insert(pod.metadata.name().to_owned(), time::time(work.now));
    charged.status = Some(status);
    charged.metadata.resource_version = None;
    Ok(charged)
}

fn refusal(why: &str, retry_after_seconds: Option<u32>) -> Box<Status> {
    let message = "Cannot evict pod as it would violate the pod's disruption budget.";
    let mut status = Status::new(429, Reason::TooManyRequests, message);
    let cause = FieldCause { reason: "DisruptionBudget".into(), message: why.to_owned(), field: String::new() };
    status.details = Some(Box::new(Details { causes: vec![cause], retry_after_seconds, ..Details::default() }));
    Box::new(status)
}
