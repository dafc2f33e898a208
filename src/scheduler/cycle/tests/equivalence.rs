//! The two ways to a decision: worlds at random, gone through with and without a memory, must have the same history. On the
//! way it is checked what must always hold.

use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;

use serde_json::{Value, json};

use crate::engine::{Seed, Stream};
use crate::model::Kind;
use crate::scheduler::budgets::Budgets;
use crate::scheduler::cycle::{Algorithm, Unplaced};
use crate::scheduler::demand::Demands;
use crate::scheduler::fixture::{NodeFixture, PodFixture, node, object, pod};
use crate::scheduler::framework::{CycleState, FitError, PostFilterOutcome, Profile};
use crate::scheduler::pod_info::PodInfo;
use crate::scheduler::snapshot::Snapshot;

const ZONE: &str = "topology.kubernetes.io/zone";
const HOST: &str = "kubernetes.io/hostname";
const NODES: usize = 110;
const TURNS: usize = 260;

fn pick<'a>(random: &mut Stream, all: &[&'a str]) -> &'a str {
    all[random.below(all.len() as u64) as usize]
}

fn random_node(number: usize, random: &mut Stream) -> NodeFixture {
    let mut one = node(&format!("n-{number:03}"), pick(random, &["1", "2", "4"]), pick(random, &["2Gi", "4Gi", "8Gi"]));
    if random.chance(900_000) {
        one = one.label(ZONE, pick(random, &["a", "b", "c"]));
    }
    if random.chance(200_000) {
        one = one.label("disk", "ssd");
    }
    if random.chance(150_000) {
        one = one.taint("dedicated", "db", pick(random, &["NoSchedule", "PreferNoSchedule"]));
    }
    if random.chance(50_000) {
        one = one.cordoned();
    }
    if random.chance(300_000) {
        let image = pick(random, &["nginx:1.27", "example.com/big:2"]).to_string();
        one.0["status"]["images"] = json!([{"names": [image], "sizeBytes": 900_000_000}]);
    }
    one.pods(8 + random.below(8) as u32)
}

fn spread(app: &str, key: &str, skew: i64, when: &str, extra: &[(&str, Value)]) -> Value {
    let mut one = json!({"maxSkew": skew, "topologyKey": key, "whenUnsatisfiable": when, "labelSelector": {"matchLabels": {"app": app}}});
    for (name, value) in extra {
        one[*name] = value.clone();
    }
    one
}

fn term(app: &str, key: &str) -> Value {
    json!({"topologyKey": key, "labelSelector": {"matchLabels": {"app": app}}})
}

/// What a kind of Pod is like, chosen by number.
fn kind(number: usize) -> PodFixture {
    let apps = ["web", "cache", "db", "batch"];
    let app = apps[number % apps.len()];
    let base = pod("p")
        .meta("labels", json!({"app": app}))
        .requests(["100m", "250m", "500m", "700m"][number / 2 % 4], ["64Mi", "256Mi", "512Mi"][number % 3]);
    let required = "requiredDuringSchedulingIgnoredDuringExecution";
    let preferred = "preferredDuringSchedulingIgnoredDuringExecution";
    match number {
        0 => base.spec("topologySpreadConstraints", json!([spread(app, ZONE, 1, "DoNotSchedule", &[])])),
        1 => base.spec(
            "topologySpreadConstraints",
            json!([spread(app, HOST, 1, "DoNotSchedule", &[]), spread(app, ZONE, 2, "ScheduleAnyway", &[])]),
        ),
        2 => base.spec("affinity", json!({"podAntiAffinity": {required: [term(app, HOST)]}})),
        3 => base.spec("affinity", json!({"podAffinity": {required: [term(app, ZONE)]}})),
        4 => base.spec(
            "affinity",
            json!({
            "podAffinity": {preferred: [{"weight": 40, "podAffinityTerm": term("db", ZONE)}]},
            "podAntiAffinity": {preferred: [{"weight": 15, "podAffinityTerm": term(app, HOST)}]}}),
        ),
        5 => base.spec("tolerations", json!([{"key": "dedicated", "operator": "Exists"}])),
        6 => base.spec("nodeSelector", json!({"disk": "ssd"})),
        7 => base.host_port(8080),
        8 => base.priority(10).spec("preemptionPolicy", json!("PreemptLowerPriority")),
        9 => base.priority(5).spec(
            "topologySpreadConstraints",
            json!([spread(
                app,
                ZONE,
                1,
                "DoNotSchedule",
                &[
                    ("minDomains", json!(3)),
                    ("nodeTaintsPolicy", json!("Honor")),
                    ("nodeAffinityPolicy", json!("Ignore"))
                ]
            )]),
        ),
        10 => base.spec("affinity", json!({"podAntiAffinity": {required: [term("web", ZONE), term("cache", HOST)]}})),
        11 => {
            let term =
                json!({"weight": 7, "preference": {"matchExpressions": [{"key": "disk", "operator": "Exists"}]}});
            base.spec("affinity", json!({"nodeAffinity": {preferred: [term]}}))
        }
        12 => base.spec(
            "topologySpreadConstraints",
            json!([spread(app, ZONE, 1, "ScheduleAnyway", &[]), spread(app, "disk", 1, "ScheduleAnyway", &[])]),
        ),
        13 => pod("p").meta("labels", json!({"app": "lone"})),
        _ => base,
    }
}

struct World {
    snapshot: Snapshot,
    algorithm: Algorithm,
    demands: Demands,
    random: Stream,
    tie_break: Stream,
    placed: BTreeMap<String, (Arc<str>, Arc<PodInfo>)>,
    history: Vec<String>,
    bound: BTreeSet<String>,
}

impl World {
    fn new(seed: u64, remember_from_nodes: usize, percentage: usize) -> Self {
        let mut random = Seed(seed).stream("world");
        let mut snapshot = Snapshot::default();
        (0..NODES).for_each(|number| snapshot.set_node(random_node(number, &mut random).object()));
        let service =
            json!({"metadata": {"name": "batch", "namespace": "default"}, "spec": {"selector": {"app": "batch"}}});
        snapshot.workloads.set(&object(Kind::Service, service));
        let budget = json!({"metadata": {"name": "db", "namespace": "default"}, "spec": {"selector": {"matchLabels": {"app": "db"}}},
            "status": {"disruptionsAllowed": 0, "currentHealthy": 1, "desiredHealthy": 1, "expectedPods": 1}});
        snapshot.budgets.set(&object(Kind::PodDisruptionBudget, budget));
        snapshot.refresh();
        let mut profile = Profile::default_scheduler();
        profile.percentage_of_nodes_to_score = percentage;
        Self {
            snapshot,
            algorithm: Algorithm { remember_from_nodes, ..Algorithm::new(profile) },
            demands: Demands::default(),
            random,
            tie_break: Seed(seed).stream("ties"),
            placed: BTreeMap::new(),
            history: Vec::new(),
            bound: BTreeSet::new(),
        }
    }

    fn turn(&mut self, turn: usize) {
        let number = (self.random.below(16) as usize + turn / 40) % 16;
        let name = format!("p-{turn}");
        let mut fixture = kind(number);
        fixture.0["metadata"]["name"] = json!(name);
        fixture.0["metadata"]["uid"] = json!(name);
        let info = Arc::new(self.demands.info(Arc::clone(fixture.object().get::<crate::model::Pod>().unwrap())));
        match self.algorithm.schedule_pod(&info, &self.snapshot, &mut self.tie_break) {
            Ok(placement) => {
                self.history.push(format!("{} of {} {:?}", placement.node, placement.feasible.len(), placement.totals));
                self.bind(info, &placement.node);
            }
            Err(Unplaced::NoNodes) => self.history.push("no nodes".to_owned()),
            Err(Unplaced::Unfit(error, state)) => self.unfit(&info, *error, &state),
        }
        self.stir(turn);
        self.snapshot.refresh();
    }

    fn bind(&mut self, info: Arc<PodInfo>, node: &Arc<str>) {
        assert!(self.bound.insert(info.uid.to_string()), "no Pod is bound twice");
        self.snapshot.add_pod(node, Arc::clone(&info));
        let node_info = self.snapshot.node(node).unwrap();
        let (has, used) = (&node_info.allocatable, &node_info.requested);
        assert!(used.milli_cpu <= has.milli_cpu && used.memory <= has.memory, "requests never exceed what there is");
        assert!(node_info.pods.len() as i64 <= has.pods);
        self.placed.insert(info.uid.to_string(), (Arc::clone(node), info));
    }

    fn unfit(&mut self, info: &Arc<PodInfo>, mut error: FitError, state: &CycleState) {
        let offset = self.random.below(50) as usize;
        match self.algorithm.post_filter(info, &self.snapshot, &error, state, offset) {
            PostFilterOutcome::Room(candidate) => {
                self.check_budgets(info, &error, state, &candidate);
                let victims: Vec<_> = candidate.victims.iter().map(|victim| victim.uid.to_string()).collect();
                self.history.push(format!("{} makes room on {}: {victims:?}", info.name(), candidate.node));
                for uid in victims {
                    let (node, _) = self.placed.remove(&uid).unwrap();
                    self.snapshot.remove_pod(&node, &uid);
                }
                self.snapshot.nominate(&candidate.node, Arc::clone(info));
            }
            PostFilterOutcome::Unschedulable(refusal) => {
                error.diagnosis.post_filter = refusal.text;
                self.history.push(error.message());
            }
            PostFilterOutcome::Error(text) => self.history.push(text),
        }
    }

    /// A budget is broken only where there was no way around it.
    fn check_budgets(
        &self,
        info: &Arc<PodInfo>,
        error: &FitError,
        state: &CycleState,
        chosen: &crate::scheduler::preemption::Candidate,
    ) {
        if chosen.violations == 0 {
            return;
        }
        let mut free = self.snapshot.clone();
        free.budgets = Budgets::default();
        let without = Algorithm::new(Profile::default_scheduler()).post_filter(info, &free, error, state, 0);
        let PostFilterOutcome::Room(other) = without else { panic!("there was room with budgets") };
        let (violating, _) = self.snapshot.budgets.split(&other.victims);
        assert!(!violating.is_empty(), "room could have been made on {} without breaking a budget", other.node);
    }

    /// Nodes and Pods come, change and go.
    fn stir(&mut self, turn: usize) {
        match turn % 13 {
            3 => {
                let changed = random_node(self.random.below(NODES as u64) as usize, &mut self.random);
                self.snapshot.set_node(changed.object());
            }
            5 => {
                let number = self.random.below(NODES as u64);
                let name = format!("n-{number:03}");
                if turn.is_multiple_of(2) && self.snapshot.node(&name).is_some_and(|node| node.pods.is_empty()) {
                    self.snapshot.remove_node(&name);
                }
            }
            8 => self.snapshot.set_node(random_node(NODES + turn, &mut self.random).object()),
            10 | 11 => {
                let nth = self.random.below(self.placed.len().max(1) as u64) as usize;
                if let Some(uid) = self.placed.keys().nth(nth).cloned()
                    && let Some((node, _)) = self.placed.remove(&uid)
                {
                    self.snapshot.remove_pod(&node, &uid);
                }
            }
            12 => {
                let nth = self.random.below(self.placed.len().max(1) as u64) as usize;
                if let Some((node, known)) = self.placed.values_mut().nth(nth) {
                    let mut leaving = (*known.pod).clone();
                    leaving.metadata.deletion_timestamp = Some(crate::model::time::time(crate::engine::SimTime::ZERO));
                    let renewed = Arc::new(self.demands.renewed(known, Arc::new(leaving)));
                    self.snapshot.replace_pod(node, known, Arc::clone(&renewed));
                    *known = renewed;
                }
            }
            _ => {}
        }
    }
}

fn history(seed: u64, remember_from_nodes: usize, percentage: usize) -> Vec<String> {
    let mut world = World::new(seed, remember_from_nodes, percentage);
    (0..TURNS).for_each(|turn| world.turn(turn));
    world.history
}

fn compare(seed: u64, percentage: usize) {
    let (plain, quick) = (history(seed, usize::MAX, percentage), history(seed, 0, percentage));
    for (turn, (plain, quick)) in plain.iter().zip(&quick).enumerate() {
        assert_eq!(plain, quick, "seed {seed}, turn {turn}");
    }
    assert_eq!(quick, history(seed, 0, percentage), "the same seed, the same history");
}

#[test]
fn with_and_without_a_memory_decisions_are_the_same() {
    (1..=6).for_each(|seed| compare(seed, 100));
}

#[test]
fn so_they_are_when_only_some_nodes_are_looked_at() {
    (11..=14).for_each(|seed| compare(seed, 0));
}
