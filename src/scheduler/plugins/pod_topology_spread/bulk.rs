//! The same answers from counts that are kept up to date.

use crate::model::Meta;
use crate::scheduler::counts::{Counter, Domains, Entries, Mask, Tallies, Tally, View, Weights};
use crate::scheduler::demand::Constraint;
use crate::scheduler::framework::{Bulk, Rejection};
use crate::scheduler::node_info::NodeInfo;
use crate::scheduler::pod_info::PodInfo;

use super::scoring::{held_on, normalize, part};
use super::weight::normalizing_weight;
use super::{HOSTNAME, PodTopologySpread, REASON, REASON_LABEL, has_all_labels, includes};

/// The counts for constraints that must hold.
#[derive(Default)]
struct Hard(Counts);

/// The counts for constraints that are wishes.
#[derive(Default)]
struct Soft(Counts, Room);

/// Room to work in, kept between decisions: what is as long as the cluster is wide is not asked of the allocator each time,
/// which would hand out memory that was never touched.
#[derive(Default)]
struct Room {
    ignored: Vec<bool>,
    seen: Vec<bool>,
    parts: Vec<f64>,
    scores: Vec<f64>,
    raw: Vec<i64>,
}

#[derive(Default)]
struct Counts {
    constraints: Vec<Constraint>,
    tallies: Tallies,
    present: Vec<Vec<bool>>,
    /// The workloads and the topology for which they were read.
    epochs: Option<(u64, u64)>,
}

/// Counts Pods for the constraints of one Pod.
struct Spread<'a> {
    pod: &'a PodInfo,
    constraints: &'a [Constraint],
    requires_all: bool,
    /// Whether Pods on every node count in the domain of the node itself.
    counts_hosts_everywhere: bool,
}

impl Counter for Spread<'_> {
    fn weigh(&self, other: &PodInfo, _: &mut Entries) -> Weights {
        let is_meant = |one: &Constraint| {
            !one.selector.is_empty()
                && other.namespace() == self.pod.namespace()
                && one.selector.matches(other.pod.metadata.label_map())
        };
        let meant = self.constraints.iter().enumerate().filter(|(_, one)| is_meant(one));
        meant.map(|(entry, _)| (entry, 1)).collect()
    }

    fn is_left_out(&self, other: &PodInfo) -> bool {
        other.pod.metadata.is_terminating()
    }

    fn is_eligible(&self, entry: usize, node: &NodeInfo) -> bool {
        let constraint = &self.constraints[entry];
        if self.counts_hosts_everywhere && constraint.key == HOSTNAME {
            return true;
        }
        (!self.requires_all || has_all_labels(self.constraints, node)) && includes(constraint, self.pod, node)
    }
}

impl Counts {
    /// Brings constraints and counts up to date; false when there are no constraints.
    fn follow(&mut self, plugin: &PodTopologySpread, is_hard: bool, view: &mut Refresh<'_, '_>) -> bool {
        let epochs = Some((view.0.snapshot.workloads.epoch, view.0.snapshot.topology_epoch()));
        let is_stale = self.epochs != epochs;
        if is_stale {
            self.renew(plugin.constraints(view.0.pod, is_hard, view.0.snapshot));
        }
        if self.constraints.is_empty() {
            self.epochs = epochs;
            return false;
        }
        let requires_all = is_hard || plugin.requires_all_labels(view.0.pod);
        let counter =
            Spread { pod: view.0.pod, constraints: &self.constraints, requires_all, counts_hosts_everywhere: !is_hard };
        self.tallies.follow(view.0.snapshot, view.0.topologies, &counter);
        if is_stale {
            self.epochs = epochs;
            self.present = self.tallies.all().iter().map(Tally::present).collect();
        }
        true
    }

    /// Keeps the counts when the constraints are the same as before.
    fn renew(&mut self, constraints: Vec<Constraint>) {
        let is_same = self.constraints.len() == constraints.len()
            && self.constraints.iter().zip(&constraints).all(|(a, b)| a.key == b.key && a.selector == b.selector);
        if !is_same {
            self.tallies = Tallies::new(Entries::of(constraints.iter().map(|one| one.key.clone())));
            self.constraints = constraints;
        }
    }
}

/// A view without its memory, which is borrowed for the counts.
struct Refresh<'a, 'b>(&'a mut View<'b>);

impl Bulk for PodTopologySpread {
    fn masks(&self, view: &mut View<'_>) -> Vec<Mask> {
        if view.pod.demand.spread.is_empty() && self.defaults == super::Defaults::System {
            return Vec::new();
        }
        let mut counts = std::mem::take(&mut view.memory.of::<Hard>().0);
        let mut masks = Vec::new();
        if counts.follow(self, true, &mut Refresh(view)) {
            let all = counts.constraints.iter().zip(counts.tallies.all()).zip(&counts.present);
            masks.extend(all.map(|((constraint, tally), present)| mask(constraint, tally, present)));
        }
        view.memory.of::<Hard>().0 = counts;
        masks
    }

    fn score(&self, view: &mut View<'_>, feasible: &[usize], weight: i64, totals: &mut [i64]) {
        let Soft(mut counts, mut room) = std::mem::take(view.memory.of::<Soft>());
        if counts.follow(self, false, &mut Refresh(view)) {
            let requires_all = self.requires_all_labels(view.pod);
            room.score(&counts, requires_all, view, feasible);
            totals.iter_mut().zip(&room.raw).for_each(|(total, score)| *total += weight * score);
        }
        *view.memory.of::<Soft>() = Soft(counts, room);
    }
}

/// Which domains have room for one more.
fn mask(constraint: &Constraint, tally: &Tally, present: &[bool]) -> Mask {
    let domains = tally.domains.len;
    let counts = &tally.counts[..domains];
    let (number, least) = if tally.is_everywhere() {
        (domains, counts.iter().copied().min())
    } else {
        let held = || counts.iter().zip(present).filter(|(_, present)| **present).map(|(count, _)| *count);
        (held().count(), held().min())
    };
    let least = if number < constraint.min_domains { 0 } else { i64::from(least.unwrap_or(0)) };
    let most = constraint.max_skew + least - i64::from(constraint.counts_itself);
    let mut verdicts: Vec<u8> = counts.iter().map(|count| u8::from(i64::from(*count) > most)).collect();
    verdicts.push(2);
    let answers = vec![Rejection::unschedulable(REASON), Rejection::unresolvable(REASON_LABEL)];
    Mask { domains: std::sync::Arc::clone(&tally.domains), verdicts, answers }
}

impl Room {
    /// Works out the normalised score of each feasible node, in `raw`.
    fn score(&mut self, counts: &Counts, requires_all: bool, view: &View<'_>, feasible: &[usize]) {
        let hosts = self.ignore(counts, requires_all, feasible);
        self.scores.clear();
        self.scores.resize(feasible.len(), 0.0);
        for (constraint, tally) in counts.constraints.iter().zip(counts.tallies.all()) {
            let domains = &tally.domains;
            let size = if constraint.key == HOSTNAME { hosts } else { self.distinct(domains, feasible) };
            let one = normalizing_weight(size);
            let scores = self.scores.iter_mut().zip(feasible);
            if constraint.key == HOSTNAME && !domains.is_one_each {
                // Several nodes bear one name: each is counted for itself.
                for (score, place) in scores.filter(|(_, place)| domains.at(**place).is_some()) {
                    *score += part(held_on(view.snapshot.at(*place), constraint, view.pod), constraint, one);
                }
                continue;
            }
            self.parts.clear();
            self.parts.extend(tally.counts.iter().map(|held| part(i64::from(*held), constraint, one)));
            for (score, place) in scores {
                let domain = domains.of_place[*place] as usize;
                if domain < domains.len {
                    *score += self.parts[domain];
                }
            }
        }
        self.raw.clear();
        self.raw.extend(self.scores.iter().map(|score| score.round() as i64));
        let ignored = &self.ignored;
        normalize(&mut self.raw, |index| ignored.get(index).copied().unwrap_or(false));
    }

    /// Finds out which feasible nodes lack a label that all must have; says how many do not.
    fn ignore(&mut self, counts: &Counts, requires_all: bool, feasible: &[usize]) -> usize {
        let tallies = counts.tallies.all();
        let lacks = |domains: &Domains, place: usize| domains.of_place[place] as usize >= domains.len;
        let is_ignored = |place: usize| tallies.iter().any(|tally| lacks(&tally.domains, place));
        let may_ignore =
            requires_all && tallies.iter().any(|tally| tally.domains.of_place.contains(&(tally.domains.len as u32)));
        self.ignored.clear();
        if may_ignore {
            self.ignored.extend(feasible.iter().map(|place| is_ignored(*place)));
        }
        feasible.len() - self.ignored.iter().filter(|ignored| **ignored).count()
    }

    /// In how many domains the feasible nodes are; nodes without the label are in one together.
    fn distinct(&mut self, domains: &Domains, feasible: &[usize]) -> usize {
        self.seen.clear();
        self.seen.resize(domains.len + 1, false);
        let mut number = 0;
        for (index, place) in feasible.iter().enumerate() {
            let domain = domains.of_place[*place] as usize;
            if !self.seen[domain] && !self.ignored.get(index).copied().unwrap_or(false) {
                self.seen[domain] = true;
                number += 1;
                if number > domains.len {
                    break;
                }
            }
        }
        number
    }
}
