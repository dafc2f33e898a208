//! Which volume a waiting claim would get on a node: the smallest that is enough, or one that is yet to be made.
//!
//! Models `staging/src/k8s.io/component-helpers/storage/volume/pv_helpers.go`, `FindMatchingVolume`.

use std::sync::Arc;

use crate::model::core::{PersistentVolume, PersistentVolumeClaim, PersistentVolumeClaimSpec, TopologySelectorTerm};
use crate::model::storage::StorageClass;
use crate::model::{Meta, Quantity, Selector};
use crate::scheduler::node_info::NodeInfo;

use super::claims::Delayed;
use super::{SELECTED_NODE, reaches};

/// A class with this provisioner makes no volumes.
const NO_PROVISIONER: &str = "kubernetes.io/no-provisioner";

/// Where the volume of a claim would come from.
#[derive(Clone, Debug)]
pub(super) enum Found {
    /// It is there.
    Volume(Arc<PersistentVolume>),
    /// It will be made.
    Provisioner,
}

/// A claim and what it would get.
pub(super) type Match = (Arc<PersistentVolumeClaim>, Found);

/// What each claim would get on a node; `None` when one would get nothing. Smaller claims choose first.
pub(super) fn find(delayed: &[Delayed], node: &NodeInfo) -> Option<Vec<Match>> {
    let mut sorted: Vec<&Delayed> = delayed.iter().collect();
    sorted.sort_by_key(|one| requested(&one.claim));
    let mut taken: Vec<&str> = Vec::new();
    let mut found = Vec::new();
    for one in sorted {
        let selected = one.claim.metadata.annotation(SELECTED_NODE).unwrap_or_default();
        let may_provision = can_provision(&one.class, node);
        if !selected.is_empty() {
            // A volume is being made for a node already: only there can the claim be used.
            if selected != &*node.name {
                return None;
            }
            found.push((Arc::clone(&one.claim), Found::Provisioner));
            continue;
        }
        let candidates = one.open.iter().filter(|volume| !taken.contains(&volume.metadata.name()));
        let fitting = candidates.filter(|volume| suits(volume, &one.claim) && reaches(volume, node));
        if let Some(volume) = fitting.min_by_key(|volume| capacity(volume)) {
            taken.push(volume.metadata.name());
            found.push((Arc::clone(&one.claim), Found::Volume(Arc::clone(volume))));
        } else if may_provision {
            found.push((Arc::clone(&one.claim), Found::Provisioner));
        } else {
            return None;
        }
    }
    Some(found)
}

fn requested(claim: &PersistentVolumeClaim) -> Option<Quantity> {
    let requests = claim.spec.as_ref()?.resources.as_ref()?.requests.as_ref()?;
    Quantity::try_from(requests.get("storage")?).ok()
}

fn capacity(volume: &PersistentVolume) -> Option<Quantity> {
    Quantity::try_from(volume.spec.as_ref()?.capacity.as_ref()?.get("storage")?).ok()
}

/// Whether a volume is free and such as the claim asks for.
fn suits(volume: &PersistentVolume, claim: &PersistentVolumeClaim) -> bool {
    let (Some(has), Some(wants)) = (&volume.spec, &claim.spec) else { return false };
    let phase = volume.status.as_ref().and_then(|status| status.phase.as_deref());
    let is_free = phase == Some("Available") || has.claim_ref.is_some();
    let mode = |mode: &Option<String>| mode.clone().unwrap_or_else(|| "Filesystem".to_owned());
    let held = has.access_modes.as_deref().unwrap_or_default();
    is_free
        && !volume.metadata.is_terminating()
        && has.storage_class_name.as_deref().unwrap_or_default()
            == wants.storage_class_name.as_deref().unwrap_or_default()
        && mode(&has.volume_mode) == mode(&wants.volume_mode)
        && wants.access_modes.iter().flatten().all(|wanted| held.contains(wanted))
        && capacity(volume) >= requested(claim)
        && is_selected(volume, wants)
}

fn is_selected(volume: &PersistentVolume, wants: &PersistentVolumeClaimSpec) -> bool {
    let Some(selector) = &wants.selector else { return true };
    Selector::from_typed(Some(selector)).is_ok_and(|selector| selector.matches(volume.metadata.label_map()))
}

fn can_provision(class: &StorageClass, node: &NodeInfo) -> bool {
    let provisioner = class.provisioner.as_str();
    let topologies = class.allowed_topologies.as_deref().unwrap_or_default();
    let is_made = !provisioner.is_empty() && provisioner != NO_PROVISIONER;
    is_made && (topologies.is_empty() || topologies.iter().any(|term| is_within(term, node)))
}

fn is_within(term: &TopologySelectorTerm, node: &NodeInfo) -> bool {
    let labels = node.labels();
    let holds = |key: &str, values: &[String]| labels.get(key).is_some_and(|value| values.contains(value));
    term.match_label_expressions.iter().flatten().all(|one| holds(&one.key, &one.values))
}
