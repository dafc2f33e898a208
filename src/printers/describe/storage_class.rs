//! StorageClasses.

use super::text::{Text, title_bool};
use crate::model::Meta;
use crate::model::selector::format_labels;
use crate::model::storage::StorageClass;

/// The annotation of the class that claims without one get.
const IS_DEFAULT: &str = "storageclass.kubernetes.io/is-default-class";

pub(super) fn describe(text: &mut Text, class: &StorageClass) {
    let map = |map: &Option<_>| format_labels(&map.clone().unwrap_or_default());
    text.field(0, "Name", class.metadata.name());
    let is_default = class.metadata.annotation(IS_DEFAULT) == Some("true");
    text.field(0, "IsDefaultClass", if is_default { "Yes" } else { "No" });
    text.field(0, "Annotations", map(&class.metadata.annotations));
    text.field(0, "Provisioner", &class.provisioner);
    text.field(0, "Parameters", map(&class.parameters));
    text.field(0, "AllowVolumeExpansion", class.allow_volume_expansion.map_or("<unset>", title_bool));
    match class.mount_options.as_deref().filter(|options| !options.is_empty()) {
        None => text.field(0, "MountOptions", "<none>"),
        Some(options) => {
            text.line(0, "MountOptions:");
            options.iter().for_each(|option| text.line(1, option));
        }
    }
    text.optional(0, "ReclaimPolicy", class.reclaim_policy.as_deref());
    text.optional(0, "VolumeBindingMode", class.volume_binding_mode.as_deref());
    let Some(topologies) = &class.allowed_topologies else { return };
    text.field(0, "AllowedTopologies", if topologies.is_empty() { "<none>" } else { "" });
    for (index, term) in topologies.iter().enumerate() {
        let expressions = term.match_label_expressions.iter().flatten();
        for expression in expressions {
            text.field(
                1,
                &format!("Term {index}"),
                format_args!("{} in [{}]", expression.key, expression.values.join(", ")),
            );
        }
    }
}
