//! The attach/detach controller: brings disks to the nodes whose Pods need them, and takes them away again.
//!
//! Models `pkg/controller/volume/attachdetach`. **Not modelled:** `VolumeAttachment` objects; what is attached is told by
//! `node.status.volumesAttached` alone.

use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;

use serde_json::json;

use crate::client::{
    Body, Caches, Call, Controller, Ctx, Delta, Enqueue, EventType, Outcome, PatchType, Plan, Recorder, Subresource,
    Verb, Verdict,
};
use crate::engine::{SimDuration, SimTime};
use crate::model::core::{AttachedVolume, Node, PersistentVolume, PersistentVolumeClaim};
use crate::model::{Kind, Meta, Object, ObjectKey, Pod};

use super::driver;

/// A disk of a node that does not answer is taken away by force after so long. Source: `attach_detach_controller.go`,
/// `ReconcilerMaxWaitForUnmountDuration`.
const FORCE_AFTER: SimDuration = SimDuration::from_secs(360);
/// A disk that somebody else has is asked for again after so long.
const BUSY_RETRY: SimDuration = SimDuration::from_secs(1);
/// Makes a node's disks free at once. Source: `pkg/apis/core/taints.go`.
const OUT_OF_SERVICE: &str = "node.kubernetes.io/out-of-service";

/// The controller.
#[derive(Clone, Debug, Default)]
pub struct AttachDetach {
    /// Since when a disk has not been needed on a node that still uses it.
    unneeded_since: BTreeMap<(Arc<str>, String), SimTime>,
    /// Pods that were told that somebody else has their disk.
    told: BTreeSet<(String, String)>,
}

/// One disk that a Pod needs.
struct Need<'a> {
    pod: &'a Arc<Pod>,
    volume: &'a Arc<PersistentVolume>,
    device: String,
}

impl Controller for AttachDetach {
    fn name(&self) -> &'static str {
        "attachdetach-controller"
    }

    fn watches(&self) -> &'static [Kind] {
        &[Kind::Pod, Kind::Node, Kind::PersistentVolumeClaim, Kind::PersistentVolume]
    }

    fn on_change(&mut self, delta: &Delta, caches: &Caches, enqueue: &mut Enqueue) {
        match delta.object() {
            Object::Pod(pod) => {
                let has_claims = pod
                    .spec
                    .volumes
                    .iter()
                    .flatten()
                    .any(|volume| volume.persistent_volume_claim.is_some() || volume.ephemeral.is_some());
                if has_claims && !pod.node_name().is_empty() {
                    enqueue.add(ObjectKey::new(Kind::Node, "", pod.node_name()));
                }
            }
            // A disk that became free may be what another node waits for.
            Object::Node(node) => {
                let attached = |node: &Node| node.status.as_ref().and_then(|status| status.volumes_attached.clone());
                let old = delta.old.as_ref().and_then(|old| old.get::<Node>()).and_then(|old| attached(old));
                if old != attached(node) {
                    caches
                        .all::<Node>()
                        .for_each(|node| enqueue.add(ObjectKey::new(Kind::Node, "", node.metadata.name())));
                } else if old.is_some() {
                    enqueue.add(delta.object().key());
                }
            }
            _ => caches.all::<Pod>().filter(|pod| !pod.node_name().is_empty()).for_each(|pod| {
                if pod.spec.volumes.iter().flatten().any(|volume| volume.persistent_volume_claim.is_some()) {
                    enqueue.add(ObjectKey::new(Kind::Node, "", pod.node_name()));
                }
            }),
        }
    }

    fn reconcile(&mut self, key: &ObjectKey, caches: &Caches, recorder: &mut Recorder, ctx: &mut Ctx<'_>) -> Plan {
        let Some(node) = caches.get::<Node>("", &key.name) else { return Plan::none() };
        let needs = needs_of(&key.name, caches);
        let status = node.status.clone().unwrap_or_default();
        let attached: Vec<AttachedVolume> = status.volumes_attached.unwrap_or_default();
        let in_use = status.volumes_in_use.unwrap_or_default();
        let (mut next, mut retry) = (attached.clone(), None);
        let force =
            node.spec.as_ref().is_some_and(|spec| spec.taints.iter().flatten().any(|it| it.key == OUT_OF_SERVICE));
        next.retain(|volume| {
            let is_needed = needs.iter().any(|need| need.device == volume.name);
            let id = (Arc::clone(&key.name), volume.name.clone());
            if is_needed {
                self.unneeded_since.remove(&id);
                return true;
            }
            let since = *self.unneeded_since.entry(id.clone()).or_insert(ctx.now);
            let is_used = in_use.contains(&volume.name) && !force && ctx.now.since(since) < FORCE_AFTER;
            if is_used {
                retry = Some((since + FORCE_AFTER).since(ctx.now));
            } else {
                self.unneeded_since.remove(&id);
                ctx.record("detach disk", key.path(), volume.name.as_str());
            }
            is_used
        });
        for need in &needs {
            if next.iter().any(|volume| volume.name == need.device) {
                continue;
            }
            match self.holder(need, &key.name, caches) {
                Some(holder) => {
                    self.tell_busy(need, &holder, caches, recorder, ctx);
                    retry = Some(retry.map_or(BUSY_RETRY * 30, |earlier: SimDuration| earlier.min(BUSY_RETRY * 30)));
                }
                None => {
                    ctx.record("attach disk", key.path(), need.device.as_str());
                    next.push(AttachedVolume { name: need.device.clone(), device_path: String::new() });
                }
            }
        }
        if next == attached {
            return retry.map_or_else(Plan::none, Plan::after);
        }
        let patch = json!({"status": {"volumesAttached": next}});
        let request = ctx.request(Verb::Patch, Kind::Node, "").named(Arc::clone(&key.name)).part(Subresource::Status);
        let mut plan = Plan::call(request.body(Body::Patch(PatchType::Merge, patch)));
        for need in needs.iter().filter(|need| next.iter().any(|it| it.name == need.device)) {
            if !attached.iter().any(|volume| volume.name == need.device) {
                let message = format!("AttachVolume.Attach succeeded for volume \"{}\" ", need.volume.metadata.name());
                let pod = Object::Pod(Arc::clone(need.pod));
                recorder.event(ctx, &pod, EventType::Normal, "SuccessfulAttachVolume", message);
                self.told.remove(&(need.pod.metadata.uid().to_owned(), need.device.clone()));
            }
        }
        plan.requeue_after = retry;
        plan
    }

    fn on_outcome(&mut self, _: &ObjectKey, _: &Call, outcome: &Outcome, _: &mut Recorder, _: &mut Ctx<'_>) -> Verdict {
        if outcome.is_ok() { Verdict::Continue } else { Verdict::Retry }
    }

    fn clone_box(&self) -> Box<dyn Controller> {
        Box::new(self.clone())
    }
}

/// The disks that the Pods of a node need.
fn needs_of<'a>(node: &'a str, caches: &'a Caches) -> Vec<Need<'a>> {
    let mut needs: Vec<Need<'a>> = Vec::new();
    for pod in caches.pods_on(node).filter(|pod| !pod.is_terminal()) {
        for volume in pod.spec.volumes.as_deref().unwrap_or_default() {
            let own = format!("{}-{}", pod.metadata.name(), volume.name);
            let claim = match (&volume.persistent_volume_claim, &volume.ephemeral) {
                (Some(source), _) => source.claim_name.as_str(),
                (None, Some(_)) => own.as_str(),
                (None, None) => continue,
            };
            let claim = caches.get::<PersistentVolumeClaim>(pod.metadata.namespace(), claim);
            let bound = claim.and_then(|claim| claim.spec.as_ref()?.volume_name.as_deref());
            let Some(volume) = bound.and_then(|name| caches.get::<PersistentVolume>("", name)) else { continue };
            let csi = volume.spec.as_ref().and_then(|spec| spec.csi.as_ref());
            if let Some(csi) = csi.filter(|csi| csi.driver == driver::NAME) {
                needs.push(Need { pod, volume, device: driver::device_name(&csi.volume_handle) });
            }
        }
    }
    needs
}

impl AttachDetach {
    /// The other node that has a disk which only one may have.
    fn holder(&self, need: &Need<'_>, node: &str, caches: &Caches) -> Option<String> {
        let modes = need.volume.spec.as_ref().and_then(|spec| spec.access_modes.clone()).unwrap_or_default();
        if modes.iter().any(|mode| matches!(mode.as_str(), "ReadWriteMany" | "ReadOnlyMany")) {
            return None;
        }
        let has = |other: &&Arc<Node>| {
            let attached = other.status.as_ref().and_then(|status| status.volumes_attached.as_deref());
            other.metadata.name() != node && attached.unwrap_or_default().iter().any(|it| it.name == need.device)
        };
        caches.all::<Node>().find(has).map(|other| other.metadata.name().to_owned())
    }

    /// Tells a Pod, once, that somebody else has its disk.
    fn tell_busy(
        &mut self,
        need: &Need<'_>,
        holder: &str,
        caches: &Caches,
        recorder: &mut Recorder,
        ctx: &mut Ctx<'_>,
    ) {
        if !self.told.insert((need.pod.metadata.uid().to_owned(), need.device.clone())) {
            return;
        }
        let others = needs_of(holder, caches);
        let others: Vec<_> = others.iter().filter(|other| other.device == need.device).map(|other| other.pod).collect();
        let namespace = need.pod.metadata.namespace();
        let (near, far): (Vec<_>, Vec<_>) = others.into_iter().partition(|pod| pod.metadata.namespace() == namespace);
        let names = near.iter().map(|pod| pod.metadata.name()).collect::<Vec<_>>().join(", ");
        let why = match (near.len(), far.len()) {
            (0, 0) => "Volume is already exclusively attached to one node and can't be attached to another".to_owned(),
            (0, far) => format!("Volume is already used by {far} pod(s) in different namespaces"),
            (_, 0) => format!("Volume is already used by pod(s) {names}"),
            (_, far) => format!("Volume is already used by pod(s) {names} and {far} pod(s) in different namespaces"),
        };
        let message = format!("Multi-Attach error for volume \"{}\" {why}", need.volume.metadata.name());
        ctx.record("disk is busy", format!("nodes/{holder}"), message.as_str());
        let pod = Object::Pod(Arc::clone(need.pod));
        recorder.event(ctx, &pod, EventType::Warning, "FailedAttachVolume", message);
    }
}
