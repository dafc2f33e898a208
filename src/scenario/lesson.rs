//! The lesson: how far a learner has come. It looks at the cluster every now and then and never touches it; what it wants to
//! happen (the timeline) comes out as inputs.

use std::sync::Arc;

use crate::cluster::{Cluster, Input};
use crate::engine::{SimDuration, SimTime};

use super::act::Act;
use super::goal::{Memory, Verdict, Watched};
use super::scenario::Scenario;
use super::spec::{Goal, Hint, Predict, Step, WrongAnswer};
use super::standing::{Answer, GoalState, Miss, Mistake, StepState};
use super::timeline::Timeline;

/// A scenario as someone plays it.
#[derive(Clone)]
pub struct Lesson {
    scenario: Arc<Scenario>,
    memory: Memory,
    arrived_at: SimTime,
    current: usize,
    steps: Vec<StepState>,
    wrong: Vec<(Option<Watched>, Option<Mistake>)>,
    timeline: Timeline,
}

impl Lesson {
    /// The learner arrives.
    #[must_use]
    pub fn begin(scenario: Arc<Scenario>, cluster: &Cluster) -> Self {
        let goals = Arc::clone(scenario.goals());
        let steps = goals.steps.iter().map(StepState::ahead).collect();
        let wrong = goals.wrong.iter().map(|detect| (detect.clone().map(Watched::new), None)).collect();
        let mut lesson = Self {
            memory: Memory::of(goals.kinds()),
            arrived_at: cluster.now(),
            current: 0,
            steps,
            wrong,
            timeline: Timeline::of(&scenario),
            scenario,
        };
        lesson.enter(cluster.now());
        lesson
    }

    /// The scenario.
    #[must_use]
    pub fn scenario(&self) -> &Arc<Scenario> {
        &self.scenario
    }

    /// When the learner arrived.
    #[must_use]
    pub fn arrived_at(&self) -> SimTime {
        self.arrived_at
    }

    /// The number of the present step, from 0; the number of steps when the lesson is over.
    #[must_use]
    pub fn current(&self) -> usize {
        self.current
    }

    /// What the scenario says of the present step; `None` when the lesson is over.
    #[must_use]
    pub fn step(&self) -> Option<&Step> {
        self.scenario.spec().steps.get(self.current)
    }

    /// How far the learner is with each step.
    #[must_use]
    pub fn steps(&self) -> &[StepState] {
        &self.steps
    }

    /// Steps with a goal: their number, the goal, how it stands.
    pub fn goals(&self) -> impl Iterator<Item = (usize, &Goal, &GoalState)> {
        let steps = self.scenario.spec().steps.iter().zip(&self.steps).enumerate();
        steps.filter_map(|(index, (step, state))| step.goal.as_ref().map(|goal| (index, goal, &state.goal)))
    }

    /// The question of the present step that has not been answered.
    #[must_use]
    pub fn question(&self) -> Option<&Predict> {
        let step = self.step()?;
        step.predict.as_ref().filter(|_| self.steps.get(self.current).is_some_and(|state| state.answer.is_none()))
    }

    /// Whether the present step waits to be read, and not for a goal.
    #[must_use]
    pub fn awaits_reading(&self) -> bool {
        self.step().is_some_and(|step| step.goal.is_none())
    }

    /// Whether every step is done.
    #[must_use]
    pub fn is_solved(&self) -> bool {
        self.current >= self.steps.len()
    }

    /// When the last step was done.
    #[must_use]
    pub fn solved_at(&self) -> Option<SimTime> {
        match self.steps.last()?.goal {
            GoalState::Reached { at } if self.is_solved() => Some(at),
            _ => None,
        }
    }

    /// Whether a goal can no longer be reached; only going back in time helps then.
    #[must_use]
    pub fn is_lost(&self) -> bool {
        self.steps.iter().any(|step| matches!(step.goal, GoalState::Missed { .. }))
    }

    /// How many hints were taken.
    #[must_use]
    pub fn hints_taken(&self) -> usize {
        self.steps.iter().map(|step| step.hints.len()).sum()
    }

    /// How many hints of the present step are left.
    #[must_use]
    pub fn hints_left(&self) -> usize {
        let taken = self.steps.get(self.current).map_or(0, |state| state.hints.len());
        self.step().map_or(0, |step| step.hints.len() - taken)
    }

    /// The wrong answers that were recognised, and when.
    pub fn mistakes(&self) -> impl Iterator<Item = (&WrongAnswer, Mistake)> {
        let wrong = self.scenario.spec().wrong.iter().zip(&self.wrong);
        wrong.filter_map(|(answer, (_, mistake))| mistake.map(|mistake| (answer, mistake)))
    }

    /// What it has seen: how containers ended.
    #[must_use]
    pub fn memory(&self) -> &Memory {
        &self.memory
    }

    /// Looks at the cluster; returns what the timeline wants to happen now. Called every 100 ms of simulated time.
    pub fn observe(&mut self, cluster: &Cluster) -> Vec<Input> {
        self.memory.follow(cluster);
        self.watch_always(cluster);
        while self.look_at_goal(cluster) {}
        self.look_at_hints(cluster);
        self.look_at_mistakes(cluster);
        self.timeline.due(cluster.now().since(self.arrived_at), &self.scenario)
    }

    /// Does what a learner does with a lesson; says whether that changed anything. Give the input of
    /// [`Act::to_input`] to the session as well, so that going back in time knows about it.
    pub fn act(&mut self, act: Act, now: SimTime) -> bool {
        match act {
            Act::Advance => self.advance(now),
            Act::Answer(option) => self.answer(option),
            Act::Hint => self.take_hint(),
        }
    }

    /// Takes in an input of the journal during a replay.
    pub fn hear(&mut self, input: &Input, now: SimTime) {
        if let Some(act) = Act::of_input(input) {
            self.act(act, now);
        }
    }

    fn advance(&mut self, now: SimTime) -> bool {
        if !self.awaits_reading() {
            return false;
        }
        self.reach(now);
        true
    }

    fn answer(&mut self, option: usize) -> bool {
        let Some(predict) = self.question().filter(|predict| option < predict.options.len()) else { return false };
        let answer = Answer { option, is_right: option == predict.answer };
        if let Some(state) = self.steps.get_mut(self.current) {
            state.answer = Some(answer);
        }
        true
    }

    fn take_hint(&mut self) -> bool {
        let Some(state) = self.steps.get_mut(self.current) else { return false };
        let number = state.hints.len();
        let Some(hint) = self.scenario.spec().steps[self.current].hints.get(number) else { return false };
        let holds = state
            .whens
            .get(number)
            .is_some_and(|when| when.as_ref().is_some_and(|when| when.last() == Some(&Verdict::Holds)));
        state.hints.push(match hint {
            Hint::Plain(say) => say.clone(),
            Hint::When { say, .. } if holds => say.clone(),
            Hint::When { otherwise, .. } => otherwise.clone(),
        });
        true
    }

    /// The present step begins.
    fn enter(&mut self, now: SimTime) {
        if let Some(state) = self.steps.get_mut(self.current) {
            state.began_at = Some(now);
            if state.goal == GoalState::Ahead {
                state.goal = GoalState::Open;
            }
        }
    }

    /// The present step is done.
    fn reach(&mut self, now: SimTime) {
        if let Some(state) = self.steps.get_mut(self.current) {
            state.goal = GoalState::Reached { at: now };
        }
        self.current += 1;
        self.enter(now);
    }

    /// What must always hold is watched from the arrival on.
    fn watch_always(&mut self, cluster: &Cluster) {
        for state in self.steps.iter_mut().skip(self.current) {
            let Some(always) = &mut state.always else { continue };
            let why = match always.look(cluster, &self.memory, self.arrived_at) {
                Verdict::Holds => continue,
                Verdict::Fails => Miss::Interrupted,
                Verdict::Broken(why) => Miss::Broken(why.clone()),
            };
            if !matches!(state.goal, GoalState::Missed { .. }) {
                state.goal = GoalState::Missed { at: cluster.now(), why };
            }
        }
    }

    /// Looks at the goal of the present step; says whether the step is done.
    fn look_at_goal(&mut self, cluster: &Cluster) -> bool {
        let now = cluster.now();
        let Some(state) = self.steps.get_mut(self.current) else { return false };
        let Some(goal) = self.scenario.spec().steps.get(self.current).and_then(|step| step.goal.as_ref()) else {
            return false;
        };
        if matches!(state.goal, GoalState::Missed { .. }) {
            return false;
        }
        let Some(expr) = &mut state.expr else { return false };
        let verdict = expr.look(cluster, &self.memory, self.arrived_at);
        let since = match (verdict, &state.goal) {
            (Verdict::Broken(why), _) => {
                state.goal = GoalState::Missed { at: now, why: Miss::Broken(why.clone()) };
                return false;
            }
            (Verdict::Holds, GoalState::Holding { since }) => Some(*since),
            (Verdict::Holds, _) => Some(now),
            (Verdict::Fails, _) => None,
        };
        let hold = goal.hold.map_or(SimDuration::ZERO, |hold| hold.0);
        let is_done = since.is_some_and(|since| now.since(since) >= hold);
        let elapsed = now.since(state.began_at.unwrap_or(now));
        if !is_done && goal.within.is_some_and(|within| elapsed > within.0) {
            state.goal = GoalState::Missed { at: now, why: Miss::TooLate };
            return false;
        }
        state.goal = since.map_or(GoalState::Open, |since| GoalState::Holding { since });
        if is_done {
            self.reach(now);
        }
        is_done
    }

    fn look_at_hints(&mut self, cluster: &Cluster) {
        let Some(state) = self.steps.get_mut(self.current) else { return };
        for when in state.whens.iter_mut().flatten() {
            when.look(cluster, &self.memory, self.arrived_at);
        }
    }

    fn look_at_mistakes(&mut self, cluster: &Cluster) {
        if self.is_solved() {
            return;
        }
        for (detect, mistake) in &mut self.wrong {
            let Some(detect) = detect else { continue };
            let is_present = *detect.look(cluster, &self.memory, self.arrived_at) == Verdict::Holds;
            match mistake {
                Some(mistake) => mistake.is_present = is_present,
                None if is_present => *mistake = Some(Mistake { at: cluster.now(), is_present }),
                None => {}
            }
        }
    }
}
