//! A state of an object that a note of ownership refers to, kept as cheaply as can be.

use std::sync::Arc;

use crate::model::core::{PodSpec, PodStatus};
use crate::model::metav1::ObjectMeta;
use crate::model::{Object, Pod};

/// A state of an object.
#[derive(Clone, Debug)]
pub(in crate::apiserver) enum Snapshot {
    /// A Pod: they exist by the hundred thousand, and share what is alike.
    Pod {
        /// `None` where labels, annotations, owners and finalizers are those of the next state.
        meta: Option<Box<ObjectMeta>>,
        spec: Arc<PodSpec>,
        status: Arc<PodStatus>,
        node: Option<Arc<str>>,
    },
    /// Any other object, shared.
    Object(Object),
}

/// The parts that were kept last: Pods of one template are alike, and so are those bound within a second.
#[derive(Clone, Debug, Default)]
pub(in crate::apiserver) struct Alike {
    spec: Option<Arc<PodSpec>>,
    status: Option<Arc<PodStatus>>,
}

impl Snapshot {
    /// The state of `object`; `next` is the one that follows it, if it is known already.
    pub(in crate::apiserver) fn of(object: &Object, next: Option<&Object>, alike: &mut Alike) -> Self {
        let Object::Pod(pod) = object else { return Self::Object(object.clone()) };
        let meta = next.filter(|next| !same_meta(object.meta(), next.meta())).map(|_| Box::new(pod.metadata.clone()));
        let spec = match next {
            Some(Object::Pod(next)) if Arc::ptr_eq(&next.spec, &pod.spec) => Arc::clone(&pod.spec),
            _ => shared(&mut alike.spec, &pod.spec),
        };
        Self::Pod { meta, spec, status: shared(&mut alike.status, &pod.status), node: pod.node().cloned() }
    }

    /// The object in that state; `next` is the one that followed it.
    pub(super) fn restore(&self, next: &Object) -> Object {
        match self {
            Self::Object(object) => object.clone(),
            Self::Pod { meta, spec, status, node } => {
                let meta = meta.as_ref().map_or_else(|| next.meta().clone(), |meta| (**meta).clone());
                let mut pod = Pod::new(meta, Arc::clone(spec));
                pod.status = Arc::clone(status);
                if let Some(node) = node {
                    pod.set_node_name(Arc::clone(node));
                }
                pod.into()
            }
        }
    }
}

/// The part that was kept last, if this one is like it.
fn shared<T: PartialEq>(last: &mut Option<Arc<T>>, one: &Arc<T>) -> Arc<T> {
    match last {
        Some(last) if Arc::ptr_eq(last, one) || **last == **one => Arc::clone(last),
        _ => {
            *last = Some(Arc::clone(one));
            Arc::clone(one)
        }
    }
}

/// Whether what clients write of metadata is the same.
pub(super) fn same_meta(one: &ObjectMeta, other: &ObjectMeta) -> bool {
    one.labels == other.labels
        && one.annotations == other.annotations
        && one.owner_references == other.owner_references
        && one.finalizers == other.finalizers
}
