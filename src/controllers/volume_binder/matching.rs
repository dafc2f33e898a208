//! Which volume fits which claim.
//!
//! Models `component-helpers/storage/volume/pv_helpers.go`, `FindMatchingVolume`, and `persistentvolume/index.go`.

use std::collections::BTreeMap;
use std::sync::Arc;

use crate::model::core::{PersistentVolume, PersistentVolumeClaim};
use crate::model::storage::StorageClass;
use crate::model::{Meta, Quantity, Selector};

/// Where the class stood before it was a field. Source: `core/v1/annotation_key_constants.go`.
const BETA_CLASS: &str = "volume.beta.kubernetes.io/storage-class";
/// The annotations that make a class the default one.
const IS_DEFAULT: [&str; 2] =
    ["storageclass.kubernetes.io/is-default-class", "storageclass.beta.kubernetes.io/is-default-class"];

/// The class of a claim; empty for none.
#[must_use]
pub fn claim_class(claim: &PersistentVolumeClaim) -> &str {
    let field = claim.spec.as_ref().and_then(|spec| spec.storage_class_name.as_deref());
    claim.metadata.annotation(BETA_CLASS).or(field).unwrap_or_default()
}

/// The class of a volume; empty for none.
#[must_use]
pub fn volume_class(volume: &PersistentVolume) -> &str {
    let field = volume.spec.as_ref().and_then(|spec| spec.storage_class_name.as_deref());
    volume.metadata.annotation(BETA_CLASS).or(field).unwrap_or_default()
}

/// What the claim asks for.
#[must_use]
pub fn requested(claim: &PersistentVolumeClaim) -> Quantity {
    let requests = claim.spec.as_ref().and_then(|spec| spec.resources.as_ref()?.requests.as_ref());
    requests.and_then(|requests| Quantity::parse(&requests.get("storage")?.0).ok()).unwrap_or(Quantity::ZERO)
}

/// What the volume holds.
#[must_use]
pub fn capacity(volume: &PersistentVolume) -> Quantity {
    let capacity = volume.spec.as_ref().and_then(|spec| spec.capacity.as_ref());
    capacity.and_then(|capacity| Quantity::parse(&capacity.get("storage")?.0).ok()).unwrap_or(Quantity::ZERO)
}

/// The phase of a volume; empty before it has one.
#[must_use]
pub fn volume_phase(volume: &PersistentVolume) -> &str {
    volume.status.as_ref().and_then(|status| status.phase.as_deref()).unwrap_or_default()
}

/// Whether the volume is meant for this claim, whoever said so: a reference without a UID fits every claim of that name.
#[must_use]
pub fn is_bound_to(volume: &PersistentVolume, claim: &PersistentVolumeClaim) -> bool {
    let Some(reference) = volume.spec.as_ref().and_then(|spec| spec.claim_ref.as_ref()) else { return false };
    let uid = reference.uid.as_deref().unwrap_or_default();
    reference.name.as_deref() == Some(claim.metadata.name())
        && reference.namespace.as_deref() == Some(claim.metadata.namespace())
        && (uid.is_empty() || uid == claim.metadata.uid())
}

fn same_mode(volume: &PersistentVolume, claim: &PersistentVolumeClaim) -> bool {
    let of_volume = volume.spec.as_ref().and_then(|spec| spec.volume_mode.as_deref()).unwrap_or("Filesystem");
    let of_claim = claim.spec.as_ref().and_then(|spec| spec.volume_mode.as_deref()).unwrap_or("Filesystem");
    of_volume == of_claim
}

fn access_modes(volume: &PersistentVolume) -> &[String] {
    volume.spec.as_ref().and_then(|spec| spec.access_modes.as_deref()).unwrap_or_default()
}

fn has_modes(volume: &PersistentVolume, claim: &PersistentVolumeClaim) -> bool {
    let asked = claim.spec.as_ref().and_then(|spec| spec.access_modes.as_deref()).unwrap_or_default();
    asked.iter().all(|mode| access_modes(volume).contains(mode))
}

fn attributes_class(name: Option<&String>) -> &str {
    name.map(String::as_str).unwrap_or_default()
}

fn same_attributes(volume: &PersistentVolume, claim: &PersistentVolumeClaim) -> bool {
    let of_volume = volume.spec.as_ref().and_then(|spec| spec.volume_attributes_class_name.as_ref());
    let of_claim = claim.spec.as_ref().and_then(|spec| spec.volume_attributes_class_name.as_ref());
    attributes_class(of_volume) == attributes_class(of_claim)
}

/// The volume for a claim: one that is meant for it, or else the smallest that fits, among those that can do the least.
/// With `delayed`, the scheduler chooses, and only a volume that is meant for the claim counts.
pub fn find<'a>(
    claim: &PersistentVolumeClaim,
    volumes: impl Iterator<Item = &'a Arc<PersistentVolume>>,
    delayed: bool,
) -> Option<&'a Arc<PersistentVolume>> {
    let mut by_modes: BTreeMap<(usize, &[String]), Vec<&Arc<PersistentVolume>>> = BTreeMap::new();
    for volume in volumes.filter(|volume| has_modes(volume, claim)) {
        let modes = access_modes(volume);
        by_modes.entry((modes.len(), modes)).or_default().push(volume);
    }
    by_modes.into_values().find_map(|group| find_among(claim, group, delayed))
}

fn find_among<'a>(
    claim: &PersistentVolumeClaim,
    volumes: Vec<&'a Arc<PersistentVolume>>,
    delayed: bool,
) -> Option<&'a Arc<PersistentVolume>> {
    let wanted = requested(claim);
    let usable = |volume: &&&Arc<PersistentVolume>| {
        same_mode(volume, claim) && !volume.metadata.is_terminating() && capacity(volume) >= wanted
    };
    let usable: Vec<_> = volumes.iter().filter(usable).copied().collect();
    if let Some(meant) = usable.iter().find(|volume| is_bound_to(volume, claim)) {
        return Some(meant);
    }
    let labels = claim.spec.as_ref().and_then(|spec| spec.selector.as_ref());
    let selector = labels.map(|labels| Selector::from_typed(Some(labels)).unwrap_or(Selector::nothing()));
    let free = |volume: &&Arc<PersistentVolume>| {
        volume_phase(volume) == "Available"
            && volume.spec.as_ref().is_none_or(|spec| spec.claim_ref.is_none())
            && selector.as_ref().is_none_or(|selector| selector.matches(volume.metadata.label_map()))
            && volume_class(volume) == claim_class(claim)
            && same_attributes(volume, claim)
    };
    usable.into_iter().filter(|_| !delayed).filter(free).min_by_key(|volume| capacity(volume))
}

/// Why a volume that a claim asks for by name does not do; `None` if it does.
#[must_use]
pub fn mismatch(volume: &PersistentVolume, claim: &PersistentVolumeClaim) -> Option<String> {
    if volume.metadata.is_terminating() {
        return Some(format!("the volume is marked for deletion \"{}\"", volume.metadata.name()));
    }
    let why = if capacity(volume) < requested(claim) {
        "requested PV is too small"
    } else if volume_class(volume) != claim_class(claim) {
        "storageClassName does not match"
    } else if !same_attributes(volume, claim) {
        "volumeAttributesClassName does not match"
    } else if !same_mode(volume, claim) {
        "incompatible volumeMode"
    } else if !has_modes(volume, claim) {
        "incompatible accessMode"
    } else {
        return None;
    };
    Some(why.to_owned())
}

/// The default class: the newest of those that say so, then the first by name.
pub fn default_class<'a>(classes: impl Iterator<Item = &'a Arc<StorageClass>>) -> Option<&'a Arc<StorageClass>> {
    let says_so =
        |class: &&Arc<StorageClass>| IS_DEFAULT.iter().any(|key| class.metadata.annotation(key) == Some("true"));
    classes
        .filter(says_so)
        .min_by_key(|class| (std::cmp::Reverse(class.metadata.created_at()), class.metadata.name().to_owned()))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::model::{Kind, Object};
    use serde_json::json;

    fn volume(name: &str, size: &str, modes: &[&str], claim: Option<&str>) -> Arc<PersistentVolume> {
        let reference = claim.map(|name| json!({"name": name, "namespace": "default"}));
        let value = json!({"metadata": {"name": name}, "status": {"phase": "Available"},
            "spec": {"capacity": {"storage": size}, "accessModes": modes, "claimRef": reference}});
        Object::from_value(Kind::PersistentVolume, value, &mut Vec::new())
            .unwrap()
            .get::<PersistentVolume>()
            .unwrap()
            .clone()
    }

    fn claim(size: &str, mode: &str) -> Arc<PersistentVolumeClaim> {
        let value = json!({"metadata": {"name": "data", "namespace": "default"},
            "spec": {"accessModes": [mode], "resources": {"requests": {"storage": size}}}});
        Object::from_value(Kind::PersistentVolumeClaim, value, &mut Vec::new())
            .unwrap()
            .get::<PersistentVolumeClaim>()
            .unwrap()
            .clone()
    }

    fn found(claim: &PersistentVolumeClaim, volumes: &[Arc<PersistentVolume>], delayed: bool) -> Option<String> {
        find(claim, volumes.iter(), delayed).map(|volume| volume.metadata.name().to_owned())
    }

    #[test]
    fn the_smallest_that_can_do_the_least_is_taken() {
        let (once, many) = ("ReadWriteOnce", "ReadWriteMany");
        let volumes = [
            volume("large", "5Gi", &[once], None),
            volume("small", "2Gi", &[once], None),
            volume("versatile", "1Gi", &[once, many], None),
            volume("tiny", "1Mi", &[once], None),
        ];
        assert_eq!(found(&claim("1Gi", once), &volumes, false).as_deref(), Some("small"));
        assert_eq!(found(&claim("1Gi", many), &volumes, false).as_deref(), Some("versatile"));
        assert_eq!(found(&claim("10Gi", once), &volumes, false), None);
        assert_eq!(found(&claim("1Gi", once), &volumes, true), None);
    }

    #[test]
    fn a_volume_that_is_meant_for_the_claim_wins() {
        let once = "ReadWriteOnce";
        let volumes = [
            volume("small", "2Gi", &[once], None),
            volume("meant", "9Gi", &[once], Some("data")),
            volume("other", "1Gi", &[once], Some("other")),
        ];
        assert_eq!(found(&claim("1Gi", once), &volumes, false).as_deref(), Some("meant"));
        assert_eq!(found(&claim("1Gi", once), &volumes, true).as_deref(), Some("meant"));
        assert_eq!(mismatch(&volumes[2], &claim("2Gi", once)).as_deref(), Some("requested PV is too small"));
    }
}
