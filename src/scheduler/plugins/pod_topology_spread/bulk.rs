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
struct Soft(Counts);

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
        let mut counts = std::mem::take(&mut view.memory.of::<Soft>().0);
        if counts.follow(self, false, &mut Refresh(view)) {
            let requires_all = self.requires_all_labels(view.pod);
            add_scores(&counts, requires_all, view, feasible, weight, totals);
        }
        view.memory.of::<Soft>().0 = counts;
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

fn add_scores(
    counts: &Counts,
    requires_all: bool,
    view: &View<'_>,
    feasible: &[usize],
    weight: i64,
    totals: &mut [i64],
) {
    let tallies = counts.tallies.all();
    let lacks = |domains: &Domains, place: usize| domains.of_place[place] as usize >= domains.len;
    let is_ignored = |place: usize| requires_all && tallies.iter().any(|tally| lacks(&tally.domains, place));
    let may_ignore =
        requires_all && tallies.iter().any(|tally| tally.domains.of_place.contains(&(tally.domains.len as u32)));
    let ignored: Vec<bool> = match may_ignore {
        true => feasible.iter().map(|place| is_ignored(*place)).collect(),
        false => Vec::new(),
    };
    let ignores = |index: usize| ignored.get(index).copied().unwrap_or(false);
    let hosts = feasible.len() - ignored.iter().filter(|ignored| **ignored).count();
    let mut scores = vec![0.0; feasible.len()];
    for (constraint, tally) in counts.constraints.iter().zip(tallies) {
        let domains = &tally.domains;
        let size = if constraint.key == HOSTNAME { hosts } else { distinct(domains, feasible, ignores) };
        let one = normalizing_weight(size);
        if constraint.key == HOSTNAME && !domains.is_one_each {
            // Several nodes bear one name: each is counted for itself.
            for (score, place) in scores.iter_mut().zip(feasible).filter(|(_, place)| domains.at(**place).is_some()) {
                *score += part(held_on(view.snapshot.at(*place), constraint, view.pod), constraint, one);
            }
            continue;
        }
        let parts: Vec<f64> = tally.counts.iter().map(|held| part(i64::from(*held), constraint, one)).collect();
        for (score, place) in scores.iter_mut().zip(feasible) {
            let domain = domains.of_place[*place] as usize;
            if domain < domains.len {
                *score += parts[domain];
            }
        }
    }
    let mut raw: Vec<i64> = scores.iter().map(|score| score.round() as i64).collect();
    normalize(&mut raw, ignores);
    totals.iter_mut().zip(&raw).for_each(|(total, score)| *total += weight * score);
}

/// In how many domains the feasible nodes are; nodes without the label are in one together.
fn distinct(domains: &Domains, feasible: &[usize], ignores: impl Fn(usize) -> bool) -> usize {
    let mut seen = vec![false; domains.len + 1];
    let mut number = 0;
    for (index, place) in feasible.iter().enumerate() {
        let domain = domains.of_place[*place] as usize;
        if !seen[domain] && !ignores(index) {
            seen[domain] = true;
            number += 1;
            if number > domains.len {
                break;
            }
        }
    }
    number
}
