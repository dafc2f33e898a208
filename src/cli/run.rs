//! `podlab run`: a scenario without the app.

use std::fs;
use std::io::Write;

use serde_json::json;

use crate::engine::SimDuration;
use crate::scenario::GoalState;
use crate::scenario::Language;
use crate::scenario::command::Command;
use crate::scenario::script::Run;

use super::NOT_MET;
use super::args::{self, Format};
use super::failure::Failure;
use super::sources;
use super::timeline::Timeline;

/// How much simulated time passes between two looks for something to print.
const SLICE: SimDuration = SimDuration::from_secs(1);

/// Runs a scenario; 0 when every goal is reached.
///
/// # Errors
/// When there is no such scenario, solution or script, or the cluster cannot be built.
pub fn run(args: &args::Run, out: &mut dyn Write) -> Result<u8, Failure> {
    let scenario = sources::scenario(&args.scenario)?;
    let commands = commands(args, &scenario)?;
    let mut run = Run::open(scenario, args.seed).map_err(Failure::input)?;
    let mut timeline = Timeline::new(args.output, &run);
    timeline.print(&run, out)?;
    for command in &commands {
        run.run(command);
        timeline.print(&run, out)?;
    }
    let end = run.lesson().arrived_at() + args.until;
    while run.cluster().now() < end && !run.lesson().is_solved() {
        let left = end.since(run.cluster().now());
        run.run_until_solved(left.min(SLICE));
        timeline.print(&run, out)?;
    }
    summarise(&run, args.output, out)?;
    Ok(if run.lesson().is_solved() { 0 } else { NOT_MET })
}

fn commands(args: &args::Run, scenario: &crate::scenario::Scenario) -> Result<Vec<Command>, Failure> {
    if let Some(path) = &args.script {
        let text = fs::read_to_string(path).map_err(|error| Failure::input(format!("{}: {error}", path.display())))?;
        return Command::parse_script(&text)
            .map_err(|error| Failure::input(format!("{}:{}: {error}", path.display(), error.line)));
    }
    let Some(name) = &args.solution else { return Ok(Vec::new()) };
    let spec = scenario.spec();
    let solutions = spec.solutions.iter().map(|solution| (&solution.name, &solution.run));
    let wrong = spec.wrong.iter().map(|answer| (&answer.name, &answer.run));
    let all: Vec<_> = solutions.chain(wrong).collect();
    let Some((_, lines)) = all.iter().find(|(known, _)| *known == name) else {
        let known: Vec<&str> = all.iter().map(|(name, _)| name.as_str()).collect();
        let message = format!("{} has no solution \"{name}\"; it has {}", scenario.name(), known.join(", "));
        return Err(Failure::input(message));
    };
    lines.iter().map(|line| Command::parse(line).map_err(Failure::input)).collect()
}

fn is_reached(state: &GoalState) -> bool {
    matches!(state, GoalState::Reached { .. })
}

fn summarise(run: &Run, format: Format, out: &mut dyn Write) -> Result<(), Failure> {
    let lesson = run.lesson();
    let goals: Vec<_> = lesson.goals().collect();
    let reached = goals.iter().filter(|(_, _, state)| is_reached(state)).count();
    if format == Format::Json {
        let now = run.cluster().now().as_micros();
        writeln!(
            out,
            "{}",
            json!({"at": now, "solved": lesson.is_solved(), "goals": goals.len(), "reached": reached})
        )?;
        return Ok(());
    }
    writeln!(out)?;
    for (_, goal, state) in &goals {
        let sign = if is_reached(state) { "reached    " } else { "not reached" };
        writeln!(out, "  {sign}  {}", goal.title.get(Language::English))?;
    }
    for (answer, _) in lesson.mistakes() {
        writeln!(out, "  caught       {}: {}", answer.name, answer.because.get(Language::English).trim_end())?;
    }
    let verdict = if lesson.is_solved() { "solved" } else { "not solved" };
    writeln!(out, "{verdict}: {reached} of {} goals reached at {}", goals.len(), run.cluster().now())?;
    Ok(())
}
