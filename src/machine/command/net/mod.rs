//! Tools that talk to the network: `wget`, `curl`, `nslookup`, `dig`, `nc`. Texts: recordings of the real tools.
//!
//! **Not modelled.** TLS (an `https://` URL is refused), redirects, progress meters, `nc -l`.

mod http;
mod lookup;
mod options;

use std::net::{IpAddr, SocketAddr};

use self::options::Options;
use super::resolve::{Answer, Resolver, address, local};
use crate::engine::{SimDuration, SimTime};
use crate::machine::cri::{HttpRequest, Outgoing, OutgoingId, OutgoingResult, RecordType};
use crate::machine::fs::path;
use crate::machine::image::executable::Flavour;
use crate::machine::image::spec::parse_span;
use crate::machine::kernel::Kernel;
use crate::machine::kernel::process::{HostPid, Waiting};
use crate::machine::kernel::run::Step;

/// How long Linux tries to connect before it gives up (six SYNs, tcp_syn_retries).
const CONNECT_TIMEOUT: SimDuration = SimDuration::from_secs(127);

/// A network tool at work.
#[derive(Clone, Debug)]
pub struct Net {
    tool: Tool,
    name: String,
    port: u16,
    request: HttpRequest,
    began_at: SimTime,
    limit: SimDuration,
    stage: Stage,
    address: Option<IpAddr>,
}

#[derive(Clone, Debug)]
enum Tool {
    Wget {
        is_quiet: bool,
        output: Option<String>,
    },
    Curl {
        is_silent: bool,
        shows_errors: bool,
        fails: bool,
        with_headers: bool,
        output: Option<String>,
        format: Option<String>,
    },
    Nc {
        is_verbose: bool,
    },
    Nslookup(Flavour, IpAddr),
    Dig {
        is_short: bool,
        record: RecordType,
    },
}

#[derive(Clone, Debug)]
enum Stage {
    Resolving(Resolver),
    Talking(OutgoingId, SocketAddr),
    Found(IpAddr),
}

/// A tool that cannot begin: its exit code and what it says.
type Refusal = (i32, String);

/// Waiting is the "error" of a step that has not finished.
type Progress = Result<i32, Step>;

impl Net {
    /// Reads the command line.
    ///
    /// # Errors
    /// The exit code and the complaint.
    pub fn new(argv: &[String], flavour: Flavour, host: HostPid, kernel: &mut Kernel<'_>) -> Result<Self, Refusal> {
        let called = path::base_name(argv.first().map_or("", String::as_str)).to_owned();
        let options = Options::read(&called, &argv[1..]);
        if called == "nslookup" || called == "dig" {
            return Self::lookup(&called, &options, flavour, kernel);
        }
        let target = options.operands.first().cloned().ok_or((1, "missing URL".to_owned()))?;
        let (name, port, request_path) = if called == "nc" {
            let port = options
                .operands
                .get(1)
                .and_then(|port| port.parse().ok())
                .ok_or((1, "no port specified".to_owned()))?;
            (target, port, "/".to_owned())
        } else {
            split_url(&target)?
        };
        let tool = match called.as_str() {
            "wget" => {
                Tool::Wget { is_quiet: options.has('q') || options.has_long("--spider"), output: options.value("-O") }
            }
            "curl" => Tool::Curl {
                is_silent: options.has('s'),
                shows_errors: options.has('S') || !options.has('s'),
                fails: options.has('f') || options.has_long("--fail"),
                with_headers: options.has('i') || options.has('I'),
                output: options.value("-o"),
                format: options.value("-w"),
            },
            _ if options.has('l') => return Err((1, "podlab does not model nc -l".to_owned())),
            _ => Tool::Nc { is_verbose: options.has('v') },
        };
        let limit = ["-m", "--max-time", "-T", "-w", "--connect-timeout"].iter().find_map(|name| options.value(name));
        let limit = limit.and_then(|text| parse_span(&text)).unwrap_or(CONNECT_TIMEOUT);
        let mut request = HttpRequest::get(port, &request_path);
        request.method = match options.value("-X") {
            Some(method) => method.as_str().into(),
            None if options.has('I') => "HEAD".into(),
            None if options.value("-d").is_some() => "POST".into(),
            None => "GET".into(),
        };
        request.body = options.value("-d").or(options.value("--post-data")).unwrap_or_default().into_bytes();
        request.headers = options
            .all("-H")
            .iter()
            .filter_map(|line| line.split_once(": "))
            .map(|(k, v)| (k.into(), v.into()))
            .collect();
        if !request.headers.iter().any(|(name, _)| name.eq_ignore_ascii_case("host")) {
            request.headers.push(("Host".into(), name.clone()));
        }
        let stage = match local(&name, kernel) {
            Some(address) => Stage::Found(address),
            None => Stage::Resolving(Resolver::new(&name, host, kernel)),
        };
        Ok(Self { tool, name, port, request, began_at: kernel.now, limit, stage, address: None })
    }

    /// Goes on; what it says is put into `out` (output, errors).
    ///
    /// # Errors
    /// What it waits for.
    pub fn step(&mut self, host: HostPid, kernel: &mut Kernel<'_>, out: &mut [Vec<u8>; 2]) -> Progress {
        let deadline = self.began_at + self.limit;
        loop {
            match &mut self.stage {
                Stage::Resolving(resolver) => {
                    let answer = resolver.step(host, kernel);
                    if let Answer::Waiting(request, until) = answer {
                        if kernel.now >= deadline {
                            kernel.give_up(request);
                            return Ok(self.timed_out(kernel.now, out));
                        }
                        return Err(Step::Wait(Waiting::Answer(request), Some(until.min(deadline))));
                    }
                    if matches!(self.tool, Tool::Nslookup(..) | Tool::Dig { .. }) {
                        return Ok(self.show_records(&answer, out));
                    }
                    let found = match &answer {
                        Answer::Records(_, records) => address(records),
                        _ => None,
                    };
                    match found {
                        Some(address) => self.stage = Stage::Found(address),
                        None => return Ok(self.bad_name(out)),
                    }
                }
                Stage::Found(address) => {
                    let to = SocketAddr::new(*address, self.port);
                    self.address = Some(*address);
                    self.say_connecting(to, out);
                    let what = match self.tool {
                        Tool::Nc { .. } => Outgoing::Tcp { to },
                        _ => Outgoing::Http { to, request: self.request.clone() },
                    };
                    self.stage = Stage::Talking(kernel.ask(host, what), to);
                }
                Stage::Talking(request, to) => {
                    let (request, to) = (*request, *to);
                    match kernel.take_answer(request) {
                        Some(result) => return Ok(self.finish(result, to, host, kernel, out)),
                        None if kernel.now >= deadline => {
                            kernel.give_up(request);
                            return Ok(self.timed_out(kernel.now, out));
                        }
                        None => return Err(Step::Wait(Waiting::Answer(request), Some(deadline))),
                    }
                }
            }
        }
    }

    fn say_connecting(&self, to: SocketAddr, out: &mut [Vec<u8>; 2]) {
        if let Tool::Wget { is_quiet: false, .. } = self.tool {
            err(out, &format!("Connecting to {} ({to})\n", with_port(&self.name, self.port)));
        }
    }

    fn bad_name(&self, out: &mut [Vec<u8>; 2]) -> i32 {
        match &self.tool {
            Tool::Curl { shows_errors, .. } => {
                if *shows_errors {
                    err(out, &format!("curl: (6) Could not resolve host: {}\n", self.name));
                }
                6
            }
            Tool::Wget { .. } => {
                err(out, &format!("wget: bad address '{}'\n", with_port(&self.name, self.port)));
                1
            }
            _ => {
                err(out, &format!("nc: bad address '{}'\n", self.name));
                1
            }
        }
    }

    fn timed_out(&self, now: SimTime, out: &mut [Vec<u8>; 2]) -> i32 {
        let millis = now.since(self.began_at).as_millis();
        match &self.tool {
            Tool::Curl { shows_errors, .. } => {
                if *shows_errors {
                    err(
                        out,
                        &format!("curl: (28) Operation timed out after {millis} milliseconds with 0 bytes received\n"),
                    );
                }
                28
            }
            Tool::Wget { .. } => {
                err(out, "wget: download timed out\n");
                1
            }
            _ => {
                err(out, &format!("nc: {}: Connection timed out\n", self.place()));
                1
            }
        }
    }

    fn place(&self) -> String {
        let address = self.address.map_or_else(|| self.name.clone(), |address| address.to_string());
        format!("{} ({address}:{})", self.name, self.port)
    }

    fn finish(
        &self,
        result: OutgoingResult,
        to: SocketAddr,
        host: HostPid,
        kernel: &mut Kernel<'_>,
        out: &mut [Vec<u8>; 2],
    ) -> i32 {
        let millis = kernel.now.since(self.began_at).as_millis();
        match (result, &self.tool) {
            (OutgoingResult::Http(response), Tool::Wget { .. }) => self.wget_done(&response, host, kernel, out),
            (OutgoingResult::Http(response), _) => self.curl_done(&response, host, kernel, out),
            (OutgoingResult::Connected, Tool::Nc { is_verbose }) => {
                if *is_verbose {
                    err(out, &format!("{} open\n", self.place()));
                }
                0
            }
            (OutgoingResult::Reset, Tool::Curl { shows_errors, .. }) => {
                if *shows_errors {
                    err(out, "curl: (56) Recv failure: Connection reset by peer\n");
                }
                56
            }
            (OutgoingResult::Reset, _) => {
                err(out, "wget: error getting response: Connection reset by peer\n");
                1
            }
            (failure, Tool::Curl { shows_errors, .. }) => {
                let why =
                    if failure == OutgoingResult::NoRoute { "No route to host" } else { "Couldn't connect to server" };
                if *shows_errors {
                    let (name, port) = (&self.name, self.port);
                    err(out, &format!("curl: (7) Failed to connect to {name} port {port} after {millis} ms: {why}\n"));
                }
                7
            }
            (failure, tool) => {
                let why = if failure == OutgoingResult::NoRoute { "No route to host" } else { "Connection refused" };
                let text = match tool {
                    Tool::Wget { .. } => format!("wget: can't connect to remote host ({}): {why}\n", to.ip()),
                    _ => format!("nc: {}: {why}\n", self.place()),
                };
                err(out, &text);
                1
            }
        }
    }
}

fn say(out: &mut [Vec<u8>; 2], text: &str) {
    out[0].extend_from_slice(text.as_bytes());
}

fn err(out: &mut [Vec<u8>; 2], text: &str) {
    out[1].extend_from_slice(text.as_bytes());
}

/// busybox leaves out the port 80.
fn with_port(name: &str, port: u16) -> String {
    if port == 80 { name.to_owned() } else { format!("{name}:{port}") }
}

fn split_url(url: &str) -> Result<(String, u16, String), Refusal> {
    if url.starts_with("https://") {
        return Err((1, "podlab does not model TLS; use http://".to_owned()));
    }
    let rest = url.strip_prefix("http://").unwrap_or(url);
    let (place, path) = rest.find('/').map_or((rest, "/"), |at| (&rest[..at], &rest[at..]));
    let (name, port) = match place.rsplit_once(':') {
        Some((name, port)) => (name, port.parse().map_err(|_| (1, format!("bad port '{port}'")))?),
        None => (place, 80),
    };
    Ok((name.to_owned(), port, path.to_owned()))
}
