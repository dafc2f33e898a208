//! What the scheduler decided about each Pod and on what grounds: which plugin said what of which node, and how the nodes
//! compared. Kept for the screens and for `why`; the scheduler itself never looks at it.
//!
//! Records are small: two to four bytes per node, scores only in clusters that a person can overlook, and only of the Pods
//! that were tried last.

use std::collections::{BTreeMap, VecDeque};
use std::sync::Arc;

use crate::engine::SimTime;

use super::cycle::{Placement, PluginScores};
use super::framework::{Code, Diagnosis, Profile, Profiles, Reason, Seen};
use super::snapshot::Snapshot;

/// In clusters of more nodes only counts are kept.
const MAX_NODES_IN_MATRIX: usize = 1_000;
/// In clusters of more nodes scores are not kept.
const MAX_NODES_WITH_SCORES: usize = 100;
/// Of so many Pods decisions are kept.
const MAX_PODS: usize = 1_000;
/// So many attempts of each.
const MAX_ATTEMPTS: usize = 4;

/// The last attempts to place a Pod.
#[derive(Clone, Debug, Default)]
pub struct Decision {
    attempts: VecDeque<Arc<Attempt>>,
}

/// One attempt.
#[derive(Clone, Debug)]
pub struct Attempt {
    /// When.
    pub at: SimTime,
    /// Its number, from 1.
    pub number: u32,
    /// What came of it.
    pub outcome: AttemptOutcome,
    /// How many nodes there were.
    pub nodes: usize,
    /// How many of them would do.
    pub feasible: usize,
    /// How many were looked at; the search ends when enough are found.
    pub examined: usize,
    /// What nodes were turned down for, and how many.
    pub answers: Vec<Answer>,
    /// The plugin that turned the Pod down before any node was looked at.
    pub pre_filter: Option<Answer>,
    /// The plugins that filter, in order.
    pub plugins: Arc<[&'static str]>,
    /// The chosen node's rivals and how they compared.
    pub scores: Option<Scores>,
    matrix: Option<Matrix>,
}

/// What came of an attempt.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum AttemptOutcome {
    /// A node was chosen.
    Assigned {
        /// Which.
        node: Arc<str>,
    },
    /// No node will do.
    Unschedulable {
        /// The text of the event.
        message: Arc<str>,
    },
    /// No node will do, but room is being made.
    Preempting {
        /// The text of the event.
        message: Arc<str>,
        /// Where.
        node: Arc<str>,
        /// The Pods that must go, as `namespace/name`.
        victims: Vec<String>,
    },
    /// A node was chosen, but the binding failed.
    Failed {
        /// The text of the event.
        message: Arc<str>,
    },
}

/// What several nodes were turned down for.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Answer {
    /// The plugin; `None` for the framework itself.
    pub plugin: Option<&'static str>,
    /// Whether fewer Pods might help.
    pub code: Code,
    /// Why.
    pub reasons: Vec<Reason>,
    /// How many nodes.
    pub count: usize,
}

/// Scores of the feasible nodes.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Scores {
    /// The nodes.
    pub nodes: Vec<Arc<str>>,
    /// What each plugin gave them.
    pub plugins: Vec<PluginScores>,
    /// The weighted sums.
    pub totals: Vec<i64>,
}

#[derive(Clone, Debug)]
struct Matrix {
    nodes: Arc<[Arc<str>]>,
    seen: Vec<Seen>,
}

/// What a plugin said of a node.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Verdict<'a> {
    /// Nothing against it.
    Passed,
    /// It will not do.
    Rejected(&'a Answer),
    /// It was not asked: an earlier plugin had turned the node down, or the search had ended.
    NotAsked,
}

impl Decision {
    /// The attempts that are kept, oldest first.
    pub fn attempts(&self) -> impl DoubleEndedIterator<Item = &Attempt> {
        self.attempts.iter().map(|attempt| &**attempt)
    }

    /// The last attempt.
    #[must_use]
    pub fn last(&self) -> Option<&Attempt> {
        self.attempts.back().map(|attempt| &**attempt)
    }
}

impl Attempt {
    /// The nodes in the order of search; empty in clusters too large for a matrix.
    #[must_use]
    pub fn node_names(&self) -> &[Arc<str>] {
        self.matrix.as_ref().map_or(&[], |matrix| &matrix.nodes)
    }

    /// What the plugin of that name said of the node at that place.
    #[must_use]
    pub fn verdict(&self, plugin: &str, node: usize) -> Verdict<'_> {
        let seen = self.matrix.as_ref().and_then(|matrix| matrix.seen.get(node)).copied().unwrap_or_default();
        match seen {
            Seen::NotExamined => Verdict::NotAsked,
            Seen::Feasible => Verdict::Passed,
            Seen::Rejected(number) => {
                let Some(answer) = self.answers.get(usize::from(number)) else { return Verdict::NotAsked };
                let place = |name: &str| self.plugins.iter().position(|one| *one == name);
                match answer.plugin.map(|name| place(name).cmp(&place(plugin))) {
                    Some(std::cmp::Ordering::Equal) => Verdict::Rejected(answer),
                    Some(std::cmp::Ordering::Greater) => Verdict::Passed,
                    _ => Verdict::NotAsked,
                }
            }
        }
    }

    /// What the node at that place was turned down for, if it was.
    #[must_use]
    pub fn rejection(&self, node: usize) -> Option<&Answer> {
        match self.matrix.as_ref()?.seen.get(node)? {
            Seen::Rejected(number) => self.answers.get(usize::from(*number)),
            _ => None,
        }
    }
}

/// The decisions of one scheduler.
#[derive(Clone, Debug, Default)]
pub struct Decisions {
    by_pod: BTreeMap<(Arc<str>, Arc<str>), Decision>,
    order: VecDeque<(Arc<str>, Arc<str>)>,
    /// The plugins that filter, by profile.
    plugins: BTreeMap<Arc<str>, Arc<[&'static str]>>,
}

impl Decisions {
    /// No decisions yet.
    #[must_use]
    pub fn new(profiles: &Profiles) -> Self {
        let filters = |profile: &Profile| {
            let all = profile
                .plugins()
                .filter(|(_, plugin)| plugin.as_filter().is_some() || plugin.as_pre_filter().is_some());
            all.map(|(_, plugin)| plugin.name()).collect()
        };
        let plugins = profiles.iter().map(|profile| (Arc::clone(&profile.scheduler_name), filters(profile))).collect();
        Self { plugins, ..Self::default() }
    }

    /// The decision about a Pod, if one was made lately.
    #[must_use]
    pub fn get(&self, namespace: &str, name: &str) -> Option<&Decision> {
        self.by_pod.get(&(namespace.into(), name.into()))
    }

    /// All decisions, by namespace and name.
    pub fn iter(&self) -> impl Iterator<Item = (&str, &str, &Decision)> {
        self.by_pod.iter().map(|((namespace, name), decision)| (&**namespace, &**name, decision))
    }

    /// Keeps an attempt.
    pub fn keep(&mut self, namespace: &str, name: &str, attempt: Attempt) {
        let key: (Arc<str>, Arc<str>) = (namespace.into(), name.into());
        if !self.by_pod.contains_key(&key) {
            self.order.push_back(key.clone());
            if self.order.len() > MAX_PODS
                && let Some(oldest) = self.order.pop_front()
            {
                self.by_pod.remove(&oldest);
            }
        }
        let attempts = &mut self.by_pod.entry(key).or_default().attempts;
        attempts.push_back(Arc::new(attempt));
        if attempts.len() > MAX_ATTEMPTS {
            attempts.pop_front();
        }
    }

    /// An attempt as far as the search went.
    #[must_use]
    pub fn attempt(
        &self,
        at: SimTime,
        number: u32,
        outcome: AttemptOutcome,
        profile: &Profile,
        snapshot: &Snapshot,
        diagnosis: Diagnosis,
    ) -> Attempt {
        let named = |plugin: usize| profile.name_of(plugin);
        let answers = diagnosis.patterns.into_iter().map(|pattern| Answer {
            plugin: pattern.plugin.map(named),
            code: pattern.rejection.code,
            reasons: pattern.rejection.reasons,
            count: pattern.count,
        });
        Attempt {
            at,
            number,
            outcome,
            nodes: snapshot.len(),
            feasible: diagnosis.feasible,
            examined: diagnosis.feasible + diagnosis.rejected,
            answers: answers.collect(),
            pre_filter: diagnosis.pre_filter.map(|(plugin, rejection)| Answer {
                plugin: Some(named(plugin)),
                code: rejection.code,
                reasons: rejection.reasons,
                count: snapshot.len(),
            }),
            plugins: self.plugins.get(&profile.scheduler_name).cloned().unwrap_or_default(),
            scores: None,
            matrix: (snapshot.len() <= MAX_NODES_IN_MATRIX)
                .then(|| Matrix { nodes: Arc::clone(snapshot.names()), seen: diagnosis.seen }),
        }
    }

    /// An attempt that found a node.
    #[must_use]
    pub fn placed(
        &self,
        at: SimTime,
        number: u32,
        placement: Placement,
        profile: &Profile,
        snapshot: &Snapshot,
    ) -> Attempt {
        let outcome = AttemptOutcome::Assigned { node: placement.node };
        let scores = (snapshot.len() <= MAX_NODES_WITH_SCORES && !placement.scores.is_empty()).then(|| Scores {
            nodes: placement.feasible.iter().map(|place| Arc::clone(&snapshot.at(*place).name)).collect(),
            plugins: placement.scores,
            totals: placement.totals,
        });
        Attempt { scores, ..self.attempt(at, number, outcome, profile, snapshot, placement.diagnosis) }
    }
}
