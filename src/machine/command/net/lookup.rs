//! `nslookup` and `dig`.

use std::net::IpAddr;

use super::options::Options;
use super::{CONNECT_TIMEOUT, Net, Refusal, Stage, Tool, say};
use crate::machine::command::resolve::{Answer, Resolver};
use crate::machine::cri::{DnsData, DnsRecord, HttpRequest, RecordType};
use crate::machine::image::executable::Flavour;
use crate::machine::kernel::Kernel;

impl Net {
    pub(super) fn lookup(
        called: &str,
        options: &Options,
        flavour: Flavour,
        kernel: &Kernel<'_>,
    ) -> Result<Self, Refusal> {
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

    pub(super) fn show_records(&self, answer: &Answer, out: &mut [Vec<u8>; 2]) -> i32 {
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
