//! What a Pod of a StatefulSet is: its number, its name, its labels, its claims.
//!
//! Models `pkg/controller/statefulset/stateful_set_utils.go`.

use crate::controllers::history::LABEL;
use crate::controllers::pod_template::PodTemplate;
use crate::model::apps::StatefulSet;
use crate::model::core::{PersistentVolumeClaim, PersistentVolumeClaimVolumeSource, PodTemplateSpec, Volume};
use crate::model::{Kind, Meta, Pod};

/// Source: `apps.StatefulSetPodNameLabel`, `apps.PodIndexLabel`.
const POD_NAME: &str = "statefulset.kubernetes.io/pod-name";
const POD_INDEX: &str = "apps.kubernetes.io/pod-index";

/// The number of a Pod of this set; `None` for what is none of its Pods.
#[must_use]
pub fn ordinal(set: &StatefulSet, pod: &Pod) -> Option<i32> {
    let (parent, number) = pod.metadata.name().rsplit_once('-')?;
    number.parse().ok().filter(|_| parent == set.metadata.name())
}

/// The name of the Pod with this number.
#[must_use]
pub fn pod_name(set: &StatefulSet, ordinal: i32) -> String {
    format!("{}-{ordinal}", set.metadata.name())
}

/// The Pod with this number, of a revision.
#[must_use]
pub fn pod(set: &StatefulSet, ordinal: i32, template: &PodTemplateSpec, revision: &str) -> Pod {
    let mut pod = PodTemplate::new(template, Kind::StatefulSet, &set.metadata).pod();
    let name = pod_name(set, ordinal);
    pod.metadata.generate_name = Some(format!("{}-", set.metadata.name()));
    pod.metadata.name = Some(name.clone());
    let labels = pod.metadata.labels.get_or_insert_default();
    labels.insert(POD_NAME.into(), name.clone());
    labels.insert(POD_INDEX.into(), ordinal.to_string());
    labels.insert(LABEL.into(), revision.to_owned());
    let service = set.spec.as_ref().and_then(|spec| spec.service_name.clone());
    let claims = claims(set, ordinal);
    let spec = pod.spec_mut();
    spec.hostname = Some(name);
    spec.subdomain = service.filter(|service| !service.is_empty());
    if !claims.is_empty() {
        mount(spec.volumes.get_or_insert_default(), set, &claims);
    }
    pod
}

/// Claims take the place of volumes of the same name.
fn mount(volumes: &mut Vec<Volume>, set: &StatefulSet, claims: &[PersistentVolumeClaim]) {
    let templates = set.spec.iter().flat_map(|spec| spec.volume_claim_templates.iter().flatten());
    for (template, claim) in templates.zip(claims) {
        volumes.retain(|volume| volume.name != template.metadata.name());
        let source =
            PersistentVolumeClaimVolumeSource { claim_name: claim.metadata.name().to_owned(), read_only: None };
        volumes.push(Volume {
            name: template.metadata.name().to_owned(),
            persistent_volume_claim: Some(source),
            ..Volume::default()
        });
    }
}

/// The claims of the Pod with this number.
#[must_use]
pub fn claims(set: &StatefulSet, ordinal: i32) -> Vec<PersistentVolumeClaim> {
    let Some(spec) = &set.spec else { return Vec::new() };
    let claim = |template: &PersistentVolumeClaim| {
        let mut claim = template.clone();
        claim.status = None;
        claim.metadata.name = Some(format!("{}-{}", template.metadata.name(), pod_name(set, ordinal)));
        claim.metadata.namespace = Some(set.metadata.namespace().to_owned());
        let labels = claim.metadata.labels.get_or_insert_default();
        labels.extend(spec.selector.match_labels.clone().unwrap_or_default());
        claim
    };
    spec.volume_claim_templates.iter().flatten().map(claim).collect()
}

/// The revision that a Pod was made of.
#[must_use]
pub fn revision(pod: &Pod) -> &str {
    pod.metadata.label(LABEL).unwrap_or_default()
}
