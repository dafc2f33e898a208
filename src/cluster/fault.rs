//! Faults: what a learner, a teacher or a scenario's timeline can break on purpose, and mend.

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

/// Something to break or mend.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(tag = "kind", rename_all_fields = "camelCase", deny_unknown_fields)]
pub enum Fault {
    /// A machine loses power: its processes are gone, its disk stays.
    NodeDown {
        /// Which node or master.
        node: String,
    },
    /// It comes back.
    NodeUp {
        /// Which node or master.
        node: String,
    },
    /// SIGKILL to the first process of a container.
    KillContainer {
        /// The namespace of the Pod.
        #[serde(default = "default_namespace")]
        namespace: String,
        /// The Pod.
        pod: String,
        /// The container; the first one when absent.
        #[serde(default)]
        container: Option<String>,
    },
    /// `kubectl delete pod`, without waiting.
    DeletePod {
        /// The namespace of the Pod.
        #[serde(default = "default_namespace")]
        namespace: String,
        /// The Pod.
        pod: String,
    },
    /// `kubectl cordon`.
    Cordon {
        /// Which node.
        node: String,
    },
    /// `kubectl uncordon`.
    Uncordon {
        /// Which node.
        node: String,
    },
    /// These machines can reach each other and nobody else.
    Partition {
        /// The machines on one side.
        nodes: Vec<String>,
    },
    /// Every machine reaches every other again.
    Heal,
    /// A component of a machine is stopped and stays stopped.
    StopComponent {
        /// `etcd`, `kube-apiserver`, `kube-scheduler`, `kube-controller-manager`, `kubelet`.
        component: ComponentName,
        /// Which machine; every machine that runs it when absent.
        #[serde(default)]
        node: Option<String>,
    },
    /// It is started again.
    StartComponent {
        /// Which one.
        component: ComponentName,
        /// Which machine; every machine that runs it when absent.
        #[serde(default)]
        node: Option<String>,
    },
    /// The disk of a node is filled to the last byte.
    FillDisk {
        /// Which node.
        node: String,
    },
    /// What filled it is removed.
    FreeDisk {
        /// Which node.
        node: String,
    },
    /// Every image registry is unreachable.
    RegistryDown,
    /// The registries are reachable again.
    RegistryUp,
    /// Writing to the disk of one etcd member takes this long.
    SlowDisk {
        /// Which master.
        node: String,
        /// Milliseconds per fsync.
        millis: u64,
    },
}

/// A component that can be stopped.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "kebab-case")]
pub enum ComponentName {
    /// The store.
    Etcd,
    /// The door to it.
    KubeApiserver,
    /// Chooses nodes.
    KubeScheduler,
    /// Runs the controllers.
    KubeControllerManager,
    /// Runs Pods.
    Kubelet,
}

impl ComponentName {
    /// Every component.
    pub const ALL: [Self; 5] =
        [Self::Etcd, Self::KubeApiserver, Self::KubeScheduler, Self::KubeControllerManager, Self::Kubelet];

    /// As its process is called.
    #[must_use]
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Etcd => "etcd",
            Self::KubeApiserver => "kube-apiserver",
            Self::KubeScheduler => "kube-scheduler",
            Self::KubeControllerManager => "kube-controller-manager",
            Self::Kubelet => "kubelet",
        }
    }
}

/// A fault that cannot be carried out.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum FaultError {
    /// No such machine.
    #[error("there is no machine \"{name}\"; there are {known}")]
    UnknownNode {
        /// What was asked for.
        name: String,
        /// What there is.
        known: String,
    },
    /// The machine does not run that component.
    #[error("{component} does not run on {node}")]
    NotThere {
        /// The component.
        component: &'static str,
        /// The machine.
        node: String,
    },
    /// No such running container.
    #[error("no running container {0}")]
    UnknownContainer(String),
}

fn default_namespace() -> String {
    "default".to_owned()
}

impl Fault {
    /// Its name, as scenarios write it and the palette shows it.
    #[must_use]
    pub fn name(&self) -> &'static str {
        match self {
            Self::NodeDown { .. } => "NodeDown",
            Self::NodeUp { .. } => "NodeUp",
            Self::KillContainer { .. } => "KillContainer",
            Self::DeletePod { .. } => "DeletePod",
            Self::Cordon { .. } => "Cordon",
            Self::Uncordon { .. } => "Uncordon",
            Self::Partition { .. } => "Partition",
            Self::Heal => "Heal",
            Self::StopComponent { .. } => "StopComponent",
            Self::StartComponent { .. } => "StartComponent",
            Self::FillDisk { .. } => "FillDisk",
            Self::FreeDisk { .. } => "FreeDisk",
            Self::RegistryDown => "RegistryDown",
            Self::RegistryUp => "RegistryUp",
            Self::SlowDisk { .. } => "SlowDisk",
        }
    }

    /// What it hits: `node-2`, `default/web-1`, `kube-scheduler on master-1`; empty for the whole cluster.
    #[must_use]
    pub fn target(&self) -> String {
        match self {
            Self::NodeDown { node }
            | Self::NodeUp { node }
            | Self::Cordon { node }
            | Self::Uncordon { node }
            | Self::FillDisk { node }
            | Self::FreeDisk { node } => node.clone(),
            Self::SlowDisk { node, millis } => format!("{node} ({millis} ms per write)"),
            Self::KillContainer { namespace, pod, container } => container
                .as_ref()
                .map_or_else(|| format!("{namespace}/{pod}"), |name| format!("{namespace}/{pod}/{name}")),
            Self::DeletePod { namespace, pod } => format!("{namespace}/{pod}"),
            Self::Partition { nodes } => nodes.join(", "),
            Self::StopComponent { component, node } | Self::StartComponent { component, node } => {
                let place = node.as_deref().unwrap_or("every machine");
                format!("{} on {place}", component.as_str())
            }
            Self::Heal | Self::RegistryDown | Self::RegistryUp => String::new(),
        }
    }
}
