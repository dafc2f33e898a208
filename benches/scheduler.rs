//! The scheduler alone: how many Pods a second find a node among 5,000, without an API around it.

use std::sync::Arc;

use divan::Bencher;
use divan::counter::ItemsCount;
use podlab::engine::Seed;
use podlab::model::core::Node;
use podlab::model::{Kind, Object, Pod};
use podlab::scheduler::framework::Profile;
use podlab::scheduler::{Algorithm, PodInfo, Snapshot};
use serde_json::json;

const NODES: usize = 5_000;
const PODS: usize = 10_000;

#[global_allocator]
static ALLOCATOR: mimalloc::MiMalloc = mimalloc::MiMalloc;

fn main() {
    divan::main();
}

fn cluster() -> Snapshot {
    let mut snapshot = Snapshot::default();
    for number in 0..NODES {
        let node = json!({
            "metadata": {"name": format!("node-{number}"), "labels": {"topology.kubernetes.io/zone": format!("zone-{}", number % 3)}},
            "status": {"allocatable": {"cpu": "32", "memory": "128Gi", "pods": "110", "ephemeral-storage": "100Gi"}},
        });
        if let Ok(node) = serde_json::from_value::<Node>(node) {
            snapshot.set_node(Arc::new(node));
        }
    }
    snapshot.refresh();
    snapshot
}

fn pods() -> Vec<Arc<PodInfo>> {
    let pod = |number: usize| {
        let request = format!("{}m", 100 + 100 * (number % 3));
        let pod = json!({
            "metadata": {"name": format!("web-{number}"), "namespace": "default", "uid": format!("uid-{number}")},
            "spec": {"containers": [{"name": "app", "image": "nginx", "resources": {"requests": {"cpu": request, "memory": "256Mi"}}}],
                "tolerations": [{"key": "node.kubernetes.io/not-ready", "operator": "Exists", "effect": "NoExecute", "tolerationSeconds": 300}]},
        });
        let object = Object::from_value(Kind::Pod, pod, &mut Vec::new()).ok()?;
        Some(Arc::new(PodInfo::new(Arc::clone(object.get::<Pod>()?))))
    };
    (0..PODS).filter_map(pod).collect()
}

/// Pods of three shapes, one after another; each counts on its node before the next is placed.
#[divan::bench(args = [100, usize::MAX], sample_count = 5, sample_size = 1)]
fn schedule_pods(bencher: Bencher, remember_from_nodes: usize) {
    let (cluster, pods) = (cluster(), pods());
    bencher.counter(ItemsCount::new(PODS)).bench_local(|| {
        let mut snapshot = cluster.clone();
        let mut algorithm = Algorithm::new(Profile::default_scheduler());
        algorithm.remember_from_nodes = remember_from_nodes;
        let mut random = Seed(1).stream("kube-scheduler");
        for pod in &pods {
            if let Ok(placement) = algorithm.schedule_pod(pod, &snapshot, &mut random) {
                snapshot.add_pod(&placement.node, Arc::clone(pod));
            }
        }
        snapshot
    });
}
