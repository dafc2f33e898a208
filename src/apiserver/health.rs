//! `/livez` and `/readyz`.
//!
//! Source: `apiserver/pkg/server/healthz/healthz.go`, `storage/storagebackend/factory/etcd3.go`.

use crate::engine::{SimDuration, SimTime};

use super::server::ApiServer;

/// How long etcd may take to answer the check. Source: `--etcd-healthcheck-timeout`.
pub const ETCD_TIMEOUT: SimDuration = SimDuration::from_secs(2);

/// One line of a verbose answer.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Check {
    /// `ping`, `log`, `etcd`, …
    pub name: &'static str,
    /// Whether it passed.
    pub passed: bool,
}

/// The answer to a health check.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Health {
    /// `livez` or `readyz`.
    pub endpoint: &'static str,
    /// Its checks, in order.
    pub checks: Vec<Check>,
}

impl Health {
    /// Whether every check passed.
    #[must_use]
    pub fn is_ok(&self) -> bool {
        self.checks.iter().all(|check| check.passed)
    }

    /// What `?verbose` prints; a server that fails prints it anyway.
    #[must_use]
    pub fn text(&self) -> String {
        let mut text = String::new();
        for check in &self.checks {
            let line = if check.passed { "ok" } else { "failed: reason withheld" };
            text.push_str(&format!("[{}]{} {line}\n", if check.passed { '+' } else { '-' }, check.name));
        }
        text.push_str(&format!("{} check {}\n", self.endpoint, if self.is_ok() { "passed" } else { "failed" }));
        text
    }
}

impl ApiServer {
    /// `/livez`: whether the process should go on. `etcd_is_healthy`: its member of etcd answered a linearizable read within
    /// [`ETCD_TIMEOUT`].
    #[must_use]
    pub fn livez(&self, etcd_is_healthy: bool) -> Health {
        let checks = [("ping", self.is_running()), ("log", true), ("etcd", etcd_is_healthy)];
        Health { endpoint: "livez", checks: checks.map(|(name, passed)| Check { name, passed }).to_vec() }
    }

    /// `/readyz`: whether requests should be sent to it.
    #[must_use]
    pub fn readyz(&self, etcd_is_healthy: bool) -> Health {
        let checks = [
            ("ping", self.is_running()),
            ("log", true),
            ("etcd", etcd_is_healthy),
            ("etcd-readiness", etcd_is_healthy),
            ("informer-sync", self.is_ready()),
            ("poststarthook/start-apiserver-admission-initializer", self.is_ready()),
        ];
        Health { endpoint: "readyz", checks: checks.map(|(name, passed)| Check { name, passed }).to_vec() }
    }
}

/// Whether a check that began at `asked` has waited too long at `now`.
#[must_use]
pub fn is_overdue(asked: SimTime, now: SimTime) -> bool {
    now.since(asked) >= ETCD_TIMEOUT
}
