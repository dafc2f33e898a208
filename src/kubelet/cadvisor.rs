//! What the containers of a node have used, as the kubelet tells a metrics server.
//!
//! Models `/metrics/resource` (`pkg/kubelet/metrics/collectors/resource_metrics.go`) and cAdvisor under it. **Simplified:** cAdvisor
//! looks at the cgroups every 10 to 15 seconds and tells what it saw last; here the look is taken when somebody asks, so that a
//! cluster without a metrics server does no work. **Not modelled:** what the system's own daemons use; a node uses what its
//! containers use.

use std::sync::Arc;

use crate::engine::SimTime;
use crate::machine::{ContainerState, Machine};
use crate::model::Meta;

use super::kubelet::Kubelet;

/// Counters of one container or node at one instant.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Counters {
    /// Since when it counts.
    pub started_at: SimTime,
    /// Processor time used since then, in microseconds.
    pub cpu: u64,
    /// Bytes of memory in use now.
    pub memory: u64,
}

/// Counters of a container.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ContainerCounters {
    /// Namespace of its Pod.
    pub namespace: Arc<str>,
    /// Its Pod.
    pub pod: Arc<str>,
    /// Its name.
    pub name: Arc<str>,
    /// What it has used.
    pub counters: Counters,
}

/// Everything that a kubelet tells of its node.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct ResourceMetrics {
    /// When.
    pub at: SimTime,
    /// The node itself.
    pub node: Counters,
    /// The running containers of its Pods.
    pub containers: Vec<ContainerCounters>,
}

impl Kubelet {
    /// Reads the counters of the node and of every running container.
    #[must_use]
    pub fn resource_metrics(&self, machine: &mut Machine, now: SimTime) -> ResourceMetrics {
        machine.settle_cpu(now);
        let mut containers = Vec::new();
        for worker in self.workers() {
            for id in worker.slots.iter().filter_map(|slot| slot.current) {
                let Some(container) = machine.container(id) else { continue };
                let Some(started_at) = container.started_at.filter(|_| container.state == ContainerState::Running)
                else {
                    continue;
                };
                let counters = Counters { started_at, cpu: machine.cpu_of(id), memory: container.memory };
                containers.push(ContainerCounters {
                    namespace: worker.pod.metadata.namespace().into(),
                    pod: worker.pod.metadata.name().into(),
                    name: Arc::clone(&container.config.name),
                    counters,
                });
            }
        }
        let node = Counters { started_at: SimTime::ZERO, cpu: machine.cpu_of_all(), memory: machine.memory_used() };
        ResourceMetrics { at: now, node, containers }
    }
}
