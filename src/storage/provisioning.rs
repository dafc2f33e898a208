//! The provisioner of podlab's disks: makes a `PersistentVolume` for a claim whose class names it, and destroys it afterwards.
//!
//! Models `sigs.k8s.io/sig-storage-lib-external-provisioner/controller/controller.go`. Binding is the business of the
//! persistent volume controller.

use std::collections::BTreeMap;

use crate::client::{
    Body, Caches, Call, Controller, Ctx, Delta, Enqueue, EventType, Outcome, Plan, Reason, Recorder, Verb, Verdict,
    reference,
};
use crate::model::core::{
    CSIPersistentVolumeSource, Node, NodeSelector, NodeSelectorRequirement, NodeSelectorTerm, PersistentVolume,
    PersistentVolumeClaim, PersistentVolumeSpec, VolumeNodeAffinity,
};
use crate::model::storage::StorageClass;
use crate::model::{Kind, Meta, Object, ObjectKey};

use super::driver;

/// Source: `pkg/controller/volume/persistentvolume/volume_helpers.go` and the external provisioner.
const SELECTED_NODE: &str = "volume.kubernetes.io/selected-node";
const PROVISIONED_BY: &str = "pv.kubernetes.io/provisioned-by";
const DEFAULT_CLASS: &str = "storageclass.kubernetes.io/is-default-class";
const ZONE: &str = "topology.kubernetes.io/zone";

/// The external provisioner of `podlab.dev/disk`.
#[derive(Clone, Debug, Default)]
pub struct Provisioning;

impl Controller for Provisioning {
    fn name(&self) -> &'static str {
        driver::NAME
    }

    fn account(&self) -> &'static str {
        "podlab-disk"
    }

    fn watches(&self) -> &'static [Kind] {
        &[Kind::PersistentVolumeClaim, Kind::PersistentVolume, Kind::StorageClass, Kind::Node]
    }

    fn on_change(&mut self, delta: &Delta, caches: &Caches, enqueue: &mut Enqueue) {
        match delta.object() {
            Object::PersistentVolumeClaim(_) | Object::PersistentVolume(_) => enqueue.add(delta.object().key()),
            // Claims may have waited for their class.
            Object::StorageClass(_) => {
                let waits = caches.all::<PersistentVolumeClaim>().filter(|claim| !is_bound(claim));
                waits.for_each(|claim| enqueue.add(Object::from((**claim).clone()).key()));
            }
            _ => {}
        }
    }

    fn reconcile(&mut self, key: &ObjectKey, caches: &Caches, recorder: &mut Recorder, ctx: &mut Ctx<'_>) -> Plan {
        match key.kind {
            Kind::PersistentVolumeClaim => provision(key, caches, recorder, ctx),
            _ => destroy(key, caches, ctx),
        }
    }

    fn on_outcome(
        &mut self,
        key: &ObjectKey,
        call: &Call,
        outcome: &Outcome,
        recorder: &mut Recorder,
        ctx: &mut Ctx<'_>,
    ) -> Verdict {
        match outcome {
            Ok(_) if call.request.verb == Verb::Create => {
                if let Body::Object(Object::PersistentVolume(volume)) = &call.request.body
                    && let Some(claim) = volume.spec.as_ref().and_then(|spec| spec.claim_ref.clone())
                {
                    let message = format!("Successfully provisioned volume {}", volume.metadata.name());
                    recorder.event_about(ctx, claim, EventType::Normal, "ProvisioningSucceeded", message);
                }
                Verdict::Continue
            }
            Ok(_) => Verdict::Continue,
            Err(status) if status.is(Reason::AlreadyExists) || status.is(Reason::NotFound) => Verdict::Drop,
            Err(status) => {
                ctx.record("provisioning failed", key.path(), status.message.as_str());
                Verdict::Retry
            }
        }
    }

    fn clone_box(&self) -> Box<dyn Controller> {
        Box::new(self.clone())
    }
}

fn is_bound(claim: &PersistentVolumeClaim) -> bool {
    claim.spec.as_ref().and_then(|spec| spec.volume_name.as_deref()).is_some_and(|name| !name.is_empty())
}

/// The class of a claim, if it is one of ours.
fn class_of<'a>(claim: &PersistentVolumeClaim, caches: &'a Caches) -> Option<&'a StorageClass> {
    let named = claim.spec.as_ref()?.storage_class_name.as_deref();
    let is_default = |class: &&std::sync::Arc<StorageClass>| class.metadata.annotation(DEFAULT_CLASS) == Some("true");
    let class = match named {
        Some(name) => caches.get::<StorageClass>("", name)?,
        // The API fills the default class in; a claim that was made before there was one gets it here.
        None => caches.all::<StorageClass>().find(is_default)?,
    };
    (class.provisioner == driver::NAME).then_some(&**class)
}

fn provision(key: &ObjectKey, caches: &Caches, recorder: &mut Recorder, ctx: &mut Ctx<'_>) -> Plan {
    let Some(claim) = caches.get::<PersistentVolumeClaim>(&key.namespace, &key.name) else { return Plan::none() };
    let Some(class) = class_of(claim, caches) else { return Plan::none() };
    if is_bound(claim) || claim.metadata.deletion_timestamp.is_some() {
        return Plan::none();
    }
    let waits = class.volume_binding_mode.as_deref() == Some("WaitForFirstConsumer");
    let node = claim.metadata.annotation(SELECTED_NODE).filter(|node| !node.is_empty());
    if waits && node.is_none() {
        return Plan::none();
    }
    let object = Object::from((**claim).clone());
    let volume = volume_for(claim, class, node, caches, &object);
    if caches.get::<PersistentVolume>("", volume.metadata.name()).is_some() {
        return Plan::none();
    }
    let message = format!("External provisioner is provisioning volume for claim \"{}\"", key.namespaced_name());
    recorder.event(ctx, &object, EventType::Normal, "Provisioning", message);
    ctx.record("provision", key.path(), format!("a disk of class {}", class.metadata.name()));
    Plan::call(ctx.request_with(Verb::Create, volume))
}

fn volume_for(
    claim: &PersistentVolumeClaim,
    class: &StorageClass,
    node: Option<&str>,
    caches: &Caches,
    object: &Object,
) -> PersistentVolume {
    let name = format!("pvc-{}", claim.metadata.uid());
    let spec = claim.spec.clone().unwrap_or_default();
    let capacity = spec.resources.and_then(|resources| resources.requests).unwrap_or_default();
    let mut claim_ref = reference(object);
    claim_ref.field_path = None;
    let zone = node.and_then(|node| caches.get::<Node>("", node)?.metadata.label(ZONE).map(str::to_owned));
    let mut volume = PersistentVolume::default();
    volume.metadata.name = Some(name.clone());
    volume.metadata.annotations = Some(BTreeMap::from([(PROVISIONED_BY.to_owned(), driver::NAME.to_owned())]));
    volume.spec = Some(PersistentVolumeSpec {
        access_modes: spec.access_modes,
        capacity: Some(capacity.into_iter().filter(|(name, _)| name == "storage").collect()),
        claim_ref: Some(claim_ref),
        csi: Some(CSIPersistentVolumeSource {
            driver: driver::NAME.to_owned(),
            volume_handle: name,
            fs_type: Some("ext4".to_owned()),
            ..CSIPersistentVolumeSource::default()
        }),
        mount_options: class.mount_options.clone(),
        node_affinity: zone.map(in_zone),
        persistent_volume_reclaim_policy: Some(class.reclaim_policy.clone().unwrap_or_else(|| "Delete".to_owned())),
        storage_class_name: class.metadata.name.clone(),
        volume_mode: spec.volume_mode,
        ..PersistentVolumeSpec::default()
    });
    volume
}

/// A disk lies in one zone.
fn in_zone(zone: String) -> VolumeNodeAffinity {
    let requirement =
        NodeSelectorRequirement { key: ZONE.to_owned(), operator: "In".to_owned(), values: Some(vec![zone]) };
    let term = NodeSelectorTerm { match_expressions: Some(vec![requirement]), match_fields: None };
    VolumeNodeAffinity { required: Some(NodeSelector { node_selector_terms: vec![term] }) }
}

/// A disk of ours whose claim is gone is destroyed, if its policy says so.
fn destroy(key: &ObjectKey, caches: &Caches, ctx: &mut Ctx<'_>) -> Plan {
    let Some(volume) = caches.get::<PersistentVolume>("", &key.name) else { return Plan::none() };
    let phase = volume.status.as_ref().and_then(|status| status.phase.as_deref());
    let policy = volume.spec.as_ref().and_then(|spec| spec.persistent_volume_reclaim_policy.as_deref());
    let is_ours = volume.metadata.annotation(PROVISIONED_BY) == Some(driver::NAME);
    let is_going = volume.metadata.deletion_timestamp.is_some();
    if phase != Some("Released") || policy != Some("Delete") || !is_ours || is_going {
        return Plan::none();
    }
    ctx.record("destroy disk", key.path(), "its claim is gone and its policy is Delete");
    Plan::call(ctx.deletion(Kind::PersistentVolume, &volume.metadata))
}
