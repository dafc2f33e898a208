//! The ReplicaSets of a Deployment: the one of the present template, and those of earlier ones.
//!
//! Models `pkg/controller/deployment/util/deployment_util.go`.

use std::sync::Arc;

use crate::engine::SimTime;
use crate::model::Meta;
use crate::model::apps::{Deployment, ReplicaSet, ReplicaSetStatus};

use super::hash::same_template;

/// What one look at a Deployment sees.
#[derive(Clone, Debug)]
pub struct View {
    /// The Deployment, with what this look has changed in its status and annotations.
    pub deployment: Arc<Deployment>,
    /// The ReplicaSet of the present template.
    pub new: Option<Arc<ReplicaSet>>,
    /// All others, oldest first.
    pub old: Vec<Arc<ReplicaSet>>,
    /// The present instant.
    pub now: SimTime,
}

impl View {
    /// Sorts the ReplicaSets of `deployment`.
    #[must_use]
    pub fn new(deployment: Arc<Deployment>, mut replica_sets: Vec<Arc<ReplicaSet>>, now: SimTime) -> Self {
        replica_sets.sort_by(|one, two| by_creation(one, two));
        let template = deployment.spec.as_ref().map(|spec| &spec.template);
        let is_new = |rs: &Arc<ReplicaSet>| {
            let own = rs.spec.as_ref().and_then(|spec| spec.template.as_ref());
            own.zip(template).is_some_and(|(own, template)| same_template(own, template))
        };
        // When several match, as after a collision of hashes was forgotten, the oldest is it.
        let new = replica_sets.iter().position(is_new).map(|index| replica_sets.remove(index));
        Self { deployment, new, old: replica_sets, now }
    }

    /// Every ReplicaSet, the new one last.
    pub fn all(&self) -> impl Iterator<Item = &Arc<ReplicaSet>> {
        self.old.iter().chain(&self.new)
    }

    /// Those that want Pods, the new one last.
    pub fn active(&self) -> impl Iterator<Item = &Arc<ReplicaSet>> {
        self.all().filter(|rs| replicas(rs) > 0)
    }

    /// What the new one asks for; 0 before it exists.
    #[must_use]
    pub fn new_replicas(&self) -> i32 {
        self.new.as_deref().map_or(0, replicas)
    }

    /// Puts the newer state of a ReplicaSet in its place.
    pub fn replace(&mut self, rs: &Arc<ReplicaSet>) {
        let mine = self.old.iter_mut().chain(&mut self.new).find(|one| one.metadata.uid() == rs.metadata.uid());
        if let Some(mine) = mine {
            *mine = Arc::clone(rs);
        }
    }
}

/// Oldest first, then by name.
#[must_use]
pub fn by_creation(one: &ReplicaSet, two: &ReplicaSet) -> std::cmp::Ordering {
    let key = |rs: &ReplicaSet| rs.metadata.created_at();
    key(one).cmp(&key(two)).then_with(|| one.metadata.name().cmp(two.metadata.name()))
}

/// What a ReplicaSet asks for.
#[must_use]
pub fn replicas(rs: &ReplicaSet) -> i32 {
    rs.spec.as_ref().and_then(|spec| spec.replicas).unwrap_or(1)
}

/// How many Pods it has.
#[must_use]
pub fn actual(rs: &ReplicaSet) -> i32 {
    rs.status.as_ref().map_or(0, |status| status.replicas)
}

/// How many of them are available.
#[must_use]
pub fn available(rs: &ReplicaSet) -> i32 {
    count(rs, |status| status.available_replicas)
}

/// How many of them are ready.
#[must_use]
pub fn ready(rs: &ReplicaSet) -> i32 {
    count(rs, |status| status.ready_replicas)
}

fn count(rs: &ReplicaSet, field: impl Fn(&ReplicaSetStatus) -> Option<i32>) -> i32 {
    rs.status.as_ref().and_then(field).unwrap_or(0)
}
