//! The test of a scenario: it can be solved, it is not solved from the start, its wrong answers are wrong and are recognised,
//! and the same seed gives the same history.

use std::sync::Arc;

use crate::cluster::Cluster;
use crate::engine::{History, SimDuration};

use super::lint::{self, Severity};
use super::scenario::Scenario;
use super::script::{Run, RunError};

/// How long nothing is done, at the most, to see whether a scenario solves itself.
const IDLE_MAX: SimDuration = SimDuration::from_secs(300);
/// How long the goals may need after the last command of a solution.
const SOLVED_WITHIN: SimDuration = SimDuration::from_secs(300);
/// How long a wrong answer is given to prove itself right after its last command.
const WRONG_WAIT: SimDuration = SimDuration::from_secs(60);

/// How a scenario did.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Report {
    /// The scenario.
    pub scenario: String,
    /// What was checked, in order.
    pub checks: Vec<Check>,
}

/// One check.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Check {
    /// What was checked: `lint`, `solution lower-request`.
    pub name: String,
    /// What came out: a detail when all is well, else the reason.
    pub outcome: Result<String, String>,
}

impl Report {
    /// Whether every check passed.
    #[must_use]
    pub fn is_passed(&self) -> bool {
        self.checks.iter().all(|check| check.outcome.is_ok())
    }
}

/// Tests a scenario with a seed.
#[must_use]
pub fn test(scenario: &Arc<Scenario>, seed: u64) -> Report {
    let mut report = Report { scenario: scenario.name().to_owned(), checks: Vec::new() };
    let mut add = |name: String, outcome| report.checks.push(Check { name, outcome });
    add("lint".into(), linted(scenario));
    let start = match Run::open(Arc::clone(scenario), seed) {
        Ok(start) => start,
        Err(error) => {
            add("start".into(), Err(error.to_string()));
            return report;
        }
    };
    add("unsolved while nothing is done".into(), unsolved(start.clone()));
    let mut first_run = None;
    for solution in &scenario.spec().solutions {
        let mut run = start.clone();
        add(format!("solution {}", solution.name), solved(&mut run, &solution.run));
        first_run.get_or_insert((run, &solution.run));
    }
    for wrong in &scenario.spec().wrong {
        add(format!("wrong answer {}", wrong.name), caught(start.clone(), &wrong.name, &wrong.run));
    }
    if let Some((run, commands)) = first_run {
        add("same seed, same history".into(), repeated(scenario, seed, &run, commands));
    }
    report
}

fn linted(scenario: &Scenario) -> Result<String, String> {
    let findings = lint::lint(scenario);
    match findings.iter().find(|finding| finding.severity == Severity::Error) {
        Some(finding) => Err(finding.to_string()),
        None if findings.is_empty() => Ok("clean".into()),
        None => Ok(format!("{} warnings", findings.len())),
    }
}

fn unsolved(mut run: Run) -> Result<String, String> {
    let idle = SimDuration::from_secs(u64::from(run.scenario().spec().minutes) * 60).min(IDLE_MAX);
    if run.run_until_solved(idle) {
        return Err("it solves itself; nothing has to be done".into());
    }
    Ok(format!("still unsolved after {idle}"))
}

fn solved(run: &mut Run, commands: &[String]) -> Result<String, String> {
    let began_at = run.cluster().now();
    run.run_all(commands).map_err(|error: RunError| error.to_string())?;
    if run.run_until_solved(SOLVED_WITHIN) {
        return Ok(format!("solved in {}", run.cluster().now().since(began_at)));
    }
    Err(format!("not solved: {}", standing(run)))
}

fn caught(mut run: Run, name: &str, commands: &[String]) -> Result<String, String> {
    run.run_all(commands).map_err(|error| error.to_string())?;
    if run.run_until_solved(WRONG_WAIT) {
        return Err("the wrong answer solves the scenario".into());
    }
    let is_caught = run.lesson().mistakes().any(|(wrong, _)| wrong.name == name);
    if is_caught { Ok("recognised".into()) } else { Err(format!("it is not recognised: {}", standing(&run))) }
}

/// Where a run stands, and what its last commands said: what an author needs to see what went wrong.
fn standing(run: &Run) -> String {
    let lesson = run.lesson();
    let mut text = format!("step {} of {}", lesson.current() + 1, lesson.steps().len());
    if let Some(state) = lesson.steps().get(lesson.current()) {
        text.push_str(&format!(", goal {:?}", state.goal));
    }
    let failed = run.transcript().iter().filter(|entry| entry.code != 0);
    for entry in failed {
        text.push_str(&format!("\n  {} `{}` exit {}: {}", entry.at, entry.command, entry.code, entry.output.trim()));
    }
    text
}

fn repeated(scenario: &Arc<Scenario>, seed: u64, first: &Run, commands: &[String]) -> Result<String, String> {
    let mut second = Run::open(Arc::clone(scenario), seed).map_err(|error| error.to_string())?;
    second.run_all(commands).map_err(|error| error.to_string())?;
    second.run_until_solved(SOLVED_WITHIN);
    let (one, other) = (history(first.cluster()), history(second.cluster()));
    match one.first_divergence(&other) {
        Some(divergence) => Err(divergence.to_string()),
        None => Ok(format!("{} events", one.marks().len())),
    }
}

/// What happened, in order, as one line each.
fn history(cluster: &Cluster) -> History {
    let mut history = History::new();
    for (id, cause) in cluster.trace().iter() {
        let (parent, text) = (cause.parent.number(), &cause.text);
        history.push(
            cause.at,
            format!("#{} <- #{parent} {} {} {} {text}", id.number(), cause.actor, cause.verb, cause.object),
        );
    }
    history
}
