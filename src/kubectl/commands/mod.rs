//! The table of commands, and the way from a line to one of them.
//!
//! Source: `kubectl/pkg/cmd/cmd.go`; unknown commands are told as cobra tells them.

use crate::apiserver::User;
use crate::model::suggest::edit_distance;

use super::failure::Failure;
use super::flags::Flags;
use super::session::Session;
use super::words;

mod creating;
mod help;
mod table;

/// A command.
pub struct Command {
    /// Its words: `get`, `rollout status`.
    pub path: &'static str,
    /// Other words for the last of them.
    pub aliases: &'static [&'static str],
    /// What it does, in one line.
    pub short: &'static str,
    /// What may follow its words.
    pub usage: &'static str,
    /// Its flags, as [`Flags`] reads them.
    pub flags: &'static [&'static str],
    /// Does it.
    pub run: fn(&mut Session<'_>, &Flags) -> Result<(), Failure>,
}

/// A row of the table.
macro_rules! command {
    ($path:literal, [$($alias:literal),*], $short:literal, $usage:literal, $flags:expr, $run:expr) => {
        Command { path: $path, aliases: &[$($alias),*], short: $short, usage: $usage, flags: $flags, run: $run }
    };
}

use command;

/// Every command that does something, in the order of `kubectl --help`.
pub fn all() -> impl Iterator<Item = &'static Command> {
    creating::COMMANDS.iter().chain(table::COMMANDS)
}

/// Commands of kubectl that podlab does not have.
const NOT_MODELLED: &[&str] =
    &["alpha", "certificate", "completion", "kuberc", "kustomize", "options", "plugin", "proxy"];

/// Flags that may stand before a command and take a value of their own.
const LEADING: [&str; 14] = [
    "-n",
    "--namespace",
    "-s",
    "--server",
    "--context",
    "--cluster",
    "--user",
    "--kubeconfig",
    "--request-timeout",
    "--as",
    "--as-group",
    "--as-uid",
    "--token",
    "-v",
];

/// Runs the command that `line` names.
///
/// # Errors
/// In kubectl's words.
pub fn run(line: &str, session: &mut Session<'_>) -> Result<(), Failure> {
    let words = words::split(line)?;
    let (path, rest) = leading_words(&words);
    let Some(first) = path.first() else {
        session.out(&help::overview());
        return Ok(());
    };
    if first == "help" {
        session.out(&help::of(&path[1..].join(" ")));
        return Ok(());
    }
    if NOT_MODELLED.contains(&first.as_str()) {
        return Err(Failure::not_modelled(&format!("kubectl {first}")));
    }
    let Some((command, depth)) = find(&path) else { return unknown(session, &path) };
    let words: Vec<String> = path[depth..].iter().cloned().chain(rest).collect();
    let flags = Flags::parse(command.path, command.flags, &words)?;
    if flags.yes("help") {
        session.out(&help::of_command(command));
        return Ok(());
    }
    for flag in ["token", "user", "cluster", "kubeconfig"] {
        // A command may have a flag of its own under that name: the user of a binding.
        let is_own = command.flags.iter().any(|own| own.ends_with(&format!("+{flag}")));
        if flags.has(flag) && !is_own {
            return Err(Failure::not_modelled(&format!("--{flag}")));
        }
    }
    if let Some(context) = flags.text("context").filter(|context| **context != *session.defaults().context) {
        return Err(Failure::text_of(format!("context {context:?} does not exist")));
    }
    impersonate(session, &flags)?;
    if let Some(namespace) = flags.text("namespace") {
        session.set_namespace(namespace);
    }
    (command.run)(session, &flags)
}

/// `--as`, `--as-group`, `--as-uid`.
fn impersonate(session: &mut Session<'_>, flags: &Flags) -> Result<(), Failure> {
    let groups = flags.all("as-group").iter().map(|group| group.as_str().into()).collect();
    let name = flags.text_or_empty("as");
    let uid = flags.text_or_empty("as-uid");
    let user = User { name: name.into(), groups, uid: uid.into(), ..User::default() };
    if name.is_empty() && user != User::default() {
        return Err(Failure::text_of("requesting uid, groups or user-extra for  without impersonating a user"));
    }
    session.set_impersonated(user);
    Ok(())
}

/// The words up to the first flag that stands behind the command, and all that follows, leading flags included.
fn leading_words(words: &[String]) -> (Vec<String>, Vec<String>) {
    let (mut path, mut flags) = (Vec::new(), Vec::new());
    let mut words = words.iter();
    while let Some(word) = words.next() {
        if word.starts_with('-') && path.is_empty() {
            flags.push(word.clone());
            if LEADING.contains(&word.as_str()) {
                flags.extend(words.next().cloned());
            }
        } else if word.starts_with('-') {
            flags.push(word.clone());
            flags.extend(words.cloned());
            break;
        } else {
            path.push(word.clone());
        }
    }
    (path, flags)
}

/// The command with the longest path that `words` begin with, and how many words that takes.
fn find(words: &[String]) -> Option<(&'static Command, usize)> {
    let fits =
        |command: &&Command| {
            let parts: Vec<&str> = command.path.split(' ').collect();
            let last = parts.len() - 1;
            words.len() >= parts.len()
                && parts.iter().zip(words).enumerate().all(|(index, (part, word))| {
                    part == word || index == last && command.aliases.contains(&word.as_str())
                })
        };
    let longest = all().filter(fits).max_by_key(|command| command.path.len())?;
    Some((longest, longest.path.split(' ').count()))
}

/// What is said of a word that is no command.
fn unknown(session: &mut Session<'_>, path: &[String]) -> Result<(), Failure> {
    let first = &path[0];
    let group = |depth: usize| path[..depth.min(path.len())].join(" ");
    for depth in [2, 1] {
        let words = group(depth);
        let is_group = all().any(|command| command.path.starts_with(&format!("{words} ")));
        if is_group && path.len() == depth {
            session.out(&help::of(&words));
            return Err(Failure::Exit(1));
        }
        if is_group && path.len() > depth {
            let unknown = path[depth..].join(" ");
            return Err(Failure::usage(&words, &format!("unknown command {unknown:?}")));
        }
    }
    let mut text = format!("error: unknown command {first:?} for \"kubectl\"");
    let near = suggestions(first);
    if !near.is_empty() {
        text.push_str("\n\nDid you mean this?\n");
        near.iter().for_each(|name| text.push_str(&format!("\t{name}\n")));
    }
    Err(Failure::Plain(text))
}

/// Commands at most two letters away, or beginning with what was typed (cobra's `SuggestionsFor`).
fn suggestions(typed: &str) -> Vec<&'static str> {
    let lower = typed.to_lowercase();
    let near = |name: &&str| edit_distance(&lower, name) <= 2 || name.starts_with(&lower);
    let mut names: Vec<&'static str> = names().filter(near).collect();
    names.sort_unstable();
    names
}

/// The first words of all commands, those that podlab does not have included.
pub fn names() -> impl Iterator<Item = &'static str> {
    let first = all().filter_map(|command| command.path.split(' ').next());
    let mut names: Vec<&'static str> = first.chain(NOT_MODELLED.iter().copied()).collect();
    names.sort_unstable();
    names.dedup();
    names.into_iter()
}

/// First words that are no commands themselves.
fn groups() -> impl Iterator<Item = &'static str> {
    names().filter(|name| !NOT_MODELLED.contains(name) && !all().any(|command| command.path == *name))
}

/// The words that may follow the words of `group`.
pub fn children(group: &str) -> impl Iterator<Item = &'static str> {
    let prefix = format!("{group} ");
    let next = |command: &'static Command| command.path.strip_prefix(&prefix).and_then(|rest| rest.split(' ').next());
    let mut next: Vec<&'static str> = all().filter_map(next).collect();
    next.dedup();
    next.into_iter()
}
