//! Who belongs to an owner: those it has, the orphans it may adopt, those it must let go.
//!
//! Models `pkg/controller/controller_ref_manager.go`.

use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;

use serde_json::json;

use crate::client::{Body, Caches, Ctx, Delta, Outcome, PatchType, Request, Verb, Verdict};
use crate::model::meta::controller_reference;
use crate::model::metav1::ObjectMeta;
use crate::model::{Kind, Meta, Object, Resource, Selector};

/// The objects of one kind that no controller manages.
#[derive(Clone, Debug, Default)]
pub struct Orphans(BTreeMap<Arc<str>, BTreeSet<Arc<str>>>);

impl Orphans {
    /// Takes note of a change.
    pub fn observe(&mut self, delta: &Delta) {
        let object = delta.object();
        if !delta.is_removal() && object.meta().controller().is_none() {
            self.0.entry(object.namespace().into()).or_default().insert(object.name().into());
        } else if let Some(names) = self.0.get_mut(object.namespace()) {
            names.remove(object.name());
        }
    }

    /// The orphans of a namespace.
    pub fn in_namespace<'a, R: Resource>(
        &'a self,
        namespace: &'a str,
        caches: &'a Caches,
    ) -> impl Iterator<Item = &'a Arc<R>> {
        let names = self.0.get(namespace).into_iter().flatten();
        names.filter_map(move |name| caches.get::<R>(namespace, name)).filter(|one| one.meta().controller().is_none())
    }
}

/// How the objects around an owner stand to it.
#[derive(Clone, Debug)]
pub struct Claim<R> {
    /// Those it manages, and those it is about to adopt.
    pub claimed: Vec<Arc<R>>,
    /// Those among them that it must adopt first.
    pub adopt: Vec<Arc<R>>,
    /// Those it manages although its selector does not mean them any more.
    pub release: Vec<Arc<R>>,
}

impl<R> Default for Claim<R> {
    fn default() -> Self {
        Self { claimed: Vec::new(), adopt: Vec::new(), release: Vec::new() }
    }
}

/// Sorts out what belongs to `owner`: `owned` are the objects that name it as their controller, `orphans` those without one.
pub fn claim<'a, R: Resource>(
    owner: &ObjectMeta,
    selector: &Selector,
    owned: impl Iterator<Item = &'a Arc<R>>,
    orphans: impl Iterator<Item = &'a Arc<R>>,
) -> Claim<R> {
    let mut claim = Claim::default();
    for object in owned.filter(|object| object.meta().namespace() == owner.namespace()) {
        if selector.matches(object.meta().label_map()) {
            claim.claimed.push(Arc::clone(object));
        } else if !owner.is_terminating() {
            claim.release.push(Arc::clone(object));
        }
    }
    if owner.is_terminating() {
        return claim;
    }
    for object in orphans {
        let meta = object.meta();
        if !meta.is_terminating() && selector.matches(meta.label_map()) {
            claim.claimed.push(Arc::clone(object));
            claim.adopt.push(Arc::clone(object));
        }
    }
    claim
}

impl<R: Resource> Claim<R> {
    /// What must be asked before anything is adopted: is the owner still the one in the cache?
    #[must_use]
    pub fn check(&self, kind: Kind, owner: &ObjectMeta, ctx: &Ctx<'_>) -> Option<Request> {
        (!self.adopt.is_empty()).then(|| ctx.request(Verb::Get, kind, owner.namespace()).named(owner.name()))
    }

    /// The patches that adopt and release.
    #[must_use]
    pub fn patches(&self, kind: Kind, owner: &ObjectMeta, ctx: &Ctx<'_>) -> Vec<Request> {
        let adopt = |one: &Arc<R>| {
            let reference = controller_reference(kind, owner);
            patch(ctx, one.as_ref(), json!([reference]))
        };
        let release = |one: &Arc<R>| patch(ctx, one.as_ref(), json!([{"$patch": "delete", "uid": owner.uid()}]));
        self.adopt.iter().map(adopt).chain(self.release.iter().map(release)).collect()
    }
}

fn patch<R: Resource>(ctx: &Ctx<'_>, object: &R, references: serde_json::Value) -> Request {
    let meta = object.meta();
    // The UID makes the patch fail when another object of that name has come in between.
    let body = json!({"metadata": {"ownerReferences": references, "uid": meta.uid()}});
    ctx.request(Verb::Patch, R::KIND, meta.namespace()).named(meta.name()).body(Body::Patch(PatchType::Strategic, body))
}

/// What the answer to [`Claim::check`] means: an owner that was replaced or is being deleted adopts nothing.
#[must_use]
pub fn checked(uid: &str, outcome: &Outcome) -> Verdict {
    let same = |object: &Object| object.meta().uid() == uid && !object.meta().is_terminating();
    match outcome {
        Ok(response) if response.object().is_some_and(same) => Verdict::Continue,
        _ => Verdict::Retry,
    }
}
