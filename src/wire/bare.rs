//! A cluster without a story: so many nodes of one make, or the machines that a file lists.

use std::collections::BTreeMap;
use std::sync::Arc;

use serde::Deserialize;
use serde_json::{Value, json};

use crate::cluster::{Addon, ClusterSpec, NodePool};
use crate::model::yaml;
use crate::scenario::{LoadError, Scenario, decode, load};

/// A file of nodes: `nodes: [{name: node, count: 2, cpu: "4", memory: 8Gi, pods: 110, labels: {zone: a}, taints: [k=v:NoSchedule]}]`.
#[derive(Clone, Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct ClusterFile {
    /// The nodes.
    pub nodes: Vec<NodeLine>,
    /// What is installed beside Kubernetes: `[metrics-server]`.
    #[serde(default)]
    pub addons: Vec<Addon>,
}

/// Nodes of one make.
#[derive(Clone, Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct NodeLine {
    /// With a count, the nodes are NAME-1 to NAME-N; without, there is one and this is its name.
    #[serde(default = "default_name")]
    pub name: String,
    /// How many.
    pub count: Option<u32>,
    /// Processors, 4 when absent.
    pub cpu: Option<Value>,
    /// Memory, 8Gi when absent.
    pub memory: Option<Value>,
    /// Pods, 110 when absent.
    pub pods: Option<Value>,
    /// Labels beside those every node has.
    #[serde(default)]
    pub labels: BTreeMap<String, String>,
    /// `key=value:Effect` or `key:Effect`.
    #[serde(default)]
    pub taints: Vec<String>,
    /// Images on their disks from the start, [`IMAGES`] when absent.
    pub images: Option<Vec<String>>,
}

/// What the nodes of a cluster without a story have on their disks: a shell to try things with, without waiting for a registry.
pub const IMAGES: [&str; 1] = ["busybox:1.36"];

/// A file of nodes that cannot be read.
#[derive(Debug, thiserror::Error)]
pub enum ClusterFileError {
    /// It is no YAML.
    #[error("{0}")]
    Yaml(String),
    /// It does not say what it should.
    #[error("{0}\n  a file of nodes is like `nodes: [{{name: node, count: 3, cpu: \"4\", memory: 8Gi}}]`")]
    Content(LoadError),
    /// Such a cluster cannot be built.
    #[error(transparent)]
    Scenario(#[from] LoadError),
}

fn default_name() -> String {
    "node".to_owned()
}

/// Reads a file of nodes.
///
/// # Errors
/// What is wrong with it, and where.
pub fn read(file: &str, text: &str) -> Result<(Vec<NodePool>, Vec<Addon>), ClusterFileError> {
    let documents = yaml::read(file, text).map_err(|error| ClusterFileError::Yaml(error.to_string()))?;
    let Some(document) = documents.first() else { return Ok(Default::default()) };
    let read: ClusterFile = decode(file, document).map_err(ClusterFileError::Content)?;
    Ok((read.nodes.iter().map(NodeLine::pool).collect(), read.addons))
}

impl NodeLine {
    fn pool(&self) -> NodePool {
        let mut pool = NodePool { name: self.name.clone(), ..NodePool::default() };
        pool.keeps_name = self.count.is_none();
        pool.count = self.count.unwrap_or(1);
        let given = [("cpu", &self.cpu), ("memory", &self.memory), ("pods", &self.pods)];
        for (resource, amount) in given {
            if let Some(amount) = amount {
                let text = amount.as_str().map_or_else(|| amount.to_string(), str::to_owned);
                pool.allocatable.insert(resource.to_owned(), text);
            }
        }
        pool.labels.clone_from(&self.labels);
        pool.taints.clone_from(&self.taints);
        pool.images = self.images.clone().unwrap_or_else(|| IMAGES.map(str::to_owned).to_vec());
        pool
    }
}

/// A scenario that is nothing but a cluster.
///
/// # Errors
/// When no such cluster can be built.
pub fn scenario(cluster: &ClusterSpec) -> Result<Scenario, ClusterFileError> {
    let text = json!({
        "apiVersion": "podlab.dev/v1",
        "kind": "Scenario",
        "metadata": {"name": "cluster"},
        "spec": {"title": {"en": "Cluster"}, "settle": "0s", "cluster": cluster, "steps": [], "solutions": []}
    });
    let mut scenario = load("cluster", &text.to_string())?;
    // What the format does not say, the spec keeps.
    Arc::make_mut(&mut scenario.file).spec.cluster.clone_from(cluster);
    Ok(scenario)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_file_of_nodes_becomes_machines() {
        let text = "addons: [metrics-server]\nnodes: [{name: node, count: 2, cpu: 2, labels: {zone: a}}, \
                    {name: big, memory: 64Gi, taints: ['gpu=yes:NoSchedule']}]";
        let (pools, addons) = read("cluster.yaml", text).unwrap();
        assert_eq!(addons, [Addon::MetricsServer]);
        let names: Vec<String> = pools.iter().flat_map(NodePool::names).collect();
        assert_eq!(names, ["node-1", "node-2", "big"]);
        assert_eq!(pools[0].allocatable["cpu"], "2");
        assert_eq!(pools[1].allocatable["memory"], "64Gi");
    }

    #[test]
    fn what_is_wrong_with_it_is_told_with_its_place() {
        let error = read("cluster.yaml", "nodes: [{name: a, cores: 2}]").unwrap_err().to_string();
        assert!(error.starts_with("cluster.yaml:1:19: "), "{error}");
        assert!(error.contains("unknown field `cores`"), "{error}");
    }
}
