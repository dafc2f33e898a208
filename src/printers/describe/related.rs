//! What a description needs to know besides the object itself.

use std::sync::Arc;

use crate::engine::SimTime;
use crate::model::core::{Event, PersistentVolumeClaim};
use crate::model::metav1::ObjectMeta;
use crate::model::selector::Selector;
use crate::model::{Kind, Meta, Object, Pod, Resource};

/// The surroundings of a described object. More objects than needed do no harm: each description picks its own.
#[derive(Clone, Debug)]
pub struct Related<'o> {
    /// The present instant.
    pub now: SimTime,
    /// What [`needs`] asked for, or a whole cluster.
    pub objects: &'o [Object],
    /// Whether Events are told at all (`--show-events`).
    pub with_events: bool,
}

/// A list, or a single object, that a description needs.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Need {
    /// Of which kind.
    pub kind: Kind,
    /// In which namespace; empty for all.
    pub namespace: String,
    /// Only this object; empty for a list.
    pub name: String,
    /// Only with these labels; empty for all.
    pub labels: String,
    /// Only with these fields; empty for all.
    pub fields: String,
}

impl<'o> Related<'o> {
    /// All objects of one kind, in the order given.
    pub fn of<R: Resource>(&self) -> impl Iterator<Item = &'o Arc<R>> + use<'o, R> {
        self.objects.iter().filter_map(R::of)
    }

    /// The events about `object`, oldest first.
    #[must_use]
    pub fn events_of(&self, object: &Object) -> Vec<&'o Arc<Event>> {
        let mut events: Vec<_> = self.of::<Event>().filter(|event| is_about(event, object)).collect();
        events.sort_by_key(|event| event.last_timestamp.as_ref().map(|at| at.0));
        events
    }

    /// The Pods that `owner` manages.
    pub(super) fn pods_of(&self, owner: &ObjectMeta) -> impl Iterator<Item = &'o Arc<Pod>> + use<'o> {
        let uid = owner.uid().to_owned();
        self.of::<Pod>().filter(move |pod| pod.metadata.controller().is_some_and(|owner| owner.uid == uid))
    }

    /// The Pods that use `claim`, by name.
    pub(super) fn users_of(&self, claim: &PersistentVolumeClaim) -> Vec<&'o Arc<Pod>> {
        let name = claim.metadata.name();
        let uses = |pod: &&Arc<Pod>| {
            let mut volumes = pod.spec.volumes.iter().flatten();
            let mounted = volumes
                .any(|volume| volume.persistent_volume_claim.as_ref().is_some_and(|source| source.claim_name == name));
            mounted || claim.metadata.owners().iter().any(|owner| owner.uid == pod.metadata.uid())
        };
        let near = |pod: &&Arc<Pod>| pod.metadata.namespace() == claim.metadata.namespace();
        let mut pods: Vec<_> = self.of::<Pod>().filter(near).filter(uses).collect();
        pods.sort_by(|one, other| one.metadata.name().cmp(other.metadata.name()));
        pods
    }
}

fn is_about(event: &Event, object: &Object) -> bool {
    let about = &event.involved_object;
    let uid = about.uid.as_deref().unwrap_or_default();
    // The kubelet reports about its node under the node's name, not its UID.
    let same_uid = uid.is_empty() || uid == object.meta().uid() || object.kind() == Kind::Node && uid == object.name();
    about.kind.as_deref() == Some(object.kind().name())
        && about.name.as_deref().unwrap_or_default() == object.name()
        && about.namespace.as_deref().unwrap_or_default() == object.namespace()
        && same_uid
}

/// What [`describe`](super::describe) wants to know besides `object`.
#[must_use]
pub fn needs(object: &Object) -> Vec<Need> {
    let namespace = object.namespace().to_owned();
    let list = |kind, namespace: &str, labels: String, fields: String| Need {
        kind,
        namespace: namespace.to_owned(),
        name: String::new(),
        labels,
        fields,
    };
    let matching = |selector: Option<&_>| Selector::from_typed(selector).map(|found| found.to_string());
    let mut needs = match object {
        Object::Namespace(_) => vec![
            list(Kind::ResourceQuota, object.name(), String::new(), String::new()),
            list(Kind::LimitRange, object.name(), String::new(), String::new()),
        ],
        Object::Node(_) => {
            let name = object.name().to_owned();
            let running = format!("spec.nodeName={name},status.phase!=Failed,status.phase!=Succeeded");
            let lease = Need { name, ..list(Kind::Lease, NODE_LEASES, String::new(), String::new()) };
            vec![list(Kind::Pod, "", String::new(), running), lease]
        }
        Object::ReplicaSet(set) => {
            let labels = matching(set.spec.as_ref().map(|spec| &spec.selector)).unwrap_or_default();
            vec![list(Kind::Pod, &namespace, labels, String::new())]
        }
        Object::Deployment(deployment) => {
            let labels = matching(deployment.spec.as_ref().map(|spec| &spec.selector)).unwrap_or_default();
            vec![list(Kind::ReplicaSet, &namespace, labels, String::new())]
        }
        Object::Service(_) => {
            let labels = format!("{SERVICE_NAME}={}", object.name());
            vec![list(Kind::EndpointSlice, &namespace, labels, String::new())]
        }
        Object::StatefulSet(set) => {
            let labels = matching(set.spec.as_ref().map(|spec| &spec.selector)).unwrap_or_default();
            vec![list(Kind::Pod, &namespace, labels, String::new())]
        }
        Object::DaemonSet(set) => {
            let labels = matching(set.spec.as_ref().map(|spec| &spec.selector)).unwrap_or_default();
            vec![list(Kind::Pod, &namespace, labels, String::new())]
        }
        Object::ReplicationController(controller) => {
            let labels = controller.spec.as_ref().and_then(|spec| spec.selector.clone()).unwrap_or_default();
            vec![list(Kind::Pod, &namespace, Selector::from_labels(&labels).to_string(), String::new())]
        }
        Object::Ingress(_) => vec![
            list(Kind::Service, &namespace, String::new(), String::new()),
            list(Kind::EndpointSlice, &namespace, String::new(), String::new()),
        ],
        Object::PersistentVolumeClaim(_) => vec![list(Kind::Pod, &namespace, String::new(), String::new())],
        _ => Vec::new(),
    };
    if super::has_events(object.kind()) {
        let (kind, name) = (object.kind().name(), object.name());
        let fields = format!("involvedObject.kind={kind},involvedObject.name={name}");
        needs.push(list(Kind::Event, &namespace, String::new(), fields));
    }
    needs
}

/// Where the leases of nodes live.
pub(super) const NODE_LEASES: &str = "kube-node-lease";

/// The label that joins a slice to its Service.
pub(super) const SERVICE_NAME: &str = "kubernetes.io/service-name";
