//! A request traced hop by hop without being sent: the resolver, the rule of kube-proxy, the machines, the socket.
//!
//! It goes by the [way](super::way) of real requests; where a rule chooses by chance, the trace says whom the next request
//! would get. Nothing of the cluster changes.

use std::net::{IpAddr, SocketAddr};
use std::sync::Arc;

use crate::machine::cri::{DnsData, DnsOutcome, RecordType};
use crate::machine::kernel::Sandbox;
use crate::network::{CLUSTER_DNS, Route};

use super::way::End;
use super::world::Cluster;

/// `ndots` of a resolver that is told nothing. Source: resolv.conf(5).
const NDOTS_DEFAULT: usize = 1;

/// Who would ask.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Source {
    /// A Pod, by namespace and name.
    Pod(Arc<str>, Arc<str>),
    /// A program on a machine.
    Node(Arc<str>),
}

/// One station of a request.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct TraceHop {
    /// What handles it: `resolver`, `proxy`, `link`, `socket`.
    pub hop: &'static str,
    /// On which machine or in which Pod.
    pub place: String,
    /// What happens there.
    pub what: String,
}

/// All stations, and what comes of it.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Trace {
    /// The stations, in order.
    pub hops: Vec<TraceHop>,
    /// Whether something takes the request.
    pub arrives: bool,
    /// The end in one sentence.
    pub end: String,
}

impl Trace {
    fn pass(&mut self, hop: &'static str, place: &str, what: String) {
        self.hops.push(TraceHop { hop, place: place.to_owned(), what });
    }

    fn die(&mut self, hop: &'static str, place: &str, what: String, symptom: &str) {
        self.end = format!("lost at {hop} on {place}: {what} ({symptom})");
        self.pass(hop, place, what);
    }
}

/// Where the sender stands.
struct Stand<'a> {
    label: String,
    node: Arc<str>,
    sandbox: Option<&'a Sandbox>,
}

impl Cluster {
    /// Traces a connection from `source` to a port of a name or address.
    ///
    /// # Errors
    /// When there is no such sender, or it does not run.
    pub fn trace_request(&self, source: &Source, host: &str, port: u16) -> Result<Trace, String> {
        let stand = self.stand(source)?;
        let mut trace = Trace::default();
        if let Some(ip) = self.trace_name(&stand, host, &mut trace) {
            self.trace_way(&stand, SocketAddr::new(ip, port), &mut trace);
        }
        Ok(trace)
    }

    fn stand(&self, source: &Source) -> Result<Stand<'_>, String> {
        match source {
            Source::Node(name) => match self.worker(name) {
                Some(worker) if worker.is_on => {
                    Ok(Stand { label: format!("node/{name}"), node: Arc::clone(name), sandbox: None })
                }
                Some(_) => Err(format!("node \"{name}\" is switched off and sends nothing")),
                None => Err(format!("no node \"{name}\" with a kubelet; `kubectl get nodes` lists them")),
            },
            Source::Pod(namespace, name) => {
                let found = self.workers.iter().find_map(|worker| {
                    let is_it = |one: &&Sandbox| one.config.namespace == *namespace && one.config.name == *name;
                    let sandbox = worker.machine.sandboxes().filter(|one| one.is_ready).find(is_it)?;
                    worker.is_on.then_some((worker, sandbox))
                });
                let (worker, sandbox) = found.ok_or_else(|| {
                    format!("no running Pod \"{name}\" in namespace \"{namespace}\"; `kubectl get pods -A` lists them")
                })?;
                let node = Arc::clone(&worker.name);
                Ok(Stand { label: format!("pod/{name}"), node, sandbox: Some(sandbox) })
            }
        }
    }

    /// The resolver: every name it tries, until one has an address.
    fn trace_name(&self, stand: &Stand<'_>, host: &str, trace: &mut Trace) -> Option<IpAddr> {
        const SYMPTOM: &str = "curl: Could not resolve host";
        if let Ok(ip) = host.parse() {
            return Some(ip);
        }
        let dns = stand.sandbox.map(|sandbox| &sandbox.config.dns);
        let Some(dns) = dns.filter(|dns| dns.nameservers.first() == Some(&CLUSTER_DNS)) else {
            let what = format!("{host}: this resolver does not ask the cluster's DNS at {CLUSTER_DNS}");
            trace.die("resolver", &stand.label, what, SYMPTOM);
            return None;
        };
        for name in names(host, &dns.searches, &dns.options) {
            let (text, ip) = match self.network.1.answer(&name, RecordType::A) {
                DnsOutcome::Records(records) => described(&records),
                DnsOutcome::NoSuchName(_) => ("NXDOMAIN".to_owned(), None),
                DnsOutcome::ServerFailure => ("SERVFAIL".to_owned(), None),
            };
            trace.pass("resolver", &stand.label, format!("{name} -> {text}"));
            if ip.is_some() {
                return ip;
            }
        }
        trace.die("resolver", &stand.label, format!("{host}: no name that was tried has an address"), SYMPTOM);
        None
    }

    fn trace_way(&self, stand: &Stand<'_>, to: SocketAddr, trace: &mut Trace) {
        let from = stand.sandbox.and_then(|sandbox| sandbox.config.ip);
        let way = self.way(&stand.node, from, to, &mut self.traffic_random.clone());
        let asked = self.network.1.node_with(to.ip()).cloned();
        let decides = asked.filter(|_| !matches!(&way.route, Route::To { service: None, .. }));
        let decides = decides.unwrap_or_else(|| Arc::clone(&stand.node));
        self.trace_rule(&way.route, &decides, to, trace);
        match way.end {
            End::Refused | End::Dropped => {}
            End::NoRoute(ip) => {
                let what = format!("no node has {ip} or a Pod range around it");
                trace.die("route", &stand.node, what, "No route to host");
            }
            End::Off(node) => trace.die("link", &node, "the machine has no power".into(), "timeout"),
            End::CutOff(here, there) => {
                trace.die("link", &here, format!("the network between {here} and {there} is cut"), "timeout");
            }
            End::Arrives(worker, chosen) => self.trace_arrival(stand, worker, chosen, trace),
        }
    }

    fn trace_rule(&self, route: &Route, decides: &str, to: SocketAddr, trace: &mut Trace) {
        let name = |service: &(Arc<str>, Arc<str>)| format!("{}/{}", service.0, service.1);
        match route {
            Route::To { service: None, .. } => trace.pass("proxy", decides, format!("{to} is no address of a Service")),
            Route::To { to: chosen, service: Some(service), pod } => {
                let lag = self.endpoints_in_sight(service, decides);
                trace.pass("proxy", decides, format!("{to} is Service {}{lag}: {chosen} (pod/{pod})", name(service)));
            }
            Route::NoEndpoints(service) => {
                let lag = self.endpoints_in_sight(service, decides);
                let what = format!("{to} is Service {}{lag}", name(service));
                trace.die("proxy", decides, what, "Connection refused");
            }
            Route::NoLocalEndpoints(service) => {
                let what = format!("Service {} has no endpoint on this node and its policy is Local", name(service));
                trace.die("proxy", decides, what, "timeout");
            }
            Route::NoSuchPort(service) => {
                let what = format!("Service {} has no port {}", name(service), to.port());
                trace.die("proxy", decides, what, "timeout");
            }
        }
    }

    /// `, 2 of 3 endpoints ready`, and whether the node's rules are older than the truth.
    fn endpoints_in_sight(&self, service: &(Arc<str>, Arc<str>), node: &str) -> String {
        let network = &self.network.1;
        let Some(rules) = network.programmed(service, node, self.now) else { return String::new() };
        let ready = rules.endpoints.iter().filter(|endpoint| endpoint.is_ready).count();
        let is_old = network.table().newest(service).is_some_and(|newest| newest.at != rules.at);
        let old = if is_old { ", rules not yet renewed" } else { "" };
        format!(", {ready} of {} endpoints ready{old}", rules.endpoints.len())
    }

    fn trace_arrival(&self, stand: &Stand<'_>, worker: usize, to: SocketAddr, trace: &mut Trace) {
        let there = &self.workers[worker];
        if there.name == stand.node {
            trace.pass("link", &there.name, "stays on the machine".into());
        } else {
            trace.pass("link", &there.name, format!("from {} to {}", stand.node, there.name));
        }
        let Some(sandbox) = there.machine.sandboxes().find(|sandbox| sandbox.config.ip == Some(to.ip())) else {
            let what = format!("{} belongs to no Pod any more", to.ip());
            return trace.die("bridge", &there.name, what, "No route to host");
        };
        let pod = format!("pod/{}", sandbox.config.name);
        if !sandbox.is_ready {
            return trace.die("bridge", &there.name, format!("the network of {pod} is gone"), "timeout");
        }
        let ports = there.machine.listening(sandbox.id);
        if ports.contains(&to.port()) {
            trace.pass("socket", &pod, format!("a process listens on {}", to.port()));
            trace.arrives = true;
            trace.end = format!("arrives at {pod}, port {}", to.port());
            return;
        }
        let others = ports.iter().map(u16::to_string).collect::<Vec<_>>().join(", ");
        let others = if others.is_empty() { "no port at all".to_owned() } else { format!("only {others}") };
        let what = format!("nobody listens on {}; {others} is open", to.port());
        trace.die("socket", &pod, what, "Connection refused");
    }
}

/// What a resolver tries, in its order. Source: resolv.conf(5), `search` and `ndots`.
fn names(host: &str, searches: &[String], options: &[String]) -> Vec<String> {
    if let Some(full) = host.strip_suffix('.') {
        return vec![full.to_owned()];
    }
    let ndots = options.iter().find_map(|option| option.strip_prefix("ndots:")?.parse().ok()).unwrap_or(NDOTS_DEFAULT);
    let mut names: Vec<String> = searches.iter().map(|domain| format!("{host}.{domain}")).collect();
    let dots = host.bytes().filter(|byte| *byte == b'.').count();
    names.insert(if dots < ndots { names.len() } else { 0 }, host.to_owned());
    names
}

fn described(records: &[crate::machine::cri::DnsRecord]) -> (String, Option<IpAddr>) {
    let mut first = None;
    let mut texts = Vec::new();
    for record in records {
        match &record.data {
            DnsData::Address(ip) => {
                first = first.or(Some(*ip));
                texts.push(ip.to_string());
            }
            DnsData::Alias(target) => texts.push(format!("CNAME {target}, outside the cluster")),
            _ => {}
        }
    }
    (if texts.is_empty() { "no address".to_owned() } else { texts.join(", ") }, first)
}
