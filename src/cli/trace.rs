//! `podlab trace`: one request hop by hop, in a cluster that lives no longer than the command.

use std::io::Write;

use serde_json::json;

use crate::cluster::trace::{Source, Trace};
use crate::engine::SimDuration;
use crate::printers::tabwriter::TableWriter;
use crate::scenario::catalog;
use crate::session::Session;

use super::args::{self, Format};
use super::failure::Failure;
use super::{NOT_MET, sources};

/// A kubectl command before the trace has this long.
const PATIENCE: SimDuration = SimDuration::from_secs(300);

/// Traces the request; the exit code says whether it arrives.
///
/// # Errors
/// When the scenario, the sender or the target cannot be used.
pub fn trace(args: &args::Trace, out: &mut dyn Write) -> Result<u8, Failure> {
    let (host, port) = target(&args.target)?;
    let source = source(&args.from, &args.namespace)?;
    let scenario =
        args.scenario.as_deref().map_or_else(|| catalog::sandbox().map_err(Failure::input), sources::scenario)?;
    let mut session = Session::open(scenario, args.seed).map_err(Failure::input)?;
    for line in &args.after {
        let invocation = session.kubectl(line.strip_prefix("kubectl ").unwrap_or(line));
        session.let_finish(invocation, PATIENCE);
    }
    session.run_for(args.at);
    let trace = session.cluster().trace_request(&source, host, port).map_err(Failure::input)?;
    print(&trace, args.output, out)?;
    Ok(if trace.arrives { 0 } else { NOT_MET })
}

fn print(trace: &Trace, format: Format, out: &mut dyn Write) -> std::io::Result<()> {
    if format == Format::Json {
        let hop = |hop: &crate::cluster::trace::TraceHop| json!({"hop": hop.hop, "place": hop.place, "what": hop.what});
        let hops: Vec<_> = trace.hops.iter().map(hop).collect();
        return writeln!(out, "{}", json!({"hops": hops, "arrives": trace.arrives, "end": trace.end}));
    }
    let header = ["HOP", "WHERE", "WHAT"].map(str::to_owned).to_vec();
    let rows = trace.hops.iter().map(|hop| vec![hop.hop.to_owned(), hop.place.clone(), hop.what.clone()]);
    let table: Vec<Vec<String>> = std::iter::once(header).chain(rows).collect();
    write!(out, "{}", TableWriter::new().rows(&table))?;
    writeln!(out, "{}", trace.end)
}

/// Host and port of a URL, `host:port` or `host`.
fn target(text: &str) -> Result<(&str, u16), Failure> {
    let bad =
        || Failure::input(format!("{text:?} is no target; expected http://NAME[:PORT], NAME:PORT or ADDRESS:PORT"));
    let (rest, default) = match text.split_once("://") {
        Some(("http", rest)) => (rest, 80),
        Some(("https", rest)) => (rest, 443),
        Some(_) => return Err(bad()),
        None => (text, 80),
    };
    let authority = rest.split('/').next().unwrap_or_default();
    let (host, port) = match authority.split_once(':') {
        Some((host, port)) => (host, port.parse().map_err(|_| bad())?),
        None => (authority, default),
    };
    if host.is_empty() || port == 0 { Err(bad()) } else { Ok((host, port)) }
}

fn source(text: &str, namespace: &str) -> Result<Source, Failure> {
    match text.split_once('/') {
        Some(("pod" | "po" | "pods", name)) => Ok(Source::Pod(namespace.into(), name.into())),
        Some(("node" | "no" | "nodes", name)) => Ok(Source::Node(name.into())),
        _ => Err(Failure::input(format!("--from {text:?}: expected pod/NAME or node/NAME"))),
    }
}
