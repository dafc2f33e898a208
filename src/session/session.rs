//! A session: a scenario being played.

use std::collections::BTreeMap;
use std::sync::Arc;

use crate::apiserver::Request;
use crate::cluster::outside::Told;
use crate::cluster::{Cluster, Fault, FaultError, Input, SpecError};
use crate::engine::{Journal, SimDuration, SimTime};
use crate::scenario::timeline::TIMELINE_INVOCATIONS;
use crate::scenario::{Act, Lesson, Scenario};

use super::checkpoints::{Checkpoint, Checkpoints};
use super::pace::Pace;
use super::usage::UsageHistory;

/// How long a command may take while time stands still: it gets what it needs to answer, and no more.
const PAUSED_COMMAND_MAX: SimDuration = SimDuration::from_secs(2);
/// How often the lesson looks at the cluster.
pub(super) const LOOK_INTERVAL: SimDuration = SimDuration::from_millis(100);

/// A scenario being played.
#[derive(Clone)]
pub struct Session {
    pub(super) scenario: Arc<Scenario>,
    pub(super) seed: u64,
    pub(super) cluster: Cluster,
    pub(super) lesson: Lesson,
    pub(super) journal: Journal<Input>,
    pub(super) checkpoints: Checkpoints,
    pub(super) pace: Pace,
    /// The learner's files, by name.
    pub(super) files: Arc<BTreeMap<String, String>>,
    pub(super) next_invocation: u64,
    pub(super) next_call: u64,
    /// The past that is being looked at.
    pub(super) past: Option<Arc<Checkpoint>>,
    pub(super) bookmarks: Vec<(SimTime, String)>,
    pub(super) usage: UsageHistory,
}

/// A session that cannot be opened.
#[derive(Debug, thiserror::Error)]
pub enum SessionError {
    /// The cluster cannot be built.
    #[error(transparent)]
    Cluster(#[from] SpecError),
    /// The scenario's own objects were refused.
    #[error("the cluster refuses an object of the scenario: {0}")]
    Manifest(String),
}

impl Session {
    /// Builds the cluster, applies the scenario's objects and lets it settle.
    ///
    /// # Errors
    /// When the cluster cannot be built or refuses an object.
    pub fn open(scenario: Arc<Scenario>, seed: u64) -> Result<Self, SessionError> {
        let mut cluster = scenario.boot(seed)?;
        let refused = scenario.settle(&mut cluster);
        if let Some(refusal) = refused {
            return Err(SessionError::Manifest(refusal));
        }
        let lesson = Lesson::begin(Arc::clone(&scenario), &cluster);
        let files = Arc::new(scenario.files().clone());
        let mut session = Self {
            scenario,
            seed,
            cluster,
            lesson,
            journal: Journal::new(),
            checkpoints: Checkpoints::default(),
            pace: Pace::default(),
            files,
            next_invocation: 1,
            next_call: 0,
            past: None,
            bookmarks: Vec::new(),
            usage: UsageHistory::default(),
        };
        session.checkpoint();
        Ok(session)
    }

    /// The scenario.
    #[must_use]
    pub fn scenario(&self) -> &Arc<Scenario> {
        &self.scenario
    }

    /// The seed.
    #[must_use]
    pub fn seed(&self) -> u64 {
        self.seed
    }

    /// The cluster to look at: the present one, or the past that is being looked at.
    #[must_use]
    pub fn cluster(&self) -> &Cluster {
        self.past.as_ref().map_or(&self.cluster, |past| &past.cluster)
    }

    /// The lesson, as it was at the instant that is being looked at.
    #[must_use]
    pub fn lesson(&self) -> &Lesson {
        self.past.as_ref().map_or(&self.lesson, |past| &past.lesson)
    }

    /// Does what a learner does with a lesson: goes on, answers, asks for a hint.
    pub fn act(&mut self, act: Act) {
        self.submit(act.to_input());
    }

    /// The instant that is being looked at.
    #[must_use]
    pub fn now(&self) -> SimTime {
        self.cluster().now()
    }

    /// The present instant, whatever is being looked at.
    #[must_use]
    pub fn present(&self) -> SimTime {
        self.cluster.now()
    }

    /// When the learner arrived.
    #[must_use]
    pub fn arrived_at(&self) -> SimTime {
        self.lesson.arrived_at()
    }

    /// The inputs so far.
    #[must_use]
    pub fn journal(&self) -> &Journal<Input> {
        &self.journal
    }

    /// The instants just before the learner did something to the cluster, oldest first.
    pub fn deeds(&self) -> impl Iterator<Item = SimTime> {
        let is_deed = |input: &Input| match input {
            Input::Kubectl { invocation, .. } => *invocation < TIMELINE_INVOCATIONS,
            Input::Note(_) => false,
            _ => true,
        };
        let deeds = self.journal.entries().iter().filter(move |entry| is_deed(&entry.input));
        deeds.map(|entry| entry.at.saturating_sub(SimDuration::from_micros(1)))
    }

    /// The learner's files.
    #[must_use]
    pub fn files(&self) -> &BTreeMap<String, String> {
        &self.files
    }

    /// Writes a file of the learner.
    pub fn write_file(&mut self, name: &str, text: &str) {
        Arc::make_mut(&mut self.files).insert(name.to_owned(), text.to_owned());
    }

    /// What nodes and containers used over time.
    #[must_use]
    pub fn usage(&self) -> &UsageHistory {
        &self.usage
    }

    /// How time runs.
    #[must_use]
    pub fn pace(&self) -> &Pace {
        &self.pace
    }

    /// How time runs, to change.
    pub fn pace_mut(&mut self) -> &mut Pace {
        &mut self.pace
    }

    /// Runs kubectl; its output is found under the number that this returns. While time stands still the command gets the
    /// moment that it needs.
    pub fn kubectl(&mut self, line: &str) -> u64 {
        self.kubectl_with(line, None)
    }

    /// Runs kubectl with something on its standard input.
    pub fn kubectl_with(&mut self, line: &str, stdin: Option<String>) -> u64 {
        let invocation = self.next_invocation;
        self.next_invocation += 1;
        let files = Arc::clone(&self.files);
        self.submit(Input::Kubectl { invocation, line: line.to_owned(), files, stdin });
        if self.pace.is_paused() {
            self.let_finish(invocation, PAUSED_COMMAND_MAX);
        }
        invocation
    }

    /// Sends a request of a program outside; what it is told comes out of [`Session::take_told`] under the number that this
    /// returns.
    pub fn call(&mut self, request: Request) -> u64 {
        self.next_call += 1;
        self.submit(Input::Api { call: self.next_call, request: Box::new(request) });
        self.next_call
    }

    /// A program outside has closed the connection of a request.
    pub fn hang_up(&mut self, call: u64) {
        self.submit(Input::Hangup { call });
    }

    /// What programs outside were told since this was asked last.
    pub fn take_told(&mut self) -> Vec<Told> {
        self.cluster.take_told()
    }

    /// Handles the next signal, whatever the pace.
    pub fn step(&mut self) {
        self.past = None;
        self.cluster.step();
        self.finish_instant();
    }

    /// Ends an edit that kubectl asked for.
    pub fn edited(&mut self, invocation: u64, text: Option<String>) {
        self.submit(Input::Edited { invocation, text });
        if self.pace.is_paused() {
            self.let_finish(invocation, PAUSED_COMMAND_MAX);
        }
    }

    /// Ctrl-C to a running kubectl.
    pub fn interrupt(&mut self, invocation: u64) {
        self.submit(Input::Interrupt { invocation });
    }

    /// Breaks or mends something.
    ///
    /// # Errors
    /// When there is no such thing to break.
    pub fn fault(&mut self, fault: Fault) -> Result<(), FaultError> {
        self.cluster.preview(&fault)?;
        self.submit(Input::Fault(fault));
        Ok(())
    }

    /// Gives an input. Whoever looked at the past is back in the present.
    pub fn submit(&mut self, input: Input) {
        self.past = None;
        self.lesson.hear(&input, self.cluster.now());
        self.journal.push(self.cluster.now(), input.clone());
        self.cluster.submit(input);
    }

    /// Lets a command run until it ends or `most` has passed. Says whether it ended.
    pub fn let_finish(&mut self, invocation: u64, most: SimDuration) -> bool {
        let end = self.cluster.now() + most;
        while !self.cluster.invocation(invocation).is_some_and(|running| running.is_waiting_or_over()) {
            if self.cluster.next_at().is_none_or(|at| at > end) {
                self.finish_instant();
                return false;
            }
            self.cluster.step();
        }
        self.finish_instant();
        true
    }

    /// Handles whatever else is due at the present instant, so that an input always comes after all of it: in a replay too.
    fn finish_instant(&mut self) {
        self.cluster.run_until(self.cluster.now());
        self.look();
    }

    /// Lets time follow `wall_micros` of wall time, at the session's pace; says whether anything happened.
    pub fn tick(&mut self, wall_micros: u64) -> bool {
        let span = self.pace.advance(wall_micros);
        let before = self.cluster.steps();
        if span > SimDuration::ZERO && self.past.is_none() {
            self.run_until(self.cluster.now() + span);
        }
        self.cluster.steps() != before
    }

    /// Lets time run for `span`.
    pub fn run_for(&mut self, span: SimDuration) {
        self.run_until(self.cluster.now() + span);
    }

    /// Lets time run up to `until`, looking at the lesson and keeping checkpoints on the way.
    pub fn run_until(&mut self, until: SimTime) {
        self.past = None;
        while self.cluster.now() < until {
            let next = (self.cluster.now() + LOOK_INTERVAL).min(until);
            self.cluster.run_until(next);
            self.look();
        }
    }

    /// Lets time run to the next event that `kubectl get events` would show or the next change of an object.
    pub fn step_event(&mut self) {
        self.past = None;
        let before = self.cluster.revision();
        let end = self.cluster.now() + SimDuration::from_secs(600);
        while self.cluster.revision() == before && self.cluster.next_at().is_some_and(|at| at <= end) {
            self.cluster.step();
        }
        self.finish_instant();
    }

    fn look(&mut self) {
        for (name, text) in self.cluster.take_written() {
            self.write_file(&name, &text);
        }
        for input in self.lesson.observe(&self.cluster) {
            self.journal.push(self.cluster.now(), input.clone());
            self.cluster.submit(input);
        }
        self.usage.look(&self.cluster);
        if self.checkpoints.is_due(self.cluster.now()) {
            self.checkpoint();
        }
    }

    fn checkpoint(&mut self) {
        let (cluster, lesson) = (self.cluster.clone(), self.lesson.clone());
        self.checkpoints.push(Checkpoint { at: cluster.now(), cluster, lesson, journal_len: self.journal.len() });
    }
}
