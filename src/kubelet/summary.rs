//! What the kubelet tells of its node under `/stats/summary`, `/metrics/resource` and `/metrics/cadvisor`.
//!
//! Models `pkg/kubelet/server/stats/summary.go`, `pkg/kubelet/metrics/collectors/resource_metrics.go` and the metrics of cAdvisor that
//! dashboards are made of. **Not modelled.** Page faults, inodes of volumes, network counters, what daemons of the system use.

use std::fmt::Write;

use serde_json::{Value, json};

use crate::engine::SimTime;
use crate::machine::{ContainerId, Machine};
use crate::model::Meta;
use crate::model::time::{TimeZone, rfc3339_in, timestamp};

use super::kubelet::Kubelet;

/// Inodes of a disk: one per 16 KiB, as mkfs.ext4 makes them.
const BYTES_PER_INODE: u64 = 16 * 1_024;

impl Kubelet {
    /// The answer to a path of the kubelet's own server; `None` where there is nothing.
    #[must_use]
    pub fn tells(&self, path: &str, machine: &mut Machine, now: SimTime) -> Option<(&'static str, String)> {
        const TEXT: &str = "text/plain; version=0.0.4; charset=utf-8";
        machine.settle_cpu(now);
        match path.split('?').next().unwrap_or_default().trim_end_matches('/') {
            "/stats/summary" => Some(("application/json", format!("{:#}", self.summary(machine, now)))),
            "/metrics/resource" => Some((TEXT, self.resource_text(machine, now))),
            "/metrics/cadvisor" => Some((TEXT, self.cadvisor_text(machine, now))),
            "/healthz" => Some(("text/plain; charset=utf-8", "ok".to_owned())),
            _ => None,
        }
    }

    fn summary(&self, machine: &Machine, now: SimTime) -> Value {
        let config = machine.config();
        let at = rfc3339(now);
        let used = machine.memory_used();
        let disk = machine.disk_used();
        let filesystem = |used: u64| {
            json!({
                "time": at, "availableBytes": config.disk_bytes.saturating_sub(disk), "capacityBytes": config.disk_bytes, "usedBytes": used,
                "inodes": config.disk_bytes / BYTES_PER_INODE,
            })
        };
        let images: u64 = machine.images().map(|image| image.size).sum();
        json!({
            "node": {
                "nodeName": config.name.as_ref(),
                "startTime": rfc3339(SimTime::ZERO),
                "cpu": cpu(&at, machine.usage().cpu_milli, machine.cpu_of_all()),
                "memory": memory(&at, used, Some(config.memory_bytes)),
                "fs": filesystem(disk),
                "runtime": {"imageFs": filesystem(images)},
                "rlimit": {"time": at, "maxpid": 4_194_304, "curproc": machine.usage().processes},
            },
            "pods": self.pods_summary(machine, &at),
        })
    }

    fn pods_summary(&self, machine: &Machine, at: &str) -> Vec<Value> {
        let mut pods = Vec::new();
        for worker in self.workers() {
            let meta = &worker.pod.metadata;
            let mut containers = Vec::new();
            let (mut milli, mut micros, mut bytes, mut disk, mut count) = (0, 0, 0, 0, 0);
            for (id, name, started) in running(worker, machine) {
                let usage = machine.container_usage(id);
                let spent = machine.cpu_of(id);
                (milli, micros, bytes) = (milli + usage.cpu_milli, micros + spent, bytes + usage.memory_bytes);
                (disk, count) = (disk + usage.disk_bytes, count + usage.processes);
                let limit = machine.container(id).and_then(|container| container.config.memory_limit);
                let logs = machine.container(id).map_or(0, |container| container.log.bytes);
                containers.push(json!({
                    "name": name,
                    "startTime": rfc3339(started),
                    "cpu": cpu(at, usage.cpu_milli, spent),
                    "memory": memory(at, usage.memory_bytes, limit),
                    "rootfs": {"time": at, "usedBytes": usage.disk_bytes.saturating_sub(logs)},
                    "logs": {"time": at, "usedBytes": logs},
                }));
            }
            if containers.is_empty() {
                continue;
            }
            pods.push(json!({
                "podRef": {"name": meta.name(), "namespace": meta.namespace(), "uid": meta.uid.as_deref().unwrap_or_default()},
                "startTime": worker.pod.status.start_time.as_ref().map(|time| serde_json::to_value(time).unwrap_or_default()),
                "containers": containers,
                "cpu": cpu(at, milli, micros),
                "memory": memory(at, bytes, None),
                "ephemeral-storage": {"time": at, "usedBytes": disk},
                "process_stats": {"process_count": count},
            }));
        }
        pods
    }

    fn resource_text(&self, machine: &mut Machine, now: SimTime) -> String {
        let told = self.resource_metrics(machine, now);
        let millis = timestamp(now).as_millisecond();
        let mut text = String::new();
        head(
            &mut text,
            "container_cpu_usage_seconds_total",
            "counter",
            "Cumulative cpu time consumed by the container in core-seconds",
        );
        for one in &told.containers {
            let labels = format!("container={:?},namespace={:?},pod={:?}", &*one.name, &*one.namespace, &*one.pod);
            line(&mut text, "container_cpu_usage_seconds_total", &labels, &seconds(one.counters.cpu), millis);
        }
        head(&mut text, "container_memory_working_set_bytes", "gauge", "Current working set of the container in bytes");
        for one in &told.containers {
            let labels = format!("container={:?},namespace={:?},pod={:?}", &*one.name, &*one.namespace, &*one.pod);
            line(&mut text, "container_memory_working_set_bytes", &labels, &one.counters.memory.to_string(), millis);
        }
        head(
            &mut text,
            "node_cpu_usage_seconds_total",
            "counter",
            "Cumulative cpu time consumed by the node in core-seconds",
        );
        line(&mut text, "node_cpu_usage_seconds_total", "", &seconds(told.node.cpu), millis);
        head(&mut text, "node_memory_working_set_bytes", "gauge", "Current working set of the node in bytes");
        line(&mut text, "node_memory_working_set_bytes", "", &told.node.memory.to_string(), millis);
        text
    }

    fn cadvisor_text(&self, machine: &Machine, now: SimTime) -> String {
        type Value = fn(&Machine, ContainerId) -> String;
        let families: [(&str, &str, &str, Value); 6] = [
            (
                "container_cpu_usage_seconds_total",
                "counter",
                "Cumulative cpu time consumed in seconds.",
                |machine, id| seconds(machine.cpu_of(id)),
            ),
            (
                "container_memory_usage_bytes",
                "gauge",
                "Current memory usage in bytes, including all memory regardless of when it was accessed",
                |machine, id| machine.container_usage(id).memory_bytes.to_string(),
            ),
            ("container_memory_working_set_bytes", "gauge", "Current working set in bytes.", |machine, id| {
                machine.container_usage(id).memory_bytes.to_string()
            }),
            ("container_spec_memory_limit_bytes", "gauge", "Memory limit for the container.", |machine, id| {
                machine.container(id).and_then(|one| one.config.memory_limit).unwrap_or(0).to_string()
            }),
            (
                "container_fs_usage_bytes",
                "gauge",
                "Number of bytes that are consumed by the container on this filesystem.",
                |machine, id| machine.container_usage(id).disk_bytes.to_string(),
            ),
            ("container_processes", "gauge", "Number of processes running inside the container.", |machine, id| {
                machine.container_usage(id).processes.to_string()
            }),
        ];
        let mut text = String::new();
        for (name, kind, help, value) in families {
            head(&mut text, name, kind, help);
            for worker in self.workers() {
                let meta = &worker.pod.metadata;
                for (id, container, _) in running(worker, machine) {
                    let image = machine.container(id).map(|one| one.config.image.to_string()).unwrap_or_default();
                    let labels = format!(
                        "container={container:?},image={image:?},namespace={:?},pod={:?}",
                        meta.namespace(),
                        meta.name()
                    );
                    line(&mut text, name, &labels, &value(machine, id), timestamp(now).as_millisecond());
                }
            }
        }
        text
    }
}

fn rfc3339(at: SimTime) -> String {
    rfc3339_in(at, TimeZone::UTC)
}

/// The running containers of a Pod: id, name, since when.
fn running<'a>(
    worker: &'a super::pod_worker::PodWorker,
    machine: &'a Machine,
) -> impl Iterator<Item = (ContainerId, String, SimTime)> + 'a {
    let current = worker.slots.iter().filter_map(|slot| slot.current);
    current.filter_map(|id| {
        let container = machine.container(id).filter(|container| container.init.is_some())?;
        Some((id, container.config.name.to_string(), container.started_at?))
    })
}

fn cpu(at: &str, milli: u64, micros: u64) -> Value {
    json!({"time": at, "usageNanoCores": milli * 1_000_000, "usageCoreNanoSeconds": micros * 1_000})
}

fn memory(at: &str, bytes: u64, limit: Option<u64>) -> Value {
    let mut told = json!({"time": at, "usageBytes": bytes, "workingSetBytes": bytes, "rssBytes": bytes});
    if let (Some(limit), Some(fields)) = (limit, told.as_object_mut()) {
        fields.insert("availableBytes".into(), limit.saturating_sub(bytes).into());
    }
    told
}

/// Microseconds as seconds with six digits.
fn seconds(micros: u64) -> String {
    format!("{}.{:06}", micros / 1_000_000, micros % 1_000_000)
}

fn head(text: &mut String, name: &str, kind: &str, help: &str) {
    // Writing to a String cannot fail.
    write!(text, "# HELP {name} {help}\n# TYPE {name} {kind}\n").unwrap_or_default();
}

fn line(text: &mut String, name: &str, labels: &str, value: &str, millis: i64) {
    let labels = if labels.is_empty() { String::new() } else { format!("{{{labels}}}") };
    writeln!(text, "{name}{labels} {value} {millis}").unwrap_or_default();
}
