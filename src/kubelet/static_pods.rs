//! Static Pods: from files of the node, with a mirror in the API so that others can see them.
//!
//! Models `pkg/kubelet/config/common.go` and `pkg/kubelet/pod/mirror_client.go`.

use std::collections::BTreeMap;
use std::sync::Arc;

use crate::client::{Body, DeleteOptions, Outcome, Verb};
use crate::engine::SimDuration;
use crate::model::core::Toleration;
use crate::model::metav1::OwnerReference;
use crate::model::{Kind, Meta, Object, Pod, time};

use super::pod_worker::{PodWorker, Source};
use super::shared::{Call, PodNumber, Scope};

/// Annotations of static Pods and their mirrors. Source: `pkg/kubelet/types/constants.go`.
pub const MIRROR: &str = "kubernetes.io/config.mirror";
const HASH: &str = "kubernetes.io/config.hash";
const SEEN: &str = "kubernetes.io/config.seen";
const SOURCE: &str = "kubernetes.io/config.source";

/// A mirror that could not be made is tried again after so long.
const RETRY: SimDuration = SimDuration::from_secs(10);

/// The Pod of a manifest as the kubelet runs it: named after its node, with a hash for a UID.
#[must_use]
pub fn from_file(manifest: &Pod, scope: &Scope<'_, '_>) -> Arc<Pod> {
    let node = scope.node_name();
    let mut pod = manifest.clone();
    let name = pod.metadata.name().to_owned();
    let namespace = Some(pod.metadata.namespace()).filter(|namespace| !namespace.is_empty()).unwrap_or("default");
    let hash = hash(&format!("{node}/{namespace}/{name}/{:?}", pod.spec));
    pod.metadata.namespace = Some(namespace.to_owned());
    pod.metadata.name = Some(format!("{name}-{node}"));
    pod.metadata.uid = Some(hash.clone());
    let annotations = pod.metadata.annotations.get_or_insert_with(BTreeMap::new);
    annotations.insert(HASH.to_owned(), hash);
    annotations.insert(SEEN.to_owned(), time::timestamp(scope.ctx.now).to_string());
    annotations.insert(SOURCE.to_owned(), "file".to_owned());
    pod.set_node_name(&*node);
    let spec = pod.spec_mut();
    spec.tolerations.get_or_insert_with(Vec::new).push(Toleration {
        operator: Some("Exists".to_owned()),
        effect: Some("NoExecute".to_owned()),
        ..Toleration::default()
    });
    Arc::new(pod)
}

/// 32 hexadecimal digits that follow from a text.
fn hash(text: &str) -> String {
    let fold =
        |basis: u64| text.bytes().fold(basis, |hash, byte| (hash ^ u64::from(byte)).wrapping_mul(0x0100_0000_01b3));
    format!("{:016x}{:016x}", fold(0xcbf2_9ce4_8422_2325), fold(0x9e37_79b9_7f4a_7c15))
}

/// Makes the mirror of a static Pod.
pub fn create_mirror(number: PodNumber, pod: &Arc<Pod>, scope: &mut Scope<'_, '_>) {
    let mut mirror = Pod::clone(pod);
    mirror.metadata.uid = None;
    let hash = pod.metadata.annotation(HASH).unwrap_or_default().to_owned();
    mirror.metadata.annotations.get_or_insert_with(BTreeMap::new).insert(MIRROR.to_owned(), hash);
    if let Some(node) = scope.node() {
        mirror.metadata.owner_references = Some(vec![OwnerReference {
            api_version: "v1".to_owned(),
            kind: "Node".to_owned(),
            name: node.metadata.name().to_owned(),
            uid: node.metadata.uid().to_owned(),
            controller: Some(true),
            ..OwnerReference::default()
        }]);
    }
    scope.ctx.record("create mirror", format!("pods/{}/{}", pod.metadata.namespace(), pod.metadata.name()), "");
    let request = scope.ctx.request_with(Verb::Create, Object::Pod(Arc::new(mirror)));
    let ticket = scope.ctx.send(request);
    scope.shared.calls.insert(ticket, Call::Mirror(number));
}

/// Whether a Pod of the API is the mirror of a static one.
#[must_use]
pub fn is_mirror(pod: &Pod) -> bool {
    pod.metadata.annotation(MIRROR).is_some()
}

/// The mirror changed in the API, or is gone: whoever deletes it only makes the kubelet create it anew.
pub fn on_mirror(worker: &mut PodWorker, mirror: Option<Arc<Pod>>, scope: &mut Scope<'_, '_>) {
    let was_there = matches!(worker.source, Source::File { mirror: Some(_), .. });
    let is_gone = mirror.is_none();
    if let Some(mirror) = mirror.as_ref().filter(|mirror| mirror.metadata.deletion_timestamp.is_some()) {
        delete_mirror(mirror, scope);
    }
    worker.source = Source::File { mirror, is_asked: false };
    if is_gone {
        worker.sync(scope);
    } else if !was_there {
        worker.report.is_stale = true;
        worker.send_status(scope);
    }
}

/// The making of the mirror has an outcome.
pub fn on_outcome(worker: &mut PodWorker, outcome: &Outcome, scope: &mut Scope<'_, '_>) {
    if outcome.is_err()
        && let Source::File { mirror: None, .. } = worker.source
    {
        worker.source = Source::File { mirror: None, is_asked: false };
        worker.sync_after(RETRY, scope);
    }
}

/// The file is gone: the Pod is stopped and its mirror taken away.
pub fn remove(worker: &mut PodWorker, scope: &mut Scope<'_, '_>) {
    if let Some(mirror) = worker.api_pod() {
        delete_mirror(&Arc::clone(mirror), scope);
    }
    worker.vanish(scope);
}

/// Takes a mirror out of the API at once.
fn delete_mirror(mirror: &Pod, scope: &mut Scope<'_, '_>) {
    let uid = mirror.metadata.uid().into();
    let options = DeleteOptions { grace_period_seconds: Some(0), uid: Some(uid), ..DeleteOptions::default() };
    let request = scope.ctx.request(Verb::Delete, Kind::Pod, mirror.metadata.namespace());
    scope.ctx.send(request.named(mirror.metadata.name()).body(Body::Delete(options)));
}
