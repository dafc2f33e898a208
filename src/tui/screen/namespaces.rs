//! The choice of a namespace.

use ratatui::buffer::Buffer;
use ratatui::layout::Rect;

use super::{Cover, Screen, ScreenName};
use crate::tui::action::Action;
use crate::tui::ask::Ask;
use crate::tui::look::Look;
use crate::tui::theme::Meaning;
use crate::tui::widget::{pane, scroll, text};

/// A list of namespaces, with all of them at the top.
#[derive(Default)]
pub struct Namespaces {
    cursor: usize,
}

impl Namespaces {
    fn items(look: &Look<'_>) -> Vec<String> {
        let known = look.play.map(|play| play.facts.namespaces(play.session.cluster())).unwrap_or_default();
        [String::new()].into_iter().chain(known).collect()
    }
}

impl Screen for Namespaces {
    fn name(&self) -> ScreenName {
        ScreenName::Namespaces
    }

    fn title(&self, look: &Look<'_>) -> String {
        look.text("key-namespace")
    }

    fn cover(&self, _look: &Look<'_>) -> Cover {
        Cover::Box { width: 40, height: 60 }
    }

    fn update(&mut self, action: &Action, look: &Look<'_>) -> Vec<Ask> {
        let items = Self::items(look);
        if let Some(cursor) = scroll::moved(self.cursor, action, items.len(), 10) {
            self.cursor = cursor;
            return vec![Ask::Nothing];
        }
        match action {
            Action::Enter => vec![Ask::CloseWith(items.get(self.cursor).cloned().unwrap_or_default())],
            _ => Vec::new(),
        }
    }

    fn draw(&self, look: &Look<'_>, area: Rect, buffer: &mut Buffer) {
        let inside = pane::popup(buffer, area, look.theme, &self.title(look));
        let items = Self::items(look);
        let first = scroll::first(self.cursor, items.len(), usize::from(inside.height));
        for (row, (index, item)) in (0..inside.height).zip(items.iter().enumerate().skip(first)) {
            let is_here = index == self.cursor;
            let shown = if item.is_empty() { look.text("table-all") } else { item.clone() };
            let style = look.style(if is_here { Meaning::Chosen } else { Meaning::Text });
            let sign = if is_here { look.theme.sign(Meaning::Chosen) } else { " " };
            text::put_at(buffer, inside, (0, row), &format!("{sign} {shown}"), style);
        }
    }
}
