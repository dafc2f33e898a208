//! What an answer warns of although the object is taken.
//!
//! Source: the `WarningsOnCreate` and `WarningsOnUpdate` of `pkg/registry/*/strategy.go`. **Not modelled:** warnings about
//! addresses in unusual forms, about declared volumes of times long past, and about paths in volumes that overlap.

mod pod;

use std::sync::Arc;

use crate::model::core::{PersistentVolume, PodTemplateSpec, Service};
use crate::model::metav1::ObjectMeta;
use crate::model::{Meta, Object, names};

/// The warnings about a new object, or (with `old`) about a change.
#[must_use]
pub(in crate::apiserver) fn about(object: &Object, old: Option<&Object>) -> Vec<Arc<str>> {
    let mut all = Vec::new();
    if old.is_none() {
        name(object, &mut all);
    }
    // A template that has not changed is not spoken of again.
    let is_unchanged = old.is_some_and(|old| old.meta().generation == object.meta().generation);
    match object {
        Object::Pod(pod) => pod::about("", &pod.metadata, &pod.spec, &mut all),
        Object::Service(one) => service(one, &mut all),
        Object::PersistentVolume(one) => volume(one, &mut all),
        Object::Ingress(one) if old.is_none() => ingress(&one.metadata, &mut all),
        _ if is_unchanged => {}
        _ => {
            if let Some((path, template)) = template(object) {
                static NO_METADATA: std::sync::LazyLock<ObjectMeta> = std::sync::LazyLock::new(ObjectMeta::default);
                let meta = template.metadata.as_ref().unwrap_or(&NO_METADATA);
                if let Some(spec) = &template.spec {
                    pod::about(path, meta, spec, &mut all);
                }
            }
        }
    }
    all.into_iter().map(Into::into).collect()
}

/// The template of a workload, and where it stands.
fn template(object: &Object) -> Option<(&'static str, &PodTemplateSpec)> {
    const PLACE: &str = "spec.template";
    Some(match object {
        Object::ReplicationController(one) => (PLACE, one.spec.as_ref()?.template.as_ref()?),
        Object::ReplicaSet(one) => (PLACE, one.spec.as_ref()?.template.as_ref()?),
        Object::Deployment(one) => (PLACE, &one.spec.as_ref()?.template),
        Object::DaemonSet(one) => (PLACE, &one.spec.as_ref()?.template),
        Object::StatefulSet(one) => (PLACE, &one.spec.as_ref()?.template),
        Object::Job(one) => (PLACE, &one.spec.as_ref()?.template),
        Object::CronJob(one) => ("spec.jobTemplate.spec.template", &one.spec.job_template.spec.as_ref()?.template),
        Object::PodTemplate(one) => ("template", one.template.as_ref()?),
        _ => return None,
    })
}

/// Names that become host names should be labels of DNS.
fn name(object: &Object, all: &mut Vec<String>) {
    let what = match object {
        Object::Pod(_) => "this is used in the Pod's hostname",
        Object::Deployment(_)
        | Object::ReplicaSet(_)
        | Object::ReplicationController(_)
        | Object::Job(_)
        | Object::CronJob(_) => "this is used in Pod names and hostnames",
        _ => return,
    };
    let faults = names::dns1123_label(object.name());
    if !faults.is_empty() {
        let faults = faults.join(" ");
        all.push(format!(
            "metadata.name: {what}, which can result in surprising behavior; a DNS label is recommended: [{faults}]"
        ));
    }
}

/// Source: `pkg/api/service/warnings.go`.
fn service(service: &Service, all: &mut Vec<String>) {
    let Some(spec) = &service.spec else { return };
    let has = |text: &Option<String>| text.as_ref().is_some_and(|text| !text.is_empty());
    let has_external_ips = spec.external_ips.as_ref().is_some_and(|ips| !ips.is_empty());
    let is_external = spec.type_.as_deref() == Some("ExternalName");
    let is_headless = spec.cluster_ip.as_deref() == Some("None");
    if is_headless {
        let affinity = spec.session_affinity.as_deref().unwrap_or("None");
        let ignored = [
            (has(&spec.load_balancer_ip), "spec.loadBalancerIP"),
            (has_external_ips, "spec.externalIPs"),
            (affinity != "None", "spec.SessionAffinity"),
        ];
        let ignored = ignored.iter().filter(|(is_set, _)| *is_set);
        all.extend(ignored.map(|(_, field)| format!("{field} is ignored for headless services")));
    }
    if has_external_ips && !is_headless && !is_external {
        all.push("spec.externalIPs is deprecated and may no longer be implemented in some clusters".into());
    }
    if is_external && has_external_ips {
        all.push("spec.externalIPs is ignored when spec.type is \"ExternalName\"".into());
    }
    if !is_external && has(&spec.external_name) {
        all.push("spec.externalName is ignored when spec.type is not \"ExternalName\"".into());
    }
    if spec.traffic_distribution.as_deref() == Some("PreferClose") {
        all.push("spec.trafficDistribution: \"PreferClose\" is deprecated; use \"PreferSameZone\"".into());
    }
}

/// Source: `pkg/api/persistentvolume/util.go`.
fn volume(volume: &PersistentVolume, all: &mut Vec<String>) {
    let policy = volume.spec.as_ref().and_then(|spec| spec.persistent_volume_reclaim_policy.as_deref());
    if policy == Some("Recycle") {
        all.push(
            "spec.persistentVolumeReclaimPolicy: The Recycle reclaim policy is deprecated. Instead, the recommended approach is \
             to use dynamic provisioning."
                .into(),
        );
    }
}

fn ingress(meta: &ObjectMeta, all: &mut Vec<String>) {
    const CLASS: &str = "kubernetes.io/ingress.class";
    if meta.annotation(CLASS).is_some() {
        all.push(format!("annotation \"{CLASS}\" is deprecated, please use 'spec.ingressClassName' instead"));
    }
}

#[cfg(test)]
mod tests;
