//! Claims, volumes and storage classes as the scheduler sees them, with the bindings it has assumed but not yet seen.
//!
//! Models `pkg/scheduler/framework/plugins/volumebinding/assume_cache.go`.

use std::collections::BTreeMap;
use std::sync::Arc;

use crate::model::core::{ObjectReference, PersistentVolume, PersistentVolumeClaim};
use crate::model::storage::{CSINode, StorageClass};
use crate::model::{Kind, Meta, Object};

type Name = (Arc<str>, Arc<str>);

/// Everything VolumeBinding looks at.
#[derive(Clone, Debug, Default)]
pub struct Volumes {
    claims: BTreeMap<Name, Arc<PersistentVolumeClaim>>,
    volumes: BTreeMap<Arc<str>, Arc<PersistentVolume>>,
    classes: BTreeMap<Arc<str>, Arc<StorageClass>>,
    /// How many volumes each driver can attach, by node.
    limits: BTreeMap<Arc<str>, Vec<(String, i64)>>,
    /// Volumes that a Pod about to be bound will use, each with the claim that will own it.
    assumed: BTreeMap<Arc<str>, Name>,
}

impl Volumes {
    /// Takes in a new or changed claim, volume or class; anything else is none of its business.
    pub fn set(&mut self, object: &Object) {
        let name: Arc<str> = object.name().into();
        match object {
            Object::PersistentVolumeClaim(claim) => {
                self.claims.insert((object.namespace().into(), name), Arc::clone(claim));
            }
            Object::PersistentVolume(volume) => {
                if claim_of(volume).is_some() {
                    self.assumed.remove(&name);
                }
                self.volumes.insert(name, Arc::clone(volume));
            }
            Object::StorageClass(class) => {
                self.classes.insert(name, Arc::clone(class));
            }
            Object::CSINode(node) => {
                self.limits.insert(name, limits_of(node));
            }
            _ => {}
        }
    }

    /// A claim, volume or class is gone.
    pub fn remove(&mut self, object: &Object) {
        let name: Arc<str> = object.name().into();
        match object.kind() {
            Kind::PersistentVolumeClaim => {
                self.claims.remove(&(object.namespace().into(), name));
            }
            Kind::PersistentVolume => {
                self.volumes.remove(&name);
                self.assumed.remove(&name);
            }
            Kind::StorageClass => {
                self.classes.remove(&name);
            }
            Kind::CSINode => {
                self.limits.remove(&name);
            }
            _ => {}
        }
    }

    /// The claim of that name.
    #[must_use]
    pub fn claim(&self, namespace: &str, name: &str) -> Option<&Arc<PersistentVolumeClaim>> {
        self.claims.get(&(namespace.into(), name.into()))
    }

    /// The volume of that name.
    #[must_use]
    pub fn volume(&self, name: &str) -> Option<&Arc<PersistentVolume>> {
        self.volumes.get(name)
    }

    /// The class of that name.
    #[must_use]
    pub fn class(&self, name: &str) -> Option<&Arc<StorageClass>> {
        self.classes.get(name)
    }

    /// How many volumes the drivers of a node can attach.
    #[must_use]
    pub fn limits(&self, node: &str) -> &[(String, i64)] {
        self.limits.get(node).map_or(&[], Vec::as_slice)
    }

    /// Whether any driver has a limit.
    #[must_use]
    pub fn has_limits(&self) -> bool {
        self.limits.values().any(|limits| !limits.is_empty())
    }

    /// The volumes that a claim may still take, by name: available ones, and any that is reserved for this very claim.
    pub fn open_to<'a>(&'a self, claim: &'a PersistentVolumeClaim) -> impl Iterator<Item = &'a Arc<PersistentVolume>> {
        self.volumes.values().filter(move |volume| {
            let assumed = self.assumed.get(volume.metadata.name());
            let assumed_for_other = assumed.is_some_and(|(namespace, name)| {
                &**namespace != claim.metadata.namespace() || &**name != claim.metadata.name()
            });
            !assumed_for_other && claim_of(volume).is_none_or(|reference| is_for(reference, claim))
        })
    }

    /// A Pod about to be bound will use this volume through this claim.
    pub fn assume(&mut self, volume: &str, claim: &PersistentVolumeClaim) {
        let owner = (claim.metadata.namespace().into(), claim.metadata.name().into());
        self.assumed.insert(volume.into(), owner);
    }

    /// The Pod was not bound after all.
    pub fn release(&mut self, volume: &str) {
        self.assumed.remove(volume);
    }
}

fn limits_of(node: &CSINode) -> Vec<(String, i64)> {
    let counted = |driver: &crate::model::storage::CSINodeDriver| {
        Some((driver.name.clone(), i64::from(driver.allocatable.as_ref()?.count?)))
    };
    node.spec.drivers.iter().filter_map(counted).collect()
}

fn claim_of(volume: &PersistentVolume) -> Option<&ObjectReference> {
    volume.spec.as_ref()?.claim_ref.as_ref()
}

fn is_for(reference: &ObjectReference, claim: &PersistentVolumeClaim) -> bool {
    let same_uid = reference.uid.as_deref().is_none_or(|uid| uid.is_empty() || uid == claim.metadata.uid());
    reference.name.as_deref() == Some(claim.metadata.name())
        && reference.namespace.as_deref() == Some(claim.metadata.namespace())
        && same_uid
}
