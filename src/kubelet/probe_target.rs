//! Whom a probe asks, in the words in which its outcome is told.
//!
//! Models `pkg/kubelet/prober/prober.go` and `pkg/probe/{http,tcp}`.

use crate::engine::SimDuration;

use super::hook::port_number;
use super::pod_worker::PodWorker;
use super::probe::{ProbeKind, seconds};

impl PodWorker {
    /// What a connection that got no answer in time is called.
    pub(super) fn timeout_text(&self, slot: usize, kind: ProbeKind) -> String {
        let spec = self.slots[slot].spec(&self.pod);
        let probe = kind.of(spec);
        if probe.is_some_and(|probe| probe.grpc.is_some()) {
            let after = seconds(probe.and_then(|probe| probe.timeout_seconds), 1);
            let address = self.probe_address(slot, kind);
            return format!("timeout: failed to connect service {address:?} within {after}: context deadline exceeded");
        }
        match probe.and_then(|probe| probe.http_get.as_ref()) {
            Some(_) => format!(
                "Get \"{}\": context deadline exceeded (Client.Timeout exceeded while awaiting headers)",
                self.probe_url(slot, kind)
            ),
            None => format!("dial tcp {}: i/o timeout", self.probe_address(slot, kind)),
        }
    }

    /// `10.244.1.5:80`.
    #[must_use]
    pub fn probe_address(&self, slot: usize, kind: ProbeKind) -> String {
        let spec = self.slots[slot].spec(&self.pod);
        let probe = kind.of(spec);
        let get = probe.and_then(|probe| probe.http_get.as_ref());
        let tcp = probe.and_then(|probe| probe.tcp_socket.as_ref());
        let host = get.and_then(|get| get.host.clone()).or_else(|| tcp.and_then(|tcp| tcp.host.clone()));
        let host = host.or_else(|| self.last_ip.map(|ip| ip.to_string())).unwrap_or_default();
        let port = get.map(|get| &get.port).or(tcp.map(|tcp| &tcp.port)).and_then(|port| port_number(port, spec));
        let grpc = probe.and_then(|probe| probe.grpc.as_ref()).and_then(|grpc| u16::try_from(grpc.port).ok());
        format!("{host}:{}", port.or(grpc).unwrap_or_default())
    }

    /// `http://10.244.1.5:80/healthz`.
    #[must_use]
    pub fn probe_url(&self, slot: usize, kind: ProbeKind) -> String {
        let get = kind.of(self.slots[slot].spec(&self.pod)).and_then(|probe| probe.http_get.as_ref());
        let scheme = get.and_then(|get| get.scheme.as_deref()).unwrap_or("HTTP").to_lowercase();
        let path = get.and_then(|get| get.path.as_deref()).unwrap_or("/");
        let slash = if path.starts_with('/') { "" } else { "/" };
        format!("{scheme}://{}{slash}{path}", self.probe_address(slot, kind))
    }

    /// The command of an exec probe, as its time-out names it.
    #[must_use]
    pub fn probe_command(&self, slot: usize, kind: ProbeKind) -> (String, SimDuration) {
        let probe = kind.of(self.slots[slot].spec(&self.pod));
        let command = probe.and_then(|probe| probe.exec.as_ref()).and_then(|exec| exec.command.clone());
        (command.unwrap_or_default().join(" "), seconds(probe.and_then(|probe| probe.timeout_seconds), 1))
    }
}
