//! The ReplicaSet of the present template: found and kept up to date, or made.
//!
//! Models `pkg/controller/deployment/sync.go`, `getNewReplicaSet`.

use std::sync::Arc;

use crate::model::apps::{Deployment, ReplicaSet, ReplicaSetSpec};
use crate::model::meta::controller_reference;
use crate::model::metav1::ObjectMeta;
use crate::model::{Kind, Meta};

use super::annotations::{self, REVISION, annotate_new, next_revision};
use super::conditions::{self, PROGRESSING, condition, reason};
use super::replica_sets::View;
use super::status::progress_deadline;
use super::step::Step;
use super::{hash, rolling};

/// Names of ReplicaSets are at most so long. Source: `apimachinery/pkg/util/validation`, DNS-1123 subdomain.
const NAME_LIMIT: usize = 253;

/// Brings the revisions of an existing new ReplicaSet and of its Deployment up to date: at most one write, of either.
#[must_use]
pub fn sync(view: &mut View) -> Vec<Step> {
    let Some(found) = view.new.clone() else { return Vec::new() };
    let revision = next_revision(view.old.iter().map(|rs| &**rs));
    let min_ready = view.deployment.spec.as_ref().and_then(|spec| spec.min_ready_seconds).unwrap_or(0);
    let mut rs = (*found).clone();
    let mut changed = annotate_new(&view.deployment, &mut rs, revision, true);
    if rs.spec.as_ref().is_some_and(|spec| spec.min_ready_seconds.unwrap_or(0) != min_ready) {
        rs.spec_mut().min_ready_seconds = Some(min_ready).filter(|seconds| *seconds != 0);
        changed = true;
    }
    if changed {
        let rs = Arc::new(rs);
        view.replace(&rs);
        return vec![Step::Update(rs)];
    }
    let revision = annotations::revision(&found).to_string();
    let is_told = view.deployment.metadata.annotation(REVISION) == Some(&revision);
    let is_silent =
        progress_deadline(&view.deployment).is_some() && conditions::of(&view.deployment, PROGRESSING).is_none();
    if is_told && !is_silent {
        return Vec::new();
    }
    let deployment = Arc::make_mut(&mut view.deployment);
    set_revision(deployment, &revision);
    if is_silent {
        let message = format!("Found new replica set \"{}\"", found.metadata.name());
        let found = condition(PROGRESSING, "True", reason::FOUND, &message, view.now);
        conditions::set(deployment.status.get_or_insert_default(), found);
    }
    vec![Step::Write(Arc::clone(&view.deployment))]
}

/// The ReplicaSet to make for the present template.
#[must_use]
pub fn new_replica_set(view: &View) -> ReplicaSet {
    let deployment = &view.deployment;
    let spec = deployment.spec.clone().unwrap_or_default();
    let collisions = deployment.status.as_ref().and_then(|status| status.collision_count);
    let hash = hash::hash(&spec.template, collisions);
    let mut template = spec.template.clone();
    let label = (hash::LABEL.to_owned(), hash.clone());
    let labels = template.metadata.get_or_insert_default().labels.get_or_insert_default();
    labels.extend([label.clone()]);
    let labels = Some(labels.clone());
    let mut selector = spec.selector.clone();
    selector.match_labels.get_or_insert_default().extend([label]);
    let metadata = ObjectMeta {
        name: Some(name(deployment.metadata.name(), &hash)),
        namespace: deployment.metadata.namespace.clone(),
        owner_references: Some(vec![controller_reference(Kind::Deployment, &deployment.metadata)]),
        labels,
        ..ObjectMeta::default()
    };
    let replicas = Some(rolling::new_size(view));
    let min_ready_seconds = spec.min_ready_seconds;
    let spec = ReplicaSetSpec { replicas, min_ready_seconds, selector, template: Some(template) };
    let mut rs = ReplicaSet { metadata, spec: Some(Arc::new(spec)), status: None };
    annotate_new(deployment, &mut rs, next_revision(view.old.iter().map(|rs| &**rs)), false);
    rs
}

fn name(deployment: &str, hash: &str) -> String {
    let room = NAME_LIMIT.saturating_sub(hash.len() + 1).min(deployment.len());
    format!("{}-{hash}", deployment.get(..room).unwrap_or(deployment))
}

/// What a Deployment is told after its ReplicaSet was made; `None` when nothing changed.
#[must_use]
pub fn after_creation(view: &View, created: &ReplicaSet) -> Option<Deployment> {
    let mut deployment = (*view.deployment).clone();
    let mut dirty = set_revision(&mut deployment, &annotations::revision(created).to_string());
    if progress_deadline(&deployment).is_some() {
        let message = format!("Created new replica set \"{}\"", created.metadata.name());
        let new = condition(PROGRESSING, "True", reason::CREATED, &message, view.now);
        conditions::set(deployment.status.get_or_insert_default(), new);
        dirty = true;
    }
    dirty.then_some(deployment)
}

/// What a Deployment is told when its ReplicaSet could not be made.
#[must_use]
pub fn after_failure(view: &View, message: &str) -> Option<Deployment> {
    progress_deadline(&view.deployment)?;
    let mut deployment = (*view.deployment).clone();
    let failed = condition(PROGRESSING, "False", reason::CREATE_ERROR, message, view.now);
    conditions::set(deployment.status.get_or_insert_default(), failed);
    Some(deployment)
}

/// The Deployment after two templates had the same hash: the next one will be another.
#[must_use]
pub fn after_collision(deployment: &Deployment) -> Deployment {
    let mut deployment = deployment.clone();
    let status = deployment.status.get_or_insert_default();
    status.collision_count = Some(status.collision_count.unwrap_or(0) + 1);
    deployment
}

fn set_revision(deployment: &mut Deployment, revision: &str) -> bool {
    let annotations = deployment.metadata.annotations.get_or_insert_default();
    annotations.insert(REVISION.to_owned(), revision.to_owned()).as_deref() != Some(revision)
}
