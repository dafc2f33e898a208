//! Containers of Pods and of templates.

use super::environment;
use super::text::{Text, or_none, title_bool};
use crate::model::Pod;
use crate::model::core::{Container, ContainerPort, ContainerState, ContainerStatus, Probe, ResourceRequirements};
use crate::model::metav1::IntOrString;
use crate::printers::date::rfc1123;

/// A block of containers; `pod` is absent in templates, which indent the block by two blanks.
pub(super) fn describe(
    text: &mut Text,
    title: &str,
    containers: &[Container],
    statuses: Option<&[ContainerStatus]>,
    pod: Option<&Pod>,
) {
    let space = if pod.is_none() { "  " } else { "" };
    text.line(0, format_args!("{space}{title}:{}", if containers.is_empty() { " <none>" } else { "" }));
    for container in containers {
        let status = statuses.into_iter().flatten().find(|status| status.name == container.name);
        text.line(1, format_args!("{}{}:", if pod.is_none() { " " } else { "" }, container.name));
        basics(text, container, status);
        command(text, container);
        if let Some(status) = status {
            state(text, "State", &status.state.clone().unwrap_or_default());
            if let Some(last) = status.last_state.as_ref().filter(|last| last.terminated.is_some()) {
                state(text, "Last State", last);
            }
            text.field(2, "Ready", title_bool(status.ready));
            text.field(2, "Restart Count", status.restart_count);
        }
        if let Some(wanted) = &container.resources {
            resources(text, wanted, 2);
        }
        let probes = [
            ("Liveness", &container.liveness_probe),
            ("Readiness", &container.readiness_probe),
            ("Startup", &container.startup_probe),
        ];
        for (name, probe) in probes {
            if let Some(probe) = probe {
                text.field(2, name, probe_text(probe));
            }
        }
        environment::describe(text, container, pod);
        mounts(text, container);
    }
}

fn basics(text: &mut Text, container: &Container, status: Option<&ContainerStatus>) {
    if let Some(status) = status {
        text.field(2, "Container ID", status.container_id.as_deref().unwrap_or_default());
    }
    text.field(2, "Image", container.image.as_deref().unwrap_or_default());
    if let Some(status) = status {
        text.field(2, "Image ID", &status.image_id);
    }
    let ports = container.ports.as_deref().unwrap_or_default();
    port_field(text, "Port", &port_list(ports, |port| port.container_port));
    port_field(text, "Host Port", &port_list(ports, |port| port.host_port.unwrap_or(0)));
    let profile = container.security_context.as_ref().and_then(|context| context.seccomp_profile.as_ref());
    if let Some(profile) = profile {
        text.field(2, "SeccompProfile", &profile.type_);
        text.optional(3, "LocalhostProfile", profile.localhost_profile.as_deref());
    }
}

fn port_list(ports: &[ContainerPort], number: impl Fn(&ContainerPort) -> i32) -> String {
    let text = |port: &ContainerPort| {
        let protocol = port.protocol.as_deref().unwrap_or_default();
        let name = port.name.as_ref().filter(|name| !name.is_empty());
        let name = name.map_or_else(String::new, |name| format!(" ({name})"));
        format!("{}/{protocol}{name}", number(port))
    };
    ports.iter().map(text).collect::<Vec<_>>().join(", ")
}

fn port_field(text: &mut Text, name: &str, list: &str) {
    if list.contains(',') {
        text.field(2, &format!("{name}s"), list);
    } else {
        text.field(2, name, or_none(list));
    }
}

fn command(text: &mut Text, container: &Container) {
    for (title, words) in [("Command", &container.command), ("Args", &container.args)] {
        if let Some(words) = words.as_ref().filter(|words| !words.is_empty()) {
            text.line(2, format_args!("{title}:"));
            words.iter().flat_map(|word| word.split('\n')).for_each(|line| text.line(3, line));
        }
    }
}

fn state(text: &mut Text, title: &str, state: &ContainerState) {
    if let Some(running) = &state.running {
        text.field(2, title, "Running");
        text.field(3, "Started", rfc1123(running.started_at.as_ref()));
    } else if let Some(terminated) = state.terminated.as_ref().filter(|_| state.waiting.is_none()) {
        text.field(2, title, "Terminated");
        text.optional(3, "Reason", terminated.reason.as_deref());
        text.optional(3, "Message", terminated.message.as_deref());
        text.field(3, "Exit Code", terminated.exit_code);
        if let Some(signal) = terminated.signal.filter(|&signal| signal > 0) {
            text.field(3, "Signal", signal);
        }
        text.field(3, "Started", rfc1123(terminated.started_at.as_ref()));
        text.field(3, "Finished", rfc1123(terminated.finished_at.as_ref()));
    } else {
        text.field(2, title, "Waiting");
        text.optional(3, "Reason", state.waiting.as_ref().and_then(|waiting| waiting.reason.as_deref()));
    }
}

pub(super) fn resources(text: &mut Text, resources: &ResourceRequirements, level: usize) {
    for (title, amounts) in [("Limits", &resources.limits), ("Requests", &resources.requests)] {
        if let Some(amounts) = amounts.as_ref().filter(|amounts| !amounts.is_empty()) {
            text.line(level, format_args!("{title}:"));
            amounts.iter().for_each(|(resource, amount)| text.field(level + 1, resource, &amount.0));
        }
    }
}

fn probe_text(probe: &Probe) -> String {
    let number = |value: Option<i32>| value.unwrap_or(0);
    let pace = format!(
        "delay={}s timeout={}s period={}s #success={} #failure={}",
        number(probe.initial_delay_seconds),
        number(probe.timeout_seconds),
        number(probe.period_seconds),
        number(probe.success_threshold),
        number(probe.failure_threshold)
    );
    if let Some(exec) = &probe.exec {
        return format!("exec [{}] {pace}", exec.command.clone().unwrap_or_default().join(" "));
    }
    if let Some(get) = &probe.http_get {
        let scheme = get.scheme.as_deref().unwrap_or_default().to_lowercase();
        let scheme = if scheme.is_empty() { scheme } else { format!("{scheme}:") };
        let (host, port) = (get.host.as_deref().unwrap_or_default(), int_or_string(&get.port));
        return format!("http-get {scheme}//{host}:{port}{} {pace}", get.path.as_deref().unwrap_or_default());
    }
    if let Some(socket) = &probe.tcp_socket {
        let host = socket.host.as_deref().unwrap_or_default();
        return format!("tcp-socket {host}:{} {pace}", int_or_string(&socket.port));
    }
    if let Some(grpc) = &probe.grpc {
        return format!("grpc <pod>:{} {} {pace}", grpc.port, grpc.service.as_deref().unwrap_or_default());
    }
    format!("unknown {pace}")
}

pub(super) fn int_or_string(value: &IntOrString) -> String {
    match value {
        IntOrString::Int(number) => number.to_string(),
        IntOrString::String(name) => name.clone(),
    }
}

fn mounts(text: &mut Text, container: &Container) {
    let mut mounts: Vec<_> = container.volume_mounts.iter().flatten().collect();
    text.line(2, if mounts.is_empty() { "Mounts:\t<none>" } else { "Mounts:" });
    mounts.sort_by_key(|mount| &mount.mount_path);
    for mount in mounts {
        let mode = if mount.read_only == Some(true) { "ro" } else { "rw" };
        let path = mount.sub_path.as_ref().filter(|path| !path.is_empty());
        let path = path.map_or_else(String::new, |path| format!(",path={path:?}"));
        text.line(3, format_args!("{} from {} ({mode}{path})", mount.mount_path, mount.name));
    }
    let devices = container.volume_devices.as_deref().unwrap_or_default();
    if !devices.is_empty() {
        text.line(2, "Devices:");
        devices.iter().for_each(|device| text.line(3, format_args!("{} from {}", device.device_path, device.name)));
    }
}
