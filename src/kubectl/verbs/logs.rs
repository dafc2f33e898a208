//! `kubectl logs`.
//!
//! Source: `kubectl/pkg/cmd/logs/logs.go`, `kubectl/pkg/polymorphichelpers/logsforobject.go`.

use std::collections::BTreeMap;
use std::sync::Arc;

use crate::apiserver::{Body, LogOptions, Payload, Reason, Request, StreamChunk, Subresource, Verb};
use crate::kubectl::failure::Failure;
use crate::kubectl::flags::Flags;
use crate::kubectl::record::{Arrival, Handle};
use crate::kubectl::session::Session;
use crate::model::{Kind, Meta, Object, Pod, time};

use super::{containers, pods_of};

/// Its flags.
pub const FLAGS: &[&str] = &[
    "f!follow",
    "p!previous",
    "c:container",
    "!all-containers",
    "!all-pods",
    "l:selector",
    "#tail",
    "~since",
    ":since-time",
    "!timestamps",
    "!prefix",
    "#limit-bytes",
    "!ignore-errors",
    "#max-log-requests",
    "~pod-running-timeout",
    "!insecure-skip-tls-verify-backend",
];

const USAGE: &str = "expected 'logs [-f] [-p] (POD | TYPE/NAME) [-c CONTAINER]'.\nPOD or TYPE/NAME is a required argument for \
                     the logs command";
/// How many lines of each Pod are shown when Pods are selected by label.
const SELECTOR_TAIL: usize = 10;
/// How many logs may be followed at once.
const FOLLOW_MAX: i64 = 5;

/// One log: of which container of which Pod.
#[derive(Clone, Debug)]
struct Source {
    pod: Arc<Pod>,
    container: String,
}

/// Runs it.
///
/// # Errors
/// In kubectl's words.
pub fn run(session: &mut Session<'_>, flags: &Flags) -> Result<(), Failure> {
    check(flags)?;
    let pods = pods(session, flags)?;
    let container = flags.text("container").or_else(|| flags.args.get(1).map(String::as_str));
    let mut sources = Vec::new();
    for pod in pods {
        if flags.yes("all-containers") {
            let source = |container| Source { pod: Arc::clone(&pod), container };
            sources.extend(containers::in_log_order(&pod).into_iter().map(source));
        } else {
            let container = containers::choose(session, &pod, container, flags.yes("all-pods"))?;
            sources.push(Source { pod, container });
        }
    }
    if flags.yes("follow") {
        let allowed = flags.number("max-log-requests").unwrap_or(FOLLOW_MAX);
        let count = i64::try_from(sources.len()).unwrap_or(i64::MAX);
        if count > 1 && count > allowed {
            return Err(Failure::text_of(format!(
                "you are attempting to follow {count} log streams, but maximum allowed concurrency is {allowed}, use \
                 --max-log-requests to increase the limit"
            )));
        }
        return read_all(session, flags, &sources);
    }
    for source in sources {
        read_all(session, flags, std::slice::from_ref(&source))?;
    }
    Ok(())
}

fn check(flags: &Flags) -> Result<(), Failure> {
    if flags.has("since") && flags.has("since-time") {
        return Err(Failure::text_of("at most one of `sinceTime` or `sinceSeconds` may be specified"));
    }
    if flags.number("limit-bytes").is_some_and(|bytes| bytes < 1) {
        return Err(Failure::text_of("--limit-bytes must be greater than 0"));
    }
    if let Some(text) = flags.text("since-time").filter(|text| text.parse::<time::Timestamp>().is_err()) {
        return Err(Failure::text_of(format!(
            "parsing time {text:?} as \"2006-01-02T15:04:05Z07:00\": cannot parse {text:?} as \"2006\""
        )));
    }
    match flags.args.len() {
        0 if !flags.has("selector") => return Err(Failure::usage("logs", USAGE)),
        1 if flags.has("selector") => {
            return Err(Failure::usage("logs", "only a selector (-l) or a POD name is allowed"));
        }
        3.. => return Err(Failure::usage("logs", USAGE)),
        2 if flags.has("container") => {
            return Err(Failure::text_of("only one of -c or an inline [CONTAINER] arg is allowed"));
        }
        _ => {}
    }
    if let Some(name) = flags.text("container").filter(|_| flags.yes("all-containers")) {
        let said = format!("--all-containers=true should not be specified with container name {name}");
        return Err(Failure::text_of(said));
    }
    if flags.number("tail").is_some_and(|tail| tail < -1) {
        return Err(Failure::text_of("--tail must be greater than or equal to -1"));
    }
    Ok(())
}

/// The Pods whose logs are meant.
fn pods(session: &mut Session<'_>, flags: &Flags) -> Result<Vec<Arc<Pod>>, Failure> {
    let Some(word) = flags.args.first() else {
        let namespace = session.namespace();
        let list = session.list(Kind::Pod, &namespace, flags.text_or_empty("selector"), "")?;
        if list.items.is_empty() {
            session.err_line(&format!("No resources found in {namespace} namespace."));
        }
        return Ok(list.items.iter().filter_map(Object::get::<Pod>).cloned().collect());
    };
    let key = pods_of::key(session, word)?;
    let object = session.get(&key).map_err(|failure| match failure {
        failure if failure.is(Reason::NotFound) => Failure::text_of(format!(
            "error from server (NotFound): {} in namespace {:?}",
            failure.message(),
            key.namespace
        )),
        failure => failure,
    })?;
    let pods = pods_of::of(session, &object, "get the logs from")?;
    if flags.yes("all-pods") || pods.len() == 1 {
        return Ok(pods);
    }
    let count = pods.len();
    let best = pods_of::best(pods);
    if let Some(best) = &best {
        session.err_line(&format!("Found {count} pods, using pod/{}", best.metadata.name()));
    }
    Ok(best.into_iter().collect())
}

fn request(session: &Session<'_>, flags: &Flags, source: &Source) -> Request {
    let tail = match flags.number("tail") {
        Some(-1) => None,
        Some(lines) => usize::try_from(lines).ok(),
        None => flags.has("selector").then_some(SELECTOR_TAIL),
    };
    let options = LogOptions {
        container: Some(source.container.as_str().into()),
        previous: flags.yes("previous"),
        follow: flags.yes("follow"),
        tail,
        since_seconds: flags.span("since").map(|span| span.as_secs()),
        timestamps: flags.yes("timestamps"),
        since_time: flags.text("since-time").map(Arc::from),
        limit_bytes: flags.number("limit-bytes").and_then(|bytes| usize::try_from(bytes).ok()),
    };
    let (namespace, name) = (source.pod.metadata.namespace(), source.pod.metadata.name());
    session.request(Verb::Get, Kind::Pod, namespace).named(name).part(Subresource::Log).body(Body::Log(options))
}

/// What is left of each log that is being read.
type Open = BTreeMap<Handle, (String, String)>;

/// Prints several logs as they arrive.
fn read_all(session: &mut Session<'_>, flags: &Flags, sources: &[Source]) -> Result<(), Failure> {
    let mut open: Open = BTreeMap::new();
    for source in sources {
        let handle = session.send(request(session, flags, source));
        let prefix = match flags.yes("prefix") || flags.yes("all-pods") {
            true => format!("[pod/{}/{}] ", source.pod.metadata.name(), source.container),
            false => String::new(),
        };
        open.insert(handle, (prefix, String::new()));
    }
    let mut open = session.restore().unwrap_or(open);
    while !open.is_empty() {
        let handles: Vec<Handle> = open.keys().copied().collect();
        let (handle, arrival) = session.next(&handles)?;
        let is_over = match &*arrival {
            Arrival::Outcome(Err(status)) => {
                if !flags.yes("ignore-errors") {
                    return Err(Failure::status(status));
                }
                session.line(&format!("error: {}", status.message));
                true
            }
            Arrival::Outcome(Ok(response)) => match &response.payload {
                Payload::Stream(chunk) => print(session, &mut open, handle, chunk),
                _ => false,
            },
            Arrival::Chunk(chunk) => print(session, &mut open, handle, chunk),
            _ => true,
        };
        if is_over {
            // A last line without an end is printed as it is.
            if let Some((prefix, rest)) = open.remove(&handle).filter(|(_, rest)| !rest.is_empty()) {
                session.out(&format!("{prefix}{rest}"));
            }
        }
        session.save(&open);
    }
    Ok(())
}

/// Prints the whole lines of a piece; whether it was the last one.
fn print(session: &mut Session<'_>, open: &mut Open, handle: Handle, chunk: &StreamChunk) -> bool {
    if let Some((prefix, rest)) = open.get_mut(&handle) {
        rest.push_str(&chunk.stdout_text());
        let whole = rest.rfind('\n').map_or(0, |at| at + 1);
        let lines: String = rest[..whole].split_inclusive('\n').map(|line| format!("{prefix}{line}")).collect();
        rest.drain(..whole);
        session.out(&lines);
    }
    session.err(&chunk.stderr_text());
    chunk.exit_code.is_some()
}
