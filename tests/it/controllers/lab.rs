//! A controller manager on a server of its own, and stand-ins for scheduler and kubelets that do as little as they can.

use std::collections::BTreeMap;
use std::sync::Arc;

use podlab::apiserver::Standalone;
use podlab::client::{
    Body, Component, Ctx, DeleteOptions, Desk, Effect, Identity, Incoming, Outcome, PatchType, Payload, Request,
    Subresource, Ticket, User, Verb,
};
use podlab::controllers::{ControllerManager, Options};
use podlab::engine::{Agenda, CauseId, Seed, SimDuration, SimTime, Stream, Trace};
use podlab::model::core::{Node, NodeCondition, NodeStatus, PodCondition};
use podlab::model::{Kind, Meta, Object, ObjectKey, Pod, decode, time};
use serde_json::{Value, json};

/// Every hop takes so long.
const HOP: SimDuration = SimDuration::from_millis(2);

enum Due {
    /// For the instance of the manager with this number.
    Request(u32, Ticket, Box<Request>),
    Incoming(u32, Incoming),
    Kubelets,
}

/// The world of a test.
pub(super) struct Lab {
    pub(super) server: Standalone,
    pub(super) manager: ControllerManager,
    agenda: Agenda<Due>,
    desk: Desk,
    random: Stream,
    trace: Trace,
    identity: Identity,
    watches: BTreeMap<Ticket, (u32, Ticket)>,
    life: u32,
    /// Nodes whose kubelet does not answer.
    pub(super) dead: Vec<&'static str>,
    /// Pods with this image never become ready.
    pub(super) broken: &'static str,
    pub(super) exited: Option<Arc<str>>,
    next_ip: u32,
}

impl Lab {
    /// A started controller manager that leads, and nodes `node-1` … with kubelets.
    pub(super) fn new(nodes: usize) -> Self {
        let user = User::new("system:kube-controller-manager", &[User::MASTERS]);
        let actor: Arc<str> = "kube-controller-manager".into();
        let identity = Identity { actor: actor.clone(), user: Arc::new(user), agent: actor, host: "master-1".into() };
        let mut lab = Self {
            server: Standalone::new(SimTime::ZERO),
            manager: ControllerManager::new(&Options::default()),
            agenda: Agenda::new(),
            desk: Desk::default(),
            random: Seed(1).stream("test"),
            trace: Trace::default(),
            identity,
            watches: BTreeMap::new(),
            life: 0,
            dead: Vec::new(),
            broken: "broken",
            exited: None,
            next_ip: 1,
        };
        for number in 1..=nodes {
            lab.add_node(&format!("node-{number}"));
        }
        lab.agenda.push(SimTime::from_secs(1), Due::Kubelets);
        lab.with_manager(|manager, ctx| manager.start(ctx));
        lab.run(3);
        assert!(lab.manager.leads(), "one candidate alone wins at once");
        lab
    }

    /// The manager dies and another one starts, which knows nothing.
    pub(super) fn restart_manager(&mut self) {
        self.life += 1;
        self.manager = ControllerManager::new(&Options::default());
        self.with_manager(|manager, ctx| manager.start(ctx));
    }

    fn add_node(&mut self, name: &str) {
        let mut node = Node::default();
        node.metadata.name = Some(name.into());
        let mut condition = NodeCondition { type_: "Ready".into(), status: "True".into(), ..NodeCondition::default() };
        let now = time::time(SimTime::ZERO);
        condition.last_heartbeat_time = Some(now.clone());
        condition.last_transition_time = Some(now);
        let conditions = ["MemoryPressure", "DiskPressure", "PIDPressure"].map(|kind| NodeCondition {
            type_: kind.into(),
            status: "False".into(),
            ..condition.clone()
        });
        let conditions = conditions.into_iter().chain([condition]).collect();
        node.status = Some(NodeStatus { conditions: Some(conditions), ..NodeStatus::default() });
        self.server.create(node);
    }

    /// Lets so many seconds pass.
    pub(super) fn run(&mut self, seconds: u64) {
        self.run_for(SimDuration::from_secs(seconds));
    }

    /// Lets a span pass.
    pub(super) fn run_for(&mut self, span: SimDuration) {
        let end = self.server.now() + span;
        self.deliver_watches();
        while let Some((at, due)) = self.agenda.next_at().filter(|at| *at <= end).and_then(|_| self.agenda.pop()) {
            self.server.advance(at);
            self.on_due(due);
            self.deliver_watches();
        }
        self.server.advance(end);
        self.deliver_watches();
    }

    fn on_due(&mut self, due: Due) {
        match due {
            Due::Request(life, ticket, request) => {
                let (server_ticket, outcome) = self.server.call_as("kube-controller-manager", *request);
                if let Ok(response) = &outcome
                    && matches!(response.payload, Payload::Watching)
                {
                    self.watches.insert(server_ticket, (life, ticket));
                }
                let back = self.server.now() + HOP;
                self.agenda.push(back, Due::Incoming(life, Incoming::Response { ticket, outcome }));
            }
            Due::Incoming(life, incoming) if life == self.life => {
                self.with_manager(|manager, ctx| manager.handle(incoming, ctx));
            }
            Due::Incoming(..) => {}
            Due::Kubelets => {
                self.kubelets();
                self.agenda.push(self.server.now() + SimDuration::from_secs(1), Due::Kubelets);
            }
        }
    }

    fn deliver_watches(&mut self) {
        let at = self.server.now() + HOP;
        for (ticket, events) in self.server.take_watched() {
            if let Some((life, ticket)) = self.watches.get(&ticket).copied() {
                self.agenda.push(at, Due::Incoming(life, Incoming::Watch { ticket, events }));
            }
        }
        for (ticket, status) in self.server.take_closed() {
            if let Some((life, ticket)) = self.watches.remove(&ticket) {
                self.agenda.push(at, Due::Incoming(life, Incoming::WatchClosed { ticket, status }));
            }
        }
    }

    fn with_manager(&mut self, call: impl FnOnce(&mut ControllerManager, &mut Ctx<'_>)) {
        let (now, life) = (self.server.now(), self.life);
        let (random, trace) = (&mut self.random, &mut self.trace);
        let (identity, desk) = (&self.identity, &mut self.desk);
        call(&mut self.manager, &mut Ctx { now, cause: CauseId::NONE, random, trace, identity, desk });
        for (_, effect) in self.desk.take() {
            match effect {
                Effect::Request(ticket, request) => self.agenda.push(now + HOP, Due::Request(life, ticket, request)),
                Effect::Timer(span, timer) => self.agenda.push(now + span, Due::Incoming(life, Incoming::Timer(timer))),
                Effect::Cancel(_) => {}
                Effect::Exit(words) => self.exited = Some(words),
            }
        }
    }

    /// One round of all kubelets and of the scheduler.
    fn kubelets(&mut self) {
        let nodes: Vec<_> = self.list(Kind::Node, "").iter().map(|node| node.name().to_owned()).collect();
        let alive: Vec<_> = nodes.iter().filter(|name| !self.dead.contains(&name.as_str())).cloned().collect();
        for name in &alive {
            self.renew(name);
        }
        for (index, object) in self.list(Kind::Pod, "").into_iter().enumerate() {
            let Some(pod) = object.get::<Pod>().cloned() else { continue };
            let node = pod.node_name().to_owned();
            if node.is_empty() && !pod.metadata.is_terminating() && !alive.is_empty() {
                let request = Standalone::request(Verb::Create, Kind::Pod, object.namespace(), object.name());
                let node: Arc<str> = alive[index % alive.len()].as_str().into();
                let _ = self.server.call(request.part(Subresource::Binding).body(Body::Binding(node)));
            } else if alive.contains(&node) && pod.metadata.is_terminating() {
                let options = DeleteOptions { grace_period_seconds: Some(0), ..DeleteOptions::default() };
                let request = Standalone::request(Verb::Delete, Kind::Pod, object.namespace(), object.name());
                let _ = self.server.call(request.body(Body::Delete(options)));
            } else if alive.contains(&node) && pod.phase() == "Pending" {
                self.start_pod(&pod);
            }
        }
    }

    fn renew(&mut self, node: &str) {
        let now = self.server.now();
        if !now.as_secs().is_multiple_of(10) && self.server.get(Kind::Lease, "kube-node-lease", node).is_some() {
            return;
        }
        let spec = json!({"spec": {"renewTime": time::micro_time(now)}});
        if self.server.get(Kind::Lease, "kube-node-lease", node).is_none() {
            let metadata = json!({"name": node, "namespace": "kube-node-lease"});
            self.apply(json!({"apiVersion": "coordination.k8s.io/v1", "kind": "Lease", "metadata": metadata}));
        }
        self.patch(Kind::Lease, "kube-node-lease", node, spec);
    }

    fn start_pod(&mut self, pod: &Arc<Pod>) {
        let mut pod = (**pod).clone();
        let ready = pod.spec.containers.iter().all(|container| container.image.as_deref() != Some(self.broken));
        self.next_ip += 1;
        let (now, ip) = (time::time(self.server.now()), format!("10.244.0.{}", self.next_ip));
        let status = pod.status_mut();
        status.phase = Some("Running".into());
        status.pod_ip = Some(ip);
        let condition = PodCondition {
            type_: "Ready".into(),
            status: if ready { "True" } else { "False" }.into(),
            last_transition_time: Some(now),
            ..PodCondition::default()
        };
        status.conditions.get_or_insert_default().retain(|condition| condition.type_ != "Ready");
        status.conditions.get_or_insert_default().push(condition);
        let request = Standalone::request(Verb::Patch, Kind::Pod, pod.metadata.namespace(), pod.metadata.name());
        self.server.call(request.part(Subresource::Status).body(Body::StatusOf(pod.into()))).expect("status is taken");
    }

    /// Creates what a manifest says.
    pub(super) fn apply(&mut self, manifest: Value) -> Object {
        let object = decode(manifest, &mut Vec::new()).expect("a test's manifest is right");
        self.server.create(object)
    }

    /// Merges into an object.
    pub(super) fn patch(&mut self, kind: Kind, namespace: &str, name: &str, patch: Value) {
        let request = Standalone::request(Verb::Patch, kind, namespace, name);
        self.server.call(request.body(Body::Patch(PatchType::Merge, patch))).expect("a test patches what is there");
    }

    /// Deletes an object.
    pub(super) fn delete(&mut self, kind: Kind, namespace: &str, name: &str, options: DeleteOptions) -> Outcome {
        self.server.call(Standalone::request(Verb::Delete, kind, namespace, name).body(Body::Delete(options)))
    }

    /// All objects of a kind.
    pub(super) fn list(&mut self, kind: Kind, namespace: &str) -> Vec<Object> {
        match self.server.call(Standalone::request(Verb::List, kind, namespace, "")).map(|answer| answer.payload) {
            Ok(Payload::List(list)) => list.items,
            other => panic!("no list: {other:?}"),
        }
    }

    /// The object as JSON; null when it is gone.
    pub(super) fn get(&self, kind: Kind, namespace: &str, name: &str) -> Value {
        self.server.get(kind, namespace, name).map_or(Value::Null, |object| object.to_value())
    }

    /// The events about objects of a kind, oldest first, `Reason: message`, with generated names made plain.
    pub(super) fn events(&mut self, kind: Kind) -> Vec<String> {
        let plain = |event: Value| {
            let text = |field: &str| event[field].as_str().unwrap_or_default().to_owned();
            // The end of an event's name is the time of its birth in nanoseconds.
            let name = event["metadata"]["name"].as_str().unwrap_or_default().to_owned();
            let born = name.split('.').next_back().unwrap_or_default().to_owned();
            (born, format!("{}: {}", text("reason"), text("message")))
        };
        let events = self.list(Kind::Event, "").into_iter().map(|event| event.to_value());
        let about = |event: &Value| event["involvedObject"]["kind"] == kind.name();
        let mut events: Vec<_> = events.filter(about).map(plain).collect();
        events.sort();
        events.into_iter().map(|(_, text)| text).collect()
    }

    /// The key of the only object of a kind in a namespace.
    pub(super) fn only(&mut self, kind: Kind, namespace: &str) -> ObjectKey {
        let all = self.list(kind, namespace);
        assert_eq!(all.len(), 1, "{kind}");
        all[0].key()
    }
}

/// A Deployment of nginx.
pub(super) fn deployment(name: &str, replicas: i32, image: &str) -> Value {
    json!({"apiVersion": "apps/v1", "kind": "Deployment", "metadata": {"name": name, "namespace": "default"},
        "spec": {"replicas": replicas, "selector": {"matchLabels": {"app": name}},
            "template": {"metadata": {"labels": {"app": name}},
                "spec": {"containers": [{"name": "app", "image": image}]}}}})
}
