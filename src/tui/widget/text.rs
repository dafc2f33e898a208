//! Text in columns: cut, padded and measured by what a terminal shows, where a Chinese character is two columns wide.

use ratatui::buffer::Buffer;
use ratatui::layout::Rect;
use ratatui::style::Style;
use ratatui::text::{Line, Span};
use unicode_segmentation::UnicodeSegmentation;
use unicode_width::UnicodeWidthStr;

/// How many columns a text takes.
#[must_use]
pub fn width(text: &str) -> usize {
    text.width()
}

/// The text in at most `columns`, with `more` at its end if something had to go.
#[must_use]
pub fn cut(text: &str, columns: usize, more: &str) -> String {
    if text.width() <= columns {
        return text.to_owned();
    }
    let room = columns.saturating_sub(more.width());
    let mut out = String::new();
    let mut used = 0;
    for grapheme in text.graphemes(true) {
        if used + grapheme.width() > room {
            break;
        }
        used += grapheme.width();
        out.push_str(grapheme);
    }
    if columns >= more.width() {
        out.push_str(more);
    }
    out
}

/// The text in exactly `columns`.
#[must_use]
pub fn fit(text: &str, columns: usize, more: &str) -> String {
    let mut out = cut(text, columns, more);
    let missing = columns.saturating_sub(out.width());
    out.extend(std::iter::repeat_n(' ', missing));
    out
}

/// The text in at most `columns`, with what had to go taken out of its middle: names of Pods differ at both ends.
#[must_use]
pub fn squeeze(text: &str, columns: usize, more: &str) -> String {
    if text.width() <= columns || columns < 6 {
        return cut(text, columns, more);
    }
    let room = columns - more.width();
    let (head, tail) = (room - room / 2, room / 2);
    let mut end: Vec<&str> = Vec::new();
    let mut used = 0;
    for grapheme in text.graphemes(true).rev() {
        if used + grapheme.width() > tail {
            break;
        }
        used += grapheme.width();
        end.push(grapheme);
    }
    end.reverse();
    format!("{}{more}{}", cut(text, head, ""), end.concat())
}

/// Writes a line into a row of an area, as far as there is room.
pub fn put(buffer: &mut Buffer, area: Rect, row: u16, line: &Line<'_>) {
    if row < area.height && area.width > 0 {
        buffer.set_line(area.x, area.y + row, line, area.width);
    }
}

/// Writes a text into a row of an area, beginning at `column`.
pub fn put_at(buffer: &mut Buffer, area: Rect, (column, row): (u16, u16), text: &str, style: Style) {
    if row < area.height && column < area.width {
        buffer.set_stringn(area.x + column, area.y + row, text, usize::from(area.width - column), style);
    }
}

/// Writes lines from the top of an area on.
pub fn put_lines(buffer: &mut Buffer, area: Rect, lines: &[Line<'_>]) {
    for (row, line) in (0..area.height).zip(lines) {
        put(buffer, area, row, line);
    }
}

/// A line of one piece.
#[must_use]
pub fn line(text: impl Into<String>, style: Style) -> Line<'static> {
    Line::from(Span::styled(text.into(), style))
}

/// Pieces as a line.
#[must_use]
pub fn spans(pieces: Vec<(String, Style)>) -> Line<'static> {
    Line::from(pieces.into_iter().map(|(text, style)| Span::styled(text, style)).collect::<Vec<_>>())
}

/// Breaks plain text at `columns`, between words where it can.
#[must_use]
pub fn wrap(text: &str, columns: usize) -> Vec<String> {
    let plain = Style::new();
    let lines = text.lines().flat_map(|line| crate::tui::breaking::wrap(&[(line.to_owned(), plain)], columns));
    lines.map(|line| line.into_iter().map(|(text, _)| text).collect()).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn columns_hold_wide_characters() {
        assert_eq!(cut("節點一號", 5, "~"), "節點~");
        assert_eq!(fit("節點", 5, "~"), "節點 ");
        assert_eq!(width(&fit("一直 Pending 的 Pod", 9, "~")), 9);
        assert_eq!(squeeze("web-7c5ddbdf54-abcde", 12, "~"), "web-7c~abcde");
    }
}
