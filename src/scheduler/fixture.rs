//! Nodes and Pods for tests, in few words.

use std::sync::Arc;

use serde_json::{Value, json};

use crate::engine::{Seed, Stream};
use crate::model::core::Node;
use crate::model::{Kind, Object, Pod};

use super::cycle::{Algorithm, Placement, Unplaced};
use super::framework::{PostFilterOutcome, Profile};
use super::node_info::NodeInfo;
use super::pod_info::PodInfo;
use super::preemption::Candidate;
use super::snapshot::Snapshot;

/// A node to be.
#[derive(Clone, Debug)]
pub struct NodeFixture(pub Value);

/// A Pod to be.
#[derive(Clone, Debug)]
pub struct PodFixture(pub Value);

/// A node with room for 110 Pods.
pub fn node(name: &str, cpu: &str, memory: &str) -> NodeFixture {
    NodeFixture(json!({
        "metadata": {"name": name, "labels": {"kubernetes.io/hostname": name}}, "spec": {},
        "status": {"allocatable": {"cpu": cpu, "memory": memory, "pods": "110", "ephemeral-storage": "100Gi"}},
    }))
}

impl NodeFixture {
    /// With a label.
    pub fn label(mut self, key: &str, value: &str) -> Self {
        self.0["metadata"]["labels"][key] = json!(value);
        self
    }

    /// With a taint.
    pub fn taint(mut self, key: &str, value: &str, effect: &str) -> Self {
        let taint = json!({"key": key, "value": value, "effect": effect});
        match self.0["spec"]["taints"].as_array_mut() {
            Some(taints) => taints.push(taint),
            None => self.0["spec"]["taints"] = json!([taint]),
        }
        self
    }

    /// Cordoned.
    pub fn cordoned(mut self) -> Self {
        self.0["spec"]["unschedulable"] = json!(true);
        self.taint("node.kubernetes.io/unschedulable", "", "NoSchedule")
    }

    /// With room for so many Pods.
    pub fn pods(mut self, pods: u32) -> Self {
        self.0["status"]["allocatable"]["pods"] = json!(pods.to_string());
        self
    }

    /// As an object.
    pub fn object(&self) -> Arc<Node> {
        Arc::new(serde_json::from_value(self.0.clone()).unwrap())
    }

    /// As the scheduler sees it.
    pub fn info(&self) -> NodeInfo {
        let object = self.object();
        let mut info = NodeInfo::new(object.metadata.name.clone().unwrap().into());
        info.set_node(object);
        info
    }
}

/// A Pod of one container in the namespace `default`; its UID is its name.
pub fn pod(name: &str) -> PodFixture {
    PodFixture(json!({
        "metadata": {"name": name, "namespace": "default", "uid": name},
        "spec": {"containers": [{"name": "app", "image": "nginx:1.27"}], "schedulerName": "default-scheduler"},
        "status": {"phase": "Pending"},
    }))
}

impl PodFixture {
    /// With these requests; `0` for none.
    pub fn requests(mut self, cpu: &str, memory: &str) -> Self {
        let named = [("cpu", cpu), ("memory", memory)].into_iter().filter(|(_, amount)| *amount != "0");
        let list: serde_json::Map<_, _> = named.map(|(name, amount)| (name.to_owned(), json!(amount))).collect();
        self.0["spec"]["containers"][0]["resources"] = json!({"requests": list});
        self
    }

    /// With a field of the spec.
    pub fn spec(mut self, field: &str, value: Value) -> Self {
        self.0["spec"][field] = value;
        self
    }

    /// With a field of the status.
    pub fn status(mut self, field: &str, value: Value) -> Self {
        self.0["status"][field] = value;
        self
    }

    /// With a field of the metadata.
    pub fn meta(mut self, field: &str, value: Value) -> Self {
        self.0["metadata"][field] = value;
        self
    }

    /// With a priority.
    pub fn priority(self, priority: i32) -> Self {
        self.spec("priority", json!(priority))
    }

    /// On a node.
    pub fn on(self, node: &str) -> Self {
        self.spec("nodeName", json!(node))
    }

    /// With a host port.
    pub fn host_port(mut self, port: u16) -> Self {
        self.0["spec"]["containers"][0]["ports"] = json!([{"containerPort": 80, "hostPort": port, "protocol": "TCP"}]);
        self
    }

    /// With a volume of a claim.
    pub fn claim(self, name: &str) -> Self {
        self.spec("volumes", json!([{"name": "data", "persistentVolumeClaim": {"claimName": name}}]))
    }

    /// As an object.
    pub fn object(&self) -> Object {
        Object::from_value(Kind::Pod, self.0.clone(), &mut Vec::new()).unwrap()
    }

    /// As the scheduler sees it.
    pub fn info(&self) -> Arc<PodInfo> {
        let object = self.object();
        Arc::new(PodInfo::new(Arc::clone(object.get::<Pod>().unwrap())))
    }
}

/// A snapshot of these nodes and the Pods on them.
pub fn snapshot(nodes: &[NodeFixture], pods: &[PodFixture]) -> Snapshot {
    let mut snapshot = Snapshot::default();
    for node in nodes {
        snapshot.set_node(node.object());
    }
    for pod in pods {
        let info = pod.info();
        snapshot.add_pod(info.pod.node_name(), Arc::clone(&info));
    }
    snapshot.refresh();
    snapshot
}

/// An object from JSON.
pub fn object(kind: Kind, value: Value) -> Object {
    Object::from_value(kind, value, &mut Vec::new()).unwrap()
}

/// A stream of random numbers.
pub fn stream() -> Stream {
    Seed(1).stream("test")
}

/// Tries to place a Pod with the default profile.
pub fn place(snapshot: &Snapshot, pod: &PodFixture) -> Result<Placement, String> {
    let outcome = attempt(snapshot, pod);
    outcome.map_err(|(message, _)| message)
}

/// The message that a Pod without a node gets.
pub fn message(snapshot: &Snapshot, pod: &PodFixture) -> String {
    place(snapshot, pod).map_or_else(|message| message, |placement| format!("placed on {}", placement.node))
}

/// The message, and the room that could be made.
pub fn attempt(snapshot: &Snapshot, pod: &PodFixture) -> Result<Placement, (String, Option<Candidate>)> {
    let mut algorithm = Algorithm::new(Profile::default_scheduler());
    let pod = pod.info();
    match algorithm.schedule_pod(&pod, snapshot, &mut stream()) {
        Ok(placement) => Ok(placement),
        Err(Unplaced::NoNodes) => Err(("no nodes".to_owned(), None)),
        Err(Unplaced::Unfit(mut error, state)) => {
            let outcome = algorithm.post_filter(&pod, snapshot, &error, &state, 0);
            let room = match outcome {
                PostFilterOutcome::Room(candidate) => Some(candidate),
                PostFilterOutcome::Unschedulable(refusal) => {
                    error.diagnosis.post_filter = refusal.text;
                    None
                }
                PostFilterOutcome::Error(text) => {
                    error.diagnosis.post_filter = text;
                    None
                }
            };
            Err((error.message(), room))
        }
    }
}
