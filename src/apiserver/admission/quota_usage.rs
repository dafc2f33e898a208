//! What an object uses of a quota. The quota controller counts with the same rules.
//!
//! Source: `pkg/quota/v1/evaluator/core/{pods,services,persistent_volume_claims}.go`, `apiserver/pkg/quota/v1/generic`.

use std::collections::BTreeMap;

use crate::model::core::{Container, PersistentVolumeClaim, PodSpec, ResourceRequirements, Service};
use crate::model::metav1::WireQuantity;
use crate::model::{Kind, Object, Pod, Quantity};

use crate::apiserver::registry::Ports;

/// Amounts by name of the quota's resource.
pub type Usage = BTreeMap<String, Quantity>;

/// Kinds whose objects are counted under their plain name too.
const COUNTED: [Kind; 7] = [
    Kind::Pod,
    Kind::Service,
    Kind::Secret,
    Kind::ConfigMap,
    Kind::PersistentVolumeClaim,
    Kind::ReplicationController,
    Kind::ResourceQuota,
];

/// What `object` uses.
#[must_use]
pub fn usage_of(object: &Object) -> Usage {
    let mut usage = Usage::new();
    let kind = object.kind();
    usage.insert(format!("count/{}", kind.group_resource()), Quantity::from_value(1));
    if let Object::Pod(pod) = object {
        pod_usage(pod, &mut usage);
        return usage;
    }
    if COUNTED.contains(&kind) {
        usage.insert(kind.plural().into(), Quantity::from_value(1));
    }
    match object {
        Object::Service(service) => service_usage(service, &mut usage),
        Object::PersistentVolumeClaim(claim) => claim_usage(claim, &mut usage),
        _ => {}
    }
    usage
}

/// A Pod that has ended takes nothing but its place among `count/pods`.
fn pod_usage(pod: &Pod, usage: &mut Usage) {
    if pod.is_terminal() {
        return;
    }
    usage.insert("pods".into(), Quantity::from_value(1));
    let (requests, limits) = pod_resources(&pod.spec);
    for (resource, amount) in requests {
        if matches!(resource.as_str(), "cpu" | "memory" | "ephemeral-storage") || resource.starts_with("hugepages-") {
            usage.insert(resource.clone(), amount);
        }
        usage.insert(format!("requests.{resource}"), amount);
    }
    for (resource, amount) in limits {
        usage.insert(format!("limits.{resource}"), amount);
    }
}

/// Requests and limits of a whole Pod: its containers together, or the largest init container if that is more.
fn pod_resources(spec: &PodSpec) -> (Usage, Usage) {
    let (mut requests, mut limits) = (Usage::new(), Usage::new());
    for container in &spec.containers {
        add_all(&mut requests, amounts(container, |all| all.requests.as_ref()));
        add_all(&mut limits, amounts(container, |all| all.limits.as_ref()));
    }
    let (mut init_requests, mut init_limits) = (Usage::new(), Usage::new());
    let (mut sidecar_requests, mut sidecar_limits) = (Usage::new(), Usage::new());
    for container in spec.init_containers.iter().flatten() {
        let of_requests = amounts(container, |all| all.requests.as_ref());
        let of_limits = amounts(container, |all| all.limits.as_ref());
        if container.restart_policy.as_deref() == Some("Always") {
            add_all(&mut sidecar_requests, of_requests);
            add_all(&mut sidecar_limits, of_limits);
            largest(&mut init_requests, &sidecar_requests);
            largest(&mut init_limits, &sidecar_limits);
        } else {
            let together = |mut one: Usage, other: &Usage| {
                add_all(&mut one, other.clone());
                one
            };
            largest(&mut init_requests, &together(of_requests, &sidecar_requests));
            largest(&mut init_limits, &together(of_limits, &sidecar_limits));
        }
    }
    add_all(&mut requests, sidecar_requests);
    add_all(&mut limits, sidecar_limits);
    largest(&mut requests, &init_requests);
    largest(&mut limits, &init_limits);
    let overhead = parsed(spec.overhead.as_ref());
    add_all(&mut requests, overhead);
    (requests, limits)
}

fn amounts(
    container: &Container,
    pick: impl FnOnce(&ResourceRequirements) -> Option<&BTreeMap<String, WireQuantity>>,
) -> Usage {
    parsed(container.resources.as_ref().and_then(pick))
}

fn parsed(map: Option<&BTreeMap<String, WireQuantity>>) -> Usage {
    let read = |(name, amount): (&String, &WireQuantity)| Some((name.clone(), Quantity::parse(&amount.0).ok()?));
    map.into_iter().flatten().filter_map(read).collect()
}

fn add_all(usage: &mut Usage, more: Usage) {
    for (resource, amount) in more {
        usage.entry(resource).and_modify(|sum| *sum += amount).or_insert(amount);
    }
}

fn largest(usage: &mut Usage, other: &Usage) {
    for (resource, amount) in other {
        usage.entry(resource.clone()).and_modify(|most| *most = (*most).max(*amount)).or_insert(*amount);
    }
}

fn service_usage(service: &Service, usage: &mut Usage) {
    let Some(spec) = &service.spec else { return };
    let ports = spec.ports.as_ref().map_or(0, Vec::len) as i64;
    let balancers = i64::from(spec.kind() == "LoadBalancer");
    usage.insert("services.loadbalancers".into(), Quantity::from_value(balancers));
    let open = if spec.needs_node_ports() { ports } else { 0 };
    usage.insert("services.nodeports".into(), Quantity::from_value(open));
}

fn claim_usage(claim: &PersistentVolumeClaim, usage: &mut Usage) {
    let Some(spec) = &claim.spec else { return };
    let requested = parsed(spec.resources.as_ref().and_then(|resources| resources.requests.as_ref()));
    let storage = requested.get("storage").copied();
    if let Some(storage) = storage {
        usage.insert("requests.storage".into(), storage);
    }
    if let Some(class) = spec.storage_class_name.as_deref().filter(|class| !class.is_empty()) {
        let of_class = |what: &str| format!("{class}.storageclass.storage.k8s.io/{what}");
        usage.insert(of_class("persistentvolumeclaims"), Quantity::from_value(1));
        if let Some(storage) = storage {
            usage.insert(of_class("requests.storage"), storage);
        }
    }
}
