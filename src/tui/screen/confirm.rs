//! A question before something that cannot be taken back with a key.

use ratatui::buffer::Buffer;
use ratatui::layout::Rect;

use super::{Cover, Screen, ScreenName};
use crate::tui::action::Action;
use crate::tui::ask::Ask;
use crate::tui::look::Look;
use crate::tui::theme::Meaning;
use crate::tui::widget::{pane, text};

/// The question, and what is asked for when the answer is yes.
pub struct Confirm {
    question: String,
    ask: Option<Ask>,
}

impl Confirm {
    /// Asks `question`; yes asks for `ask`.
    #[must_use]
    pub fn new(question: String, ask: Ask) -> Self {
        Self { question, ask: Some(ask) }
    }
}

impl Screen for Confirm {
    fn name(&self) -> ScreenName {
        ScreenName::Confirm
    }

    fn title(&self, look: &Look<'_>) -> String {
        look.text("confirm-title")
    }

    fn cover(&self, _look: &Look<'_>) -> Cover {
        Cover::Box { width: 50, height: 20 }
    }

    fn update(&mut self, action: &Action, _look: &Look<'_>) -> Vec<Ask> {
        match (action, self.ask.take()) {
            (Action::Enter, Some(ask)) => vec![Ask::Close, ask],
            (Action::Back | Action::Interrupt | Action::Quit, _) => vec![Ask::Close],
            (_, ask) => {
                self.ask = ask;
                vec![Ask::Nothing]
            }
        }
    }

    fn draw(&self, look: &Look<'_>, area: Rect, buffer: &mut Buffer) {
        let lines = text::wrap(&self.question, usize::from(area.width).saturating_sub(4));
        let height = (lines.len() as u16 + 4).min(area.height);
        let area = Rect { height, ..area };
        let inside = pane::popup(buffer, area, look.theme, &look.text("confirm-title"));
        for (row, line) in (0..).zip(&lines) {
            text::put_at(buffer, inside, (1, row), line, look.style(Meaning::Text));
        }
        let row = lines.len() as u16 + 1;
        let yes = format!("enter {}   esc {}", look.text("key-yes"), look.text("key-no"));
        text::put_at(buffer, inside, (1, row), &yes, look.style(Meaning::Key));
    }
}
