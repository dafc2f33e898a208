//! Namespaces as the scheduler sees them: terms of affinity may name them by their labels.

use std::collections::BTreeMap;
use std::sync::Arc;

use crate::model::core::Namespace;
use crate::model::selector::Labels;
use crate::model::{Meta, Object};

static NONE: Labels = Labels::new();

/// The labels of every namespace.
#[derive(Clone, Debug, Default)]
pub struct Namespaces {
    labels: BTreeMap<Arc<str>, Labels>,
    /// Raised when anything changes.
    pub epoch: u64,
}

impl Namespaces {
    /// The labels of a namespace; none when it is not known.
    #[must_use]
    pub fn labels(&self, namespace: &str) -> &Labels {
        self.labels.get(namespace).unwrap_or(&NONE)
    }

    /// Takes in a new or changed namespace.
    pub fn set(&mut self, object: &Object) {
        let Some(namespace) = object.get::<Namespace>() else { return };
        let labels = namespace.metadata.label_map();
        if self.labels.get(object.name()) != Some(labels) {
            self.labels.insert(object.name().into(), labels.clone());
            self.epoch += 1;
        }
    }

    /// A namespace is gone.
    pub fn remove(&mut self, name: &str) {
        self.labels.remove(name);
        self.epoch += 1;
    }
}
