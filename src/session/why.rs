//! Why: the chain of causes of an object's last change, and for a Pod that no node takes, what would let it in.

use std::sync::Arc;

use crate::cluster::Cluster;
use crate::engine::{CauseId, SimTime};
use crate::model::core::Event;
use crate::model::{Kind, ObjectKey, Pod, Resource};

use super::refusal::{Refusal, refusals};

/// The answer to "why is this so?".
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Why {
    /// How things stand, in one sentence.
    pub state: String,
    /// What led to it, the latest first.
    pub chain: Vec<WhyLink>,
    /// What would have to be different, each with what then happens.
    pub counterfactuals: Vec<String>,
    /// The rules that refused what it needs, each with its object.
    pub refusals: Vec<Refusal>,
    /// The signals that processes of a Pod were sent, oldest first, and what became of each.
    pub signals: Vec<(SimTime, String)>,
}

/// One cause.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct WhyLink {
    /// Its number in the trace.
    pub id: CauseId,
    /// When.
    pub at: SimTime,
    /// Who.
    pub actor: Arc<str>,
    /// Did what.
    pub verb: &'static str,
    /// To what.
    pub object: Arc<str>,
    /// And how.
    pub text: Arc<str>,
}

impl WhyLink {
    /// `kubelet node-1: patch status pods/default/web (Running)`.
    #[must_use]
    pub fn sentence(&self) -> String {
        let mut sentence = format!("{} {}", self.actor, self.verb);
        for part in [&self.object, &self.text].into_iter().filter(|part| !part.is_empty()) {
            sentence.push(' ');
            sentence.push_str(part);
        }
        sentence
    }
}

/// Explains an object.
#[must_use]
pub fn why(cluster: &Cluster, key: &ObjectKey) -> Why {
    let chain = cluster.last_cause(key).map(|cause| chain(cluster, cause)).unwrap_or_default();
    let mut why = Why { chain, ..Why::default() };
    match cluster.object(key) {
        Some(object) => {
            if let Some(pod) = Pod::of(&object) {
                explain_pod(cluster, pod, &mut why);
                why.signals = signals(cluster, key);
            }
            if matches!(key.kind, Kind::Deployment | Kind::ReplicaSet) {
                why.state = cluster.why_rollout_waits(key).unwrap_or_default();
            }
            if why.state.is_empty()
                && let Some(refused) = last_refusal(cluster, key)
            {
                why.state = refused;
            }
            why.refusals = refusals(cluster, &key.namespace, &why.state);
        }
        None => why.state = format!("{key} does not exist"),
    }
    why
}

/// What a controller was told when it last tried to create something for an object, if nothing has been created since.
fn last_refusal(cluster: &Cluster, key: &ObjectKey) -> Option<String> {
    let events = cluster.objects(Kind::Event);
    let own = events.iter().filter_map(Event::of).filter(|event| {
        let about = &event.involved_object;
        about.kind.as_deref() == Some(key.kind.name())
            && about.name.as_deref() == Some(&*key.name)
            && about.namespace.as_deref() == Some(&*key.namespace)
    });
    let mut own: Vec<_> = own.collect();
    own.sort_by_key(|event| event.last_timestamp.as_ref().map(|time| time.0));
    let last = own.into_iter().rev().find(|event| {
        event.reason.as_deref().is_some_and(|reason| matches!(reason, "FailedCreate" | "SuccessfulCreate"))
    })?;
    last.message.clone().filter(|_| last.reason.as_deref() == Some("FailedCreate"))
}

/// What became of the signals sent to the containers of a Pod, as far as its machine still has them.
fn signals(cluster: &Cluster, key: &ObjectKey) -> Vec<(SimTime, String)> {
    let mut signals = Vec::new();
    for machine in cluster.workers().iter().map(|worker| &worker.machine) {
        let own = machine
            .sandboxes()
            .filter(|sandbox| *sandbox.config.namespace == *key.namespace && *sandbox.config.name == *key.name);
        for sandbox in own.map(|sandbox| sandbox.id) {
            let containers = machine.containers().filter(|container| container.sandbox == sandbox);
            let fates = containers.flat_map(|container| machine.signal_fates(container.id));
            signals.extend(fates.map(|fate| (fate.at, fate.sentence())));
        }
    }
    signals.sort();
    signals
}

/// The causes from `cause` up.
#[must_use]
pub fn chain(cluster: &Cluster, cause: CauseId) -> Vec<WhyLink> {
    let link = |(id, cause): (CauseId, &crate::engine::Cause)| WhyLink {
        id,
        at: cause.at,
        actor: Arc::clone(&cause.actor),
        verb: cause.verb,
        object: Arc::clone(&cause.object),
        text: Arc::clone(&cause.text),
    };
    cluster.trace().chain(cause).map(link).collect()
}

fn explain_pod(cluster: &Cluster, pod: &Pod, why: &mut Why) {
    if let Some(condition) = pod.condition("PodScheduled").filter(|condition| condition.status == "False") {
        why.state = condition.message.clone().unwrap_or_default();
        why.counterfactuals = cluster.counterfactuals(pod);
        return;
    }
    let waiting = pod.container_statuses().iter().find_map(|status| {
        let waiting = status.state.as_ref()?.waiting.as_ref()?;
        Some(format!("{}: {}", waiting.reason.as_deref()?, waiting.message.as_deref().unwrap_or_default()))
    });
    let ended = pod.container_statuses().iter().find_map(|status| {
        let ended = status.last_state.as_ref()?.terminated.as_ref()?;
        let reason = ended.reason.as_deref().unwrap_or("ended");
        Some(format!("container {} last ended with exit code {} ({reason})", status.name, ended.exit_code))
    });
    let not_ready = pod.condition("Ready").filter(|condition| condition.status != "True");
    let not_ready = not_ready.and_then(|condition| condition.message.clone());
    why.state = waiting.or(not_ready).or(ended).unwrap_or_else(|| pod.phase().to_owned());
}
