//! The conditions of a Pod that the kubelet owns.
//!
//! Models `pkg/kubelet/status/generate.go`.

use crate::machine::Machine;
use crate::model::core::{PodCondition, PodStatus};
use crate::model::time;

use super::pod_worker::{PodWorker, Stage};
use super::resize;
use super::shared::Scope;
use super::slot::Role;

/// The condition that tells of an eviction.
const DISRUPTION: &str = "DisruptionTarget";

/// Status, reason and message of a condition.
pub type Verdict = (bool, &'static str, String);

/// All conditions, in the order in which the kubelet writes them.
#[must_use]
pub fn of(worker: &PodWorker, status: &PodStatus, scope: &Scope<'_, '_>) -> Vec<PodCondition> {
    let phase = status.phase.as_deref().unwrap_or_default();
    let has_sandbox = worker.home.is_some() && worker.stage != Stage::Terminated;
    let containers = containers_ready(worker, phase, scope.machine);
    let ready = ready(worker, &containers);
    let mut wanted: Vec<(&str, Verdict)> = vec![
        ("PodReadyToStartContainers", (has_sandbox, "", String::new())),
        ("Initialized", initialized(worker, phase, scope.machine)),
        ("Ready", ready),
        ("ContainersReady", containers),
        ("PodScheduled", (true, "", String::new())),
    ];
    let resizing = worker.resize.conditions();
    resizing.into_iter().rev().for_each(|told| wanted.insert(0, told));
    if let Some(ending) = worker.ending.as_ref().filter(|ending| ending.is_disruption) {
        wanted.insert(0, (DISRUPTION, (true, "TerminationByKubelet", ending.message.to_string())));
    }
    let foreign = worker.pod.status.conditions.iter().flatten();
    let is_own = |type_: &str| wanted.iter().any(|(own, _)| *own == type_) || resize::CONDITIONS.contains(&type_);
    let foreign = foreign.filter(|condition| !is_own(&condition.type_)).cloned();
    let foreign: Vec<_> = foreign.collect();
    let own = wanted.iter().map(|(type_, verdict)| condition(worker, type_, verdict, scope));
    foreign.into_iter().chain(own).collect()
}

fn condition(worker: &PodWorker, type_: &str, verdict: &Verdict, scope: &Scope<'_, '_>) -> PodCondition {
    let (is_true, reason, message) = verdict;
    let status = if *is_true { "True" } else { "False" };
    let is_it = |condition: &&PodCondition| condition.type_ == type_;
    let before = worker.report.status.conditions.iter().flatten().find(is_it);
    let before = before.or_else(|| worker.pod.status.conditions.iter().flatten().find(is_it));
    let since = before.filter(|before| before.status == status).and_then(|before| before.last_transition_time.clone());
    PodCondition {
        type_: type_.to_owned(),
        status: status.to_owned(),
        reason: Some((*reason).to_owned()).filter(|reason| !reason.is_empty()),
        message: Some(message.clone()).filter(|message| !message.is_empty()),
        last_probe_time: None,
        last_transition_time: since.or_else(|| Some(time::time(scope.ctx.now))),
        observed_generation: worker.pod.metadata.generation,
    }
}

fn initialized(worker: &PodWorker, phase: &str, machine: &Machine) -> Verdict {
    if phase == "Succeeded" {
        return (true, "PodCompleted", String::new());
    }
    let has_begun = worker.slots.iter().any(|slot| slot.role == Role::App && slot.current.is_some());
    let is_missing = |slot: &&super::slot::Slot| match slot.role {
        Role::Init => !slot.is_done && slot.exit_code(machine) != Some(0),
        Role::Sidecar => !slot.is_started,
        Role::App | Role::Ephemeral => false,
    };
    let missing: Vec<_> =
        worker.slots.iter().filter(is_missing).map(|slot| slot.spec(&worker.pod).name.as_str()).collect();
    if missing.is_empty() || has_begun {
        return (true, "", String::new());
    }
    (false, "ContainersNotInitialized", format!("containers with incomplete status: [{}]", missing.join(" ")))
}

fn containers_ready(worker: &PodWorker, phase: &str, machine: &Machine) -> Verdict {
    match phase {
        "Succeeded" => return (false, "PodCompleted", String::new()),
        "Failed" => return (false, "PodFailed", String::new()),
        _ => {}
    }
    let counts = |slot: &&super::slot::Slot| !matches!(slot.role, Role::Init | Role::Ephemeral);
    let is_ready = |slot: &super::slot::Slot| slot.is_running(machine) && slot.is_started && slot.is_ready;
    let unready: Vec<_> = worker
        .slots
        .iter()
        .filter(counts)
        .filter(|slot| !is_ready(slot))
        .map(|slot| slot.spec(&worker.pod).name.as_str())
        .collect();
    if unready.is_empty() {
        return (true, "", String::new());
    }
    (false, "ContainersNotReady", format!("containers with unready status: [{}]", unready.join(" ")))
}

/// Ready is `ContainersReady` and every readiness gate.
fn ready(worker: &PodWorker, containers: &Verdict) -> Verdict {
    if !containers.0 {
        return containers.clone();
    }
    let mut problems = Vec::new();
    for gate in worker.pod.spec.readiness_gates.as_deref().unwrap_or_default() {
        let type_ = &gate.condition_type;
        match worker.pod.condition(type_) {
            None => problems.push(format!("corresponding condition of pod readiness gate \"{type_}\" does not exist.")),
            Some(condition) if condition.status != "True" => problems.push(format!(
                "the status of pod readiness gate \"{type_}\" is not \"True\", but {}",
                condition.status
            )),
            Some(_) => {}
        }
    }
    if problems.is_empty() { (true, "", String::new()) } else { (false, "ReadinessGatesNotReady", problems.join(", ")) }
}
