//! The expressions of a scenario, compiled once and shared by everyone who plays it.

use std::collections::BTreeSet;
use std::sync::Arc;

use crate::model::Kind;

use super::goal::{Expression, ExpressionError};
use super::spec::{Hint, ScenarioSpec};

/// Every expression of a scenario.
#[derive(Clone, Debug, Default)]
pub struct Goals {
    /// By step.
    pub steps: Vec<StepGoals>,
    /// By wrong answer: how it is recognised.
    pub wrong: Vec<Option<Arc<Expression>>>,
    /// What does not compile, and where it stands.
    pub errors: Vec<GoalError>,
}

/// The expressions of a step.
#[derive(Clone, Debug, Default)]
pub struct StepGoals {
    /// What must hold.
    pub expr: Option<Arc<Expression>>,
    /// What must always have held.
    pub always: Option<Arc<Expression>>,
    /// On what each hint depends, if it does.
    pub hints: Vec<Option<Arc<Expression>>>,
}

/// An expression that does not compile.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct GoalError {
    /// JSON pointer of the expression: `/spec/steps/0/goal/expr`.
    pub pointer: String,
    /// The expression.
    pub source: String,
    /// What is wrong.
    pub error: ExpressionError,
}

impl Goals {
    /// Compiles every expression of a scenario.
    #[must_use]
    pub fn compile(spec: &ScenarioSpec) -> Self {
        let mut goals = Self::default();
        for (index, step) in spec.steps.iter().enumerate() {
            let at = format!("/spec/steps/{index}");
            let mut compiled = StepGoals::default();
            if let Some(goal) = &step.goal {
                compiled.expr = goals.take(&format!("{at}/goal/expr"), &goal.expr);
                let always = goal.always.as_ref();
                compiled.always = always.and_then(|always| goals.take(&format!("{at}/goal/always"), always));
            }
            for (number, hint) in step.hints.iter().enumerate() {
                compiled.hints.push(match hint {
                    Hint::Plain(_) => None,
                    Hint::When { when, .. } => goals.take(&format!("{at}/hints/{number}/when"), when),
                });
            }
            goals.steps.push(compiled);
        }
        for (index, wrong) in spec.wrong.iter().enumerate() {
            let compiled = goals.take(&format!("/spec/wrong/{index}/detect"), &wrong.detect);
            goals.wrong.push(compiled);
        }
        goals
    }

    fn take(&mut self, pointer: &str, source: &str) -> Option<Arc<Expression>> {
        match Expression::compile(source) {
            Ok(expression) => Some(Arc::new(expression)),
            Err(error) => {
                self.errors.push(GoalError { pointer: pointer.to_owned(), source: source.to_owned(), error });
                None
            }
        }
    }

    /// The kinds of objects that any expression names.
    #[must_use]
    pub fn kinds(&self) -> BTreeSet<Kind> {
        let of_steps = self.steps.iter().flat_map(|step| {
            let hints = step.hints.iter().flatten();
            step.expr.iter().chain(&step.always).chain(hints)
        });
        let all = of_steps.chain(self.wrong.iter().flatten());
        all.flat_map(|expression| expression.kinds()).collect()
    }
}
