//! A pane: a frame with a caption around a part of the screen.

use ratatui::buffer::Buffer;
use ratatui::layout::Rect;
use ratatui::style::Style;
use ratatui::symbols::border;
use ratatui::text::{Line, Span};
use ratatui::widgets::{Block, Clear, Widget};

use crate::tui::theme::{Glyphs, Meaning, Theme};

/// Frames in ASCII.
const ASCII: border::Set<'static> = border::Set {
    top_left: "+",
    top_right: "+",
    bottom_left: "+",
    bottom_right: "+",
    vertical_left: "|",
    vertical_right: "|",
    horizontal_top: "-",
    horizontal_bottom: "-",
};

/// Whether the keys go to a pane.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Focus {
    /// They do.
    Here,
    /// They do not.
    Elsewhere,
}

/// Draws a frame and returns the room inside.
pub fn frame(buffer: &mut Buffer, area: Rect, theme: Theme, caption: &str, focus: Focus) -> Rect {
    let (line, text) = match focus {
        Focus::Here => (theme.style(Meaning::FocusFrame), theme.style(Meaning::Accent)),
        Focus::Elsewhere => (theme.style(Meaning::Frame), theme.style(Meaning::Muted)),
    };
    framed(buffer, area, theme, &Line::from(Span::styled(caption.to_owned(), text)), line)
}

/// Draws a frame with any caption and returns the room inside.
pub fn framed(buffer: &mut Buffer, area: Rect, theme: Theme, caption: &Line<'_>, style: Style) -> Rect {
    let set = if theme.glyphs == Glyphs::Ascii { ASCII } else { border::ROUNDED };
    let mut block = Block::bordered().border_set(set).border_style(style);
    if caption.width() > 0 {
        let mut caption = caption.clone();
        caption.spans.insert(0, Span::raw(" "));
        caption.spans.push(Span::raw(" "));
        block = block.title(caption);
    }
    let inside = block.inner(area);
    block.render(area, buffer);
    inside
}

/// A box in front of what is behind: wiped, framed.
pub fn popup(buffer: &mut Buffer, area: Rect, theme: Theme, caption: &str) -> Rect {
    Clear.render(area, buffer);
    frame(buffer, area, theme, caption, Focus::Here)
}

/// The room inside a frame, without drawing it.
#[must_use]
pub fn inside(area: Rect) -> Rect {
    Rect {
        x: area.x.saturating_add(1),
        y: area.y.saturating_add(1),
        width: area.width.saturating_sub(2),
        height: area.height.saturating_sub(2),
    }
}
