//! ServiceAccount: every Pod runs as somebody, and finds a token for the API in its file system.
//!
//! Source: `plugin/pkg/admission/serviceaccount/admission.go`.

use crate::apiserver::request::Request;
use crate::apiserver::status::{Reason, Status};
use crate::engine::Stream;
use crate::model::core::{
    ConfigMapProjection, Container, DownwardAPIProjection, DownwardAPIVolumeFile, KeyToPath, ObjectFieldSelector,
    PodSpec, ProjectedVolumeSource, ServiceAccount, ServiceAccountTokenProjection, Volume, VolumeMount,
    VolumeProjection,
};
use crate::model::own_spec::{TOKEN_VOLUME_LETTERS, TOKEN_VOLUME_PREFIX};
use crate::model::{Kind, Pod};

use super::{Review, lookup, shown_name};

const DEFAULT: &str = "default";
/// Where the token stands. Source: `DefaultAPITokenMountPath`.
const MOUNT_PATH: &str = "/var/run/secrets/kubernetes.io/serviceaccount";
/// An hour and seven seconds, by which tokens of this volume are told from others. Source: `serviceaccount.WarnOnlyBoundTokenExpirationPeriod`.
const TOKEN_SECONDS: i64 = 60 * 60 + 7;
/// Mode of its files, 0644. Source: `ProjectedVolumeSourceDefaultMode`.
const MODE: i32 = 0o644;
/// The annotation of Pods that the kubelet made from a file.
const MIRROR: &str = "kubernetes.io/config.mirror";

pub(super) fn admit(pod: &mut Pod, review: &mut Review<'_>) -> Result<(), Box<Status>> {
    let is_mirror = pod.metadata.annotations.as_ref().is_some_and(|all| all.contains_key(MIRROR));
    if is_mirror {
        return Ok(());
    }
    let shown = shown_name(&pod.metadata).to_owned();
    let namespace = &review.request.namespace;
    let spec = pod.spec_mut();
    let name = spec.service_account_name.get_or_insert_with(|| DEFAULT.into()).clone();
    let name = if name.is_empty() { DEFAULT.to_owned() } else { name };
    spec.service_account_name = Some(name.clone());
    spec.service_account = Some(name.clone());
    let Some(account) = lookup::<ServiceAccount>(review.store, namespace, &name) else {
        let why = format!("error looking up service account {namespace}/{name}: serviceaccount \"{name}\" not found");
        return Err(Box::new(Status::forbidden(Kind::Pod, &shown, &why)));
    };
    if wants_token(spec, account) {
        mount_token(spec, review.random);
        pod.part_token_volume();
    }
    let spec = pod.spec_mut();
    if spec.image_pull_secrets.as_ref().is_none_or(Vec::is_empty) && account.image_pull_secrets.is_some() {
        spec.image_pull_secrets.clone_from(&account.image_pull_secrets);
    }
    Ok(())
}

/// Whether a refusal says that the account every namespace gets is not there yet; it is worth waiting for.
pub(in crate::apiserver) fn is_default_missing(request: &Request, status: &Status) -> bool {
    request.kind == Kind::Pod
        && status.is(Reason::Forbidden)
        && status.message.ends_with("serviceaccount \"default\" not found")
}

fn wants_token(spec: &PodSpec, account: &ServiceAccount) -> bool {
    spec.automount_service_account_token.or(account.automount_service_account_token).unwrap_or(true)
}

fn mount_token(spec: &mut PodSpec, random: &mut Stream) {
    let is_ours = |volume: &&Volume| volume.name.starts_with(TOKEN_VOLUME_PREFIX) && volume.projected.is_some();
    let present = spec.volumes.iter().flatten().find(is_ours).map(|volume| volume.name.clone());
    let name =
        present.clone().unwrap_or_else(|| format!("{TOKEN_VOLUME_PREFIX}{}", random.name_suffix(TOKEN_VOLUME_LETTERS)));
    let mut used = false;
    for container in spec.containers.iter_mut().chain(spec.init_containers.iter_mut().flatten()) {
        used |= mount(container, &name);
    }
    if used && present.is_none() {
        let volumes = spec.volumes.get_or_insert_default();
        // Volumes are large and Pods many: no room is taken for more of them.
        volumes.reserve_exact(1);
        volumes.push(token_volume(name));
    }
}

fn mount(container: &mut Container, volume: &str) -> bool {
    let mounts = container.volume_mounts.get_or_insert_default();
    if mounts.iter().any(|mount| mount.mount_path == MOUNT_PATH) {
        return false;
    }
    mounts.reserve_exact(1);
    mounts.push(VolumeMount {
        name: volume.to_owned(),
        mount_path: MOUNT_PATH.into(),
        read_only: Some(true),
        ..VolumeMount::default()
    });
    true
}

fn token_volume(name: String) -> Volume {
    let token = ServiceAccountTokenProjection {
        path: "token".into(),
        expiration_seconds: Some(TOKEN_SECONDS),
        ..ServiceAccountTokenProjection::default()
    };
    let certificate = KeyToPath { key: "ca.crt".into(), path: "ca.crt".into(), ..KeyToPath::default() };
    let roots = ConfigMapProjection {
        name: "kube-root-ca.crt".into(),
        items: Some(vec![certificate]),
        ..ConfigMapProjection::default()
    };
    let field = ObjectFieldSelector { api_version: Some("v1".into()), field_path: "metadata.namespace".into() };
    let file =
        DownwardAPIVolumeFile { path: "namespace".into(), field_ref: Some(field), ..DownwardAPIVolumeFile::default() };
    let sources = vec![
        VolumeProjection { service_account_token: Some(token), ..VolumeProjection::default() },
        VolumeProjection { config_map: Some(roots), ..VolumeProjection::default() },
        VolumeProjection {
            downward_api: Some(DownwardAPIProjection { items: Some(vec![file]) }),
            ..VolumeProjection::default()
        },
    ];
    let projected = ProjectedVolumeSource { default_mode: Some(MODE), sources: Some(sources) };
    Volume { name, projected: Some(projected), ..Volume::default() }
}
