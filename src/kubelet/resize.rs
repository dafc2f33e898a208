//! In-place resize: a Pod that runs wants other resources. The node promises them when they fit, and then gives them to the
//! containers, some of which must be started anew for that.
//!
//! A worker's Pod always carries what was promised; what is wanted beside that stands in [`Resize::wanted`].
//! Models `pkg/kubelet/allocation/allocation_manager.go`, `computePodResizeAction` and `doPodResizeAction` in
//! `pkg/kubelet/kuberuntime/kuberuntime_manager.go`, and the texts of `pkg/kubelet/events`. What waits is looked at whenever the
//! kubelet learns something, where upstream does so at ends of Pods and every three minutes.

use std::sync::Arc;

use crate::client::{Ctx, EventType};
use crate::machine::{Cgroup, Machine};
use crate::model::core::{Container, ResourceRequirements};
use crate::model::resources::{QosClass, Resources, pod_requests, qos_class};
use crate::model::{Pod, Quantity};

use super::admission;
use super::conditions::Verdict;
use super::container_config::amount;
use super::host::Host;
use super::kubelet::Kubelet;
use super::pod_worker::{PodWorker, Stage};
use super::shared::{PodNumber, Scope};
use super::slot::{Role, Slot};

/// The conditions that tell of it.
pub const CONDITIONS: [&str; 2] = ["PodResizePending", "PodResizeInProgress"];

/// How far the resize of a Pod is.
#[derive(Clone, Debug, Default)]
pub struct Resize {
    /// The Pod as the API has it, when that is not what was promised.
    pub wanted: Option<Arc<Pod>>,
    /// Why that was not promised: `Deferred` or `Infeasible`, and a sentence.
    pending: Option<(&'static str, String)>,
    /// It was promised, and is being done.
    is_begun: bool,
    /// Why it cannot be done as of now.
    error: Option<String>,
}

impl Resize {
    /// What the Pod's conditions say of it.
    #[must_use]
    pub(super) fn conditions(&self) -> Vec<(&'static str, Verdict)> {
        let pending = self.pending.as_ref().map(|(reason, message)| (true, *reason, message.clone()));
        let begun = match (&self.error, self.is_begun) {
            (Some(error), _) => Some((true, "Error", error.clone())),
            (None, true) => Some((true, "", String::new())),
            (None, false) => None,
        };
        CONDITIONS.into_iter().zip([pending, begun]).filter_map(|(type_, told)| Some((type_, told?))).collect()
    }
}

/// Whether two containers are given the same.
fn is_same(one: Option<&ResourceRequirements>, other: Option<&ResourceRequirements>) -> bool {
    let amounts = |list: Option<&ResourceRequirements>| {
        ["cpu", "memory"].map(|name| [false, true].map(|is_limit| amount(list, is_limit, name)))
    };
    one == other || amounts(one) == amounts(other)
}

/// All containers that a resize may change.
fn containers(pod: &Pod) -> impl Iterator<Item = &Container> {
    pod.spec.init_containers.iter().flatten().chain(&pod.spec.containers)
}

impl Slot {
    /// Whether the container is one whose running instance can be given other resources.
    fn is_resizable(&self, machine: &Machine) -> bool {
        matches!(self.role, Role::App | Role::Sidecar) && self.is_running(machine)
    }

    /// Whether it must be started anew to have what was promised.
    #[must_use]
    pub fn resizes_by_restart(&self, spec: &Container) -> bool {
        let Some(actual) = self.actual.as_deref() else { return false };
        let differs = |name: &str| {
            [false, true].iter().any(|&is_limit| {
                amount(Some(actual), is_limit, name) != amount(spec.resources.as_ref(), is_limit, name)
            })
        };
        let mut policies = spec.resize_policy.iter().flatten();
        policies.any(|policy| policy.restart_policy == "RestartContainer" && differs(&policy.resource_name))
    }
}

/// What a kubelet that begins anew had promised a Pod, and what that wants beside it. Upstream keeps a file
/// (`allocated_pods_state`); here the kubelet's own last report tells.
pub(super) fn remembered(pod: Arc<Pod>) -> (Arc<Pod>, Resize) {
    let statuses = pod.status.init_container_statuses.iter().flatten().chain(pod.container_statuses());
    let promised = |one: &Container| {
        let status = statuses.clone().find(|status| status.name == one.name)?;
        let requests = status.allocated_resources.clone()?;
        let before = status.resources.clone().unwrap_or_default();
        Some(ResourceRequirements { requests: Some(requests), ..before })
    };
    let differs = |one: &Container| promised(one).is_some_and(|held| !is_same(Some(&held), one.resources.as_ref()));
    if !containers(&pod).any(differs) {
        return (pod, Resize::default());
    }
    let mut held = Pod::clone(&pod);
    let spec = held.spec_mut();
    for one in spec.init_containers.iter_mut().flatten().chain(&mut spec.containers) {
        if let Some(resources) = promised(one) {
            one.resources = Some(resources);
        }
    }
    (Arc::new(held), Resize { wanted: Some(pod), ..Resize::default() })
}

impl PodWorker {
    /// The Pod as it came, with the resources that it was promised instead of those that it wants.
    pub(super) fn as_promised(&mut self, pod: Arc<Pod>, scope: &mut Scope<'_, '_>) -> Arc<Pod> {
        let before = Arc::clone(&self.pod);
        let promised = |name: &str| containers(&before).find(|one| one.name == name).map(|one| &one.resources);
        let differs =
            |one: &Container| promised(&one.name).is_some_and(|held| !is_same(held.as_ref(), one.resources.as_ref()));
        let is_wanted = self.stage == Stage::Sync
            && !Arc::ptr_eq(&before.spec, &pod.spec)
            && pod.metadata.deletion_timestamp.is_none()
            && containers(&pod).any(differs);
        if !is_wanted {
            let was_pending = self.resize.pending.take().is_some();
            self.resize.wanted = None;
            if was_pending {
                scope.shared.pleg.mark(self.number, scope.ctx);
            }
            return pod;
        }
        scope.shared.resizes.insert(self.number);
        let mut held = Pod::clone(&pod);
        let spec = held.spec_mut();
        for one in spec.init_containers.iter_mut().flatten().chain(&mut spec.containers) {
            if let Some(resources) = promised(&one.name) {
                one.resources.clone_from(resources);
            }
        }
        self.resize.wanted = Some(pod);
        Arc::new(held)
    }

    /// What counts as taken on the node: what was promised, or more while containers still have more.
    #[must_use]
    pub(super) fn requests_held(&self) -> Resources {
        let mut most = pod_requests(&self.pod.spec);
        if self.resize.is_begun {
            most.raise_to(&self.requests);
        }
        most
    }

    /// The node has looked whether what is wanted fits.
    fn decide(&mut self, verdict: Result<(), (&'static str, String)>, scope: &mut Scope<'_, '_>) {
        scope.ctx.cause = self.cause;
        match verdict {
            Ok(()) => self.promise(scope),
            Err(told) if self.resize.pending.as_ref() == Some(&told) => {}
            Err((reason, message)) => {
                let wanted = self.resize.wanted.as_ref().unwrap_or(&self.pod);
                let text = format!("Pod resize {reason}: {}", summary(wanted, &message));
                let pod = Arc::clone(&self.pod);
                scope.pod_event(&pod, EventType::Warning, &format!("Resize{reason}"), text);
                scope.ctx.record("resize not granted", self.path(), format!("{reason}: {message}"));
                self.resize.pending = Some((reason, message));
                self.publish(scope);
            }
        }
    }

    /// What is wanted is promised from now on, and given at the next synchronisation.
    fn promise(&mut self, scope: &mut Scope<'_, '_>) {
        let Some(wanted) = self.resize.wanted.take() else { return };
        let before = std::mem::replace(&mut self.pod, wanted);
        self.resize = Resize { is_begun: true, ..Resize::default() };
        self.requests = self.requests_held();
        for slot in &mut self.slots {
            let (old, new) = (slot.spec(&before).resources.as_ref(), slot.spec(&self.pod).resources.as_ref());
            let has = slot.actual.as_deref().or(old);
            let is_open = slot.is_resizable(scope.machine) && !is_same(has, new);
            slot.actual = is_open.then(|| Box::new(has.cloned().unwrap_or_default()));
        }
        scope.ctx.record("resize granted", self.path(), "");
        if self.is_resizing() {
            let text = format!("Pod resize started: {}", summary(&self.pod, ""));
            let pod = Arc::clone(&self.pod);
            scope.pod_event(&pod, EventType::Normal, "ResizeStarted", text);
        }
        self.sync(scope);
    }

    /// Whether a container has something else than was promised.
    fn is_resizing(&self) -> bool {
        self.slots.iter().any(|slot| slot.actual.is_some())
    }

    /// The runtime has been looked at: a resize that is done is told of.
    pub(super) fn settle_resize(&mut self, scope: &mut Scope<'_, '_>) {
        for slot in &mut self.slots {
            if slot.actual.is_some() && !slot.is_resizable(scope.machine) && slot.kill.is_none() {
                // What does not run gets everything when it starts.
                slot.actual = None;
            }
        }
        let restarts = self.slots.iter().any(|slot| slot.kill.is_some());
        if !self.resize.is_begun || self.is_resizing() || restarts {
            return;
        }
        self.resize.is_begun = false;
        self.resize.error = None;
        self.requests = self.requests_held();
        let text = format!("Pod resize completed: {}", summary(&self.pod, ""));
        let pod = Arc::clone(&self.pod);
        scope.pod_event(&pod, EventType::Normal, "ResizeCompleted", text);
    }

    /// Gives running containers what was promised.
    pub(super) fn resize_running(&mut self, scope: &mut Scope<'_, '_>) {
        if !self.is_resizing() {
            return;
        }
        if let Some(error) = self.memory_in_use(scope.machine) {
            self.resize_failed(error, scope);
            return;
        }
        self.resize.error = None;
        let now = scope.now();
        for index in 0..self.slots.len() {
            let slot = &mut self.slots[index];
            let (Some(id), Some(_)) = (slot.current, slot.actual.take()) else { continue };
            let resources = slot.spec(&self.pod).resources.as_ref();
            let milli = |quantity: Quantity| quantity.milli_value().max(0) as u64;
            let cgroup = Cgroup {
                memory_limit: amount(resources, true, "memory").map(|limit| limit.value().max(0) as u64),
                cpu_limit_milli: amount(resources, true, "cpu").map(milli),
                cpu_request_milli: amount(resources, false, "cpu").map_or(0, milli),
            };
            // A container that ended this very moment gets everything when it starts.
            scope.machine.update_container(now, id, cgroup).unwrap_or_default();
            scope.ctx.record("resize container", self.container_path(index), "without a restart");
        }
        scope.shared.pleg.mark(self.number, scope.ctx);
    }

    fn resize_failed(&mut self, error: String, scope: &mut Scope<'_, '_>) {
        if self.resize.error.as_ref() != Some(&error) {
            let text = format!("Pod resize error: {}", summary(&self.pod, &error));
            let pod = Arc::clone(&self.pod);
            scope.pod_event(&pod, EventType::Warning, "ResizeError", text);
            self.resize.error = Some(error);
            self.publish(scope);
        }
        self.retry(scope);
    }

    /// Why memory limits cannot be lowered: more is in use. Source: `validateMemoryResizeAction`.
    fn memory_in_use(&self, machine: &Machine) -> Option<String> {
        let limit =
            |list: Option<&ResourceRequirements>| amount(list, true, "memory").map(|limit| limit.value().max(0) as u64);
        let usage = |slot: &Slot| slot.current.map_or(0, |id| machine.container_usage(id).memory_bytes);
        let mut errors = Vec::new();
        let mut lowered = false;
        for slot in self.slots.iter().filter(|slot| slot.actual.is_some()) {
            let spec = slot.spec(&self.pod);
            let (Some(new), used) = (limit(spec.resources.as_ref()), usage(slot)) else { continue };
            let is_lower = limit(slot.actual.as_deref()).is_none_or(|old| new < old);
            lowered |= is_lower;
            if is_lower && used > new {
                let name = &spec.name;
                errors.push(format!(
                    "attempting to set container {name:?} memory limit ({new}) below current usage ({used})"
                ));
            }
        }
        let living = self.slots.iter().filter(|slot| slot.is_resizable(machine));
        let limits: Option<Vec<u64>> =
            living.clone().map(|slot| limit(slot.spec(&self.pod).resources.as_ref())).collect();
        let used: u64 = living.map(usage).sum();
        if let Some(new) = limits.map(|all| all.iter().sum::<u64>()).filter(|new| lowered && used > *new) {
            errors.insert(0, format!("attempting to set pod memory limit ({new}) below current usage ({used})"));
        }
        match errors.as_slice() {
            [] => None,
            [one] => Some(format!("cannot decrease memory limits: {one}")),
            many => Some(format!("cannot decrease memory limits: [{}]", many.join(", "))),
        }
    }
}

impl Kubelet {
    /// Looks at every resize that waits: those of higher priority first, then by class, then as they came.
    pub(super) fn try_resizes(&mut self, host: &mut Host<'_>, ctx: &mut Ctx<'_>) {
        if self.shared.resizes.is_empty() {
            return;
        }
        let rank = |number: &PodNumber| {
            let pod = self.workers.get(number).map(|worker| &worker.pod);
            let class = pod.map_or(QosClass::BestEffort, |pod| qos_class(&pod.spec));
            let class = [QosClass::Guaranteed, QosClass::Burstable].iter().position(|one| *one == class).unwrap_or(2);
            (pod.map_or(0, |pod| -i64::from(pod.priority())), class, *number)
        };
        let mut waiting: Vec<PodNumber> = self.shared.resizes.iter().copied().collect();
        waiting.sort_by_key(rank);
        for number in waiting {
            let verdict = self.verdict(number);
            if !verdict.as_ref().is_some_and(|verdict| matches!(verdict, Err(("Deferred", _)))) {
                self.shared.resizes.remove(&number);
            }
            if let Some(verdict) = verdict {
                self.with_worker(number, host, ctx, |worker, scope| worker.decide(verdict, scope));
            }
        }
    }

    /// Whether the node can promise what a Pod wants; `None` when it wants nothing. Source: `canResizePod`.
    fn verdict(&self, number: PodNumber) -> Option<Result<(), (&'static str, String)>> {
        let worker = self.workers.get(&number).filter(|worker| worker.stage == Stage::Sync)?;
        let wanted = pod_requests(&worker.resize.wanted.as_ref()?.spec);
        let allocatable = &self.shared.config.allocatable;
        for name in ["memory", "cpu"] {
            let Some(capacity) = allocatable.get(name).and_then(|text| Quantity::parse(text).ok()) else { continue };
            let capacity = if name == "cpu" { capacity.milli_value() } else { capacity.value() };
            let requested = wanted.amount(name);
            if requested > capacity {
                let text = format!("{name}, requested: {requested}, capacity: {capacity}");
                return Some(Err(("Infeasible", format!("Node didn't have enough capacity: {text}"))));
            }
        }
        let has_ended =
            |other: &PodWorker| matches!(other.report.status.phase.as_deref(), Some("Succeeded" | "Failed"));
        let counts =
            |other: &&PodWorker| other.number != number && other.stage != Stage::Terminated && !has_ended(other);
        let others = self.workers.values().filter(counts);
        Some(admission::fits(&wanted, others, allocatable).map_err(|refusal| ("Deferred", refusal.message)))
    }
}

/// The resources of all containers, as events carry them: JSON in the order of upstream's struct.
fn summary(pod: &Pod, error: &str) -> String {
    let list = |all: &[Container]| all.iter().map(allocation).collect::<Vec<_>>().join(",");
    let inits = pod.spec.init_containers.as_deref().filter(|all| !all.is_empty());
    let inits = inits.map(|all| format!("\"initContainers\":[{}],", list(all))).unwrap_or_default();
    let apps = &pod.spec.containers[..pod.spec.containers.len() - super::ephemeral::count(pod)];
    let error = if error.is_empty() { String::new() } else { format!(",\"error\":{}", serde_json::json!(error)) };
    let generation = pod.metadata.generation.unwrap_or(0);
    format!("{{{inits}\"containers\":[{}],\"generation\":{generation}{error}}}", list(apps))
}

fn allocation(container: &Container) -> String {
    let resources = container.resources.as_ref();
    let part = |name: &str, list: Option<&std::collections::BTreeMap<String, crate::model::metav1::WireQuantity>>| {
        let list = list.filter(|list| !list.is_empty())?;
        Some(format!("\"{name}\":{}", serde_json::json!(list)))
    };
    let limits = part("limits", resources.and_then(|all| all.limits.as_ref()));
    let requests = part("requests", resources.and_then(|all| all.requests.as_ref()));
    let parts: Vec<String> = [limits, requests].into_iter().flatten().collect();
    format!("{{\"name\":{},\"resources\":{{{}}}}}", serde_json::json!(container.name), parts.join(","))
}
