//! What the level restricted does not allow beyond baseline.
//!
//! Source: `pod-security-admission/policy/check_*.go`.

use std::collections::BTreeSet;

use serde_json::Value;

use crate::model::core::{PodSpec, Volume};

use super::Fault;
use super::baseline::proc_mount;
use super::containers::{View, all, named, plural, quoted, quoted_set, setters};
use super::policy::Version;

/// Volumes that are allowed, by the names of their fields.
const VOLUMES: [&str; 9] = [
    "configMap",
    "csi",
    "downwardAPI",
    "emptyDir",
    "ephemeral",
    "image",
    "persistentVolumeClaim",
    "projected",
    "secret",
];

/// What the Pod does that is not allowed.
pub(super) fn faults(version: Version, spec: &PodSpec) -> Vec<Fault> {
    let containers = all(spec);
    let is_windows = version.is_from(25) && spec.os.as_ref().is_some_and(|os| os.name == "windows");
    let user_namespace = version.is_from(35) && spec.host_users == Some(false);
    [
        (version.is_from(8) && !is_windows).then(|| privilege_escalation(&containers)).flatten(),
        (version.is_from(22) && !is_windows).then(|| capabilities(&containers)).flatten(),
        version.is_from(35).then(|| proc_mount(spec, &containers, false)).flatten(),
        volumes(spec),
        (!user_namespace).then(|| run_as_non_root(spec, &containers)).flatten(),
        (version.is_from(23) && !user_namespace).then(|| run_as_user(spec, &containers)).flatten(),
        (version.is_from(19) && !is_windows).then(|| seccomp(spec, &containers)).flatten(),
    ]
    .into_iter()
    .flatten()
    .collect()
}

fn privilege_escalation(containers: &[View<'_>]) -> Option<Fault> {
    let is_bad = |one: &&View<'_>| one.context.and_then(|context| context.allow_privilege_escalation) != Some(false);
    let bad: Vec<_> = containers.iter().filter(is_bad).map(|one| one.name).collect();
    let detail = || format!("{} must set securityContext.allowPrivilegeEscalation=false", named(&bad));
    (!bad.is_empty()).then(|| Fault::new("allowPrivilegeEscalation != false", detail()))
}

fn capabilities(containers: &[View<'_>]) -> Option<Fault> {
    let (mut keeping, mut adding, mut added) = (Vec::new(), Vec::new(), BTreeSet::new());
    for one in containers {
        let capabilities = one.context.and_then(|context| context.capabilities.as_ref());
        let dropped = capabilities.and_then(|one| one.drop.as_deref()).unwrap_or_default();
        if !dropped.iter().any(|one| one == "ALL") {
            keeping.push(one.name);
        }
        let more = capabilities.and_then(|one| one.add.as_deref()).unwrap_or_default();
        let more: Vec<&str> = more.iter().map(String::as_str).filter(|one| *one != "NET_BIND_SERVICE").collect();
        if !more.is_empty() {
            adding.push(one.name);
        }
        added.extend(more);
    }
    let mut details = Vec::new();
    if !keeping.is_empty() {
        details.push(format!("{} must set securityContext.capabilities.drop=[\"ALL\"]", named(&keeping)));
    }
    if !adding.is_empty() {
        let (who, what) = (named(&adding), quoted_set(&added));
        details.push(format!("{who} must not include {what} in securityContext.capabilities.add"));
    }
    (!details.is_empty()).then(|| Fault::new("unrestricted capabilities", details.join("; ")))
}

fn volumes(spec: &PodSpec) -> Option<Fault> {
    let (mut bad, mut kinds) = (Vec::new(), BTreeSet::new());
    for volume in spec.volumes.iter().flatten() {
        let kind = kind_of(volume);
        if !VOLUMES.contains(&kind.as_str()) {
            bad.push(volume.name.as_str());
            kinds.insert(kind);
        }
    }
    let detail = || {
        let kinds: Vec<&str> = kinds.iter().map(String::as_str).collect();
        let (volumes, uses) = (plural("volume", "volumes", bad.len()), plural("uses", "use", bad.len()));
        let word = plural("restricted volume type", "restricted volume types", kinds.len());
        format!("{volumes} {} {uses} {word} {}", quoted(&bad), quoted(&kinds))
    };
    (!bad.is_empty()).then(|| Fault::new("restricted volume types", detail()))
}

/// The field of a volume that says what it is.
fn kind_of(volume: &Volume) -> String {
    let fields = serde_json::to_value(volume).unwrap_or(Value::Null);
    let found = fields.as_object().into_iter().flat_map(|fields| fields.keys()).find(|key| *key != "name");
    found.cloned().unwrap_or_else(|| "unknown".to_owned())
}

fn run_as_non_root(spec: &PodSpec, containers: &[View<'_>]) -> Option<Fault> {
    let of_pod = spec.security_context.as_ref().and_then(|context| context.run_as_non_root);
    let of = |one: &View<'_>| one.context.and_then(|context| context.run_as_non_root);
    let names = |wanted: Option<bool>| -> Vec<&str> {
        containers.iter().filter(|one| of(one) == wanted).map(|one| one.name).collect()
    };
    const REASON: &str = "runAsNonRoot != true";
    if let Some(who) = setters(of_pod == Some(false), &names(Some(false))) {
        return Some(Fault::new(REASON, format!("{who} must not set securityContext.runAsNonRoot=false")));
    }
    let silent = names(None);
    let detail = || format!("pod or {} must set securityContext.runAsNonRoot=true", named(&silent));
    (of_pod != Some(true) && !silent.is_empty()).then(|| Fault::new(REASON, detail()))
}

fn run_as_user(spec: &PodSpec, containers: &[View<'_>]) -> Option<Fault> {
    let of_pod = spec.security_context.as_ref().and_then(|context| context.run_as_user);
    let is_root = |one: &&View<'_>| one.context.and_then(|context| context.run_as_user) == Some(0);
    let bad: Vec<_> = containers.iter().filter(is_root).map(|one| one.name).collect();
    let who = setters(of_pod == Some(0), &bad)?;
    Some(Fault::new("runAsUser=0", format!("{who} must not set runAsUser=0")))
}

fn seccomp(spec: &PodSpec, containers: &[View<'_>]) -> Option<Fault> {
    let is_good = |kind: &str| matches!(kind, "Localhost" | "RuntimeDefault");
    let of_pod = spec.security_context.as_ref().and_then(|context| context.seccomp_profile.as_ref());
    let of_pod = of_pod.map(|profile| profile.type_.as_str());
    let (mut bad, mut silent, mut values) = (Vec::new(), Vec::new(), BTreeSet::new());
    values.extend(of_pod.filter(|kind| !is_good(kind)));
    for one in containers {
        match one.context.and_then(|context| context.seccomp_profile.as_ref()).map(|profile| profile.type_.as_str()) {
            Some(kind) if is_good(kind) => {}
            Some(kind) => {
                bad.push(one.name);
                values.insert(kind);
            }
            None => silent.push(one.name),
        }
    }
    const REASON: &str = "seccompProfile";
    if let Some(who) = setters(of_pod.is_some_and(|kind| !is_good(kind)), &bad) {
        let detail = format!("{who} must not set securityContext.seccompProfile.type to {}", quoted_set(&values));
        return Some(Fault::new(REASON, detail));
    }
    let detail = || {
        let who = named(&silent);
        format!("pod or {who} must set securityContext.seccompProfile.type to \"RuntimeDefault\" or \"Localhost\"")
    };
    (of_pod.is_none() && !silent.is_empty()).then(|| Fault::new(REASON, detail()))
}
