//! Namespaces. Source: `pkg/registry/core/namespace/strategy.go`, `pkg/apis/core/v1/defaults.go`.

use crate::engine::SimTime;
use crate::model::core::{Namespace, NamespaceStatus};
use crate::model::{Meta, names};

use super::Strategy;

/// The label by which selectors find a namespace by its name.
const NAME_LABEL: &str = "kubernetes.io/metadata.name";
/// What keeps a namespace until its contents are gone.
const FINALIZER: &str = "kubernetes";

impl Strategy for Namespace {
    fn name_faults(name: &str) -> Vec<String> {
        names::dns1123_label(name)
    }

    fn set_defaults(&mut self) {
        if !self.metadata.name().is_empty() {
            let name = self.metadata.name().to_owned();
            self.metadata.labels.get_or_insert_default().insert(NAME_LABEL.into(), name);
        }
    }

    fn prepare_for_create(&mut self, _now: SimTime) {
        let name = self.metadata.name().to_owned();
        self.metadata.labels.get_or_insert_default().insert(NAME_LABEL.into(), name);
        self.status = Some(NamespaceStatus { phase: Some("Active".into()), ..NamespaceStatus::default() });
        let finalizers = self.spec.get_or_insert_default().finalizers.get_or_insert_default();
        if !finalizers.iter().any(|one| one == FINALIZER) {
            finalizers.push(FINALIZER.into());
        }
    }

    fn prepare_for_update(&mut self, old: &Self) {
        self.spec.clone_from(&old.spec);
        self.status.clone_from(&old.status);
    }

    fn take_status(&mut self, from: &Self) {
        self.status.clone_from(&from.status);
    }
}
