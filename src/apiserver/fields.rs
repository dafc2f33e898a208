//! The fields that a field selector may name, by kind, and their values.
//!
//! Source: the `AddFieldLabelConversionFunc`s of `pkg/apis/core/v1/conversion.go` and the `ToSelectableFields` of each kind.

use std::borrow::Cow;

use crate::model::core::Event;
use crate::model::{Kind, Object, Pod};

const OF_ALL: &[&str] = &["metadata.name", "metadata.namespace"];

/// What may be selected by.
#[must_use]
pub(super) fn supported(kind: Kind) -> &'static [&'static str] {
    match kind {
        Kind::Pod => &[
            "metadata.name",
            "metadata.namespace",
            "spec.nodeName",
            "spec.restartPolicy",
            "spec.schedulerName",
            "spec.serviceAccountName",
            "spec.hostNetwork",
            "status.phase",
            "status.podIP",
            "status.podIPs",
            "status.nominatedNodeName",
        ],
        Kind::Node => &["metadata.name", "spec.unschedulable"],
        Kind::Event => &[
            "involvedObject.kind",
            "involvedObject.namespace",
            "involvedObject.name",
            "involvedObject.uid",
            "involvedObject.apiVersion",
            "involvedObject.resourceVersion",
            "involvedObject.fieldPath",
            "reason",
            "reportingComponent",
            "source",
            "type",
            "metadata.name",
            "metadata.namespace",
        ],
        Kind::Namespace => &["status.phase", "metadata.name"],
        Kind::Secret => &["type", "metadata.name", "metadata.namespace"],
        Kind::Service => &["metadata.namespace", "metadata.name", "spec.clusterIP", "spec.type"],
        Kind::ReplicaSet => &["metadata.name", "metadata.namespace", "status.replicas"],
        Kind::PersistentVolume => &["metadata.name"],
        _ => OF_ALL,
    }
}

/// The value of a field.
#[must_use]
pub(super) fn value<'o>(object: &'o Object, field: &str) -> Option<Cow<'o, str>> {
    match field {
        "metadata.name" => return Some(object.name().into()),
        "metadata.namespace" => return Some(object.namespace().into()),
        _ => {}
    }
    match object {
        Object::Pod(pod) => of_pod(pod, field),
        Object::Event(event) => of_event(event, field),
        Object::Node(node) if field == "spec.unschedulable" => {
            let unschedulable = node.spec.as_ref().is_some_and(|spec| spec.unschedulable == Some(true));
            Some(if unschedulable { "true" } else { "false" }.into())
        }
        Object::Namespace(namespace) if field == "status.phase" => borrowed(&namespace.status.as_ref()?.phase),
        Object::Secret(secret) if field == "type" => borrowed(&secret.type_),
        Object::Service(service) if field == "spec.clusterIP" => borrowed(&service.spec.as_ref()?.cluster_ip),
        Object::Service(service) if field == "spec.type" => borrowed(&service.spec.as_ref()?.type_),
        Object::ReplicaSet(set) if field == "status.replicas" => {
            Some(set.status.as_ref().map_or(0, |status| status.replicas).to_string().into())
        }
        _ => None,
    }
}

fn borrowed(text: &Option<String>) -> Option<Cow<'_, str>> {
    text.as_deref().map(Cow::Borrowed)
}

fn of_pod<'o>(pod: &'o Pod, field: &str) -> Option<Cow<'o, str>> {
    let (spec, status) = (&pod.spec, &pod.status);
    match field {
        "spec.nodeName" => Some(pod.node_name()).filter(|node| !node.is_empty()).map(Cow::Borrowed),
        "spec.restartPolicy" => borrowed(&spec.restart_policy),
        "spec.schedulerName" => borrowed(&spec.scheduler_name),
        "spec.serviceAccountName" => borrowed(&spec.service_account_name),
        "spec.hostNetwork" => Some(if spec.host_network == Some(true) { "true" } else { "false" }.into()),
        "status.phase" => borrowed(&status.phase),
        "status.podIP" | "status.podIPs" => borrowed(&status.pod_ip),
        "status.nominatedNodeName" => borrowed(&status.nominated_node_name),
        _ => None,
    }
}

fn of_event<'o>(event: &'o Event, field: &str) -> Option<Cow<'o, str>> {
    let involved = &event.involved_object;
    match field {
        "involvedObject.kind" => borrowed(&involved.kind),
        "involvedObject.namespace" => borrowed(&involved.namespace),
        "involvedObject.name" => borrowed(&involved.name),
        "involvedObject.uid" => borrowed(&involved.uid),
        "involvedObject.apiVersion" => borrowed(&involved.api_version),
        "involvedObject.resourceVersion" => borrowed(&involved.resource_version),
        "involvedObject.fieldPath" => borrowed(&involved.field_path),
        "reason" => borrowed(&event.reason),
        "reportingComponent" => borrowed(&event.reporting_component),
        "source" => event
            .source
            .as_ref()
            .and_then(|source| borrowed(&source.component))
            .filter(|name| !name.is_empty())
            .or_else(|| borrowed(&event.reporting_component)),
        "type" => borrowed(&event.type_),
        _ => None,
    }
}
