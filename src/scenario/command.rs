//! Commands of a script: what solutions, wrong answers and `podlab run --do FILE` are made of.
//!
//! `kubectl …`, `wait 30s`, `wait-goal 1m`, `answer 1` (options count from 1, as on the screen), `hint`, `next`,
//! `fault NodeDown node-2`, and `write NAME` with the text of a file behind it.

use std::fmt;

use serde_json::{Map, Value, json};

use crate::cluster::Fault;
use crate::engine::SimDuration;
use crate::model::suggest;

/// The words that a command may begin with.
const WORDS: [&str; 8] = ["kubectl", "wait", "wait-goal", "answer", "hint", "next", "fault", "write"];
/// How long `wait-goal` waits when it does not say.
const PATIENCE: SimDuration = SimDuration::from_secs(120);

/// One command of a script.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Command {
    /// A kubectl line, without the word itself.
    Kubectl(String),
    /// Time passes.
    Wait(SimDuration),
    /// Time passes until the present step is done, at most this long.
    WaitGoal(SimDuration),
    /// The question of the present step is answered with this option, counted from 0.
    Answer(usize),
    /// A hint is taken.
    Hint,
    /// The step has been read.
    Next,
    /// Something breaks or is mended.
    Fault(Fault),
    /// A file is written.
    Write {
        /// Its name.
        name: String,
        /// What is in it.
        text: String,
    },
}

/// A line that is no command.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("{message}")]
pub struct CommandError {
    /// The line within the script, from 1.
    pub line: usize,
    /// What is wrong.
    pub message: String,
}

impl Command {
    /// Reads one command; only `write` has more than one line.
    ///
    /// # Errors
    /// What is wrong, with what to write instead.
    pub fn parse(text: &str) -> Result<Self, String> {
        let text = text.trim();
        let (first, body) = text.split_once('\n').unwrap_or((text, ""));
        let (word, rest) = first.split_once(char::is_whitespace).unwrap_or((first, ""));
        let rest = rest.trim();
        if !body.is_empty() && !matches!(word, "write" | "kubectl") {
            return Err(format!("`{word}` takes one line; put each command into an entry of its own"));
        }
        match word {
            "kubectl" => Ok(Self::Kubectl(text["kubectl".len()..].trim().to_owned())),
            "wait" => duration(rest).map(Self::Wait),
            "wait-goal" if rest.is_empty() => Ok(Self::WaitGoal(PATIENCE)),
            "wait-goal" => duration(rest).map(Self::WaitGoal),
            "answer" => match rest.parse::<usize>() {
                Ok(number) if number > 0 => Ok(Self::Answer(number - 1)),
                _ => Err(format!("answer `{rest}`: options are numbered from 1")),
            },
            "hint" => Ok(Self::Hint),
            "next" => Ok(Self::Next),
            "fault" => parse_fault(rest).map(Self::Fault),
            "write" if rest.is_empty() => Err("write: name the file".into()),
            "write" => Ok(Self::Write { name: rest.to_owned(), text: format!("{}\n", body.trim_end()) }),
            other => {
                let close = suggest::closest(other, WORDS).map_or_else(|| WORDS.join(", "), str::to_owned);
                Err(format!("there is no command `{other}`; did you mean {close}?"))
            }
        }
    }

    /// Reads a script: a command a line, `#` begins a comment, a backslash at the end goes on in the next line, and
    /// `write NAME <<EOF` takes every line up to `EOF`.
    ///
    /// # Errors
    /// The first line that is no command.
    pub fn parse_script(text: &str) -> Result<Vec<Self>, CommandError> {
        let mut commands = Vec::new();
        let mut lines = text.lines().enumerate();
        while let Some((number, line)) = lines.next() {
            let mut whole = line.trim().to_owned();
            if whole.is_empty() || whole.starts_with('#') {
                continue;
            }
            let failed = |message| CommandError { line: number + 1, message };
            if let Some((head, end)) = whole.clone().split_once("<<").filter(|_| whole.starts_with("write")) {
                let end = end.trim().trim_matches('\'').to_owned();
                whole = head.trim().to_owned();
                loop {
                    let (_, next) =
                        lines.next().ok_or_else(|| failed(format!("the line {end} that ends the file is missing")))?;
                    if next.trim() == end {
                        break;
                    }
                    whole = format!("{whole}\n{next}");
                }
            }
            while let Some(head) = whole.strip_suffix('\\') {
                let head = head.trim_end().to_owned();
                let next = lines.next().map_or("", |(_, next)| next.trim());
                whole = format!("{head} {next}");
            }
            commands.push(Self::parse(&whole).map_err(failed)?);
        }
        Ok(commands)
    }
}

impl fmt::Display for Command {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Kubectl(line) => write!(f, "kubectl {line}"),
            Self::Wait(span) => write!(f, "wait {span}"),
            Self::WaitGoal(span) => write!(f, "wait-goal {span}"),
            Self::Answer(option) => write!(f, "answer {}", option + 1),
            Self::Hint => f.write_str("hint"),
            Self::Next => f.write_str("next"),
            Self::Fault(fault) => write!(f, "fault {} {}", fault.name(), fault.target()),
            Self::Write { name, .. } => write!(f, "write {name}"),
        }
    }
}

fn duration(text: &str) -> Result<SimDuration, String> {
    SimDuration::parse(text).ok_or_else(|| format!("\"{text}\" is no duration; write it like 500ms, 30s or 1m30s"))
}

/// Reads a fault: its kind and then its fields in order, `StopComponent etcd master-1`, or as JSON.
fn parse_fault(text: &str) -> Result<Fault, String> {
    let value = if text.starts_with('{') {
        serde_json::from_str(text).map_err(|error| format!("fault: {error}"))?
    } else {
        let mut words = text.split_whitespace();
        let kind = words.next().ok_or("fault: name what breaks: NodeDown, DeletePod, StopComponent, …")?;
        Value::Object(fields_of(&pascal(kind), &words.collect::<Vec<_>>()))
    };
    serde_json::from_value(value).map_err(|error| format!("fault: {error}"))
}

/// `node-down` as `NodeDown`.
fn pascal(kind: &str) -> String {
    let capital = |word: &str| {
        let mut letters = word.chars();
        letters.next().map(|first| first.to_ascii_uppercase().to_string() + letters.as_str()).unwrap_or_default()
    };
    kind.split('-').map(capital).collect()
}

fn fields_of(kind: &str, words: &[&str]) -> Map<String, Value> {
    let mut fields = Map::from_iter([("kind".to_owned(), json!(kind))]);
    let mut put = |name: &str, index: usize| {
        if let Some(word) = words.get(index) {
            fields.insert(name.to_owned(), word.parse::<u64>().map_or_else(|_| json!(word), |number| json!(number)));
        }
    };
    match kind {
        "StopComponent" | "StartComponent" => {
            put("component", 0);
            put("node", 1);
        }
        "KillContainer" | "DeletePod" => {
            put("pod", 0);
            put("container", 1);
            if let Some((namespace, pod)) = words.first().and_then(|word| word.split_once('/')) {
                fields.insert("namespace".into(), json!(namespace));
                fields.insert("pod".into(), json!(pod));
            }
        }
        "Partition" => {
            fields.insert("nodes".into(), json!(words));
        }
        "SlowDisk" => {
            put("node", 0);
            put("millis", 1);
        }
        _ => put("node", 0),
    }
    fields
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_script_is_read_line_by_line() {
        let script = "# first\nkubectl get pods \\\n  -A\n\nwait 1m30s\nwrite a.yaml <<EOF\nkind: Pod\n  x: 1\nEOF\nanswer 2\nfault StopComponent etcd master-1\n";
        let commands = Command::parse_script(script).unwrap();
        let shown: Vec<String> = commands.iter().map(ToString::to_string).collect();
        assert_eq!(
            shown,
            ["kubectl get pods -A", "wait 1m30s", "write a.yaml", "answer 2", "fault StopComponent etcd on master-1"]
        );
        assert!(matches!(&commands[2], Command::Write { text, .. } if text == "kind: Pod\n  x: 1\n"));
    }

    #[test]
    fn what_is_no_command_is_told_with_its_line() {
        let error = Command::parse_script("hint\nwiat 3s").unwrap_err();
        assert_eq!((error.line, error.message.as_str()), (2, "there is no command `wiat`; did you mean wait?"));
        assert!(Command::parse("fault NodeDwon a").unwrap_err().contains("unknown variant"));
        assert!(Command::parse("answer 0").is_err());
    }
}
