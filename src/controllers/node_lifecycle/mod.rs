//! The node lifecycle controller: notices silent nodes, tells it by conditions, keeps Pods away by taints, and lets them be
//! evicted, one node at a time.
//!
//! Models `pkg/controller/nodelifecycle`. The real one looks at nodes every five seconds and at its taint queue every tenth of
//! a second; here a node that waits for its taint comes back when its turn can have come.
//!
//! Reading order: [`health`], [`taints`], [`zones`], then this file.

pub mod health;
pub mod taints;
pub mod zones;

use std::collections::BTreeMap;
use std::sync::Arc;

use serde_json::json;

use crate::client::{
    Body, Caches, Call, Controller, Ctx, Delta, Enqueue, EventType, Outcome, PatchType, Plan, Reason, Recorder,
    Subresource, Verb, Verdict, reference,
};
use crate::engine::{SimDuration, SimTime};
use crate::model::coordination::Lease;
use crate::model::core::{Node, ObjectReference};
use crate::model::{Kind, Meta, Object, ObjectKey, Pod, time};

use health::{Health, Readiness, readiness};
use taints::{Evict, evicting_key, has_evicting, opposite};
use zones::{Disruption, Turn, Zone, zone_of};

/// `--node-monitor-period`.
const MONITOR_PERIOD: SimDuration = SimDuration::from_secs(5);
/// How often the real one looks at its taint queues. Source: `scheduler.NodeEvictionPeriod`.
const TAINT_PERIOD: SimDuration = SimDuration::from_millis(100);
/// Where nodes keep their leases.
const LEASES: &str = "kube-node-lease";
/// Nodes with this label do not count when a zone is judged.
const EXCLUDED: &str = "node.kubernetes.io/exclude-disruption";

/// What a call is for.
const SILENT: u64 = 1;
const TAINT: u64 = 2;
const POD: u64 = 3;

/// The controller.
#[derive(Clone, Debug, Default)]
pub struct NodeLifecycleController {
    nodes: BTreeMap<Arc<str>, Known>,
    zones: BTreeMap<String, Zone>,
    started: bool,
}

/// What is known of a node, and what is to be done about it.
#[derive(Clone, Debug)]
struct Known {
    /// By which events name it, also when it is gone.
    reference: ObjectReference,
    zone: String,
    health: Health,
    /// An event to tell: it has come, or it has gone.
    tell: Option<&'static str>,
    /// The last look found it overdue: its conditions become Unknown.
    overdue: bool,
    /// It was ready when it was found overdue.
    was_ready: bool,
    /// Its Pods must be told that they are not ready.
    mark_pods: bool,
    evict: Evict,
}

impl Controller for NodeLifecycleController {
    fn name(&self) -> &'static str {
        "node-lifecycle-controller"
    }

    fn account(&self) -> &'static str {
        "node-controller"
    }

    fn event_source(&self) -> &'static str {
        "node-controller"
    }

    fn watches(&self) -> &'static [Kind] {
        &[Kind::Node, Kind::Lease, Kind::Pod]
    }

    fn on_change(&mut self, delta: &Delta, caches: &Caches, enqueue: &mut Enqueue) {
        if delta.object().kind() != Kind::Node {
            return;
        }
        if !self.started {
            // The first look is not put off for a period.
            self.started = true;
            self.monitor(caches, enqueue);
        }
        if !delta.is_removal() {
            enqueue.add(delta.object().key());
        }
    }

    fn period(&self) -> Option<SimDuration> {
        Some(MONITOR_PERIOD)
    }

    fn on_tick(&mut self, caches: &Caches, enqueue: &mut Enqueue, _: &mut Ctx<'_>) {
        self.monitor(caches, enqueue);
    }

    fn reconcile(&mut self, key: &ObjectKey, caches: &Caches, recorder: &mut Recorder, ctx: &mut Ctx<'_>) -> Plan {
        let Some(known) = self.nodes.get_mut(&key.name) else { return Plan::none() };
        if let Some(reason) = known.tell.take() {
            let what = if reason == "RegisteredNode" { "Registered Node" } else { "Removing Node" };
            let way = if reason == "RegisteredNode" { "in" } else { "from" };
            let text = format!("Node {0} event: {what} {0} {way} Controller", key.name);
            recorder.event_about(ctx, known.reference.clone(), EventType::Normal, reason, text);
        }
        let Some(node) = caches.get::<Node>("", &key.name) else {
            self.nodes.remove(&key.name);
            return Plan::none();
        };
        if known.overdue
            && let Some(silent) = health::silent(node, ctx.now)
        {
            if ctx.trace.is_on() {
                let silence = ctx.now.since(known.health.probed_at);
                ctx.record("give up", key.path(), format!("no sign of life for {silence}"));
            }
            known.was_ready = readiness(node) == Readiness::True;
            let request = ctx.request_with(Verb::Update, silent).part(Subresource::Status);
            return Plan::none().stage(vec![Call { request, tag: SILENT }]);
        }
        let plan = mark_pods(known, key, caches, ctx);
        self.taint(node, plan, ctx)
    }

    fn on_outcome(
        &mut self,
        key: &ObjectKey,
        call: &Call,
        outcome: &Outcome,
        recorder: &mut Recorder,
        ctx: &mut Ctx<'_>,
    ) -> Verdict {
        let Some(known) = self.nodes.get_mut(&key.name) else { return Verdict::Drop };
        match (call.tag, outcome) {
            (SILENT, Ok(_)) => {
                known.overdue = false;
                if known.was_ready {
                    let text = format!("Node {} status is now: NodeNotReady", key.name);
                    recorder.event_about(ctx, known.reference.clone(), EventType::Normal, "NodeNotReady", text);
                    known.mark_pods = true;
                }
                Verdict::Continue
            }
            (TAINT, Ok(_)) => {
                known.evict = Evict::AsIs;
                Verdict::Continue
            }
            (POD, Ok(response)) => {
                if let Some(pod) = response.object() {
                    let about = ObjectReference { resource_version: None, ..reference(pod) };
                    recorder.event_about(ctx, about, EventType::Warning, "NodeNotReady", "Node is not ready");
                }
                Verdict::Continue
            }
            (_, Err(status)) if status.is(Reason::NotFound) => Verdict::Continue,
            (POD, Err(_)) => {
                // Those that could not be told are told at the next look.
                known.mark_pods = true;
                Verdict::Continue
            }
            _ => Verdict::Retry,
        }
    }

    fn clone_box(&self) -> Box<dyn Controller> {
        Box::new(self.clone())
    }
}

impl NodeLifecycleController {
    /// The zones, with their state and the nodes that wait for an evicting taint.
    pub fn zones(&self) -> impl Iterator<Item = (&str, &Zone)> {
        self.zones.iter().map(|(name, zone)| (name.as_str(), zone))
    }

    /// Looks at every node.
    fn monitor(&mut self, caches: &Caches, enqueue: &mut Enqueue) {
        for (name, known) in &mut self.nodes {
            if caches.get::<Node>("", name).is_none() {
                known.tell = Some("RemovingNode");
                enqueue.add(ObjectKey::new(Kind::Node, "", Arc::clone(name)));
            }
        }
        let mut counts: BTreeMap<String, (usize, usize)> = BTreeMap::new();
        for node in caches.all::<Node>() {
            let ready = self.look_at(node, caches, enqueue);
            if node.metadata.label(EXCLUDED).is_none() {
                let count = counts.entry(zone_of(node)).or_default();
                if ready { count.0 += 1 } else { count.1 += 1 }
            }
        }
        match zones::judge(&mut self.zones, &counts, enqueue.now) {
            Disruption::None => {}
            Disruption::Begins => {
                for node in caches.all::<Node>() {
                    self.spare(node, enqueue);
                }
            }
            Disruption::Ends => self.nodes.values_mut().for_each(|known| known.health.probed_at = enqueue.now),
        }
    }

    /// Looks at one node; tells whether it is ready.
    fn look_at(&mut self, node: &Arc<Node>, caches: &Caches, enqueue: &mut Enqueue) -> bool {
        let now = enqueue.now;
        let name: Arc<str> = node.metadata.name().into();
        let lease = caches.get::<Lease>(LEASES, &name).map(|lease| &**lease);
        let before = self.nodes.get(&name).filter(|known| known.reference.uid == node.metadata.uid);
        let health = Health::observed(before.map(|known| &known.health), node, lease, now);
        let is_new = before.is_none();
        if is_new {
            let known = Known {
                reference: about(node),
                zone: zone_of(node),
                health: health.clone(),
                tell: Some("RegisteredNode"),
                overdue: false,
                was_ready: false,
                mark_pods: false,
                evict: Evict::Off,
            };
            self.nodes.insert(Arc::clone(&name), known);
        }
        let Some(known) = self.nodes.get_mut(&name) else { return false };
        known.health = health;
        known.zone = zone_of(node);
        known.overdue = known.health.is_overdue(now) && health::silent(node, now).is_some();
        let current = if known.overdue { Readiness::Unknown } else { readiness(node) };
        if is_new || known.overdue || known.mark_pods {
            enqueue.add(node_key(&name));
        }
        match evicting_key(current) {
            None => self.spare(node, enqueue),
            Some(key) => self.threaten(node, key, enqueue),
        }
        current == Readiness::True
    }

    /// The node keeps or loses no evicting taint any more.
    fn spare(&mut self, node: &Node, enqueue: &mut Enqueue) {
        let name = node.metadata.name();
        let Some(known) = self.nodes.get_mut(name) else { return };
        let zone = self.zones.entry(known.zone.clone()).or_default();
        zone.leave(name);
        known.evict = Evict::AsIs;
        if has_evicting(node, taints::NOT_READY) || has_evicting(node, taints::UNREACHABLE) {
            known.evict = Evict::Off;
            enqueue.add(node_key(&name.into()));
        }
    }

    /// The node gets the evicting taint of this key: at once for the other one, in its turn if it has none.
    fn threaten(&mut self, node: &Node, key: &'static str, enqueue: &mut Enqueue) {
        let name: Arc<str> = node.metadata.name().into();
        let Some(known) = self.nodes.get_mut(&name) else { return };
        if has_evicting(node, opposite(key)) {
            known.evict = Evict::With(key);
            enqueue.add(node_key(&name));
        } else if !has_evicting(node, key) && known.evict != Evict::With(key) {
            self.zones.entry(known.zone.clone()).or_default().wait(&name);
            enqueue.add_after(node_key(&name), TAINT_PERIOD);
        }
    }

    /// Plans the patch of the taints, if they are not as they should be.
    fn taint(&mut self, node: &Node, plan: Plan, ctx: &mut Ctx<'_>) -> Plan {
        let name = node.metadata.name();
        let Some(known) = self.nodes.get_mut(name) else { return plan };
        let mut plan = plan;
        if let Some(key) = evicting_key(readiness(node))
            && let Some(turn) = self.zones.get_mut(&known.zone).and_then(|zone| zone.turn(name, ctx.now))
        {
            match turn {
                Turn::Now => known.evict = Evict::With(key),
                Turn::After(wait) => plan.requeue_after = Some(wait.max(TAINT_PERIOD)),
                Turn::Never => {}
            }
        }
        let Some(taints) = taints::wanted(node, known.evict, ctx.now) else {
            known.evict = Evict::AsIs;
            return plan;
        };
        if ctx.trace.is_on() {
            let shown: Vec<_> = taints.iter().map(|taint| format!("{}:{}", taint.key, taint.effect)).collect();
            ctx.record("taint", node_key(&name.into()).path(), shown.join(", "));
        }
        let taints = Some(taints).filter(|taints| !taints.is_empty());
        // Taints merge as a whole, so the patch holds only for the revision that was read.
        let body = json!({"metadata": {"resourceVersion": node.metadata.resource_version}, "spec": {"taints": taints}});
        let request = ctx.request(Verb::Patch, Kind::Node, "").named(name);
        let request = request.body(Body::Patch(PatchType::Strategic, body));
        plan.stage(vec![Call { request, tag: TAINT }])
    }
}

fn node_key(name: &Arc<str>) -> ObjectKey {
    ObjectKey::new(Kind::Node, "", Arc::clone(name))
}

fn about(node: &Arc<Node>) -> ObjectReference {
    ObjectReference { resource_version: None, ..reference(&Object::from(Arc::clone(node))) }
}

/// Tells the Pods of a lost node that they are not ready, so that no Service sends them anything.
fn mark_pods(known: &mut Known, key: &ObjectKey, caches: &Caches, ctx: &Ctx<'_>) -> Plan {
    if !std::mem::take(&mut known.mark_pods) {
        return Plan::none();
    }
    let told = caches.pods_on(&key.name).filter_map(|pod| not_ready(pod, ctx.now));
    let call = |pod: Pod| Call { request: ctx.request_with(Verb::Update, pod).part(Subresource::Status), tag: POD };
    Plan::none().stage(told.map(call).collect())
}

fn not_ready(pod: &Pod, now: SimTime) -> Option<Pod> {
    pod.condition("Ready").filter(|condition| condition.status != "False")?;
    let mut pod = pod.clone();
    let conditions = pod.status_mut().conditions.as_mut()?;
    let condition = conditions.iter_mut().find(|condition| condition.type_ == "Ready")?;
    condition.status = "False".to_owned();
    condition.last_transition_time = Some(time::time(now));
    Some(pod)
}
