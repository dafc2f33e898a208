//! The end of a Pod, moment by moment: who asked for it, who still sent requests, what the hook did, which signals came, what the
//! processes made of them, what was lost. Read from the record of causes, the machine and the network; nothing is written.

use std::collections::BTreeMap;
use std::sync::Arc;

use crate::cluster::Cluster;
use crate::engine::{Cause, SimDuration, SimTime};
use crate::machine::{Fate, LogLine, Sender, Signal, SignalFate};
use crate::model::{Kind, ObjectKey};

/// Only so much of the record of causes is read, the newest.
const CAUSES_MAX: usize = 200_000;
/// Of more machines than this only the first, the last and those of the clients are told.
const CONSUMERS_MAX: usize = 4;
/// So long after the end of a Pod requests may still be lost to it.
const AFTERMATH: SimDuration = SimDuration::from_secs(3);

/// The end of a Pod, or of containers of a Pod that goes on.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct PodEnd {
    /// The Pod.
    pub pod: ObjectKey,
    /// The machine, as `kubelet node-1` calls itself; empty before its kubelet knew.
    pub node: Arc<str>,
    /// When it began.
    pub began: SimTime,
    /// When it was over; `None` while it goes on.
    pub over: Option<SimTime>,
    /// What happened, oldest first.
    pub moments: Vec<Moment>,
}

/// Something that happened on the way.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Moment {
    /// When.
    pub at: SimTime,
    /// What.
    pub what: What,
}

/// What happened.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum What {
    /// Somebody deleted the Pod.
    Deleted {
        /// Who.
        by: Arc<str>,
    },
    /// The Pod ends although nobody deleted it, or its object is gone.
    Ends(Arc<str>),
    /// The kubelet begins to stop a container.
    Stopping {
        /// Which.
        container: Arc<str>,
        /// Why, and with which grace.
        message: Arc<str>,
        /// When the grace period ends.
        deadline: Option<SimTime>,
    },
    /// No new connection goes to the Pod any more from there.
    Unchosen {
        /// The Service.
        service: Arc<str>,
        /// Whose rules have changed: a machine, or empty for the EndpointSlice itself.
        by: Arc<str>,
    },
    /// The preStop hook began.
    HookBegan(Arc<str>),
    /// The preStop hook ended: as the kubelet says.
    HookEnded(Arc<str>, &'static str),
    /// A process was sent a signal.
    Signalled(Arc<str>, SignalFate),
    /// A container wrote a line.
    Line(Arc<str>, Arc<str>),
    /// A process ended that is not the first of its container.
    ProcessEnded {
        /// Its PID.
        pid: u32,
        /// Its command.
        command: Arc<str>,
        /// Its exit code.
        code: i32,
    },
    /// A container ended.
    Exited {
        /// Which.
        container: Arc<str>,
        /// Its exit code.
        code: i32,
        /// `Completed`, `Error`, `OOMKilled`…
        reason: &'static str,
    },
    /// Requests sent in this second were lost.
    Lost {
        /// The client.
        client: Arc<str>,
        /// How many.
        count: u64,
    },
    /// The kubelet takes the Pod out of the API.
    Removed,
}

impl PodEnd {
    /// The last moment that is known.
    #[must_use]
    pub fn last(&self) -> SimTime {
        self.moments.last().map_or(self.began, |moment| moment.at)
    }

    /// When the grace period ends, or ended.
    #[must_use]
    pub fn deadline(&self) -> Option<SimTime> {
        let deadline = |moment: &Moment| match moment.what {
            What::Stopping { deadline, .. } => deadline,
            _ => None,
        };
        self.moments.iter().filter_map(deadline).max()
    }

    /// When the first container was sent `SIGKILL` from outside.
    #[must_use]
    pub fn killed_at(&self) -> Option<SimTime> {
        self.moments.iter().find(|moment| moment.is_kill()).map(|moment| moment.at)
    }

    /// How many requests were lost meanwhile.
    #[must_use]
    pub fn lost(&self) -> u64 {
        let lost = |moment: &Moment| if let What::Lost { count, .. } = moment.what { count } else { 0 };
        self.moments.iter().map(lost).sum()
    }
}

impl Moment {
    /// Whether the kubelet lost its patience here.
    #[must_use]
    pub fn is_kill(&self) -> bool {
        matches!(&self.what, What::Signalled(_, fate) if fate.signal == Signal::Kill && fate.sender == Sender::Outside)
    }

    /// Whether the stop signal comes from outside here.
    #[must_use]
    pub fn is_stop(&self) -> bool {
        matches!(&self.what, What::Signalled(_, fate) if fate.signal != Signal::Kill && fate.sender == Sender::Outside)
    }

    /// Whether a signal got lost here, or has to wait.
    #[must_use]
    pub fn is_unheard(&self) -> bool {
        let What::Signalled(_, fate) = &self.what else { return false };
        matches!(fate.fate, Fate::IgnoredByPidOne | Fate::Ignored | Fate::WaitsForCommand { .. })
    }
}

/// The ends of Pods that are still remembered, the newest first.
#[must_use]
pub fn endings(cluster: &Cluster) -> Vec<PodEnd> {
    let mut ends = told(cluster);
    for end in &mut ends {
        add_machine(cluster, end);
        add_network(cluster, end);
        end.moments.sort_by_key(|moment| moment.at);
    }
    ends.sort_by_key(|end| end.began);
    ends.reverse();
    ends
}

/// What the record of causes tells.
fn told(cluster: &Cluster) -> Vec<PodEnd> {
    let causes: Vec<&Cause> = cluster.trace().iter().rev().take(CAUSES_MAX).map(|(_, cause)| cause).collect();
    let mut done = Vec::new();
    let mut open: BTreeMap<String, PodEnd> = BTreeMap::new();
    for cause in causes.into_iter().rev() {
        let Some((path, container)) = pod_path(&cause.object) else { continue };
        let Some(what) = what(cause, container) else { continue };
        let begins = matches!(what, What::Deleted { .. } | What::Ends(_) | What::Stopping { .. });
        let is_last = what == What::Removed;
        if !open.contains_key(path) {
            let Some(pod) = ObjectKey::from_path(path).filter(|_| begins) else { continue };
            let end = PodEnd { pod, node: Arc::default(), began: cause.at, over: None, moments: Vec::new() };
            open.insert(path.to_owned(), end);
        }
        let Some(end) = open.get_mut(path) else { continue };
        if let Some(node) = cause.actor.strip_prefix("kubelet ") {
            end.node = node.into();
        }
        end.moments.push(Moment { at: cause.at, what });
        let is_restart = !end.moments.iter().any(|moment| matches!(moment.what, What::Deleted { .. } | What::Ends(_)));
        let is_over = is_last || is_restart && cause.verb == "container exited";
        if is_over && let Some(mut end) = open.remove(path) {
            end.over = Some(cause.at);
            done.push(end);
        }
    }
    done.extend(open.into_values());
    done
}

/// `pods/shop/web-1/nginx` as the path of the Pod and the container.
fn pod_path(object: &str) -> Option<(&str, &str)> {
    let rest = object.strip_prefix("pods/")?;
    let mut slashes = rest.match_indices('/').map(|(at, _)| at + "pods/".len());
    slashes.next()?;
    Some(slashes.next().map_or((object, ""), |at| (&object[..at], &object[at + 1..])))
}

fn what(cause: &Cause, container: &str) -> Option<What> {
    let container: Arc<str> = container.into();
    Some(match cause.verb {
        "delete" if !cause.actor.starts_with("kubelet") => What::Deleted { by: Arc::clone(&cause.actor) },
        "end pod" => What::Ends(Arc::clone(&cause.text)),
        "object gone" => What::Ends(Arc::clone(&cause.text)),
        "stop container" => {
            let grace = cause.text.rsplit_once("(grace ").and_then(|(_, rest)| rest.strip_suffix("s)")?.parse().ok());
            let deadline = grace.map(|grace| cause.at + SimDuration::from_secs(grace));
            What::Stopping { container, message: Arc::clone(&cause.text), deadline }
        }
        "run preStop" => What::HookBegan(container),
        "preStop ended" | "preStop failed" | "preStop cut short" => What::HookEnded(container, cause.verb),
        "remove from API" => What::Removed,
        "container exited" => return exited(cause),
        _ => return None,
    })
}

/// The exit as the kubelet told it; which container it was is known where the machine remembers it.
fn exited(cause: &Cause) -> Option<What> {
    let code = cause.text.strip_prefix("exit code ")?.split(' ').next()?.parse().ok()?;
    let reasons = ["Completed", "OOMKilled", "StartError", "Unknown"];
    let reason = reasons.into_iter().find(|reason| cause.text.contains(reason)).unwrap_or("Error");
    Some(What::Exited { container: Arc::default(), code, reason })
}

/// Signals, last words and ends of processes, as the machine remembers them.
fn add_machine(cluster: &Cluster, end: &mut PodEnd) {
    let until = end.over.unwrap_or(SimTime::MAX);
    let within = |at: SimTime| at >= end.began && at <= until;
    let Some(worker) = cluster.worker(&end.node) else { return };
    let mut moments = Vec::new();
    for known in worker.machine.obituaries(&end.pod.namespace, &end.pod.name) {
        let name = &known.container;
        let exit = known.exit.as_ref().filter(|exit| within(exit.at));
        let touched = known.fates.iter().any(|fate| within(fate.at)) || exit.is_some();
        if !touched {
            continue;
        }
        for fate in known.fates.iter().filter(|fate| within(fate.at)) {
            moments.push(Moment { at: fate.at, what: What::Signalled(Arc::clone(name), fate.clone()) });
        }
        for line in known.lines.iter().filter(|line| within(line.at)) {
            moments.push(Moment { at: line.at, what: line_of(name, line) });
        }
        for gone in known.ends.iter().filter(|gone| within(gone.at) && exit.is_none_or(|exit| exit.at != gone.at)) {
            let what = What::ProcessEnded { pid: gone.pid, command: Arc::clone(&gone.command), code: gone.code };
            moments.push(Moment { at: gone.at, what });
        }
        if let Some(exit) = exit {
            let exited =
                |moment: &&mut Moment| matches!(&moment.what, What::Exited { container, .. } if container.is_empty());
            if let Some(moment) = end.moments.iter_mut().filter(|moment| moment.at >= exit.at).find(exited) {
                let reason = exit.reason.as_str();
                *moment =
                    Moment { at: exit.at, what: What::Exited { container: Arc::clone(name), code: exit.code, reason } };
            }
        }
    }
    end.moments.extend(moments);
}

fn line_of(container: &Arc<str>, line: &LogLine) -> What {
    What::Line(Arc::clone(container), Arc::clone(&line.text))
}

/// Who still sent requests to the Pod, and what became of them.
fn add_network(cluster: &Cluster, end: &mut PodEnd) {
    let until = end.over.unwrap_or(SimTime::MAX);
    let network = cluster.network();
    let clients: Vec<&Arc<str>> = cluster.loads().iter().map(|load| &load.spec.node).collect();
    for gone in network.departures().filter(|gone| *gone.pod == *end.pod.name && *gone.service.0 == *end.pod.namespace)
    {
        if gone.at < end.began || gone.at > until {
            continue;
        }
        let service = &gone.service.1;
        let unchosen = |at, by| Moment { at, what: What::Unchosen { service: Arc::clone(service), by } };
        end.moments.push(unchosen(gone.at, Arc::default()));
        let workers = cluster.workers().iter().filter(|worker| worker.is_on);
        let mut learnt: Vec<_> =
            workers.map(|worker| (network.programmed_at(&worker.name, gone.at), &worker.name)).collect();
        learnt.sort();
        let count = learnt.len();
        let told = learnt.into_iter().enumerate().filter(|(index, (_, name))| {
            count <= CONSUMERS_MAX || *index == 0 || index + 1 == count || clients.contains(name)
        });
        end.moments.extend(told.map(|(_, (at, name))| unchosen(at, Arc::clone(name))));
    }
    let from = end.began.as_secs();
    let to = end.over.map_or(u64::MAX, |over| (over + AFTERMATH).as_secs());
    for load in cluster.loads() {
        for (second, stats) in load.seconds().filter(|(second, stats)| (from..=to).contains(second) && stats.lost() > 0)
        {
            let at = SimTime::from_secs(second).max(end.began);
            end.moments
                .push(Moment { at, what: What::Lost { client: Arc::clone(&load.spec.name), count: stats.lost() } });
        }
    }
}

/// The end that stands beside another one: of the same Pod, else of one with the same beginning of its name, else the newest.
#[must_use]
pub fn beside<'a>(ends: &'a [PodEnd], pod: &ObjectKey) -> Option<&'a PodEnd> {
    let family =
        |key: &ObjectKey| key.name.rsplit_once('-').map_or(key.name.to_string(), |(family, _)| family.to_owned());
    let same = ends.iter().find(|end| end.pod == *pod);
    let related = || ends.iter().find(|end| end.pod.kind == Kind::Pod && family(&end.pod) == family(pod));
    same.or_else(related).or_else(|| ends.first())
}
