//! A state of an object that a note of ownership refers to, kept as cheaply as can be.

use std::sync::Arc;

use crate::apiserver::alike::Alike;
use crate::model::core::{PodSpec, PodStatus};
use crate::model::metav1::ObjectMeta;
use crate::model::own_spec::OwnSpec;
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
        own: OwnSpec,
    },
    /// Any other object, shared.
    Object(Object),
}

impl Snapshot {
    /// The state of `object`; `next` is the one that follows it, if it is known already.
    pub(in crate::apiserver) fn of(object: &Object, next: Option<&Object>, alike: &mut Alike) -> Self {
        let Object::Pod(pod) = object else { return Self::Object(object.clone()) };
        let meta = next.filter(|next| !same_meta(object.meta(), next.meta())).map(|_| Box::new(pod.metadata.clone()));
        let spec = match next {
            Some(Object::Pod(next)) if Arc::ptr_eq(&next.spec, &pod.spec) => Arc::clone(&pod.spec),
            _ => alike.sent_spec(pod),
        };
        Self::Pod { meta, spec, status: alike.status(&pod.status), own: pod.own().clone() }
    }

    /// The object in that state; `next` is the one that followed it.
    pub(super) fn restore(&self, next: &Object) -> Object {
        match self {
            Self::Object(object) => object.clone(),
            Self::Pod { meta, spec, status, own } => {
                let meta = meta.as_ref().map_or_else(|| next.meta().clone(), |meta| (**meta).clone());
                let mut pod = Pod::of_parts(meta, Arc::clone(spec), own.clone());
                pod.status = Arc::clone(status);
                pod.into()
            }
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
