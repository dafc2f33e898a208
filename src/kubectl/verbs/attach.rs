//! `kubectl attach`: the standard streams of a container that runs. Here nobody types into it later: what `-i` sends is what the
//! command was given to read.
//!
//! Source: `kubectl/pkg/cmd/attach/attach.go`.

use crate::apiserver::{Body, ExecOptions, Subresource, Verb};
use crate::kubectl::failure::Failure;
use crate::kubectl::flags::Flags;
use crate::kubectl::session::Session;
use crate::model::{Kind, Meta, Pod};

use super::{containers, exec, pods_of};

/// Its flags.
pub const FLAGS: &[&str] = &["c:container", "i!stdin", "t!tty", "q!quiet", "~pod-running-timeout", ":detach-keys"];

const RECORDED: &str = "All commands and output from this session will be recorded in container logs, including credentials and \
                        sensitive information passed through the command prompt.\nIf you don't see a command prompt, try pressing \
                        enter.";

/// Runs it.
///
/// # Errors
/// In kubectl's words.
pub fn run(session: &mut Session<'_>, flags: &Flags) -> Result<(), Failure> {
    let word = match &flags.args[..] {
        [] => return Err(Failure::text_of("at least 1 argument is required for attach")),
        [word] => word.clone(),
        [type_, name] => format!("{type_}/{name}"),
        all => {
            let said = format!(
                "expected POD, TYPE/NAME, or TYPE NAME, (at most 2 arguments) saw {}: [{}]",
                all.len(),
                all.join(" ")
            );
            return Err(Failure::text_of(said));
        }
    };
    let key = pods_of::key(session, &word)?;
    let object = session.get(&key)?;
    let pods = pods_of::of(session, &object, "attach to")?;
    let Some(pod) = pods_of::best(pods) else { return Err(Failure::text_of("no Pod is there to attach to")) };
    if pod.is_terminal() {
        let phase = pod.phase();
        let said = format!("cannot attach a container in a completed pod; current phase is {phase}");
        return Err(Failure::text_of(said));
    }
    let container = containers::choose(session, &pod, flags.text("container"), flags.yes("quiet"))?;
    to(session, flags, &pod, &container)
}

/// Attaches to a container of a Pod until it ends.
///
/// # Errors
/// As [`run`].
pub(super) fn to(session: &mut Session<'_>, flags: &Flags, pod: &Pod, container: &str) -> Result<(), Failure> {
    let takes_stdin = flags.yes("stdin");
    if flags.yes("tty") {
        session.err_line("Unable to use a TTY - input is not a terminal or the right kind of file");
    }
    if !flags.yes("quiet") {
        session.err_line(RECORDED);
    }
    let options = ExecOptions {
        container: Some(container.into()),
        stdin: session.workspace().stdin.clone().filter(|_| takes_stdin),
        live: true,
        takes_stdin,
        ..ExecOptions::default()
    };
    let request = session.request(Verb::Create, Kind::Pod, pod.metadata.namespace()).named(pod.metadata.name());
    let handle = session.send(request.part(Subresource::Attach).body(Body::Attach(options)));
    exec::follow(session, handle)
}
