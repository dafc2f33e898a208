//! Help: every key of the screen one came from, and what the signs mean.

use ratatui::buffer::Buffer;
use ratatui::layout::Rect;
use ratatui::text::{Line, Span};

use super::{Cover, Screen, ScreenName};
use crate::tui::action::Action;
use crate::tui::ask::Ask;
use crate::tui::keymap::{self, Danger};
use crate::tui::look::Look;
use crate::tui::markdown;
use crate::tui::theme::Meaning;
use crate::tui::widget::{pane, scroll, text};

/// Columns of one key with what it does.
const ENTRY: usize = 34;
const KEY: usize = 8;

/// The help of one screen.
pub struct Help {
    screen: ScreenName,
    top: usize,
}

impl Help {
    /// The help of `screen`.
    #[must_use]
    pub fn new(screen: ScreenName) -> Self {
        Self { screen, top: 0 }
    }

    fn lines(&self, look: &Look<'_>, columns: usize) -> Vec<Line<'static>> {
        let mut lines = vec![text::line(look.text("help-keys"), look.style(Meaning::Accent))];
        let entries = keymap::on(self.screen);
        let per_row = (columns / ENTRY).max(1);
        let rows = entries.len().div_ceil(per_row);
        for row in 0..rows {
            let mut line = Line::default();
            for entry in (0..per_row).filter_map(|column| entries.get(column * rows + row)) {
                let meaning = if entry.danger == Danger::Changes { Meaning::Warning } else { Meaning::Text };
                line.push_span(Span::styled(format!("{:>KEY$} ", entry.chord.caption()), look.style(Meaning::Key)));
                let hint = text::fit(&look.text(entry.hint), ENTRY - KEY - 1, look.theme.pick("…", "~"));
                line.push_span(Span::styled(hint, look.style(meaning)));
            }
            lines.push(line);
        }
        lines.push(Line::default());
        lines.push(text::line(look.text("help-signs"), look.style(Meaning::Accent)));
        let signs = [
            (Meaning::Good, "sign-good"),
            (Meaning::Busy, "sign-busy"),
            (Meaning::Warning, "sign-warning"),
            (Meaning::Bad, "sign-bad"),
            (Meaning::Gone, "sign-gone"),
        ];
        let mut line = Line::default();
        for (meaning, id) in signs {
            line.push_span(Span::styled(
                format!(" {} {}  ", look.theme.sign(meaning), look.text(id)),
                look.style(meaning),
            ));
        }
        lines.push(line);
        lines.push(Line::default());
        lines.extend(markdown::lines(&look.text("help-concepts"), columns, look.theme));
        lines
    }
}

impl Screen for Help {
    fn name(&self) -> ScreenName {
        ScreenName::Help
    }

    fn title(&self, look: &Look<'_>) -> String {
        look.text("key-help")
    }

    fn cover(&self, _look: &Look<'_>) -> Cover {
        Cover::Box { width: 94, height: 96 }
    }

    fn update(&mut self, action: &Action, look: &Look<'_>) -> Vec<Ask> {
        let inside = pane::inside(look.body);
        let count = self.lines(look, usize::from(inside.width).saturating_sub(2)).len();
        if let Some(top) = scroll::scrolled(self.top, action, count, usize::from(inside.height)) {
            self.top = top;
            return vec![Ask::Nothing];
        }
        match action {
            Action::Help | Action::Back | Action::Enter => vec![Ask::Close],
            _ => Vec::new(),
        }
    }

    fn draw(&self, look: &Look<'_>, area: Rect, buffer: &mut Buffer) {
        let inside = pane::popup(buffer, area, look.theme, &self.title(look));
        let lines = self.lines(look, usize::from(inside.width).saturating_sub(2));
        let top = self.top.min(lines.len().saturating_sub(usize::from(inside.height)));
        let room = Rect { x: inside.x + 1, width: inside.width.saturating_sub(2), ..inside };
        text::put_lines(buffer, room, &lines[top..]);
        scroll::bar(buffer, inside, look.theme, top, lines.len());
    }
}
