//! The inside of a Pod: its processes, the signals that they got, the files that they wrote, where they listen, what they use.

use std::sync::Arc;

use crate::cluster::Cluster;
use crate::engine::SimTime;
use crate::machine::fs::{Directory, Node};
use crate::machine::kernel::{Container, Sandbox};
use crate::machine::{ContainerState, LogLine, Machine, ProcessInfo, SignalFate};
use crate::model::{ObjectKey, Pod, Resource};

/// So many files of a container are told.
const FILES_MAX: usize = 200;
/// So many of the last lines of a log.
const LINES_MAX: usize = 200;

/// The inside of a Pod.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Inside {
    /// The machine.
    pub node: Arc<str>,
    /// Its address.
    pub ip: String,
    /// Its containers, in the order in which they were made.
    pub containers: Vec<ContainerInside>,
}

/// The inside of a container.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ContainerInside {
    /// Its name.
    pub name: Arc<str>,
    /// How often it was started before.
    pub attempt: u32,
    /// Its image.
    pub image: Arc<str>,
    /// Where it is in its life.
    pub state: ContainerState,
    /// When its first process began.
    pub started_at: Option<SimTime>,
    /// Its exit code and the reason, when it has ended.
    pub exit: Option<(SimTime, i32, &'static str)>,
    /// Its processes, parents before children, with their depth.
    pub processes: Vec<(usize, ProcessInfo)>,
    /// What became of the signals sent to them.
    pub signals: Vec<SignalFate>,
    /// Files that are not those of the image: path and size.
    pub files: Vec<(String, u64)>,
    /// What is mounted where, and whether it is read-only.
    pub mounts: Vec<(String, bool)>,
    /// Where it listens: port and PID.
    pub ports: Vec<(u16, u32)>,
    /// The last lines that it wrote.
    pub log: Vec<LogLine>,
    /// Thousandths of a processor in use, and the limit.
    pub cpu: (u64, Option<u64>),
    /// Bytes of memory in use, and the limit.
    pub memory: (u64, Option<u64>),
    /// Bytes of the disk in use.
    pub disk: u64,
}

/// The inside of a Pod; `None` when no machine has anything of it.
#[must_use]
pub fn inside(cluster: &Cluster, pod: &ObjectKey) -> Option<Inside> {
    let object = cluster.object(pod);
    let node = object.as_ref().and_then(Pod::of).map(|pod| pod.node_name().to_owned());
    let worker = match node {
        Some(node) => cluster.worker(&node)?,
        // A Pod whose object is gone may still be on a machine.
        None => cluster.workers().iter().find(|worker| of_pod(&worker.machine, pod).next().is_some())?,
    };
    let sandboxes: Vec<&Sandbox> = of_pod(&worker.machine, pod).collect();
    let ip = sandboxes.last()?.config.ip.map(|ip| ip.to_string()).unwrap_or_default();
    let mut containers: Vec<&Container> = sandboxes.iter().flat_map(|sandbox| sandbox.containers.values()).collect();
    containers.sort_by_key(|container| container.id);
    // Of each container only the newest instance.
    let newest = |container: &&Container| {
        !containers.iter().any(|other| other.config.name == container.config.name && other.id > container.id)
    };
    let shown = containers.iter().copied().filter(newest);
    let containers = shown.map(|container| container_inside(&worker.machine, container)).collect();
    Some(Inside { node: Arc::clone(&worker.name), ip, containers })
}

fn of_pod<'m>(machine: &'m Machine, pod: &'m ObjectKey) -> impl Iterator<Item = &'m Sandbox> {
    machine
        .sandboxes()
        .filter(|sandbox| *sandbox.config.namespace == *pod.namespace && *sandbox.config.name == *pod.name)
}

fn container_inside(machine: &Machine, container: &Container) -> ContainerInside {
    let own = machine.processes(container.sandbox).into_iter();
    let processes: Vec<ProcessInfo> = own.filter(|process| process.container == Some(container.id)).collect();
    let sandbox = machine.sandboxes().find(|sandbox| sandbox.id == container.sandbox);
    let listeners = sandbox.into_iter().flat_map(|sandbox| {
        let listeners = sandbox.listeners.iter();
        listeners.filter_map(|(port, host)| Some((*port, sandbox.processes.get(host)?)))
    });
    let ports = listeners.filter(|(_, process)| process.container == Some(container.id));
    let ports = ports.map(|(port, process)| (port, process.pid)).collect();
    let usage = machine.container_usage(container.id);
    let mut files = Vec::new();
    changed("", &container.root, Some(&container.image.root), &mut files);
    let skip = container.log.len().saturating_sub(LINES_MAX);
    ContainerInside {
        name: Arc::clone(&container.config.name),
        attempt: container.config.attempt,
        image: Arc::clone(&container.config.image),
        state: container.state,
        started_at: container.started_at,
        exit: container.exit.as_ref().map(|exit| (exit.at, exit.code, exit.reason.as_str())),
        processes: tree(&processes),
        signals: container.fates.clone(),
        files,
        mounts: container.config.mounts.iter().map(|mount| (mount.path.clone(), mount.read_only)).collect(),
        ports,
        log: container.log.lines().skip(skip).cloned().collect(),
        cpu: (usage.cpu_milli, container.config.cpu_limit_milli),
        memory: (usage.memory_bytes, container.config.memory_limit),
        disk: usage.disk_bytes,
    }
}

/// Processes as a tree: those without a parent among them first, each followed by its children.
fn tree(processes: &[ProcessInfo]) -> Vec<(usize, ProcessInfo)> {
    fn below(parent: u32, depth: usize, all: &[ProcessInfo], out: &mut Vec<(usize, ProcessInfo)>) {
        for child in all.iter().filter(|one| one.parent == parent && one.pid != parent) {
            out.push((depth, child.clone()));
            below(child.pid, depth + 1, all, out);
        }
    }
    let mut out = Vec::new();
    for root in processes.iter().filter(|one| !processes.iter().any(|other| other.pid == one.parent)) {
        out.push((0, root.clone()));
        below(root.pid, 1, processes, &mut out);
    }
    out
}

/// The files that differ from those of the image.
fn changed(path: &str, folder: &Directory, image: Option<&Directory>, out: &mut Vec<(String, u64)>) {
    if image.is_some_and(|image| image.is_same_as(folder)) {
        return;
    }
    for (name, node) in folder.iter() {
        let before = image.and_then(|image| image.entry(name));
        let full = format!("{path}/{name}");
        match node {
            _ if out.len() >= FILES_MAX => return,
            Node::Directory(inner) => {
                let before = before.and_then(|node| if let Node::Directory(inner) = node { Some(inner) } else { None });
                changed(&full, inner, before, out);
            }
            node if before == Some(node) => {}
            Node::File(file) => out.push((full, file.len())),
            Node::Link(to) => out.push((format!("{full} -> {to}"), 0)),
        }
    }
}
