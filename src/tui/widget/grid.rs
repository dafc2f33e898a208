//! A grid: columns with captions, rows of which one is chosen. Only the rows that are seen are ever built.

use ratatui::buffer::Buffer;
use ratatui::layout::Rect;
use ratatui::style::{Modifier, Style};

use super::text;
use crate::tui::theme::{Meaning, Theme};

/// Blanks between two columns.
const GAP: usize = 2;
/// No column is made narrower than this.
const WIDTH_MIN: usize = 15;

/// Nor the one that is kept than this.
const KEEP_MIN: usize = 22;

/// A cell and how it looks.
pub type Cell = (String, Style);

/// A grid as far as it is seen.
pub struct Grid<'g> {
    /// The captions.
    pub captions: &'g [String],
    /// The rows that are seen.
    pub rows: &'g [Vec<Cell>],
    /// Which of them is chosen.
    pub chosen: Option<usize>,
    /// So many columns behind the first one are scrolled away.
    pub shift: usize,
    /// Which column is never made narrower as long as another can be: the one people read first.
    pub keep: usize,
}

impl Grid<'_> {
    /// Draws the captions and rows.
    pub fn draw(&self, theme: Theme, area: Rect, buffer: &mut Buffer) {
        let columns = self.columns(usize::from(area.width).saturating_sub(2));
        self.draw_row(theme, area, 0, &columns, buffer, |column| {
            (self.captions[column].clone(), theme.style(Meaning::Muted).add_modifier(Modifier::BOLD))
        });
        for (number, row) in (1..area.height).zip(self.rows) {
            let is_chosen = self.chosen == Some(usize::from(number) - 1);
            let chosen = theme.style(Meaning::Chosen);
            if is_chosen {
                let line = Rect { y: area.y + number, height: 1, ..area };
                buffer.set_style(line, chosen);
                text::put_at(buffer, area, (0, number), theme.sign(Meaning::Chosen), chosen);
            }
            self.draw_row(theme, area, number, &columns, buffer, |column| {
                let (text, style) = row.get(column).cloned().unwrap_or_default();
                (text, if is_chosen { theme.on_chosen(style) } else { style })
            });
        }
    }

    fn draw_row(
        &self,
        theme: Theme,
        area: Rect,
        row: u16,
        columns: &[(usize, usize)],
        buffer: &mut Buffer,
        cell: impl Fn(usize) -> Cell,
    ) {
        let mut x = 2;
        for (column, width) in columns {
            let (content, style) = cell(*column);
            let more = theme.pick("…", "~");
            let fitted = if *column == self.keep {
                text::squeeze(&content, *width, more)
            } else {
                text::cut(&content, *width, more)
            };
            text::put_at(buffer, area, (x, row), &fitted, style);
            x += (*width + GAP) as u16;
        }
    }

    /// The columns that are shown and how wide each is.
    fn columns(&self, room: usize) -> Vec<(usize, usize)> {
        let natural = |column: usize| {
            let cells = self.rows.iter().filter_map(|row| row.get(column)).map(|(content, _)| text::width(content));
            cells.max().unwrap_or(0).max(text::width(&self.captions[column]))
        };
        let shown = (0..self.captions.len()).filter(|column| *column <= self.keep || *column > self.keep + self.shift);
        let mut columns: Vec<(usize, usize)> = shown.map(|column| (column, natural(column))).collect();
        let total = |columns: &[(usize, usize)]| {
            columns.iter().map(|(_, width)| width + GAP).sum::<usize>().saturating_sub(GAP)
        };
        // First what is long, then the names (they differ at both ends and are squeezed), then whole columns.
        let over = total(&columns).saturating_sub(room);
        shrink(&mut columns, over, WIDTH_MIN, |column| column != self.keep);
        let over = total(&columns).saturating_sub(room);
        shrink(&mut columns, over, KEEP_MIN, |column| column == self.keep);
        while total(&columns) > room && columns.len() > 2 {
            columns.pop();
        }
        columns
    }
}

/// Takes `over` columns of text away from the widest of the columns that may lose any, down to `least` each.
fn shrink(columns: &mut [(usize, usize)], mut over: usize, least: usize, may: impl Fn(usize) -> bool) {
    while over > 0 {
        let widest = columns.iter_mut().filter(|(column, width)| may(*column) && *width > least);
        let Some((_, width)) = widest.max_by_key(|(_, width)| *width) else { return };
        *width -= 1;
        over -= 1;
    }
}
