//! The world of a goal: answers what an expression asks, from the lesson's memory and the cluster.

use cel::common::value::CowVal;
use cel::context::VariableResolver;

use crate::cluster::{Cluster, ComponentName};
use crate::engine::SimTime;
use crate::machine::Machine;
use crate::machine::cri::{ContainerId, ContainerState};
use crate::model::Object;
use crate::network::{Load, LoadStats, Outcome};

use super::call::{self, Call};
use super::memory::{Memory, Seen};
use crate::model::cel::value::{Any, List, Map, count, flag, number, text};

/// What expressions look at.
pub(super) struct World<'c> {
    pub(super) cluster: &'c Cluster,
    pub(super) memory: &'c Memory,
    pub(super) arrived_at: SimTime,
}

impl VariableResolver for World<'_> {
    fn resolve<'b>(&'b self, variable: &str) -> Option<CowVal<'b, 'b>> {
        let call = call::decode(variable)?;
        self.answer(&call).map(CowVal::Owned)
    }
}

impl World<'_> {
    /// The answer; `None` when there is no such thing (yet).
    fn answer(&self, call: &Call) -> Option<Any> {
        let seconds = |at: SimTime| count(at.as_secs());
        Some(match call {
            Call::List { kind, namespace, selector } => {
                let labels = |seen: &&Seen| seen.object.meta().labels.clone().unwrap_or_default();
                list(self.memory.list(*kind, namespace).filter(|seen| selector.matches(&labels(seen))))
            }
            Call::Get { kind, namespace, name } => boxed(&self.memory.get(*kind, namespace, name)?.value),
            Call::Exists { kind, namespace, name } => flag(self.memory.get(*kind, namespace, name).is_some()),
            Call::Events { namespace, reason } => {
                let is_meant = |seen: &&Seen| match &seen.object {
                    Object::Event(event) => reason.is_none() || event.reason == *reason,
                    _ => false,
                };
                list(self.memory.list(crate::model::Kind::Event, namespace).filter(is_meant))
            }
            Call::Load(name) => load_value(self.load(name)?),
            Call::LoadSince { load, seconds, lost_only } => {
                let span = crate::engine::SimDuration::from_secs(*seconds);
                let stats = self.load(load)?.since(self.cluster.now().saturating_sub(span));
                count(if *lost_only { stats.lost() } else { stats.total() })
            }
            Call::Components(name) => self.components(name.as_deref()),
            Call::Leader(name) => text(self.leader(name)),
            Call::Etcd => self.etcd(),
            Call::Exits { namespace, which } => {
                let endings = self.memory.endings().iter().filter(|ending| ending.is_of(namespace, which));
                Box::new(List::of(endings.map(|ending| ending.to_value(self.arrived_at))))
            }
            Call::Logs { namespace, pod, container } => text(self.logs(namespace, pod, container.as_deref())?),
            Call::File { namespace, pod, container, path } => text(self.file(namespace, pod, container, path)?),
            Call::Written { namespace, pod, container, path } => {
                count(self.written(namespace, pod, container, path)?.as_secs())
            }
            Call::Now => seconds(self.cluster.now()),
            Call::SinceArrival => count(self.cluster.now().since(self.arrived_at).as_secs()),
            Call::Milli(amount) | Call::Amount(amount) => number(*amount),
        })
    }

    fn load(&self, name: &str) -> Option<&Load> {
        self.cluster.loads().iter().find(|load| *load.spec.name == *name)
    }

    fn components(&self, name: Option<&str>) -> Any {
        let states = self.cluster.components().into_iter();
        let states = states.filter(|state| name.is_none_or(|name| name == state.component.as_str()));
        let value = |state: crate::cluster::view::ComponentState| -> Any {
            map([
                ("component", text(state.component.as_str())),
                ("node", text(&*state.node)),
                ("up", flag(state.is_up)),
                ("leads", flag(state.leads)),
            ])
        };
        Box::new(List::of(states.map(value)))
    }

    fn leader(&self, component: &str) -> String {
        let leads = |state: &crate::cluster::view::ComponentState| state.leads && state.component.as_str() == component;
        let node = self.cluster.components().into_iter().find(leads).map(|state| state.node.to_string());
        // A member of etcd that lost its majority may think itself the leader until its next heartbeat is due.
        let is_doubtful = component == ComponentName::Etcd.as_str() && !self.has_quorum();
        node.filter(|_| !is_doubtful).unwrap_or_default()
    }

    fn etcd(&self) -> Any {
        let masters = self.cluster.masters();
        let member = |master: &crate::cluster::Master| -> Any {
            let raft = master.etcd.status().raft;
            map([
                ("name", text(&*master.name)),
                ("up", flag(master.etcd_runs())),
                ("role", text(format!("{:?}", raft.role).to_lowercase())),
                ("term", count(raft.term.0)),
            ])
        };
        map([
            ("members", Box::new(List::of(masters.iter().map(member))) as Any),
            ("up", count(self.running_members() as u64)),
            ("size", count(masters.len() as u64)),
            ("leader", text(self.leader(ComponentName::Etcd.as_str()))),
            ("quorum", flag(self.has_quorum())),
        ])
    }

    fn running_members(&self) -> usize {
        self.cluster.masters().iter().filter(|master| master.etcd_runs()).count()
    }

    /// Whether a majority of the members runs on one side of the network.
    fn has_quorum(&self) -> bool {
        let masters = self.cluster.masters();
        let running = masters.iter().filter(|master| master.etcd_runs());
        let (cut_off, whole): (Vec<_>, Vec<_>) = running.partition(|master| self.cluster.is_cut_off(&master.name));
        cut_off.len().max(whole.len()) > masters.len() / 2
    }

    fn logs(&self, namespace: &str, pod: &str, container: Option<&str>) -> Option<String> {
        let worker =
            self.cluster.workers().iter().find(|worker| sandbox_of(&worker.machine, namespace, pod).is_some())?;
        let sandbox = sandbox_of(&worker.machine, namespace, pod)?;
        let is_meant = |name: &str| container.is_none_or(|container| container == name);
        let containers = worker.machine.containers().filter(|c| c.sandbox == sandbox && is_meant(&c.config.name));
        let mut written = String::new();
        for line in containers.flat_map(|container| container.log.lines()) {
            written.push_str(&line.text);
            written.push('\n');
        }
        Some(written)
    }

    fn file(&self, namespace: &str, pod: &str, container: &str, path: &str) -> Option<String> {
        let (machine, id) = self.running(namespace, pod, container)?;
        // Reading lets the machine catch up with the clock; a goal must not touch, so a copy reads.
        let bytes = machine.clone().read_file(self.cluster.now(), id, path).ok()?;
        Some(String::from_utf8_lossy(&bytes).into_owned())
    }

    fn written(&self, namespace: &str, pod: &str, container: &str, path: &str) -> Option<SimTime> {
        let (machine, id) = self.running(namespace, pod, container)?;
        machine.clone().written_at(self.cluster.now(), id, path).ok()
    }

    /// A container that runs, and its machine.
    fn running(&self, namespace: &str, pod: &str, container: &str) -> Option<(&Machine, ContainerId)> {
        let worker =
            self.cluster.workers().iter().find(|worker| sandbox_of(&worker.machine, namespace, pod).is_some())?;
        let sandbox = sandbox_of(&worker.machine, namespace, pod)?;
        let is_meant = |c: &&crate::machine::kernel::Container| {
            c.sandbox == sandbox && *c.config.name == *container && c.state == ContainerState::Running
        };
        Some((&worker.machine, worker.machine.containers().find(is_meant)?.id))
    }
}

/// The youngest sandbox of a Pod.
fn sandbox_of(machine: &crate::machine::Machine, namespace: &str, pod: &str) -> Option<crate::machine::cri::SandboxId> {
    let is_meant = |sandbox: &&crate::machine::kernel::Sandbox| {
        *sandbox.config.namespace == *namespace && *sandbox.config.name == *pod
    };
    machine.sandboxes().filter(is_meant).map(|sandbox| sandbox.id).last()
}

fn load_value(load: &Load) -> Any {
    let stats = load.total();
    let of = |outcome| count(LoadStats::of(&stats, outcome));
    map([
        ("name", text(&*load.spec.name)),
        ("total", count(stats.total())),
        ("lost", count(stats.lost())),
        ("ok", of(Outcome::Ok)),
        ("wrong", of(Outcome::Wrong)),
        ("noName", of(Outcome::NoName)),
        ("refused", of(Outcome::Refused)),
        ("reset", of(Outcome::Reset)),
        ("timedOut", of(Outcome::TimedOut)),
    ])
}

/// The fields of a load, of a component, of the store.
pub(super) const LOAD_FIELDS: &[&str] =
    &["name", "total", "lost", "ok", "wrong", "noName", "refused", "reset", "timedOut"];
pub(super) const COMPONENT_FIELDS: &[&str] = &["component", "node", "up", "leads"];
pub(super) const ETCD_FIELDS: &[&str] = &["members", "up", "size", "leader", "quorum"];

fn map<const N: usize>(fields: [(&str, Any); N]) -> Any {
    Box::new(Map::of(fields.map(|(name, value)| (name.to_owned(), value))))
}

fn list<'s>(seen: impl Iterator<Item = &'s Seen>) -> Any {
    Box::new(List::of(seen.map(|seen| boxed(&seen.value))))
}

fn boxed(map: &Map) -> Any {
    Box::new(map.clone())
}
