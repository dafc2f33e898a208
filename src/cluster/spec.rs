//! What a cluster is made of, as a scenario's `cluster:` says it.

use std::collections::BTreeMap;

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use crate::apiserver::{DEFAULT_MODES, Mode};
use crate::engine::SimTime;
use crate::model::feature_gates::FeatureGates;
use crate::model::quantity::Quantity;
use crate::model::time;
use crate::scheduler;

use super::addon::Addon;

/// The machines of a cluster and how it is set up.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase", deny_unknown_fields, default)]
pub struct ClusterSpec {
    /// How many masters there are: 1, 3 or 5. Each runs etcd, kube-apiserver, kube-scheduler and kube-controller-manager.
    pub control_planes: u32,
    /// Whether the masters show up as Nodes, tainted `node-role.kubernetes.io/control-plane:NoSchedule`.
    pub control_plane_nodes: bool,
    /// The worker nodes.
    pub nodes: Vec<NodePool>,
    /// The calendar instant at which the cluster is born, like `2026-03-01T02:00:00Z`; 2026-01-05T08:00:00Z, a Monday, when
    /// absent, and never earlier than that.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub born: Option<String>,
    /// Who may do what: the modes of `--authorization-mode`, asked in turn; `[Node, RBAC]` when absent, as kubeadm sets it.
    pub authorization: Vec<Mode>,
    /// How kube-scheduler is set up: a `KubeSchedulerConfiguration`.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub scheduler: Option<scheduler::Configuration>,
    /// Features that are switched on although v1.36 leaves them off.
    pub feature_gates: FeatureGates,
    /// How much etcd may hold (`--quota-backend-bytes`), like `8Gi`; beyond that it refuses every write until an alarm is
    /// taken back.
    pub etcd_quota: String,
    /// What is installed beside Kubernetes itself; nothing when absent, as kubeadm leaves it.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub addons: Vec<Addon>,
    /// How fast things are; every hop has a default that is small and not zero.
    pub delays: Delays,
}

/// Worker nodes of one make.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase", deny_unknown_fields, default)]
pub struct NodePool {
    /// The first part of their names: `node` gives `node-1`, `node-2`, …; a pool of one keeps the bare name if it ends in a
    /// digit.
    pub name: String,
    /// How many.
    pub count: u32,
    /// A pool of one keeps the bare name, whatever it ends in.
    #[serde(skip)]
    #[schemars(skip)]
    pub keeps_name: bool,
    /// What Pods may use: `cpu`, `memory`, `pods`, `ephemeral-storage` and anything else a device plugin would announce.
    pub allocatable: BTreeMap<String, String>,
    /// Labels beside those every node has.
    pub labels: BTreeMap<String, String>,
    /// Taints: `key=value:Effect` or `key:Effect`.
    pub taints: Vec<String>,
    /// Images of the catalogue that are on their disks from the start, imported and never pulled.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub images: Vec<String>,
}

/// How long the hops of a change take, in microseconds.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase", deny_unknown_fields, default)]
pub struct Delays {
    /// One way between any two machines.
    pub network: u64,
    /// What the API server adds to an event on its way to a watcher.
    pub watch: u64,
    /// Writing to etcd's disk (fsync).
    pub disk: u64,
    /// What a kube-proxy needs, at the most, to program a change of endpoints.
    pub proxy: u64,
}

impl Default for ClusterSpec {
    fn default() -> Self {
        Self {
            control_planes: 1,
            control_plane_nodes: true,
            nodes: vec![NodePool { count: 3, ..NodePool::default() }],
            born: None,
            authorization: DEFAULT_MODES.to_vec(),
            scheduler: None,
            feature_gates: FeatureGates::default(),
            etcd_quota: "2Gi".into(),
            addons: Vec::new(),
            delays: Delays::default(),
        }
    }
}

impl Default for NodePool {
    fn default() -> Self {
        let allocatable = [("cpu", "4"), ("memory", "8Gi"), ("pods", "110"), ("ephemeral-storage", "50Gi")];
        Self {
            name: "node".into(),
            count: 1,
            keeps_name: false,
            allocatable: allocatable.map(|(name, amount)| (name.to_owned(), amount.to_owned())).into(),
            labels: BTreeMap::new(),
            taints: Vec::new(),
            images: Vec::new(),
        }
    }
}

impl Default for Delays {
    /// A quiet data centre with SSDs: half a millisecond of network, one of watch cache, two of disk, up to half a second
    /// until every kube-proxy has caught up (its `minSyncPeriod` is 1 s).
    fn default() -> Self {
        Self { network: 500, watch: 1_000, disk: 2_000, proxy: 500_000 }
    }
}

/// A cluster that cannot be built.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum SpecError {
    /// Not 1, 3 or 5 masters.
    #[error("controlPlanes: {0} masters cannot be built; use 1, 3 or 5 (an even number tolerates no more failures)")]
    ControlPlanes(u32),
    /// The instant of birth is none.
    #[error("born: \"{0}\" is no instant; write it like 2026-03-01T02:00:00Z")]
    Born(String),
    /// Two machines would have the same name.
    #[error("nodes: two nodes would be called \"{0}\"; give each pool a name of its own")]
    DuplicateNode(String),
    /// More nodes than Kubernetes supports.
    #[error("nodes: {0} nodes are more than the 5000 that Kubernetes supports")]
    TooManyNodes(u64),
    /// An amount is no quantity.
    #[error("nodes: allocatable {resource} \"{amount}\" of pool \"{pool}\" is no quantity; write it like 500m, 4, 8Gi")]
    Quantity {
        /// The pool.
        pool: String,
        /// The resource.
        resource: String,
        /// What was written.
        amount: String,
    },
    /// The limit of etcd is no amount of bytes.
    #[error("etcdQuota: \"{0}\" is no amount; write it like 2Gi")]
    EtcdQuota(String),
    /// A taint that cannot be read.
    #[error("nodes: taint \"{taint}\" of pool \"{pool}\" cannot be read; write key=value:NoSchedule")]
    Taint {
        /// The pool.
        pool: String,
        /// What was written.
        taint: String,
    },
    /// A client whose target is no address.
    #[error("load: target \"{target}\" of client \"{name}\" cannot be read; write http://host:port/path")]
    Load {
        /// The client.
        name: String,
        /// What was written.
        target: String,
    },
    /// The scenario's images cannot be laid over the catalogue.
    #[error("images: {0}")]
    Images(String),
    /// The scheduler cannot be set up so.
    #[error("scheduler: {0}")]
    Scheduler(scheduler::ConfigurationError),
    /// A name no machine may have.
    #[error("nodes: \"{0}\" is no node name; use lower case letters, digits and '-'")]
    Name(String),
}

impl NodePool {
    /// The names of its nodes.
    pub fn names(&self) -> impl Iterator<Item = String> + '_ {
        let is_numbered = self.name.ends_with(|last: char| last.is_ascii_digit());
        let keeps_name = self.count == 1 && (self.keeps_name || is_numbered);
        (1..=self.count).map(
            move |number| {
                if keeps_name { self.name.clone() } else { format!("{}-{number}", self.name) }
            },
        )
    }
}

impl ClusterSpec {
    /// The names of the masters.
    pub fn master_names(&self) -> impl Iterator<Item = String> + '_ {
        (1..=self.control_planes).map(|number| format!("master-{number}"))
    }

    /// The instant of its birth on the simulated clock.
    #[must_use]
    pub fn birth(&self) -> SimTime {
        let born = self.born.as_deref().and_then(|text| text.parse().ok());
        born.map_or(SimTime::ZERO, time::sim_time)
    }

    /// How many bytes etcd may hold; `None` when what was written is no amount.
    #[must_use]
    pub fn etcd_quota_bytes(&self) -> Option<u64> {
        let quota = self.etcd_quota.parse::<Quantity>().ok()?;
        u64::try_from(quota.value()).ok().filter(|bytes| *bytes > 0)
    }

    /// Checks that the cluster can be built.
    ///
    /// # Errors
    /// The first thing that is wrong, with what to write instead.
    pub fn check(&self) -> Result<(), SpecError> {
        if !matches!(self.control_planes, 1 | 3 | 5) {
            return Err(SpecError::ControlPlanes(self.control_planes));
        }
        if let Some(born) = self.born.as_ref().filter(|born| born.parse::<time::Timestamp>().is_err()) {
            return Err(SpecError::Born(born.clone()));
        }
        if self.etcd_quota_bytes().is_none() {
            return Err(SpecError::EtcdQuota(self.etcd_quota.clone()));
        }
        if let Some(told) = &self.scheduler {
            told.profiles().map_err(SpecError::Scheduler)?;
        }
        let total: u64 = self.nodes.iter().map(|pool| u64::from(pool.count)).sum();
        if total > 5_000 {
            return Err(SpecError::TooManyNodes(total));
        }
        let mut seen: std::collections::BTreeSet<String> = self.master_names().collect();
        for pool in &self.nodes {
            pool.check()?;
            for name in pool.names() {
                if !seen.insert(name.clone()) {
                    return Err(SpecError::DuplicateNode(name));
                }
            }
        }
        Ok(())
    }
}

impl NodePool {
    fn check(&self) -> Result<(), SpecError> {
        let is_name = |byte: u8| byte.is_ascii_lowercase() || byte.is_ascii_digit() || byte == b'-' || byte == b'.';
        if self.name.is_empty()
            || self.name.len() > 200
            || !self.name.bytes().all(is_name)
            || self.name.starts_with('-')
        {
            return Err(SpecError::Name(self.name.clone()));
        }
        for (resource, amount) in &self.allocatable {
            if amount.parse::<Quantity>().is_err() {
                let (pool, resource, amount) = (self.name.clone(), resource.clone(), amount.clone());
                return Err(SpecError::Quantity { pool, resource, amount });
            }
        }
        let unread = self.taints.iter().find(|taint| parse_taint(taint).is_none());
        unread.map_or(Ok(()), |taint| Err(SpecError::Taint { pool: self.name.clone(), taint: taint.clone() }))
    }
}

/// `key=value:Effect` or `key:Effect`, taken apart.
#[must_use]
pub fn parse_taint(text: &str) -> Option<(String, Option<String>, String)> {
    let (rest, effect) = text.rsplit_once(':')?;
    if !matches!(effect, "NoSchedule" | "PreferNoSchedule" | "NoExecute") || rest.is_empty() {
        return None;
    }
    Some(match rest.split_once('=') {
        Some((key, value)) => (key.to_owned(), Some(value.to_owned()), effect.to_owned()),
        None => (rest.to_owned(), None, effect.to_owned()),
    })
}
