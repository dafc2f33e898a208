//! What storage drivers tell of themselves, and attachments. Source: `pkg/apis/storage/{v1/defaults.go,validation}`.

use serde_json::json;

use crate::apiserver::field::Errors;
use crate::engine::SimTime;
use crate::model::storage::{CSIDriver, CSINode, CSIStorageCapacity, VolumeAttachment, VolumeAttributesClass};

use super::Strategy;
use super::pod_spec::one_of;

impl Strategy for CSIDriver {
    has_generation!();

    fn set_defaults(&mut self) {
        let spec = &mut self.spec;
        spec.attach_required.get_or_insert(true);
        spec.pod_info_on_mount.get_or_insert(false);
        spec.storage_capacity.get_or_insert(false);
        spec.fs_group_policy.get_or_insert_with(|| "ReadWriteOnceWithFSType".into());
        spec.volume_lifecycle_modes.get_or_insert_with(|| vec!["Persistent".into()]);
        spec.requires_republish.get_or_insert(false);
        spec.se_linux_mount.get_or_insert(false);
    }

    fn validate(&self, errors: &mut Errors) {
        let policies = ["ReadWriteOnceWithFSType", "File", "None"];
        one_of(self.spec.fs_group_policy.as_deref(), &policies, "spec.fsGroupPolicy", errors);
        for (index, mode) in self.spec.volume_lifecycle_modes.iter().flatten().enumerate() {
            let field = format!("spec.volumeLifecycleModes[{index}]");
            one_of(Some(mode), &["Persistent", "Ephemeral"], field, errors);
        }
    }

    fn validate_update(&self, old: &Self, errors: &mut Errors) {
        if self.spec.attach_required != old.spec.attach_required {
            errors.invalid("spec.attachedRequired", json!(self.spec.attach_required), "field is immutable");
        }
        if self.spec.volume_lifecycle_modes != old.spec.volume_lifecycle_modes {
            let modes = json!(self.spec.volume_lifecycle_modes);
            errors.invalid("spec.volumeLifecycleModes", modes, "field is immutable");
        }
    }
}

impl Strategy for CSINode {
    fn validate(&self, errors: &mut Errors) {
        for (index, driver) in self.spec.drivers.iter().enumerate() {
            let required = [("name", &driver.name), ("nodeID", &driver.node_id)];
            for (name, _) in required.into_iter().filter(|(_, text)| text.is_empty()) {
                errors.required(format_args!("spec.drivers[{index}].{name}"), "");
            }
        }
    }
}

impl Strategy for CSIStorageCapacity {
    fn validate(&self, errors: &mut Errors) {
        if self.storage_class_name.is_empty() {
            errors.required("storageClassName", "");
        }
    }

    fn validate_update(&self, old: &Self, errors: &mut Errors) {
        if self.storage_class_name != old.storage_class_name {
            errors.invalid("storageClassName", self.storage_class_name.as_str(), "field is immutable");
        }
        if self.node_topology != old.node_topology {
            errors.invalid("nodeTopology", json!(self.node_topology), "field is immutable");
        }
    }
}

impl Strategy for VolumeAttachment {
    has_status!();

    fn validate(&self, errors: &mut Errors) {
        if self.spec.attacher.is_empty() {
            errors.required("spec.attacher", "");
        }
        let source = &self.spec.source;
        if source.persistent_volume_name.is_none() && source.inline_volume_spec.is_none() {
            errors.required("spec.source", "must specify exactly one of inlineVolumeSpec and persistentVolumeName");
        }
        if source.persistent_volume_name.as_deref() == Some("") {
            errors.required("spec.source.persistentVolumeName", "must specify non empty persistentVolumeName");
        }
        if self.spec.node_name.is_empty() {
            errors.required("spec.nodeName", "");
        }
    }

    fn validate_update(&self, old: &Self, errors: &mut Errors) {
        if self.spec != old.spec {
            errors.invalid("spec", json!(self.spec), "field is immutable");
        }
    }
}

impl Strategy for VolumeAttributesClass {
    fn validate(&self, errors: &mut Errors) {
        if self.driver_name.is_empty() {
            errors.required("driverName", "");
        }
        if self.parameters.as_ref().is_none_or(std::collections::BTreeMap::is_empty) {
            errors.required("parameters", "must contain at least one key/value pair");
        }
    }

    fn validate_update(&self, old: &Self, errors: &mut Errors) {
        if self.driver_name != old.driver_name {
            errors.invalid("driverName", self.driver_name.as_str(), "field is immutable");
        }
        if self.parameters != old.parameters {
            errors.forbidden("parameters", "updates to parameters are forbidden.");
        }
    }
}
