//! A table of a story: cells in columns, the widest of which give way where there is no room.

use ratatui::style::Style;
use ratatui::text::{Line, Span};
use unicode_width::UnicodeWidthStr;

use super::breaking::{Piece, wrap};
use super::theme::{Meaning, Theme};

/// Blanks between two columns.
const GAP: usize = 2;
/// No column is made narrower than this.
const WIDTH_MIN: usize = 8;

/// A table while it is read.
#[derive(Clone, Debug, Default)]
pub struct MarkdownTable {
    rows: Vec<Vec<Vec<Piece>>>,
    row: Vec<Vec<Piece>>,
}

impl MarkdownTable {
    /// The next cell of the row.
    pub fn add_cell(&mut self, pieces: Vec<Piece>) {
        self.row.push(pieces);
    }

    /// The row is complete.
    pub fn end_row(&mut self) {
        self.rows.push(std::mem::take(&mut self.row));
    }

    /// The table in lines of at most `columns`.
    #[must_use]
    pub fn lines(&self, columns: usize, theme: Theme) -> Vec<Line<'static>> {
        let widths = self.widths(columns);
        let mut lines = Vec::new();
        for (number, row) in self.rows.iter().enumerate() {
            let cells: Vec<Vec<Vec<Piece>>> = row.iter().zip(&widths).map(|(cell, width)| wrap(cell, *width)).collect();
            let height = cells.iter().map(Vec::len).max().unwrap_or(0);
            lines.extend((0..height).map(|line| {
                let style = if number == 0 { theme.style(Meaning::Accent) } else { Style::new() };
                joined(&cells, &widths, line).style(style)
            }));
        }
        lines
    }

    fn widths(&self, columns: usize) -> Vec<usize> {
        let count = self.rows.iter().map(Vec::len).max().unwrap_or(0);
        let cell = |row: &Vec<Vec<Piece>>, column: usize| row.get(column).map_or(0, |cell| width(cell));
        let natural = |column| self.rows.iter().map(|row| cell(row, column)).max().unwrap_or(0);
        let mut widths: Vec<usize> = (0..count).map(natural).collect();
        let room = columns.saturating_sub(count.saturating_sub(1) * GAP);
        while widths.iter().sum::<usize>() > room {
            let Some(widest) = widths.iter_mut().max().filter(|widest| **widest > WIDTH_MIN) else { break };
            *widest -= 1;
        }
        widths
    }
}

fn width(pieces: &[Piece]) -> usize {
    pieces.iter().map(|(text, _)| text.width()).sum()
}

/// A line of a row: the same line of each of its cells.
fn joined(cells: &[Vec<Vec<Piece>>], widths: &[usize], number: usize) -> Line<'static> {
    let mut spans: Vec<Span<'static>> = Vec::new();
    for (column, (cell, room)) in cells.iter().zip(widths).enumerate() {
        let pieces = cell.get(number).cloned().unwrap_or_default();
        let is_last = column + 1 == cells.len();
        let blank = if is_last { 0 } else { room + GAP - width(&pieces).min(*room) };
        spans.extend(pieces.into_iter().map(|(text, style)| Span::styled(text, style)));
        spans.push(Span::raw(" ".repeat(blank)));
    }
    Line::from(spans)
}
