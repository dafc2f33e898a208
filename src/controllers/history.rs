//! ControllerRevisions: the templates that a StatefulSet or DaemonSet has had, so that one can go back.
//!
//! Models `pkg/controller/history/controller_history.go`. **Not modelled:** the Go dump that is hashed there: the letters of the
//! hash differ from those of a real cluster, the alphabet does not.

use std::sync::Arc;

use serde_json::{Value, json};

use crate::client::{Caches, Ctx, Request, Verb};
use crate::model::apps::ControllerRevision;
use crate::model::core::PodTemplateSpec;
use crate::model::meta::controller_reference;
use crate::model::metav1::ObjectMeta;
use crate::model::{Kind, Meta, RawExtension};

use super::deployment::hash;

/// The label that names the revision of a Pod. Source: `apps.ControllerRevisionHashLabelKey`, `apps.DefaultDaemonSetUniqueLabelKey`.
pub const LABEL: &str = "controller-revision-hash";

/// The revisions of one owner, oldest first.
#[derive(Clone, Debug, Default)]
pub struct History {
    all: Vec<Arc<ControllerRevision>>,
}

/// Where the present template stands in the history.
#[derive(Clone, Debug)]
pub enum Present {
    /// It is the newest revision.
    Newest(Arc<ControllerRevision>),
    /// It is one that was there before: it becomes the newest again.
    Again(ControllerRevision),
    /// It is new.
    New(ControllerRevision),
}

impl History {
    /// The revisions of the owner with this UID.
    #[must_use]
    pub fn of(uid: &str, caches: &Caches) -> Self {
        let mut all: Vec<_> = caches.controlled_by::<ControllerRevision>(uid).cloned().collect();
        all.sort_by(|one, two| (one.revision, one.metadata.name()).cmp(&(two.revision, two.metadata.name())));
        Self { all }
    }

    /// The revision of that name.
    #[must_use]
    pub fn named(&self, name: &str) -> Option<&Arc<ControllerRevision>> {
        self.all.iter().find(|one| one.metadata.name() == name)
    }

    /// Finds the template of `owner`, an object of `kind`, or makes a revision of it.
    #[must_use]
    pub fn present(&self, kind: Kind, owner: &ObjectMeta, template: &PodTemplateSpec) -> Present {
        let data = data(template);
        let next = self.all.last().map_or(0, |last| last.revision) + 1;
        let known = self.all.iter().rev().find(|one| one.data.as_ref().is_some_and(|held| held.0 == data));
        match known {
            Some(known) if known.revision + 1 == next => Present::Newest(Arc::clone(known)),
            Some(known) => {
                let mut again = (**known).clone();
                again.revision = next;
                Present::Again(again)
            }
            None => Present::New(revision(kind, owner, template, data, next)),
        }
    }

    /// The oldest revisions that nobody needs, beyond `limit`.
    #[must_use]
    pub fn surplus(&self, limit: usize, is_live: impl Fn(&str) -> bool) -> Vec<Arc<ControllerRevision>> {
        let unused: Vec<_> = self.all.iter().filter(|one| !is_live(one.metadata.name())).cloned().collect();
        let count = unused.len().saturating_sub(limit);
        unused.into_iter().take(count).collect()
    }
}

impl Present {
    /// Its name.
    #[must_use]
    pub fn name(&self) -> &str {
        match self {
            Self::Newest(revision) => revision.metadata.name(),
            Self::Again(revision) | Self::New(revision) => revision.metadata.name(),
        }
    }

    /// What must be written before anything else.
    #[must_use]
    pub fn request(&self, ctx: &Ctx<'_>) -> Option<Request> {
        match self {
            Self::Newest(_) => None,
            Self::Again(revision) => Some(ctx.request_with(Verb::Update, revision.clone())),
            Self::New(revision) => Some(ctx.request_with(Verb::Create, revision.clone())),
        }
    }
}

fn revision(
    kind: Kind,
    owner: &ObjectMeta,
    template: &PodTemplateSpec,
    data: Value,
    number: i64,
) -> ControllerRevision {
    let hash = hash::hash(template, None);
    let mut labels = template.metadata.as_ref().and_then(|meta| meta.labels.clone()).unwrap_or_default();
    labels.insert(LABEL.into(), hash.clone());
    ControllerRevision {
        metadata: ObjectMeta {
            name: Some(format!("{}-{hash}", owner.name())),
            namespace: Some(owner.namespace().to_owned()),
            labels: Some(labels),
            annotations: owner.annotations.clone(),
            owner_references: Some(vec![controller_reference(kind, owner)]),
            ..ObjectMeta::default()
        },
        data: Some(RawExtension(data)),
        revision: number,
    }
}

/// What a revision keeps: a patch that puts the template back.
fn data(template: &PodTemplateSpec) -> Value {
    let mut template = serde_json::to_value(template).unwrap_or_default();
    template["$patch"] = json!("replace");
    json!({"spec": {"template": template}})
}

/// The template that a revision keeps.
#[must_use]
pub fn template(revision: &ControllerRevision) -> Option<PodTemplateSpec> {
    let mut kept = revision.data.as_ref()?.0.get("spec")?.get("template")?.clone();
    kept.as_object_mut()?.remove("$patch");
    serde_json::from_value(kept).ok()
}
