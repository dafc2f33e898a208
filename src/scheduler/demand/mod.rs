//! What a Pod asks of its node, read once: requests, ports, terms and constraints. Pods of one template ask for the same and
//! share it, so that a hundred thousand Pods cost little, and so that what was found out for one holds for the next.
//!
//! Reading order: this file, [`host_port`], [`term`], [`constraint`], [`resize`].

pub mod constraint;
pub mod host_port;
mod resize;
pub mod term;

use std::collections::{BTreeMap, VecDeque};
use std::sync::Arc;

use crate::model::core::{Container, PodSpec, Volume};
use crate::model::resources::{NonZero, non_zero_requests, pod_requests};
use crate::model::{Meta, Pod, Resources};

use super::pod_info::PodInfo;

pub use constraint::Constraint;
pub use host_port::HostPort;
pub use term::{PodTerms, Term};

use host_port::host_ports;
use resize::resized;

/// So many demands are known apart; real clusters have far fewer at a time.
const MAX_DEMANDS: usize = 4_096;

/// What a Pod asks for.
#[derive(Clone, Debug)]
pub struct Demand {
    /// Pods with the same number, other than 0, ask for the same in every respect that a plugin looks at; 0 says nothing.
    pub number: u32,
    /// What it asks for.
    pub requests: Resources,
    /// What it counts as in scores.
    pub non_zero: NonZero,
    /// The ports of its node that it wants.
    pub host_ports: Vec<HostPort>,
    /// Which Pods it wants to be near to, or away from.
    pub terms: PodTerms,
    /// How its kind is to be spread.
    pub spread: Vec<Constraint>,
    /// Whether it has volumes that tie it to nodes: claims, and disks that only one Pod may use.
    pub has_volumes: bool,
    /// One of the Pods that ask for this.
    like: Arc<Pod>,
}

impl Demand {
    /// What `pod` asks for.
    #[must_use]
    pub fn of(pod: &Arc<Pod>) -> Self {
        let resized = resized(pod);
        let spec = resized.as_ref().unwrap_or(&pod.spec);
        Self {
            number: 0,
            requests: pod_requests(spec),
            non_zero: non_zero_requests(spec),
            host_ports: host_ports(spec),
            terms: PodTerms::of(pod),
            spread: pod
                .spec
                .topology_spread_constraints
                .iter()
                .flatten()
                .map(|one| Constraint::new(one, pod))
                .collect(),
            has_volumes: pod.spec.volumes.iter().flatten().any(ties_to_nodes),
            like: Arc::clone(pod),
        }
    }

    /// Whether a Pod asks for just this.
    #[must_use]
    pub fn is_of(&self, pod: &Pod) -> bool {
        let (one, other) = (&*self.like, pod);
        let (a, b) = (&*one.spec, &*other.spec);
        let owner = |pod: &Pod| pod.metadata.controller().map(|owner| owner.uid.clone());
        one.metadata.labels == other.metadata.labels
            && one.metadata.namespace == other.metadata.namespace
            && (Arc::ptr_eq(&one.spec, &other.spec) || asks_the_same(a, b))
            && owner(one) == owner(other)
            && resized(pod).is_none()
    }
}

/// Whether no plugin can tell two specs apart. The node is left out: it is what is sought.
fn asks_the_same(a: &PodSpec, b: &PodSpec) -> bool {
    a.priority == b.priority
        && a.preemption_policy == b.preemption_policy
        && a.scheduler_name == b.scheduler_name
        && a.node_selector == b.node_selector
        && a.tolerations == b.tolerations
        && a.affinity == b.affinity
        && a.topology_spread_constraints == b.topology_spread_constraints
        && a.overhead == b.overhead
        && a.resources == b.resources
        && containers_ask_the_same(Some(&a.containers), Some(&b.containers))
        && containers_ask_the_same(a.init_containers.as_ref(), b.init_containers.as_ref())
        && volumes(a).eq(volumes(b))
}

fn containers_ask_the_same(a: Option<&Vec<Container>>, b: Option<&Vec<Container>>) -> bool {
    let (a, b) = (a.map_or(&[][..], Vec::as_slice), b.map_or(&[][..], Vec::as_slice));
    let same = |(one, other): (&Container, &Container)| {
        one.resources == other.resources
            && one.image == other.image
            && one.ports == other.ports
            && one.restart_policy == other.restart_policy
            && one.restart_policy_rules == other.restart_policy_rules
    };
    a.len() == b.len() && a.iter().zip(b).all(same)
}

/// Volumes that matter, images among them.
fn volumes(spec: &PodSpec) -> impl Iterator<Item = &Volume> {
    spec.volumes.iter().flatten().filter(|volume| ties_to_nodes(volume) || volume.image.is_some())
}

fn ties_to_nodes(volume: &Volume) -> bool {
    volume.persistent_volume_claim.is_some()
        || volume.ephemeral.is_some()
        || volume.gce_persistent_disk.is_some()
        || volume.aws_elastic_block_store.is_some()
        || volume.rbd.is_some()
        || volume.iscsi.is_some()
}

/// The demands that are known, so that like Pods share one.
#[derive(Clone, Debug, Default)]
pub struct Demands {
    by_hash: BTreeMap<u64, Vec<Arc<Demand>>>,
    order: VecDeque<(u64, u32)>,
    last: u32,
}

impl Demands {
    /// A Pod, with the demand it shares with others.
    pub fn info(&mut self, pod: Arc<Pod>) -> PodInfo {
        let hash = hash_of(&pod);
        let known = self.by_hash.get(&hash).and_then(|all| all.iter().find(|demand| demand.is_of(&pod)));
        let demand = match known {
            Some(demand) => Arc::clone(demand),
            None => self.learn(hash, &pod),
        };
        PodInfo::with_demand(pod, demand)
    }

    /// The same Pod as it is now.
    pub fn renewed(&mut self, known: &PodInfo, pod: Arc<Pod>) -> PodInfo {
        let is_same = Arc::ptr_eq(&known.pod.spec, &pod.spec)
            && known.pod.metadata.labels == pod.metadata.labels
            && Arc::ptr_eq(&known.pod.status, &pod.status);
        if is_same { PodInfo::with_demand(pod, Arc::clone(&known.demand)) } else { self.info(pod) }
    }

    fn learn(&mut self, hash: u64, pod: &Arc<Pod>) -> Arc<Demand> {
        let mut demand = Demand::of(pod);
        // What is being resized is soon something else.
        if resized(pod).is_some() {
            return Arc::new(demand);
        }
        self.last += 1;
        demand.number = self.last;
        let demand = Arc::new(demand);
        self.by_hash.entry(hash).or_default().push(Arc::clone(&demand));
        self.order.push_back((hash, demand.number));
        if self.order.len() > MAX_DEMANDS
            && let Some((hash, number)) = self.order.pop_front()
            && let Some(all) = self.by_hash.get_mut(&hash)
        {
            all.retain(|one| one.number != number);
            if all.is_empty() {
                self.by_hash.remove(&hash);
            }
        }
        demand
    }
}

/// Tells most demands apart, quickly: FNV-1a over namespace, labels and what the first container asks for.
fn hash_of(pod: &Pod) -> u64 {
    let fold = |hash: u64, text: &str| {
        text.bytes().chain([0]).fold(hash, |hash, byte| (hash ^ u64::from(byte)).wrapping_mul(0x0100_0000_01b3))
    };
    let mut hash = fold(0xcbf2_9ce4_8422_2325, pod.metadata.namespace());
    for (key, value) in pod.metadata.label_map() {
        hash = fold(fold(hash, key), value);
    }
    let first = pod.spec.containers.first().and_then(|container| container.resources.as_ref());
    for (name, amount) in first.and_then(|resources| resources.requests.as_ref()).into_iter().flatten() {
        hash = fold(fold(hash, name), &amount.0);
    }
    hash ^ u64::from(pod.priority().unsigned_abs())
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;
    use crate::scheduler::fixture::{PodFixture, pod};

    fn number(demands: &mut Demands, fixture: &PodFixture) -> u32 {
        demands.info(Arc::clone(fixture.object().get::<Pod>().unwrap())).demand.number
    }

    #[test]
    fn pods_of_one_template_share_what_they_ask_for() {
        let mut demands = Demands::default();
        let web = |name: &str| pod(name).requests("100m", "0").meta("labels", json!({"app": "web"}));
        let first = number(&mut demands, &web("a"));
        assert_eq!(number(&mut demands, &web("b")), first);
        assert_eq!(number(&mut demands, &web("c").on("node-1")), first, "wherever they are");
        let token = |name: &str| json!([{"name": name, "emptyDir": {}}]);
        assert_eq!(number(&mut demands, &web("d").spec("volumes", token("kube-api-access-abcde"))), first);
        let others = [
            web("e").requests("200m", "0"),
            web("f").meta("labels", json!({"app": "db"})),
            web("g").meta("namespace", json!("other")),
            web("h").priority(5),
            web("i").spec("nodeSelector", json!({"disk": "ssd"})),
            web("j").claim("data"),
            web("k").host_port(80),
        ];
        for other in &others {
            assert_ne!(number(&mut demands, other), first);
        }
    }
}
