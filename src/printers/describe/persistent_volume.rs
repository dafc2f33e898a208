//! PersistentVolumes.

use super::text::Text;
use super::volume;
use crate::model::Meta;
use crate::model::core::{PersistentVolume, PersistentVolumeSpec};
use crate::printers::table::access_modes;

pub(super) fn describe(text: &mut Text, pv: &PersistentVolume) {
    let spec = pv.spec.clone().unwrap_or_default();
    let status = pv.status.clone().unwrap_or_default();
    text.field(0, "Name", pv.metadata.name());
    text.labels("Labels", pv.metadata.labels.as_ref());
    text.annotations("Annotations", pv.metadata.annotations.as_ref());
    text.finalizers(&pv.metadata);
    text.field(0, "StorageClass", spec.storage_class_name.as_deref().unwrap_or_default());
    text.status(&pv.metadata, status.phase.as_deref().unwrap_or_default());
    let part = |text: &Option<String>| text.clone().unwrap_or_default();
    let claim = spec.claim_ref.as_ref().map(|claim| format!("{}/{}", part(&claim.namespace), part(&claim.name)));
    text.field(0, "Claim", claim.unwrap_or_default());
    text.field(0, "Reclaim Policy", part(&spec.persistent_volume_reclaim_policy));
    text.field(0, "Access Modes", access_modes(spec.access_modes.as_deref()));
    text.optional(0, "VolumeMode", spec.volume_mode.as_deref());
    let size = spec.capacity.as_ref().and_then(|capacity| capacity.get("storage"));
    text.field(0, "Capacity", size.map_or("0", |size| size.0.as_str()));
    node_affinity(text, &spec);
    text.field(0, "Message", part(&status.message));
    text.line(0, "Source:");
    source(text, &spec);
}

fn node_affinity(text: &mut Text, spec: &PersistentVolumeSpec) {
    let required = spec.node_affinity.as_ref().and_then(|affinity| affinity.required.as_ref());
    let Some(required) = required else { return text.field(0, "Node Affinity", "<none>") };
    text.field(0, "Node Affinity", "");
    if required.node_selector_terms.is_empty() {
        return text.field(1, "Required Terms", "<none>");
    }
    text.field(1, "Required Terms", "");
    for (index, term) in required.node_selector_terms.iter().enumerate() {
        let mut title = format!("Term {index}:");
        for expression in term.match_expressions.iter().flatten() {
            let values = expression.values.as_ref().filter(|values| !values.is_empty());
            let values = values.map_or_else(String::new, |values| format!(" [{}]", values.join(", ")));
            let operator = expression.operator.to_lowercase();
            text.line(2, format_args!("{title}\t{} {operator}{values}", expression.key));
            title.clear();
        }
        if !title.is_empty() {
            text.line(2, format_args!("{title}\t<none>"));
        }
    }
}

fn source(text: &mut Text, spec: &PersistentVolumeSpec) {
    if let Some(path) = &spec.host_path {
        volume::host_path(text, path);
    } else if let Some(share) = &spec.nfs {
        volume::nfs(text, share);
    } else if let Some(local) = &spec.local {
        text.field(2, "Type", "LocalVolume (a persistent volume backed by local storage on a node)");
        text.field(2, "Path", &local.path);
    } else if let Some(csi) = &spec.csi {
        text.field(2, "Type", "CSI (a Container Storage Interface (CSI) volume source)");
        text.field(2, "Driver", &csi.driver);
        text.field(2, "FSType", csi.fs_type.as_deref().unwrap_or_default());
        text.field(2, "VolumeHandle", &csi.volume_handle);
        text.field(2, "ReadOnly", csi.read_only.unwrap_or(false));
        volume::csi_attributes(text, csi.volume_attributes.as_ref());
    } else {
        text.line(1, "<unknown>");
    }
}
