//! Add-ons at work: a metrics server lives while its process runs, asks the kubelets, and answers what an API server hands on.

use std::sync::Arc;

use crate::apiserver::authorization::Attributes;
use crate::apiserver::{Credentials, Request, Ticket};
use crate::client::Incoming;
use crate::engine::{CauseId, SimDuration};
use crate::kubelet::{Counters, ResourceMetrics};
use crate::machine::{ContainerId, ContainerState};
use crate::model::Meta;
use crate::model::core::Node;
use crate::monitoring::metrics_server::unavailable;
use crate::monitoring::{Batch, MetricsServer, Point};

use super::actor::{ActorId, Role};
use super::world::Cluster;

/// What the program of such a container calls itself in the catalogue.
const COMPONENT: &str = "metrics-server";
/// Where kubelets listen.
const KUBELET_PORT: u16 = 10250;

/// A metrics server that runs, or has run, in a container.
#[derive(Clone, Debug)]
pub(super) struct MetricsProcess {
    worker: usize,
    container: ContainerId,
    actor: ActorId,
    pub(super) server: MetricsServer,
    is_ready: bool,
}

impl Cluster {
    /// A container has started: if it is an add-on, its logic begins.
    pub(super) fn on_container_started(&mut self, worker: usize, container: ContainerId, cause: CauseId) {
        let entry = &self.workers[worker];
        match entry.machine.component_of(container) {
            Some(COMPONENT) => {}
            Some(super::heapster::COMPONENT) => return self.begin_heapster(worker, container),
            _ => return,
        }
        let Some(running) = entry.machine.container(container) else { return };
        let runs =
            |pod: &&crate::kubelet::pod_worker::PodWorker| pod.slots.iter().any(|slot| slot.current == Some(container));
        let Some(pod) = entry.kubelet.workers().find(runs).map(|worker| Arc::clone(&worker.pod)) else { return };
        let server = MetricsServer::new(running.argv.iter().map(String::as_str));
        let (name, namespace, host) = (pod.metadata.name(), pod.metadata.namespace(), entry.name.to_string());
        let account = pod.spec.service_account_name.as_deref().unwrap_or("default");
        let user = format!("system:serviceaccount:{namespace}:{account}");
        let groups = ["system:serviceaccounts".to_owned(), format!("system:serviceaccounts:{namespace}")];
        let groups: Vec<&str> = groups.iter().map(String::as_str).collect();
        let role = Role::MetricsServer(self.metrics_servers.len());
        let actor = self.add_actor(role, name, COMPONENT, &host, &user, &groups);
        self.metrics_servers.push(MetricsProcess { worker, container, actor, server, is_ready: false });
        let now = self.now;
        let entry = &mut self.actors[actor.0 as usize];
        (entry.is_up, entry.started_at) = (true, now);
        self.call(actor, cause, None);
    }

    /// Whether the process of an add-on still runs.
    pub(super) fn is_metrics_server_up(&self, index: usize) -> bool {
        self.runs(&self.metrics_servers[index])
    }

    /// Makes a round over all kubelets if one is due.
    pub(super) fn make_round(&mut self, index: usize) {
        if let Some(nodes) = self.metrics_servers[index].server.take_round() {
            self.ask_kubelets(index, &nodes);
        }
    }

    fn runs(&self, process: &MetricsProcess) -> bool {
        let worker = &self.workers[process.worker];
        let state = worker.machine.container(process.container).map(|container| container.state);
        worker.is_on && state == Some(ContainerState::Running)
    }

    /// One round over all kubelets.
    fn ask_kubelets(&mut self, index: usize, nodes: &[Arc<Node>]) {
        let MetricsProcess { worker, container, actor, .. } = self.metrics_servers[index];
        let (now, mut batch) = (self.now, Batch::default());
        for node in nodes {
            match self.ask_kubelet(index, actor, node) {
                Ok(told) => add(&mut batch, &node.metadata.name().into(), &told),
                Err(error) => {
                    let line = format!("\"Failed to scrape node\" err={error:?} node=\"{}\"", node.metadata.name());
                    self.worker_mut(worker).machine.say(now, container, &line);
                }
            }
        }
        let process = &mut self.metrics_servers[index];
        process.server.store(batch);
        let is_ready = process.server.is_ready();
        if std::mem::replace(&mut process.is_ready, is_ready) != is_ready {
            self.worker_mut(worker).machine.set_component_ready(now, container, is_ready);
        }
        self.set_machine_wake(worker);
    }

    /// What a kubelet tells a metrics server; the error is that of Go's HTTP client.
    fn ask_kubelet(&mut self, index: usize, actor: ActorId, node: &Node) -> Result<ResourceMetrics, String> {
        let name = node.metadata.name();
        let addresses = node.status.as_ref().and_then(|status| status.addresses.as_deref()).unwrap_or_default();
        let address = addresses.iter().find(|one| one.type_ == "InternalIP").map_or(name, |one| one.address.as_str());
        let failed = |why: &str| Err(format!("Get \"https://{address}:{KUBELET_PORT}/metrics/resource\": {why}"));
        let host = Arc::clone(&self.actors[actor.0 as usize].identity.host);
        let Some(there) = self.worker_by_name.get(name).copied() else { return failed("no route to host") };
        if !self.workers[there].is_on || !self.reaches(&host, name) {
            return failed("context deadline exceeded");
        }
        if !self.actors[self.workers[there].actor.0 as usize].is_up {
            return failed(&format!("dial tcp {address}:{KUBELET_PORT}: connect: connection refused"));
        }
        // A kubelet signs its certificate itself unless its configuration says `serverTLSBootstrap`.
        if !self.metrics_servers[index].server.is_trusting() {
            return failed(&format!(
                "tls: failed to verify certificate: x509: cannot validate certificate for {address} because it doesn't contain any \
                 IP SANs"
            ));
        }
        if !self.may_read_metrics(actor, name) {
            return Err("request failed, status: \"403 Forbidden\"".to_owned());
        }
        let now = self.now;
        let entry = self.worker_mut(there);
        Ok(entry.kubelet.resource_metrics(&mut entry.machine, now))
    }

    /// The kubelet asks the API whether whoever calls may get `nodes/metrics`.
    fn may_read_metrics(&self, actor: ActorId, node: &str) -> bool {
        let user = &self.actors[actor.0 as usize].identity.user;
        let asked = Attributes {
            user,
            verb: "get",
            group: "",
            resource: "nodes",
            subresource: "metrics",
            namespace: "",
            name: node,
            fields: "",
            path: "",
        };
        let credentials = Credentials { user: Arc::clone(user), ..Credentials::default() };
        self.authorize(&credentials, &asked).is_some_and(|verdict| verdict.is_ok())
    }

    /// An API server hands a request on to the Service of an add-on.
    pub(super) fn hand_to_service(
        &mut self,
        caller: ActorId,
        ticket: Ticket,
        service: (Arc<str>, Arc<str>),
        cause: CauseId,
        delay: SimDuration,
    ) {
        let Some(request) = self.open.remove(&(caller, ticket)).and_then(|open| open.request) else { return };
        let outcome = match self.metrics_server_behind(&service) {
            Some(index) => {
                let there = self.workers[self.metrics_servers[index].worker].name.clone();
                let way = self.latency("", &there) * 2;
                let outcome = self.metrics_servers[index].server.answer(&request, self.now + way).map(Into::into);
                return self.deliver(caller, cause, Incoming::Response { ticket, outcome }, delay + way);
            }
            None => Err(unavailable(verb_of(&request), request.kind)),
        };
        self.deliver(caller, cause, Incoming::Response { ticket, outcome }, delay);
    }

    /// A metrics server to which a Service leads.
    fn metrics_server_behind(&self, service: &(Arc<str>, Arc<str>)) -> Option<usize> {
        let version = self.network.1.table().newest(service)?;
        let leads = |process: &MetricsProcess| {
            let machine = &self.workers[process.worker].machine;
            let sandbox = machine.container(process.container).and_then(|container| machine.sandbox(container.sandbox));
            let ip = sandbox.and_then(|sandbox| sandbox.config.ip);
            let reaches =
                self.masters.iter().any(|master| self.reaches(&master.name, &self.workers[process.worker].name));
            self.runs(process) && reaches && version.endpoints.iter().any(|one| one.is_ready && ip == Some(one.ip))
        };
        self.metrics_servers.iter().position(leads)
    }
}

/// client-go names the verb by the HTTP method.
fn verb_of(request: &Request) -> &'static str {
    match request.verb {
        crate::apiserver::Verb::List => "get",
        verb => verb.as_str(),
    }
}

fn add(batch: &mut Batch, node: &Arc<str>, told: &ResourceMetrics) {
    let point = |counters: &Counters| Point {
        started_at: counters.started_at,
        at: told.at,
        cpu: counters.cpu,
        memory: counters.memory,
    };
    batch.nodes.insert(Arc::clone(node), point(&told.node));
    for container in &told.containers {
        let pod = batch.pods.entry((Arc::clone(&container.namespace), Arc::clone(&container.pod))).or_default();
        pod.insert(Arc::clone(&container.name), point(&container.counters));
    }
}
