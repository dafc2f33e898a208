//! The sandbox of a Pod: its network, its host name, its name servers.
//!
//! Models `pkg/kubelet/kuberuntime/kuberuntime_sandbox.go` and `pkg/kubelet/network/dns/dns.go`.

use std::net::IpAddr;

use crate::client::EventType;
use crate::machine::{DnsConfig, SandboxConfig, SandboxId};
use crate::model::Meta;

use super::pod_worker::{Activity, Home, PodWorker};
use super::shared::Scope;

/// Source: `pkg/kubelet/network/dns/dns.go`, `defaultDNSOptions`.
const NDOTS: &str = "ndots:5";
/// Host names are cut at 63 characters. Source: `pkg/kubelet/util/util_linux.go` and `kubelet_pods.go`.
const HOSTNAME_MAX: usize = 63;

impl PodWorker {
    /// Makes the sandbox and its network.
    pub fn make_sandbox(&mut self, scope: &mut Scope<'_, '_>) {
        let now = scope.now();
        let cause = scope.ctx.record("run sandbox", self.path(), "");
        let config = self.sandbox_config(scope);
        let id = match scope.machine.run_sandbox(now, config, cause) {
            Ok(id) => id,
            Err(error) => {
                self.sandbox_failed(&error.to_string(), scope);
                return;
            }
        };
        let ip = match self.address(scope) {
            Ok(ip) => ip,
            Err(error) => {
                scope.machine.remove_sandbox(now, id, cause);
                let message =
                    format!("rpc error: code = Unknown desc = failed to setup network for sandbox \"{id}\": {error}");
                self.sandbox_failed(&message, scope);
                return;
            }
        };
        scope.machine.set_sandbox_ip(id, ip);
        self.settle(id, ip, scope);
        scope.shared.pleg.mark(self.number, scope.ctx);
        self.activity = Activity::Idle;
        // The new address is told before images are pulled.
        self.publish(scope);
        self.sync_containers(scope);
    }

    /// The sandbox stands.
    pub fn settle(&mut self, id: SandboxId, ip: IpAddr, scope: &mut Scope<'_, '_>) {
        scope.shared.owners.sandboxes.insert(id, self.number);
        self.home = Some(Home { id, ip, owns_ip: !self.is_host_network() });
        self.last_ip = Some(ip);
    }

    fn address(&self, scope: &mut Scope<'_, '_>) -> Result<IpAddr, String> {
        if self.is_host_network() {
            return Ok(scope.shared.config.address);
        }
        scope.shared.ipam.take()
    }

    fn sandbox_failed(&mut self, error: &str, scope: &mut Scope<'_, '_>) {
        let message = format!("Failed to create pod sandbox: {error}");
        scope.ctx.record("sandbox failed", self.path(), error);
        scope.pod_event(&self.pod, EventType::Warning, "FailedCreatePodSandBox", message);
        self.retry(scope);
        self.finish_sync(scope);
    }

    /// Takes the network of the Pod away; what it wrote stays until the Pod is forgotten.
    pub fn drop_sandbox(&mut self, scope: &mut Scope<'_, '_>) {
        let Some(home) = self.home.take() else { return };
        let (now, cause) = (scope.now(), scope.cause());
        scope.machine.stop_sandbox(now, home.id, cause);
        if home.owns_ip {
            scope.shared.ipam.free(home.ip);
        }
        self.old_homes.push(home.id);
    }

    fn sandbox_config(&self, scope: &mut Scope<'_, '_>) -> SandboxConfig {
        let (meta, spec) = (&self.pod.metadata, &self.pod.spec);
        let aliases = spec.host_aliases.as_deref().unwrap_or_default();
        SandboxConfig {
            namespace: meta.namespace().into(),
            name: meta.name().into(),
            uid: meta.uid().into(),
            hostname: self.hostname(scope).into(),
            ip: None,
            host_network: self.is_host_network(),
            share_processes: spec.share_process_namespace == Some(true),
            dns: self.dns(scope),
            host_aliases: aliases
                .iter()
                .map(|alias| (alias.ip.clone(), alias.hostnames.clone().unwrap_or_default()))
                .collect(),
        }
    }

    fn hostname(&self, scope: &Scope<'_, '_>) -> String {
        if self.is_host_network() {
            return scope.shared.config.node.to_string();
        }
        let name = self.pod.spec.hostname.as_deref().unwrap_or_else(|| self.pod.metadata.name());
        name.chars().take(HOSTNAME_MAX).collect::<String>().trim_end_matches(['-', '.']).to_owned()
    }

    fn dns(&self, scope: &mut Scope<'_, '_>) -> DnsConfig {
        let config = std::sync::Arc::clone(&scope.shared.config);
        let policy = self.pod.spec.dns_policy.as_deref().unwrap_or("ClusterFirst");
        let is_cluster = match policy {
            "ClusterFirstWithHostNet" => true,
            "ClusterFirst" => !self.is_host_network(),
            _ => false,
        };
        let mut dns = match (policy, is_cluster, config.cluster_dns) {
            ("None", ..) => DnsConfig::default(),
            (_, true, Some(server)) => {
                let domain = &config.cluster_domain;
                let own = format!("{}.svc.{domain}", self.pod.metadata.namespace());
                let mut searches = vec![own, format!("svc.{domain}"), domain.to_string()];
                searches.extend(config.host_dns.searches.iter().cloned());
                DnsConfig { nameservers: vec![server], searches, options: vec![NDOTS.to_owned()] }
            }
            (_, true, None) => {
                let message = format!(
                    "pod: \"{}\". kubelet does not have ClusterDNS IP configured and cannot create Pod using \"{policy}\" policy. Falling back to \"Default\" policy.",
                    self.full_name()
                );
                scope.pod_event(&self.pod, EventType::Warning, "MissingClusterDNS", message);
                config.host_dns.clone()
            }
            _ => config.host_dns.clone(),
        };
        let Some(wished) = &self.pod.spec.dns_config else { return dns };
        let servers = wished.nameservers.iter().flatten().filter_map(|server| server.parse::<IpAddr>().ok());
        dns.nameservers.extend(servers);
        dns.searches.extend(wished.searches.iter().flatten().cloned());
        for option in wished.options.iter().flatten() {
            let name = option.name.clone().unwrap_or_default();
            dns.options.retain(|known| known.split(':').next() != Some(name.as_str()));
            dns.options.push(option.value.as_ref().map_or(name.clone(), |value| format!("{name}:{value}")));
        }
        dns
    }
}
