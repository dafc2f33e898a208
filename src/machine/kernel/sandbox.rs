//! A Pod sandbox: the containers, processes, open files and sockets that share a network namespace.

use std::collections::VecDeque;
use std::fmt::Write;
use std::sync::Arc;

use super::container::Container;
use super::descriptor::{OpenFile, OpenId, Pipe, PipeId};
use super::exec::Session;
use super::process::{HostPid, Namespace, Process};
use super::sockets::{Asked, Live};
use super::terminal::Terminal;
use crate::engine::VecMap;
use crate::machine::cri::{ContainerId, ExecId, OutgoingId, SandboxConfig, SandboxId, SocketId};
use crate::machine::fs::{Directory, File, Node};

/// One sandbox.
#[derive(Clone, Debug)]
pub struct Sandbox {
    /// Its id.
    pub id: SandboxId,
    /// What it was made from.
    pub config: Arc<SandboxConfig>,
    /// Whether it still has its network.
    pub is_ready: bool,
    /// Its containers, ended ones included until they are removed.
    pub containers: VecMap<ContainerId, Container>,
    /// Its processes, zombies included.
    pub processes: VecMap<HostPid, Process>,
    /// The last PID given out per namespace.
    pub last_pids: VecMap<Namespace, u32>,
    /// Processes that can go on.
    pub ready: VecDeque<HostPid>,
    /// Open files, shared by the descriptors that point at them.
    pub open: VecMap<OpenId, OpenFile>,
    /// Pipes.
    pub pipes: VecMap<PipeId, Pipe>,
    /// Terminals, by the number that their readers wait for.
    pub terminals: VecMap<PipeId, Terminal>,
    /// Who listens where.
    pub listeners: VecMap<u16, HostPid>,
    /// Connections under way.
    pub connections: VecMap<SocketId, Live>,
    /// Requests to the outside that wait for their answers.
    pub asked: VecMap<OutgoingId, Asked>,
    /// Commands run by exec.
    pub execs: VecMap<ExecId, Session>,
    /// `/etc/hosts` and its like, made when somebody looks.
    pub pod_files: Directory,
}

impl Sandbox {
    /// A fresh sandbox.
    #[must_use]
    pub fn new(id: SandboxId, config: SandboxConfig) -> Self {
        Self {
            id,
            config: Arc::new(config),
            is_ready: true,
            containers: VecMap::new(),
            processes: VecMap::new(),
            last_pids: VecMap::new(),
            ready: VecDeque::new(),
            open: VecMap::new(),
            pipes: VecMap::new(),
            terminals: VecMap::new(),
            listeners: VecMap::new(),
            connections: VecMap::new(),
            asked: VecMap::new(),
            execs: VecMap::new(),
            pod_files: Directory::default(),
        }
    }

    /// Lets a process look again at what it waits for.
    pub fn make_ready(&mut self, process: HostPid) {
        if !self.ready.contains(&process) {
            self.ready.push_back(process);
        }
    }

    /// The process with this PID, as seen from `namespace`.
    #[must_use]
    pub fn find(&self, namespace: Namespace, pid: u32) -> Option<&Process> {
        self.processes.values().find(|process| process.namespace == namespace && process.pid == pid)
    }

    /// Makes the files that the kubelet and the runtime give to every container of a Pod.
    pub fn fill_pod_files(&mut self) {
        if !self.pod_files.is_empty() {
            return;
        }
        let files = [
            ("hosts", self.hosts()),
            ("hostname", format!("{}\n", self.config.hostname)),
            ("resolv.conf", self.resolv_conf()),
        ];
        for (name, text) in files {
            self.pod_files.put(&["etc", name], Node::File(File::of(text, 0o644))).unwrap_or_default();
        }
    }

    /// `/etc/hosts` as `ensureHostsFile` in `pkg/kubelet/kubelet_pods.go` writes it.
    fn hosts(&self) -> String {
        let mut text = String::from(
            "# Kubernetes-managed hosts file.\n127.0.0.1\tlocalhost\n::1\tlocalhost ip6-localhost ip6-loopback\nfe00::0\tip6-localnet\nfe00::0\tip6-mcastprefix\nfe00::1\tip6-allnodes\nfe00::2\tip6-allrouters\n",
        );
        if let Some(ip) = self.config.ip {
            text += &format!("{ip}\t{}\n", self.config.hostname);
        }
        if !self.config.host_aliases.is_empty() {
            text += "\n# Entries added by HostAliases.\n";
        }
        for (ip, names) in &self.config.host_aliases {
            text += &format!("{ip}\t{}\n", names.join("\t"));
        }
        text
    }

    fn resolv_conf(&self) -> String {
        let dns = &self.config.dns;
        let mut text = String::new();
        if !dns.searches.is_empty() {
            text += &format!("search {}\n", dns.searches.join(" "));
        }
        for server in &dns.nameservers {
            text += &format!("nameserver {server}\n");
        }
        if !dns.options.is_empty() {
            // Writing to a String cannot fail.
            writeln!(text, "options {}", dns.options.join(" ")).unwrap_or_default();
        }
        text
    }
}
