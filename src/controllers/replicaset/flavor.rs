//! ReplicaSets and ReplicationControllers: two kinds that one controller runs.
//!
//! Models `pkg/controller/replication/conversion.go`: a ReplicationController is looked at as a ReplicaSet.

use std::sync::Arc;

use crate::client::Caches;
use crate::model::apps::{ReplicaSet, ReplicaSetSpec, ReplicaSetStatus};
use crate::model::core::{ReplicationController, ReplicationControllerCondition, ReplicationControllerStatus};
use crate::model::metav1::LabelSelector;
use crate::model::{Kind, Object};

/// Which of the two.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Flavor {
    /// `apps/v1`.
    #[default]
    ReplicaSet,
    /// `v1`, the older of the two.
    ReplicationController,
}

impl Flavor {
    /// The kind of the objects.
    #[must_use]
    pub fn kind(self) -> Kind {
        match self {
            Self::ReplicaSet => Kind::ReplicaSet,
            Self::ReplicationController => Kind::ReplicationController,
        }
    }

    /// The name of the controller.
    #[must_use]
    pub fn controller(self) -> &'static str {
        match self {
            Self::ReplicaSet => "replicaset-controller",
            Self::ReplicationController => "replication-controller",
        }
    }

    /// What the controller watches.
    #[must_use]
    pub fn watches(self) -> &'static [Kind] {
        match self {
            Self::ReplicaSet => &[Kind::ReplicaSet, Kind::Pod],
            Self::ReplicationController => &[Kind::ReplicationController, Kind::Pod],
        }
    }

    /// One object, as a ReplicaSet.
    #[must_use]
    pub fn get(self, caches: &Caches, namespace: &str, name: &str) -> Option<Arc<ReplicaSet>> {
        match self {
            Self::ReplicaSet => caches.get::<ReplicaSet>(namespace, name).cloned(),
            Self::ReplicationController => caches.get::<ReplicationController>(namespace, name).map(|rc| converted(rc)),
        }
    }

    /// The objects of a namespace, as ReplicaSets.
    #[must_use]
    pub fn list(self, caches: &Caches, namespace: &str) -> Vec<Arc<ReplicaSet>> {
        match self {
            Self::ReplicaSet => caches.list::<ReplicaSet>(namespace).cloned().collect(),
            Self::ReplicationController => {
                caches.list::<ReplicationController>(namespace).map(|rc| converted(rc)).collect()
            }
        }
    }

    /// What Events are about.
    #[must_use]
    pub fn object(self, rs: &Arc<ReplicaSet>) -> Object {
        match self {
            Self::ReplicaSet => Object::from(Arc::clone(rs)),
            Self::ReplicationController => {
                ReplicationController { metadata: rs.metadata.clone(), ..ReplicationController::default() }.into()
            }
        }
    }

    /// What of a status the kind can tell.
    #[must_use]
    pub fn told(self, status: ReplicaSetStatus) -> ReplicaSetStatus {
        match self {
            Self::ReplicaSet => status,
            Self::ReplicationController => ReplicaSetStatus { terminating_replicas: None, ..status },
        }
    }

    /// The object with another status, to be written.
    #[must_use]
    pub fn with_status(self, rs: &ReplicaSet, status: ReplicaSetStatus) -> Object {
        match self {
            Self::ReplicaSet => {
                let mut rs = rs.clone();
                rs.status = Some(status);
                rs.into()
            }
            Self::ReplicationController => {
                let status = Some(old_status(status));
                ReplicationController { metadata: rs.metadata.clone(), status, spec: None }.into()
            }
        }
    }
}

fn converted(rc: &ReplicationController) -> Arc<ReplicaSet> {
    let spec = rc.spec.clone().unwrap_or_default();
    let status = rc.status.clone().map(|status| ReplicaSetStatus {
        replicas: status.replicas,
        fully_labeled_replicas: status.fully_labeled_replicas,
        ready_replicas: status.ready_replicas,
        available_replicas: status.available_replicas,
        observed_generation: status.observed_generation,
        conditions: status.conditions.map(|all| {
            let condition = |one: ReplicationControllerCondition| crate::model::apps::ReplicaSetCondition {
                type_: one.type_,
                status: one.status,
                reason: one.reason,
                message: one.message,
                last_transition_time: one.last_transition_time,
            };
            all.into_iter().map(condition).collect()
        }),
        terminating_replicas: None,
    });
    let spec = ReplicaSetSpec {
        replicas: spec.replicas,
        min_ready_seconds: spec.min_ready_seconds,
        selector: LabelSelector { match_labels: spec.selector, match_expressions: None },
        template: spec.template,
    };
    Arc::new(ReplicaSet { metadata: rc.metadata.clone(), spec: Some(Arc::new(spec)), status })
}

fn old_status(status: ReplicaSetStatus) -> ReplicationControllerStatus {
    ReplicationControllerStatus {
        replicas: status.replicas,
        fully_labeled_replicas: status.fully_labeled_replicas,
        ready_replicas: status.ready_replicas,
        available_replicas: status.available_replicas,
        observed_generation: status.observed_generation,
        conditions: status.conditions.map(|all| {
            let condition = |one: crate::model::apps::ReplicaSetCondition| ReplicationControllerCondition {
                type_: one.type_,
                status: one.status,
                reason: one.reason,
                message: one.message,
                last_transition_time: one.last_transition_time,
            };
            all.into_iter().map(condition).collect()
        }),
    }
}
