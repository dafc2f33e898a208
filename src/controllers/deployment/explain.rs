//! Why a rollout stands where it stands, as data for screens.

use std::fmt;
use std::sync::Arc;

use crate::client::Caches;
use crate::engine::SimTime;
use crate::model::apps::{Deployment, ReplicaSet};
use crate::model::{Meta, Pod};

use super::conditions::{REPLICA_FAILURE, of, progress_reason, reason};
use super::replica_sets::{View, actual, available, replicas};
use super::{bounds, decide, status};

/// Where a rollout stands.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Standing {
    /// The controller has not seen the newest generation yet.
    NotObserved,
    /// Everything asked for is there.
    Complete,
    /// Someone paused it.
    Paused,
    /// Pods cannot be made; the text is the API server's.
    Refused(String),
    /// The strategy Recreate waits until these Pods are gone.
    WaitsForOldPods(Vec<String>),
    /// New Pods must become available before the next step.
    WaitsForNewPods(Waiting),
    /// It is taking a step right now.
    Moving,
}

/// What a rolling update waits for.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Waiting {
    /// The ReplicaSet of the present template.
    pub replica_set: String,
    /// Pods of the new template, and how many are asked for.
    pub updated: (i32, i32),
    /// Pods there are of all templates, and how many there may be.
    pub total: (i32, i32),
    /// Pods that are available, and how many must be.
    pub available: (i32, i32),
    /// New Pods that are not available, each with the reason it gives.
    pub pods: Vec<(String, String)>,
    /// Whether the progress deadline has passed.
    pub timed_out: bool,
}

/// Explains a rollout from what the controller's caches hold.
#[must_use]
pub fn explain(deployment: &Arc<Deployment>, caches: &Caches) -> Standing {
    let told = deployment.status.clone().unwrap_or_default();
    if told.observed_generation < deployment.metadata.generation {
        return Standing::NotObserved;
    }
    if decide::is_paused(deployment) {
        return Standing::Paused;
    }
    if status::is_complete(deployment, &told) {
        return Standing::Complete;
    }
    if let Some(failed) = of(deployment, REPLICA_FAILURE).filter(|failed| failed.status == "True") {
        return Standing::Refused(failed.message.clone().unwrap_or_default());
    }
    let sets = caches.controlled_by::<ReplicaSet>(deployment.metadata.uid()).cloned().collect();
    let view = View::new(Arc::clone(deployment), sets, SimTime::ZERO);
    if !bounds::is_rolling(deployment) {
        let old = view.old.iter().flat_map(|rs| caches.controlled_by::<Pod>(rs.metadata.uid()));
        let names: Vec<_> = old.filter(|pod| !pod.is_terminal()).map(|pod| pod.metadata.name().to_owned()).collect();
        if !names.is_empty() {
            return Standing::WaitsForOldPods(names);
        }
    }
    waiting(&view, caches).map_or(Standing::Moving, Standing::WaitsForNewPods)
}

fn waiting(view: &View, caches: &Caches) -> Option<Waiting> {
    let (deployment, new) = (&view.deployment, view.new.as_ref()?);
    let wanted = bounds::replicas(deployment);
    let sum = |count: fn(&ReplicaSet) -> i32| view.all().map(|rs| count(rs)).sum::<i32>();
    if available(new) >= replicas(new) {
        return None;
    }
    let pods = caches.controlled_by::<Pod>(new.metadata.uid()).filter(|pod| pod.is_active() && !pod.is_ready());
    Some(Waiting {
        replica_set: new.metadata.name().to_owned(),
        updated: (actual(new), wanted),
        total: (sum(actual), wanted + bounds::max_surge(deployment)),
        available: (sum(available), wanted - bounds::max_unavailable(deployment)),
        pods: pods.map(|pod| (pod.metadata.name().to_owned(), trouble(pod))).collect(),
        timed_out: progress_reason(deployment) == reason::TIMED_OUT,
    })
}

/// What keeps a Pod from being ready, in the word that it gives: `Unschedulable`, `ImagePullBackOff`, `ContainersNotReady`.
fn trouble(pod: &Pod) -> String {
    let statuses = pod.status.init_container_statuses.iter().flatten().chain(pod.container_statuses());
    let mut states = statuses.filter_map(|status| status.state.as_ref()?.waiting.as_ref()?.reason.clone());
    let condition = |type_: &str| {
        let condition = pod.condition(type_).filter(|condition| condition.status == "False")?;
        condition.reason.clone()
    };
    let container = states.next();
    condition("PodScheduled").or(container).or_else(|| condition("Ready")).unwrap_or_else(|| pod.phase().to_owned())
}

impl fmt::Display for Standing {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::NotObserved => f.write_str("the deployment controller has not seen the newest change yet"),
            Self::Complete => f.write_str("the rollout is complete"),
            Self::Paused => f.write_str("the rollout is paused"),
            Self::Refused(text) => write!(f, "Pods cannot be made: {text}"),
            Self::WaitsForOldPods(pods) => write!(f, "waiting until {} old Pods are gone", pods.len()),
            Self::Moving => f.write_str("the rollout is moving"),
            Self::WaitsForNewPods(waiting) => waiting.fmt(f),
        }
    }
}

impl fmt::Display for Waiting {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let ((updated, wanted), (total, most), (available, least)) = (self.updated, self.total, self.available);
        write!(
            f,
            "{updated} of {wanted} Pods are new and not all of them are available; {total} Pods of at most {most}, \
             {available} available of at least {least}"
        )?;
        for (pod, why) in &self.pods {
            write!(f, "; {pod}: {why}")?;
        }
        if self.timed_out { f.write_str("; the progress deadline has passed") } else { Ok(()) }
    }
}
