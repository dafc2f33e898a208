//! Probes: startup, liveness and readiness of a container, by command, HTTP or TCP.
//!
//! Models `pkg/kubelet/prober/worker.go` and `pkg/probe/`. **Not modelled:** gRPC probes; they say so and count as passed.

use std::sync::Arc;

use crate::client::{EventType, Timer};
use crate::engine::{SimDuration, SimTime};
use crate::machine::{ExecConfig, ExecId, HttpRequest, SocketId};
use crate::model::core::{Container, Probe};
use crate::model::metav1::IntOrString;

use super::hook::port_number;
use super::pod_worker::{PodWorker, Stage};
use super::shared::{Asker, Scope, purpose};
use super::slot::Role;

/// Which probe.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum ProbeKind {
    /// Holds the others back until it has passed once.
    Startup,
    /// Restarts the container when it fails.
    Liveness,
    /// Decides whether the Pod gets traffic.
    Readiness,
}

impl ProbeKind {
    /// All of them, in the order in which they matter.
    pub const ALL: [Self; 3] = [Self::Startup, Self::Liveness, Self::Readiness];

    /// As events begin: `Liveness probe failed`.
    #[must_use]
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Startup => "Startup",
            Self::Liveness => "Liveness",
            Self::Readiness => "Readiness",
        }
    }

    pub(super) fn of(self, container: &Container) -> Option<&Probe> {
        match self {
            Self::Startup => container.startup_probe.as_ref(),
            Self::Liveness => container.liveness_probe.as_ref(),
            Self::Readiness => container.readiness_probe.as_ref(),
        }
    }
}

/// One attempt under way.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Attempt {
    /// A command.
    Exec(ExecId),
    /// A connection, given up at the instant.
    Socket(SocketId, SimTime),
}

/// One probe of one container.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct ProbeWorker {
    /// Which.
    pub kind: ProbeKind,
    /// When it looks next; `None` while its container does not run or its work is done.
    pub next_at: Option<SimTime>,
    /// The attempt under way.
    pub attempt: Option<Attempt>,
    /// What it said last, and how often in a row.
    last: Option<bool>,
    run: i32,
}

/// What an attempt found.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Finding {
    /// All is well.
    Success,
    /// It failed, with this output.
    Failure(String),
    /// It could not be made: counts as nothing.
    Errored(String),
}

impl PodWorker {
    /// A container has started: its probes begin.
    pub fn arm_probes(&mut self, slot: usize, scope: &mut Scope<'_, '_>) {
        let pod = Arc::clone(&self.pod);
        let spec = self.slots[slot].spec(&pod);
        let present: Vec<ProbeKind> = ProbeKind::ALL.into_iter().filter(|kind| kind.of(spec).is_some()).collect();
        let workers =
            present.iter().map(|kind| ProbeWorker { kind: *kind, next_at: None, attempt: None, last: None, run: 0 });
        self.slots[slot].probes = workers.collect();
        self.slots[slot].is_started = !present.contains(&ProbeKind::Startup);
        self.slots[slot].is_ready = !present.contains(&ProbeKind::Readiness);
        let started = self.slots[slot].is_started;
        for kind in present {
            if started || kind == ProbeKind::Startup {
                self.schedule_first(slot, kind, scope);
            }
        }
    }

    /// The first look is made as soon as the initial delay is over.
    fn schedule_first(&mut self, slot: usize, kind: ProbeKind, scope: &mut Scope<'_, '_>) {
        let pod = Arc::clone(&self.pod);
        let Some(probe) = kind.of(self.slots[slot].spec(&pod)) else { return };
        let delay = seconds(probe.initial_delay_seconds, 0);
        let started_at = self.slots[slot].status(scope.machine).and_then(|status| status.started_at);
        let at = (started_at.unwrap_or(scope.now()) + delay).max(scope.now());
        self.schedule(slot, kind, at, scope);
    }

    fn schedule(&mut self, slot: usize, kind: ProbeKind, at: SimTime, scope: &mut Scope<'_, '_>) {
        if let Some(worker) = self.probe_mut(slot, kind) {
            worker.next_at = Some(at);
            let span = at.since(scope.now());
            scope.ctx.timer(span, Timer::new(purpose::PROBE, timer_number(self.number, slot, kind)));
        }
    }

    fn probe_mut(&mut self, slot: usize, kind: ProbeKind) -> Option<&mut ProbeWorker> {
        self.slots.get_mut(slot)?.probes.iter_mut().find(|worker| worker.kind == kind)
    }

    /// A probe's timer ran out: it gives an attempt up, or makes the next one.
    pub fn on_probe_timer(&mut self, slot: usize, kind: ProbeKind, scope: &mut Scope<'_, '_>) {
        let now = scope.now();
        let Some(worker) = self.probe_mut(slot, kind).copied() else { return };
        if let Some(Attempt::Socket(socket, until)) = worker.attempt
            && until <= now
        {
            scope.machine.close_socket(now, socket);
            scope.shared.owners.sockets.remove(&socket);
            let output = self.timeout_text(slot, kind);
            self.on_finding(slot, kind, Finding::Failure(output), scope);
        }
        let is_due = self.probe_mut(slot, kind).is_some_and(|worker| worker.next_at.is_some_and(|at| at <= now));
        if !is_due || (self.stage != Stage::Sync && kind != ProbeKind::Readiness) {
            return;
        }
        let pod = Arc::clone(&self.pod);
        let Some(probe) = kind.of(self.slots[slot].spec(&pod)) else { return };
        let period = seconds(probe.period_seconds, 10);
        self.schedule(slot, kind, now + period, scope);
        let is_free = self.probe_mut(slot, kind).is_some_and(|worker| worker.attempt.is_none());
        if is_free && self.slots[slot].is_running(scope.machine) && self.is_told_running(slot) {
            self.look(slot, kind, probe, scope);
        }
    }

    /// The status has changed: probes that decide whether a container has started or is ready, and have not looked yet, do so at
    /// once. Source: `prober_manager.go`, `UpdatePodStatus`.
    pub fn trigger_probes(&mut self, scope: &mut Scope<'_, '_>) {
        let pod = Arc::clone(&self.pod);
        for slot in 0..self.slots.len() {
            if self.slots[slot].probes.is_empty() || !self.slots[slot].is_running(scope.machine) {
                continue;
            }
            for kind in [ProbeKind::Startup, ProbeKind::Readiness] {
                let Some(probe) = kind.of(self.slots[slot].spec(&pod)) else { continue };
                let started_at = self.slots[slot].status(scope.machine).and_then(|status| status.started_at);
                let begins_at = started_at.unwrap_or_default() + seconds(probe.initial_delay_seconds, 0);
                let worker = self.probe_mut(slot, kind).copied();
                let is_new =
                    worker.is_some_and(|one| one.last.is_none() && one.attempt.is_none() && one.next_at.is_some());
                if is_new && begins_at <= scope.now() && self.is_told_running(slot) {
                    self.look(slot, kind, probe, scope);
                }
            }
        }
    }

    /// Whether the status says that the container runs: nobody looks at one before that.
    fn is_told_running(&self, slot: usize) -> bool {
        let (spec, status) = (self.slots[slot].spec(&self.pod), &self.report.status);
        let init = status.init_container_statuses.iter().flatten();
        let mut told = status.container_statuses.iter().flatten().chain(init);
        let told = told.find(|told| told.name == spec.name).and_then(|told| told.state.as_ref());
        told.is_some_and(|state| state.running.is_some())
    }

    /// Makes an attempt.
    fn look(&mut self, slot: usize, kind: ProbeKind, probe: &Probe, scope: &mut Scope<'_, '_>) {
        let (now, cause) = (scope.now(), scope.cause());
        let timeout = seconds(probe.timeout_seconds, 1);
        let (Some(home), Some(container)) = (self.home, self.slots[slot].current) else { return };
        let asker = Asker::Probe(self.number, slot, kind);
        let attempt = if let Some(command) = &probe.exec {
            let argv = command.command.clone().unwrap_or_default();
            let config = ExecConfig { argv, timeout: Some(timeout), ..ExecConfig::default() };
            let exec = scope.machine.exec(now, container, config, cause);
            scope.shared.owners.execs.insert(exec, asker);
            Attempt::Exec(exec)
        } else {
            let spec = self.slots[slot].spec(&self.pod);
            let target =
                probe.http_get.as_ref().map(|get| &get.port).or(probe.tcp_socket.as_ref().map(|tcp| &tcp.port));
            let asked = probe.grpc.as_ref().map(|grpc| IntOrString::Int(grpc.port));
            let Some(target) = target.cloned().or(asked) else { return };
            let Some(port) = port_number(&target, spec) else {
                let text = format!("couldn't find port: {}", port_text(&target));
                self.on_finding(slot, kind, Finding::Errored(text), scope);
                return;
            };
            let socket = match &probe.http_get {
                Some(get) => {
                    let mut request = HttpRequest::get(port, get.path.as_deref().unwrap_or("/"));
                    let headers = get.http_headers.as_deref().unwrap_or_default();
                    request.headers =
                        headers.iter().map(|header| (header.name.clone(), header.value.clone())).collect();
                    request.headers.push(("User-Agent".to_owned(), "kube-probe/1.36".to_owned()));
                    request.from = Some(scope.shared.config.address);
                    scope.machine.http_request(now, home.id, request, cause)
                }
                None if probe.grpc.is_some() => {
                    let service = probe.grpc.as_ref().and_then(|grpc| grpc.service.clone()).unwrap_or_default();
                    let request = health_request(port, service, scope.shared.config.address);
                    scope.machine.http_request(now, home.id, request, cause)
                }
                None => scope.machine.tcp_connect(now, home.id, port, cause),
            };
            scope.shared.owners.sockets.insert(socket, asker);
            scope.ctx.timer(timeout, Timer::new(purpose::PROBE, timer_number(self.number, slot, kind)));
            Attempt::Socket(socket, now + timeout)
        };
        if let Some(worker) = self.probe_mut(slot, kind) {
            worker.attempt = Some(attempt);
        }
    }

    /// An attempt has ended.
    pub fn on_finding(&mut self, slot: usize, kind: ProbeKind, finding: Finding, scope: &mut Scope<'_, '_>) {
        let pod = Arc::clone(&self.pod);
        let field = self.slots[slot].field_path(&pod);
        let Some(probe) = kind.of(self.slots[slot].spec(&pod)) else { return };
        let (successes, failures) = (probe.success_threshold.unwrap_or(1), probe.failure_threshold.unwrap_or(3));
        let own_grace = probe.termination_grace_period_seconds;
        let Some(worker) = self.probe_mut(slot, kind) else { return };
        worker.attempt = None;
        let is_good = match finding {
            Finding::Success => true,
            Finding::Failure(output) => {
                let message = format!("{} probe failed: {output}", kind.as_str());
                scope.field_event(&pod, field, EventType::Warning, "Unhealthy", message);
                false
            }
            Finding::Errored(error) => {
                let message = format!("{} probe errored and resulted in unknown state: {error}", kind.as_str());
                scope.field_event(&pod, field, EventType::Warning, "Unhealthy", message);
                return;
            }
        };
        worker.run = if worker.last == Some(is_good) { worker.run.saturating_add(1) } else { 1 };
        worker.last = Some(is_good);
        let run = worker.run;
        if run < if is_good { successes } else { failures } {
            return;
        }
        match (kind, is_good) {
            (ProbeKind::Startup, true) => self.startup_passed(slot, scope),
            (ProbeKind::Liveness, true) => {}
            (ProbeKind::Readiness, _) => self.set_ready(slot, is_good, scope),
            (ProbeKind::Startup | ProbeKind::Liveness, false) => {
                let text = format!("{} probe failed {run} times in a row", kind.as_str());
                scope.ctx.record("probe failed", self.container_path(slot), text);
                self.restart_unhealthy(slot, kind, own_grace.map(|grace| grace.max(1) as u64), scope);
            }
        }
    }

    fn startup_passed(&mut self, slot: usize, scope: &mut Scope<'_, '_>) {
        if self.slots[slot].is_started {
            return;
        }
        self.slots[slot].is_started = true;
        if let Some(worker) = self.probe_mut(slot, ProbeKind::Startup) {
            worker.next_at = None;
        }
        for kind in [ProbeKind::Liveness, ProbeKind::Readiness] {
            self.schedule_first(slot, kind, scope);
        }
        self.cause = scope.cause();
        self.publish(scope);
        if self.slots[slot].role == Role::Sidecar && self.stage == Stage::Sync {
            self.sync(scope);
        }
    }

    fn set_ready(&mut self, slot: usize, is_ready: bool, scope: &mut Scope<'_, '_>) {
        if self.slots[slot].is_ready != is_ready {
            self.slots[slot].is_ready = is_ready;
            let text = if is_ready { "passes" } else { "fails" };
            scope.ctx.record("readiness changed", self.container_path(slot), format!("readiness probe {text}"));
            self.publish(scope);
        }
    }

    /// A liveness or startup probe has given the container up.
    fn restart_unhealthy(&mut self, slot: usize, kind: ProbeKind, grace: Option<u64>, scope: &mut Scope<'_, '_>) {
        let state = &mut self.slots[slot];
        if self.stage != Stage::Sync || state.kill.is_some() || state.restart_because.is_some() {
            return;
        }
        state.probes.iter_mut().for_each(|worker| worker.next_at = None);
        let spec = state.spec(&self.pod);
        let probe = kind.as_str().to_lowercase();
        let restarts = super::restart_policy::policy(&self.pod, spec) != "Never" || state.role == Role::Sidecar;
        let message = match (state.role, restarts) {
            (Role::App, true) => format!("Container {} failed {probe} probe, will be restarted", spec.name),
            (Role::App, false) => format!("Container {} failed {probe} probe", spec.name),
            _ => format!("Init container {} failed {probe} probe", spec.name),
        };
        self.slots[slot].restart_because = Some(message.into());
        self.slots[slot].restart_grace = grace;
        self.cause = scope.cause();
        self.sync(scope);
    }

    /// A container has ended: its probes rest until the next one.
    pub fn rest_probes(&mut self, slot: usize, scope: &mut Scope<'_, '_>) {
        for worker in std::mem::take(&mut self.slots[slot].probes) {
            if let Some(Attempt::Socket(socket, _)) = worker.attempt {
                scope.machine.close_socket(scope.ctx.now, socket);
                scope.shared.owners.sockets.remove(&socket);
            }
        }
    }

    /// The Pod is being ended: liveness and startup are not looked at any more, readiness still is.
    pub fn stop_restarting_probes(&mut self) {
        for slot in &mut self.slots {
            slot.probes.retain(|worker| worker.kind == ProbeKind::Readiness);
        }
    }
}

/// `Check` of `grpc.health.v1.Health`, as much of it as a program of the catalogue sees: the path, and the service in the body.
fn health_request(port: u16, service: String, from: std::net::IpAddr) -> HttpRequest {
    let mut request = HttpRequest::get(port, "/grpc.health.v1.Health/Check");
    request.method = "POST".into();
    request.headers.push(("Content-Type".to_owned(), "application/grpc".to_owned()));
    request.headers.push(("User-Agent".to_owned(), "kube-probe/1.36".to_owned()));
    request.body = service.into_bytes();
    request.from = Some(from);
    request
}

/// The number of a probe's timer: Pod, container and probe in one.
fn timer_number(pod: u64, slot: usize, kind: ProbeKind) -> u64 {
    pod << 16 | (slot as u64) << 2 | kind as u64
}

/// Pod, container and probe of a timer's number.
#[must_use]
pub fn of_timer(number: u64) -> Option<(u64, usize, ProbeKind)> {
    let kind = *ProbeKind::ALL.get((number & 3) as usize)?;
    Some((number >> 16, (number >> 2 & 0x3fff) as usize, kind))
}

pub(super) fn seconds(value: Option<i32>, default: u64) -> SimDuration {
    SimDuration::from_secs(value.map_or(default, |value| value.max(0) as u64))
}

fn port_text(port: &IntOrString) -> String {
    match port {
        IntOrString::Int(number) => number.to_string(),
        IntOrString::String(name) => name.clone(),
    }
}
