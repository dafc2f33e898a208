//! What is remembered of containers that were sent signals and have been removed since: podlab's own memory, so that the end of a Pod
//! can still be looked at when nothing of it is left. A real runtime forgets with the removal.

use std::collections::VecDeque;
use std::sync::Arc;

use super::Machine;
use crate::machine::cri::{Exit, LogLine, ProcessEnd, SignalFate};
use crate::machine::kernel::{Container, Sandbox};

/// So many are kept per machine, the newest.
const KEPT: usize = 24;
/// So many of the last lines of a log are kept.
const LINES: usize = 100;

/// What is remembered of a container.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Obituary {
    /// Namespace of its Pod.
    pub namespace: Arc<str>,
    /// Its Pod.
    pub pod: Arc<str>,
    /// Its name.
    pub container: Arc<str>,
    /// What became of the signals sent to its processes.
    pub fates: Vec<SignalFate>,
    /// How its processes ended.
    pub ends: Vec<ProcessEnd>,
    /// How it ended itself.
    pub exit: Option<Exit>,
    /// The last lines that it wrote.
    pub lines: Vec<LogLine>,
}

impl Obituary {
    /// What there is to remember of a container now.
    #[must_use]
    pub fn of(sandbox: &Sandbox, container: &Container) -> Self {
        let skip = container.log.len().saturating_sub(LINES);
        Self {
            namespace: Arc::clone(&sandbox.config.namespace),
            pod: Arc::clone(&sandbox.config.name),
            container: Arc::clone(&container.config.name),
            fates: container.fates.clone(),
            ends: container.ends.clone(),
            exit: container.exit.clone(),
            lines: container.log.lines().skip(skip).cloned().collect(),
        }
    }
}

/// The obituaries of a machine.
#[derive(Clone, Debug, Default)]
pub(super) struct Obituaries(VecDeque<Arc<Obituary>>);

impl Obituaries {
    /// Remembers a container that is about to be removed, if it was ever sent a signal.
    pub(super) fn keep(&mut self, sandbox: &Sandbox, container: &Container) {
        if container.fates.is_empty() {
            return;
        }
        if self.0.len() == KEPT {
            self.0.pop_front();
        }
        self.0.push_back(Arc::new(Obituary::of(sandbox, container)));
    }
}

impl Machine {
    /// What is known of the containers of a Pod that were sent signals, those that are removed included.
    #[must_use]
    pub fn obituaries(&self, namespace: &str, pod: &str) -> Vec<Arc<Obituary>> {
        let kept = self.obituaries.0.iter().filter(|one| *one.namespace == *namespace && *one.pod == *pod).cloned();
        let own = self.sandboxes().filter(|own| *own.config.namespace == *namespace && *own.config.name == *pod);
        let present =
            own.flat_map(|sandbox| sandbox.containers.values().map(|one| Arc::new(Obituary::of(sandbox, one))));
        kept.chain(present).collect()
    }
}
