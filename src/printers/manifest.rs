//! Objects as `-o yaml` and `-o json`: the fields that Go always writes are there, those it leaves out are not.
//!
//! The wire types drop what is absent; Go's structs write an empty one (`resources: {}`), a null time, an empty text.
//! Which ones they are is read from the `json:` tags of `k8s.io/api` v0.36.

use serde_json::{Map, Value, json};

use crate::model::{Kind, Object};

/// An object as the API server writes it, without managed fields (`--show-managed-fields=false`).
#[must_use]
pub fn value(object: &Object) -> Value {
    let mut value = whole(object);
    if let Some(meta) = value.get_mut("metadata").and_then(Value::as_object_mut) {
        meta.remove("managedFields");
    }
    value
}

/// An object as the API server writes it, with the managed fields that it carries.
#[must_use]
pub fn whole(object: &Object) -> Value {
    let mut value = object.to_value();
    complete(object.kind(), &mut value);
    value
}

/// Several objects as one: `kind: List`.
#[must_use]
pub fn list(items: Vec<Value>) -> Value {
    json!({"apiVersion": "v1", "kind": "List", "metadata": {"resourceVersion": ""}, "items": items})
}

/// Adds what Go always writes for `kind`, and takes away what it leaves out.
pub fn complete(kind: Kind, value: &mut Value) {
    always(value, "metadata", json!({}));
    match kind {
        Kind::Pod => {
            always(value, "status", json!({}));
            pod_spec(&mut value["spec"]);
            pod_status(&mut value["status"]);
        }
        Kind::Deployment => {
            always(value, "status", json!({}));
            always(&mut value["spec"], "strategy", json!({}));
            template(value);
            let counts = ["replicas", "updatedReplicas", "readyReplicas", "availableReplicas", "unavailableReplicas"];
            omit_zeros(&mut value["status"], &counts);
        }
        Kind::ReplicaSet => {
            always(value, "status", json!({}));
            always(&mut value["status"], "replicas", json!(0));
            template(value);
            omit_zeros(&mut value["status"], &["fullyLabeledReplicas", "readyReplicas", "availableReplicas"]);
        }
        Kind::Service => {
            always(value, "spec", json!({}));
            always(value, "status", json!({}));
            always(&mut value["status"], "loadBalancer", json!({}));
        }
        Kind::Namespace | Kind::ResourceQuota | Kind::PersistentVolume | Kind::Node => {
            always(value, "spec", json!({}));
            always(value, "status", json!({}));
        }
        Kind::PersistentVolumeClaim => {
            always(value, "spec", json!({}));
            always(value, "status", json!({}));
            always(&mut value["spec"], "resources", json!({}));
        }
        Kind::Event => {
            for time in ["eventTime", "firstTimestamp", "lastTimestamp"] {
                always(value, time, Value::Null);
            }
            always(value, "source", json!({}));
            always(value, "reportingComponent", json!(""));
            always(value, "reportingInstance", json!(""));
        }
        Kind::EndpointSlice => {
            always(value, "endpoints", Value::Null);
            always(value, "ports", Value::Null);
            each(&mut value["endpoints"], |endpoint| always(endpoint, "conditions", json!({})));
        }
        Kind::Lease => always(value, "spec", json!({})),
        other => of_stored(other, value),
    }
}

/// [`complete`] for the kinds that are not simulated.
fn of_stored(kind: Kind, value: &mut Value) {
    match kind {
        Kind::StatefulSet => {
            always(&mut value["spec"], "updateStrategy", json!({}));
            template(value);
            counts(value, &["availableReplicas", "replicas"]);
            let counts = ["currentReplicas", "readyReplicas", "updatedReplicas", "observedGeneration"];
            omit_zeros(&mut value["status"], &counts);
        }
        Kind::DaemonSet => {
            always(&mut value["spec"], "updateStrategy", json!({}));
            template(value);
            counts(value, &["currentNumberScheduled", "desiredNumberScheduled", "numberMisscheduled", "numberReady"]);
            let counts = ["numberAvailable", "numberUnavailable", "updatedNumberScheduled", "observedGeneration"];
            omit_zeros(&mut value["status"], &counts);
        }
        Kind::ReplicationController => {
            template(value);
            counts(value, &["replicas"]);
            let counts = ["fullyLabeledReplicas", "readyReplicas", "availableReplicas", "observedGeneration"];
            omit_zeros(&mut value["status"], &counts);
        }
        Kind::Job => {
            template(value);
            always(value, "status", json!({}));
            omit_zeros(&mut value["status"], &["active", "succeeded", "failed"]);
        }
        Kind::CronJob => {
            always(value, "spec", json!({}));
            always(&mut value["spec"], "jobTemplate", json!({}));
            let job = &mut value["spec"]["jobTemplate"];
            always(job, "metadata", json!({}));
            always(job, "spec", json!({}));
            template(job);
            always(value, "status", json!({}));
        }
        Kind::HorizontalPodAutoscaler => {
            always(value, "status", json!({}));
            always(&mut value["status"], "currentMetrics", Value::Null);
            always(&mut value["status"], "desiredReplicas", json!(0));
            omit_zeros(&mut value["status"], &["currentReplicas"]);
        }
        Kind::PodDisruptionBudget => {
            always(value, "spec", json!({}));
            counts(value, &["currentHealthy", "desiredHealthy", "disruptionsAllowed", "expectedPods"]);
            omit_zeros(&mut value["status"], &["observedGeneration"]);
        }
        Kind::Ingress => {
            always(value, "status", json!({}));
            always(&mut value["status"], "loadBalancer", json!({}));
        }
        Kind::NetworkPolicy => always(&mut value["spec"], "podSelector", json!({})),
        Kind::Role | Kind::ClusterRole => always(value, "rules", Value::Null),
        Kind::VolumeAttachment => {
            always(value, "status", json!({}));
            always(&mut value["status"], "attached", json!(false));
        }
        Kind::PodTemplate => always(value, "template", json!({})),
        Kind::CertificateSigningRequest
        | Kind::FlowSchema
        | Kind::PriorityLevelConfiguration
        | Kind::ResourceClaim
        | Kind::ServiceCIDR
        | Kind::ValidatingAdmissionPolicy
        | Kind::APIService => {
            always(value, "spec", json!({}));
            always(value, "status", json!({}));
        }
        _ => {}
    }
}

/// Numbers of the status that are written even when they are zero.
fn counts(value: &mut Value, names: &[&str]) {
    always(value, "status", json!({}));
    names.iter().for_each(|name| always(&mut value["status"], name, json!(0)));
}

fn template(value: &mut Value) {
    let spec = &mut value["spec"];
    always(spec, "template", json!({}));
    always(&mut spec["template"], "metadata", json!({}));
    always(&mut spec["template"], "spec", json!({"containers": null}));
    pod_spec(&mut spec["template"]["spec"]);
}

fn pod_spec(spec: &mut Value) {
    always(spec, "containers", Value::Null);
    for list in ["containers", "initContainers", "ephemeralContainers"] {
        if spec.get(list).is_some() {
            each(&mut spec[list], |container| always(container, "resources", json!({})));
        }
    }
}

fn pod_status(status: &mut Value) {
    if status.get("conditions").is_some() {
        each(&mut status["conditions"], |condition| {
            always(condition, "lastProbeTime", Value::Null);
            always(condition, "lastTransitionTime", Value::Null);
        });
    }
    for list in ["containerStatuses", "initContainerStatuses", "ephemeralContainerStatuses"] {
        if status.get(list).is_some() {
            each(&mut status[list], |container| {
                always(container, "state", json!({}));
                always(container, "lastState", json!({}));
            });
        }
    }
}

fn always(value: &mut Value, field: &str, empty: Value) {
    if value.is_null() {
        *value = Value::Object(Map::new());
    }
    if let Some(fields) = value.as_object_mut() {
        fields.entry(field).or_insert(empty);
    }
}

fn each(list: &mut Value, change: impl Fn(&mut Value)) {
    list.as_array_mut().into_iter().flatten().for_each(change);
}

fn omit_zeros(value: &mut Value, fields: &[&str]) {
    if let Some(held) = value.as_object_mut() {
        held.retain(|name, value| !fields.contains(&name.as_str()) || value.as_i64() != Some(0));
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_go_always_writes_is_there() {
        let mut service = json!({"apiVersion": "v1", "kind": "Service", "metadata": {"name": "web"}});
        complete(Kind::Service, &mut service);
        assert_eq!(service["status"], json!({"loadBalancer": {}}));
        let mut deployment = json!({"spec": {"template": {"spec": {"containers": [{"name": "c"}]}}},
            "status": {"readyReplicas": 0, "terminatingReplicas": 0}});
        complete(Kind::Deployment, &mut deployment);
        assert_eq!(deployment["spec"]["template"]["spec"]["containers"][0]["resources"], json!({}));
        assert_eq!(deployment["status"], json!({"terminatingReplicas": 0}));
    }
}
