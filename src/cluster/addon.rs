//! What can be installed beside Kubernetes itself, when a cluster is made. The objects are those that its own project publishes, so
//! that an add-on may as well be installed later, by applying its manifest.

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use crate::model::{Kind, Object, yaml};

/// An add-on.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "kebab-case")]
pub enum Addon {
    /// What `kubectl top` and the HorizontalPodAutoscaler ask. It trusts the kubelets' own certificates, as it has to in a cluster
    /// that kubeadm has made.
    MetricsServer,
    /// What watched clusters before: Heapster, which is retired, with InfluxDB behind it.
    Heapster,
    /// Heapster alone, without anything behind it.
    HeapsterStandalone,
}

impl Addon {
    /// The file of its objects.
    #[must_use]
    pub fn manifest(self) -> &'static str {
        match self {
            Self::MetricsServer => include_str!("../../assets/addons/metrics-server.yaml"),
            Self::Heapster => include_str!("../../assets/addons/heapster.yaml"),
            Self::HeapsterStandalone => include_str!("../../assets/addons/heapster-standalone.yaml"),
        }
    }

    /// Its objects; a test holds that the file can be read.
    #[must_use]
    pub fn objects(self) -> Vec<Object> {
        let documents = yaml::read("addon.yaml", self.manifest()).unwrap_or_default();
        let object = |document: yaml::Document| {
            let text = |field: &str| document.value.get(field).and_then(serde_json::Value::as_str).unwrap_or_default();
            let kind = Kind::from_gvk(text("apiVersion"), text("kind"))?;
            Object::from_value(kind, document.value, &mut Vec::new()).ok()
        };
        documents.into_iter().filter_map(object).collect()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_manifests_can_be_read_to_the_end() {
        for addon in [Addon::MetricsServer, Addon::Heapster, Addon::HeapsterStandalone] {
            let documents = addon.manifest().matches("\nkind: ").count();
            assert_eq!(addon.objects().len(), documents, "{addon:?}");
        }
    }
}
