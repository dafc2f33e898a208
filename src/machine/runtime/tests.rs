//! The runtime seen from the kubelet: what happens when, and with which code.

use std::sync::Arc;

use super::*;
use crate::engine::{CauseId, SimDuration};
use crate::machine::cri::*;
use crate::machine::signal::Signal;

/// A machine, its clock, and what it told so far.
pub(crate) struct Bench {
    pub(crate) machine: Machine,
    pub(crate) now: SimTime,
    pub(crate) told: Vec<MachineEvent>,
}

impl Bench {
    pub(crate) fn new() -> Self {
        let catalogue = Arc::new(Catalogue::built_in().unwrap());
        let machine = Machine::new(MachineConfig::worker("node-1"), catalogue);
        Self { machine, now: SimTime::ZERO, told: Vec::new() }
    }

    /// Lets time pass, stopping at each instant at which something happens.
    pub(crate) fn pass(&mut self, span: SimDuration) {
        let end = self.now + span;
        while let Some(at) = self.machine.next_at().filter(|at| *at <= end) {
            self.now = self.now.max(at);
            self.told.extend(self.machine.advance(self.now));
        }
        self.now = end;
        self.told.extend(self.machine.advance(end));
    }

    pub(crate) fn seconds(&mut self, seconds: u64) {
        self.pass(SimDuration::from_secs(seconds));
    }

    pub(crate) fn sandbox(&mut self, config: SandboxConfig) -> SandboxId {
        self.machine.run_sandbox(self.now, config, CauseId::NONE).unwrap()
    }

    pub(crate) fn start(&mut self, config: ContainerConfig) -> ContainerId {
        let sandbox = self.sandbox(SandboxConfig {
            hostname: "pod".into(),
            ip: Some([10, 244, 0, 5].into()),
            ..Default::default()
        });
        self.start_in(sandbox, config)
    }

    pub(crate) fn start_in(&mut self, sandbox: SandboxId, config: ContainerConfig) -> ContainerId {
        self.machine.preload_image(&config.image).unwrap();
        let id = self.machine.create_container(self.now, sandbox, config, CauseId::NONE).unwrap();
        self.machine.start_container(self.now, id, CauseId::NONE).unwrap();
        id
    }

    pub(crate) fn image(&mut self, image: &str) -> ContainerId {
        self.start(ContainerConfig { name: "app".into(), image: image.into(), ..Default::default() })
    }

    pub(crate) fn signal(&mut self, id: ContainerId, signal: Signal) {
        self.machine.signal(self.now, id, signal, CauseId::NONE).unwrap();
    }

    pub(crate) fn signal_if_running(&mut self, id: ContainerId, signal: Signal) {
        let result = self.machine.signal(self.now, id, signal, CauseId::NONE);
        assert!(matches!(result, Ok(()) | Err(RuntimeError::WrongState(_))));
    }

    /// The log with its times, and the end: one line each.
    pub(crate) fn timeline(&self, id: ContainerId) -> String {
        let mut lines: Vec<String> = self.machine.logs(id).map(|line| format!("{} {}", line.at, line.text)).collect();
        let status = self.machine.container_status(id).unwrap();
        lines.extend(status.exit.map(|exit| format!("{} exit {} {}", exit.at, exit.code, exit.reason.as_str())));
        lines.join("\n")
    }

    pub(crate) fn sandbox_of(&self, id: ContainerId) -> SandboxId {
        self.machine.container_status(id).unwrap().sandbox
    }

    pub(crate) fn outcomes(&self) -> Vec<String> {
        let outcome = |event: &MachineEvent| match &event.what {
            Happening::SocketDone { outcome: SocketOutcome::Answered(response), took, .. } => {
                Some(format!("{} {} after {took}", event.at, response.status))
            }
            Happening::SocketDone { outcome, .. } => Some(format!("{} {outcome:?}", event.at)),
            _ => None,
        };
        self.told.iter().filter_map(outcome).collect()
    }
}

#[test]
fn nginx_answers_and_leaves_on_term_and_quit() {
    for (signal, last) in [(Signal::Term, "[notice] 1#1: exit"), (Signal::Quit, "[notice] 1#1: exit")] {
        let mut bench = Bench::new();
        let id = bench.image("nginx:1.27");
        bench.seconds(1);
        assert_eq!(bench.machine.next_at(), None, "an idle machine has nothing on its agenda");
        let sandbox = bench.sandbox_of(id);
        bench.machine.http_request(bench.now, sandbox, HttpRequest::get(80, "/"), CauseId::NONE);
        bench.machine.http_request(bench.now, sandbox, HttpRequest::get(81, "/"), CauseId::NONE);
        bench.seconds(1);
        assert_eq!(bench.outcomes(), ["+1.000s Refused", "+1.001s 200 after 1ms"]);
        bench.signal(id, signal);
        bench.seconds(1);
        let exit = bench.machine.container_status(id).unwrap().exit.unwrap();
        assert_eq!((exit.code, exit.at), (0, SimTime::from_micros(2_020_000)));
        assert_eq!(&*bench.machine.logs(id).next_back().unwrap().text, last);
    }
}

#[test]
fn a_polite_server_drains_and_a_stubborn_one_must_be_killed() {
    let mut bench = Bench::new();
    let polite = bench.image("podlab/web");
    let stubborn = bench.image("podlab/stubborn");
    bench.seconds(1);
    let sandbox = bench.sandbox_of(polite);
    bench.machine.http_request(bench.now, sandbox, HttpRequest::get(8080, "/slow?for=3s"), CauseId::NONE);
    bench.seconds(1);
    bench.signal(polite, Signal::Term);
    bench.signal(stubborn, Signal::Term);
    bench.machine.http_request(bench.now, sandbox, HttpRequest::get(8080, "/"), CauseId::NONE);
    bench.seconds(5);
    assert_eq!(bench.outcomes(), ["+2.000s Refused", "+4.000s 200 after 3s"]);
    assert_eq!(bench.machine.container_status(polite).unwrap().exit.unwrap().at, SimTime::from_secs(4));
    bench.signal(stubborn, Signal::Kill);
    let exit = bench.machine.container_status(stubborn).unwrap().exit.unwrap();
    assert_eq!((exit.code, exit.reason), (137, ExitReason::Error));
}

#[test]
fn a_request_under_way_is_reset_when_its_server_dies() {
    let mut bench = Bench::new();
    let id = bench.image("podlab/web");
    bench.seconds(1);
    let sandbox = bench.sandbox_of(id);
    bench.machine.http_request(bench.now, sandbox, HttpRequest::get(8080, "/slow"), CauseId::NONE);
    assert_eq!(bench.machine.connections(sandbox).len(), 1);
    bench.signal(id, Signal::Kill);
    bench.seconds(1);
    assert_eq!(bench.outcomes(), ["+1.000s Reset"]);
}

#[test]
fn a_memory_hog_is_killed_at_its_limit() {
    let mut bench = Bench::new();
    let config =
        ContainerConfig { image: "podlab/memory-hog".into(), memory_limit: Some(100 << 20), ..Default::default() };
    let id = bench.start(config);
    bench.seconds(60);
    let exit = bench.machine.container_status(id).unwrap().exit.unwrap();
    assert_eq!((exit.code, exit.reason.as_str()), (137, "OOMKilled"));
    assert!((13..15).contains(&exit.at.as_secs()), "{}", exit.at);
    assert_eq!(bench.machine.usage().memory_bytes, 0);
}

#[test]
fn commands_that_cannot_run_fail_as_runc_says() {
    let mut bench = Bench::new();
    let mut fail = |image: &str, command: &str| {
        let sandbox = bench.sandbox(SandboxConfig::default());
        bench.machine.preload_image(image).unwrap();
        let config = ContainerConfig { image: image.into(), command: vec![command.into()], ..Default::default() };
        let id = bench.machine.create_container(bench.now, sandbox, config, CauseId::NONE).unwrap();
        let error = bench.machine.start_container(bench.now, id, CauseId::NONE).unwrap_err();
        let exit = bench.machine.container_status(id).unwrap().exit.unwrap();
        assert_eq!((exit.code, exit.reason.as_str()), (128, "StartError"));
        error.to_string()
    };
    let prefix = "failed to create containerd task: failed to create shim task: OCI runtime create failed: runc create failed: unable to start container process: ";
    assert_eq!(fail("busybox:1.36", "nginxx"), format!("{prefix}exec: \"nginxx\": executable file not found in $PATH"));
    assert_eq!(fail("busybox:1.36", "/etc/passwd"), format!("{prefix}exec: \"/etc/passwd\": permission denied"));
    assert_eq!(fail("busybox:1.36", "/no"), format!("{prefix}exec: \"/no\": stat /no: no such file or directory"));
}

#[test]
fn pulls_take_their_time_and_fail_with_containerds_words() {
    let mut bench = Bench::new();
    let mut pull = |image: &str| {
        let from = bench.told.len();
        bench.machine.pull_image(bench.now, image, Vec::new(), CauseId::NONE).unwrap();
        bench.seconds(60);
        match &bench.told[from].what {
            Happening::ImagePulled { image, took, .. } => format!("{} {} {took}", image.reference, image.size),
            Happening::ImagePullFailed { error, .. } => error.to_string(),
            other => format!("{other:?}"),
        }
    };
    assert_eq!(pull("nginx:1.27"), "docker.io/library/nginx:1.27 72080558 2.152013s");
    insta::assert_snapshot!(pull("nginx:nope"), @r#"rpc error: code = NotFound desc = failed to pull and unpack image "docker.io/library/nginx:nope": failed to resolve reference "docker.io/library/nginx:nope": docker.io/library/nginx:nope: not found"#);
    insta::assert_snapshot!(pull("x/y:1"), @r#"rpc error: code = Unknown desc = failed to pull and unpack image "docker.io/x/y:1": failed to resolve reference "docker.io/x/y:1": pull access denied, repository does not exist or may require authorization: server message: insufficient_scope: authorization failed"#);
    assert!(pull("registry.example/a:1").ends_with("dial tcp: lookup registry.example: no such host"));
    let error = bench.machine.pull_image(bench.now, "UPPER/Case:1", Vec::new(), CauseId::NONE).unwrap_err();
    insta::assert_snapshot!(error, @r#"couldn't parse image name "UPPER/Case:1": invalid reference format: repository name (Case) must be lowercase"#);
}

#[test]
fn a_thousand_idle_machines_are_cheap_to_start_and_to_copy() {
    let catalogue = Arc::new(Catalogue::built_in().unwrap());
    let mut machine = Machine::new(MachineConfig::worker("node-1"), catalogue);
    machine.preload_image("nginx:1.27").unwrap();
    for _ in 0..30 {
        let sandbox = machine.run_sandbox(SimTime::ZERO, SandboxConfig::default(), CauseId::NONE).unwrap();
        let config = ContainerConfig { image: "nginx:1.27".into(), ..Default::default() };
        let id = machine.create_container(SimTime::ZERO, sandbox, config, CauseId::NONE).unwrap();
        machine.start_container(SimTime::ZERO, id, CauseId::NONE).unwrap();
    }
    let mut copy = machine.clone();
    copy.advance(SimTime::from_secs(1));
    assert_eq!(copy.next_at(), None);
    assert_eq!(copy.containers().count(), 30);
}
