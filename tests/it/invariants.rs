//! What must hold whatever people and machines do: looked at after every write, in clusters that are shaken at random.

use std::collections::BTreeMap;
use std::sync::Arc;

use podlab::cluster::{Cluster, Fault, Input, NodePool};
use podlab::engine::{Seed, SimDuration, SimTime, Stream};
use podlab::model::apps::Deployment;
use podlab::model::core::Node;
use podlab::model::resources::{Resources, pod_requests};
use podlab::model::{Meta, Pod};

use crate::ha::{cluster_with, kubectl_reading};

/// What is known of earlier moments, and what was found wrong.
#[derive(Default)]
struct Watch {
    revision: u64,
    places: BTreeMap<String, String>,
    kept: BTreeMap<String, i64>,
    leaving: BTreeMap<String, bool>,
    faults: Vec<String>,
}

impl Watch {
    /// Looks, if anything was written since.
    fn look(&mut self, cluster: &Cluster) {
        if cluster.revision() != self.revision {
            self.revision = cluster.revision();
            let (nodes, pods) = (cluster.all::<Node>(), cluster.all::<Pod>());
            self.capacity(&nodes, &pods);
            self.bindings(&pods);
            self.floors(&cluster.all::<Deployment>(), &pods);
        }
    }

    /// When a Pod is bound, requests do not exceed what its node offers.
    fn capacity(&mut self, nodes: &[Arc<Node>], pods: &[Arc<Pod>]) {
        for node in nodes {
            let name = node.metadata.name();
            let here = || pods.iter().filter(|pod| pod.node_name() == name && !pod.is_terminal());
            let offered = Resources::of(node.status.as_ref().and_then(|status| status.allocatable.as_ref()));
            let has_new = here().any(|pod| !self.places.contains_key(pod.metadata.uid()));
            let asked = sum(here().map(|pod| pod_requests(&pod.spec)));
            for resource in ["cpu", "memory", "pods"] {
                let (asked, offered) = (asked.amount(resource), offered.amount(resource));
                if has_new && asked > offered {
                    self.faults.push(format!("{name}: {asked} of {offered} {resource} bound"));
                }
            }
        }
    }

    /// Once reports have come, what kubelets have promised is no more than there is.
    fn promises(&mut self, cluster: &Cluster) {
        let pods = cluster.all::<Pod>();
        for node in cluster.all::<Node>() {
            let name = node.metadata.name();
            let offered = Resources::of(node.status.as_ref().and_then(|status| status.allocatable.as_ref()));
            let here = pods.iter().filter(|pod| pod.node_name() == name && !pod.is_terminal());
            let promised = sum(here.filter_map(|pod| promised(pod)));
            if promised.milli_cpu > offered.milli_cpu || promised.memory > offered.memory {
                self.faults.push(format!("{name}: {} of {}m promised", promised.milli_cpu, offered.milli_cpu));
            }
        }
    }

    /// A Pod that has a node keeps it.
    fn bindings(&mut self, pods: &[Arc<Pod>]) {
        for pod in pods.iter().filter(|pod| !pod.node_name().is_empty()) {
            let node = pod.node_name().to_owned();
            let before = self.places.insert(pod.metadata.uid().to_owned(), node.clone());
            if before.as_ref().is_some_and(|before| *before != node) {
                self.faults.push(format!("{} went from {before:?} to {node}", pod.metadata.name()));
            }
        }
    }

    /// A Deployment deletes no Pod that is available when that takes it below its floor.
    fn floors(&mut self, deployments: &[Arc<Deployment>], pods: &[Arc<Pod>]) {
        for deployment in deployments {
            let name = deployment.metadata.name();
            let replicas = i64::from(deployment.spec.as_ref().and_then(|spec| spec.replicas).unwrap_or(1));
            let floor = replicas - max_unavailable(deployment, replicas);
            let mine = pods.iter().filter(|pod| pod.metadata.label("app") == Some(name));
            let (mut available, mut gone_now) = (0, false);
            for pod in mine {
                let is_ready = pod.condition("Ready").is_some_and(|condition| condition.status == "True");
                let is_leaving = pod.metadata.is_terminating();
                available += i64::from(is_ready && !is_leaving);
                let before = self.leaving.insert(pod.metadata.uid().to_owned(), is_leaving);
                gone_now |= is_leaving && is_ready && before == Some(false);
            }
            if gone_now && available < floor {
                self.faults.push(format!("{name}: {available} available where {floor} must be"));
            }
            self.kept.insert(name.to_owned(), available);
        }
    }
}

fn sum(all: impl Iterator<Item = Resources>) -> Resources {
    all.fold(Resources::default(), |mut sum, one| {
        sum.add(&one);
        sum.pods += 1;
        sum
    })
}

/// What the kubelet says that it has promised; `None` before it says so.
fn promised(pod: &Pod) -> Option<Resources> {
    let mut spec = (*pod.spec).clone();
    for container in &mut spec.containers {
        let status = pod.container_statuses().iter().find(|status| status.name == container.name)?;
        container.resources.get_or_insert_default().requests = Some(status.allocated_resources.clone()?);
    }
    Some(pod_requests(&spec))
}

/// Rounded down, as the controller does; a Deployment that recreates may lose all.
fn max_unavailable(deployment: &Deployment, replicas: i64) -> i64 {
    let strategy = deployment.spec.as_ref().and_then(|spec| spec.strategy.as_ref());
    let rolling = strategy.and_then(|strategy| strategy.rolling_update.as_ref());
    let text = rolling.and_then(|rolling| rolling.max_unavailable.as_ref()).map(|value| format!("{value:?}"));
    let digits = |text: &str| text.chars().filter(char::is_ascii_digit).collect::<String>().parse().unwrap_or(0);
    match text {
        Some(text) if text.contains('%') => replicas * digits(&text) / 100,
        Some(text) => digits(&text),
        None => replicas / 4,
    }
}

fn begun(seed: u64) -> Cluster {
    let nodes = vec![
        NodePool { count: 2, allocatable: amounts("2", "4Gi", "6"), ..NodePool::default() },
        NodePool { name: "large-1".into(), count: 1, allocatable: amounts("4", "8Gi", "8"), ..NodePool::default() },
    ];
    let mut cluster = cluster_with(1, 2, seed, |spec| spec.nodes = nodes);
    cluster.run_until(SimTime::from_secs(20));
    cluster
}

fn amounts(cpu: &str, memory: &str, pods: &str) -> BTreeMap<String, String> {
    let all = [("cpu", cpu), ("memory", memory), ("pods", pods), ("ephemeral-storage", "20Gi")];
    all.into_iter().map(|(name, amount)| (name.to_owned(), amount.to_owned())).collect()
}

/// Lets a command run, and time pass, looking all the while.
fn typed(cluster: &mut Cluster, watch: &mut Watch, line: &str, stdin: Option<String>, secs: u64) {
    let (invocation, files) = (cluster.steps() + 1, Arc::new(BTreeMap::new()));
    cluster.submit(Input::Kubectl { invocation, line: line.to_owned(), files, stdin });
    pass(cluster, watch, secs);
}

fn pass(cluster: &mut Cluster, watch: &mut Watch, secs: u64) {
    let end = cluster.now() + SimDuration::from_secs(secs);
    while cluster.now() < end && cluster.step() {
        watch.look(cluster);
    }
}

fn deployment(name: &str, replicas: u64, cpu: u64, strategy: &str) -> String {
    format!(
        "apiVersion: apps/v1
kind: Deployment
metadata: {{name: {name}}}
spec:
  replicas: {replicas}
  strategy: {strategy}
  selector: {{matchLabels: {{app: {name}}}}}
  template:
    metadata: {{labels: {{app: {name}}}}}
    spec:
      terminationGracePeriodSeconds: 3
      containers:
      - name: app
        image: nginx:1.27
        resources: {{requests: {{cpu: {cpu}m, memory: 64Mi}}}}
        readinessProbe: {{httpGet: {{path: /, port: 80}}, periodSeconds: 1}}
"
    )
}

const CLASS: &str = "apiVersion: scheduling.k8s.io/v1\nkind: PriorityClass\nmetadata: {name: urgent}\nvalue: 1000\n";

/// One thing that people or machines do.
fn act(cluster: &mut Cluster, watch: &mut Watch, random: &mut Stream, turn: u64) {
    let node = ["node-1", "node-2", "large-1"][random.below(3) as usize];
    let name = ["web", "api", "batch"][random.below(3) as usize];
    let secs = 2 + random.below(12);
    match random.below(12) {
        0..3 => {
            let text = deployment(name, 1 + random.below(9), [100, 400, 900][random.below(3) as usize], "{}");
            typed(cluster, watch, "apply -f -", Some(text), secs);
        }
        3 => typed(cluster, watch, &format!("scale deploy {name} --replicas={}", random.below(12)), None, secs),
        4 => typed(cluster, watch, &format!("set image deploy {name} app=nginx:1.2{}", turn % 8), None, secs),
        5 => typed(cluster, watch, &format!("delete pod -l app={name} --wait=false"), None, secs),
        6 => typed(cluster, watch, &format!("cordon {node}"), None, secs),
        7 => typed(cluster, watch, &format!("uncordon {node}"), None, secs),
        8 => {
            let text = format!(
                "{CLASS}---\napiVersion: v1\nkind: Pod\nmetadata: {{name: vip-{turn}}}\nspec: {{priorityClassName: urgent, \
                 containers: [{{name: app, image: nginx, resources: {{requests: {{cpu: 1500m}}}}}}]}}\n"
            );
            typed(cluster, watch, "apply -f -", Some(text), secs);
        }
        9 => {
            cluster.submit(Input::Fault(Fault::NodeDown { node: node.to_owned() }));
            pass(cluster, watch, 45 + secs);
            cluster.submit(Input::Fault(Fault::NodeUp { node: node.to_owned() }));
            pass(cluster, watch, secs);
        }
        10 => {
            let pods = cluster.all::<Pod>();
            let Some(pod) = pods.get(random.below(pods.len().max(1) as u64) as usize) else { return };
            let cpu = 100 + random.below(20) * 100;
            let patch = format!(
                "{{\"spec\":{{\"containers\":[{{\"name\":\"app\",\"resources\":{{\"requests\":{{\"cpu\":\"{cpu}m\"}}}}}}]}}}}"
            );
            let line = format!("patch pod {} --subresource resize -p '{patch}'", pod.metadata.name());
            typed(cluster, watch, &line, None, secs);
        }
        _ => typed(cluster, watch, &format!("drain {node} --force --ignore-daemonsets --timeout=5s"), None, secs),
    }
}

#[test]
fn nodes_are_never_full_beyond_the_brim_and_nobody_is_bound_twice() {
    for seed in 1..=3 {
        let (mut cluster, mut watch) = (begun(seed), Watch::default());
        let mut random = Seed(seed).stream("hands");
        for turn in 0..32 {
            if turn % 3 == 0 {
                typed(&mut cluster, &mut watch, "uncordon node-1 node-2 large-1", None, 1);
            }
            act(&mut cluster, &mut watch, &mut random, turn);
            watch.promises(&cluster);
        }
        let faults: Vec<_> = watch.faults.iter().filter(|fault| !fault.contains(" available where ")).collect();
        assert!(faults.is_empty(), "seed {seed}: {faults:#?}");
        assert!(watch.places.len() > 20, "seed {seed}: something went on: {}", watch.places.len());
    }
}

/// Renewals, counts and pauses, but nobody who takes Pods or nodes away.
fn renewals(seed: u64, strategy: &str) -> Watch {
    let (mut cluster, mut watch) = (begun(seed), Watch::default());
    kubectl_reading(&mut cluster, "apply -f -", Some(&deployment("web", 6, 100, strategy)));
    pass(&mut cluster, &mut watch, 30);
    let mut random = Seed(seed).stream("hands");
    for turn in 0..16 {
        let secs = 1 + random.below(15);
        let line = match random.below(8) {
            0..4 => format!("set image deploy web app=nginx:1.2{}", turn % 8),
            4 => format!("scale deploy web --replicas={}", 3 + random.below(8)),
            5 => "rollout undo deploy web".to_owned(),
            6 => "rollout pause deploy web".to_owned(),
            _ => "rollout resume deploy web".to_owned(),
        };
        typed(&mut cluster, &mut watch, &line, None, secs);
    }
    watch
}

#[test]
fn a_deployment_never_goes_below_its_floor_by_its_own_doing() {
    for (seed, strategy) in [
        (1, "{}"),
        (2, "{rollingUpdate: {maxSurge: 0, maxUnavailable: 2}}"),
        (3, "{rollingUpdate: {maxSurge: 3, maxUnavailable: 0}}"),
    ] {
        let watch = renewals(seed, strategy);
        assert!(watch.faults.is_empty(), "seed {seed}, {strategy}: {:#?}", watch.faults);
        assert!(watch.leaving.len() > 15, "seed {seed}: Pods were replaced: {}", watch.leaving.len());
    }
}

#[test]
fn the_watch_sees_what_it_watches_for() {
    let watch = renewals(1, "{type: Recreate}");
    assert!(watch.faults.iter().any(|fault| fault.starts_with("web: 0 available where")), "{:?}", watch.faults);
    // Who names a node himself is not asked whether there is room; the kubelet refuses only later.
    let (mut cluster, mut watch) = (begun(1), Watch::default());
    let pods = (0..3).map(|number| {
        format!(
            "apiVersion: v1\nkind: Pod\nmetadata: {{name: p-{number}}}\nspec: {{nodeName: node-1, containers: [{{name: app, \
             image: nginx, resources: {{requests: {{cpu: '1'}}}}}}]}}\n---\n"
        )
    });
    typed(&mut cluster, &mut watch, "apply -f -", Some(pods.collect()), 5);
    assert!(watch.faults.iter().any(|fault| fault == "node-1: 3000 of 2000 cpu bound"), "{:?}", watch.faults);
    let mut moved = (*cluster.all::<Pod>()[0]).clone();
    moved.set_node_name("node-2");
    watch.bindings(&[Arc::new(moved)]);
    assert!(watch.faults.last().unwrap().contains("went from"), "{:?}", watch.faults);
}
