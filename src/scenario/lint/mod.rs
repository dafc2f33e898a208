//! Lint: what is wrong with a scenario beyond its schema, each with its place in the file and what to do.
//!
//! Reading order: [`finding`], `texts`, `commands`, `manifests`.

mod commands;
pub mod finding;
mod manifests;
mod texts;

use crate::model::suggest;
use crate::model::yaml::Place;

use super::load;
use super::scenario::Scenario;
use super::spec::Step;

pub use finding::{Finding, Severity};

/// The tracks of the curriculum.
pub const TRACKS: [&str; 10] = [
    "first-steps",
    "applications",
    "services",
    "scheduling",
    "shutdown",
    "storage",
    "rollouts",
    "control-plane",
    "operations",
    "incidents",
];
/// The labels that mean something.
const LABELS: [&str; 3] = ["track", "level", "order"];
/// So many hints belong to a goal: a nudge, a direction, the answer.
const HINTS: usize = 3;

/// A scenario that is being looked over.
struct Lint<'s> {
    scenario: &'s Scenario,
    findings: Vec<Finding>,
}

/// Looks a file over; one that does not load has exactly one finding.
#[must_use]
pub fn lint_text(file: &str, text: &str) -> Vec<Finding> {
    match load::read(file, text) {
        Ok(scenario) => lint(&scenario),
        Err(error) => vec![Finding::of_load_error(error)],
    }
}

/// Looks a scenario over. An empty list means that nothing is wrong.
#[must_use]
pub fn lint(scenario: &Scenario) -> Vec<Finding> {
    let mut lint = Lint { scenario, findings: Vec::new() };
    lint.metadata();
    lint.expressions();
    lint.steps();
    lint.answers();
    lint.texts();
    lint.manifests();
    lint.commands();
    lint.cluster();
    lint.findings.sort_by_key(|finding| (finding.line, finding.column));
    lint.findings
}

impl Lint<'_> {
    fn error(&mut self, pointer: &str, message: impl Into<String>, hint: impl Into<Option<String>>) {
        let place = self.place(pointer);
        self.add(Severity::Error, place, pointer, message.into(), hint.into());
    }

    fn warning(&mut self, pointer: &str, message: impl Into<String>, hint: impl Into<Option<String>>) {
        let place = self.place(pointer);
        self.add(Severity::Warning, place, pointer, message.into(), hint.into());
    }

    fn add(&mut self, severity: Severity, place: Place, pointer: &str, message: String, hint: Option<String>) {
        let file = self.scenario.source.to_string();
        let path = finding::path_of(pointer);
        self.findings.push(Finding { severity, file, line: place.line, column: place.column, path, message, hint });
    }

    fn place(&self, pointer: &str) -> Place {
        self.scenario.spans.nearest(pointer).value.start
    }

    fn metadata(&mut self) {
        let name = self.scenario.name().to_owned();
        let is_name_byte = |byte: u8| byte.is_ascii_lowercase() || byte.is_ascii_digit() || byte == b'-';
        if name.is_empty() || !name.bytes().all(is_name_byte) || name.starts_with('-') || name.ends_with('-') {
            let hint = "use lower case letters, digits and '-'".to_owned();
            self.error("/metadata/name", format!("\"{name}\" is no name for a scenario"), hint);
        }
        for (key, value) in self.scenario.file.metadata.labels.clone() {
            let pointer = format!("/metadata/labels/{}", key.replace('/', "~1"));
            if !LABELS.contains(&key.as_str()) && !key.contains('/') {
                let close = suggest::closest(&key, LABELS).map_or_else(|| LABELS.join(", "), str::to_owned);
                let hint = format!("did you mean {close}? labels of your own carry a prefix: example.org/{key}");
                self.warning(&pointer, format!("podlab knows no label \"{key}\""), hint);
            }
            if key == "track" && !TRACKS.contains(&value.as_str()) {
                let close = suggest::closest(&value, TRACKS);
                let hint = close
                    .map_or_else(|| format!("tracks: {}", TRACKS.join(", ")), |close| format!("did you mean {close}?"));
                self.warning(&pointer, format!("there is no track \"{value}\""), hint);
            }
            if key == "level" && !matches!(value.as_str(), "1" | "2" | "3" | "4" | "5") {
                self.error(&pointer, format!("level \"{value}\" is none"), "levels are \"1\" to \"5\"".to_owned());
            }
        }
    }

    fn expressions(&mut self) {
        let goals = self.scenario.goals().clone();
        for wrong in &goals.errors {
            let error = load::goal_error(self.scenario, wrong);
            self.findings.push(Finding::of_load_error(error));
        }
    }

    fn steps(&mut self) {
        let scenario = self.scenario;
        let steps = &scenario.spec().steps;
        if steps.iter().all(|step| step.goal.is_none()) {
            let hint = "give at least one step a goal".to_owned();
            self.error("/spec/steps", "nothing has to be done in this scenario", hint);
        }
        for (index, step) in steps.iter().enumerate() {
            self.step(&format!("/spec/steps/{index}"), step);
        }
    }

    fn step(&mut self, at: &str, step: &Step) {
        if let Some(predict) = &step.predict {
            if predict.options.len() < 2 {
                self.error(&format!("{at}/predict/options"), "a question needs two options at least", None);
            }
            if predict.answer >= predict.options.len() {
                let message = format!("there is no option {} (they are counted from 0)", predict.answer);
                self.error(&format!("{at}/predict/answer"), message, None);
            }
            if predict.because.is_empty() {
                let hint = "say in a sentence why the answer is right".to_owned();
                self.warning(&format!("{at}/predict"), "the question lacks `because`", hint);
            }
        }
        let Some(goal) = &step.goal else { return };
        if step.hints.len() != HINTS {
            let hint = "three: a nudge, a direction, the answer".to_owned();
            self.warning(at, format!("a step with a goal has three hints, here are {}", step.hints.len()), hint);
        }
        if let (Some(hold), Some(within)) = (goal.hold, goal.within)
            && hold > within
        {
            self.error(&format!("{at}/goal"), "it has to hold for longer than there is time", None);
        }
    }

    fn answers(&mut self) {
        let scenario = self.scenario;
        let spec = scenario.spec();
        if spec.solutions.is_empty() {
            self.error("/spec/solutions", "there is no solution", "record one: `podlab record NAME`".to_owned());
        }
        if spec.wrong.is_empty() {
            let hint = "add the one that tempts most, with `detect` and `because`".to_owned();
            self.warning("/spec/wrong", "there is no wrong answer", hint);
        }
        let solutions: Vec<&str> = spec.solutions.iter().map(|solution| solution.name.as_str()).collect();
        let wrong: Vec<&str> = spec.wrong.iter().map(|wrong| wrong.name.as_str()).collect();
        let load: Vec<&str> = spec.load.iter().map(|load| load.name.as_str()).collect();
        for (list, names) in [("solutions", solutions), ("wrong", wrong), ("load", load)] {
            for (index, name) in names.iter().enumerate() {
                if names[..index].contains(name) {
                    self.error(&format!("/spec/{list}/{index}/name"), format!("the name \"{name}\" is taken"), None);
                }
            }
        }
    }

    /// What can only be said once all is put together: pools, taints, images, targets of clients.
    fn cluster(&mut self) {
        if let Err(error) = self.scenario.boot(0) {
            use crate::cluster::SpecError;
            let pointer = match &error {
                SpecError::ControlPlanes(_) => "/spec/cluster/controlPlanes",
                SpecError::Images(_) => "/spec/images",
                SpecError::Load { .. } => "/spec/load",
                _ => "/spec/cluster/nodes",
            };
            self.error(pointer, error.to_string(), None);
        }
        let known = self.machines();
        for (index, load) in self.scenario.spec().load.iter().enumerate() {
            if let Some(node) = load.node.as_ref().filter(|node| !known.contains(node)) {
                let message = format!("there is no machine \"{node}\"");
                self.error(&format!("/spec/load/{index}/node"), message, finding::one_of(node, &known));
            }
        }
    }

    fn machines(&self) -> Vec<String> {
        let cluster = &self.scenario.spec().cluster;
        cluster.master_names().chain(cluster.nodes.iter().flat_map(|pool| pool.names())).collect()
    }
}

#[cfg(test)]
mod tests;
