//! Rows of StorageClasses.

use super::{Column, age, column, text_or};
use crate::engine::SimTime;
use crate::model::Meta;
use crate::model::storage::StorageClass;

pub(super) const COLUMNS: &[Column] = &[
    column("Name"),
    column("Provisioner"),
    column("ReclaimPolicy"),
    column("VolumeBindingMode"),
    column("AllowVolumeExpansion"),
    column("Age"),
];

/// The annotation of the class that claims without one get.
const IS_DEFAULT: &str = "storageclass.kubernetes.io/is-default-class";

pub(super) fn cells(class: &StorageClass, now: SimTime) -> Vec<String> {
    let name = class.metadata.name();
    let is_default = class.metadata.annotation(IS_DEFAULT) == Some("true");
    vec![
        if is_default { format!("{name} (default)") } else { name.to_owned() },
        class.provisioner.clone(),
        text_or(class.reclaim_policy.as_deref(), "Delete"),
        text_or(class.volume_binding_mode.as_deref(), "Immediate"),
        class.allow_volume_expansion.unwrap_or(false).to_string(),
        age(&class.metadata, now),
    ]
}
