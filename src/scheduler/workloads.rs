//! Services and controllers as the scheduler sees them: which Pods belong together, for spreading those that say nothing of
//! spreading.
//!
//! Models `pkg/scheduler/framework/plugins/helper/spread.go`, `DefaultSelector`.

use std::collections::BTreeMap;
use std::sync::Arc;

use crate::model::apps::{ReplicaSet, StatefulSet};
use crate::model::core::{ReplicationController, Service};
use crate::model::selector::{Labels, Operator, Requirement};
use crate::model::{Kind, Meta, Object, Pod, Selector};

type Name = (Arc<str>, Arc<str>);

/// Selectors by the object that has them.
#[derive(Clone, Debug, Default)]
pub struct Workloads {
    services: BTreeMap<Name, Labels>,
    owners: BTreeMap<(Kind, Name), Selector>,
    /// Raised when anything changes.
    pub epoch: u64,
}

impl Workloads {
    /// Takes in a new or changed Service, ReplicationController, ReplicaSet or StatefulSet; of others it knows nothing.
    pub fn set(&mut self, object: &Object) {
        let name: Name = (object.namespace().into(), object.name().into());
        let is_new = match object {
            Object::Service(service) => {
                let selector = service_selector(service).cloned().unwrap_or_default();
                self.services.insert(name, selector.clone()).as_ref() != Some(&selector)
            }
            _ => match owner_selector(object) {
                Some(selector) => {
                    self.owners.insert((object.kind(), name), selector.clone()).as_ref() != Some(&selector)
                }
                None => false,
            },
        };
        self.epoch += u64::from(is_new);
    }

    /// One of them is gone.
    pub fn remove(&mut self, object: &Object) {
        let name: Name = (object.namespace().into(), object.name().into());
        match object.kind() {
            Kind::Service => drop(self.services.remove(&name)),
            kind => drop(self.owners.remove(&(kind, name))),
        }
        self.epoch += 1;
    }

    /// Which Pods belong together with this one, by the Services that mean it and by its owner; selects everything when
    /// there are none.
    #[must_use]
    pub fn selector_of(&self, pod: &Pod) -> Selector {
        let namespace: Arc<str> = pod.metadata.namespace().into();
        let labels = pod.metadata.label_map();
        let mut merged = Labels::new();
        let from = (Arc::clone(&namespace), Arc::from(""));
        let services = self.services.range(from..).take_while(|((one, _), _)| *one == namespace);
        for (_, selector) in services {
            let means = !selector.is_empty() && selector.iter().all(|(key, value)| labels.get(key) == Some(value));
            if means {
                merged.extend(selector.iter().map(|(key, value)| (key.clone(), value.clone())));
            }
        }
        let mut requirements: Vec<Requirement> = merged.iter().filter_map(|(key, value)| equals(key, value)).collect();
        let owner = pod.metadata.controller().and_then(|owner| {
            let kind = match (&*owner.api_version, &*owner.kind) {
                ("v1", "ReplicationController") => Kind::ReplicationController,
                ("apps/v1", "ReplicaSet") => Kind::ReplicaSet,
                ("apps/v1", "StatefulSet") => Kind::StatefulSet,
                _ => return None,
            };
            self.owners.get(&(kind, (namespace, owner.name.as_str().into())))
        });
        requirements.extend(owner.into_iter().flat_map(|selector| selector.requirements().iter().cloned()));
        Selector::of(requirements)
    }
}

fn equals(key: &str, value: &str) -> Option<Requirement> {
    Requirement::new(key, Operator::Equals, vec![value.to_owned()]).ok()
}

fn service_selector(service: &Service) -> Option<&Labels> {
    service.spec.as_ref()?.selector.as_ref()
}

fn owner_selector(object: &Object) -> Option<Selector> {
    if let Some(owner) = object.get::<ReplicationController>() {
        return Some(Selector::from_labels(owner.spec.as_ref()?.selector.as_ref()?));
    }
    let typed = if let Some(owner) = object.get::<ReplicaSet>() {
        &owner.spec.as_ref()?.selector
    } else {
        &object.get::<StatefulSet>()?.spec.as_ref()?.selector
    };
    Selector::from_typed(Some(typed)).ok()
}
