//! # VolumeRestrictions
//! Some volumes bear only one Pod: claims with the access mode ReadWriteOncePod in the whole cluster, disks of old clouds on a
//! node.
//!
//! Models `pkg/scheduler/framework/plugins/volumerestrictions/volume_restrictions.go`.

use crate::model::Kind;
use crate::model::core::{PodSpec, Volume};
use crate::scheduler::framework::{
    ClusterEvent, CycleState, Enqueue, Filter, Hint, Plugin, PreFilter, PreFilterOutcome, Rejection,
};
use crate::scheduler::node_info::NodeInfo;
use crate::scheduler::pod_info::PodInfo;
use crate::scheduler::snapshot::Snapshot;

/// Why a node will not do: another Pod there has the disk.
pub const REASON_DISK: &str = "node(s) had no available disk";
/// Why no node will do: another Pod has the claim.
pub const REASON_CLAIM: &str =
    "node(s) unavailable due to PersistentVolumeClaim with ReadWriteOncePod access mode already in-use by another pod";

/// The plugin.
#[derive(Clone, Copy, Debug)]
pub struct VolumeRestrictions;

/// The claims that bear only one Pod, and how often others use them.
#[derive(Clone)]
struct Restricted {
    claims: Vec<String>,
    in_use: i64,
}

impl Plugin for VolumeRestrictions {
    fn name(&self) -> &'static str {
        "VolumeRestrictions"
    }
    fn as_pre_filter(&self) -> Option<&dyn PreFilter> {
        Some(self)
    }
    fn as_filter(&self) -> Option<&dyn Filter> {
        Some(self)
    }
    fn as_enqueue(&self) -> Option<&dyn Enqueue> {
        Some(self)
    }
}

impl PreFilter for VolumeRestrictions {
    fn pre_filter(&self, state: &mut CycleState, pod: &PodInfo, snapshot: &Snapshot) -> PreFilterOutcome {
        if !pod.demand.has_volumes {
            return PreFilterOutcome::Skip;
        }
        let mut claims = Vec::new();
        for name in claims_of(&pod.pod.spec) {
            let Some(claim) = snapshot.volumes.claim(pod.namespace(), name) else {
                let text = format!("persistentvolumeclaim {name:?} not found");
                return PreFilterOutcome::Reject(Rejection::unresolvable(text));
            };
            let modes = claim.spec.as_ref().and_then(|spec| spec.access_modes.as_ref());
            if modes.is_some_and(|modes| modes.iter().any(|mode| mode == "ReadWriteOncePod")) {
                claims.push(name.to_owned());
            }
        }
        let mut restricted = Restricted { claims, in_use: 0 };
        if !restricted.claims.is_empty() {
            let others = snapshot.nodes().flat_map(|node| &node.pods);
            restricted.in_use = others.map(|other| restricted.shared_with(pod, other)).sum();
        }
        if restricted.in_use == 0 && !pod.pod.spec.volumes.iter().flatten().any(is_exclusive) {
            return PreFilterOutcome::Skip;
        }
        state.write(restricted);
        PreFilterOutcome::Run
    }

    fn add_pod(&self, state: &mut CycleState, pod: &PodInfo, added: &PodInfo, _: &NodeInfo) {
        recount(state, pod, added, 1);
    }

    fn remove_pod(&self, state: &mut CycleState, pod: &PodInfo, removed: &PodInfo, _: &NodeInfo) {
        recount(state, pod, removed, -1);
    }
}

impl Filter for VolumeRestrictions {
    fn filter(&self, state: &CycleState, pod: &PodInfo, node: &NodeInfo) -> Result<(), Rejection> {
        let own = pod.pod.spec.volumes.iter().flatten().filter(|volume| is_exclusive(volume));
        for volume in own {
            let mut held = node.pods.iter().flat_map(|other| other.pod.spec.volumes.iter().flatten());
            if held.any(|other| conflicts(volume, other)) {
                return Err(Rejection::unschedulable(REASON_DISK));
            }
        }
        match state.read::<Restricted>() {
            Some(restricted) if restricted.in_use > 0 => Err(Rejection::unschedulable(REASON_CLAIM)),
            _ => Ok(()),
        }
    }
}

impl Enqueue for VolumeRestrictions {
    fn hint(&self, event: &ClusterEvent, pod: &PodInfo) -> Hint {
        match event {
            ClusterEvent::PodDeleted(gone) => {
                let mut own = pod.pod.spec.volumes.iter().flatten();
                let shares_disk =
                    own.any(|volume| gone.pod.spec.volumes.iter().flatten().any(|other| conflicts(volume, other)));
                let shares_claim = gone.namespace() == pod.namespace()
                    && claims_of(&pod.pod.spec).any(|name| claims_of(&gone.pod.spec).any(|other| other == name));
                (shares_disk || shares_claim).into()
            }
            ClusterEvent::Storage(Kind::PersistentVolumeClaim, claim) => (claim.namespace() == pod.namespace()
                && claims_of(&pod.pod.spec).any(|name| name == claim.name()))
            .into(),
            ClusterEvent::NodeAdded(_) => Hint::Queue,
            _ => Hint::Skip,
        }
    }
}

impl Restricted {
    fn shared_with(&self, pod: &PodInfo, other: &PodInfo) -> i64 {
        if other.namespace() != pod.namespace() || !other.demand.has_volumes {
            return 0;
        }
        claims_of(&other.pod.spec).filter(|name| self.claims.iter().any(|own| own == name)).count() as i64
    }
}

fn recount(state: &mut CycleState, pod: &PodInfo, other: &PodInfo, change: i64) {
    if let Some(mut restricted) = state.read::<Restricted>().cloned() {
        restricted.in_use += change * restricted.shared_with(pod, other);
        state.write(restricted);
    }
}

fn claims_of(spec: &PodSpec) -> impl Iterator<Item = &str> {
    spec.volumes.iter().flatten().filter_map(|volume| Some(&*volume.persistent_volume_claim.as_ref()?.claim_name))
}

fn is_exclusive(volume: &Volume) -> bool {
    volume.gce_persistent_disk.is_some()
        || volume.aws_elastic_block_store.is_some()
        || volume.iscsi.is_some()
        || volume.rbd.is_some()
}

/// Whether both cannot be on one node; most may be shared by those who only read.
fn conflicts(one: &Volume, other: &Volume) -> bool {
    let writes = |a: Option<bool>, b: Option<bool>| a != Some(true) || b != Some(true);
    let gce = one.gce_persistent_disk.as_ref().zip(other.gce_persistent_disk.as_ref());
    let aws = one.aws_elastic_block_store.as_ref().zip(other.aws_elastic_block_store.as_ref());
    let iscsi = one.iscsi.as_ref().zip(other.iscsi.as_ref());
    let rbd = one.rbd.as_ref().zip(other.rbd.as_ref());
    gce.is_some_and(|(a, b)| a.pd_name == b.pd_name && writes(a.read_only, b.read_only))
        || aws.is_some_and(|(a, b)| a.volume_id == b.volume_id)
        || iscsi.is_some_and(|(a, b)| a.iqn == b.iqn && writes(a.read_only, b.read_only))
        || rbd.is_some_and(|(a, b)| {
            let pool = |pool: &Option<String>| pool.clone().unwrap_or_else(|| "rbd".to_owned());
            a.monitors.iter().any(|monitor| b.monitors.contains(monitor))
                && pool(&a.pool) == pool(&b.pool)
                && a.image == b.image
                && writes(a.read_only, b.read_only)
        })
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use crate::model::Kind;
    use crate::scheduler::fixture::{message, node, object, pod, snapshot};

    #[test]
    fn a_claim_for_one_pod_bears_no_second() {
        let mut two = snapshot(
            &[node("node-1", "2", "4Gi"), node("node-2", "2", "4Gi")],
            &[pod("first").claim("data").on("node-1")],
        );
        let claim = json!({"metadata": {"name": "data", "namespace": "default", "annotations": {"pv.kubernetes.io/bind-completed": "yes"}},
            "spec": {"accessModes": ["ReadWriteOncePod"], "volumeName": "pv-1"}, "status": {"phase": "Bound"}});
        two.volumes.set(&object(Kind::PersistentVolumeClaim, claim));
        two.volumes.set(&object(Kind::PersistentVolume, json!({"metadata": {"name": "pv-1"}, "spec": {}})));
        insta::assert_snapshot!(message(&two, &pod("second").claim("data")), @"0/2 nodes are available: 2 node(s) unavailable due to PersistentVolumeClaim with ReadWriteOncePod access mode already in-use by another pod. no new claims to deallocate, preemption: 0/2 nodes are available: 2 No preemption victims found for incoming pod.");
    }

    #[test]
    fn a_disk_is_read_by_many_and_written_by_one() {
        let disk =
            |read_only: bool| json!([{"name": "d", "gcePersistentDisk": {"pdName": "disk-1", "readOnly": read_only}}]);
        let one = snapshot(&[node("node-1", "2", "4Gi")], &[pod("first").spec("volumes", disk(true)).on("node-1")]);
        assert_eq!(message(&one, &pod("reader").spec("volumes", disk(true))), "placed on node-1");
        assert!(
            message(&one, &pod("writer").spec("volumes", disk(false))).contains("1 node(s) had no available disk.")
        );
    }
}
