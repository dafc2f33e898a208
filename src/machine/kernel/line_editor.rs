//! The line that is being typed: what each key does to it and what the person sees.
//!
//! Without an editor a terminal knows Backspace, Ctrl-U and Ctrl-W. busybox ash and bash bring editors of their own (libbb's
//! `lineedit`, readline); their common part is modelled: moving in the line, deleting, and recalling earlier lines.
//! **Not modelled.** Completion, searching the history, vi mode.

use crate::machine::signal::Signal;

/// Lines that are remembered. Source: busybox `FEATURE_EDITING_HISTORY` is 255.
const HISTORY_MAX: usize = 255;

/// What a key led to.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Key {
    /// The line goes on, or nothing happened.
    Nothing,
    /// The line is there, its end included unless Ctrl-D cut it short.
    Line(Vec<u8>),
    /// Ctrl-D at the beginning of a line.
    End,
    /// Ctrl-C, Ctrl-\.
    Signal(Signal),
}

/// A line under way.
#[derive(Clone, Debug, Default)]
pub struct LineEditor {
    line: Vec<char>,
    cursor: usize,
    /// Bytes of a character, or of an escape sequence, that is not complete.
    partial: Vec<u8>,
    /// A shell reads with an editor of its own.
    is_editing: bool,
    history: Vec<Vec<char>>,
    /// Which of them is shown; the line that is new comes after the last.
    recalled: usize,
}

impl LineEditor {
    /// A shell with an editor begins to read: what was typed meanwhile is shown once more, behind the prompt.
    pub fn begin(&mut self) -> Vec<u8> {
        self.is_editing = true;
        self.recalled = self.history.len();
        self.line.iter().collect::<String>().into_bytes()
    }

    /// One byte from the keyboard: what it led to, and what is shown for it.
    pub fn press(&mut self, byte: u8) -> (Key, Vec<u8>) {
        self.partial.push(byte);
        if self.partial[0] == 0x1b && self.is_editing {
            return (Key::Nothing, self.escape());
        }
        let typed = std::mem::take(&mut self.partial);
        match typed.as_slice() {
            [b'\r' | b'\n'] => self.enter(),
            [0x03] => self.interrupt(Signal::Int, b"^C"),
            [0x1c] => self.interrupt(Signal::Quit, b"^\\"),
            [0x04] => self.end(),
            [0x08 | 0x7f] => (Key::Nothing, self.rub_out(1)),
            [0x15] => (Key::Nothing, self.rub_out(self.cursor)),
            [0x17] => (Key::Nothing, self.rub_out(self.word_before())),
            [control @ 0..=0x1f] if self.is_editing && *control != b'\t' => (Key::Nothing, self.control(*control)),
            [b'\t'] if self.is_editing => (Key::Nothing, Vec::new()),
            [control @ 0..=0x1f] if *control != b'\t' => {
                self.line.insert(self.cursor, char::from(*control));
                self.cursor += 1;
                (Key::Nothing, vec![b'^', control + 0x40])
            }
            bytes => match std::str::from_utf8(bytes) {
                Ok(text) => (Key::Nothing, self.insert(text)),
                // The rest of the character is still to come.
                Err(error) if error.error_len().is_none() => {
                    self.partial = typed;
                    (Key::Nothing, Vec::new())
                }
                Err(_) => (Key::Nothing, self.insert("\u{fffd}")),
            },
        }
    }

    fn enter(&mut self) -> (Key, Vec<u8>) {
        let line = std::mem::take(&mut self.line);
        self.cursor = 0;
        if std::mem::take(&mut self.is_editing) && !line.is_empty() && self.history.last() != Some(&line) {
            if self.history.len() == HISTORY_MAX {
                self.history.remove(0);
            }
            self.history.push(line.clone());
        }
        let mut bytes = line.into_iter().collect::<String>().into_bytes();
        bytes.push(b'\n');
        (Key::Line(bytes), b"\r\n".to_vec())
    }

    fn interrupt(&mut self, signal: Signal, echo: &[u8]) -> (Key, Vec<u8>) {
        self.line.clear();
        self.cursor = 0;
        self.is_editing = false;
        (Key::Signal(signal), echo.to_vec())
    }

    fn end(&mut self) -> (Key, Vec<u8>) {
        if self.line.is_empty() {
            self.is_editing = false;
            return (Key::End, Vec::new());
        }
        if self.is_editing {
            return (Key::Nothing, self.delete());
        }
        self.cursor = 0;
        let line = std::mem::take(&mut self.line).into_iter().collect::<String>();
        (Key::Line(line.into_bytes()), Vec::new())
    }

    fn insert(&mut self, text: &str) -> Vec<u8> {
        let count = text.chars().count();
        self.line.splice(self.cursor..self.cursor, text.chars());
        self.cursor += count;
        let mut shown = text.as_bytes().to_vec();
        shown.extend(self.tail(0));
        shown
    }

    /// Takes characters before the cursor away.
    fn rub_out(&mut self, count: usize) -> Vec<u8> {
        let count = count.min(self.cursor);
        if count == 0 {
            return Vec::new();
        }
        self.line.drain(self.cursor - count..self.cursor);
        self.cursor -= count;
        let mut shown = vec![0x08; count];
        if self.cursor == self.line.len() {
            // What Linux shows for ERASE and KILL at the end of a line.
            shown = b"\x08 \x08".repeat(count);
        } else {
            shown.extend(self.tail(count));
        }
        shown
    }

    /// The character under the cursor goes.
    fn delete(&mut self) -> Vec<u8> {
        if self.cursor == self.line.len() {
            return Vec::new();
        }
        self.line.remove(self.cursor);
        self.tail(1)
    }

    /// What stands behind the cursor, `blanks` over what stood there before, and back to the cursor.
    fn tail(&self, blanks: usize) -> Vec<u8> {
        let rest: String = self.line[self.cursor..].iter().collect();
        let back = self.line.len() - self.cursor + blanks;
        let mut shown = rest.into_bytes();
        shown.extend(std::iter::repeat_n(b' ', blanks));
        shown.extend(std::iter::repeat_n(0x08, back));
        shown
    }

    fn word_before(&self) -> usize {
        let before = &self.line[..self.cursor];
        let blanks = before.iter().rev().take_while(|c| c.is_whitespace()).count();
        blanks + before.iter().rev().skip(blanks).take_while(|c| !c.is_whitespace()).count()
    }

    /// Keys of the editors of shells.
    fn control(&mut self, control: u8) -> Vec<u8> {
        match control {
            0x01 => self.go_to(0),
            0x05 => self.go_to(self.line.len()),
            0x02 => self.go_to(self.cursor.saturating_sub(1)),
            0x06 => self.go_to((self.cursor + 1).min(self.line.len())),
            0x0b => {
                let count = self.line.len() - self.cursor;
                self.line.truncate(self.cursor);
                self.tail(count)
            }
            0x10 => self.recall(self.recalled.saturating_sub(1)),
            0x0e => self.recall(self.recalled + 1),
            _ => Vec::new(),
        }
    }

    fn go_to(&mut self, to: usize) -> Vec<u8> {
        let shown = if to <= self.cursor {
            vec![0x08; self.cursor - to]
        } else {
            self.line[self.cursor..to].iter().collect::<String>().into_bytes()
        };
        self.cursor = to;
        shown
    }

    /// Another line of the history takes the place of this one.
    fn recall(&mut self, which: usize) -> Vec<u8> {
        if which > self.history.len() || which == self.recalled {
            return Vec::new();
        }
        let (old, cursor) = (self.line.len(), self.cursor);
        self.recalled = which;
        self.line = self.history.get(which).cloned().unwrap_or_default();
        self.cursor = self.line.len();
        let mut shown = vec![0x08; cursor];
        shown.extend(self.line.iter().collect::<String>().into_bytes());
        let rest = old.saturating_sub(self.line.len());
        shown.extend(std::iter::repeat_n(b' ', rest));
        shown.extend(std::iter::repeat_n(0x08, rest));
        shown
    }

    /// Arrows, Home, End, Delete.
    fn escape(&mut self) -> Vec<u8> {
        let sequence = self.partial.clone();
        let is_complete = match sequence.as_slice() {
            [_] | [_, b'[' | b'O'] => false,
            [_, b'[', .., last] => (0x40..=0x7e).contains(last),
            _ => true,
        };
        if !is_complete {
            return Vec::new();
        }
        self.partial.clear();
        match &sequence[1..] {
            b"[A" | b"OA" => self.control(0x10),
            b"[B" | b"OB" => self.control(0x0e),
            b"[C" | b"OC" => self.control(0x06),
            b"[D" | b"OD" => self.control(0x02),
            b"[H" | b"OH" | b"[1~" | b"[7~" => self.control(0x01),
            b"[F" | b"OF" | b"[4~" | b"[8~" => self.control(0x05),
            b"[3~" => self.delete(),
            _ => Vec::new(),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn typed(editor: &mut LineEditor, text: &str) -> (Vec<Key>, String) {
        let mut shown = Vec::new();
        let mut keys = Vec::new();
        for byte in text.bytes() {
            let (key, echo) = editor.press(byte);
            shown.extend(echo);
            keys.extend(Some(key).filter(|key| *key != Key::Nothing));
        }
        (keys, String::from_utf8(shown).unwrap())
    }

    #[test]
    fn a_plain_terminal_echoes_and_takes_back() {
        let mut editor = LineEditor::default();
        let (keys, shown) = typed(&mut editor, "lx\x7fs -é\x7fl\r");
        assert_eq!(keys, [Key::Line(b"ls -l\n".to_vec())]);
        assert_eq!(shown, "lx\x08 \x08s -é\x08 \x08l\r\n");
        assert_eq!(typed(&mut editor, "abc\x03").0, [Key::Signal(Signal::Int)]);
        assert_eq!(typed(&mut editor, "\x04").0, [Key::End]);
        assert_eq!(typed(&mut editor, "ab\x04").0, [Key::Line(b"ab".to_vec())]);
    }

    #[test]
    fn a_shell_moves_in_the_line_and_recalls_earlier_ones() {
        let mut editor = LineEditor::default();
        editor.begin();
        assert_eq!(
            typed(&mut editor, "eco hi\x1b[D\x1b[D\x1b[D\x1b[Dh\x1b[F!\r").0,
            [Key::Line(b"echo hi!\n".to_vec())]
        );
        editor.begin();
        assert_eq!(typed(&mut editor, "id\r").0, [Key::Line(b"id\n".to_vec())]);
        editor.begin();
        assert_eq!(typed(&mut editor, "x\x1b[A\x1b[A\r").0, [Key::Line(b"echo hi!\n".to_vec())]);
    }
}
