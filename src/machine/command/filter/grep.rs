//! `grep`.

use regex::Regex;

use super::arguments::Arguments;

/// The pattern of a `grep`.
#[derive(Clone, Debug)]
pub struct Grep {
    regex: Regex,
    is_inverted: bool,
    is_quiet: bool,
    counts: bool,
    numbers: bool,
    only_match: bool,
    found: u64,
    line: u64,
}

impl Grep {
    /// The exit code, after the count if that was asked for.
    pub fn finish(&self, out: &mut Vec<u8>) -> i32 {
        if self.counts {
            out.extend_from_slice(format!("{}\n", self.found).as_bytes());
        }
        i32::from(self.found == 0)
    }

    /// The pattern and the switches of a command line; the pattern is taken off `files`.
    ///
    /// # Errors
    /// What is wrong with it.
    pub fn new(arguments: &Arguments, files: &mut Vec<String>) -> Result<Self, String> {
        let pattern = arguments.value('e').or_else(|| (!files.is_empty()).then(|| files.remove(0)));
        let pattern = pattern.ok_or("no pattern")?;
        let has = |letter: char| arguments.letters.contains(letter);
        let mut pattern = if has('F') {
            regex::escape(&pattern)
        } else if has('E') {
            pattern
        } else {
            basic_to_extended(&pattern)
        };
        if has('w') {
            pattern = format!(r"\b(?:{pattern})\b");
        }
        if has('i') {
            pattern = format!("(?i){pattern}");
        }
        let regex = Regex::new(&pattern).map_err(|_| format!("bad regex '{pattern}'"))?;
        Ok(Self {
            regex,
            is_inverted: has('v'),
            is_quiet: has('q'),
            counts: has('c'),
            numbers: has('n'),
            only_match: has('o'),
            found: 0,
            line: 0,
        })
    }

    /// One line; `false` when no more is wanted.
    pub fn line(&mut self, line: &str, out: &mut Vec<u8>) -> bool {
        self.line += 1;
        if self.regex.is_match(line) == self.is_inverted {
            return true;
        }
        self.found += 1;
        if self.is_quiet {
            return false;
        }
        if self.counts {
            return true;
        }
        let number = if self.numbers { format!("{}:", self.line) } else { String::new() };
        if self.only_match && !self.is_inverted {
            for found in self.regex.find_iter(line) {
                out.extend_from_slice(format!("{number}{}\n", found.as_str()).as_bytes());
            }
        } else {
            out.extend_from_slice(format!("{number}{line}\n").as_bytes());
        }
        true
    }
}

/// Basic regular expressions escape what extended ones write plainly.
#[must_use]
pub fn basic_to_extended(pattern: &str) -> String {
    let mut out = String::new();
    let mut chars = pattern.chars();
    while let Some(c) = chars.next() {
        match c {
            '\\' => match chars.next() {
                Some(special @ ('(' | ')' | '{' | '}' | '|' | '+' | '?')) => out.push(special),
                Some(other) => {
                    out.push('\\');
                    out.push(other);
                }
                None => out.push_str("\\\\"),
            },
            '(' | ')' | '{' | '}' | '|' | '+' | '?' => {
                out.push('\\');
                out.push(c);
            }
            c => out.push(c),
        }
    }
    out
}
