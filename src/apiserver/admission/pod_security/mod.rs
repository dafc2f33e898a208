//! PodSecurity: a namespace says in its labels what its Pods may not do: enforced, or only warned about.
//!
//! Source: `staging/src/k8s.io/pod-security-admission/admission/admission.go`. **Not modelled:** the configuration file with its defaults
//! and exemptions, and audit annotations (there is no audit log): the label for audit is checked, and read no further.
//!
//! Reading order: [`policy`], [`containers`], [`baseline`], [`restricted`], then this file.

mod baseline;
mod containers;
mod policy;
mod restricted;

use std::collections::{BTreeMap, BTreeSet};

use crate::apiserver::field::Errors;
use crate::apiserver::status::Status;
use crate::model::core::{Container, Namespace, PodSpec};
use crate::model::metav1::ObjectMeta;
use crate::model::{Kind, Meta, Object, Pod};

use super::{Review, lookup, lookup_all, shown_name};
use policy::{Level, LevelVersion, Policy};

/// How many Pods are looked at when the labels of their namespace change. Source: `defaultNamespaceMaxPodsToCheck`.
const MAX_PODS: usize = 3000;

/// What a Pod does that a level does not allow, and how.
struct Fault {
    reason: &'static str,
    detail: String,
}

impl Fault {
    fn new(reason: &'static str, detail: String) -> Self {
        Self { reason, detail }
    }
}

/// Refuses, or warns about, a new object or a change.
///
/// # Errors
/// 403 for a Pod that the level of its namespace does not allow, 422 for labels of a namespace that cannot be read.
pub(super) fn validate(object: &Object, old: Option<&Object>, review: &mut Review<'_>) -> Result<(), Box<Status>> {
    if let Object::Namespace(namespace) = object {
        let old = old.and_then(|old| old.get::<Namespace>());
        return validate_namespace(namespace, old.map(|old| &**old), review);
    }
    let Some((meta, spec)) = pod_of(object) else { return Ok(()) };
    let Some(policy) = policy_of(review) else { return Ok(()) };
    match (object, old) {
        (Object::Pod(pod), Some(Object::Pod(old))) if !is_significant(pod, old) => return Ok(()),
        (Object::Pod(pod), _) => {
            let faults = faults(policy.enforce, meta, spec);
            if !faults.is_empty() {
                let why = format!("violates PodSecurity \"{}\": {}", policy.enforce, details(&faults));
                return Err(Box::new(Status::forbidden(Kind::Pod, shown_name(&pod.metadata), &why)));
            }
        }
        _ => {}
    }
    let faults = faults(policy.warn, meta, spec);
    if !faults.is_empty() {
        let text = format!("would violate PodSecurity \"{}\": {}", policy.warn, details(&faults));
        review.warnings.push(text.into());
    }
    Ok(())
}

/// The policy of the namespace of the request; `None` when it allows everything.
fn policy_of(review: &Review<'_>) -> Option<Policy> {
    let namespace = lookup::<Namespace>(review.store, "", &review.request.namespace)?;
    let (policy, _) = Policy::of(namespace.metadata.label_map());
    (policy.enforce.level != Level::Privileged || policy.warn.level != Level::Privileged).then_some(policy)
}

/// The metadata and the spec of the Pods that an object is, or makes.
fn pod_of(object: &Object) -> Option<(&ObjectMeta, &PodSpec)> {
    let template = match object {
        Object::Pod(pod) => return Some((&pod.metadata, &pod.spec)),
        Object::PodTemplate(holder) => holder.template.as_ref(),
        Object::ReplicationController(holder) => holder.spec.as_ref().and_then(|spec| spec.template.as_ref()),
        Object::ReplicaSet(holder) => holder.spec.as_ref().and_then(|spec| spec.template.as_ref()),
        Object::Deployment(holder) => holder.spec.as_ref().map(|spec| &spec.template),
        Object::DaemonSet(holder) => holder.spec.as_ref().map(|spec| &spec.template),
        Object::StatefulSet(holder) => holder.spec.as_ref().map(|spec| &spec.template),
        Object::Job(holder) => holder.spec.as_ref().map(|spec| &spec.template),
        Object::CronJob(holder) => holder.spec.job_template.spec.as_ref().map(|spec| &spec.template),
        _ => None,
    }?;
    static NO_METADATA: std::sync::LazyLock<ObjectMeta> = std::sync::LazyLock::new(ObjectMeta::default);
    Some((template.metadata.as_ref().unwrap_or(&NO_METADATA), template.spec.as_ref()?))
}

/// Whether a change of a Pod is one that the policy can mind. Source: `isSignificantPodUpdate`.
fn is_significant(pod: &Pod, old: &Pod) -> bool {
    let differ = |new: &[Container], old: &[Container]| {
        new.len() != old.len() || new.iter().zip(old).any(|(new, old)| new.image != old.image)
    };
    let init = |pod: &Pod| pod.spec.init_containers.clone().unwrap_or_default();
    let was = |name: &str| old.spec.ephemeral_containers.iter().flatten().find(|one| one.name == name);
    differ(&pod.spec.containers, &old.spec.containers)
        || differ(&init(pod), &init(old))
        || pod
            .spec
            .ephemeral_containers
            .iter()
            .flatten()
            .any(|new| was(&new.name).is_none_or(|old| old.image != new.image))
}

/// What the level does not allow, in the order in which it is told: first that of baseline, then that of restricted.
fn faults(of: LevelVersion, meta: &ObjectMeta, spec: &PodSpec) -> Vec<Fault> {
    if of.level == Level::Privileged {
        return Vec::new();
    }
    let mut faults = baseline::faults(of, meta, spec);
    if of.level == Level::Restricted {
        faults.extend(restricted::faults(of.version, spec));
    }
    faults
}

fn details(faults: &[Fault]) -> String {
    let told = |fault: &Fault| match fault.detail.as_str() {
        "" => fault.reason.to_owned(),
        detail => format!("{} ({detail})", fault.reason),
    };
    faults.iter().map(told).collect::<Vec<_>>().join(", ")
}

/// The labels must be readable; Pods that a stricter level would not let in are told of.
fn validate_namespace(
    namespace: &Namespace,
    old: Option<&Namespace>,
    review: &mut Review<'_>,
) -> Result<(), Box<Status>> {
    let (policy, faults) = Policy::of(namespace.metadata.label_map());
    let before = old.map(|old| Policy::of(old.metadata.label_map()));
    if !faults.is_empty() && before.as_ref().is_none_or(|(_, before)| *before != faults) {
        let mut errors = Errors::default();
        for fault in faults {
            errors.invalid(format_args!("metadata.labels[{}]", fault.label), fault.value.as_str(), fault.why);
        }
        return Err(Box::new(errors.into_status(Kind::Namespace, namespace.metadata.name())));
    }
    let Some((before, _)) = before else { return Ok(()) };
    let (new, old) = (policy.enforce, before.enforce);
    let is_relaxed = new.version == old.version && new.level <= old.level;
    if new == old || new.level == Level::Privileged || is_relaxed {
        return Ok(());
    }
    warn_of_pods(namespace.metadata.name(), new, review);
    Ok(())
}

/// Source: `EvaluatePodsInNamespace`.
fn warn_of_pods(namespace: &str, level: LevelVersion, review: &mut Review<'_>) {
    let pods = lookup_all::<Pod>(review.store, namespace);
    // One Pod of each controller first, then the others.
    let mut controllers = BTreeSet::new();
    let is_first =
        |pod: &&std::sync::Arc<Pod>| pod.metadata.controller().is_none_or(|one| controllers.insert(one.uid.clone()));
    let (first, others): (Vec<_>, Vec<_>) = pods.iter().partition(is_first);
    let total = pods.len();
    let mut told: BTreeMap<String, (String, usize)> = BTreeMap::new();
    for pod in first.into_iter().chain(others).take(MAX_PODS) {
        let faults = faults(level, &pod.metadata, &pod.spec);
        if faults.is_empty() {
            continue;
        }
        let reasons = faults.iter().map(|fault| fault.reason).collect::<Vec<_>>().join(", ");
        let name = pod.metadata.name();
        let entry = told.entry(reasons).or_insert_with(|| (name.to_owned(), 0));
        entry.1 += 1;
        if name < entry.0.as_str() {
            entry.0 = name.to_owned();
        }
    }
    if total > MAX_PODS {
        let text =
            format!("new PodSecurity enforce level only checked against the first {MAX_PODS} of {total} existing pods");
        review.warnings.push(text.into());
    }
    if !told.is_empty() {
        let text =
            format!("existing pods in namespace \"{namespace}\" violate the new PodSecurity enforce level \"{level}\"");
        review.warnings.push(text.into());
    }
    let line = |(reasons, (name, count)): (String, (String, usize))| match count {
        1 => format!("{name}: {reasons}"),
        2 => format!("{name} (and 1 other pod): {reasons}"),
        _ => format!("{name} (and {} other pods): {reasons}", count - 1),
    };
    let mut lines: Vec<String> = told.into_iter().map(line).collect();
    lines.sort();
    review.warnings.extend(lines.into_iter().map(Into::into));
}

#[cfg(test)]
mod tests;
