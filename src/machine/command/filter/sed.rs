//! `sed`: the commands `s`, `d`, `p` and `q` with a line or a pattern in front.

use regex::Regex;

use super::grep::basic_to_extended;

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

/// Reads one command.
///
/// # Errors
/// Why podlab cannot do it.
pub fn sed(text: &str) -> Result<Sed, String> {
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

/// Runs a script over one line; `false` when no more is wanted.
pub fn sed_line(commands: &[Sed], is_quiet: bool, number: usize, mut text: String, out: &mut Vec<u8>) -> bool {
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
