//! A kubelet on a real machine with real volumes, and as much of an API server as it takes to answer it.

use std::collections::BTreeMap;
use std::sync::Arc;

use serde_json::Value;

use podlab::client::{
    Body, Ctx, Desk, Effect, ExecOptions, Identity, Incoming, List, LogOptions, Outcome, Payload, Request, Response,
    Status, Subresource, Ticket, User, Verb, WatchEvent, WatchEventKind,
};
use podlab::engine::{Agenda, CauseId, Seed, SimDuration, SimTime, Stream, Trace};
use podlab::kubelet::{Host, Kubelet, KubeletConfig, StreamId};
use podlab::machine::{Catalogue, Machine, MachineConfig};
use podlab::model::core::{Event, Node, NodeSpec};
use podlab::model::{Kind, Meta, Object, ObjectKey, Pod, time};
use podlab::storage::VolumeBackend;

/// A round trip to the API.
const ROUND_TRIP: SimDuration = SimDuration::from_millis(5);

/// Kind, namespace and field selector of a watch.
type Watch = (Kind, Arc<str>, Option<Arc<str>>);

enum Signal {
    Incoming(CauseId, Incoming),
    Pod(Option<Object>, WatchEventKind),
}

/// One node and its API.
pub(super) struct World {
    pub(super) kubelet: Kubelet,
    pub(super) machine: Machine,
    pub(super) volumes: VolumeBackend,
    pub(super) trace: Trace,
    pub(super) now: SimTime,
    pub(super) objects: BTreeMap<ObjectKey, Object>,
    /// What happened, one line each: `12.345 Normal Pulled Container image …`.
    pub(super) lines: Vec<String>,
    /// Whether the API answers.
    pub(super) is_api_up: bool,
    desk: Desk,
    random: Stream,
    identity: Identity,
    agenda: Agenda<Signal>,
    watches: BTreeMap<Ticket, Watch>,
    revision: u64,
}

impl World {
    /// A node with busybox and nginx on it, registered and ready.
    pub(super) fn new() -> Self {
        let mut machine = Machine::new(MachineConfig::worker("node-1"), Arc::new(Catalogue::built_in().unwrap()));
        machine.preload_image("busybox:1.36").unwrap();
        let user = User::new("system:node:node-1", &["system:nodes"]);
        let identity = Identity {
            actor: "kubelet node-1".into(),
            user: Arc::new(user),
            agent: "kubelet".into(),
            host: "node-1".into(),
        };
        let mut world = Self {
            kubelet: Kubelet::new(KubeletConfig::worker("node-1", [192, 168, 56, 11].into())),
            machine,
            volumes: VolumeBackend::default(),
            trace: Trace::default(),
            now: SimTime::from_secs(1),
            objects: BTreeMap::new(),
            lines: Vec::new(),
            is_api_up: true,
            desk: Desk::default(),
            random: Seed(1).stream("kubelet node-1"),
            identity,
            agenda: Agenda::new(),
            watches: BTreeMap::new(),
            revision: 1,
        };
        world.call(CauseId::NONE, |kubelet, host, ctx| kubelet.start(host, ctx));
        world.run_for(5);
        world.lines.clear();
        world
    }

    /// The kubelet's process ends and begins anew; the machine runs on.
    pub(super) fn restart_kubelet(&mut self) {
        self.kubelet = Kubelet::new(KubeletConfig::worker("node-1", [192, 168, 56, 11].into()));
        self.agenda = Agenda::new();
        self.watches.clear();
        self.call(CauseId::NONE, |kubelet, host, ctx| kubelet.start(host, ctx));
    }

    fn call(&mut self, cause: CauseId, act: impl FnOnce(&mut Kubelet, &mut Host<'_>, &mut Ctx<'_>)) {
        let mut ctx = Ctx {
            now: self.now,
            cause,
            random: &mut self.random,
            trace: &mut self.trace,
            identity: &self.identity,
            desk: &mut self.desk,
        };
        let mut host = Host { machine: &mut self.machine, volumes: &mut self.volumes };
        act(&mut self.kubelet, &mut host, &mut ctx);
        for (cause, effect) in self.desk.take() {
            match effect {
                Effect::Request(ticket, request) => self.answer(cause, ticket, &request),
                Effect::Timer(span, timer) => self.at(self.now + span, cause, Incoming::Timer(timer)),
                Effect::Cancel(ticket) => {
                    self.watches.remove(&ticket);
                }
                Effect::Exit(_) => {}
            }
        }
    }

    fn at(&mut self, at: SimTime, cause: CauseId, incoming: Incoming) {
        self.agenda.push(at, Signal::Incoming(cause, incoming));
    }

    fn answer(&mut self, cause: CauseId, ticket: Ticket, request: &Request) {
        let outcome = if self.is_api_up {
            self.serve(ticket, request)
        } else {
            Err(Box::new(Status::no_connection("connection refused")))
        };
        self.at(self.now + ROUND_TRIP, cause, Incoming::Response { ticket, outcome });
    }

    fn serve(&mut self, ticket: Ticket, request: &Request) -> Outcome {
        let key = request.key();
        let matches = |object: &Object| {
            let name = request.options.field_selector.as_deref().and_then(|it| it.strip_prefix("metadata.name="));
            object.kind() == request.kind
                && (request.namespace.is_empty() || object.namespace() == &*request.namespace)
                && name.is_none_or(|name| object.name() == name)
        };
        match (request.verb, &request.body) {
            (Verb::List, _) => {
                let items = self.objects.values().filter(|object| matches(object)).cloned().collect();
                Ok(Payload::List(List { items, revision: self.revision, ..List::default() }).into())
            }
            (Verb::Watch, _) => {
                let watch = (request.kind, Arc::clone(&request.namespace), request.options.field_selector.clone());
                self.watches.insert(ticket, watch);
                Ok(Payload::Watching.into())
            }
            (Verb::Create, Body::Object(object)) => Ok(self.create(object.clone())),
            (Verb::Get, _) => match self.objects.get(&key) {
                Some(object) => Ok(Payload::Object(object.clone()).into()),
                None => Err(Box::new(Status::not_found(request.kind, &request.name))),
            },
            (Verb::Update, Body::Object(object)) => Ok(self.store(object.clone())),
            (Verb::Patch, Body::StatusOf(object)) if request.subresource == Subresource::Status => {
                let Some(known) = self.objects.get(&key) else {
                    return Err(Box::new(Status::not_found(request.kind, &request.name)));
                };
                // A report of a Pod says nothing but its status.
                let (Some(pod), Some(known)) = (object.get::<Pod>(), known.get::<Pod>()) else {
                    return Ok(self.store(object.clone()));
                };
                let mut reported = Pod::clone(known);
                reported.status = Arc::clone(&pod.status);
                self.note_status(&reported);
                Ok(self.store(reported.into()))
            }
            (Verb::Delete, _) => {
                self.remove(&key);
                Ok(Payload::Status(Status::new(200, podlab::client::Reason::Unknown, "")).into())
            }
            _ => Ok(Payload::Status(Status::new(200, podlab::client::Reason::Unknown, "")).into()),
        }
    }

    fn create(&mut self, mut object: Object) -> Response {
        if let Some(event) = object.get::<Event>() {
            let text = |text: &Option<String>| text.clone().unwrap_or_default();
            let at = self.now.as_micros() / 1000;
            let line = format!("{} {} {}", text(&event.type_), text(&event.reason), text(&event.message));
            self.lines.push(format!("{}.{:03} {line}", at / 1000, at % 1000));
            return Payload::Object(object).into();
        }
        if let Object::Node(node) = &mut object {
            Arc::make_mut(node).spec = Some(NodeSpec { pod_cidr: Some("10.244.1.0/24".into()), ..NodeSpec::default() });
        }
        if object.meta().uid.is_none() {
            object.meta_mut().uid = Some(format!("uid-of-{}", object.name()));
        }
        self.store(object)
    }

    fn store(&mut self, mut object: Object) -> Response {
        self.revision += 1;
        object.meta_mut().resource_version = Some(self.revision.to_string());
        let kind = match self.objects.insert(object.key(), object.clone()) {
            Some(_) => WatchEventKind::Modified,
            None => WatchEventKind::Added,
        };
        self.agenda.push(self.now + ROUND_TRIP, Signal::Pod(Some(object.clone()), kind));
        Payload::Object(object).into()
    }

    fn remove(&mut self, key: &ObjectKey) {
        if let Some(object) = self.objects.remove(key) {
            self.note(&format!("removed {}", key.path()));
            self.agenda.push(self.now + ROUND_TRIP, Signal::Pod(Some(object), WatchEventKind::Deleted));
        }
    }

    fn note(&mut self, line: &str) {
        let at = self.now.as_micros() / 1000;
        self.lines.push(format!("{}.{:03} {line}", at / 1000, at % 1000));
    }

    /// `status Running ready=1/1 restarts=0 c:Running`.
    fn note_status(&mut self, pod: &Pod) {
        let state = |status: &podlab::model::core::ContainerStatus| {
            let state = status.state.clone().unwrap_or_default();
            let word = match (state.waiting, state.running, state.terminated) {
                (Some(waiting), ..) => waiting.reason.unwrap_or_default(),
                (_, Some(_), _) => "Running".to_owned(),
                (.., Some(ended)) => format!("{}({})", ended.reason.unwrap_or_default(), ended.exit_code),
                _ => String::new(),
            };
            let ready = if status.ready { "+" } else { "-" };
            format!("{}{ready}{word}#{}", status.name, status.restart_count)
        };
        let all = pod.status.init_container_statuses.iter().chain(&pod.status.container_statuses).flatten();
        let states: Vec<_> = all.map(state).collect();
        self.note(&format!("status {} {}", pod.phase(), states.join(" ")));
    }

    /// Lets this many seconds pass.
    pub(super) fn run_for(&mut self, seconds: u64) {
        let until = self.now + SimDuration::from_secs(seconds);
        loop {
            let machine = self.machine.next_at().unwrap_or(SimTime::MAX);
            let agenda = self.agenda.next_at().unwrap_or(SimTime::MAX);
            if machine.min(agenda) > until {
                break;
            }
            if machine <= agenda {
                self.now = machine.max(self.now);
                let events = self.machine.advance(self.now);
                self.call(CauseId::NONE, |kubelet, host, ctx| kubelet.on_machine(events, host, ctx));
            } else if let Some((at, signal)) = self.agenda.pop() {
                self.now = at;
                self.deliver(signal);
            }
        }
        self.now = until;
    }

    fn deliver(&mut self, signal: Signal) {
        match signal {
            Signal::Incoming(cause, incoming) => {
                self.call(cause, |kubelet, host, ctx| kubelet.handle(incoming, host, ctx));
            }
            Signal::Pod(None, _) => {}
            Signal::Pod(Some(object), kind) => {
                let fits = |watch: &Watch| {
                    let name = watch.2.as_deref().and_then(|it| it.strip_prefix("metadata.name="));
                    watch.0 == object.kind()
                        && (watch.1.is_empty() || *watch.1 == *object.namespace())
                        && name.is_none_or(|name| name == object.name())
                };
                let tickets: Vec<Ticket> =
                    self.watches.iter().filter(|(_, watch)| fits(watch)).map(|(ticket, _)| *ticket).collect();
                for ticket in tickets {
                    let revision = object.meta().revision();
                    let event = WatchEvent { kind, object: object.clone(), revision, cause: CauseId::NONE };
                    let incoming = Incoming::Watch { ticket, events: vec![event] };
                    self.call(CauseId::NONE, |kubelet, host, ctx| kubelet.handle(incoming, host, ctx));
                }
            }
        }
    }

    /// Makes an object as a person would; a Pod is bound to the node.
    pub(super) fn apply(&mut self, kind: Kind, mut value: Value) {
        if kind == Kind::Pod {
            value["spec"]["nodeName"] = "node-1".into();
            value["metadata"]["uid"] = format!("uid-{}", value["metadata"]["name"].as_str().unwrap()).into();
        }
        if kind.is_namespaced() && value["metadata"].get("namespace").is_none() {
            value["metadata"]["namespace"] = "default".into();
        }
        let mut unknown = Vec::new();
        let object = Object::from_value(kind, value, &mut unknown).unwrap();
        assert!(unknown.is_empty(), "{unknown:?}");
        self.store(object);
    }

    /// Deletes a Pod as `kubectl delete` does.
    pub(super) fn delete(&mut self, name: &str, grace: Option<i64>) {
        let key = ObjectKey::new(Kind::Pod, "default", name);
        self.note("delete");
        if grace == Some(0) {
            self.remove(&key);
            return;
        }
        let mut pod = Pod::clone(self.objects[&key].get::<Pod>().unwrap());
        let grace = grace.or(pod.spec.termination_grace_period_seconds).unwrap_or(30);
        pod.metadata.deletion_grace_period_seconds = Some(grace);
        let at = self.now + SimDuration::from_secs(grace as u64);
        pod.metadata.deletion_timestamp = Some(time::time(at));
        self.store(Object::Pod(Arc::new(pod)));
    }

    /// The manifests of the node are now these.
    pub(super) fn set_static_pods(&mut self, manifests: &[Value]) {
        let read = |value: &Value| {
            let object = Object::from_value(Kind::Pod, value.clone(), &mut Vec::new()).unwrap();
            Arc::clone(object.get::<Pod>().unwrap())
        };
        let manifests: Vec<Arc<Pod>> = manifests.iter().map(read).collect();
        self.call(CauseId::NONE, |kubelet, host, ctx| kubelet.set_static_pods(&manifests, host, ctx));
    }

    /// Removes the mirror of a static Pod from the API.
    pub(super) fn remove_mirror(&mut self, name: &str) {
        self.remove(&ObjectKey::new(Kind::Pod, "kube-system", name));
    }

    /// A Pod of `default` as the API has it.
    pub(super) fn pod(&self, name: &str) -> &Pod {
        self.objects[&ObjectKey::new(Kind::Pod, "default", name)].get::<Pod>().unwrap()
    }

    /// The Node as the API has it.
    pub(super) fn node(&self) -> &Node {
        self.objects[&ObjectKey::new(Kind::Node, "", "node-1")].get::<Node>().unwrap()
    }

    /// The log of a container.
    pub(super) fn logs(&self, name: &str, previous: bool) -> Result<String, String> {
        let options = LogOptions { previous, ..LogOptions::default() };
        self.kubelet.logs("default", name, &options, &self.machine, self.now)
    }

    /// Runs a command in a container of `default` and returns what it printed and its exit code.
    pub(super) fn exec(&mut self, pod: &str, command: &[&str]) -> Result<(String, i32), String> {
        self.exec_in(pod, "", command)
    }

    /// The same in a container of that name.
    pub(super) fn exec_in(&mut self, pod: &str, container: &str, command: &[&str]) -> Result<(String, i32), String> {
        let options = ExecOptions {
            container: Some(container.into()),
            command: command.iter().map(|word| Arc::from(*word)).collect(),
            ..ExecOptions::default()
        };
        let mut begun = Ok(());
        self.call(CauseId::NONE, |kubelet, host, ctx| {
            begun = kubelet.exec(StreamId(7), "default", pod, &options, host, ctx);
        });
        begun?;
        self.run_for(1);
        let mut output = self.kubelet.take_streams();
        let chunk = output.pop().map_or_else(|| Err("nothing came".to_owned()), |(_, chunk)| chunk)?;
        Ok((format!("{}{}", chunk.stdout_text(), chunk.stderr_text()), chunk.exit_code.unwrap_or(-1)))
    }

    /// What happened since the last call.
    pub(super) fn story(&mut self) -> String {
        std::mem::take(&mut self.lines).join("\n")
    }
}
