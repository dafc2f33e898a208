//! An API small enough for tests: it stores, watches, binds and patches, and writes a log of what the scheduler did.

use std::collections::BTreeMap;

use serde_json::{Value, json};

use crate::client::{
    Body, Component, Ctx, Desk, Effect, Identity, Incoming, List, Outcome, Payload, Request, Status, Subresource,
    Ticket, User, Verb, WatchEvent, WatchEventKind,
};
use crate::engine::trace::Recording;
use crate::engine::{Agenda, CauseId, Seed, SimDuration, SimTime, Stream, Trace};
use crate::model::{Kind, Meta, Object, ObjectKey, Pod};
use crate::scheduler::Scheduler;

const ROUND_TRIP: SimDuration = SimDuration::from_millis(1);
const GRACE: SimDuration = SimDuration::from_secs(1);

pub(super) struct Bench {
    pub scheduler: Scheduler,
    /// So many bindings to come are refused.
    pub refuse_bindings: usize,
    now: SimTime,
    objects: BTreeMap<ObjectKey, Object>,
    watches: BTreeMap<Kind, Ticket>,
    agenda: Agenda<Step>,
    desk: Desk,
    trace: Trace,
    random: Stream,
    identity: Identity,
    log: Vec<String>,
    revision: u64,
}

enum Step {
    Tell(Incoming),
    Gone(ObjectKey),
}

impl Bench {
    pub(super) fn new() -> Self {
        let user = User::new("system:kube-scheduler", &[]);
        let identity = Identity {
            actor: "kube-scheduler".into(),
            user: user.into(),
            agent: "kube-scheduler".into(),
            host: "master-1".into(),
        };
        let mut bench = Self {
            scheduler: Scheduler::default(),
            refuse_bindings: 0,
            now: SimTime::ZERO,
            objects: BTreeMap::new(),
            watches: BTreeMap::new(),
            agenda: Agenda::new(),
            desk: Desk::default(),
            trace: Trace::new(Recording::On),
            random: Seed(1).stream("kube-scheduler"),
            identity,
            log: Vec::new(),
            revision: 0,
        };
        bench.tell(None);
        bench
    }

    /// What the scheduler did, line by line; the UUID of its identity is left out.
    pub(super) fn log(&self) -> String {
        self.log.join("\n")
    }

    pub(super) fn apply(&mut self, object: impl Into<Object>) {
        let mut object = object.into();
        self.revision += 1;
        object.meta_mut().resource_version = Some(self.revision.to_string());
        let known = self.objects.insert(object.key(), object.clone()).is_some();
        self.announce(if known { WatchEventKind::Modified } else { WatchEventKind::Added }, object);
    }

    pub(super) fn delete(&mut self, kind: Kind, namespace: &str, name: &str) {
        if let Some(object) = self.objects.remove(&ObjectKey::new(kind, namespace, name)) {
            self.announce(WatchEventKind::Deleted, object);
        }
    }

    pub(super) fn run_until(&mut self, until: SimTime) {
        while self.agenda.next_at().is_some_and(|at| at <= until) {
            let Some((at, step)) = self.agenda.pop() else { break };
            self.now = at;
            match step {
                Step::Tell(incoming) => self.tell(Some(incoming)),
                Step::Gone(key) => self.delete(key.kind, &key.namespace, &key.name),
            }
        }
        self.now = until;
    }

    fn tell(&mut self, incoming: Option<Incoming>) {
        let mut ctx = Ctx {
            now: self.now,
            cause: CauseId::NONE,
            random: &mut self.random,
            trace: &mut self.trace,
            identity: &self.identity,
            desk: &mut self.desk,
        };
        match incoming {
            None => self.scheduler.start(&mut ctx),
            Some(incoming) => self.scheduler.handle(incoming, &mut ctx),
        }
        for (_, effect) in self.desk.take() {
            match effect {
                Effect::Request(ticket, request) => {
                    let outcome = self.answer(ticket, &request);
                    self.agenda.push(self.now + ROUND_TRIP, Step::Tell(Incoming::Response { ticket, outcome }));
                }
                Effect::Timer(span, timer) => self.agenda.push(self.now + span, Step::Tell(Incoming::Timer(timer))),
                Effect::Cancel(_) => {}
                Effect::Exit(text) => self.note(format!("exit {text}")),
            }
        }
    }

    fn announce(&mut self, kind: WatchEventKind, object: Object) {
        let Some(&ticket) = self.watches.get(&object.kind()) else { return };
        let events = vec![WatchEvent { kind, object, revision: self.revision, cause: CauseId::NONE }];
        self.agenda.push(self.now + ROUND_TRIP, Step::Tell(Incoming::Watch { ticket, events }));
    }

    fn note(&mut self, text: String) {
        self.log.push(format!("{} {text}", self.now));
    }

    fn answer(&mut self, ticket: Ticket, request: &Request) -> Outcome {
        let key = request.key();
        let payload = match (request.verb, request.kind, request.subresource) {
            (Verb::List, kind, _) => {
                let items = self.objects.values().filter(|object| object.kind() == kind).cloned().collect();
                Payload::List(List { items, revision: self.revision, ..List::default() })
            }
            (Verb::Watch, kind, _) => {
                self.watches.insert(kind, ticket);
                let since = request.options.resource_version.unwrap_or(0);
                let missed = |object: &&Object| object.kind() == kind && object.meta().revision() > since;
                for object in self.objects.values().filter(missed).cloned().collect::<Vec<_>>() {
                    self.announce(WatchEventKind::Added, object);
                }
                Payload::Watching
            }
            (Verb::Create, Kind::Event, _) => {
                self.note_event(&request.body);
                return Err(Box::new(Status::internal("events are not kept")));
            }
            (Verb::Create, Kind::Pod, Subresource::Binding) => return self.bind(&key, &request.body),
            (Verb::Patch, Kind::Pod, Subresource::Status) => return self.patch_status(&key, &request.body),
            (Verb::Delete, Kind::Pod, _) => {
                self.note(format!("delete {}", key.name));
                self.agenda.push(self.now + GRACE, Step::Gone(key.clone()));
                Payload::Object(self.objects[&key].clone())
            }
            (Verb::Create | Verb::Update, kind, _) => {
                let Body::Object(object) = &request.body else { unreachable!("no object") };
                if kind != Kind::Lease {
                    self.note(format!("update {}", key.path()));
                }
                self.apply(object.clone());
                Payload::Object(object.clone())
            }
            _ => match self.objects.get(&key) {
                Some(object) => Payload::Object(object.clone()),
                None => return Err(Box::new(Status::not_found(request.kind, &request.name))),
            },
        };
        Ok(payload.into())
    }

    fn note_event(&mut self, body: &Body) {
        let Body::Object(Object::Event(event)) = body else { return };
        let text = event.message.clone().unwrap_or_default();
        // The identity of a leader ends in a UUID that is of no interest here.
        let text = match text.split_once('_') {
            Some((host, rest)) if rest.ends_with("became leader") => format!("{host} became leader"),
            _ => text,
        };
        self.note(format!("{} {text}", event.reason.as_deref().unwrap_or_default()));
    }

    fn bind(&mut self, key: &ObjectKey, body: &Body) -> Outcome {
        let Body::Binding(node) = body else { unreachable!("no node") };
        if self.refuse_bindings > 0 {
            self.refuse_bindings -= 1;
            return Err(Box::new(Status::internal("refused")));
        }
        self.note(format!("bind {} to {node}", key.name));
        let node = node.to_string();
        self.change(key, |pod| pod["spec"]["nodeName"] = json!(node))
    }

    fn patch_status(&mut self, key: &ObjectKey, body: &Body) -> Outcome {
        let Body::Patch(_, patch) = body else { unreachable!("no patch") };
        let status = patch["status"].clone();
        let mut line = key.name.to_string();
        for condition in status["conditions"].as_array().into_iter().flatten() {
            let text = |field: &str| condition[field].as_str().unwrap_or_default().to_owned();
            line += &format!(" {}={} {}", text("type"), text("status"), text("reason"));
        }
        if let Some(node) = status["nominatedNodeName"].as_str() {
            line += &format!(" nominated {node}");
        }
        self.note(line);
        self.change(key, |pod| {
            for (field, value) in status.as_object().into_iter().flatten() {
                pod["status"][field] = value.clone();
            }
        })
    }

    fn change(&mut self, key: &ObjectKey, change: impl FnOnce(&mut Value)) -> Outcome {
        let Some(object) = self.objects.get(key) else {
            return Err(Box::new(Status::not_found(key.kind, &key.name)));
        };
        let mut value = object.to_value();
        change(&mut value);
        let object = Object::from_value(key.kind, value, &mut Vec::new()).unwrap();
        assert!(object.get::<Pod>().is_some_and(|pod| !pod.metadata.name().is_empty()));
        self.apply(object.clone());
        Ok(Payload::Object(object).into())
    }
}
