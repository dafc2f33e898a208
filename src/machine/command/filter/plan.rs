//! From a command line to a filter.

use std::collections::VecDeque;

use super::Filter;
use super::arguments::Arguments;
use super::base64::Base64;
use super::grep::Grep;
use super::od::Od;
use super::sed::sed;
use super::wc::Wc;
use crate::machine::image::executable::Flavour;

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
pub fn plan(argv: &[String], flavour: Flavour) -> Result<Option<Plan>, String> {
    let name = crate::machine::fs::path::base_name(argv.first().map_or("", String::as_str));
    let values = match name {
        "head" | "tail" => "nc",
        "grep" => "emABC",
        "cut" => "dfc",
        "sort" => "kt",
        "sed" => "e",
        "od" => "tA",
        "base64" => "w",
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
        "wc" => Filter::Wc(Wc::new(&arguments.letters, flavour)),
        "od" => {
            Filter::Od(Od::new(&arguments.letters, arguments.value('t').as_deref(), arguments.value('A').as_deref())?)
        }
        "base64" => Filter::Base64(Base64::new(arguments.letters.contains(['d', 'D']), arguments.number('w'))),
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
