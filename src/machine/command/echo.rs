//! `echo`, `printf`.

use super::Context;
use crate::machine::image::Dialect;
use crate::machine::shell::escape::unescape;

/// `echo`: dash always reads backslashes and knows only `-n`; the others read them after `-e`.
pub fn echo(context: &mut Context<'_, '_>) -> i32 {
    let mut words = &context.argv[1..];
    let is_dash = context.shell == Some(Dialect::Dash);
    let (mut newline, mut escapes) = (true, is_dash);
    while let Some(word) = words.first() {
        let letters = word.strip_prefix('-').unwrap_or_default();
        let known = if is_dash { "n" } else { "neE" };
        if letters.is_empty() || !letters.chars().all(|letter| known.contains(letter)) {
            break;
        }
        newline &= !letters.contains('n');
        escapes |= letters.contains('e');
        words = &words[1..];
    }
    let text = words.join(" ");
    let (text, is_cut) = if escapes { unescape(&text, true) } else { (text, false) };
    context.say(&text);
    if newline && !is_cut {
        context.say("\n");
    }
    0
}

/// `printf`: the format is used again until the arguments are used up.
pub fn printf(context: &mut Context<'_, '_>) -> i32 {
    let Some((format, mut arguments)) = context.argv[1..].split_first() else {
        context.complain("usage: printf format [arg ...]");
        return 2;
    };
    loop {
        let before = arguments.len();
        let (text, is_cut) = format_once(format, &mut arguments);
        context.say(&text);
        if is_cut || arguments.is_empty() || arguments.len() == before {
            return 0;
        }
    }
}

fn format_once(format: &str, arguments: &mut &[String]) -> (String, bool) {
    let mut out = String::new();
    let mut rest = format;
    while let Some(at) = rest.find('%') {
        let (text, is_cut) = unescape(&rest[..at], false);
        out += &text;
        if is_cut {
            return (out, true);
        }
        rest = &rest[at + 1..];
        if let Some(after) = rest.strip_prefix('%') {
            out.push('%');
            rest = after;
            continue;
        }
        let end = rest.find(|c: char| c.is_ascii_alphabetic()).unwrap_or(rest.len());
        let (flags, tail) = rest.split_at(end);
        let Some(kind) = tail.chars().next() else { break };
        rest = &tail[kind.len_utf8()..];
        let argument = arguments.split_first().map_or("", |(first, others)| {
            *arguments = others;
            first.as_str()
        });
        out += &padded(&converted(kind, flags, argument), flags);
    }
    let (text, is_cut) = unescape(rest, false);
    (out + &text, is_cut)
}

fn converted(kind: char, flags: &str, argument: &str) -> String {
    let number = || -> i64 {
        let text = argument.trim();
        text.strip_prefix("0x")
            .map_or_else(|| text.parse().unwrap_or(0), |hex| i64::from_str_radix(hex, 16).unwrap_or(0))
    };
    let precision = flags.split_once('.').and_then(|(_, digits)| digits.parse::<usize>().ok());
    match kind {
        'd' | 'i' | 'u' => number().to_string(),
        'x' => format!("{:x}", number()),
        'X' => format!("{:X}", number()),
        'o' => format!("{:o}", number()),
        'c' => argument.chars().take(1).collect(),
        'b' => unescape(argument, true).0,
        _ => argument.chars().take(precision.unwrap_or(usize::MAX)).collect(),
    }
}

fn padded(text: &str, flags: &str) -> String {
    let flags = flags.split('.').next().unwrap_or_default();
    let width: usize = flags.trim_start_matches(['-', '0', '+', ' ', '#']).parse().unwrap_or(0);
    let is_left = flags.contains('-');
    let is_zero = flags.trim_start_matches(['+', ' ', '#']).starts_with('0');
    match (is_left, is_zero) {
        (true, _) => format!("{text:<width$}"),
        (false, true) => format!("{text:0>width$}"),
        (false, false) => format!("{text:>width$}"),
    }
}
