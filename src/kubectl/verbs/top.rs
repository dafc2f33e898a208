//! `kubectl top node` and `kubectl top pod`.
//!
//! Source: `kubectl/pkg/cmd/top`, `kubectl/pkg/metricsutil/metrics_printer.go`. Where the original leaves the order to chance (equal
//! amounts under `--sort-by`, nodes without metrics) it is that of the names.

use std::cmp::Reverse;
use std::collections::BTreeMap;

use crate::engine::SimDuration;
use crate::kubectl::failure::Failure;
use crate::kubectl::flags::Flags;
use crate::kubectl::session::Session;
use crate::model::core::Node;
use crate::model::metav1::WireQuantity;
use crate::model::metrics::{self, NodeMetrics, PodMetrics, Usage};
use crate::model::{Kind, Meta, Object, ObjectKey, Quantity, time};
use crate::printers::tabwriter::{Spacing, align};

/// Flags of `top node`.
pub const NODE_FLAGS: &[&str] =
    &["l:selector", "!no-headers", ":sort-by", "!show-capacity", "!show-swap", "!use-protocol-buffers"];
/// Flags of `top pod`.
pub const POD_FLAGS: &[&str] = &[
    "A!all-namespaces",
    "l:selector",
    ":field-selector",
    "!containers",
    "!no-headers",
    ":sort-by",
    "!sum",
    "!show-swap",
    "!use-protocol-buffers",
];

/// A Pod older than this ought to have metrics. Source: `metricsCreationDelay`.
const CREATION_DELAY: SimDuration = SimDuration::from_secs(120);
const UNKNOWN: &str = "<unknown>";

/// `kubectl top node`.
///
/// # Errors
/// In kubectl's words.
pub fn nodes(session: &mut Session<'_>, flags: &Flags) -> Result<(), Failure> {
    check(flags, "node [NAME | -l label]", "only one of NAME or --selector can be provided")?;
    let items = fetch(session, flags, metrics::node_metrics(), "")?;
    let mut measured: Vec<NodeMetrics> = items.iter().filter_map(NodeMetrics::of).collect();
    if measured.is_empty() {
        return Err(Failure::text_of("metrics not available yet"));
    }
    let objects = match flags.args.first() {
        Some(name) => vec![session.get(&ObjectKey::new(Kind::Node, "", name.as_str()))?],
        None => session.list(Kind::Node, "", flags.text_or_empty("selector"), "")?.items,
    };
    let mut rooms: BTreeMap<String, BTreeMap<String, WireQuantity>> = BTreeMap::new();
    for node in objects.iter().filter_map(|object| object.get::<Node>()) {
        let status = node.status.as_ref();
        let room = if flags.yes("show-capacity") {
            status.and_then(|status| status.capacity.clone())
        } else {
            status.and_then(|status| status.allocatable.clone())
        };
        rooms.insert(node.metadata.name().to_owned(), room.unwrap_or_default());
    }
    sort(&mut measured, flags, |node| (String::new(), node.metadata.name().to_owned()), |node| node.usage);
    let mut text = String::new();
    if !flags.yes("no-headers") {
        text += "NAME\tCPU(cores)\tCPU(%)\tMEMORY(bytes)\tMEMORY(%)\t\n";
    }
    for node in &measured {
        let name = node.metadata.name();
        let room = rooms.remove(name).unwrap_or_default();
        let [cpu, memory] = amounts(node.usage);
        let share = |resource: &str, used: Quantity| {
            let room = room.get(resource).and_then(|room| Quantity::try_from(room).ok());
            room.map_or_else(String::new, |room| format!("{}%\t", percent(used, room)))
        };
        let (of_cpu, of_memory) = (share("cpu", node.usage.cpu), share("memory", node.usage.memory));
        text += &format!("{name}\t{cpu}\t{of_cpu}{memory}\t{of_memory}\n");
    }
    for name in rooms.keys() {
        text += &format!("{name}\t{UNKNOWN}\t{UNKNOWN}\t{UNKNOWN}\t{UNKNOWN}\t\n");
    }
    session.out(&align(&text, Spacing::TABLE));
    Ok(())
}

/// `kubectl top pod`.
///
/// # Errors
/// In kubectl's words.
pub fn pods(session: &mut Session<'_>, flags: &Flags) -> Result<(), Failure> {
    check(flags, "pod [NAME | -l label]", "only one of NAME or selector can be provided")?;
    let is_everywhere = flags.yes("all-namespaces");
    let namespace = if is_everywhere { "".into() } else { session.namespace() };
    let items = fetch(session, flags, metrics::pod_metrics(), &namespace)?;
    let mut measured: Vec<PodMetrics> = items.iter().filter_map(PodMetrics::of).collect();
    if measured.is_empty() {
        return nothing_measured(session, flags);
    }
    let place = |pod: &PodMetrics| {
        let namespace = if is_everywhere { pod.metadata.namespace() } else { "" };
        (namespace.to_owned(), pod.metadata.name().to_owned())
    };
    sort(&mut measured, flags, place, PodMetrics::total);
    let by_container = flags.yes("containers");
    let mut text = String::new();
    if !flags.yes("no-headers") {
        let (namespace, pod) =
            (if is_everywhere { "NAMESPACE\t" } else { "" }, if by_container { "POD\t" } else { "" });
        text += &format!("{namespace}{pod}NAME\tCPU(cores)\tMEMORY(bytes)\t\n");
    }
    for pod in &measured {
        let mut start = if is_everywhere { format!("{}\t", pod.metadata.namespace()) } else { String::new() };
        start += &format!("{}\t", pod.metadata.name());
        if !by_container {
            text += &line(&start, pod.total());
            continue;
        }
        let mut containers: Vec<_> = pod.containers.iter().collect();
        sort(&mut containers, flags, |(name, _)| (String::new(), (*name).clone()), |(_, usage)| **usage);
        containers.iter().for_each(|(name, usage)| text += &line(&format!("{start}{name}\t"), **usage));
    }
    if flags.yes("sum") {
        let empty = "\t".repeat(1 + usize::from(is_everywhere) + usize::from(by_container));
        let zero = Usage { cpu: Quantity::ZERO, memory: Quantity::from_bytes(0) };
        let add = |all: Usage, one: Usage| Usage { cpu: all.cpu + one.cpu, memory: all.memory + one.memory };
        text += &format!("{empty}________\t________\t\n");
        text += &line(&empty, measured.iter().map(PodMetrics::total).fold(zero, add));
    }
    session.out(&align(&text, Spacing::TABLE));
    Ok(())
}

fn check(flags: &Flags, usage: &str, both: &str) -> Result<(), Failure> {
    if flags.args.len() > 1 {
        let command = format!("top {}", usage.split(' ').next().unwrap_or_default());
        return Err(Failure::usage(&command, usage));
    }
    if !matches!(flags.text_or_empty("sort-by"), "" | "cpu" | "memory") {
        return Err(Failure::text_of("--sort-by accepts only cpu or memory"));
    }
    if !flags.args.is_empty() && (flags.has("selector") || flags.has("field-selector")) {
        return Err(Failure::text_of(both));
    }
    if flags.yes("show-swap") {
        return Err(Failure::not_modelled("--show-swap"));
    }
    Ok(())
}

/// What the metrics API tells of one object, or of all that the selectors leave.
fn fetch(session: &mut Session<'_>, flags: &Flags, kind: Kind, namespace: &str) -> Result<Vec<Object>, Failure> {
    if !session.has_metrics()? {
        return Err(Failure::text_of("Metrics API not available"));
    }
    if let Some(name) = flags.args.first() {
        return Ok(vec![session.get(&ObjectKey::new(kind, namespace, name.as_str()))?]);
    }
    let (labels, fields) = (flags.text_or_empty("selector"), flags.text_or_empty("field-selector"));
    Ok(session.list(kind, namespace, labels, fields)?.items)
}

/// Why there are no metrics: there are no Pods, or they are too young. Source: `verifyEmptyMetrics`.
fn nothing_measured(session: &mut Session<'_>, flags: &Flags) -> Result<(), Failure> {
    let namespace = session.namespace();
    let (labels, fields) = (flags.text_or_empty("selector"), flags.text_or_empty("field-selector"));
    let found = session.list(Kind::Pod, &namespace, labels, fields)?.items;
    for pod in &found {
        let created = pod.meta().creation_timestamp.as_ref();
        let age = created.map(|at| session.now().since(time::sim_time(at.0))).unwrap_or_default();
        if age > CREATION_DELAY {
            let name = format!("{}/{}", pod.namespace(), pod.name());
            return Err(Failure::text_of(format!("Metrics not available for pod {name}, age: {age}")));
        }
    }
    if !found.is_empty() {
        return Err(Failure::text_of("metrics not available yet"));
    }
    if flags.yes("all-namespaces") {
        session.err_line("No resources found");
    } else {
        session.err_line(&format!("No resources found in {namespace} namespace."));
    }
    Ok(())
}

/// By name, or the largest first.
fn sort<T>(items: &mut [T], flags: &Flags, name: impl Fn(&T) -> (String, String), usage: impl Fn(&T) -> Usage) {
    items.sort_by_cached_key(name);
    match flags.text_or_empty("sort-by") {
        "cpu" => items.sort_by_key(|item| Reverse(usage(item).cpu.milli_value())),
        "memory" => items.sort_by_key(|item| Reverse(usage(item).memory.value())),
        _ => {}
    }
}

fn line(start: &str, usage: Usage) -> String {
    let [cpu, memory] = amounts(usage);
    format!("{start}{cpu}\t{memory}\t\n")
}

fn amounts(usage: Usage) -> [String; 2] {
    [format!("{}m", usage.cpu.milli_value()), format!("{}Mi", usage.memory.value() >> 20)]
}

fn percent(used: Quantity, room: Quantity) -> i128 {
    let room = i128::from(room.milli_value());
    if room == 0 { 0 } else { i128::from(used.milli_value()) * 100 / room }
}
