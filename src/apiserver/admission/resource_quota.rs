//! ResourceQuota: the last plug-in. It raises the `used` of every quota that an object falls under, by a compare-and-swap of
//! the quota itself, before the object is stored; what is left over when that fails later is counted again by the quota
//! controller.
//!
//! Source: `apiserver/pkg/admission/plugin/resourcequota/controller.go`.

use std::collections::BTreeMap;
use std::sync::Arc;

use crate::model::core::{Container, ResourceQuota};
use crate::model::metav1::WireQuantity;
use crate::model::{Meta, Object, Quantity};

pub use super::quota_scopes::applies;
pub use super::quota_usage::{Usage, usage_of};
use super::{Review, lookup_all};

/// What a write adds to one quota.
#[derive(Clone, Debug)]
pub struct Charge {
    /// The name of the quota.
    pub quota: Arc<str>,
    /// What is added, by resource.
    pub delta: Usage,
}

/// What a write adds to the quotas of its namespace.
///
/// # Errors
/// Why the object may not be stored.
pub(in crate::apiserver) fn charges(
    object: &Object,
    old: Option<&Object>,
    review: &Review<'_>,
) -> Result<Vec<Charge>, String> {
    let quotas = lookup_all::<ResourceQuota>(review.store, &review.request.namespace);
    if quotas.is_empty() {
        return Ok(Vec::new());
    }
    let usage = usage_of(object);
    let before = old.map(usage_of).unwrap_or_default();
    let mut charges = Vec::new();
    for quota in quotas.iter().filter(|quota| applies(quota, object)) {
        let hard = quota.status.as_ref().and_then(|status| status.hard.as_ref());
        let Some(hard) = hard.filter(|hard| !hard.is_empty()) else {
            if wants(quota, &usage) {
                let resources = limited(quota.spec.as_ref().and_then(|spec| spec.hard.as_ref()), &usage);
                let names: Vec<_> = resources.keys().map(String::as_str).collect();
                return Err(format!(
                    "status unknown for quota: {}, resources: {}",
                    quota.metadata.name(),
                    names.join(",")
                ));
            }
            continue;
        };
        check_required(quota, hard, object)?;
        let mut delta = limited(Some(hard), &usage);
        for (resource, amount) in &mut delta {
            if let Some(before) = before.get(resource) {
                *amount -= *before;
            }
        }
        delta.retain(|_, amount| amount.sign() > 0);
        if !delta.is_empty() {
            let charge = Charge { quota: quota.metadata.name().into(), delta };
            raised(quota, &charge)?;
            charges.push(charge);
        }
    }
    Ok(charges)
}

/// The quota with the charge added to what is used.
///
/// # Errors
/// `exceeded quota: …`.
pub(in crate::apiserver) fn raised(quota: &ResourceQuota, charge: &Charge) -> Result<ResourceQuota, String> {
    let mut raised = quota.clone();
    let status = raised.status.get_or_insert_default();
    let hard = status.hard.clone().unwrap_or_default();
    let used = status.used.get_or_insert_default();
    let mut exceeded = Vec::new();
    for (resource, delta) in &charge.delta {
        let present = amount(used, resource).unwrap_or(Quantity::ZERO);
        let total = present + *delta;
        if let Some(limit) = amount(&hard, resource)
            && total > limit
        {
            exceeded.push((resource, *delta, present, limit));
        }
        used.insert(resource.clone(), WireQuantity(total.to_string()));
    }
    if exceeded.is_empty() {
        return Ok(raised);
    }
    let list = |pick: fn(&(&String, Quantity, Quantity, Quantity)) -> Quantity| {
        exceeded.iter().map(|one| format!("{}={}", one.0, pick(one))).collect::<Vec<_>>().join(",")
    };
    Err(format!(
        "exceeded quota: {}, requested: {}, used: {}, limited: {}",
        quota.metadata.name(),
        list(|one| one.1),
        list(|one| one.2),
        list(|one| one.3)
    ))
}

fn amount(map: &BTreeMap<String, WireQuantity>, resource: &str) -> Option<Quantity> {
    Quantity::parse(&map.get(resource)?.0).ok()
}

fn limited(hard: Option<&BTreeMap<String, WireQuantity>>, usage: &Usage) -> Usage {
    let is_limited = |resource: &String| hard.is_some_and(|hard| hard.contains_key(resource));
    usage.iter().filter(|(resource, _)| is_limited(resource)).map(|(name, amount)| (name.clone(), *amount)).collect()
}

fn wants(quota: &ResourceQuota, usage: &Usage) -> bool {
    !limited(quota.spec.as_ref().and_then(|spec| spec.hard.as_ref()), usage).is_empty()
}

/// A quota on requests or limits obliges every container to name them. Source: `podEvaluator.Constraints`.
fn check_required(quota: &ResourceQuota, hard: &BTreeMap<String, WireQuantity>, object: &Object) -> Result<(), String> {
    let Object::Pod(pod) = object else { return Ok(()) };
    let mut missing: BTreeMap<&str, Vec<&str>> = BTreeMap::new();
    for container in pod.spec.containers.iter().chain(pod.spec.init_containers.iter().flatten()) {
        for resource in hard.keys().filter(|resource| obliges(resource) && !names(container, resource)) {
            missing.entry(resource).or_default().push(&container.name);
        }
    }
    if missing.is_empty() {
        return Ok(());
    }
    let told = missing.iter_mut().map(|(resource, containers)| {
        containers.sort_unstable();
        format!("{resource} for: {}", containers.join(","))
    });
    let told: Vec<_> = told.collect();
    Err(format!("failed quota: {}: must specify {}", quota.metadata.name(), told.join("; ")))
}

fn obliges(resource: &str) -> bool {
    matches!(resource, "cpu" | "memory" | "requests.cpu" | "requests.memory" | "limits.cpu" | "limits.memory")
}

fn names(container: &Container, resource: &str) -> bool {
    let Some(resources) = &container.resources else { return false };
    let (map, name) = match resource.split_once('.') {
        Some(("limits", name)) => (&resources.limits, name),
        Some((_, name)) => (&resources.requests, name),
        None => (&resources.requests, resource),
    };
    map.as_ref().is_some_and(|map| map.contains_key(name))
}
