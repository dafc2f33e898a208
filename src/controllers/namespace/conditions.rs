//! What the conditions of a namespace say about its deletion.
//!
//! Models `pkg/controller/namespace/deletion/status_condition_utils.go`.

use std::collections::BTreeMap;

use crate::engine::SimTime;
use crate::model::core::{Namespace, NamespaceCondition};
use crate::model::{Kind, time};

/// What is left in a namespace.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Remains {
    /// How many objects of each kind.
    pub objects: BTreeMap<Kind, usize>,
    /// How many objects each finalizer holds.
    pub finalizers: BTreeMap<String, usize>,
    /// What went wrong on the way.
    pub errors: Vec<String>,
    /// How long until it is worth looking again, in seconds; 0 when nothing is left.
    pub estimate: u64,
}

/// The five conditions in the order in which they are written: type, reason and message when all is well.
const CONDITIONS: [(&str, &str, &str); 5] = [
    ("NamespaceDeletionDiscoveryFailure", "ResourcesDiscovered", "All resources successfully discovered"),
    ("NamespaceDeletionGroupVersionParsingFailure", "ParsedGroupVersions", "All legacy kube types successfully parsed"),
    (
        "NamespaceDeletionContentFailure",
        "ContentDeleted",
        "All content successfully deleted, may be waiting on finalization",
    ),
    ("NamespaceContentRemaining", "ContentRemoved", "All content successfully removed"),
    ("NamespaceFinalizersRemaining", "ContentHasNoFinalizers", "All content-preserving finalizers finished"),
];

impl Remains {
    /// The reason and message of a condition that tells of a problem; `None` when there is none of that type.
    fn problem(&self, kind: &str) -> Option<(&'static str, String)> {
        match kind {
            "NamespaceDeletionContentFailure" if !self.errors.is_empty() => {
                let (count, errors) = (self.errors.len(), self.errors.join(", "));
                let errors = if count == 1 { errors } else { format!("[{errors}]") };
                let text = format!("Failed to delete all resource types, {count} remaining: {errors}");
                Some(("ContentDeletionFailed", text))
            }
            "NamespaceContentRemaining" if !self.objects.is_empty() => {
                let mut parts: Vec<_> = self.objects.iter().map(|(kind, count)| (resource(*kind), *count)).collect();
                parts.sort();
                let parts: Vec<_> =
                    parts.iter().map(|(name, count)| format!("{name} has {count} resource instances")).collect();
                Some(("SomeResourcesRemain", format!("Some resources are remaining: {}", parts.join(", "))))
            }
            "NamespaceFinalizersRemaining" if !self.finalizers.is_empty() => {
                let part = |(name, count): (&String, &usize)| format!("{name} in {count} resource instances");
                let parts: Vec<_> = self.finalizers.iter().map(part).collect();
                let text = format!("Some content in the namespace has finalizers remaining: {}", parts.join(", "));
                Some(("SomeFinalizersRemain", text))
            }
            _ => None,
        }
    }
}

/// `pods.` and `deployments.apps`: a resource with its group behind a dot, even where there is none.
fn resource(kind: Kind) -> String {
    format!("{}.{}", kind.plural(), kind.info().group)
}

/// The namespace with conditions that tell what remains; `None` when they tell it already.
#[must_use]
pub fn told(namespace: &Namespace, remains: &Remains, now: SimTime) -> Option<Namespace> {
    let mut conditions = namespace.status.as_ref().and_then(|status| status.conditions.clone()).unwrap_or_default();
    let mut changed = false;
    for (kind, reason, message) in CONDITIONS {
        let (status, reason, message) = match remains.problem(kind) {
            Some((reason, message)) => ("True", reason, message),
            None => ("False", reason, message.to_owned()),
        };
        let new = NamespaceCondition {
            type_: kind.to_owned(),
            status: status.to_owned(),
            reason: Some(reason.to_owned()),
            message: Some(message),
            last_transition_time: Some(time::time(now)),
        };
        match conditions.iter_mut().find(|old| old.type_ == kind) {
            None => conditions.push(new),
            Some(old) if (&old.status, &old.reason, &old.message) == (&new.status, &new.reason, &new.message) => {
                continue;
            }
            Some(old) => {
                let since = if old.status == new.status { old.last_transition_time.clone() } else { None };
                *old = NamespaceCondition { last_transition_time: since.or(new.last_transition_time), ..new };
            }
        }
        changed = true;
    }
    changed.then(|| {
        let mut namespace = namespace.clone();
        let status = namespace.status.get_or_insert_default();
        status.conditions = Some(conditions);
        status.phase = Some("Terminating".to_owned());
        namespace
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_texts_tell_what_holds_the_namespace() {
        let remains = Remains {
            objects: [(Kind::Pod, 2), (Kind::ConfigMap, 1)].into(),
            finalizers: [("example.com/hold".to_owned(), 1)].into(),
            ..Remains::default()
        };
        let namespace = told(&Namespace::default(), &remains, SimTime::ZERO).unwrap();
        let conditions = namespace.status.clone().unwrap().conditions.unwrap();
        let texts: Vec<_> =
            conditions.iter().map(|one| format!("{} {}", one.status, one.message.clone().unwrap())).collect();
        assert_eq!(
            texts,
            [
                "False All resources successfully discovered",
                "False All legacy kube types successfully parsed",
                "False All content successfully deleted, may be waiting on finalization",
                "True Some resources are remaining: configmaps. has 1 resource instances, pods. has 2 resource instances",
                "True Some content in the namespace has finalizers remaining: example.com/hold in 1 resource instances",
            ]
        );
        assert_eq!(told(&namespace, &remains, SimTime::from_secs(1)), None);
    }
}
