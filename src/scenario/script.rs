//! Scripts: commands run against a scenario without a screen, with what was printed and how far the lesson came.

use std::collections::BTreeMap;
use std::sync::Arc;

use crate::cluster::{Cluster, Input, SpecError};
use crate::engine::{SimDuration, SimTime};

use super::act::Act;
use super::command::Command;
use super::lesson::Lesson;
use super::scenario::Scenario;

/// How often the lesson looks at the cluster.
const LOOK_INTERVAL: SimDuration = SimDuration::from_millis(100);
/// A command that has not ended by then is interrupted, as one with Ctrl-C.
const COMMAND_TIME_MAX: SimDuration = SimDuration::from_secs(120);

/// A scenario that is being run by a script.
#[derive(Clone)]
pub struct Run {
    scenario: Arc<Scenario>,
    cluster: Cluster,
    lesson: Lesson,
    files: Arc<BTreeMap<String, String>>,
    next_invocation: u64,
    transcript: Vec<Entry>,
}

/// What one command did.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Entry {
    /// When it was given.
    pub at: SimTime,
    /// The command.
    pub command: String,
    /// What was printed.
    pub output: String,
    /// The exit code; 0 for commands that have none.
    pub code: i32,
}

/// A scenario that cannot be run.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum RunError {
    /// Its cluster cannot be built.
    #[error(transparent)]
    Cluster(#[from] SpecError),
    /// The cluster refuses one of its objects.
    #[error("the cluster refuses an object of the scenario: {0}")]
    Manifest(String),
    /// A command cannot be read.
    #[error("`{command}`: {message}")]
    Command {
        /// The command.
        command: String,
        /// What is wrong.
        message: String,
    },
}

impl Run {
    /// Builds the cluster, applies the scenario's objects, lets it settle; the learner arrives.
    ///
    /// # Errors
    /// When the cluster cannot be built or refuses an object.
    pub fn open(scenario: Arc<Scenario>, seed: u64) -> Result<Self, RunError> {
        let mut cluster = scenario.boot(seed)?;
        if let Some(refusal) = scenario.settle(&mut cluster) {
            return Err(RunError::Manifest(refusal));
        }
        let lesson = Lesson::begin(Arc::clone(&scenario), &cluster);
        let files = Arc::new(scenario.files().clone());
        let mut run = Self { scenario, cluster, lesson, files, next_invocation: 1, transcript: Vec::new() };
        run.look();
        Ok(run)
    }

    /// The scenario.
    #[must_use]
    pub fn scenario(&self) -> &Arc<Scenario> {
        &self.scenario
    }

    /// The cluster.
    #[must_use]
    pub fn cluster(&self) -> &Cluster {
        &self.cluster
    }

    /// The lesson.
    #[must_use]
    pub fn lesson(&self) -> &Lesson {
        &self.lesson
    }

    /// What was done so far.
    #[must_use]
    pub fn transcript(&self) -> &[Entry] {
        &self.transcript
    }

    /// Reads and runs commands, one after another.
    ///
    /// # Errors
    /// At the first one that cannot be read; what came before has been done.
    pub fn run_all<'l>(&mut self, lines: impl IntoIterator<Item = &'l String>) -> Result<(), RunError> {
        for line in lines {
            let failed = |message| RunError::Command { command: line.trim().to_owned(), message };
            let command = Command::parse(line).map_err(failed)?;
            self.run(&command);
        }
        Ok(())
    }

    /// Runs one command and lets the time pass that it takes.
    pub fn run(&mut self, command: &Command) {
        let at = self.cluster.now();
        let (code, output) = self.carry_out(command);
        self.transcript.push(Entry { at, command: command.to_string(), output, code });
    }

    fn carry_out(&mut self, command: &Command) -> (i32, String) {
        match command {
            Command::Kubectl(line) => return self.kubectl(line),
            Command::Wait(span) => self.run_for(*span),
            Command::WaitGoal(span) => {
                let step = self.lesson.current();
                self.run_while(*span, |run| run.lesson.current() == step);
                if self.lesson.current() == step {
                    return (1, "the goal was not reached\n".into());
                }
            }
            Command::Answer(option) => {
                if !self.act(Act::Answer(*option)) {
                    return (1, "there is no question with that option here\n".into());
                }
            }
            Command::Hint => {
                if !self.act(Act::Hint) {
                    return (1, "there is no hint left\n".into());
                }
            }
            Command::Next => {
                self.act(Act::Advance);
            }
            Command::Fault(fault) => {
                if let Err(error) = self.cluster.preview(fault) {
                    return (1, format!("{error}\n"));
                }
                self.cluster.submit(Input::Fault(fault.clone()));
                self.run_for(LOOK_INTERVAL);
            }
            Command::Write { name, text } => {
                Arc::make_mut(&mut self.files).insert(name.clone(), text.clone());
            }
        }
        (0, String::new())
    }

    fn kubectl(&mut self, line: &str) -> (i32, String) {
        let invocation = self.next_invocation;
        self.next_invocation += 1;
        let files = Arc::clone(&self.files);
        self.cluster.submit(Input::Kubectl { invocation, line: line.to_owned(), files, stdin: None });
        let runs = |run: &Self| run.cluster.outcome_of(invocation).is_none();
        let waits = |run: &Self| run.cluster.invocation(invocation).is_some_and(|running| running.editing().is_some());
        self.run_while(COMMAND_TIME_MAX, |run| runs(run) && !waits(run));
        if waits(self) {
            // A script has no editor: the edit is given up, as one that changed nothing.
            self.cluster.submit(Input::Edited { invocation, text: None });
            self.run_while(COMMAND_TIME_MAX, runs);
        }
        if runs(self) {
            self.cluster.submit(Input::Interrupt { invocation });
            self.run_while(COMMAND_TIME_MAX, runs);
        }
        self.cluster.outcome_of(invocation).map_or((1, String::new()), |(code, output)| (code, output.to_owned()))
    }

    /// Does what a learner does with a lesson.
    pub fn act(&mut self, act: Act) -> bool {
        let changed = self.lesson.act(act, self.cluster.now());
        if changed {
            self.cluster.submit(act.to_input());
        }
        self.look();
        changed
    }

    /// Lets time run.
    pub fn run_for(&mut self, span: SimDuration) {
        self.run_while(span, |_| true);
    }

    /// Lets time run until the lesson is over, at most so long; says whether it is.
    pub fn run_until_solved(&mut self, most: SimDuration) -> bool {
        self.run_while(most, |run| !run.lesson.is_solved() && !run.lesson.is_lost());
        self.lesson.is_solved()
    }

    /// Lets time run while something holds, at most so long.
    fn run_while(&mut self, most: SimDuration, goes_on: impl Fn(&Self) -> bool) {
        let end = self.cluster.now() + most;
        while self.cluster.now() < end && goes_on(self) {
            let next = (self.cluster.now() + LOOK_INTERVAL).min(end);
            self.cluster.run_until(next);
            self.look();
        }
    }

    /// The lesson looks; what is only to be read counts as read at once.
    fn look(&mut self) {
        loop {
            for input in self.lesson.observe(&self.cluster) {
                self.cluster.submit(input);
            }
            let now = self.cluster.now();
            if !self.lesson.act(Act::Advance, now) {
                return;
            }
        }
    }
}
