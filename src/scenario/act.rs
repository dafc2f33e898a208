//! Acts: what a learner does with a lesson, and the note that stands for it in the journal.

use crate::cluster::Input;

/// What a learner does with a lesson; journalled as a note, so that a replay knows it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Act {
    /// Goes on from a step that is only read.
    Advance,
    /// Answers the question of the present step.
    Answer(usize),
    /// Asks for the next hint.
    Hint,
}

impl Act {
    /// The input that stands for it in the journal.
    #[must_use]
    pub fn to_input(self) -> Input {
        Input::Note(match self {
            Self::Advance => "lesson: advance".to_owned(),
            Self::Answer(option) => format!("lesson: answer {option}"),
            Self::Hint => "lesson: hint".to_owned(),
        })
    }

    /// The act behind an input, if it is one.
    #[must_use]
    pub fn of_input(input: &Input) -> Option<Self> {
        let Input::Note(note) = input else { return None };
        match note.strip_prefix("lesson: ")? {
            "advance" => Some(Self::Advance),
            "hint" => Some(Self::Hint),
            other => other.strip_prefix("answer ")?.parse().ok().map(Self::Answer),
        }
    }
}
