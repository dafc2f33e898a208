//! Which node said what, and the message that sums it up.
//!
//! Models `pkg/scheduler/framework/types.go`, `Diagnosis` and `FitError`.

use std::collections::BTreeMap;
use std::fmt::Write;

use super::profile::PluginSet;
use super::status::{Code, Reason, Rejection};

/// One distinct answer: many nodes give the same.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Pattern {
    /// The plugin that gave it, by its place in the profile; `None` for the framework itself.
    pub plugin: Option<usize>,
    /// What it said.
    pub rejection: Rejection,
    /// How many nodes got it.
    pub count: usize,
}

/// What became of a node in a search.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Seen {
    /// The search ended before it came to this node.
    #[default]
    NotExamined,
    /// It will do.
    Feasible,
    /// It will not, for the reasons of this pattern.
    Rejected(u16),
}

/// The answers of all nodes, two or four bytes each.
#[derive(Clone, Debug, Default)]
pub struct Diagnosis {
    /// The distinct answers.
    pub patterns: Vec<Pattern>,
    /// What became of each node, in the order of search.
    pub seen: Vec<Seen>,
    /// How many nodes will do.
    pub feasible: usize,
    /// How many were turned down.
    pub rejected: usize,
    /// The plugin that turned the Pod down before any node was looked at.
    pub pre_filter: Option<(usize, Rejection)>,
    /// The plugins that turned something down.
    pub rejected_by: PluginSet,
    /// What the PostFilter plugins said.
    pub post_filter: String,
}

impl Diagnosis {
    /// No answers yet from `nodes` nodes.
    #[must_use]
    pub fn new(nodes: usize) -> Self {
        Self { seen: vec![Seen::NotExamined; nodes], ..Self::default() }
    }

    /// The node at `index` will do.
    pub fn accept(&mut self, index: usize) {
        self.see(index, Seen::Feasible);
        self.feasible += 1;
    }

    /// The node at `index` was turned down; returns the number of the pattern.
    pub fn reject(&mut self, index: usize, plugin: Option<usize>, rejection: Rejection) -> u16 {
        if let Some(plugin) = plugin {
            self.rejected_by.insert(plugin);
        }
        let known = self.patterns.iter().position(|one| one.plugin == plugin && one.rejection == rejection);
        let number = known.unwrap_or_else(|| {
            self.patterns.push(Pattern { plugin, rejection, count: 0 });
            self.patterns.len() - 1
        });
        let number = u16::try_from(number).unwrap_or(u16::MAX);
        self.reject_again(index, number);
        number
    }

    /// The node at `index` was turned down for the reasons of a pattern that is known already.
    pub fn reject_again(&mut self, index: usize, number: u16) {
        self.patterns[usize::from(number)].count += 1;
        self.see(index, Seen::Rejected(number));
        self.rejected += 1;
    }

    /// A diagnosis without room for nodes keeps counts only.
    fn see(&mut self, index: usize, seen: Seen) {
        if let Some(one) = self.seen.get_mut(index) {
            *one = seen;
        }
    }

    /// What the node at `index` was told, if it was turned down.
    #[must_use]
    pub fn rejection(&self, index: usize) -> Option<&Pattern> {
        match self.seen.get(index)? {
            Seen::Rejected(number) => self.patterns.get(usize::from(*number)),
            _ => None,
        }
    }

    /// The places of nodes where fewer Pods might help.
    #[must_use]
    pub fn resolvable(&self) -> Vec<usize> {
        let helps: Vec<bool> =
            self.patterns.iter().map(|pattern| pattern.rejection.code == Code::Unschedulable).collect();
        let is_resolvable = |seen: &Seen| matches!(seen, Seen::Rejected(number) if helps[usize::from(*number)]);
        self.seen.iter().enumerate().filter(|(_, seen)| is_resolvable(seen)).map(|(place, _)| place).collect()
    }
}

/// No node will do.
#[derive(Clone, Debug)]
pub struct FitError {
    /// How many nodes there are.
    pub nodes: usize,
    /// Which of them said what.
    pub diagnosis: Diagnosis,
}

impl FitError {
    /// The message of the FailedScheduling event.
    #[must_use]
    pub fn message(&self) -> String {
        let mut text = format!("0/{} nodes are available:", self.nodes);
        match &self.diagnosis.pre_filter {
            Some((_, rejection)) => {
                let _ = write!(text, " {}.", rejection.message());
            }
            None => {
                let counted = self.diagnosis.patterns.iter();
                text.push_str(&histogram(counted.map(|pattern| (&pattern.rejection.reasons[..], pattern.count))));
            }
        }
        if !self.diagnosis.post_filter.is_empty() {
            let _ = write!(text, " {}", self.diagnosis.post_filter);
        }
        text
    }
}

/// ` 1 Insufficient cpu, 2 node(s) were unschedulable.`: each distinct reason with its count, sorted as text.
#[must_use]
pub fn histogram<'a>(answers: impl Iterator<Item = (&'a [Reason], usize)>) -> String {
    let mut counts: BTreeMap<&str, usize> = BTreeMap::new();
    for (reasons, count) in answers {
        for reason in reasons {
            *counts.entry(reason).or_default() += count;
        }
    }
    let mut lines: Vec<String> = counts.into_iter().map(|(reason, count)| format!("{count} {reason}")).collect();
    lines.sort_unstable();
    if lines.is_empty() { String::new() } else { format!(" {}.", lines.join(", ")) }
}
