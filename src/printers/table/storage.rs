//! Rows of attachments, of classes of volume attributes, and of what storage drivers tell of themselves; and of runtime
//! classes.

use super::{Column, UNSET, age, column, name};
use crate::engine::SimTime;
use crate::model::node_api::RuntimeClass;
use crate::model::storage::{CSIDriver, CSINode, CSIStorageCapacity, VolumeAttachment, VolumeAttributesClass};

pub(super) const ATTACHMENT_COLUMNS: &[Column] =
    &[column("Name"), column("Attacher"), column("PV"), column("Node"), column("Attached"), column("Age")];

pub(super) fn attachment(attachment: &VolumeAttachment, now: SimTime) -> Vec<String> {
    let spec = &attachment.spec;
    let is_attached = attachment.status.as_ref().is_some_and(|status| status.attached);
    vec![
        name(&attachment.metadata),
        spec.attacher.clone(),
        spec.source.persistent_volume_name.clone().unwrap_or_default(),
        spec.node_name.clone(),
        is_attached.to_string(),
        age(&attachment.metadata, now),
    ]
}

pub(super) const ATTRIBUTES_COLUMNS: &[Column] = &[column("Name"), column("DriverName"), column("Age")];

pub(super) fn attributes(class: &VolumeAttributesClass, now: SimTime) -> Vec<String> {
    vec![name(&class.metadata), class.driver_name.clone(), age(&class.metadata, now)]
}

pub(super) const NODE_COLUMNS: &[Column] = &[column("Name"), column("Drivers"), column("Age")];

pub(super) fn node(node: &CSINode, now: SimTime) -> Vec<String> {
    vec![name(&node.metadata), node.spec.drivers.len().to_string(), age(&node.metadata, now)]
}

pub(super) const DRIVER_COLUMNS: &[Column] = &[
    column("Name"),
    column("AttachRequired"),
    column("PodInfoOnMount"),
    column("StorageCapacity"),
    column("TokenRequests"),
    column("RequiresRepublish"),
    column("Modes"),
    column("Age"),
];

pub(super) fn driver(driver: &CSIDriver, now: SimTime) -> Vec<String> {
    let spec = &driver.spec;
    let audiences = spec
        .token_requests
        .as_ref()
        .map(|requests| requests.iter().map(|request| request.audience.as_str()).collect::<Vec<_>>().join(","));
    let modes = spec.volume_lifecycle_modes.as_ref().map(|modes| modes.join(","));
    vec![
        name(&driver.metadata),
        spec.attach_required.unwrap_or(true).to_string(),
        spec.pod_info_on_mount.unwrap_or(false).to_string(),
        spec.storage_capacity.unwrap_or(false).to_string(),
        audiences.unwrap_or_else(|| UNSET.into()),
        spec.requires_republish.unwrap_or(false).to_string(),
        modes.unwrap_or_else(|| "<none>".into()),
        age(&driver.metadata, now),
    ]
}

pub(super) const CAPACITY_COLUMNS: &[Column] = &[column("Name"), column("StorageClassName"), column("Capacity")];

pub(super) fn capacity(capacity: &CSIStorageCapacity) -> Vec<String> {
    let amount = capacity.capacity.as_ref().map_or(UNSET, |amount| amount.0.as_str());
    vec![name(&capacity.metadata), capacity.storage_class_name.clone(), amount.to_owned()]
}

pub(super) const RUNTIME_COLUMNS: &[Column] = &[column("Name"), column("Handler"), column("Age")];

pub(super) fn runtime(class: &RuntimeClass, now: SimTime) -> Vec<String> {
    vec![name(&class.metadata), class.handler.clone(), age(&class.metadata, now)]
}
