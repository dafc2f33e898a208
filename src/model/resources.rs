//! What Pods ask for and nodes offer, as whole numbers: thousandths of a CPU, bytes, pieces.
//!
//! Models `staging/src/k8s.io/component-helpers/resource/helpers.go` and `pkg/apis/core/v1/helper/qos`.

use std::collections::BTreeMap;
use std::sync::Arc;

use k8s_openapi::api::core::v1::{Container, PodSpec, ResourceRequirements};
use k8s_openapi::apimachinery::pkg::api::resource::Quantity as WireQuantity;

use super::Quantity;

/// What a container without a CPU request counts as when nodes are scored, in thousandths of a CPU.
/// Source: `pkg/scheduler/util/pod_resources.go`, `DefaultMilliCPURequest`.
pub const DEFAULT_MILLI_CPU: i64 = 100;
/// What a container without a memory request counts as when nodes are scored, in bytes.
/// Source: `pkg/scheduler/util/pod_resources.go`, `DefaultMemoryRequest`.
pub const DEFAULT_MEMORY: i64 = 200 * 1024 * 1024;

type List = BTreeMap<String, WireQuantity>;

/// Amounts of every resource.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Resources {
    /// Thousandths of a CPU.
    pub milli_cpu: i64,
    /// Bytes of memory.
    pub memory: i64,
    /// Bytes of local disk.
    pub ephemeral_storage: i64,
    /// How many Pods; only nodes have this.
    pub pods: i64,
    /// Everything else by name, sorted: `nvidia.com/gpu`, `hugepages-2Mi`.
    pub extended: Vec<(Arc<str>, i64)>,
}

/// A request for CPU and memory as scoring counts it: never nothing.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct NonZero {
    /// Thousandths of a CPU.
    pub milli_cpu: i64,
    /// Bytes of memory.
    pub memory: i64,
}

impl Resources {
    /// The amounts of a resource list; what is no quantity counts as nothing.
    #[must_use]
    pub fn of(list: Option<&List>) -> Self {
        let mut resources = Self::default();
        for (name, wire) in list.into_iter().flatten() {
            let Ok(quantity) = Quantity::try_from(wire) else { continue };
            let amount = if name == "cpu" { quantity.milli_value() } else { quantity.value() };
            resources.set(name, amount);
        }
        resources
    }

    /// The amount of a resource; CPU in thousandths.
    #[must_use]
    pub fn amount(&self, name: &str) -> i64 {
        match name {
            "cpu" => self.milli_cpu,
            "memory" => self.memory,
            "ephemeral-storage" => self.ephemeral_storage,
            "pods" => self.pods,
            _ => self.extended.iter().find(|(known, _)| &**known == name).map_or(0, |(_, amount)| *amount),
        }
    }

    /// Changes the amount of a resource; CPU in thousandths.
    pub fn set(&mut self, name: &str, amount: i64) {
        match name {
            "cpu" => self.milli_cpu = amount,
            "memory" => self.memory = amount,
            "ephemeral-storage" => self.ephemeral_storage = amount,
            "pods" => self.pods = amount,
            _ => match self.extended.binary_search_by(|(known, _)| (**known).cmp(name)) {
                Ok(index) => self.extended[index].1 = amount,
                Err(index) => self.extended.insert(index, (name.into(), amount)),
            },
        }
    }

    /// Adds these amounts.
    pub fn add(&mut self, other: &Self) {
        self.combine(other, i64::saturating_add);
    }

    /// Takes these amounts away.
    pub fn subtract(&mut self, other: &Self) {
        self.combine(other, i64::saturating_sub);
    }

    /// Raises each amount to at least that of `other`.
    pub fn raise_to(&mut self, other: &Self) {
        self.combine(other, i64::max);
    }

    /// Every resource that is not zero, as Kubernetes orders them: CPU, memory, disk, then the rest by name.
    pub fn iter(&self) -> impl Iterator<Item = (&str, i64)> {
        let known = [("cpu", self.milli_cpu), ("memory", self.memory), ("ephemeral-storage", self.ephemeral_storage)];
        let extended = self.extended.iter().map(|(name, amount)| (&**name, *amount));
        known.into_iter().chain(extended).filter(|(_, amount)| *amount != 0)
    }

    /// Whether nothing is asked for; the number of Pods does not count.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.iter().next().is_none()
    }

    fn combine(&mut self, other: &Self, join: fn(i64, i64) -> i64) {
        self.milli_cpu = join(self.milli_cpu, other.milli_cpu);
        self.memory = join(self.memory, other.memory);
        self.ephemeral_storage = join(self.ephemeral_storage, other.ephemeral_storage);
        self.pods = join(self.pods, other.pods);
        for (name, amount) in &other.extended {
            let joined = join(self.amount(name), *amount);
            self.set(name, joined);
        }
    }
}

/// What a Pod asks for: the greater of its containers with its sidecars and of what any init container needs while it
/// runs, plus the overhead of its runtime class. Requests of the Pod itself stand above those of its containers.
#[must_use]
pub fn pod_requests(spec: &PodSpec) -> Resources {
    let list =
        |resources: Option<&ResourceRequirements>| Resources::of(resources.and_then(|all| all.requests.as_ref()));
    pod_sum(spec, list)
}

/// What a Pod may use, summed as its requests are. A container without a limit adds nothing.
#[must_use]
pub fn pod_limits(spec: &PodSpec) -> Resources {
    let list = |resources: Option<&ResourceRequirements>| Resources::of(resources.and_then(|all| all.limits.as_ref()));
    pod_sum(spec, list)
}

/// What a Pod counts as when nodes are scored: containers without a request count as a small one.
#[must_use]
pub fn non_zero_requests(spec: &PodSpec) -> NonZero {
    let list = |resources: Option<&ResourceRequirements>| {
        let requests = resources.and_then(|all| all.requests.as_ref());
        let names = |name: &str| requests.is_some_and(|list| list.contains_key(name));
        let mut amounts = Resources::of(requests);
        if !names("cpu") {
            amounts.milli_cpu = DEFAULT_MILLI_CPU;
        }
        if !names("memory") {
            amounts.memory = DEFAULT_MEMORY;
        }
        amounts
    };
    let sum = pod_sum(spec, list);
    NonZero { milli_cpu: sum.milli_cpu, memory: sum.memory }
}

fn pod_sum(spec: &PodSpec, list: impl Fn(Option<&ResourceRequirements>) -> Resources) -> Resources {
    let mut sum = Resources::default();
    for container in &spec.containers {
        sum.add(&list(container.resources.as_ref()));
    }
    let (mut sidecars, mut init) = (Resources::default(), Resources::default());
    for container in spec.init_containers.iter().flatten() {
        let mut needed = list(container.resources.as_ref());
        if is_sidecar(container) {
            sum.add(&needed);
            sidecars.add(&needed);
            needed = sidecars.clone();
        } else {
            needed.add(&sidecars);
        }
        init.raise_to(&needed);
    }
    sum.raise_to(&init);
    if spec.resources.is_some() {
        for (name, amount) in pod_level(spec, &list) {
            sum.set(&name, amount);
        }
    }
    sum.add(&Resources::of(spec.overhead.as_ref()));
    sum
}

/// What the Pod itself names for all its containers together.
fn pod_level(spec: &PodSpec, list: impl Fn(Option<&ResourceRequirements>) -> Resources) -> Vec<(String, i64)> {
    let (Some(resources), amounts) = (&spec.resources, list(spec.resources.as_ref())) else { return Vec::new() };
    let named: Vec<&String> =
        [&resources.requests, &resources.limits].into_iter().flatten().flat_map(List::keys).collect();
    amounts
        .iter()
        .filter(|(name, _)| named.iter().any(|one| one == name))
        .map(|(name, amount)| (name.into(), amount))
        .collect()
}

/// Whether an init container goes on running beside the others.
#[must_use]
pub fn is_sidecar(container: &Container) -> bool {
    container.restart_policy.as_deref() == Some("Always")
}

/// How gently a Pod is treated when its node runs short.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum QosClass {
    /// Asks for nothing.
    BestEffort,
    /// Asks for something.
    Burstable,
    /// Every container has limits for CPU and memory, and requests equal to them.
    Guaranteed,
}

impl QosClass {
    /// As `status.qosClass` spells it.
    #[must_use]
    pub fn as_str(self) -> &'static str {
        match self {
            Self::BestEffort => "BestEffort",
            Self::Burstable => "Burstable",
            Self::Guaranteed => "Guaranteed",
        }
    }
}

/// The class of a Pod. Only CPU and memory count.
#[must_use]
pub fn qos_class(spec: &PodSpec) -> QosClass {
    let containers = || spec.containers.iter().chain(spec.init_containers.iter().flatten());
    let of_containers: Vec<_> = containers().map(|container| container.resources.as_ref()).collect();
    let counted = if spec.resources.is_some() { vec![spec.resources.as_ref()] } else { of_containers };
    let (mut requests, mut limits, mut all_limited) = ([0_i64; 2], [0_i64; 2], true);
    for resources in counted {
        let asked = Resources::of(resources.and_then(|all| all.requests.as_ref()));
        let limited = Resources::of(resources.and_then(|all| all.limits.as_ref()));
        all_limited &= limited.milli_cpu > 0 && limited.memory > 0;
        for (index, name) in ["cpu", "memory"].into_iter().enumerate() {
            requests[index] += asked.amount(name).max(0);
            limits[index] += limited.amount(name).max(0);
        }
    }
    match (requests, limits) {
        ([0, 0], [0, 0]) => QosClass::BestEffort,
        _ if all_limited && requests == limits => QosClass::Guaranteed,
        _ => QosClass::Burstable,
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::{Value, json};

    fn spec(value: Value) -> PodSpec {
        serde_json::from_value(value).unwrap()
    }

    fn container(cpu: &str, memory: &str) -> Value {
        json!({"name": "c", "resources": {"requests": {"cpu": cpu, "memory": memory}}})
    }

    #[test]
    fn containers_add_up_and_init_containers_do_not() {
        let two = spec(json!({"containers": [container("250m", "64Mi"), container("250m", "64Mi")],
            "initContainers": [container("2", "1Mi")], "overhead": {"cpu": "10m"}}));
        let sum = pod_requests(&two);
        assert_eq!((sum.milli_cpu, sum.memory), (2010, 128 << 20));
    }

    #[test]
    fn sidecars_count_beside_the_containers_and_beside_later_init_containers() {
        let mut sidecar = container("100m", "0");
        sidecar["restartPolicy"] = json!("Always");
        let pod =
            spec(json!({"containers": [container("200m", "0")], "initContainers": [sidecar, container("500m", "0")]}));
        assert_eq!(pod_requests(&pod).milli_cpu, 600);
    }

    #[test]
    fn a_pod_that_asks_for_nothing_counts_for_something_in_scores() {
        let pod = spec(json!({"containers": [{"name": "a"}, {"name": "b"}]}));
        assert!(pod_requests(&pod).is_empty());
        assert_eq!(non_zero_requests(&pod), NonZero { milli_cpu: 200, memory: 400 << 20 });
    }

    #[test]
    fn requests_of_the_pod_stand_above_those_of_its_containers() {
        let pod = spec(json!({"containers": [container("200m", "64Mi")], "resources": {"requests": {"cpu": "1"}}}));
        let sum = pod_requests(&pod);
        assert_eq!((sum.milli_cpu, sum.memory), (1000, 64 << 20));
    }

    #[test]
    fn extended_resources_keep_their_names() {
        let pod = spec(json!({"containers": [{"name": "c", "resources": {"requests": {"example.com/gpu": "2"}}}]}));
        assert_eq!(pod_requests(&pod).iter().collect::<Vec<_>>(), [("example.com/gpu", 2)]);
    }

    #[test]
    fn classes_of_service() {
        let of = |resources: Value| qos_class(&spec(json!({"containers": [{"name": "c", "resources": resources}]})));
        assert_eq!(of(json!({})), QosClass::BestEffort);
        assert_eq!(of(json!({"requests": {"cpu": "1"}})), QosClass::Burstable);
        let both = json!({"cpu": "1", "memory": "1Gi"});
        assert_eq!(of(json!({"requests": both, "limits": both})), QosClass::Guaranteed);
        assert_eq!(of(json!({"limits": {"cpu": "1"}, "requests": {"cpu": "1"}})), QosClass::Burstable);
    }
}
