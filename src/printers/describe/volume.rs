//! Volumes of Pods and templates, and the sources of PersistentVolumes that they share.

use super::persistent_volume_claim::ephemeral;
use super::text::Text;
use crate::model::core::{
    CSIVolumeSource, DownwardAPIVolumeSource, EmptyDirVolumeSource, HostPathVolumeSource, NFSVolumeSource,
    ProjectedVolumeSource, Volume,
};
use crate::model::quantity::Quantity;

pub(super) fn describe(text: &mut Text, volumes: Option<&[Volume]>, space: &str) {
    let volumes = volumes.unwrap_or_default();
    if volumes.is_empty() {
        return text.field(0, &format!("{space}Volumes"), "<none>");
    }
    text.line(0, format_args!("{space}Volumes:"));
    for volume in volumes {
        text.line(1, format_args!("{}{}:", if space.is_empty() { "" } else { " " }, volume.name));
        source(text, volume);
    }
}

fn source(text: &mut Text, volume: &Volume) {
    if let Some(path) = &volume.host_path {
        host_path(text, path);
    } else if let Some(dir) = &volume.empty_dir {
        empty_dir(text, dir);
    } else if let Some(git) = &volume.git_repo {
        text.field(2, "Type", "GitRepo (a volume that is pulled from git when the pod is created)");
        text.field(2, "Repository", &git.repository);
        text.field(2, "Revision", git.revision.as_deref().unwrap_or_default());
    } else if let Some(secret) = &volume.secret {
        text.field(2, "Type", "Secret (a volume populated by a Secret)");
        text.field(2, "SecretName", secret.secret_name.as_deref().unwrap_or_default());
        text.field(2, "Optional", secret.optional.unwrap_or(false));
    } else if let Some(map) = &volume.config_map {
        text.field(2, "Type", "ConfigMap (a volume populated by a ConfigMap)");
        text.field(2, "Name", &map.name);
        text.field(2, "Optional", map.optional.unwrap_or(false));
    } else if let Some(share) = &volume.nfs {
        nfs(text, share);
    } else if let Some(claim) = &volume.persistent_volume_claim {
        let type_ = "PersistentVolumeClaim (a reference to a PersistentVolumeClaim in the same namespace)";
        text.field(2, "Type", type_);
        text.field(2, "ClaimName", &claim.claim_name);
        text.field(2, "ReadOnly", claim.read_only.unwrap_or(false));
    } else if let Some(source) = &volume.ephemeral {
        let type_ = "EphemeralVolume (an inline specification for a volume that gets created and deleted with the pod)";
        text.field(2, "Type", type_);
        if let Some(template) = &source.volume_claim_template {
            ephemeral(text, template);
        }
    } else if let Some(source) = &volume.downward_api {
        downward_api(text, source);
    } else if let Some(source) = &volume.projected {
        projected(text, source);
    } else if let Some(source) = &volume.csi {
        csi(text, source);
    } else if let Some(image) = &volume.image {
        text.field(2, "Type", "Image (a container image or OCI artifact)");
        text.field(2, "Reference", image.reference.as_deref().unwrap_or_default());
        text.field(2, "PullPolicy", image.pull_policy.as_deref().unwrap_or_default());
    } else {
        text.line(1, "<unknown>");
    }
}

pub(super) fn host_path(text: &mut Text, path: &HostPathVolumeSource) {
    text.field(2, "Type", "HostPath (bare host directory volume)");
    text.field(2, "Path", &path.path);
    text.field(2, "HostPathType", path.type_.as_deref().unwrap_or("<none>"));
}

fn empty_dir(text: &mut Text, dir: &EmptyDirVolumeSource) {
    let limit = dir.size_limit.as_ref().filter(|limit| Quantity::try_from(*limit).is_ok_and(|limit| limit.sign() > 0));
    text.field(2, "Type", "EmptyDir (a temporary directory that shares a pod's lifetime)");
    text.field(2, "Medium", dir.medium.as_deref().unwrap_or_default());
    text.field(2, "SizeLimit", limit.map_or("<unset>", |limit| limit.0.as_str()));
}

pub(super) fn nfs(text: &mut Text, share: &NFSVolumeSource) {
    text.field(2, "Type", "NFS (an NFS mount that lasts the lifetime of a pod)");
    text.field(2, "Server", &share.server);
    text.field(2, "Path", &share.path);
    text.field(2, "ReadOnly", share.read_only.unwrap_or(false));
}

fn downward_api(text: &mut Text, source: &DownwardAPIVolumeSource) {
    text.field(2, "Type", "DownwardAPI (a volume populated by information about the pod)");
    text.line(2, "Items:");
    for item in source.items.iter().flatten() {
        if let Some(field) = &item.field_ref {
            text.line(3, format_args!("{} -> {}", field.field_path, item.path));
        }
        if let Some(field) = &item.resource_field_ref {
            text.line(3, format_args!("{} -> {}", field.resource, item.path));
        }
    }
}

fn projected(text: &mut Text, projected: &ProjectedVolumeSource) {
    text.field(2, "Type", "Projected (a volume that contains injected data from multiple sources)");
    for source in projected.sources.iter().flatten() {
        if let Some(secret) = &source.secret {
            text.field(2, "SecretName", &secret.name);
            text.field(2, "Optional", secret.optional.unwrap_or(false));
        } else if source.downward_api.is_some() {
            text.field(2, "DownwardAPI", true);
        } else if let Some(map) = &source.config_map {
            text.field(2, "ConfigMapName", &map.name);
            text.field(2, "Optional", map.optional.unwrap_or(false));
        } else if let Some(token) = &source.service_account_token {
            text.field(2, "TokenExpirationSeconds", token.expiration_seconds.unwrap_or(0));
        }
    }
}

fn csi(text: &mut Text, source: &CSIVolumeSource) {
    text.field(2, "Type", "CSI (a Container Storage Interface (CSI) volume source)");
    text.field(2, "Driver", &source.driver);
    text.field(2, "FSType", source.fs_type.as_deref().unwrap_or_default());
    text.field(2, "ReadOnly", source.read_only.unwrap_or(false));
    csi_attributes(text, source.volume_attributes.as_ref());
}

pub(super) fn csi_attributes(text: &mut Text, attributes: Option<&std::collections::BTreeMap<String, String>>) {
    let mut name = "VolumeAttributes:";
    for (key, value) in attributes.into_iter().flatten() {
        text.line(2, format_args!("{name}\t{key}={value}"));
        name = "";
    }
    if !name.is_empty() {
        text.field(2, "VolumeAttributes", "<none>");
    }
}
