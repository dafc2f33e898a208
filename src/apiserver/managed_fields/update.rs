//! What an update does to the managers of an object's fields: who changed a field manages it from then on, alone.
//!
//! Source: `structured-merge-diff/merge/update.go`, `managedfields/internal/{managedfieldsupdater,stripmeta}.go`.

use serde_json::Value;

use crate::model::fields::{Comparison, FieldSet, Shape};
use crate::model::metav1::Time;
use crate::model::{Kind, Object};

use super::conflict::Conflict;
use super::manager::{Manager, Managers, Operation, Owned};

/// Fields that nobody manages. Source: `stripmeta.go`.
const UNMANAGED: [&[&str]; 12] = [
    &["apiVersion"],
    &["kind"],
    &["metadata"],
    &["metadata", "name"],
    &["metadata", "namespace"],
    &["metadata", "creationTimestamp"],
    &["metadata", "selfLink"],
    &["metadata", "uid"],
    &["metadata", "clusterName"],
    &["metadata", "generation"],
    &["metadata", "managedFields"],
    &["metadata", "resourceVersion"],
];

/// What is being written, and through which door.
#[derive(Clone, Copy, Debug)]
pub(super) struct Door<'a> {
    pub(super) kind: Kind,
    pub(super) subresource: &'a str,
}

impl Door<'_> {
    pub(super) fn shape(self) -> Shape<'static> {
        match self.kind {
            Kind::Custom(custom) => Shape::of_schema(custom.definition().schema.as_ref()),
            kind => Shape::of_kind(&kind.api_version(), kind.name()),
        }
    }

    /// The manager of this name that writes through this door.
    pub(super) fn manager(self, name: &str, operation: Operation) -> Manager {
        let name = if name.is_empty() { "unknown" } else { name };
        let api_version = if operation == Operation::Apply { String::new() } else { self.kind.api_version() };
        Manager { name: name.to_owned(), operation, api_version, subresource: self.subresource.to_owned() }
    }

    /// Fields that do not change through this door, whatever is sent. Source: `GetResetFields` of the strategies.
    pub(super) fn reset(self) -> FieldSet {
        let has_status = self.kind.info().subresources.contains(&"status");
        match (self.subresource, self.kind) {
            ("", _) if has_status => FieldSet::of_names(&[&["status"]]),
            ("status", Kind::Pod) => {
                FieldSet::of_names(&[&["spec"], &["metadata", "deletionTimestamp"], &["metadata", "ownerReferences"]])
            }
            ("status", Kind::Deployment) => FieldSet::of_names(&[&["spec"], &["metadata", "labels"]]),
            ("status", _) => FieldSet::of_names(&[&["spec"]]),
            _ => FieldSet::default(),
        }
    }
}

/// A set of fields without those that nobody manages.
pub(super) fn managed(fields: &FieldSet) -> FieldSet {
    fields.difference(&FieldSet::of_names(&UNMANAGED))
}

/// An object as Go holds it: with what it writes of fields that are not set, without what no client writes.
pub(super) fn as_go(object: &Object, shape: Shape<'_>) -> Value {
    let mut value = object.to_value();
    if let Some(meta) = value["metadata"].as_object_mut() {
        for field in ["managedFields", "deletionTimestamp", "deletionGracePeriodSeconds"] {
            meta.remove(field);
        }
    }
    shape.fill(&mut value);
    value
}

/// An object of which nothing is said, as Go holds it.
pub(super) fn nothing(shape: Shape<'_>) -> Value {
    let mut value = Value::Object(serde_json::Map::new());
    shape.fill(&mut value);
    value
}

impl Managers {
    /// `name` has made `new` of `old`. Only what changed is its own, together with what it had.
    ///
    /// `time` is that of the write; `None` leaves the time of its last one.
    pub(super) fn updated(mut self, old: &Value, new: &Value, name: &str, door: Door<'_>, time: Option<Time>) -> Self {
        let compared = Comparison::between(old, new, door.shape()).outside(&door.reset());
        // Nobody is in the way of an update.
        let _no_conflicts = self.take_over(&compared, None, true, door.kind);
        let fields = managed(&compared.modified.union(&compared.added));
        if !fields.is_empty() {
            let owned = self.0.entry(door.manager(name, Operation::Update)).or_default();
            let time = time.or_else(|| owned.time.clone());
            *owned = Owned { fields: owned.fields.union(&fields), api_version: door.kind.api_version(), time };
        }
        self.cap();
        self
    }

    /// Takes what changed away from all but `applier`; tells what was in the way unless `force`.
    pub(super) fn take_over(
        &mut self,
        compared: &Comparison,
        applier: Option<&Manager>,
        force: bool,
        kind: Kind,
    ) -> Vec<Conflict> {
        self.drop_unknown_versions(kind);
        let changed = compared.modified.union(&compared.added);
        let mut conflicts = Vec::new();
        for (manager, owned) in self.0.iter().filter(|(manager, _)| Some(*manager) != applier) {
            let paths = owned.fields.intersection(&changed).paths();
            conflicts.extend(paths.into_iter().map(|path| Conflict { manager: manager.clone(), path }));
        }
        if !force && !conflicts.is_empty() {
            return conflicts;
        }
        for (_, owned) in self.0.iter_mut().filter(|(manager, _)| Some(*manager) != applier) {
            owned.fields = owned.fields.difference(&changed).difference(&compared.removed);
        }
        self.0.retain(|_, owned| !owned.fields.is_empty());
        Vec::new()
    }
}
