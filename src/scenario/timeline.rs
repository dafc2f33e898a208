//! The timeline: what a scenario wants to happen by itself, and how much of it is over.

use std::sync::Arc;

use crate::cluster::Input;
use crate::engine::SimDuration;
use crate::model::yaml;

use super::scenario::Scenario;
use super::spec::TimelineEntry;

/// The first number of kubectl invocations that belong to the timeline.
pub const TIMELINE_INVOCATIONS: u64 = 1 << 41;

/// What is still to happen.
#[derive(Clone, Debug)]
pub struct Timeline {
    /// By time after the arrival: the number of the entry.
    entries: Arc<Vec<(SimDuration, usize)>>,
    done: usize,
}

impl Timeline {
    /// The timeline of a scenario, with everything still ahead.
    #[must_use]
    pub fn of(scenario: &Scenario) -> Self {
        let entries = scenario.spec().timeline.iter().enumerate();
        let mut entries: Vec<_> = entries.map(|(index, entry)| (entry.at.0, index)).collect();
        entries.sort();
        Self { entries: Arc::new(entries), done: 0 }
    }

    /// What wants to happen by `since` after the arrival.
    pub fn due(&mut self, since: SimDuration, scenario: &Scenario) -> Vec<Input> {
        let mut inputs = Vec::new();
        while let Some((_, index)) = self.entries.get(self.done).copied().filter(|(at, _)| *at <= since) {
            self.done += 1;
            inputs.extend(inputs_of(&scenario.spec().timeline[index], index as u64, scenario));
        }
        inputs
    }
}

fn inputs_of(entry: &TimelineEntry, number: u64, scenario: &Scenario) -> Vec<Input> {
    let first = TIMELINE_INVOCATIONS + number * 1_000;
    let kubectl = |offset: usize, line: &str, stdin: Option<String>| {
        let files = Arc::new(scenario.files().clone());
        Input::Kubectl { invocation: first + offset as u64, line: line.to_owned(), files, stdin }
    };
    let fault = entry.fault.clone().map(Input::Fault);
    let applied = entry.apply.iter().enumerate();
    let applied = applied.map(|(offset, object)| kubectl(offset, "apply -f -", Some(yaml::write(object))));
    let run = entry.run.iter().enumerate().map(|(offset, line)| kubectl(entry.apply.len() + offset, line, None));
    fault.into_iter().chain(applied).chain(run).collect()
}
