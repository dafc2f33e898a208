//! Standing: how far a learner is with each step, its question, its hints and its goal; and the wrong answers that were seen.

use crate::engine::SimTime;

use super::goal::Watched;
use super::goals::StepGoals;
use super::text::Text;

/// How far the learner is with one step.
#[derive(Clone, Debug)]
pub struct StepState {
    /// When it began; `None` while it lies ahead.
    pub began_at: Option<SimTime>,
    /// How its goal stands; that of a step without one follows the reading.
    pub goal: GoalState,
    /// The answer that was given to its question, and whether it is right.
    pub answer: Option<Answer>,
    /// The hints that were taken, as they were given.
    pub hints: Vec<Text>,
    pub(super) expr: Option<Watched>,
    pub(super) always: Option<Watched>,
    pub(super) whens: Vec<Option<Watched>>,
}

/// An answer to a question.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Answer {
    /// The number of the option, from 0.
    pub option: usize,
    /// Whether it is the right one.
    pub is_right: bool,
}

/// How a goal stands.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum GoalState {
    /// Its step has not begun.
    Ahead,
    /// Not reached.
    Open,
    /// It holds, and has to go on holding.
    Holding {
        /// Since when.
        since: SimTime,
    },
    /// Reached.
    Reached {
        /// When.
        at: SimTime,
    },
    /// It cannot be reached any more; going back in time helps.
    Missed {
        /// When that was clear.
        at: SimTime,
        /// Why.
        why: Miss,
    },
}

/// Why a goal cannot be reached any more.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Miss {
    /// It took longer than `within`.
    TooLate,
    /// What must always hold did not.
    Interrupted,
    /// The author's expression cannot be evaluated.
    Broken(String),
}

/// A wrong answer that was recognised.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Mistake {
    /// When it was seen first.
    pub at: SimTime,
    /// Whether it stands now.
    pub is_present: bool,
}

impl StepState {
    /// A step that lies ahead.
    pub(super) fn ahead(goals: &StepGoals) -> Self {
        Self {
            began_at: None,
            goal: GoalState::Ahead,
            answer: None,
            hints: Vec::new(),
            expr: goals.expr.clone().map(Watched::new),
            always: goals.always.clone().map(Watched::new),
            whens: goals.hints.iter().map(|hint| hint.clone().map(Watched::new)).collect(),
        }
    }
}
