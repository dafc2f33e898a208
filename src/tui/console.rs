//! The console: the lines typed at the kubectl prompt and where their output is found. It outlives the prompt's screen.

use crate::session::Session;

/// So many lines are remembered.
const SPOKEN_MAX: usize = 500;

/// A line that was typed.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Spoken {
    /// The line.
    pub line: String,
    /// What became of it.
    pub answer: Answer,
}

/// Where the output of a line is.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Answer {
    /// The kubectl of that number has it.
    Invocation(u64),
    /// The prompt answered by itself.
    Text(String),
    /// A kubectl that never happened, since time was turned back.
    Undone(String),
}

/// The lines typed so far.
#[derive(Clone, Debug, Default)]
pub struct Console {
    spoken: Vec<Spoken>,
    /// The first line that is shown; `clear` moves it.
    shown_from: usize,
}

impl Console {
    /// Adds a line.
    pub fn push(&mut self, line: &str, answer: Answer) {
        if self.spoken.len() >= SPOKEN_MAX {
            self.spoken.remove(0);
            self.shown_from = self.shown_from.saturating_sub(1);
        }
        self.spoken.push(Spoken { line: line.to_owned(), answer });
    }

    /// Hides what was said so far; the history keeps it.
    pub fn clear(&mut self) {
        self.shown_from = self.spoken.len();
    }

    /// The lines to show, oldest first.
    #[must_use]
    pub fn shown(&self) -> &[Spoken] {
        self.spoken.get(self.shown_from..).unwrap_or_default()
    }

    /// The lines typed, the latest first, each once.
    #[must_use]
    pub fn history(&self) -> Vec<&str> {
        let mut lines: Vec<&str> = Vec::new();
        for spoken in self.spoken.iter().rev() {
            if !lines.contains(&spoken.line.as_str()) {
                lines.push(&spoken.line);
            }
        }
        lines
    }

    /// The kubectl that is still running, if the last one is.
    #[must_use]
    pub fn running(&self, session: &Session) -> Option<u64> {
        let invocation = self.last_invocation()?;
        let is_running = session.cluster().invocation(invocation).is_none_or(|running| running.exit_code().is_none());
        is_running.then_some(invocation)
    }

    /// The kubectl that was started last.
    #[must_use]
    pub fn last_invocation(&self) -> Option<u64> {
        self.spoken.iter().rev().find_map(|spoken| match spoken.answer {
            Answer::Invocation(number) => Some(number),
            Answer::Text(_) | Answer::Undone(_) => None,
        })
    }

    /// After a rewind: kubectls that have not happened any more keep their line and lose their output.
    pub fn forget_undone(&mut self, session: &Session, text: &str) {
        for spoken in &mut self.spoken {
            if let Answer::Invocation(number) = spoken.answer
                && session.cluster().invocation(number).is_none()
            {
                spoken.answer = Answer::Undone(text.to_owned());
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn history_has_each_line_once_and_survives_clear() {
        let mut console = Console::default();
        for line in ["get po", "get no", "get po"] {
            console.push(line, Answer::Text(String::new()));
        }
        console.clear();
        assert!(console.shown().is_empty());
        assert_eq!(console.history(), ["get po", "get no"]);
    }
}
