//! What a Pod refers to by name. Source: `pkg/api/v1/pod/util.go`, `VisitPodSecretNames`, `VisitPodConfigmapNames`.

use crate::model::core::{Container, PodSpec, Volume, VolumeProjection};
use crate::model::{Kind, Meta, Pod};

/// Mirror Pods refer to nothing: whoever writes them is a kubelet. Source: `Graph.AddPod`.
const MIRROR: &str = "kubernetes.io/config.mirror";

/// Whether a Pod names an object of its namespace.
pub(super) fn names(pod: &Pod, kind: Kind, name: &str) -> bool {
    if pod.metadata.annotations.as_ref().is_some_and(|annotations| annotations.contains_key(MIRROR)) {
        return false;
    }
    let spec: &PodSpec = &pod.spec;
    match kind {
        Kind::ServiceAccount => spec.service_account_name.as_deref() == Some(name),
        Kind::Secret => secrets(spec).any(|one| one == name),
        Kind::ConfigMap => config_maps(spec).any(|one| one == name),
        Kind::PersistentVolumeClaim => claims(spec, name, pod.metadata.name()),
        Kind::ResourceClaim => {
            let statuses = pod.status.resource_claim_statuses.iter().flatten();
            let given = spec.resource_claims.iter().flatten().filter_map(|claim| claim.resource_claim_name.as_deref());
            given.chain(statuses.filter_map(|one| one.resource_claim_name.as_deref())).any(|one| one == name)
        }
        _ => false,
    }
}

fn containers(spec: &PodSpec) -> impl Iterator<Item = &Container> {
    spec.init_containers.iter().flatten().chain(&spec.containers)
}

fn volumes(spec: &PodSpec) -> impl Iterator<Item = &Volume> {
    spec.volumes.iter().flatten()
}

fn projections(spec: &PodSpec) -> impl Iterator<Item = &VolumeProjection> {
    volumes(spec).filter_map(|volume| volume.projected.as_ref()).flat_map(|one| one.sources.iter().flatten())
}

fn secrets(spec: &PodSpec) -> impl Iterator<Item = &str> {
    let pulls = spec.image_pull_secrets.iter().flatten().map(|one| one.name.as_str());
    let from = containers(spec).flat_map(|container| container.env_from.iter().flatten());
    let from = from.filter_map(|one| Some(one.secret_ref.as_ref()?.name.as_str()));
    let single = containers(spec).flat_map(|container| container.env.iter().flatten());
    let single = single.filter_map(|one| Some(one.value_from.as_ref()?.secret_key_ref.as_ref()?.name.as_str()));
    let mounted = volumes(spec).filter_map(|volume| volume.secret.as_ref()?.secret_name.as_deref());
    let projected = projections(spec).filter_map(|one| Some(one.secret.as_ref()?.name.as_str()));
    let csi = volumes(spec).filter_map(|volume| {
        let reference = volume.csi.as_ref()?.node_publish_secret_ref.as_ref()?;
        Some(reference.name.as_str())
    });
    pulls.chain(from).chain(single).chain(mounted).chain(projected).chain(csi)
}

fn config_maps(spec: &PodSpec) -> impl Iterator<Item = &str> {
    let from = containers(spec).flat_map(|container| container.env_from.iter().flatten());
    let from = from.filter_map(|one| Some(one.config_map_ref.as_ref()?.name.as_str()));
    let single = containers(spec).flat_map(|container| container.env.iter().flatten());
    let single = single.filter_map(|one| Some(one.value_from.as_ref()?.config_map_key_ref.as_ref()?.name.as_str()));
    let mounted = volumes(spec).filter_map(|volume| Some(volume.config_map.as_ref()?.name.as_str()));
    let projected = projections(spec).filter_map(|one| Some(one.config_map.as_ref()?.name.as_str()));
    from.chain(single).chain(mounted).chain(projected)
}

fn claims(spec: &PodSpec, name: &str, pod: &str) -> bool {
    volumes(spec).any(|volume| {
        let named = volume.persistent_volume_claim.as_ref().is_some_and(|claim| claim.claim_name == name);
        // A volume of its own has a claim of its own.
        let rest = || name.strip_prefix(pod).and_then(|rest| rest.strip_prefix('-'));
        named || (volume.ephemeral.is_some() && rest() == Some(volume.name.as_str()))
    })
}
