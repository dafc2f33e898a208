//! The filter: a line at the bottom whose text narrows down, or searches, the screen behind while it is typed.

use ratatui::buffer::Buffer;
use ratatui::layout::{Position, Rect};
use ratatui::widgets::{Clear, Widget};

use super::{Cover, Screen, ScreenName};
use crate::tui::action::Action;
use crate::tui::ask::Ask;
use crate::tui::look::Look;
use crate::tui::theme::Meaning;
use crate::tui::widget::input::Input;
use crate::tui::widget::text;

/// The line.
pub struct Filter {
    input: Input,
}

impl Filter {
    /// A line that begins with what was typed last.
    #[must_use]
    pub fn new(before: &str) -> Self {
        Self { input: Input::of(before) }
    }
}

impl Screen for Filter {
    fn name(&self) -> ScreenName {
        ScreenName::Filter
    }

    fn title(&self, look: &Look<'_>) -> String {
        look.text("filter-title")
    }

    fn cover(&self, _look: &Look<'_>) -> Cover {
        Cover::Line
    }

    fn update(&mut self, action: &Action, _look: &Look<'_>) -> Vec<Ask> {
        match action {
            Action::Enter => vec![Ask::CloseWith(self.input.text())],
            Action::Back | Action::Interrupt => vec![Ask::CloseWith(String::new())],
            Action::Key(key) if self.input.key(key) => vec![Ask::Tell(self.input.text())],
            Action::Paste(pasted) => {
                self.input.insert(pasted);
                vec![Ask::Tell(self.input.text())]
            }
            _ => vec![Ask::Nothing],
        }
    }

    fn draw(&self, look: &Look<'_>, area: Rect, buffer: &mut Buffer) {
        Clear.render(area, buffer);
        let (shown, _) = self.input.window(usize::from(area.width).saturating_sub(3));
        text::put_at(buffer, area, (0, 0), "/ ", look.style(Meaning::Key));
        text::put_at(buffer, area, (2, 0), &shown, look.style(Meaning::Input));
    }

    fn cursor(&self, _look: &Look<'_>, area: Rect) -> Option<Position> {
        let (_, column) = self.input.window(usize::from(area.width).saturating_sub(3));
        Some(Position::new(area.x + 2 + column as u16, area.y))
    }
}
