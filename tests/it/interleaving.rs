//! Several API servers on one etcd, whose steps happen in any order: what quotas and disruption budgets promise holds in all of
//! them.

use std::sync::Arc;

use podlab::apiserver::{
    ApiServer, Body, Caller, Ctx, DeleteOptions, Effect, Inbound, Outcome, Request, Standalone, Stored, Subresource,
    Ticket, Verb,
};
use podlab::engine::{CauseId, Seed, SimTime, Trace};
use podlab::etcd::{Event, RequestId, Store, Txn};
use podlab::model::{Kind, Meta, Object, Pod, Resource};
use proptest::prelude::*;
use serde_json::json;

/// What an API server waits for etcd to do.
enum Waits {
    Write(RequestId, Txn<Stored>),
    Read(RequestId),
}

/// One server, and how much of the history its member of etcd has applied.
struct Server {
    server: ApiServer,
    view: Store<Stored>,
    applied: usize,
}

struct World {
    truth: Store<Stored>,
    log: Vec<Txn<Stored>>,
    servers: Vec<Server>,
    waiting: Vec<(usize, Waits)>,
    outcomes: Vec<Outcome>,
    trace: Trace,
    /// An etcd that does not compare before it writes: what it must not be.
    is_careless: bool,
}

impl World {
    fn new(begins: &Standalone, servers: usize, is_careless: bool) -> Self {
        let server = |number: usize| Server {
            server: ApiServer::new(format!("server-{number}"), Seed(7).stream(&format!("server {number}"))),
            view: begins.store().clone(),
            applied: 0,
        };
        let mut world = Self {
            truth: begins.store().clone(),
            log: Vec::new(),
            servers: (0..servers).map(server).collect(),
            waiting: Vec::new(),
            outcomes: Vec::new(),
            trace: Trace::default(),
            is_careless,
        };
        for server in 0..servers {
            world.drive(server, |server, ctx| server.start(ctx));
        }
        while !world.waiting.is_empty() {
            world.step(0);
        }
        world
    }

    fn drive(&mut self, number: usize, call: impl FnOnce(&mut ApiServer, &mut Ctx<'_>)) {
        let mut effects = Vec::new();
        let Server { server, view, .. } = &mut self.servers[number];
        let mut ctx = Ctx { now: SimTime::from_secs(100), store: view, trace: &mut self.trace, effects: &mut effects };
        call(server, &mut ctx);
        for effect in effects {
            match effect {
                Effect::Propose { request, txn } => self.waiting.push((number, Waits::Write(request, txn))),
                Effect::ReadIndex { request } => self.waiting.push((number, Waits::Read(request))),
                Effect::Respond { outcome, .. } => self.outcomes.push(outcome),
                _ => {}
            }
        }
    }

    fn send(&mut self, server: usize, number: u64, request: Request) {
        let inbound =
            Inbound { caller: Caller(1), ticket: Ticket(number), actor: "test".into(), cause: CauseId::NONE, request };
        self.drive(server, |server, ctx| server.handle(inbound, ctx));
    }

    /// Something happens: one of the things that servers wait for, or a server hears of a change.
    fn step(&mut self, choice: usize) {
        let behind: Vec<_> =
            (0..self.servers.len()).filter(|&one| self.servers[one].applied < self.log.len()).collect();
        let choice = choice % (self.waiting.len() + behind.len());
        if choice >= self.waiting.len() {
            let server = behind[choice - self.waiting.len()];
            return self.hear(server, self.servers[server].applied + 1);
        }
        match self.waiting.remove(choice) {
            (server, Waits::Write(request, mut txn)) => {
                if self.is_careless {
                    txn.compare.clear();
                }
                let result = self.truth.txn(&txn, &mut Vec::new());
                self.log.push(txn);
                self.hear(server, self.log.len());
                self.drive(server, |server, ctx| server.on_done(request, result, ctx));
            }
            (server, Waits::Read(request)) => {
                self.hear(server, self.log.len());
                let revision = self.truth.revision();
                self.drive(server, |server, ctx| server.on_read_ready(request, Ok(revision), ctx));
            }
        }
    }

    /// The member of a server applies the history up to there.
    fn hear(&mut self, number: usize, until: usize) {
        while self.servers[number].applied < until {
            let server = &mut self.servers[number];
            let mut events: Vec<Event<Stored>> = Vec::new();
            let _ = server.view.txn(&self.log[server.applied], &mut events);
            server.applied += 1;
            let revision = server.view.revision();
            self.drive(number, |server, ctx| server.on_applied(revision, &events, ctx));
        }
    }

    fn run(&mut self, choices: &[usize], mut holds: impl FnMut(&Self)) {
        let mut choices = choices.iter().copied().cycle();
        while !self.waiting.is_empty() {
            self.step(choices.next().unwrap_or(0));
            holds(self);
        }
    }

    fn pods(&self) -> Vec<Arc<Pod>> {
        let range = podlab::etcd::KeyRange::prefix("/registry/pods/");
        self.truth.iter(&range).filter_map(|entry| Pod::of(&Stored::of(entry)?).cloned()).collect()
    }
}

fn pod(name: &str) -> Object {
    let manifest = json!({"apiVersion": "v1", "kind": "Pod", "metadata": {"name": name, "namespace": "default",
        "labels": {"app": "web"}}, "spec": {"containers": [
        {"name": "app", "image": "nginx", "resources": {"requests": {"cpu": "200m"}}}]}});
    Object::from_value(Kind::Pod, manifest, &mut Vec::new()).unwrap()
}

fn put_status(cluster: &mut Standalone, object: Object) {
    let request = Standalone::request(Verb::Patch, object.kind(), "default", object.name()).part(Subresource::Status);
    cluster.call(request.body(Body::StatusOf(object))).unwrap();
}

fn of(kind: Kind, manifest: serde_json::Value) -> Object {
    Object::from_value(kind, manifest, &mut Vec::new()).unwrap()
}

/// How many of `count` Pods a quota of 3 Pods and so much CPU lets in, sent to three servers at once.
fn creations(count: usize, milli: usize, choices: &[usize], is_careless: bool) -> (usize, usize) {
    let mut begins = Standalone::new(SimTime::from_secs(10));
    let hard = json!({"pods": "3", "requests.cpu": format!("{milli}m")});
    let quota = json!({"apiVersion": "v1", "kind": "ResourceQuota", "metadata": {"name": "q", "namespace": "default"},
        "spec": {"hard": hard}, "status": {"hard": hard, "used": {"pods": "0", "requests.cpu": "0"}}});
    begins.create(of(Kind::ResourceQuota, quota.clone()));
    put_status(&mut begins, of(Kind::ResourceQuota, quota));
    let mut world = World::new(&begins, 3, is_careless);
    for number in 0..count {
        let request = Standalone::request(Verb::Create, Kind::Pod, "default", "");
        world.send(number % 3, number as u64, request.body(Body::Object(pod(&format!("web-{number}")))));
    }
    let mut most = 0;
    world.run(choices, |world| most = most.max(world.pods().len()));
    let answered = world.outcomes.iter().filter(|outcome| outcome.is_ok()).count();
    assert_eq!(world.outcomes.len(), count);
    assert_eq!(answered, world.pods().len());
    (most, count.min(3).min(milli / 200))
}

/// How many of `count` Pods are evicted, by three servers at once, under a budget that allows so many disruptions.
fn evictions(count: usize, allowed: usize, choices: &[usize], is_careless: bool) -> usize {
    let mut begins = Standalone::new(SimTime::from_secs(10));
    let budget = json!({"apiVersion": "policy/v1", "kind": "PodDisruptionBudget",
        "metadata": {"name": "web", "namespace": "default"},
        "spec": {"minAvailable": count - allowed, "selector": {"matchLabels": {"app": "web"}}},
        "status": {"disruptionsAllowed": allowed, "currentHealthy": count, "desiredHealthy": count - allowed,
            "expectedPods": count, "observedGeneration": 1}});
    begins.create(of(Kind::PodDisruptionBudget, budget.clone()));
    put_status(&mut begins, of(Kind::PodDisruptionBudget, budget));
    for number in 0..count {
        let name = format!("web-{number}");
        begins.create(pod(&name));
        let bind = Standalone::request(Verb::Create, Kind::Pod, "default", &name).part(Subresource::Binding);
        begins.call(bind.body(Body::Binding("n1".into()))).unwrap();
        let mut value = begins.get(Kind::Pod, "default", &name).unwrap().to_value();
        value["status"] = json!({"phase": "Running", "conditions": [{"type": "Ready", "status": "True"}]});
        put_status(&mut begins, of(Kind::Pod, value));
    }
    let mut world = World::new(&begins, 3, is_careless);
    for number in 0..count {
        let name = format!("web-{number}");
        let request = Standalone::request(Verb::Create, Kind::Pod, "default", &name).part(Subresource::Eviction);
        world.send(number % 3, number as u64, request.body(Body::Delete(DeleteOptions::default())));
    }
    let disrupted = |world: &World| world.pods().iter().filter(|pod| pod.metadata.is_terminating()).count();
    let mut most = 0;
    world.run(choices, |world| most = most.max(disrupted(world)));
    most
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 48, failure_persistence: None, ..ProptestConfig::default() })]

    #[test]
    fn no_interleaving_of_creations_exceeds_a_quota(
        count in 1_usize..7,
        milli in 0_usize..900,
        choices in prop::collection::vec(0_usize..64, 1..60),
    ) {
        let (most, allowed) = creations(count, milli, &choices, false);
        prop_assert_eq!(most, allowed);
    }

    #[test]
    fn no_interleaving_of_evictions_exceeds_a_budget(
        count in 1_usize..6,
        allowed in 0_usize..4,
        choices in prop::collection::vec(0_usize..64, 1..60),
    ) {
        let allowed = allowed.min(count);
        let most = evictions(count, allowed, &choices, false);
        prop_assert!(most <= allowed, "{} of {} went, {} were allowed", most, count, allowed);
    }
}

/// The properties above can fail: without the comparison that etcd makes, they do.
#[test]
fn an_etcd_that_does_not_compare_lets_too_much_through() {
    // Every server decides on what it knew at the beginning.
    let (most, allowed) = creations(6, 800, &[0], true);
    assert!(most > allowed, "{most} of {allowed}");
    assert!(evictions(5, 1, &[0], true) > 1);
}
