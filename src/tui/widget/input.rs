//! One line of text that someone types.

use crossterm::event::{KeyCode, KeyEvent, KeyModifiers};
use unicode_segmentation::UnicodeSegmentation;
use unicode_width::UnicodeWidthStr;

/// A line being typed.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Input {
    graphemes: Vec<String>,
    /// How many graphemes are left of the cursor.
    cursor: usize,
}

impl Input {
    /// A line with `text` in it and the cursor behind.
    #[must_use]
    pub fn of(text: &str) -> Self {
        let graphemes: Vec<String> = text.graphemes(true).map(str::to_owned).collect();
        Self { cursor: graphemes.len(), graphemes }
    }

    /// The text.
    #[must_use]
    pub fn text(&self) -> String {
        self.graphemes.concat()
    }

    /// The text left of the cursor.
    #[must_use]
    pub fn before(&self) -> String {
        self.graphemes[..self.cursor].concat()
    }

    /// Puts text in at the cursor; breaks become blanks.
    pub fn insert(&mut self, text: &str) {
        let mut all = self.before();
        all.push_str(&text.replace(['\n', '\r', '\t'], " "));
        let behind = self.graphemes[self.cursor..].concat();
        self.cursor = all.graphemes(true).count();
        all.push_str(&behind);
        self.graphemes = all.graphemes(true).map(str::to_owned).collect();
    }

    /// Takes in a key; says whether the text has changed.
    pub fn key(&mut self, key: &KeyEvent) -> bool {
        let is_ctrl = key.modifiers.contains(KeyModifiers::CONTROL);
        match key.code {
            KeyCode::Char('a') if is_ctrl => self.cursor = 0,
            KeyCode::Char('e') if is_ctrl => self.cursor = self.graphemes.len(),
            KeyCode::Char('u') if is_ctrl => {
                self.graphemes.drain(..self.cursor);
                self.cursor = 0;
                return true;
            }
            KeyCode::Char('k') if is_ctrl => {
                self.graphemes.truncate(self.cursor);
                return true;
            }
            KeyCode::Char('w') if is_ctrl => return self.delete_word(),
            KeyCode::Char(_) if is_ctrl => {}
            KeyCode::Char(letter) => {
                self.insert(&letter.to_string());
                return true;
            }
            KeyCode::Backspace if self.cursor > 0 => {
                self.cursor -= 1;
                self.graphemes.remove(self.cursor);
                return true;
            }
            KeyCode::Delete if self.cursor < self.graphemes.len() => {
                self.graphemes.remove(self.cursor);
                return true;
            }
            KeyCode::Left => self.cursor = self.cursor.saturating_sub(1),
            KeyCode::Right => self.cursor = (self.cursor + 1).min(self.graphemes.len()),
            KeyCode::Home => self.cursor = 0,
            KeyCode::End => self.cursor = self.graphemes.len(),
            _ => {}
        }
        false
    }

    fn delete_word(&mut self) -> bool {
        let is_blank = |grapheme: &String| grapheme.trim().is_empty();
        let mut start = self.cursor;
        while start > 0 && is_blank(&self.graphemes[start - 1]) {
            start -= 1;
        }
        while start > 0 && !is_blank(&self.graphemes[start - 1]) {
            start -= 1;
        }
        let changed = start < self.cursor;
        self.graphemes.drain(start..self.cursor);
        self.cursor = start;
        changed
    }

    /// What is shown in `columns`, and the column of the cursor in it.
    #[must_use]
    pub fn window(&self, columns: usize) -> (String, usize) {
        let mut start = 0;
        let before = |start: usize| self.graphemes[start..self.cursor].concat().width();
        while before(start) >= columns.max(1) && start < self.cursor {
            start += 1;
        }
        let mut shown = String::new();
        for grapheme in &self.graphemes[start..] {
            if shown.width() + grapheme.width() > columns {
                break;
            }
            shown.push_str(grapheme);
        }
        (shown, before(start))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_line_scrolls_with_the_cursor_and_counts_wide_characters_twice() {
        let mut input = Input::of("get 節點");
        assert_eq!(input.window(20), ("get 節點".to_owned(), 8));
        input.key(&KeyEvent::new(KeyCode::Backspace, KeyModifiers::NONE));
        assert_eq!(input.text(), "get 節");
        input.key(&KeyEvent::new(KeyCode::Char('w'), KeyModifiers::CONTROL));
        assert_eq!(input.text(), "get ");
        input.insert("pods -A");
        assert_eq!(input.window(6).1, 5);
    }
}
