//! Breaking: styled text in lines of a width, where Chinese and English break.

use ratatui::style::Style;
use unicode_segmentation::UnicodeSegmentation;
use unicode_width::UnicodeWidthStr;

/// A piece of text in one style.
pub type Piece = (String, Style);

/// Signs that no line begins with.
const CLOSING: &str = "，。、；：？！」』）》】〉”’…,.!?;:)]}%";
/// Signs that no line ends with.
const OPENING: &str = "「『（《【〈“‘([{";

/// Breaks styled text into lines of at most `columns`: between words, between Chinese characters, never before a closing
/// sign or behind an opening one.
#[must_use]
pub fn wrap(pieces: &[Piece], columns: usize) -> Vec<Vec<Piece>> {
    let columns = columns.max(2);
    let mut lines = vec![Vec::new()];
    let mut used = 0;
    for atom in atoms(pieces) {
        let size: usize = atom.iter().map(|(text, _)| text.width()).sum();
        let is_blank = atom.iter().all(|(text, _)| text.trim().is_empty());
        if used + size > columns && used > 0 && !is_blank {
            trim_end(lines.last_mut());
            lines.push(Vec::new());
            used = 0;
        }
        if is_blank && used + size > columns {
            continue;
        }
        // Blanks at the start of a broken line are dropped; those at the start of the text are its indentation.
        if is_blank && used == 0 && lines.len() > 1 {
            continue;
        }
        for (text, style) in atom {
            for grapheme in text.graphemes(true) {
                if used + grapheme.width() > columns {
                    lines.push(Vec::new());
                    used = 0;
                }
                used += grapheme.width();
                add(lines.last_mut(), grapheme, style);
            }
        }
    }
    lines
}

fn add(line: Option<&mut Vec<Piece>>, text: &str, style: Style) {
    let Some(line) = line else { return };
    match line.last_mut().filter(|(_, last)| *last == style) {
        Some((held, _)) => held.push_str(text),
        None => line.push((text.to_owned(), style)),
    }
}

fn trim_end(line: Option<&mut Vec<Piece>>) {
    if let Some((text, _)) = line.and_then(|line| line.last_mut()) {
        text.truncate(text.trim_end().len());
    }
}

/// What must not be broken: a word, a run of blanks, a wide character with the signs that belong to it.
fn atoms(pieces: &[Piece]) -> Vec<Vec<Piece>> {
    let mut atoms: Vec<Vec<Piece>> = Vec::new();
    let mut before: Option<String> = None;
    for (text, style) in pieces {
        for grapheme in text.graphemes(true) {
            let joins = before.as_deref().is_some_and(|before| holds_together(before, grapheme));
            if !joins || atoms.is_empty() {
                atoms.push(Vec::new());
            }
            add(atoms.last_mut(), grapheme, *style);
            before = Some(grapheme.to_owned());
        }
    }
    atoms
}

fn holds_together(before: &str, next: &str) -> bool {
    let is_blank = |text: &str| text.trim().is_empty();
    if is_blank(before) || is_blank(next) {
        return is_blank(before) && is_blank(next);
    }
    if CLOSING.contains(next) || OPENING.contains(before) {
        return true;
    }
    before.width() == 1 && next.width() == 1
}
