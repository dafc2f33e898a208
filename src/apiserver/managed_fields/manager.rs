//! The managers of an object's fields, and `metadata.managedFields`, in which they are written down.
//!
//! Source: `managedfields/internal/managedfields.go`, `capmanagers.go`.

use std::collections::BTreeMap;

use crate::model::fields::FieldSet;
use crate::model::metav1::{FieldsV1, ManagedFieldsEntry, ObjectMeta, Time};
use crate::model::{Kind, time};

/// So many managers of updates are told apart; the oldest of more become one. Source: `DefaultMaxUpdateManagers`.
const UPDATERS_MAX: usize = 10;
const ANCIENT: &str = "ancient-changes";

/// How a manager came by its fields.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(in crate::apiserver) enum Operation {
    /// It applied them.
    Apply,
    /// It created, updated or patched them.
    Update,
}

impl Operation {
    fn as_str(self) -> &'static str {
        match self {
            Self::Apply => "Apply",
            Self::Update => "Update",
        }
    }
}

/// A manager, and how it manages.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(in crate::apiserver) struct Manager {
    pub(super) name: String,
    pub(super) operation: Operation,
    /// The version through which it updates; empty for those who apply, who are the same in every version.
    pub(super) api_version: String,
    pub(super) subresource: String,
}

/// What a manager manages.
#[derive(Clone, Debug, Default, PartialEq)]
pub(super) struct Owned {
    pub(super) fields: FieldSet,
    /// The version in which the fields are named.
    pub(super) api_version: String,
    /// Of its last write.
    pub(super) time: Option<Time>,
}

/// The managers of one object.
#[derive(Clone, Debug, Default, PartialEq)]
pub(in crate::apiserver) struct Managers(pub(super) BTreeMap<Manager, Owned>);

/// What a request says of managed fields.
#[derive(Clone, Debug, PartialEq)]
pub(in crate::apiserver) enum Given {
    /// Nothing, or nothing that can be read: they stay as they are.
    Nothing,
    /// They are to be forgotten.
    Reset,
    /// They are to be these.
    These(Managers),
}

impl Given {
    /// Takes what an object says of managed fields out of it.
    pub(in crate::apiserver) fn take(meta: &mut ObjectMeta) -> Self {
        let Some(entries) = meta.managed_fields.take() else { return Self::Nothing };
        // An empty list, or a list with an empty entry.
        if entries.is_empty() || entries == [ManagedFieldsEntry::default()] {
            return Self::Reset;
        }
        Managers::decode(&entries).map_or(Self::Nothing, Self::These)
    }
}

impl Managers {
    /// Whether nobody manages anything.
    pub(in crate::apiserver) fn is_empty(&self) -> bool {
        self.0.is_empty()
    }

    /// Reads `metadata.managedFields`.
    ///
    /// # Errors
    /// In upstream's words.
    pub(in crate::apiserver) fn decode(entries: &[ManagedFieldsEntry]) -> Result<Self, String> {
        let mut managers = Self::default();
        for (index, entry) in entries.iter().enumerate() {
            let text = |field: &Option<String>| field.clone().unwrap_or_default();
            let operation = match entry.operation.as_deref() {
                Some("Apply") => Operation::Apply,
                Some("Update") => Operation::Update,
                _ => return Err("operation must be `Apply` or `Update`".into()),
            };
            let api_version = text(&entry.api_version);
            if api_version.is_empty() {
                return Err("apiVersion must not be empty".into());
            }
            match entry.fields_type.as_deref().unwrap_or_default() {
                "FieldsV1" => {}
                "" => return Err(format!("missing fieldsType in managed fields entry {index}")),
                other => return Err(format!("invalid fieldsType {other:?} in managed fields entry {index}")),
            }
            let fields =
                entry.fields_v1.as_ref().map_or_else(|| Ok(FieldSet::default()), |set| FieldSet::from_value(&set.0))?;
            let manager = Manager {
                name: text(&entry.manager),
                operation,
                api_version: if operation == Operation::Apply { String::new() } else { api_version.clone() },
                subresource: text(&entry.subresource),
            };
            managers.0.insert(manager, Owned { fields, api_version, time: entry.time.clone() });
        }
        Ok(managers)
    }

    /// Writes `metadata.managedFields`: those who apply first, then by time and name.
    pub(in crate::apiserver) fn encode(&self) -> Vec<ManagedFieldsEntry> {
        let filled = |text: &str| (!text.is_empty()).then(|| text.to_owned());
        let entry = |(manager, owned): (&Manager, &Owned)| ManagedFieldsEntry {
            api_version: Some(owned.api_version.clone()),
            fields_type: Some("FieldsV1".into()),
            fields_v1: Some(FieldsV1(owned.fields.to_value())),
            manager: filled(&manager.name),
            operation: Some(manager.operation.as_str().into()),
            subresource: filled(&manager.subresource),
            time: owned.time.clone(),
        };
        let mut entries: Vec<_> = self.0.iter().map(entry).collect();
        let seconds = |entry: &ManagedFieldsEntry| entry.time.as_ref().map_or(0, |time| time.0.as_second());
        entries.sort_by(|one, other| {
            let key = |entry: &ManagedFieldsEntry| (entry.operation.clone(), seconds(entry), entry.manager.clone());
            let rest = |entry: &ManagedFieldsEntry| (entry.api_version.clone(), entry.subresource.clone());
            key(one).cmp(&key(other)).then_with(|| rest(one).cmp(&rest(other)))
        });
        entries
    }

    /// Whether both say the same, whenever it was written.
    pub(in crate::apiserver) fn same_but_times(&self, other: &Self) -> bool {
        let bare = |one: &Self| -> Vec<_> {
            one.0
                .iter()
                .map(|(manager, owned)| (manager.clone(), owned.fields.clone(), owned.api_version.clone()))
                .collect()
        };
        bare(self) == bare(other)
    }

    /// Forgets managers that speak of the object in a version in which it is not served.
    pub(super) fn drop_unknown_versions(&mut self, kind: Kind) {
        // All versions of a custom kind name their fields alike, but for a conversion that podlab does not have.
        let is_custom = matches!(kind, Kind::Custom(_));
        self.0.retain(|_, owned| is_custom || kind.info().is(&owned.api_version, kind.name()));
    }

    /// Puts the oldest of too many updates together.
    pub(super) fn cap(&mut self) {
        let age = |owned: &Owned| owned.time.as_ref().map_or(0, |time| time.0.as_second());
        let updaters = self.0.iter().filter(|(manager, _)| manager.operation == Operation::Update);
        let mut updaters: Vec<_> = updaters.map(|(manager, owned)| (age(owned), manager.clone())).collect();
        updaters.sort();
        let mut count = updaters.len();
        let mut first: BTreeMap<String, Manager> = BTreeMap::new();
        for (_, manager) in updaters {
            if count <= UPDATERS_MAX {
                return;
            }
            let Some(owned) = self.0.get(&manager).cloned() else { continue };
            let Some(oldest) = first.get(&owned.api_version) else {
                first.insert(owned.api_version.clone(), manager);
                continue;
            };
            let bucket = Manager {
                name: ANCIENT.into(),
                operation: Operation::Update,
                api_version: owned.api_version.clone(),
                subresource: String::new(),
            };
            if !self.0.contains_key(&bucket)
                && let Some(before) = self.0.remove(oldest)
            {
                self.0.insert(bucket.clone(), before);
            }
            self.0.remove(&manager);
            let both = self.0.entry(bucket).or_default();
            both.fields = both.fields.union(&owned.fields);
            both.time = owned.time;
            count -= 1;
        }
    }
}

/// An instant as an entry carries it.
pub(super) fn stamp(at: crate::engine::SimTime) -> Time {
    time::time(at)
}
