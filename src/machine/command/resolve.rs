//! The stub resolver: `/etc/hosts`, the search list, `ndots`, retries (resolv.conf(5)).

use std::net::IpAddr;

use crate::engine::{SimDuration, SimTime};
use crate::machine::cri::{DnsData, DnsOutcome, DnsRecord, Outgoing, OutgoingId, OutgoingResult, RecordType};
use crate::machine::kernel::Kernel;
use crate::machine::kernel::process::HostPid;

/// How long a question waits for its answer.
const TIMEOUT: SimDuration = SimDuration::from_secs(5);
/// How often each server is asked.
const ATTEMPTS: u32 = 2;

/// A name on its way to addresses.
#[derive(Clone, Debug)]
pub struct Resolver {
    candidates: Vec<String>,
    next: usize,
    attempt: u32,
    record: RecordType,
    server: Option<IpAddr>,
    asked: Option<(OutgoingId, SimTime)>,
}

/// What became of a name.
#[derive(Clone, Debug, PartialEq)]
pub enum Answer {
    /// Records, with the full name that had them.
    Records(String, Vec<DnsRecord>),
    /// No candidate exists; aliases that were seen on the way.
    Missing(Vec<DnsRecord>),
    /// The server said that it failed.
    Failed,
    /// Nobody answered.
    Silence,
    /// Still waiting; look again at this instant at the latest.
    Waiting(OutgoingId, SimTime),
}

impl Resolver {
    /// A search for `name` as the C library does it.
    #[must_use]
    pub fn new(name: &str, host: HostPid, kernel: &Kernel<'_>) -> Self {
        let dns = &kernel.sandbox.config.dns;
        let ndots = dns.options.iter().find_map(|option| option.strip_prefix("ndots:")?.parse().ok()).unwrap_or(1);
        let is_absolute = name.ends_with('.');
        let plain = name.trim_end_matches('.').to_owned();
        let searched = dns.searches.iter().map(|domain| format!("{plain}.{domain}"));
        let candidates = if is_absolute {
            vec![plain]
        } else if plain.matches('.').count() >= ndots {
            [plain.clone()].into_iter().chain(searched).collect()
        } else {
            searched.chain([plain.clone()]).collect()
        };
        debug_assert!(kernel.sandbox.processes.contains_key(&host), "a running process asks");
        Self::of(candidates, RecordType::A, dns.nameservers.first().copied())
    }

    /// A question for exactly these names.
    #[must_use]
    pub fn of(candidates: Vec<String>, record: RecordType, server: Option<IpAddr>) -> Self {
        Self { candidates, next: 0, attempt: 0, record, server, asked: None }
    }

    /// Goes on; asks again or the next name when it is time.
    pub fn step(&mut self, host: HostPid, kernel: &mut Kernel<'_>) -> Answer {
        let mut aliases = Vec::new();
        loop {
            let Some((asked, deadline)) = self.asked else {
                let (Some(server), Some(name)) = (self.server, self.candidates.get(self.next)) else {
                    return if self.server.is_none() { Answer::Silence } else { Answer::Missing(aliases) };
                };
                let what = Outgoing::Dns { server, name: name.clone(), record: self.record };
                self.asked = Some((kernel.ask(host, what), kernel.now + TIMEOUT));
                continue;
            };
            let name = self.candidates.get(self.next).cloned().unwrap_or_default();
            match kernel.take_answer(asked) {
                Some(OutgoingResult::Dns(DnsOutcome::Records(records))) if !records.is_empty() => {
                    return Answer::Records(name, records);
                }
                Some(OutgoingResult::Dns(DnsOutcome::NoSuchName(records))) => {
                    aliases = records;
                    self.next += 1;
                }
                Some(OutgoingResult::Dns(DnsOutcome::Records(_))) => self.next += 1,
                Some(OutgoingResult::Dns(DnsOutcome::ServerFailure)) => return Answer::Failed,
                Some(_) => return Answer::Silence,
                None if kernel.now >= deadline => {
                    kernel.give_up(asked);
                    self.attempt += 1;
                    if self.attempt >= ATTEMPTS {
                        return Answer::Silence;
                    }
                }
                None => return Answer::Waiting(asked, deadline),
            }
            self.asked = None;
        }
    }
}

/// The first address in an answer.
#[must_use]
pub fn address(records: &[DnsRecord]) -> Option<IpAddr> {
    records.iter().find_map(|record| match record.data {
        DnsData::Address(address) => Some(address),
        _ => None,
    })
}

/// An address that needs no name server: a number, `localhost`, or a line of `/etc/hosts`.
pub fn local(name: &str, kernel: &mut Kernel<'_>) -> Option<IpAddr> {
    if let Ok(address) = name.parse() {
        return Some(address);
    }
    kernel.sandbox.fill_pod_files();
    let crate::machine::fs::Node::File(file) = kernel.sandbox.pod_files.get(&["etc", "hosts"])? else { return None };
    let text = file.bytes();
    let text = String::from_utf8_lossy(&text);
    let lines = text.lines().filter(|line| !line.starts_with('#'));
    lines.into_iter().find_map(|line| {
        let mut words = line.split_whitespace();
        let address = words.next()?.parse().ok()?;
        words.any(|word| word == name).then_some(address)
    })
}
