//! Tools that read input and write output: `cat`, `head`, `tail`, `grep`, `wc`, `sort`, `uniq`, `cut`, `tr`, `sed`, `tee`, `od`,
//! `base64`.

pub mod arguments;
pub mod base64;
pub mod grep;
pub mod od;
pub mod plan;
pub mod sed;
pub mod wc;

use std::collections::VecDeque;

use self::base64::Base64;
use self::grep::Grep;
use self::od::Od;
pub use self::plan::{Plan, plan};
use self::sed::{Sed, sed_line};
use self::wc::Wc;

/// A filter under way.
#[derive(Clone, Debug)]
pub enum Filter {
    /// Everything, as it comes.
    Cat,
    /// The first lines.
    Head(usize),
    /// The last lines, kept until the end.
    Tail(usize, VecDeque<Vec<u8>>),
    /// From this line on.
    TailFrom(usize, usize),
    /// Lines that match.
    Grep(Grep),
    /// Counts of lines, words, bytes.
    Wc(Wc),
    /// Bytes made visible.
    Od(Od),
    /// Bytes in 64 letters, and back.
    Base64(Base64),
    /// All lines, sorted at the end.
    Sort {
        /// Lines.
        lines: Vec<String>,
        /// Letters of its options.
        flags: String,
    },
    /// Runs of equal lines.
    Uniq {
        /// The line before.
        last: Option<String>,
        /// How often it came.
        count: u64,
        /// Whether that is shown.
        shows_count: bool,
    },
    /// Fields of each line.
    Cut {
        /// What parts fields.
        delimiter: char,
        /// Numbers of fields, from 1.
        fields: Vec<usize>,
        /// Whether characters are meant.
        is_chars: bool,
    },
    /// Characters replaced or deleted.
    Tr {
        /// What is looked for.
        from: Vec<char>,
        /// What takes its place.
        to: Vec<char>,
        /// Whether it is deleted.
        deletes: bool,
    },
    /// Commands on each line.
    Sed {
        /// The script.
        commands: Vec<Sed>,
        /// `-n`
        is_quiet: bool,
        /// The number of the line.
        line: usize,
    },
}

impl Filter {
    /// Whether it takes bytes as they come, not line by line.
    #[must_use]
    pub fn takes_bytes(&self) -> bool {
        matches!(self, Self::Cat | Self::Tr { .. } | Self::Wc(_) | Self::Od(_) | Self::Base64(_))
    }

    /// Another file begins, or standard input.
    pub fn begin(&mut self, file: Option<&str>) {
        if let Self::Wc(wc) = self {
            wc.begin(file);
        }
    }

    /// Bytes that need no lines.
    pub fn bytes(&mut self, bytes: &[u8], out: &mut Vec<u8>) {
        let (from, to, deletes) = match self {
            Self::Tr { from, to, deletes } => (from, to, deletes),
            Self::Wc(wc) => return wc.count(bytes),
            Self::Od(od) => return od.take(bytes),
            Self::Base64(base64) => return base64.take(bytes),
            _ => return out.extend_from_slice(bytes),
        };
        let changed = String::from_utf8_lossy(bytes)
            .chars()
            .filter_map(|c| match from.iter().position(|from| *from == c) {
                Some(_) if *deletes => None,
                Some(at) => Some(to.get(at).or(to.last()).copied().unwrap_or(c)),
                None => Some(c),
            })
            .collect::<String>();
        out.extend_from_slice(changed.as_bytes());
    }

    /// One line, without its end; `false` when no more is wanted.
    pub fn line(&mut self, line: &[u8], out: &mut Vec<u8>) -> bool {
        let text = String::from_utf8_lossy(line).into_owned();
        let mut say = |text: &str| {
            out.extend_from_slice(text.as_bytes());
            out.push(b'\n');
        };
        match self {
            Self::Cat | Self::Tr { .. } | Self::Wc(_) | Self::Od(_) | Self::Base64(_) => say(&text),
            Self::Head(left) => {
                if *left > 0 {
                    say(&text);
                    *left -= 1;
                }
                return *left > 0;
            }
            Self::Tail(count, kept) => {
                kept.push_back(line.to_vec());
                if kept.len() > *count {
                    kept.pop_front();
                }
            }
            Self::TailFrom(from, seen) => {
                *seen += 1;
                if *seen >= *from {
                    say(&text);
                }
            }
            Self::Grep(grep) => return grep.line(&text, out),
            Self::Sort { lines, .. } => lines.push(text),
            Self::Uniq { last, count, shows_count } => {
                if last.as_ref() == Some(&text) {
                    *count += 1;
                } else {
                    if let Some(last) = last.replace(text) {
                        say(&if *shows_count { format!("{count:>7} {last}") } else { last });
                    }
                    *count = 1;
                }
            }
            Self::Cut { delimiter, fields, is_chars } => {
                let cut = if *is_chars {
                    let chars: Vec<char> = text.chars().collect();
                    fields.iter().filter_map(|at| chars.get(at.checked_sub(1)?)).collect::<String>()
                } else {
                    let parts: Vec<&str> = text.split(*delimiter).collect();
                    let wanted = fields.iter().filter_map(|at| parts.get(at.checked_sub(1)?).copied());
                    wanted.collect::<Vec<_>>().join(&delimiter.to_string())
                };
                say(&cut);
            }
            Self::Sed { commands, is_quiet, line } => {
                *line += 1;
                return sed_line(commands, *is_quiet, *line, text, out);
            }
        }
        true
    }

    /// The end of the input; the exit code.
    pub fn finish(&mut self, out: &mut Vec<u8>) -> i32 {
        let mut say = |text: &str| {
            out.extend_from_slice(text.as_bytes());
            out.push(b'\n');
        };
        match self {
            Self::Tail(_, kept) => kept.drain(..).for_each(|line| say(&String::from_utf8_lossy(&line))),
            Self::Grep(grep) => return grep.finish(out),
            Self::Wc(wc) => out.extend_from_slice(wc.table().as_bytes()),
            Self::Od(od) => out.extend_from_slice(od.table().as_bytes()),
            Self::Base64(base64) => return base64.finish(out),
            Self::Sort { lines, flags } => {
                sort(lines, flags);
                lines.iter().for_each(|line| say(line));
            }
            Self::Uniq { last: Some(last), count, shows_count } => {
                say(&if *shows_count { format!("{count:>7} {last}") } else { last.clone() });
            }
            _ => {}
        }
        0
    }
}

fn sort(lines: &mut Vec<String>, flags: &str) {
    if flags.contains('n') {
        let number = |line: &String| {
            let text = line.trim_start();
            let end = text.find(|c: char| !c.is_ascii_digit() && c != '-').unwrap_or(text.len());
            text[..end].parse::<i64>().unwrap_or(0)
        };
        lines.sort_by_key(number);
    } else {
        lines.sort();
    }
    if flags.contains('u') {
        lines.dedup();
    }
    if flags.contains('r') {
        lines.reverse();
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::machine::image::executable::Flavour;

    fn filter(line: &str, input: &str) -> (String, i32) {
        let argv: Vec<String> = line.split(' ').map(str::to_owned).collect();
        let mut plan = plan(&argv, Flavour::Busybox).unwrap().unwrap();
        plan.filter.begin(None);
        let mut out = Vec::new();
        if plan.filter.takes_bytes() {
            plan.filter.bytes(input.as_bytes(), &mut out);
        } else {
            for line in input.lines() {
                if !plan.filter.line(line.as_bytes(), &mut out) {
                    break;
                }
            }
        }
        let code = plan.filter.finish(&mut out);
        (String::from_utf8(out).unwrap(), code)
    }

    #[test]
    fn filters_do_what_their_names_say() {
        assert_eq!(filter("head -n 2", "a\nb\nc\n"), ("a\nb\n".into(), 0));
        assert_eq!(filter("tail -1", "a\nb\nc\n"), ("c\n".into(), 0));
        assert_eq!(filter("grep -c b", "a\nb\nb\n"), ("2\n".into(), 0));
        assert_eq!(filter("grep x", "a\n").1, 1);
        assert_eq!(filter("wc -l", "a\nb\n"), ("2\n".into(), 0));
        assert_eq!(filter("base64", "tulip"), ("dHVsaXA=\n".into(), 0));
        assert_eq!(filter("base64 -d", "dHVsaXAK\n"), ("tulip\n".into(), 0));
        assert_eq!(filter("base64 -d", "not base64").1, 1);
        assert_eq!(filter("sort -rn", "2\n10\n1\n"), ("10\n2\n1\n".into(), 0));
        assert_eq!(filter("cut -d: -f2", "a:b:c\n"), ("b\n".into(), 0));
        assert_eq!(filter("tr a-z A-Z", "abc\n"), ("ABC\n".into(), 0));
        assert_eq!(filter("sed s/a/<&>/g", "aba\n"), ("<a>b<a>\n".into(), 0));
        assert_eq!(filter("uniq -c", "a\na\nb\n"), ("      2 a\n      1 b\n".into(), 0));
    }
}
