//! Endings: how containers ended. The store forgets a Pod that is gone; a lesson about its last thirty seconds must not.

use std::collections::BTreeMap;
use std::sync::Arc;

use crate::engine::{SimDuration, SimTime};
use crate::model::core::{ContainerState, ContainerStateTerminated};
use crate::model::selector::Labels;
use crate::model::{Meta, Pod, time};

use super::call::Which;
use crate::model::cel::value::{Any, Map, count, flag, number, text};

/// How a container ended.
#[derive(Clone, Debug)]
pub struct Ending {
    /// The namespace of its Pod.
    pub namespace: Arc<str>,
    /// Its Pod.
    pub pod: Arc<str>,
    /// Its name.
    pub container: Arc<str>,
    /// The labels of its Pod.
    pub labels: Arc<Labels>,
    /// The exit code.
    pub code: i32,
    /// `Completed`, `Error`, `OOMKilled`.
    pub reason: Arc<str>,
    /// When it ended, as its status says (whole seconds).
    pub at: SimTime,
    /// When the deletion of its Pod was asked for; `None` when it ended by itself.
    pub asked_at: Option<SimTime>,
}

/// How containers ended, in the order in which it became known.
#[derive(Clone, Debug, Default)]
pub struct Endings {
    all: Vec<Arc<Ending>>,
    known: BTreeMap<(Arc<str>, Arc<str>, i32), usize>,
}

impl Ending {
    /// How long it took from the request to delete the Pod.
    #[must_use]
    pub fn took(&self) -> Option<SimDuration> {
        self.asked_at.map(|asked_at| self.at.since(asked_at))
    }

    pub(super) fn is_of(&self, namespace: &str, which: &Which) -> bool {
        let is_meant = match which {
            Which::All => true,
            Which::Named(name) => *self.pod == **name,
            Which::Labelled(selector) => selector.matches(&self.labels),
        };
        is_meant && (namespace.is_empty() || *self.namespace == *namespace)
    }

    pub(super) fn to_value(&self, arrived_at: SimTime) -> Any {
        let labels = self.labels.iter().map(|(key, value)| (key.clone(), text(value.as_str())));
        let seconds = self.took().map_or_else(|| number(-1), |took| count(took.as_secs()));
        let fields = [
            ("namespace", text(&*self.namespace)),
            ("pod", text(&*self.pod)),
            ("container", text(&*self.container)),
            ("labels", Box::new(Map::of(labels)) as Any),
            ("code", number(i64::from(self.code))),
            ("reason", text(&*self.reason)),
            ("deleted", flag(self.asked_at.is_some())),
            ("seconds", seconds),
            ("at", count(self.at.since(arrived_at).as_secs())),
        ];
        Box::new(Map::of(fields.map(|(name, value)| (name.to_owned(), value))))
    }
}

/// The fields of an ending.
pub(super) const FIELDS: &[&str] =
    &["namespace", "pod", "container", "labels", "code", "reason", "deleted", "seconds", "at"];

impl Endings {
    /// All of them, oldest first.
    pub fn iter(&self) -> impl DoubleEndedIterator<Item = &Arc<Ending>> {
        self.all.iter()
    }

    /// Takes in what a Pod's status tells; says whether that was news.
    pub(super) fn learn(&mut self, pod: &Pod) -> bool {
        let before = self.all.len();
        for status in pod.container_statuses() {
            let last = terminated(status.last_state.as_ref());
            if let Some(ended) = last {
                self.add(pod, &status.name, status.restart_count - 1, ended);
            }
            if let Some(ended) = terminated(status.state.as_ref()) {
                self.add(pod, &status.name, status.restart_count, ended);
            }
        }
        self.all.len() != before
    }

    fn add(&mut self, pod: &Pod, container: &str, attempt: i32, ended: &ContainerStateTerminated) {
        let meta = &pod.metadata;
        let at = ended.finished_at.as_ref().map_or(SimTime::ZERO, |at| time::sim_time(at.0));
        let asked_at = asked_at(pod).filter(|asked_at| at >= *asked_at);
        let ending = Arc::new(Ending {
            namespace: meta.namespace().into(),
            pod: meta.name().into(),
            container: container.into(),
            labels: Arc::new(meta.labels.clone().unwrap_or_default()),
            code: ended.exit_code,
            reason: ended.reason.as_deref().unwrap_or_default().into(),
            at,
            asked_at,
        });
        let key = (Arc::from(meta.uid()), Arc::from(container), attempt);
        match self.known.get(&key) {
            // A container that had ended before its Pod was deleted stays as it was.
            Some(_) => {}
            None => {
                self.known.insert(key, self.all.len());
                self.all.push(ending);
            }
        }
    }
}

fn terminated(state: Option<&ContainerState>) -> Option<&ContainerStateTerminated> {
    state?.terminated.as_ref()
}

/// When the deletion was asked for: the deletion timestamp lies at the end of the grace period.
fn asked_at(pod: &Pod) -> Option<SimTime> {
    let deletion = time::sim_time(pod.metadata.deletion_timestamp.as_ref()?.0);
    let grace = u64::try_from(pod.metadata.deletion_grace_period_seconds.unwrap_or(0)).unwrap_or(0);
    Some(deletion.saturating_sub(SimDuration::from_secs(grace)))
}
