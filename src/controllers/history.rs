//! ControllerRevisions: the templates that a StatefulSet or DaemonSet has had, so that one can go back.
//!
//! Models `pkg/controller/history/controller_history.go`, and `snapshot` of `pkg/controller/daemon/update.go`.

use std::sync::Arc;

use serde_json::{Value, json};

use crate::client::{Caches, Ctx, Request, Verb};
use crate::model::apps::ControllerRevision;
use crate::model::core::PodTemplateSpec;
use crate::model::meta::controller_reference;
use crate::model::metav1::ObjectMeta;
use crate::model::{Kind, Meta, RawExtension, go_dump};

use super::deployment::hash;

/// The label that names the revision of a Pod. Source: `apps.ControllerRevisionHashLabelKey`, `apps.DefaultDaemonSetUniqueLabelKey`.
pub const LABEL: &str = "controller-revision-hash";
/// The label of a StatefulSet's revision. Source: `history.ControllerRevisionHashLabel`.
const HASH_LABEL: &str = "controller.kubernetes.io/hash";

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

    /// Finds the template of `owner`, an object of `kind` that has met so many `collisions` of hashes, or makes a revision of it.
    #[must_use]
    pub fn present(
        &self,
        kind: Kind,
        owner: &ObjectMeta,
        template: &PodTemplateSpec,
        collisions: Option<i32>,
    ) -> Present {
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
            None => Present::New(revision(kind, owner, template, data, (next, collisions))),
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
    (number, collisions): (i64, Option<i32>),
) -> ControllerRevision {
    // A DaemonSet's revision is named by the template's hash, a StatefulSet's by that of what the revision keeps.
    let (label, hash) = match kind {
        Kind::DaemonSet => (LABEL, hash::hash(template, collisions)),
        _ => (HASH_LABEL, hash_of_data(&data, collisions)),
    };
    let mut labels = template.metadata.as_ref().and_then(|meta| meta.labels.clone()).unwrap_or_default();
    labels.insert(label.into(), hash.clone());
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

/// Source: `HashControllerRevision`.
fn hash_of_data(data: &Value, collisions: Option<i32>) -> String {
    // Go escapes these three in JSON.
    let text = data.to_string().replace('&', "\\u0026").replace('<', "\\u003c").replace('>', "\\u003e");
    let bytes = format!("{text}{}", collisions.unwrap_or(0));
    go_dump::safe_encode(go_dump::fnv32(bytes.as_bytes()))
}

/// What a revision keeps: a patch that puts the template back, as Go writes it.
fn data(template: &PodTemplateSpec) -> Value {
    let mut template = serde_json::to_value(template).unwrap_or_default();
    for list in ["containers", "initContainers"] {
        let containers = template["spec"].get_mut(list).and_then(Value::as_array_mut);
        for container in containers.into_iter().flatten().filter_map(Value::as_object_mut) {
            container.entry("resources").or_insert_with(|| json!({}));
        }
    }
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
