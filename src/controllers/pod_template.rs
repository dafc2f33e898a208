//! A Pod from the template of a workload.
//!
//! Models `pkg/controller/controller_utils.go`, `GetPodFromTemplate`.

use std::sync::Arc;

use crate::model::core::{PodSpec, PodTemplateSpec};
use crate::model::meta::controller_reference;
use crate::model::metav1::ObjectMeta;
use crate::model::{Kind, Meta, Pod, names};

/// Makes the Pods of one owner, all of which share one spec.
#[derive(Clone, Debug)]
pub struct PodTemplate {
    metadata: ObjectMeta,
    spec: Arc<PodSpec>,
}

impl PodTemplate {
    /// The template of `owner`, an object of `kind`.
    #[must_use]
    pub fn new(template: &PodTemplateSpec, kind: Kind, owner: &ObjectMeta) -> Self {
        let own = template.metadata.clone().unwrap_or_default();
        let metadata = ObjectMeta {
            generate_name: Some(name_prefix(owner.name())),
            namespace: Some(owner.namespace().to_owned()),
            labels: own.labels,
            annotations: own.annotations,
            finalizers: own.finalizers,
            owner_references: Some(vec![controller_reference(kind, owner)]),
            ..ObjectMeta::default()
        };
        Self { metadata, spec: Arc::new(template.spec.clone().unwrap_or_default()) }
    }

    /// One more Pod.
    #[must_use]
    pub fn pod(&self) -> Pod {
        Pod::new(self.metadata.clone(), Arc::clone(&self.spec))
    }
}

/// `web-` for `web`; the bare name where a dash would make it no prefix of a Pod name.
fn name_prefix(owner: &str) -> String {
    let prefix = format!("{owner}-");
    if names::dns1123_subdomain(&names::without_trailing_dash(&prefix)).is_empty() { prefix } else { owner.to_owned() }
}
