//! Tools that talk to the network: `wget`, `curl`, `nslookup`, `dig`, `nc`. Texts: recordings of the real tools.
//!
//! **Not modelled.** TLS (an `https://` URL is refused), redirects, progress meters, `nc -l`.

use std::net::{IpAddr, SocketAddr};
use std::sync::Arc;

use super::resolve::{Answer, Resolver, address, local};
use crate::engine::{SimDuration, SimTime};
use crate::machine::cri::{
    DnsData, DnsRecord, HttpRequest, HttpResponse, Outgoing, OutgoingId, OutgoingResult, RecordType,
};
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
        let mut options = Options::read(&called, &argv[1..]);
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
                Tool::Wget { is_quiet: options.has('q') || options.has_long("--spider"), output: options.take("-O") }
            }
            "curl" => Tool::Curl {
                is_silent: options.has('s'),
                shows_errors: options.has('S') || !options.has('s'),
                fails: options.has('f') || options.has_long("--fail"),
                with_headers: options.has('i') || options.has('I'),
                output: options.take("-o"),
                format: options.take("-w"),
            },
            _ if options.has('l') => return Err((1, "podlab does not model nc -l".to_owned())),
            _ => Tool::Nc { is_verbose: options.has('v') },
        };
        let limit = ["-m", "--max-time", "-T", "-w", "--connect-timeout"].iter().find_map(|name| options.value(name));
        let limit = limit.and_then(|text| parse_span(&text)).unwrap_or(CONNECT_TIMEOUT);
        let mut request = HttpRequest::get(port, &request_path);
        request.method = match options.take("-X") {
            Some(method) => method.as_str().into(),
            None if options.has('I') => "HEAD".into(),
            None if options.value("-d").is_some() => "POST".into(),
            None => "GET".into(),
        };
        request.body = options.take("-d").or(options.take("--post-data")).unwrap_or_default().into_bytes();
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

    fn lookup(called: &str, options: &Options, flavour: Flavour, kernel: &Kernel<'_>) -> Result<Self, Refusal> {
        let dns = &kernel.sandbox.config.dns;
        let mut server = dns.nameservers.first().copied();
        let mut words: Vec<String> = options.operands.clone();
        let mut record = RecordType::A;
        words.retain(|word| match (word.strip_prefix('@'), word.as_str()) {
            (Some(address), _) => {
                server = address.parse().ok().or(server);
                false
            }
            (None, "A" | "a" | "+short" | "+search") => false,
            (None, "SRV" | "srv") => {
                record = RecordType::Srv;
                false
            }
            (None, "AAAA") => {
                record = RecordType::Aaaa;
                false
            }
            _ => true,
        });
        let name = words.first().cloned().ok_or((1, "no name given".to_owned()))?;
        if let Some(address) = words.get(1).and_then(|word| word.parse().ok()) {
            server = Some(address);
        }
        let shown = server.unwrap_or(IpAddr::from([127, 0, 0, 1]));
        let is_short = options.operands.iter().any(|word| word == "+short");
        let plain = name.trim_end_matches('.').to_owned();
        // busybox asks for the name as it is; bind's nslookup goes through the search list, dig only with +search.
        let searches = called == "nslookup" && flavour == Flavour::Gnu;
        let few_dots = plain.matches('.').count() < 5;
        let listed = dns.searches.iter().filter(|_| searches && few_dots).map(|domain| format!("{plain}.{domain}"));
        let candidates: Vec<String> = listed.chain([plain.clone()]).collect();
        let tool = if called == "dig" { Tool::Dig { is_short, record } } else { Tool::Nslookup(flavour, shown) };
        Ok(Self {
            tool,
            name: plain,
            port: 53,
            request: HttpRequest::get(53, "/"),
            began_at: kernel.now,
            limit: CONNECT_TIMEOUT,
            stage: Stage::Resolving(Resolver::of(candidates, record, server)),
            address: None,
        })
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

    fn wget_done(
        &self,
        response: &HttpResponse,
        host: HostPid,
        kernel: &mut Kernel<'_>,
        out: &mut [Vec<u8>; 2],
    ) -> i32 {
        let Tool::Wget { is_quiet, output } = &self.tool else { return 1 };
        if response.status >= 300 {
            let words = reason(response.status);
            err(out, &format!("wget: server returned error: HTTP/1.1 {} {words}\n", response.status));
            return 1;
        }
        if output.as_deref() == Some("-") {
            if !is_quiet {
                err(out, "writing to stdout\n");
            }
            out[0].extend_from_slice(&response.body);
            if !is_quiet {
                err(out, "written to stdout\n");
            }
            return 0;
        }
        let last = path::base_name(self.request.path.split('?').next().unwrap_or("/"));
        let own = if last.is_empty() || last == "/" { "index.html" } else { last };
        let file = output.clone().unwrap_or_else(|| own.to_owned());
        if !is_quiet {
            err(out, &format!("saving to '{file}'\n'{file}' saved\n"));
        }
        save(&file, &response.body, host, kernel).unwrap_or_else(|text| {
            err(out, &format!("wget: {text}\n"));
            1
        })
    }

    fn curl_done(
        &self,
        response: &HttpResponse,
        host: HostPid,
        kernel: &mut Kernel<'_>,
        out: &mut [Vec<u8>; 2],
    ) -> i32 {
        let Tool::Curl { is_silent, shows_errors, fails, with_headers, output, format } = &self.tool else { return 1 };
        debug_assert!(*is_silent || *shows_errors, "curl without -s shows errors");
        if *fails && response.status >= 400 {
            if *shows_errors {
                err(out, &format!("curl: (22) The requested URL returned error: {}\n", response.status));
            }
            return 22;
        }
        let mut body = Vec::new();
        if *with_headers {
            body.extend_from_slice(format!("HTTP/1.1 {} {}\r\n", response.status, reason(response.status)).as_bytes());
            for (name, value) in &response.headers {
                body.extend_from_slice(format!("{name}: {value}\r\n").as_bytes());
            }
            body.extend_from_slice(format!("Content-Length: {}\r\n\r\n", response.body.len()).as_bytes());
        }
        if &*self.request.method != "HEAD" {
            body.extend_from_slice(&response.body);
        }
        let mut code = 0;
        match output.as_deref() {
            None | Some("-") => out[0].extend(body),
            Some(file) => {
                code = save(file, &body, host, kernel).unwrap_or_else(|text| {
                    err(out, &format!("curl: (23) Failure writing output to destination: {text}\n"));
                    23
                });
            }
        }
        if let Some(format) = format {
            let seconds = kernel.now.since(self.began_at).as_micros();
            let time = format!("{}.{:06}", seconds / 1_000_000, seconds % 1_000_000);
            let text = format.replace("%{http_code}", &response.status.to_string());
            let text = text.replace("%{response_code}", &response.status.to_string()).replace("%{time_total}", &time);
            out[0].extend_from_slice(crate::machine::shell::escape::unescape(&text, false).0.as_bytes());
        }
        code
    }

    fn show_records(&self, answer: &Answer, out: &mut [Vec<u8>; 2]) -> i32 {
        if let Tool::Dig { is_short, record } = self.tool {
            return self.dig(answer, is_short, record, out);
        }
        let Tool::Nslookup(flavour, server) = self.tool else { return 1 };
        let is_busybox = flavour == Flavour::Busybox;
        if matches!(answer, Answer::Silence) {
            let text = if is_busybox {
                ";; connection timed out; no servers could be reached\n\n"
            } else {
                ";; communications error to the server: timed out\n;; no servers could be reached\n\n"
            };
            say(out, text);
            return 1;
        }
        say(out, &format!("Server:\t\t{server}\nAddress:\t{server}{}53\n\n", if is_busybox { ':' } else { '#' }));
        match answer {
            Answer::Records(name, records) => {
                let mut name = name.clone();
                for record in records {
                    match &record.data {
                        DnsData::Alias(target) => {
                            say(
                                out,
                                &format!(
                                    "{}\tcanonical name = {target}{}\n",
                                    record.name,
                                    if is_busybox { "" } else { "." }
                                ),
                            );
                            name = target.clone();
                        }
                        DnsData::Address(address) => say(out, &format!("Name:\t{name}\nAddress: {address}\n")),
                        _ => {}
                    }
                }
                say(out, if is_busybox { "\n\n" } else { "\n" });
                0
            }
            Answer::Missing(aliases) => {
                let mut last = self.name.clone();
                for record in aliases {
                    if let DnsData::Alias(target) = &record.data {
                        say(out, &format!("{}\tcanonical name = {target}.\n", record.name));
                        last = target.clone();
                    }
                }
                let line = format!("** server can't find {last}: NXDOMAIN\n\n");
                // busybox asks for both kinds of addresses and says so twice.
                say(out, &line.repeat(if is_busybox { 2 } else { 1 }));
                1
            }
            _ => {
                say(out, &format!("** server can't find {}: SERVFAIL\n\n", self.name));
                1
            }
        }
    }

    fn dig(&self, answer: &Answer, is_short: bool, record: RecordType, out: &mut [Vec<u8>; 2]) -> i32 {
        let records: &[DnsRecord] = match answer {
            Answer::Records(_, records) => records,
            Answer::Missing(records) => records,
            Answer::Silence => {
                say(out, ";; communications error: timed out\n;; no servers could be reached\n");
                return 9;
            }
            _ => &[],
        };
        let data = |record: &DnsRecord| match &record.data {
            DnsData::Address(address) => ("A", address.to_string()),
            DnsData::Alias(target) => ("CNAME", format!("{target}.")),
            DnsData::Pointer(target) => ("PTR", format!("{target}.")),
            DnsData::Service(priority, weight, port, target) => {
                ("SRV", format!("{priority} {weight} {port} {target}."))
            }
        };
        if is_short {
            records.iter().for_each(|record| say(out, &format!("{}\n", data(record).1)));
            return 0;
        }
        let status = match answer {
            Answer::Records(..) => "NOERROR",
            Answer::Failed => "SERVFAIL",
            _ => "NXDOMAIN",
        };
        let kind = if record == RecordType::Srv { "SRV" } else { "A" };
        say(
            out,
            &format!(
                ";; ->>HEADER<<- opcode: QUERY, status: {status}\n\n;; QUESTION SECTION:\n;{}.\tIN\t{kind}\n\n",
                self.name
            ),
        );
        if !records.is_empty() {
            say(out, ";; ANSWER SECTION:\n");
            records.iter().for_each(|record| {
                let (kind, text) = data(record);
                say(out, &format!("{}. 5 IN\t{kind}\t{text}\n", record.name));
            });
        }
        0
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

fn save(file: &str, bytes: &[u8], host: HostPid, kernel: &mut Kernel<'_>) -> Result<i32, String> {
    let process = kernel.sandbox.processes.get(&host).ok_or("no process")?;
    let (container, user, cwd) = (process.container.ok_or("no container")?, process.user, Arc::clone(&process.cwd));
    let mut view = kernel.view(container, user).ok_or("no files")?;
    let full = path::absolute(&cwd, file);
    if full == "/dev/null" {
        return Ok(0);
    }
    let written = view.truncate(&full).and_then(|()| view.write(&full, None, bytes));
    written.map(|_| 0).map_err(|error| format!("can't open '{file}': {error}"))
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

/// The words that servers put behind a status.
fn reason(status: u16) -> &'static str {
    match status {
        200 => "OK",
        201 => "Created",
        204 => "No Content",
        301 => "Moved Permanently",
        302 => "Found",
        400 => "Bad Request",
        401 => "Unauthorized",
        403 => "Forbidden",
        404 => "Not Found",
        500 => "Internal Server Error",
        502 => "Bad Gateway",
        503 => "Service Unavailable",
        504 => "Gateway Timeout",
        _ => "",
    }
}

/// The command line of a network tool.
struct Options {
    letters: String,
    values: Vec<(String, String)>,
    operands: Vec<String>,
}

impl Options {
    fn read(tool: &str, words: &[String]) -> Self {
        let with_value: &[&str] = match tool {
            "wget" => &["-O", "-T", "--post-data", "--header"],
            "curl" => &["-o", "-m", "--max-time", "--connect-timeout", "-w", "-X", "-d", "-H", "-A", "--retry"],
            "nc" => &["-w", "-p", "-i"],
            _ => &[],
        };
        let mut made = Self { letters: String::new(), values: Vec::new(), operands: Vec::new() };
        let mut words = words.iter();
        while let Some(word) = words.next() {
            if !word.starts_with('-') || word == "-" {
                made.operands.push(word.clone());
                continue;
            }
            if word.starts_with("--") {
                let (name, value) =
                    word.split_once('=').map_or((word.as_str(), None), |(name, value)| (name, Some(value.to_owned())));
                let takes = with_value.contains(&name);
                let value = value.or_else(|| if takes { words.next().cloned() } else { None });
                made.values.push((name.to_owned(), value.unwrap_or_default()));
                continue;
            }
            let mut letters = word[1..].chars();
            while let Some(letter) = letters.next() {
                let name = format!("-{letter}");
                if with_value.contains(&name.as_str()) {
                    let rest = letters.as_str();
                    let value =
                        if rest.is_empty() { words.next().cloned().unwrap_or_default() } else { rest.to_owned() };
                    made.values.push((name, value));
                    break;
                }
                made.letters.push(letter);
            }
        }
        made
    }

    fn has(&self, letter: char) -> bool {
        self.letters.contains(letter)
    }

    fn has_long(&self, name: &str) -> bool {
        self.values.iter().any(|(found, _)| found == name)
    }

    fn value(&self, name: &str) -> Option<String> {
        self.values.iter().find(|(found, _)| found == name).map(|(_, value)| value.clone())
    }

    fn take(&mut self, name: &str) -> Option<String> {
        self.value(name)
    }

    fn all(&self, name: &str) -> Vec<String> {
        self.values.iter().filter(|(found, _)| found == name).map(|(_, value)| value.clone()).collect()
    }
}
