//! Priority: the number behind a Pod's PriorityClass, and only one default class.
//!
//! Source: `plugin/pkg/admission/priority/admission.go`.

use crate::apiserver::request::{Request, Verb};
use crate::apiserver::status::Status;
use crate::model::scheduling::PriorityClass;
use crate::model::{Kind, Meta, Pod};

use super::{Review, lookup, lookup_all, shown_name};

const PREEMPT: &str = "PreemptLowerPriority";
/// The classes that every cluster has. Source: `pkg/apis/scheduling/v1/helpers.go`.
const SYSTEM_CLASSES: [&str; 2] = ["system-node-critical", "system-cluster-critical"];

pub(super) fn admit(pod: &mut Pod, review: &mut Review<'_>) -> Result<(), Box<Status>> {
    let named = pod.spec.priority_class_name.clone().filter(|name| !name.is_empty());
    let (value, policy, class) = match named {
        Some(name) => match lookup::<PriorityClass>(review.store, "", &name) {
            Some(class) => (class.value.unwrap_or(0), class.preemption_policy.clone(), None),
            None => {
                let why = format!("no PriorityClass with name {name} was found");
                return Err(Box::new(Status::forbidden(Kind::Pod, shown_name(&pod.metadata), &why)));
            }
        },
        None => match default_class(review) {
            Some(class) => {
                (class.value.unwrap_or(0), class.preemption_policy.clone(), Some(class.metadata.name().to_owned()))
            }
            None => (0, None, None),
        },
    };
    if let Some(given) = pod.spec.priority.filter(|given| *given != value) {
        let why = format!(
            "the integer value of priority ({given}) must not be provided in pod spec; priority admission controller \
             computed {value} from the given PriorityClass name"
        );
        return Err(Box::new(Status::forbidden(Kind::Pod, shown_name(&pod.metadata), &why)));
    }
    let spec = pod.spec_mut();
    spec.priority = Some(value);
    spec.preemption_policy.get_or_insert_with(|| policy.unwrap_or_else(|| PREEMPT.into()));
    if class.is_some() {
        spec.priority_class_name = class;
    }
    Ok(())
}

pub(super) fn validate_class(class: &PriorityClass, review: &mut Review<'_>) -> Result<(), Box<Status>> {
    if class.global_default != Some(true) || !matches!(review.request.verb, Verb::Create | Verb::Update | Verb::Patch) {
        return Ok(());
    }
    match default_class(review).filter(|default| default.metadata.name() != class.metadata.name()) {
        None => Ok(()),
        Some(default) => {
            let why = format!(
                "PriorityClass {} is already marked as default. Only one default can exist",
                default.metadata.name()
            );
            Err(Box::new(Status::forbidden(Kind::PriorityClass, class.metadata.name(), &why)))
        }
    }
}

/// Source: `pkg/registry/scheduling/priorityclass/storage/storage.go`, `Delete`.
pub(super) fn admit_delete(request: &Request) -> Result<(), Box<Status>> {
    if request.kind == Kind::PriorityClass && SYSTEM_CLASSES.contains(&&*request.name) {
        let why = "this is a system priority class and cannot be deleted";
        return Err(Box::new(Status::forbidden(Kind::PriorityClass, &request.name, why)));
    }
    Ok(())
}

/// The default class; of several the one with the lowest value.
fn default_class(review: &Review<'_>) -> Option<std::sync::Arc<PriorityClass>> {
    let classes = lookup_all::<PriorityClass>(review.store, "");
    classes.into_iter().filter(|class| class.global_default == Some(true)).min_by_key(|class| class.value.unwrap_or(0))
}
