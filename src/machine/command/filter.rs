//! Tools that read input and write output: `cat`, `head`, `tail`, `grep`, `wc`, `sort`, `uniq`, `cut`, `tr`, `sed`, `tee`.

use std::collections::VecDeque;

use regex::Regex;

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
    /// Counts of lines, words, bytes, and which are wanted.
    Wc {
        /// Lines.
        lines: u64,
        /// Words.
        words: u64,
        /// Bytes.
        bytes: u64,
        /// Letters of what is shown; none shows all.
        shows: String,
    },
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

/// A command of `sed`.
#[derive(Clone, Debug)]
pub struct Sed {
    address: Option<Address>,
    action: SedAction,
}

#[derive(Clone, Debug)]
enum Address {
    Line(usize),
    Match(Regex),
}

#[derive(Clone, Debug)]
enum SedAction {
    Substitute { regex: Regex, replacement: String, everywhere: bool },
    Delete,
    Print,
    Quit,
}

/// A filter and what it reads.
#[derive(Clone, Debug)]
pub struct Plan {
    /// What is done.
    pub filter: Filter,
    /// Files; none means standard input.
    pub files: Vec<String>,
    /// `tail -f`
    pub follows: bool,
}

/// The plan of a filter's command line.
///
/// # Errors
/// What is wrong with it.
pub fn plan(argv: &[String]) -> Result<Option<Plan>, String> {
    let name = crate::machine::fs::path::base_name(argv.first().map_or("", String::as_str));
    let values = match name {
        "head" | "tail" => "nc",
        "grep" => "emABC",
        "cut" => "dfc",
        "sort" => "kt",
        "sed" => "e",
        _ => "",
    };
    let arguments = Arguments::read(&argv[1..], values);
    let mut files = arguments.operands.clone();
    let filter = match name {
        "cat" => Filter::Cat,
        "head" => Filter::Head(arguments.number('n').unwrap_or(10)),
        "tail" => match arguments.value('n').and_then(|text| text.strip_prefix('+').map(str::to_owned)) {
            Some(from) => Filter::TailFrom(from.parse().unwrap_or(1), 0),
            None => Filter::Tail(arguments.number('n').unwrap_or(10), VecDeque::new()),
        },
        "grep" => Filter::Grep(Grep::new(&arguments, &mut files)?),
        "wc" => Filter::Wc { lines: 0, words: 0, bytes: 0, shows: arguments.letters.clone() },
        "sort" => Filter::Sort { lines: Vec::new(), flags: arguments.letters.clone() },
        "uniq" => Filter::Uniq { last: None, count: 0, shows_count: arguments.letters.contains('c') },
        "cut" => {
            let is_chars = arguments.value('c').is_some();
            let list = arguments.value('f').or(arguments.value('c')).ok_or("no fields given")?;
            let delimiter = arguments.value('d').and_then(|text| text.chars().next()).unwrap_or('\t');
            Filter::Cut { delimiter, fields: ranges(&list), is_chars }
        }
        "tr" => {
            let sets: Vec<Vec<char>> = std::mem::take(&mut files).iter().map(|set| characters(set)).collect();
            let from = sets.first().cloned().ok_or("missing operand")?;
            let deletes = arguments.letters.contains('d');
            Filter::Tr { from, to: sets.get(1).cloned().unwrap_or_default(), deletes }
        }
        "sed" => {
            let script = arguments.value('e').or_else(|| (!files.is_empty()).then(|| files.remove(0)));
            let commands =
                script.ok_or("no script")?.split(';').map(|text| sed(text.trim())).collect::<Result<_, _>>()?;
            Filter::Sed { commands, is_quiet: arguments.letters.contains('n'), line: 0 }
        }
        _ => return Ok(None),
    };
    let follows = name == "tail" && arguments.letters.contains(['f', 'F']);
    Ok(Some(Plan { filter, files, follows }))
}

/// A command line taken apart: letters, letters with values, operands.
struct Arguments {
    letters: String,
    values: Vec<(char, String)>,
    operands: Vec<String>,
}

impl Arguments {
    fn read(words: &[String], with_value: &str) -> Self {
        let mut made = Self { letters: String::new(), values: Vec::new(), operands: Vec::new() };
        let mut words = words.iter();
        while let Some(word) = words.next() {
            let Some(option) = word.strip_prefix('-').filter(|option| !option.is_empty()) else {
                made.operands.push(word.clone());
                continue;
            };
            if option.chars().all(|c| c.is_ascii_digit()) {
                made.values.push(('n', option.to_owned()));
                continue;
            }
            let mut letters = option.chars();
            while let Some(letter) = letters.next() {
                if with_value.contains(letter) {
                    let rest = letters.as_str();
                    let value =
                        if rest.is_empty() { words.next().cloned().unwrap_or_default() } else { rest.to_owned() };
                    made.values.push((letter, value));
                    break;
                }
                made.letters.push(letter);
            }
        }
        made
    }

    fn value(&self, letter: char) -> Option<String> {
        self.values.iter().find(|(name, _)| *name == letter).map(|(_, value)| value.clone())
    }

    fn number(&self, letter: char) -> Option<usize> {
        self.value(letter)?.parse().ok()
    }
}

impl Grep {
    fn new(arguments: &Arguments, files: &mut Vec<String>) -> Result<Self, String> {
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

    fn line(&mut self, line: &str, out: &mut Vec<u8>) -> bool {
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
fn basic_to_extended(pattern: &str) -> String {
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

/// `1,3-5` as numbers from 1; an open end means a hundred.
fn ranges(list: &str) -> Vec<usize> {
    let range = |part: &str| match part.split_once('-') {
        Some((from, to)) => from.parse().unwrap_or(1)..=to.parse().unwrap_or(100),
        None => {
            let at = part.parse().unwrap_or(1);
            at..=at
        }
    };
    list.split(',').flat_map(range).collect()
}

/// `a-z`, `[:upper:]`, `\n` as characters.
fn characters(set: &str) -> Vec<char> {
    let set = crate::machine::shell::escape::unescape(set, false).0;
    match set.as_str() {
        "[:upper:]" => return ('A'..='Z').collect(),
        "[:lower:]" => return ('a'..='z').collect(),
        "[:digit:]" => return ('0'..='9').collect(),
        "[:space:]" => return " \t\n\r".chars().collect(),
        _ => {}
    }
    let chars: Vec<char> = set.chars().collect();
    let mut out = Vec::new();
    let mut at = 0;
    while at < chars.len() {
        if chars.get(at + 1) == Some(&'-') && at + 2 < chars.len() {
            out.extend(chars[at]..=chars[at + 2]);
            at += 3;
        } else {
            out.push(chars[at]);
            at += 1;
        }
    }
    out
}

fn sed(text: &str) -> Result<Sed, String> {
    let unsupported = || format!("podlab models the sed commands s, d, p and q; not `{text}`");
    let (address, rest) = if let Some(rest) = text.strip_prefix('/') {
        let (pattern, rest) = rest.split_once('/').ok_or_else(unsupported)?;
        let regex = Regex::new(&basic_to_extended(pattern)).map_err(|_| unsupported())?;
        (Some(Address::Match(regex)), rest)
    } else {
        let digits = text.find(|c: char| !c.is_ascii_digit()).unwrap_or(text.len());
        (text[..digits].parse().ok().map(Address::Line), &text[digits..])
    };
    let action = match rest.chars().next() {
        Some('d') => SedAction::Delete,
        Some('p') => SedAction::Print,
        Some('q') => SedAction::Quit,
        Some('s') => {
            let delimiter = rest[1..].chars().next().ok_or_else(unsupported)?;
            let parts: Vec<&str> = rest[1 + delimiter.len_utf8()..].split(delimiter).collect();
            let [pattern, replacement, flags] = parts.as_slice() else { return Err(unsupported()) };
            let regex = Regex::new(&basic_to_extended(pattern)).map_err(|_| unsupported())?;
            let replacement = replacement.replace('$', "$$").replace('&', "${0}");
            let replacement =
                (1..=9).fold(replacement, |text, n| text.replace(&format!("\\{n}"), &format!("${{{n}}}")));
            SedAction::Substitute { regex, replacement, everywhere: flags.contains('g') }
        }
        _ => return Err(unsupported()),
    };
    Ok(Sed { address, action })
}

impl Filter {
    /// Whether it takes bytes as they come, not line by line.
    #[must_use]
    pub fn takes_bytes(&self) -> bool {
        matches!(self, Self::Cat | Self::Tr { .. })
    }

    /// Bytes that need no lines.
    pub fn bytes(&self, bytes: &[u8], out: &mut Vec<u8>) {
        let Self::Tr { from, to, deletes } = self else { return out.extend_from_slice(bytes) };
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
            Self::Cat | Self::Tr { .. } => say(&text),
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
            Self::Wc { lines, words, bytes, .. } => {
                *lines += 1;
                *words += text.split_whitespace().count() as u64;
                *bytes += line.len() as u64 + 1;
            }
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
            Self::Grep(grep) => {
                if grep.counts {
                    say(&grep.found.to_string());
                }
                return i32::from(grep.found == 0);
            }
            Self::Wc { lines, words, bytes, shows } => {
                let wanted = |letter| shows.is_empty() || shows.contains(letter);
                let all = [('l', &*lines), ('w', &*words), ('c', &*bytes)];
                let shown: Vec<String> =
                    all.into_iter().filter(|(letter, _)| wanted(*letter)).map(|(_, count)| count.to_string()).collect();
                let text = if shown.len() == 1 {
                    shown.concat()
                } else {
                    shown.iter().map(|count| format!("{count:>10}")).collect()
                };
                say(&text);
            }
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

fn sed_line(commands: &[Sed], is_quiet: bool, number: usize, mut text: String, out: &mut Vec<u8>) -> bool {
    let mut goes_on = true;
    for command in commands {
        let applies = match &command.address {
            None => true,
            Some(Address::Line(line)) => *line == number,
            Some(Address::Match(regex)) => regex.is_match(&text),
        };
        if !applies {
            continue;
        }
        match &command.action {
            SedAction::Delete => return true,
            SedAction::Print => out.extend_from_slice(format!("{text}\n").as_bytes()),
            SedAction::Quit => {
                goes_on = false;
                break;
            }
            SedAction::Substitute { regex, replacement, everywhere } => {
                let limit = if *everywhere { 0 } else { 1 };
                text = regex.replacen(&text, limit, replacement.as_str()).into_owned();
            }
        }
    }
    if !is_quiet {
        out.extend_from_slice(format!("{text}\n").as_bytes());
    }
    goes_on
}

#[cfg(test)]
mod tests {
    use super::*;

    fn filter(line: &str, input: &str) -> (String, i32) {
        let argv: Vec<String> = line.split(' ').map(str::to_owned).collect();
        let mut plan = plan(&argv).unwrap().unwrap();
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
        assert_eq!(filter("sort -rn", "2\n10\n1\n"), ("10\n2\n1\n".into(), 0));
        assert_eq!(filter("cut -d: -f2", "a:b:c\n"), ("b\n".into(), 0));
        assert_eq!(filter("tr a-z A-Z", "abc\n"), ("ABC\n".into(), 0));
        assert_eq!(filter("sed s/a/<&>/g", "aba\n"), ("<a>b<a>\n".into(), 0));
        assert_eq!(filter("uniq -c", "a\na\nb\n"), ("      2 a\n      1 b\n".into(), 0));
    }
}
