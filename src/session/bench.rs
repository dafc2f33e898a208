//! A cluster for measuring: as many nodes and Pods as asked for, in the shape of upstream's `scheduler_perf`.

use std::sync::Arc;

use crate::cluster::{Cluster, ClusterSpec, Input, NodePool, SpecError};
use crate::engine::trace::Recording;
use crate::engine::{Seed, SimDuration, SimTime};
use crate::machine::Catalogue;
use crate::model::Pod;

/// Replicas of one Deployment at the most.
const REPLICAS_MAX: u32 = 1_000;
/// Until then every node is ready.
const BOOT: SimDuration = SimDuration::from_secs(30);
/// No run takes longer than this much simulated time.
const PATIENCE: SimDuration = SimDuration::from_secs(3_600);

/// A run that measures.
pub struct Bench {
    cluster: Cluster,
    pods: u32,
}

impl Bench {
    /// Builds the cluster: nodes of 4 CPU, 32Gi and 110 Pods (the shape of `scheduler_perf`).
    ///
    /// # Errors
    /// When no such cluster can be built.
    pub fn new(nodes: u32, control_planes: u32) -> Result<Self, SpecError> {
        let allocatable = [("cpu", "4"), ("memory", "32Gi"), ("pods", "110"), ("ephemeral-storage", "100Gi")];
        let pool = NodePool {
            count: nodes,
            allocatable: allocatable.map(|(name, amount)| (name.to_owned(), amount.to_owned())).into(),
            ..NodePool::default()
        };
        let spec = ClusterSpec {
            control_planes,
            control_plane_nodes: false,
            nodes: vec![pool],
            // Pods by the hundred thousand and their Events are more than the default holds; etcd advises no more than this.
            etcd_quota: "8Gi".into(),
            ..ClusterSpec::default()
        };
        let catalogue = Catalogue::built_in().map_err(SpecError::Images)?;
        let mut cluster = Cluster::boot(spec, Arc::new(catalogue), Seed(1), Recording::Off)?;
        cluster.run_until(SimTime::ZERO + BOOT);
        Ok(Self { cluster, pods: 0 })
    }

    /// Applies Deployments with `pods` Pods of 100m and 500Mi in all.
    pub fn apply(&mut self, pods: u32) {
        self.pods += pods;
        let mut manifests = String::new();
        let mut left = pods;
        while left > 0 {
            let replicas = left.min(REPLICAS_MAX);
            manifests.push_str(&deployment(left, replicas));
            left -= replicas;
        }
        let line = "apply -f -".to_owned();
        self.cluster.submit(Input::Kubectl { invocation: 1, line, files: Arc::default(), stdin: Some(manifests) });
    }

    /// Lets time run until every Pod is Running; says how much simulated time that took, or `None` if it never came to that.
    pub fn run(&mut self) -> Option<SimDuration> {
        let begun = self.cluster.now();
        while self.running() < self.pods as usize {
            if self.cluster.now().since(begun) > PATIENCE {
                return None;
            }
            self.cluster.run_until(self.cluster.now() + SimDuration::from_secs(1));
        }
        Some(self.cluster.now().since(begun))
    }

    /// How many Pods run.
    #[must_use]
    pub fn running(&self) -> usize {
        self.cluster.count::<Pod>(|pod| pod.phase() == "Running")
    }

    /// The cluster.
    #[must_use]
    pub fn cluster(&self) -> &Cluster {
        &self.cluster
    }
}

fn deployment(number: u32, replicas: u32) -> String {
    format!(
        "apiVersion: apps/v1
kind: Deployment
metadata: {{name: load-{number}, labels: {{app: load-{number}}}}}
spec:
  replicas: {replicas}
  selector: {{matchLabels: {{app: load-{number}}}}}
  template:
    metadata: {{labels: {{app: load-{number}}}}}
    spec:
      containers:
      - name: pause
        image: registry.k8s.io/pause:3.10
        resources: {{requests: {{cpu: 100m, memory: 500Mi}}}}
---
"
    )
}
