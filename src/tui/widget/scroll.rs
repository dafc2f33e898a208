//! Scrolling: which lines of a long list are on screen, and where the cursor goes.

use ratatui::buffer::Buffer;
use ratatui::layout::Rect;

use crate::tui::action::Action;
use crate::tui::theme::{Meaning, Theme};

/// The first line to show so that the cursor is in sight, with some lines around it.
#[must_use]
pub fn first(cursor: usize, count: usize, height: usize) -> usize {
    let last_first = count.saturating_sub(height);
    cursor.saturating_sub(height / 2).min(last_first)
}

/// The cursor after an action; `None` when the action moves nothing.
#[must_use]
pub fn moved(cursor: usize, action: &Action, count: usize, page: usize) -> Option<usize> {
    let last = count.saturating_sub(1);
    let page = page.max(2) - 1;
    Some(match action {
        Action::Up => cursor.min(last).saturating_sub(1),
        Action::Down => (cursor + 1).min(last),
        Action::PageUp => cursor.min(last).saturating_sub(page),
        Action::PageDown => (cursor + page).min(last),
        Action::Top => 0,
        Action::Bottom => last,
        _ => return None,
    })
}

/// The first line of a text after an action; it stops where the last line is at the bottom.
#[must_use]
pub fn scrolled(top: usize, action: &Action, count: usize, height: usize) -> Option<usize> {
    let lines = count.saturating_sub(height) + 1;
    moved(top.min(lines - 1), action, lines, height)
}

/// A bar on the frame at the right of `area` that shows which part of `count` lines is on screen.
pub fn bar(buffer: &mut Buffer, area: Rect, theme: Theme, top: usize, count: usize) {
    let height = usize::from(area.height);
    let x = area.right();
    if count <= height || x >= buffer.area.right() {
        return;
    }
    let size = (height * height / count).max(1);
    let start = top * (height - size) / (count - height).max(1);
    for row in (0..area.height).filter(|row| (start..start + size).contains(&usize::from(*row))) {
        buffer.set_string(x, area.y + row, theme.pick("┃", "#"), theme.style(Meaning::Muted));
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_cursor_stays_in_the_list_and_in_sight() {
        assert_eq!(first(50, 100, 10), 45);
        assert_eq!(first(99, 100, 10), 90);
        assert_eq!(first(3, 5, 10), 0);
        assert_eq!(moved(4, &Action::Down, 5, 10), Some(4));
        assert_eq!(moved(9, &Action::Up, 0, 10), Some(0));
        assert_eq!(scrolled(0, &Action::Bottom, 30, 10), Some(20));
        assert_eq!(moved(0, &Action::Help, 5, 10), None);
    }
}
