//! Volumes of a Pod, and where its containers mount them.

use std::collections::BTreeSet;

use crate::apiserver::field::Errors;
use crate::model::core::{Container, DownwardAPIVolumeFile, Volume};
use crate::model::names;

/// Mode of the files of a volume: 0644. Source: `SecretVolumeSourceDefaultMode` and its likes.
const DEFAULT_MODE: i32 = 0o644;
/// Life of a token when the projection names none. Source: `SetDefaults_ServiceAccountTokenProjection`.
const TOKEN_EXPIRATION: i64 = 60 * 60;

/// Fills in what was left out.
pub(super) fn default(volume: &mut Volume) {
    if !has_source(volume) {
        volume.empty_dir = Some(crate::model::core::EmptyDirVolumeSource::default());
    }
    if let Some(secret) = &mut volume.secret {
        secret.default_mode.get_or_insert(DEFAULT_MODE);
    }
    if let Some(config_map) = &mut volume.config_map {
        config_map.default_mode.get_or_insert(DEFAULT_MODE);
    }
    if let Some(host_path) = &mut volume.host_path {
        host_path.type_.get_or_insert_default();
    }
    if let Some(downward) = &mut volume.downward_api {
        downward.default_mode.get_or_insert(DEFAULT_MODE);
        downward.items.iter_mut().flatten().for_each(default_downward);
    }
    if let Some(projected) = &mut volume.projected {
        projected.default_mode.get_or_insert(DEFAULT_MODE);
        for source in projected.sources.iter_mut().flatten() {
            if let Some(token) = &mut source.service_account_token {
                token.expiration_seconds.get_or_insert(TOKEN_EXPIRATION);
            }
            if let Some(downward) = &mut source.downward_api {
                downward.items.iter_mut().flatten().for_each(default_downward);
            }
        }
    }
}

fn default_downward(file: &mut DownwardAPIVolumeFile) {
    if let Some(field) = &mut file.field_ref {
        field.api_version.get_or_insert_with(|| "v1".into());
    }
}

/// Whether a volume says where its contents come from.
fn has_source(volume: &Volume) -> bool {
    // A volume without source differs from one that has nothing but its name.
    *volume != Volume { name: volume.name.clone(), ..Volume::default() }
}

/// What is wrong with volumes at `field`; returns their names.
pub(super) fn validate_all<'a>(volumes: &'a [Volume], field: &str, errors: &mut Errors) -> BTreeSet<&'a str> {
    let mut seen = BTreeSet::new();
    for (index, volume) in volumes.iter().enumerate() {
        let name = format!("{field}[{index}].name");
        validate_source(volume, &format!("{field}[{index}]"), errors);
        if volume.name.is_empty() {
            errors.required(&name, "");
            continue;
        }
        let faults = names::dns1123_label(&volume.name);
        if !faults.is_empty() {
            errors.all_invalid(&name, &volume.name, faults);
        } else if !seen.insert(volume.name.as_str()) {
            errors.duplicate(&name, volume.name.as_str());
        }
    }
    seen
}

fn validate_source(volume: &Volume, field: &str, errors: &mut Errors) {
    if volume.persistent_volume_claim.as_ref().is_some_and(|claim| claim.claim_name.is_empty()) {
        errors.required(format_args!("{field}.persistentVolumeClaim.claimName"), "");
    }
    if volume.host_path.as_ref().is_some_and(|path| path.path.is_empty()) {
        errors.required(format_args!("{field}.hostPath.path"), "");
    }
    if volume.secret.as_ref().is_some_and(|secret| secret.secret_name.as_deref().unwrap_or_default().is_empty()) {
        errors.required(format_args!("{field}.secret.secretName"), "");
    }
    if volume.config_map.as_ref().is_some_and(|map| map.name.is_empty()) {
        errors.required(format_args!("{field}.configMap.name"), "");
    }
}

/// What is wrong with the mounts of a container.
pub(super) fn validate_mounts(container: &Container, field: &str, volumes: &BTreeSet<&str>, errors: &mut Errors) {
    let mut seen = BTreeSet::new();
    for (index, mount) in container.volume_mounts.iter().flatten().enumerate() {
        let field = format!("{field}.volumeMounts[{index}]");
        if mount.name.is_empty() {
            errors.required(format_args!("{field}.name"), "");
        } else if !volumes.contains(mount.name.as_str()) {
            errors.not_found(format_args!("{field}.name"), &mount.name);
        }
        if mount.mount_path.is_empty() {
            errors.required(format_args!("{field}.mountPath"), "");
        } else if !seen.insert(mount.mount_path.as_str()) {
            errors.invalid(format_args!("{field}.mountPath"), mount.mount_path.as_str(), "must be unique");
        }
        if let Some(path) = mount.sub_path.as_deref().filter(|path| !path.is_empty()) {
            if path.starts_with('/') {
                errors.invalid(format_args!("{field}.subPath"), path, "must be a relative path");
            }
            if path.split('/').any(|part| part == "..") {
                errors.invalid(format_args!("{field}.subPath"), path, "must not contain '..'");
            }
        }
    }
}
