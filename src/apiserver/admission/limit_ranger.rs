//! LimitRanger: what containers and claims ask for is filled in from the LimitRanges of their namespace, and refused when it is
//! outside of them.
//!
//! Source: `plugin/pkg/admission/limitranger/admission.go`.

use std::collections::BTreeMap;
use std::sync::Arc;

use crate::apiserver::status::Status;
use crate::model::core::{Container, LimitRange, LimitRangeItem, PersistentVolumeClaim, PodSpec};
use crate::model::metav1::WireQuantity;
use crate::model::quantity::Quantity;
use crate::model::{Kind, Object, Pod, core};

use super::{Review, lookup_all, shown_name};

/// The annotation that tells what was filled in.
const ANNOTATION: &str = "kubernetes.io/limit-ranger";

type Amounts = BTreeMap<String, WireQuantity>;

fn ranges(review: &Review<'_>) -> Vec<Arc<LimitRange>> {
    lookup_all::<LimitRange>(review.store, &review.request.namespace)
}

fn items(range: &LimitRange) -> impl Iterator<Item = &LimitRangeItem> {
    range.spec.iter().flat_map(|spec| &spec.limits)
}

fn of_type<'a>(range: &'a LimitRange, type_: &'a str) -> impl Iterator<Item = &'a LimitRangeItem> {
    items(range).filter(move |item| item.type_ == type_)
}

/// Fills in what containers leave out.
pub(super) fn admit(pod: &mut Pod, review: &Review<'_>) {
    for range in ranges(review) {
        let (mut requests, mut limits) = (Amounts::new(), Amounts::new());
        for item in of_type(&range, "Container") {
            requests.extend(item.default_request.clone().unwrap_or_default());
            limits.extend(item.default.clone().unwrap_or_default());
        }
        let mut notes = Vec::new();
        let spec = pod.spec_mut();
        for container in &mut spec.containers {
            fill(container, "container", &requests, &limits, &mut notes);
        }
        for container in spec.init_containers.iter_mut().flatten() {
            fill(container, "init container", &requests, &limits, &mut notes);
        }
        if !notes.is_empty() {
            let text = format!("LimitRanger plugin set: {}", notes.join("; "));
            pod.metadata.annotations.get_or_insert_default().insert(ANNOTATION.into(), text);
        }
    }
}

fn fill(container: &mut Container, what: &str, requests: &Amounts, limits: &Amounts, notes: &mut Vec<String>) {
    let resources = container.resources.get_or_insert_default();
    let set_requests = merge(resources.requests.get_or_insert_default(), requests);
    let set_limits = merge(resources.limits.get_or_insert_default(), limits);
    resources.requests = resources.requests.take().filter(|all| !all.is_empty());
    resources.limits = resources.limits.take().filter(|all| !all.is_empty());
    for (set, word) in [(set_requests, "request"), (set_limits, "limit")] {
        if !set.is_empty() {
            notes.push(format!("{} {word} for {what} {}", set.join(", "), container.name));
        }
    }
}

/// Adds what is missing; returns the names of what was added.
fn merge(into: &mut Amounts, from: &Amounts) -> Vec<String> {
    let missing: Vec<String> = from.keys().filter(|name| !into.contains_key(*name)).cloned().collect();
    for name in &missing {
        into.insert(name.clone(), from[name].clone());
    }
    missing
}

/// Refuses what is outside of a LimitRange. A change is not looked at again.
///
/// # Errors
/// 403 with everything that is wrong.
pub(super) fn validate(object: &Object, review: &Review<'_>) -> Result<(), Box<Status>> {
    for range in ranges(review) {
        let mut faults = Vec::new();
        match object {
            Object::Pod(pod) => check_pod(&pod.spec, &range, &mut faults),
            Object::PersistentVolumeClaim(claim) => check_claim(claim, &range, &mut faults),
            _ => return Ok(()),
        }
        let why = match faults.as_slice() {
            [] => continue,
            [one] => one.clone(),
            several => format!("[{}]", several.join(", ")),
        };
        let kind = if matches!(object, Object::Pod(_)) { Kind::Pod } else { Kind::PersistentVolumeClaim };
        return Err(Box::new(Status::forbidden(kind, shown_name(object.meta()), &why)));
    }
    Ok(())
}

fn check_pod(spec: &PodSpec, range: &LimitRange, faults: &mut Vec<String>) {
    let all = spec.containers.iter().chain(spec.init_containers.iter().flatten());
    for container in all {
        let resources = container.resources.clone().unwrap_or_default();
        let (requests, limits) = (resources.requests.unwrap_or_default(), resources.limits.unwrap_or_default());
        for item in of_type(range, "Container") {
            check(item, &requests, &limits, faults);
        }
    }
    for item in of_type(range, "Pod") {
        let total = |pick: fn(&core::ResourceRequirements) -> Option<&Amounts>| total(spec, pick);
        check(item, &total(|all| all.requests.as_ref()), &total(|all| all.limits.as_ref()), faults);
    }
}

/// What a Pod asks for: the sum of its containers, or the most that an init container asks for.
fn total(spec: &PodSpec, pick: fn(&core::ResourceRequirements) -> Option<&Amounts>) -> Amounts {
    let amounts = |container: &Container| container.resources.as_ref().and_then(pick).cloned().unwrap_or_default();
    let mut sums: BTreeMap<String, Quantity> = BTreeMap::new();
    for (name, amount) in spec.containers.iter().flat_map(amounts) {
        let Ok(amount) = Quantity::parse(&amount.0) else { continue };
        sums.entry(name).and_modify(|sum| *sum += amount).or_insert(amount);
    }
    for (name, amount) in spec.init_containers.iter().flatten().flat_map(amounts) {
        let Ok(amount) = Quantity::parse(&amount.0) else { continue };
        sums.entry(name).and_modify(|most| *most = (*most).max(amount)).or_insert(amount);
    }
    sums.into_iter().map(|(name, sum)| (name, WireQuantity(sum.to_string()))).collect()
}

fn check_claim(claim: &PersistentVolumeClaim, range: &LimitRange, faults: &mut Vec<String>) {
    let requests = claim.spec.as_ref().and_then(|spec| spec.resources.as_ref()?.requests.clone()).unwrap_or_default();
    for item in of_type(range, "PersistentVolumeClaim") {
        for (name, minimum) in item.min.iter().flatten() {
            at_least(&item.type_, name, minimum, requests.get(name), None, faults);
        }
        for (name, maximum) in item.max.iter().flatten() {
            let most = format!("maximum {name} usage per {} is {}", item.type_, maximum.0);
            match requests.get(name) {
                None => faults.push(format!("{most}.  No request is specified")),
                Some(asked) if is_less(maximum, asked) => faults.push(format!("{most}, but request is {}", asked.0)),
                Some(_) => {}
            }
        }
    }
}

fn check(item: &LimitRangeItem, requests: &Amounts, limits: &Amounts, faults: &mut Vec<String>) {
    for (name, minimum) in item.min.iter().flatten() {
        at_least(&item.type_, name, minimum, requests.get(name), limits.get(name), faults);
    }
    for (name, maximum) in item.max.iter().flatten() {
        at_most(&item.type_, name, maximum, requests.get(name), limits.get(name), faults);
    }
    for (name, ratio) in item.max_limit_request_ratio.iter().flatten() {
        within_ratio(&item.type_, name, ratio, requests.get(name), limits.get(name), faults);
    }
}

fn at_least(
    type_: &str,
    name: &str,
    minimum: &WireQuantity,
    request: Option<&WireQuantity>,
    limit: Option<&WireQuantity>,
    faults: &mut Vec<String>,
) {
    let least = format!("minimum {name} usage per {type_} is {}", minimum.0);
    match (request, limit) {
        (None, _) => faults.push(format!("{least}.  No request is specified")),
        (Some(request), _) if is_less(request, minimum) => {
            faults.push(format!("{least}, but request is {}", request.0))
        }
        (_, Some(limit)) if is_less(limit, minimum) => faults.push(format!("{least}, but limit is {}", limit.0)),
        _ => {}
    }
}

fn at_most(
    type_: &str,
    name: &str,
    maximum: &WireQuantity,
    request: Option<&WireQuantity>,
    limit: Option<&WireQuantity>,
    faults: &mut Vec<String>,
) {
    let most = format!("maximum {name} usage per {type_} is {}", maximum.0);
    match (request, limit) {
        (_, None) => faults.push(format!("{most}.  No limit is specified")),
        (_, Some(limit)) if is_less(maximum, limit) => faults.push(format!("{most}, but limit is {}", limit.0)),
        (Some(request), _) if is_less(maximum, request) => faults.push(format!("{most}, but request is {}", request.0)),
        _ => {}
    }
}

fn within_ratio(
    type_: &str,
    name: &str,
    ratio: &WireQuantity,
    request: Option<&WireQuantity>,
    limit: Option<&WireQuantity>,
    faults: &mut Vec<String>,
) {
    let most = format!("{name} max limit to request ratio per {type_} is {}", ratio.0);
    let milli = |amount: Option<&WireQuantity>| {
        amount.and_then(|amount| Quantity::parse(&amount.0).ok()).map_or(0, Quantity::milli_value)
    };
    let (request, limit, ratio) = (milli(request), milli(limit), milli(Some(ratio)));
    if request == 0 {
        faults.push(format!("{most}, but no request is specified or request is 0"));
    } else if limit == 0 {
        faults.push(format!("{most}, but no limit is specified or limit is 0"));
    } else if i128::from(limit) * 1_000 > i128::from(ratio) * i128::from(request) {
        let millionths = i128::from(limit) * 1_000_000 / i128::from(request);
        faults.push(format!("{most}, but provided ratio is {}.{:06}", millionths / 1_000_000, millionths % 1_000_000));
    }
}

fn is_less(one: &WireQuantity, two: &WireQuantity) -> bool {
    match (Quantity::parse(&one.0), Quantity::parse(&two.0)) {
        (Ok(one), Ok(two)) => one < two,
        _ => false,
    }
}
