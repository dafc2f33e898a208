//! `metrics.k8s.io/v1beta1`: what nodes and Pods use, as an aggregated API serves it. Nothing of it is stored.
//!
//! Source: `staging/src/k8s.io/metrics/pkg/apis/metrics/v1beta1/types.go`.

use std::collections::BTreeMap;
use std::sync::OnceLock;

use serde_json::{Map, Value, json};

use super::apiextensions::{
    CustomResourceColumnDefinition, CustomResourceDefinitionNames, CustomResourceDefinitionSpec,
    CustomResourceDefinitionVersion,
};
use super::custom_kind::kinds_of_spec;
use super::metav1::ObjectMeta;
use super::{CustomObject, Kind, Meta, Object, Quantity, Resource, time};
use crate::engine::{SimDuration, SimTime};

/// The group.
pub const GROUP: &str = "metrics.k8s.io";
/// Its version.
pub const VERSION: &str = "v1beta1";
/// The APIService by which the group is served.
pub const API_SERVICE: &str = "v1beta1.metrics.k8s.io";

/// What a container or a node uses.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Usage {
    /// Processors, to the billionth.
    pub cpu: Quantity,
    /// Bytes of memory: the working set.
    pub memory: Quantity,
}

/// From when a measurement is, and over which time.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Measured {
    /// When its window ended.
    pub timestamp: SimTime,
    /// How long that was.
    pub window: SimDuration,
}

/// What a Pod uses.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct PodMetrics {
    /// Name, namespace and labels of the Pod.
    pub metadata: ObjectMeta,
    /// When.
    pub measured: Measured,
    /// Its containers by name.
    pub containers: BTreeMap<String, Usage>,
}

/// What a node uses.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct NodeMetrics {
    /// Name and labels of the Node.
    pub metadata: ObjectMeta,
    /// When.
    pub measured: Measured,
    /// How much.
    pub usage: Usage,
}

/// The kind NodeMetrics: `nodes.metrics.k8s.io`.
#[must_use]
pub fn node_metrics() -> Kind {
    kinds()[0]
}

/// The kind PodMetrics: `pods.metrics.k8s.io`.
#[must_use]
pub fn pod_metrics() -> Kind {
    kinds()[1]
}

/// Both kinds.
#[must_use]
pub fn kinds() -> &'static [Kind; 2] {
    static KINDS: OnceLock<[Kind; 2]> = OnceLock::new();
    KINDS.get_or_init(|| {
        let only = |spec: &CustomResourceDefinitionSpec| kinds_of_spec(spec).into_iter().next().unwrap_or(Kind::Pod);
        [
            only(&definition("NodeMetrics", "nodes", "Cluster", &[".usage.cpu", ".usage.memory"])),
            only(&definition(
                "PodMetrics",
                "pods",
                "Namespaced",
                &[".containers[*].usage.cpu", ".containers[*].usage.memory"],
            )),
        ]
    })
}

/// Whether a kind is one of them.
#[must_use]
pub fn is_metrics(kind: Kind) -> bool {
    matches!(kind, Kind::Custom(custom) if custom.definition().info.group == GROUP)
}

fn definition(kind: &str, plural: &str, scope: &str, cells: &[&str; 2]) -> CustomResourceDefinitionSpec {
    let column = |(name, path): (&str, &str)| CustomResourceColumnDefinition {
        name: name.into(),
        type_: "string".into(),
        json_path: path.into(),
        ..CustomResourceColumnDefinition::default()
    };
    let columns = [("cpu", cells[0]), ("memory", cells[1]), ("Window", ".window")];
    CustomResourceDefinitionSpec {
        group: GROUP.into(),
        names: CustomResourceDefinitionNames {
            kind: kind.into(),
            plural: plural.into(),
            singular: Some(String::new()),
            ..CustomResourceDefinitionNames::default()
        },
        scope: scope.into(),
        versions: vec![CustomResourceDefinitionVersion {
            name: VERSION.into(),
            served: true,
            storage: true,
            additional_printer_columns: Some(columns.map(column).into()),
            ..CustomResourceDefinitionVersion::default()
        }],
        ..CustomResourceDefinitionSpec::default()
    }
}

impl Usage {
    /// So many microseconds of a processor within a window, and this many bytes of memory.
    #[must_use]
    pub fn of(micros: u64, window: SimDuration, bytes: u64) -> Self {
        let nanos = u128::from(micros) * 1_000_000_000 / u128::from(window.as_micros().max(1));
        let cpu = Quantity::parse(&format!("{nanos}n")).unwrap_or_default();
        Self { cpu, memory: Quantity::from_bytes(i64::try_from(bytes).unwrap_or(i64::MAX)) }
    }

    /// The amount of a resource: `cpu` or `memory`.
    #[must_use]
    pub fn amount(&self, resource: &str) -> Option<Quantity> {
        match resource {
            "cpu" => Some(self.cpu),
            "memory" => Some(self.memory),
            _ => None,
        }
    }

    fn to_value(self) -> Value {
        json!({"cpu": self.cpu.to_string(), "memory": self.memory.to_string()})
    }

    fn of_value(value: &Value) -> Option<Self> {
        let amount = |name: &str| Quantity::parse(value.get(name)?.as_str()?).ok();
        Some(Self { cpu: amount("cpu")?, memory: amount("memory")? })
    }
}

impl Measured {
    fn put(self, fields: &mut Map<String, Value>) {
        fields.insert("timestamp".into(), json!(time::time(self.timestamp)));
        fields.insert("window".into(), self.window.to_string().into());
    }

    fn of(object: &CustomObject) -> Option<Self> {
        let timestamp = object.fields.get("timestamp")?.as_str()?.parse().ok()?;
        let window = SimDuration::parse(object.fields.get("window")?.as_str()?)?;
        Some(Self { timestamp: time::sim_time(timestamp), window })
    }
}

impl PodMetrics {
    /// As an object of the API.
    #[must_use]
    pub fn to_object(&self) -> Option<Object> {
        let mut fields = Map::new();
        self.measured.put(&mut fields);
        let container = |(name, usage): (&String, &Usage)| json!({"name": name, "usage": usage.to_value()});
        fields.insert("containers".into(), self.containers.iter().map(container).collect());
        object(pod_metrics(), &self.metadata, fields)
    }

    /// From an object of the API.
    #[must_use]
    pub fn of(object: &Object) -> Option<Self> {
        Self::of_custom(CustomObject::of(object)?)
    }

    /// From an object that may be of any custom kind.
    #[must_use]
    pub fn of_custom(custom: &CustomObject) -> Option<Self> {
        // Cheap for all others: kinds are compared by group and plural.
        if Kind::Custom(custom.kind) != pod_metrics() {
            return None;
        }
        let containers = custom.fields.get("containers")?.as_array()?;
        let container =
            |one: &Value| Some((one.get("name")?.as_str()?.to_owned(), Usage::of_value(one.get("usage")?)?));
        let containers = containers.iter().map(container).collect::<Option<_>>()?;
        Some(Self { metadata: custom.metadata.clone(), measured: Measured::of(custom)?, containers })
    }

    /// What all its containers use.
    #[must_use]
    pub fn total(&self) -> Usage {
        let add = |all: Usage, one: &Usage| Usage { cpu: all.cpu + one.cpu, memory: all.memory + one.memory };
        self.containers.values().fold(Usage { cpu: Quantity::ZERO, memory: Quantity::from_bytes(0) }, add)
    }
}

impl NodeMetrics {
    /// As an object of the API.
    #[must_use]
    pub fn to_object(&self) -> Option<Object> {
        let mut fields = Map::new();
        self.measured.put(&mut fields);
        fields.insert("usage".into(), self.usage.to_value());
        object(node_metrics(), &self.metadata, fields)
    }

    /// From an object of the API.
    #[must_use]
    pub fn of(object: &Object) -> Option<Self> {
        let custom = CustomObject::of(object)?;
        let usage = Usage::of_value(custom.fields.get("usage")?)?;
        Some(Self { metadata: custom.metadata.clone(), measured: Measured::of(custom)?, usage })
    }
}

/// The metadata under which the metrics of an object are served.
#[must_use]
pub fn metadata_of(object: &impl Meta, labels: Option<BTreeMap<String, String>>, now: SimTime) -> ObjectMeta {
    let namespace = object.namespace();
    ObjectMeta {
        name: Some(object.name().into()),
        namespace: (!namespace.is_empty()).then(|| namespace.into()),
        labels,
        creation_timestamp: Some(time::time(now)),
        ..ObjectMeta::default()
    }
}

fn object(kind: Kind, metadata: &ObjectMeta, fields: Map<String, Value>) -> Option<Object> {
    let Kind::Custom(kind) = kind else { return None };
    Some(CustomObject { kind, metadata: metadata.clone(), fields }.into())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn metrics_survive_the_api() {
        let usage = Usage::of(3_750_000, SimDuration::from_secs(15), 24 << 20);
        assert_eq!((usage.cpu.to_string(), usage.memory.to_string()), ("250m".into(), "24Mi".into()));
        let metadata =
            ObjectMeta { name: Some("web-1".into()), namespace: Some("shop".into()), ..ObjectMeta::default() };
        let measured = Measured { timestamp: SimTime::from_secs(60), window: SimDuration::from_secs(15) };
        let pod = PodMetrics { metadata, measured, containers: [("web".to_owned(), usage)].into() };
        let object = pod.to_object().unwrap();
        assert_eq!(object.kind(), pod_metrics());
        assert_eq!(PodMetrics::of(&object), Some(pod));
    }
}
