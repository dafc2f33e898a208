//! What the level baseline does not allow. The checks are told in the order of their names.
//!
//! Source: `pod-security-admission/policy/check_*.go`.

use std::collections::BTreeSet;

use crate::model::core::{HTTPGetAction, LifecycleHandler, PodSpec, SELinuxOptions, TCPSocketAction};
use crate::model::metav1::ObjectMeta;

use super::Fault;
use super::containers::{View, all, named, plural, quoted, quoted_set, setters};
use super::policy::{Level, LevelVersion, Version};

/// Source: `capabilities_allowed_1_0`.
const CAPABILITIES: [&str; 13] = [
    "AUDIT_WRITE",
    "CHOWN",
    "DAC_OVERRIDE",
    "FOWNER",
    "FSETID",
    "KILL",
    "MKNOD",
    "NET_BIND_SERVICE",
    "SETFCAP",
    "SETGID",
    "SETPCAP",
    "SETUID",
    "SYS_CHROOT",
];
/// Sysctls, with the minor version since which they are allowed. Source: `check_sysctls.go`.
const SYSCTLS: [(&str, u32); 12] = [
    ("kernel.shm_rmid_forced", 0),
    ("net.ipv4.ip_local_port_range", 0),
    ("net.ipv4.tcp_syncookies", 0),
    ("net.ipv4.ping_group_range", 0),
    ("net.ipv4.ip_unprivileged_port_start", 0),
    ("net.ipv4.ip_local_reserved_ports", 27),
    ("net.ipv4.tcp_keepalive_time", 29),
    ("net.ipv4.tcp_fin_timeout", 29),
    ("net.ipv4.tcp_keepalive_intvl", 29),
    ("net.ipv4.tcp_keepalive_probes", 29),
    ("net.ipv4.tcp_rmem", 32),
    ("net.ipv4.tcp_wmem", 32),
];
/// The annotations that AppArmor profiles had before they were fields.
const APPARMOR: &str = "container.apparmor.security.beta.kubernetes.io/";

/// What the Pod does that is not allowed. Restricted has stricter forms of some checks, which take their place.
pub(super) fn faults(of: LevelVersion, meta: &ObjectMeta, spec: &PodSpec) -> Vec<Fault> {
    let (version, restricted) = (of.version, of.level == Level::Restricted);
    let containers = all(spec);
    let unless = |replaced: bool, fault: Option<Fault>| fault.filter(|_| !(restricted && replaced));
    [
        app_armor(meta, spec, &containers),
        unless(version.is_from(22), capabilities(&containers)),
        host_namespaces(spec),
        unless(true, host_path_volumes(spec)),
        host_ports(&containers),
        version.is_from(34).then(|| hosts(&containers)).flatten(),
        privileged(&containers),
        unless(version.is_from(35), proc_mount(spec, &containers, version.is_from(35))),
        se_linux(spec, &containers, version),
        unless(version.is_from(19), seccomp(spec, &containers, version)),
        sysctls(spec, version),
        host_process(spec, &containers),
    ]
    .into_iter()
    .flatten()
    .collect()
}

fn app_armor(meta: &ObjectMeta, spec: &PodSpec, containers: &[View<'_>]) -> Option<Fault> {
    let is_bad = |kind: &&str| !matches!(*kind, "RuntimeDefault" | "Localhost");
    let mut values = BTreeSet::new();
    let of_pod = spec.security_context.as_ref().and_then(|context| context.app_armor_profile.as_ref());
    let of_pod = of_pod.map(|profile| profile.type_.as_str()).filter(is_bad);
    values.extend(of_pod);
    let mut bad = Vec::new();
    for one in containers {
        let profile = one.context.and_then(|context| context.app_armor_profile.as_ref());
        if let Some(kind) = profile.map(|profile| profile.type_.as_str()).filter(is_bad) {
            values.insert(kind);
            bad.push(one.name);
        }
    }
    let is_fine = |value: &str| value.is_empty() || value == "runtime/default" || value.starts_with("localhost/");
    let annotations =
        meta.annotations.iter().flatten().filter(|(key, value)| key.starts_with(APPARMOR) && !is_fine(value));
    let annotations: Vec<String> = annotations.map(|(key, value)| format!("{key}=\"{value}\"")).collect();
    let mut who: Vec<String> = setters(of_pod.is_some(), &bad).into_iter().collect();
    if !annotations.is_empty() {
        who.push(plural("annotation", "annotations", annotations.len()).to_owned());
    }
    let values: Vec<&str> = values.into_iter().chain(annotations.iter().map(String::as_str)).collect();
    let reason = plural("forbidden AppArmor profile", "forbidden AppArmor profiles", values.len());
    let detail = || format!("{} must not set AppArmor profile type to {}", who.join(" and "), quoted(&values));
    (!who.is_empty()).then(|| Fault::new(reason, detail()))
}

fn capabilities(containers: &[View<'_>]) -> Option<Fault> {
    let (mut bad, mut values) = (Vec::new(), BTreeSet::new());
    for one in containers {
        let added = one.context.and_then(|context| context.capabilities.as_ref()?.add.as_deref()).unwrap_or_default();
        let before = bad.len();
        for capability in added.iter().filter(|one| !CAPABILITIES.contains(&one.as_str())) {
            values.insert(capability.as_str());
            bad.truncate(before);
            bad.push(one.name);
        }
    }
    let detail =
        || format!("{} must not include {} in securityContext.capabilities.add", named(&bad), quoted_set(&values));
    (!bad.is_empty()).then(|| Fault::new("non-default capabilities", detail()))
}

fn host_namespaces(spec: &PodSpec) -> Option<Fault> {
    let asked =
        [("hostNetwork=true", spec.host_network), ("hostPID=true", spec.host_pid), ("hostIPC=true", spec.host_ipc)];
    let asked: Vec<_> = asked.into_iter().filter(|(_, asked)| *asked == Some(true)).map(|(name, _)| name).collect();
    (!asked.is_empty()).then(|| Fault::new("host namespaces", asked.join(", ")))
}

fn host_path_volumes(spec: &PodSpec) -> Option<Fault> {
    let volumes = spec.volumes.iter().flatten().filter(|volume| volume.host_path.is_some());
    let names: Vec<_> = volumes.map(|volume| volume.name.as_str()).collect();
    let detail = || format!("{} {}", plural("volume", "volumes", names.len()), quoted(&names));
    (!names.is_empty()).then(|| Fault::new("hostPath volumes", detail()))
}

fn host_ports(containers: &[View<'_>]) -> Option<Fault> {
    let (mut bad, mut ports) = (Vec::new(), BTreeSet::new());
    for one in containers {
        let taken: Vec<_> = one.ports.iter().filter_map(|port| port.host_port.filter(|port| *port != 0)).collect();
        if !taken.is_empty() {
            bad.push(one.name);
        }
        ports.extend(taken.iter().map(ToString::to_string));
    }
    let detail = || {
        let list = ports.iter().cloned().collect::<Vec<_>>().join(", ");
        let (uses, word) = (plural("uses", "use", bad.len()), plural("hostPort", "hostPorts", ports.len()));
        format!("{} {uses} {word} {list}", named(&bad))
    };
    (!bad.is_empty()).then(|| Fault::new("hostPort", detail()))
}

/// Probes and hooks that go to another host.
fn hosts(containers: &[View<'_>]) -> Option<Fault> {
    fn of<'a>(http: Option<&'a HTTPGetAction>, tcp: Option<&'a TCPSocketAction>) -> impl Iterator<Item = &'a str> {
        let http = http.and_then(|one| one.host.as_deref());
        http.into_iter().chain(tcp.and_then(|one| one.host.as_deref())).filter(|host| !host.is_empty())
    }
    let (mut bad, mut values) = (BTreeSet::new(), BTreeSet::new());
    for one in containers {
        let probes =
            one.probes.iter().flatten().flat_map(|probe| of(probe.http_get.as_ref(), probe.tcp_socket.as_ref()));
        let hooks = one.lifecycle.iter().flat_map(|hooks| [&hooks.post_start, &hooks.pre_stop]).flatten();
        let hooks = hooks.flat_map(|hook: &LifecycleHandler| of(hook.http_get.as_ref(), hook.tcp_socket.as_ref()));
        for host in probes.chain(hooks) {
            bad.insert(one.name);
            values.insert(host);
        }
    }
    let detail = || {
        let names: Vec<_> = bad.iter().copied().collect();
        let (uses, word) = (
            plural("uses", "use", bad.len()),
            plural("probe or lifecycle host", "probe or lifecycle hosts", values.len()),
        );
        format!("{} {uses} {word} {}", named(&names), quoted_set(&values))
    };
    (!bad.is_empty()).then(|| Fault::new("probe or lifecycle host", detail()))
}

fn privileged(containers: &[View<'_>]) -> Option<Fault> {
    let is_bad = |one: &&View<'_>| one.context.is_some_and(|context| context.privileged == Some(true));
    let bad: Vec<_> = containers.iter().filter(is_bad).map(|one| one.name).collect();
    let detail = || format!("{} must not set securityContext.privileged=true", named(&bad));
    (!bad.is_empty()).then(|| Fault::new("privileged", detail()))
}

/// `relaxed`: a Pod in a user namespace may.
pub(super) fn proc_mount(spec: &PodSpec, containers: &[View<'_>], relaxed: bool) -> Option<Fault> {
    if relaxed && spec.host_users == Some(false) {
        return None;
    }
    let (mut bad, mut values) = (Vec::new(), BTreeSet::new());
    for one in containers {
        let mount = one.context.and_then(|context| context.proc_mount.as_deref());
        if let Some(mount) = mount.filter(|mount| *mount != "Default") {
            bad.push(one.name);
            values.insert(mount);
        }
    }
    let detail = || format!("{} must not set securityContext.procMount to {}", named(&bad), quoted_set(&values));
    (!bad.is_empty()).then(|| Fault::new("procMount", detail()))
}

fn se_linux(spec: &PodSpec, containers: &[View<'_>], version: Version) -> Option<Fault> {
    let (mut types, mut user, mut role) = (BTreeSet::new(), false, false);
    let mut is_bad = |options: &SELinuxOptions| {
        let kind = options.type_.clone().unwrap_or_default();
        let is_known = matches!(kind.as_str(), "" | "container_t" | "container_init_t" | "container_kvm_t")
            || (version.is_from(31) && kind == "container_engine_t");
        let sets = |value: &Option<String>| value.as_ref().is_some_and(|value| !value.is_empty());
        if !is_known {
            types.insert(kind);
        }
        user |= sets(&options.user);
        role |= sets(&options.role);
        !is_known || sets(&options.user) || sets(&options.role)
    };
    let of_pod = spec.security_context.as_ref().and_then(|context| context.se_linux_options.as_ref());
    let pod_is_bad = of_pod.is_some_and(&mut is_bad);
    let options =
        |one: &&View<'_>| one.context.and_then(|context| context.se_linux_options.as_ref()).is_some_and(&mut is_bad);
    let bad: Vec<_> = containers.iter().filter(options).map(|one| one.name).collect();
    let who = setters(pod_is_bad, &bad)?;
    let mut what = Vec::new();
    if !types.is_empty() {
        let types: BTreeSet<&str> = types.iter().map(String::as_str).collect();
        what.push(format!("{} {}", plural("type", "types", types.len()), quoted_set(&types)));
    }
    what.extend(user.then(|| "user may not be set".to_owned()));
    what.extend(role.then(|| "role may not be set".to_owned()));
    let detail = format!("{who} set forbidden securityContext.seLinuxOptions: {}", what.join("; "));
    Some(Fault::new("seLinuxOptions", detail))
}

/// Before v1.19 profiles were annotations, which no API server takes any more.
fn seccomp(spec: &PodSpec, containers: &[View<'_>], version: Version) -> Option<Fault> {
    if !version.is_from(19) {
        return None;
    }
    let is_bad = |kind: &&str| !matches!(*kind, "Localhost" | "RuntimeDefault");
    let of_pod = spec.security_context.as_ref().and_then(|context| context.seccomp_profile.as_ref());
    let of_pod = of_pod.map(|profile| profile.type_.as_str()).filter(is_bad);
    let (mut bad, mut values) = (Vec::new(), BTreeSet::new());
    values.extend(of_pod);
    for one in containers {
        let profile = one.context.and_then(|context| context.seccomp_profile.as_ref());
        if let Some(kind) = profile.map(|profile| profile.type_.as_str()).filter(is_bad) {
            bad.push(one.name);
            values.insert(kind);
        }
    }
    let who = setters(of_pod.is_some(), &bad)?;
    let detail = format!("{who} must not set securityContext.seccompProfile.type to {}", quoted_set(&values));
    Some(Fault::new("seccompProfile", detail))
}

fn sysctls(spec: &PodSpec, version: Version) -> Option<Fault> {
    let asked = spec.security_context.iter().flat_map(|context| context.sysctls.iter().flatten());
    let is_allowed = |name: &str| SYSCTLS.iter().any(|(one, since)| *one == name && version.is_from(*since));
    let bad: Vec<_> = asked.map(|sysctl| sysctl.name.as_str()).filter(|name| !is_allowed(name)).collect();
    (!bad.is_empty()).then(|| Fault::new("forbidden sysctls", bad.join(", ")))
}

fn host_process(spec: &PodSpec, containers: &[View<'_>]) -> Option<Fault> {
    let of_pod = spec.security_context.as_ref().and_then(|context| context.windows_options.as_ref());
    let pod_is_bad = of_pod.is_some_and(|options| options.host_process == Some(true));
    let is_bad = |one: &&View<'_>| {
        let options = one.context.and_then(|context| context.windows_options.as_ref());
        options.is_some_and(|options| options.host_process == Some(true))
    };
    let bad: Vec<_> = containers.iter().filter(is_bad).map(|one| one.name).collect();
    let who = setters(pod_is_bad, &bad)?;
    Some(Fault::new("hostProcess", format!("{who} must not set securityContext.windowsOptions.hostProcess=true")))
}
