//! Flags of a command line, read as pflag and cobra read them, with their words for what is wrong.
//!
//! A flag is declared by a short text: an optional letter, a sign for its type, its name, and `=value` for what it means
//! when given without a value. Signs: `!` yes or no, `:` text, `#` whole number, `~` duration, `+` list, and `?` for a text
//! whose value may be left out.

use std::collections::BTreeMap;

use crate::engine::SimDuration;

use super::failure::Failure;

/// Flags that every command knows.
pub const GLOBAL: &[&str] = &[
    "n:namespace",
    "h!help",
    ":context",
    ":cluster",
    ":user",
    ":kubeconfig",
    "s:server",
    ":request-timeout",
    ":as",
    "+as-group",
    ":as-uid",
    ":token",
    "!insecure-skip-tls-verify",
    "v:v",
    "!warnings-as-errors",
];

/// What a command line said.
#[derive(Clone, Debug, Default)]
pub struct Flags {
    values: BTreeMap<&'static str, Vec<String>>,
    /// Words that are no flags, in order.
    pub args: Vec<String>,
    /// How many of them stood before `--`.
    pub dash: Option<usize>,
}

/// A declared flag.
#[derive(Clone, Copy, Debug)]
struct Declared {
    letter: Option<char>,
    sign: char,
    name: &'static str,
    implied: &'static str,
}

impl Declared {
    fn read(text: &'static str) -> Option<Self> {
        let sign_at = text.find(['!', ':', '#', '~', '+', '?'])?;
        let (name, implied) = text[sign_at + 1..].split_once('=').unwrap_or((&text[sign_at + 1..], ""));
        let sign = text[sign_at..].chars().next()?;
        let implied = if sign == '!' { "true" } else { implied };
        Some(Self { letter: text[..sign_at].chars().next(), sign, name, implied })
    }

    /// Whether it may stand without a value.
    fn is_optional(self) -> bool {
        matches!(self.sign, '!' | '?')
    }
}

impl Flags {
    /// Reads `words` of `command` with the flags declared in `known`.
    ///
    /// # Errors
    /// For unknown flags, missing values and values of the wrong type.
    pub fn parse(command: &str, known: &'static [&'static str], words: &[String]) -> Result<Self, Failure> {
        let declared: Vec<Declared> = known.iter().chain(GLOBAL).filter_map(|text| Declared::read(text)).collect();
        let refuse = |text: String| Failure::text_of(format!("{text}\nSee 'kubectl {command} --help' for usage."));
        let mut flags = Self::default();
        let mut words = words.iter();
        while let Some(word) = words.next() {
            if word == "--" {
                flags.dash = Some(flags.args.len());
                flags.args.extend(words.cloned());
                break;
            } else if let Some(long) = word.strip_prefix("--") {
                flags.long(long, &declared, &mut words).map_err(refuse)?;
            } else if word.len() > 1 && word.starts_with('-') {
                flags.letters(word, &declared, &mut words).map_err(refuse)?;
            } else {
                flags.args.push(word.clone());
            }
        }
        Ok(flags)
    }

    fn long<'w>(
        &mut self,
        long: &str,
        declared: &[Declared],
        words: &mut impl Iterator<Item = &'w String>,
    ) -> Result<(), String> {
        let (name, value) = long.split_once('=').map_or((long, None), |(name, value)| (name, Some(value)));
        if name.is_empty() {
            return Err(format!("bad flag syntax: --{long}"));
        }
        let known = declared.iter().find(|flag| flag.name == name);
        let flag = known.ok_or_else(|| format!("unknown flag: --{name}"))?;
        let value = match value {
            Some(value) => value.to_owned(),
            None if flag.is_optional() => flag.implied.to_owned(),
            None => words.next().cloned().ok_or_else(|| format!("flag needs an argument: --{name}"))?,
        };
        self.set(flag, &value, &format!("--{name}"))
    }

    fn letters<'w>(
        &mut self,
        word: &str,
        declared: &[Declared],
        words: &mut impl Iterator<Item = &'w String>,
    ) -> Result<(), String> {
        let mut rest = word.get(1..).unwrap_or_default();
        while let Some(letter) = rest.chars().next() {
            let shown = rest;
            rest = &rest[letter.len_utf8()..];
            let known = declared.iter().find(|flag| flag.letter == Some(letter));
            let flag = known.ok_or_else(|| format!("unknown shorthand flag: {letter:?} in -{shown}"))?;
            let value = if let Some(value) = rest.strip_prefix('=') {
                rest = "";
                value.to_owned()
            } else if flag.is_optional() {
                flag.implied.to_owned()
            } else if !rest.is_empty() {
                std::mem::take(&mut rest).to_owned()
            } else {
                words.next().cloned().ok_or_else(|| format!("flag needs an argument: {letter:?} in -{shown}"))?
            };
            self.set(flag, &value, &format!("-{letter}, --{}", flag.name))?;
        }
        Ok(())
    }

    fn set(&mut self, flag: &Declared, value: &str, shown: &str) -> Result<(), String> {
        let wrong = |why: String| Err(format!("invalid argument {value:?} for \"{shown}\" flag: {why}"));
        match flag.sign {
            '!' if !matches!(value, "true" | "false" | "1" | "0" | "t" | "f" | "T" | "F" | "True" | "False") => {
                return wrong(format!("strconv.ParseBool: parsing {value:?}: invalid syntax"));
            }
            '#' if value.parse::<i64>().is_err() => {
                return wrong(format!("strconv.ParseInt: parsing {value:?}: invalid syntax"));
            }
            '~' if duration(value).is_none() => return wrong(format!("time: invalid duration {value:?}")),
            _ => {}
        }
        self.values.entry(flag.name).or_default().push(value.to_owned());
        Ok(())
    }

    /// Takes a flag back, for a command to which it means something else.
    pub fn forget(&mut self, name: &str) {
        self.values.remove(name);
    }

    /// Whether the flag was given.
    #[must_use]
    pub fn has(&self, name: &str) -> bool {
        self.values.contains_key(name)
    }

    /// A yes-or-no flag; no when absent.
    #[must_use]
    pub fn yes(&self, name: &str) -> bool {
        self.text(name).is_some_and(|value| matches!(value, "true" | "1" | "t" | "T" | "True"))
    }

    /// A yes-or-no flag that is yes when absent.
    #[must_use]
    pub fn not_no(&self, name: &str) -> bool {
        !self.has(name) || self.yes(name)
    }

    /// The last value given.
    #[must_use]
    pub fn text(&self, name: &str) -> Option<&str> {
        self.values.get(name)?.last().map(String::as_str)
    }

    /// The last value given, or nothing.
    #[must_use]
    pub fn text_or_empty(&self, name: &str) -> &str {
        self.text(name).unwrap_or_default()
    }

    /// All values given.
    #[must_use]
    pub fn all(&self, name: &str) -> &[String] {
        self.values.get(name).map(Vec::as_slice).unwrap_or_default()
    }

    /// All values given, cut at commas.
    #[must_use]
    pub fn list(&self, name: &str) -> Vec<&str> {
        self.all(name).iter().flat_map(|value| value.split(',')).filter(|part| !part.is_empty()).collect()
    }

    /// A whole number.
    #[must_use]
    pub fn number(&self, name: &str) -> Option<i64> {
        self.text(name)?.parse().ok()
    }

    /// A span of time.
    #[must_use]
    pub fn span(&self, name: &str) -> Option<SimDuration> {
        duration(self.text(name)?)
    }
}

/// A span as Go reads it: `30s`, `1m30s`, `1.5h`, `500ms`; negative spans count as none.
#[must_use]
pub fn duration(text: &str) -> Option<SimDuration> {
    let text = text.strip_prefix('-').map_or(Some(text), |rest| (!rest.is_empty()).then_some("0"))?;
    if text == "0" {
        return Some(SimDuration::ZERO);
    }
    let mut micros: u64 = 0;
    let mut rest = text;
    while !rest.is_empty() {
        let digits = rest.find(|letter: char| !letter.is_ascii_digit() && letter != '.')?;
        let unit_end = rest[digits..].find(|letter: char| letter.is_ascii_digit()).map_or(rest.len(), |at| digits + at);
        let unit: u64 = match &rest[digits..unit_end] {
            "h" => 3_600_000_000,
            "m" => 60_000_000,
            "s" => 1_000_000,
            "ms" => 1_000,
            "us" | "µs" => 1,
            _ => return None,
        };
        if !rest[..digits].contains(|letter: char| letter.is_ascii_digit()) {
            return None;
        }
        let (whole, part) = rest[..digits].split_once('.').unwrap_or((&rest[..digits], ""));
        let whole: u64 = if whole.is_empty() { 0 } else { whole.parse().ok()? };
        let part = part.get(..part.len().min(6))?;
        let scale = 10_u64.pow(u32::try_from(part.len()).ok()?);
        let part: u64 = if part.is_empty() { 0 } else { part.parse().ok()? };
        micros = micros.checked_add(whole.checked_mul(unit)?)?.checked_add(part.checked_mul(unit)? / scale)?;
        rest = &rest[unit_end..];
    }
    Some(SimDuration::from_micros(micros)).filter(|_| !text.is_empty())
}

#[cfg(test)]
mod tests {
    use super::*;

    const KNOWN: &[&str] =
        &["o:output", "A!all-namespaces", "f+filename", "#replicas", "~timeout", "?dry-run=unchanged"];

    fn parse(line: &str) -> Result<Flags, String> {
        let words: Vec<String> = line.split(' ').map(str::to_owned).collect();
        Flags::parse("get", KNOWN, &words).map_err(|failure| failure.text())
    }

    #[test]
    fn flags_stand_in_every_form() {
        let flags =
            parse("pods -Ao yaml -nkube-system --replicas=3 --dry-run -f a,b -f=c --timeout 1m30s -- -x").unwrap();
        assert_eq!(flags.args, ["pods", "-x"]);
        assert_eq!(flags.dash, Some(1));
        assert!(flags.yes("all-namespaces"));
        assert_eq!(flags.text("output"), Some("yaml"));
        assert_eq!(flags.text("namespace"), Some("kube-system"));
        assert_eq!(flags.number("replicas"), Some(3));
        assert_eq!(flags.text("dry-run"), Some("unchanged"));
        assert_eq!(flags.list("filename"), ["a", "b", "c"]);
        assert_eq!(flags.span("timeout"), Some(SimDuration::from_secs(90)));
    }

    #[test]
    fn mistakes_are_told_in_pflags_words() {
        let refused = |line: &str| parse(line).unwrap_err();
        let help = "\nSee 'kubectl get --help' for usage.\n";
        assert_eq!(refused("--nope"), format!("error: unknown flag: --nope{help}"));
        assert_eq!(refused("-x"), format!("error: unknown shorthand flag: 'x' in -x{help}"));
        assert_eq!(refused("--output"), format!("error: flag needs an argument: --output{help}"));
        assert_eq!(refused("-o"), format!("error: flag needs an argument: 'o' in -o{help}"));
        let number =
            "error: invalid argument \"x\" for \"--replicas\" flag: strconv.ParseInt: parsing \"x\": invalid syntax";
        assert_eq!(refused("--replicas=x"), format!("{number}{help}"));
        for wrong in ["", "s", "5", "5x", "1..5s", "99999999999999999999s"] {
            assert_eq!(duration(wrong), None, "{wrong}");
        }
        assert_eq!(duration("1.5s"), Some(SimDuration::from_millis(1500)));
    }
}
