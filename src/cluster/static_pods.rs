//! The control plane as static Pods, so that one can see it, read it and break it: what kubeadm writes to
//! `/etc/kubernetes/manifests` of a master.

use std::sync::Arc;

use serde_json::{Value, json};

use crate::engine::CauseId;
use crate::model::{KUBERNETES_VERSION, Kind, Object, Pod, Resource};

use super::fault::ComponentName;
use super::world::Cluster;

/// The tag of etcd that kubeadm v1.36 asks for. Source: `cmd/kubeadm/app/constants/constants.go`, `DefaultEtcdVersion`.
const ETCD_TAG: &str = "3.6.6-0";

/// The components that run as static Pods.
const COMPONENTS: [ComponentName; 4] = [
    ComponentName::Etcd,
    ComponentName::KubeApiserver,
    ComponentName::KubeControllerManager,
    ComponentName::KubeScheduler,
];

/// The manifests of a master on which `runs` says what is meant to run.
pub(super) fn manifests(runs: impl Fn(ComponentName) -> bool) -> Vec<Arc<Pod>> {
    COMPONENTS.into_iter().filter(|component| runs(*component)).filter_map(manifest).collect()
}

/// What kubeadm asks for each. Source: `cmd/kubeadm/app/phases/controlplane/manifests.go`, `phases/etcd/local.go`.
fn cpu_request(component: ComponentName) -> &'static str {
    match component {
        ComponentName::KubeApiserver => "250m",
        ComponentName::KubeControllerManager => "200m",
        _ => "100m",
    }
}

fn manifest(component: ComponentName) -> Option<Arc<Pod>> {
    let name = component.as_str();
    let tag = if component == ComponentName::Etcd { ETCD_TAG } else { KUBERNETES_VERSION };
    let value: Value = json!({
        "metadata": {"name": name, "namespace": "kube-system", "labels": {"component": name, "tier": "control-plane"}},
        "spec": {
            "hostNetwork": true,
            "priorityClassName": "system-node-critical",
            "priority": 2_000_001_000,
            "containers": [{
                "name": name,
                "image": format!("registry.k8s.io/{name}:{tag}"),
                "imagePullPolicy": "IfNotPresent",
                "command": [format!("/usr/local/bin/{name}")],
                "resources": {"requests": {"cpu": cpu_request(component)}},
            }],
        },
    });
    let object = Object::from_value(Kind::Pod, value, &mut Vec::new()).ok()?;
    Pod::of(&object).cloned()
}

impl Cluster {
    /// Writes the files of a master anew after a component was stopped or started: its Pod follows.
    pub(super) fn rewrite_static_pods(&mut self, place: &str) {
        let (Some(worker), Ok(master)) = (self.worker_by_name.get(place).copied(), self.master_named(place)) else {
            return;
        };
        let entry = &self.masters[master];
        let is_up = |id: super::actor::ActorId| self.actors[id.0 as usize].is_up;
        let (scheduler, manager) = (is_up(entry.scheduler.0), is_up(entry.manager.0));
        let (etcd, server) = (entry.etcd_is_up, entry.server_is_up);
        let manifests = manifests(|component| match component {
            ComponentName::Etcd => etcd,
            ComponentName::KubeApiserver => server,
            ComponentName::KubeScheduler => scheduler,
            ComponentName::KubeControllerManager => manager,
            ComponentName::Kubelet => false,
        });
        if self.actors[self.workers[worker].actor.0 as usize].is_up {
            self.with_kubelet(worker, CauseId::NONE, |kubelet, host, ctx| {
                kubelet.set_static_pods(&manifests, host, ctx);
            });
        }
    }
}
