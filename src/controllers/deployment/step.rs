//! What a rollout does next, as data: decided at once from one view, carried out one call after another.

use std::sync::Arc;

use crate::model::apps::{Deployment, DeploymentStatus, ReplicaSet};

/// One step.
#[derive(Clone, Debug, PartialEq)]
pub enum Step {
    /// Write annotations or the template's other fields to the ReplicaSet that is there.
    Update(Arc<ReplicaSet>),
    /// Make the ReplicaSet of the present template.
    Create(Box<ReplicaSet>),
    /// Give a ReplicaSet another size.
    Scale {
        /// Its UID.
        uid: String,
        /// The size.
        to: i32,
    },
    /// Write the status, and the annotations with it.
    Write(Arc<Deployment>),
    /// Delete an old ReplicaSet.
    Delete(Arc<ReplicaSet>),
}

/// How a look at a Deployment ends.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Finish {
    /// With the status of a rollout.
    Rollout,
    /// With the counts alone: it is paused, being scaled, or being deleted.
    Counts,
}

/// What is to be done.
#[derive(Clone, Debug, PartialEq)]
pub struct Decision {
    /// Step by step.
    pub steps: Vec<Step>,
    /// And then.
    pub finish: Finish,
}

impl Step {
    /// A change of size.
    #[must_use]
    pub fn scale(rs: &ReplicaSet, to: i32) -> Self {
        Self::Scale { uid: rs.metadata.uid.clone().unwrap_or_default(), to }
    }

    /// Writes another status.
    #[must_use]
    pub fn write(deployment: &Deployment, status: DeploymentStatus) -> Self {
        let mut deployment = deployment.clone();
        deployment.status = Some(status);
        Self::Write(Arc::new(deployment))
    }
}
