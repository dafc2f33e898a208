//! `podlab kubectl`: one command in a cluster that lives no longer than it.

use std::collections::BTreeMap;
use std::fs;
use std::io::{IsTerminal, Read, Write};

use crate::engine::SimDuration;
use crate::scenario::catalog;
use crate::session::Session;

use super::args;
use super::failure::Failure;
use super::sources;

/// A command that goes on for ever (`get -w`, `logs -f`) is ended after this much simulated time.
const PATIENCE: SimDuration = SimDuration::from_secs(300);

/// Runs one command; its exit code is the command's.
///
/// # Errors
/// When there is no such scenario or the cluster cannot be built.
pub fn kubectl(args: &args::Kubectl, out: &mut dyn Write) -> Result<u8, Failure> {
    let scenario =
        args.scenario.as_deref().map_or_else(|| catalog::sandbox().map_err(Failure::input), sources::scenario)?;
    let mut session = Session::open(scenario, args.seed).map_err(Failure::input)?;
    session.run_for(args.at);
    for (name, text) in files(&args.line)? {
        session.write_file(&name, &text);
    }
    let line = args.line.iter().map(|word| quoted(word)).collect::<Vec<_>>().join(" ");
    let invocation = session.kubectl_with(&line, stdin(&args.line)?);
    let ended = session.let_finish(invocation, PATIENCE);
    let Some(running) = session.cluster().invocation(invocation) else {
        return Err(Failure::NotMet("the command did not start".into()));
    };
    out.write_all(running.output().as_bytes())?;
    if running.editing().is_some() {
        return Err(Failure::input("`edit` needs the app: podlab play"));
    }
    if !ended {
        return Err(Failure::NotMet(format!("still running after {PATIENCE} of simulated time")));
    }
    Ok(running.exit_code().and_then(|code| u8::try_from(code).ok()).unwrap_or(1))
}

/// The files that `-f` names, as far as they are on the disk.
fn files(line: &[String]) -> Result<BTreeMap<String, String>, Failure> {
    let mut files = BTreeMap::new();
    let named = line.windows(2).filter(|pair| pair[0] == "-f" || pair[0] == "--filename").map(|pair| pair[1].as_str());
    let joined = line.iter().filter_map(|word| word.strip_prefix("--filename=").or_else(|| word.strip_prefix("-f=")));
    for name in named.chain(joined).filter(|name| *name != "-") {
        if let Ok(text) = fs::read_to_string(name) {
            files.insert(name.to_owned(), text);
        }
    }
    Ok(files)
}

fn stdin(line: &[String]) -> Result<Option<String>, Failure> {
    let is_asked = line.windows(2).any(|pair| (pair[0] == "-f" || pair[0] == "--filename") && pair[1] == "-");
    if !is_asked || std::io::stdin().is_terminal() {
        return Ok(None);
    }
    let mut text = String::new();
    std::io::stdin().read_to_string(&mut text)?;
    Ok(Some(text))
}

/// A word as a shell would have to write it.
fn quoted(word: &str) -> String {
    let is_plain = |byte: u8| byte.is_ascii_alphanumeric() || b"-_./=:,@%+".contains(&byte);
    if !word.is_empty() && word.bytes().all(is_plain) {
        word.to_owned()
    } else {
        format!("'{}'", word.replace('\'', "'\\''"))
    }
}
