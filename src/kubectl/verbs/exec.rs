//! `kubectl exec`: a command in a container that is there already.
//!
//! Source: `kubectl/pkg/cmd/exec/exec.go`.

use std::sync::Arc;

use crate::apiserver::{Body, ExecOptions, Payload, StreamChunk, Subresource, Verb};
use crate::kubectl::failure::Failure;
use crate::kubectl::flags::Flags;
use crate::kubectl::record::{Arrival, Handle};
use crate::kubectl::session::Session;
use crate::model::{Kind, Meta};

use super::{containers, pods_of};

/// Its flags.
pub const FLAGS: &[&str] =
    &["c:container", "i!stdin", "t!tty", "q!quiet", "f+filename", "k:kustomize", "~pod-running-timeout"];

/// Runs it.
///
/// # Errors
/// In kubectl's words; the exit code is that of the command.
pub fn run(session: &mut Session<'_>, flags: &Flags) -> Result<(), Failure> {
    let dash = flags.dash.unwrap_or(flags.args.len());
    if flags.dash.is_none() && flags.args.len() > 1 {
        let said = "exec [POD] [COMMAND] is not supported anymore. Use exec [POD] -- [COMMAND] instead";
        return Err(Failure::usage("exec", said));
    }
    let (words, command) = flags.args.split_at(dash);
    let Some(word) = words.first() else {
        return Err(Failure::text_of("pod, type/name or --filename must be specified"));
    };
    if command.is_empty() {
        return Err(Failure::text_of("you must specify at least one command for the container"));
    }
    let key = pods_of::key(session, word)?;
    let object = session.get(&key)?;
    let pods = pods_of::of(session, &object, "attach to")?;
    let Some(pod) = pods_of::best(pods) else { return Err(Failure::text_of("no Pod is there to run it in")) };
    if pod.is_terminal() {
        let phase = pod.phase();
        let said = format!("cannot exec into a container in a completed pod; current phase is {phase}");
        return Err(Failure::text_of(said));
    }
    let container = containers::choose(session, &pod, flags.text("container"), flags.yes("quiet"))?;
    if flags.yes("tty") {
        session.err_line("Unable to use a TTY - input is not a terminal or the right kind of file");
    }
    let options = ExecOptions {
        container: Some(container.as_str().into()),
        command: command.iter().map(|word| Arc::from(word.as_str())).collect(),
        stdin: session.workspace().stdin.clone().filter(|_| flags.yes("stdin")),
        ..ExecOptions::default()
    };
    let request = session.request(Verb::Create, Kind::Pod, pod.metadata.namespace()).named(pod.metadata.name());
    let handle = session.send(request.part(Subresource::Exec).body(Body::Exec(options)));
    follow(session, handle)
}

/// Prints what a command or a container writes until it ends.
///
/// # Errors
/// As [`run`].
pub(super) fn follow(session: &mut Session<'_>, handle: Handle) -> Result<(), Failure> {
    match each(session, handle, |session, chunk| session.out(&chunk.stdout_text()))? {
        0 => Ok(()),
        code => {
            session.err_line(&format!("command terminated with exit code {code}"));
            Err(Failure::Exit(code))
        }
    }
}

/// What a command writes to its standard output, and how it ends.
///
/// # Errors
/// As [`run`].
pub(super) fn collect(session: &mut Session<'_>, handle: Handle) -> Result<(Vec<u8>, i32), Failure> {
    let mut bytes = Vec::new();
    let code = each(session, handle, |_, chunk| bytes.extend_from_slice(&chunk.stdout))?;
    Ok((bytes, code))
}

/// Hands on each piece until the command ends, and prints what it says of errors; the exit code.
fn each(
    session: &mut Session<'_>,
    handle: Handle,
    mut take: impl FnMut(&mut Session<'_>, &StreamChunk),
) -> Result<i32, Failure> {
    loop {
        let (_, arrival) = session.next(&[handle])?;
        let chunk = match &*arrival {
            Arrival::Outcome(Err(status)) => return Err(refused(status)),
            Arrival::Outcome(Ok(response)) => match &response.payload {
                Payload::Stream(chunk) => chunk,
                _ => continue,
            },
            Arrival::Chunk(chunk) => chunk,
            _ => return Ok(0),
        };
        take(session, chunk);
        session.err(&chunk.stderr_text());
        if let Some(code) = chunk.exit_code {
            return Ok(code);
        }
    }
}

/// A connection that was not upgraded is no answer of the API: kubectl prints its text as an error of its own.
fn refused(status: &crate::apiserver::Status) -> Failure {
    match status.code {
        500 | 400 => Failure::text_of(status.message.clone()),
        _ => Failure::status(status),
    }
}
