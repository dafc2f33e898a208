//! The scheduler alone: how many Pods a second find a node among 5,000, without an API around it. Nodes and Pods are those
//! of upstream's `test/integration/scheduler_perf`: 4 CPU, 32Gi, 110 Pods; 100m, 500Mi.
//!
//! The figures of `sampled` look at as many nodes as Kubernetes does by default (500 of 5,000), those of `all` at all. The
//! plain way, which asks every plugin about every node as upstream does, is measured with few Pods to compare.

use std::sync::Arc;

use divan::Bencher;
use divan::counter::ItemsCount;
use podlab::engine::{Seed, Stream};
use podlab::model::core::Node;
use podlab::model::{Kind, Object, Pod};
use podlab::scheduler::cycle::Unplaced;
use podlab::scheduler::framework::{PostFilterOutcome, Profile};
use podlab::scheduler::{Algorithm, Demands, PodInfo, Snapshot};
use serde_json::{Value, json};

const NODES: usize = 5_000;
const ZONE: &str = "topology.kubernetes.io/zone";
const HOST: &str = "kubernetes.io/hostname";
const REQUIRED: &str = "requiredDuringSchedulingIgnoredDuringExecution";
const PREFERRED: &str = "preferredDuringSchedulingIgnoredDuringExecution";

#[global_allocator]
static ALLOCATOR: mimalloc::MiMalloc = mimalloc::MiMalloc;

fn main() {
    divan::main();
}

/// Everything that places Pods.
#[derive(Clone)]
struct World {
    snapshot: Snapshot,
    algorithm: Algorithm,
    demands: Demands,
    random: Stream,
    placed: usize,
}

impl World {
    fn new(nodes: usize, percentage: usize) -> Self {
        let mut snapshot = Snapshot::default();
        for number in 0..nodes {
            let name = format!("node-{number}");
            let node = json!({
                "metadata": {"name": name, "labels": {ZONE: format!("zone-{}", number % 3), HOST: name}},
                "status": {"allocatable": {"cpu": "4", "memory": "32Gi", "pods": "110", "ephemeral-storage": "100Gi"}},
            });
            if let Ok(node) = serde_json::from_value::<Node>(node) {
                snapshot.set_node(Arc::new(node));
            }
        }
        snapshot.refresh();
        let mut profile = Profile::default_scheduler();
        profile.percentage_of_nodes_to_score = percentage;
        let random = Seed(1).stream("kube-scheduler");
        Self { snapshot, algorithm: Algorithm::new(profile), demands: Demands::default(), random, placed: 0 }
    }

    fn pods(&mut self, count: usize, spec: &Value, labels: &Value) -> Vec<Arc<PodInfo>> {
        let mut pod = |number: usize| {
            let name = format!("pod-{number}-{}", labels["app"]);
            let pod = json!({"metadata": {"name": name, "namespace": "default", "uid": name, "labels": labels}, "spec": spec});
            let object = Object::from_value(Kind::Pod, pod, &mut Vec::new()).ok()?;
            Some(Arc::new(self.demands.info(Arc::clone(object.get::<Pod>()?))))
        };
        (0..count).filter_map(&mut pod).collect()
    }

    /// Places Pods one after another; each counts on its node before the next.
    fn place(&mut self, pods: &[Arc<PodInfo>]) {
        for pod in pods {
            if let Ok(placement) = self.algorithm.schedule_pod(pod, &self.snapshot, &mut self.random) {
                self.snapshot.add_pod(&placement.node, Arc::clone(pod));
                self.placed += 1;
            }
        }
    }

    /// Places Pods for which others must go: once in vain, then on the node where room was made.
    fn push_aside(&mut self, pods: &[Arc<PodInfo>]) {
        for pod in pods {
            let Err(Unplaced::Unfit(error, state)) = self.algorithm.schedule_pod(pod, &self.snapshot, &mut self.random)
            else {
                continue;
            };
            let offset = self.random.below(NODES as u64) as usize;
            let room = self.algorithm.post_filter(pod, &self.snapshot, &error, &state, offset);
            let PostFilterOutcome::Room(candidate) = room else { continue };
            for victim in &candidate.victims {
                self.snapshot.remove_pod(&candidate.node, &victim.uid);
            }
            let mut nominated = (*pod.pod).clone();
            nominated.status_mut().nominated_node_name = Some(candidate.node.to_string());
            let nominated = Arc::new(self.demands.info(Arc::new(nominated)));
            self.snapshot.nominate(&candidate.node, Arc::clone(&nominated));
            let Ok(placement) = self.algorithm.schedule_pod(&nominated, &self.snapshot, &mut self.random) else {
                continue;
            };
            self.snapshot.withdraw(&pod.uid);
            self.snapshot.add_pod(&placement.node, nominated);
            self.placed += 1;
        }
    }
}

fn small() -> Value {
    requesting("100m", "500Mi")
}

fn requesting(cpu: &str, memory: &str) -> Value {
    json!({"containers": [{"name": "pause", "image": "registry.k8s.io/pause:3.10",
        "resources": {"requests": {"cpu": cpu, "memory": memory}}}]})
}

fn with(field: &str, value: Value) -> Value {
    let mut spec = small();
    spec[field] = value;
    spec
}

fn spread(when: &str) -> Value {
    let constraint = json!({"maxSkew": 5, "topologyKey": ZONE, "whenUnsatisfiable": when,
        "labelSelector": {"matchLabels": {"app": "blue"}}});
    with("topologySpreadConstraints", json!([constraint]))
}

fn affinity(kind: &str, key: &str) -> Value {
    let term = json!({"topologyKey": key, "labelSelector": {"matchLabels": {"app": "blue"}}});
    with("affinity", json!({kind: {REQUIRED: [term]}}))
}

fn wish(kind: &str, key: &str) -> Value {
    let term = json!({"topologyKey": key, "labelSelector": {"matchLabels": {"app": "blue"}}});
    with("affinity", json!({kind: {PREFERRED: [{"weight": 1, "podAffinityTerm": term}]}}))
}

/// Measures how long so many Pods of a kind take, with so many ordinary ones there before.
fn run(bencher: Bencher, percentage: usize, before: usize, pods: usize, spec: &Value) {
    let mut world = World::new(NODES, percentage);
    let others = world.pods(before, &small(), &json!({"app": "before"}));
    world.place(&others);
    let pods = world.pods(pods, spec, &json!({"app": "blue"}));
    bencher.counter(ItemsCount::new(pods.len())).with_inputs(|| World { placed: 0, ..world.clone() }).bench_local_refs(
        |world| {
            world.place(&pods);
            assert_eq!(world.placed, pods.len(), "every Pod finds a node");
        },
    );
}

/// One class: three sizes, to see that it grows with the Pods and no faster.
#[divan::bench(args = [(0, 1_000), (0, 5_000), (100, 1_000), (100, 5_000)], sample_count = 3, sample_size = 1)]
fn one_class(bencher: Bencher, (percentage, nodes): (usize, usize)) {
    let mut world = World::new(nodes, percentage);
    let pods = world.pods(nodes * 30, &small(), &json!({"app": "blue"}));
    bencher.counter(ItemsCount::new(pods.len())).with_inputs(|| world.clone()).bench_local_refs(|world| {
        world.place(&pods);
        assert_eq!(world.placed, pods.len(), "every Pod finds a node");
    });
}

/// The same, as upstream goes about it: every plugin, every node.
#[divan::bench(args = [0, 100], sample_count = 1, sample_size = 1)]
fn one_class_plain(bencher: Bencher, percentage: usize) {
    let mut world = World::new(NODES, percentage);
    world.algorithm.remember_from_nodes = usize::MAX;
    let pods = world.pods(1_000, &small(), &json!({"app": "blue"}));
    bencher
        .counter(ItemsCount::new(pods.len()))
        .with_inputs(|| world.clone())
        .bench_local_refs(|world| world.place(&pods));
}

/// Ten classes in turn.
#[divan::bench(sample_count = 3, sample_size = 1)]
fn ten_classes(bencher: Bencher) {
    let mut world = World::new(NODES, 0);
    let kinds: Vec<Vec<_>> = (0..10)
        .map(|kind| {
            world.pods(
                3_000,
                &requesting(&format!("{}m", 50 + 10 * kind), "200Mi"),
                &json!({"app": format!("k{kind}")}),
            )
        })
        .collect();
    let pods: Vec<_> = (0..3_000).flat_map(|number| kinds.iter().map(move |kind| Arc::clone(&kind[number]))).collect();
    bencher
        .counter(ItemsCount::new(pods.len()))
        .with_inputs(|| world.clone())
        .bench_local_refs(|world| world.place(&pods));
}

/// `TopologySpreading`: over zones, as a must.
#[divan::bench(args = [0, 100], sample_count = 3, sample_size = 1)]
fn topology_spread(bencher: Bencher, percentage: usize) {
    run(bencher, percentage, 5_000, 10_000, &spread("DoNotSchedule"));
}

/// `PreferredTopologySpreading`: over zones, as a wish.
#[divan::bench(args = [0, 100], sample_count = 3, sample_size = 1)]
fn preferred_topology_spread(bencher: Bencher, percentage: usize) {
    run(bencher, percentage, 5_000, 10_000, &spread("ScheduleAnyway"));
}

/// `SchedulingPodAffinity`: all in one zone.
#[divan::bench(args = [0, 100], sample_count = 3, sample_size = 1)]
fn pod_affinity(bencher: Bencher, percentage: usize) {
    run(bencher, percentage, 5_000, 10_000, &affinity("podAffinity", ZONE));
}

/// `SchedulingPodAntiAffinity`: each on a node of its own.
#[divan::bench(args = [0, 100], sample_count = 3, sample_size = 1)]
fn pod_anti_affinity(bencher: Bencher, percentage: usize) {
    run(bencher, percentage, 1_000, 4_000, &affinity("podAntiAffinity", HOST));
}

/// `SchedulingPreferredPodAffinity`.
#[divan::bench(args = [0, 100], sample_count = 3, sample_size = 1)]
fn preferred_pod_affinity(bencher: Bencher, percentage: usize) {
    run(bencher, percentage, 5_000, 10_000, &wish("podAffinity", HOST));
}

/// `PreemptionBasic`: the cluster is full of Pods of low priority, four to a node; each Pod pushes three aside.
#[divan::bench(sample_count = 3, sample_size = 1)]
fn preemption(bencher: Bencher) {
    let mut world = World::new(NODES, 0);
    let low = world.pods(4 * NODES, &requesting("900m", "500Mi"), &json!({"app": "low"}));
    world.place(&low);
    let mut spec = requesting("3", "500Mi");
    spec["priority"] = json!(10);
    let high = world.pods(NODES, &spec, &json!({"app": "high"}));
    bencher.counter(ItemsCount::new(high.len())).with_inputs(|| World { placed: 0, ..world.clone() }).bench_local_refs(
        |world| {
            world.push_aside(&high);
            assert_eq!(world.placed, high.len(), "every Pod finds a node");
        },
    );
}
