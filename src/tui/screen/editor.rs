//! The editor: what kubectl edit opens, and what a learner's file is changed in.

use ratatui::buffer::Buffer;
use ratatui::layout::Rect;
use ratatui::widgets::Widget;
use ratatui_textarea::TextArea;

use super::{Screen, ScreenName};
use crate::tui::action::Action;
use crate::tui::ask::{Ask, EditOf, Edited};
use crate::tui::look::Look;
use crate::tui::theme::{Meaning, Theme};
use crate::tui::widget::pane;

/// The editor.
pub struct Editor {
    of: EditOf,
    area: TextArea<'static>,
}

impl Editor {
    /// Opens `text`.
    #[must_use]
    pub fn new(of: EditOf, text: &str, theme: Theme) -> Self {
        let mut area = TextArea::new(text.lines().map(str::to_owned).collect());
        area.set_tab_length(2);
        area.set_style(theme.style(Meaning::Text));
        area.set_line_number_style(theme.style(Meaning::Muted));
        area.set_cursor_line_style(theme.style(Meaning::Bar));
        Self { of, area }
    }

    fn end(&self, text: Option<String>) -> Vec<Ask> {
        vec![Ask::Edited(Edited { of: self.of.clone(), text })]
    }
}

impl Screen for Editor {
    fn name(&self) -> ScreenName {
        ScreenName::Editor
    }

    fn title(&self, look: &Look<'_>) -> String {
        match &self.of {
            EditOf::Invocation(_) => look.text("editor-title"),
            EditOf::File(name) => name.clone(),
        }
    }

    fn update(&mut self, action: &Action, _look: &Look<'_>) -> Vec<Ask> {
        match action {
            Action::Save => {
                let text = self.area.lines().join("\n") + "\n";
                return self.end(Some(text));
            }
            Action::Back | Action::Interrupt => return self.end(None),
            Action::Key(key) => {
                self.area.input(*key);
            }
            Action::Paste(pasted) => {
                self.area.insert_str(pasted);
            }
            _ => {}
        }
        vec![Ask::Nothing]
    }

    fn draw(&self, look: &Look<'_>, area: Rect, buffer: &mut Buffer) {
        let inside = pane::frame(buffer, area, look.theme, &self.title(look), pane::Focus::Here);
        (&self.area).render(inside, buffer);
    }
}
