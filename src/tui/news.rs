//! News: what becomes of a lesson while something else is in front of its story, said in one line.

use crate::scenario::{GoalState, Language, Lesson};

use super::locale::Locale;
use super::theme::Meaning;

/// A line at the bottom, instead of the keys.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Said {
    /// The line.
    pub text: String,
    /// What it means.
    pub meaning: Meaning,
    /// Whether it stays while someone types.
    pub is_news: bool,
}

impl Said {
    /// A line that goes with the next key.
    #[must_use]
    pub fn passing(text: String, meaning: Meaning) -> Self {
        Self { text, meaning, is_news: false }
    }
}

/// What the learner has been told of the lesson.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct News {
    reached: usize,
    mistakes: usize,
    is_solved: bool,
    is_lost: bool,
}

impl News {
    /// What there is to know of a lesson.
    #[must_use]
    pub fn of(lesson: &Lesson) -> Self {
        Self {
            reached: reached(lesson, Language::English).count(),
            mistakes: lesson.mistakes().filter(|(_, mistake)| mistake.is_present).count(),
            is_solved: lesson.is_solved() && !lesson.steps().is_empty(),
            is_lost: lesson.is_lost(),
        }
    }

    /// What is new in a lesson since this was asked last.
    pub fn since(&mut self, lesson: &Lesson, locale: &Locale) -> Option<Said> {
        let before = std::mem::replace(self, Self::of(lesson));
        let (text, meaning) = if self.is_solved && !before.is_solved {
            (locale.text("said-solved"), Meaning::Good)
        } else if self.is_lost && !before.is_lost {
            (locale.text("said-lost"), Meaning::Bad)
        } else if self.reached > before.reached {
            let title = reached(lesson, locale.language()).last().unwrap_or_default().to_owned();
            (locale.with("said-goal", &[("title", title.into())]), Meaning::Good)
        } else if self.mistakes > before.mistakes {
            (locale.text("said-mistake"), Meaning::Warning)
        } else {
            return None;
        };
        Some(Said { text, meaning, is_news: true })
    }
}

/// The goals reached, by title.
fn reached(lesson: &Lesson, language: Language) -> impl Iterator<Item = &str> {
    let goals = lesson.goals().filter(|(_, _, state)| matches!(state, GoalState::Reached { .. }));
    goals.map(move |(_, goal, _)| goal.title.get(language))
}
