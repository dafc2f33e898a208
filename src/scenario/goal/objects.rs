//! Objects: the JSON of an object with what people ask of it most: `p.ready`, `p.node`, `d.available`.

use serde_json::Value as Json;

use crate::model::core::{Event, Node, PersistentVolumeClaim, ResourceQuota, Service};
use crate::model::metav1::WireQuantity;
use crate::model::{Kind, Meta, Object, Pod, Quantity, apps};
use crate::printers::pod_status::PodSummary;

use crate::model::cel::value::{Any, Map, count, entries_of, flag, number, of_json, text};

/// What every object has beside its JSON.
const COMMON: &[&str] =
    &["apiVersion", "kind", "metadata", "name", "namespace", "uid", "labels", "annotations", "deleting", "created"];

/// What an object of a kind has at the top, beside [`COMMON`] and what its own JSON has.
pub(super) fn extra_fields(kind: Kind) -> &'static [&'static str] {
    match kind {
        Kind::Pod => &["ready", "phase", "reason", "node", "ip", "restarts", "requests"],
        Kind::Deployment | Kind::ReplicaSet => &["replicas", "readyReplicas", "availableReplicas", "updatedReplicas"],
        Kind::Node => &["ready", "schedulable", "allocatable"],
        Kind::Service => &["ip"],
        Kind::ResourceQuota => &["used", "hard"],
        Kind::PersistentVolumeClaim => &["phase", "volume"],
        Kind::Event => &["about", "times"],
        _ => &[],
    }
}

/// Whether objects of a kind have a field of that name at the top, beside those of its own JSON.
pub(super) fn has_field(kind: Kind, name: &str) -> bool {
    COMMON.contains(&name) || extra_fields(kind).contains(&name)
}

/// The names that may stand behind the dot of an object of this kind.
pub(super) fn fields(kind: Kind) -> Vec<&'static str> {
    let own: &[&str] = match kind {
        Kind::ConfigMap | Kind::Secret => &["data"],
        Kind::Event => &["reason", "message", "type", "count", "involvedObject"],
        Kind::EndpointSlice => &["endpoints", "ports", "addressType"],
        Kind::StorageClass => &["provisioner", "reclaimPolicy", "volumeBindingMode"],
        Kind::PriorityClass => &["value", "globalDefault", "preemptionPolicy"],
        _ => &["spec", "status"],
    };
    COMMON.iter().chain(extra_fields(kind)).chain(own).copied().collect()
}

/// An object as goals see it.
pub(super) fn of_object(object: &Object) -> Map {
    let meta = object.meta();
    let json = object.to_value();
    let member =
        |name: &str| json["metadata"].get(name).map_or_else(|| of_json(&Json::Object(Default::default())), of_json);
    let mut entries = entries_of(&json);
    let mut add = |name: &str, value: Any| entries.push((name.to_owned(), value));
    add("name", text(meta.name()));
    add("namespace", text(meta.namespace()));
    add("uid", text(meta.uid()));
    add("labels", member("labels"));
    add("annotations", member("annotations"));
    add("deleting", flag(meta.is_terminating()));
    add("created", count(meta.created_at().as_secs()));
    match object {
        Object::Pod(pod) => add_pod(pod, &mut add),
        Object::Node(node) => add_node(node, &mut add),
        Object::Deployment(deployment) => add_deployment(deployment, &mut add),
        Object::ReplicaSet(set) => add_replica_set(set, &mut add),
        Object::Service(service) => add_service(service, &mut add),
        Object::ResourceQuota(quota) => add_quota(quota, &mut add),
        Object::PersistentVolumeClaim(claim) => add_claim(claim, &mut add),
        Object::Event(event) => add_event(event, &mut add),
        _ => {}
    }
    Map::of(entries)
}

fn add_pod(pod: &Pod, add: &mut impl FnMut(&str, Any)) {
    let restarts: i32 = pod.container_statuses().iter().map(|status| status.restart_count).sum();
    add("ready", flag(pod.is_ready()));
    add("phase", text(pod.phase()));
    add("reason", text(PodSummary::of(pod).status));
    add("node", text(pod.node_name()));
    add("ip", text(pod.ip()));
    add("restarts", number(i64::from(restarts)));
    let requests = pod.spec.containers.iter().filter_map(|container| container.resources.as_ref()?.requests.as_ref());
    let mut sums = std::collections::BTreeMap::<String, i64>::new();
    for (name, amount) in requests.flatten() {
        *sums.entry(name.clone()).or_default() += milli(amount);
    }
    // cpu and memory can be asked for even where the Pod says nothing about them.
    for name in ["cpu", "memory"] {
        sums.entry(name.to_owned()).or_default();
    }
    add("requests", Box::new(Map::of(sums.into_iter().map(|(name, sum)| (name, number(sum))))));
}

fn add_node(node: &Node, add: &mut impl FnMut(&str, Any)) {
    let status = node.status.as_ref();
    let conditions = status.and_then(|status| status.conditions.as_deref()).unwrap_or_default();
    add("ready", flag(conditions.iter().any(|condition| condition.type_ == "Ready" && condition.status == "True")));
    let cordoned = node.spec.as_ref().and_then(|spec| spec.unschedulable).unwrap_or(false);
    add("schedulable", flag(!cordoned));
    add("allocatable", amounts(status.and_then(|status| status.allocatable.as_ref())));
}

fn add_deployment(deployment: &apps::Deployment, add: &mut impl FnMut(&str, Any)) {
    let status = deployment.status.as_ref();
    let of = |pick: fn(&apps::DeploymentStatus) -> Option<i32>| number(i64::from(status.and_then(pick).unwrap_or(0)));
    let wanted = deployment.spec.as_ref().and_then(|spec| spec.replicas).unwrap_or(1);
    add("replicas", number(i64::from(wanted)));
    add("readyReplicas", of(|status| status.ready_replicas));
    add("availableReplicas", of(|status| status.available_replicas));
    add("updatedReplicas", of(|status| status.updated_replicas));
}

fn add_replica_set(set: &apps::ReplicaSet, add: &mut impl FnMut(&str, Any)) {
    let status = set.status.as_ref();
    let wanted = set.spec.as_ref().and_then(|spec| spec.replicas).unwrap_or(1);
    add("replicas", number(i64::from(wanted)));
    add("readyReplicas", number(i64::from(status.and_then(|status| status.ready_replicas).unwrap_or(0))));
    add("availableReplicas", number(i64::from(status.and_then(|status| status.available_replicas).unwrap_or(0))));
    add("updatedReplicas", number(i64::from(status.map_or(0, |status| status.replicas))));
}

fn add_service(service: &Service, add: &mut impl FnMut(&str, Any)) {
    add("ip", text(service.spec.as_ref().and_then(|spec| spec.cluster_ip.as_deref()).unwrap_or_default()));
}

fn add_quota(quota: &ResourceQuota, add: &mut impl FnMut(&str, Any)) {
    let status = quota.status.as_ref();
    let hard = quota.spec.as_ref().and_then(|spec| spec.hard.as_ref());
    add("used", amounts(status.and_then(|status| status.used.as_ref())));
    add("hard", amounts(hard));
}

fn add_claim(claim: &PersistentVolumeClaim, add: &mut impl FnMut(&str, Any)) {
    add("phase", text(claim.status.as_ref().and_then(|status| status.phase.as_deref()).unwrap_or_default()));
    add("volume", text(claim.spec.as_ref().and_then(|spec| spec.volume_name.as_deref()).unwrap_or_default()));
}

fn add_event(event: &Event, add: &mut impl FnMut(&str, Any)) {
    let about = &event.involved_object;
    let kind = about.kind.as_deref().unwrap_or_default().to_lowercase();
    add("about", text(format!("{kind}/{}", about.name.as_deref().unwrap_or_default())));
    let series = event.series.as_ref().and_then(|series| series.count);
    add("times", number(i64::from(series.or(event.count).unwrap_or(1))));
    // An event may lack these; a goal that looks for a text should not stumble over one without.
    add("message", text(event.message.as_deref().unwrap_or_default()));
    add("reason", text(event.reason.as_deref().unwrap_or_default()));
}

/// Amounts in thousandths.
fn amounts(amounts: Option<&std::collections::BTreeMap<String, WireQuantity>>) -> Any {
    let entries = amounts.into_iter().flatten().map(|(name, amount)| (name.clone(), number(milli(amount))));
    Box::new(Map::of(entries))
}

fn milli(amount: &WireQuantity) -> i64 {
    amount.0.parse::<Quantity>().map_or(0, Quantity::milli_value)
}
