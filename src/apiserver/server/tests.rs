//! Several servers on one store, and a server whose etcd has lost its quorum.

use serde_json::json;

use crate::apiserver::{
    ApiServer, Body, Caller, Ctx, Effect, Inbound, Outcome, PatchType, Payload, Request, Standalone, Stored, Ticket,
    Verb,
};
use crate::engine::{CauseId, Seed, SimTime, Trace};
use crate::etcd::{self, Event, Member, MemberId, RequestId, Settings, Store, Txn};
use crate::model::{Kind, Meta};

/// Servers whose proposals lie on the table until somebody commits them.
struct Table {
    servers: Vec<ApiServer>,
    store: Store<Stored>,
    trace: Trace,
    proposals: Vec<(usize, RequestId, Txn<Stored>)>,
    outcomes: Vec<(usize, Outcome)>,
}

impl Table {
    fn of_two(cluster: &Standalone) -> Self {
        let servers = vec![cluster.server().clone(), cluster.server().clone()];
        let store = cluster.store().clone();
        Self { servers, store, trace: Trace::default(), proposals: Vec::new(), outcomes: Vec::new() }
    }

    fn on(&mut self, server: usize, call: impl FnOnce(&mut ApiServer, &mut Ctx<'_>)) {
        let mut effects = self.call(server, call);
        while let Some(effect) = effects.pop() {
            match effect {
                Effect::Propose { request, txn } => self.proposals.push((server, request, txn)),
                Effect::ReadIndex { request } => {
                    let revision = self.store.revision();
                    effects.extend(self.call(server, |server, ctx| server.on_read_ready(request, Ok(revision), ctx)));
                }
                Effect::Respond { outcome, .. } => self.outcomes.push((server, outcome)),
                _ => {}
            }
        }
    }

    fn call(&mut self, server: usize, call: impl FnOnce(&mut ApiServer, &mut Ctx<'_>)) -> Vec<Effect> {
        let mut effects = Vec::new();
        let now = SimTime::from_secs(1);
        let mut ctx = Ctx { now, store: &self.store, trace: &mut self.trace, effects: &mut effects };
        call(&mut self.servers[server], &mut ctx);
        effects
    }

    fn ask(&mut self, server: usize, request: Request) {
        self.on(server, |server, ctx| server.handle(inbound(request), ctx));
    }

    fn commit_all(&mut self) {
        while !self.proposals.is_empty() {
            let (server, request, txn) = self.proposals.remove(0);
            let mut events: Vec<Event<Stored>> = Vec::new();
            let result = self.store.txn(&txn, &mut events);
            self.on(server, |server, ctx| server.on_done(request, result, ctx));
        }
    }
}

fn inbound(request: Request) -> Inbound {
    Inbound { caller: Caller(1), ticket: Ticket(1), actor: "test".into(), cause: CauseId::NONE, request }
}

fn pod(name: &str) -> Request {
    let manifest = json!({"apiVersion": "v1", "kind": "Pod", "metadata": {"name": name},
        "spec": {"containers": [{"name": "app", "image": "nginx:1.27"}]}});
    Standalone::request(Verb::Create, Kind::Pod, "default", "").body(Body::Manifest(manifest))
}

fn label(key: &str) -> Request {
    let patch = json!({"metadata": {"labels": {key: "yes"}}});
    Standalone::request(Verb::Patch, Kind::Pod, "default", "web").body(Body::Patch(PatchType::Merge, patch))
}

#[test]
fn a_patch_that_comes_second_is_made_again() {
    let mut cluster = Standalone::new(SimTime::ZERO);
    cluster.call(pod("web")).unwrap();
    let mut table = Table::of_two(&cluster);
    table.ask(0, label("a"));
    table.ask(1, label("b"));
    table.commit_all();
    assert!(table.outcomes.iter().all(|(_, outcome)| outcome.is_ok()));
    let key = crate::apiserver::storage_key::of(Kind::Pod, "default", "web");
    let pod = Stored::of(table.store.get(&key).unwrap()).unwrap();
    assert_eq!((pod.meta().label("a"), pod.meta().label("b")), (Some("yes"), Some("yes")));
}

#[test]
fn of_two_that_create_one_name_the_second_is_refused() {
    let cluster = Standalone::new(SimTime::ZERO);
    let mut table = Table::of_two(&cluster);
    table.ask(0, pod("web"));
    table.ask(1, pod("web"));
    table.commit_all();
    assert!(table.outcomes[0].1.is_ok());
    assert_eq!(table.outcomes[1].1.as_ref().unwrap_err().message, "pods \"web\" already exists");
}

#[test]
fn a_quota_holds_across_servers() {
    let mut cluster = Standalone::new(SimTime::ZERO);
    let quota = json!({"apiVersion": "v1", "kind": "ResourceQuota", "metadata": {"name": "one"}, "spec": {"hard": {"pods": "1"}}});
    let create = Standalone::request(Verb::Create, Kind::ResourceQuota, "default", "").body(Body::Manifest(quota));
    cluster.call(create).unwrap();
    let counted = json!({"status": {"hard": {"pods": "1"}, "used": {"pods": "0"}}});
    let status = Standalone::request(Verb::Patch, Kind::ResourceQuota, "default", "one")
        .part(crate::apiserver::Subresource::Status)
        .body(Body::Patch(PatchType::Merge, counted));
    cluster.call(status).unwrap();
    let mut table = Table::of_two(&cluster);
    table.ask(0, pod("a"));
    table.ask(1, pod("b"));
    table.commit_all();
    let refused: Vec<_> = table.outcomes.iter().filter_map(|(_, outcome)| outcome.as_ref().err()).collect();
    assert_eq!(refused.len(), 1);
    assert_eq!(
        refused[0].message,
        "pods \"b\" is forbidden: exceeded quota: one, requested: pods=1, used: pods=1, limited: pods=1"
    );
}

#[test]
fn without_a_quorum_only_the_cache_answers() {
    let mut cluster = Standalone::new(SimTime::ZERO);
    cluster.call(pod("web")).unwrap();
    let members = [MemberId(1), MemberId(2), MemberId(3)];
    let mut member = Member::bootstrap(members[0], &members, cluster.store().clone(), Settings::default(), Seed(1));
    let mut server = cluster.server().clone();
    let (mut trace, mut effects, mut out) = (Trace::default(), Vec::new(), Vec::new());
    let mut now = SimTime::from_secs(1);
    member.start(now, &mut out);
    let mut ask = |server: &mut ApiServer, member: &Member<Stored>, request| {
        let mut ctx = Ctx { now, store: member.store(), trace: &mut trace, effects: &mut effects };
        server.handle(inbound(request), &mut ctx);
        std::mem::take(&mut effects)
    };
    let mut list = Standalone::request(Verb::List, Kind::Pod, "default", "");
    list.options.resource_version = Some(0);
    let answered = ask(&mut server, &member, list);
    assert!(matches!(&answered[..], [Effect::Respond { outcome: Ok(response), .. }]
        if matches!(&response.payload, Payload::List(list) if list.items.len() == 1)));
    for effect in ask(&mut server, &member, label("a")) {
        let Effect::Propose { request, txn } = effect else { panic!("not a proposal") };
        member.propose(now, request, txn, &mut out);
    }
    let refused = loop {
        let done = out.drain(..).find_map(|effect| match effect {
            etcd::Effect::Done { request, result } => Some((request, result)),
            _ => None,
        });
        if let Some((request, result)) = done {
            let mut effects = Vec::new();
            let mut ctx = Ctx { now, store: member.store(), trace: &mut Trace::default(), effects: &mut effects };
            server.on_done(request, result, &mut ctx);
            let Some(Effect::Respond { outcome, .. }) = effects.pop() else { panic!("no answer") };
            break outcome.unwrap_err();
        }
        now = member.next_wake().unwrap();
        member.wake(now, &mut out);
    };
    assert_eq!((refused.code, refused.message.as_str()), (500, "etcdserver: request timed out"));
    assert_eq!(now, SimTime::from_secs(8));
}
