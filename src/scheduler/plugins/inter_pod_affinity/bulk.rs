//! The same answers from counts that are kept up to date.

use std::sync::Arc;

use crate::scheduler::counts::{Counter, Entries, Mask, Tallies, Tally, View, Weights};
use crate::scheduler::demand::Term;
use crate::scheduler::framework::{Bulk, Rejection};
use crate::scheduler::namespaces::Namespaces;
use crate::scheduler::pod_info::PodInfo;

use super::scoring::normalize;
use super::{InterPodAffinity, REASON_AFFINITY, REASON_ANTI_AFFINITY, REASON_EXISTING};

/// Pods that all terms of affinity mean.
#[derive(Default)]
struct NearTallies(Tallies);

/// Pods that terms of anti-affinity mean.
#[derive(Default)]
struct AwayTallies(Tallies);

/// Pods that want to be away from the incoming one.
#[derive(Default)]
struct ExistingTallies(Tallies);

/// What the domains are worth.
#[derive(Default)]
struct WorthTallies(Tallies);

struct Near<'a>(&'a PodInfo, &'a Namespaces);
struct Away<'a>(&'a PodInfo, &'a Namespaces);
struct Existing<'a>(&'a PodInfo, &'a Namespaces);
struct Worth<'a>(&'a InterPodAffinity, &'a PodInfo, &'a Namespaces);

fn entries<'a>(terms: impl Iterator<Item = &'a Term>, entries: &mut Entries) -> Weights {
    terms.map(|term| (entries.entry(&term.key), 1)).collect()
}

impl Counter for Near<'_> {
    fn weigh(&self, other: &PodInfo, all: &mut Entries) -> Weights {
        let near = &self.0.demand.terms.near;
        match near.iter().all(|term| term.means(&other.pod, self.1)) {
            true => entries(near.iter(), all),
            false => Weights::new(),
        }
    }
}

impl Counter for Away<'_> {
    fn weigh(&self, other: &PodInfo, all: &mut Entries) -> Weights {
        entries(self.0.demand.terms.away.iter().filter(|term| term.means(&other.pod, self.1)), all)
    }
}

impl Counter for Existing<'_> {
    fn weigh(&self, other: &PodInfo, all: &mut Entries) -> Weights {
        entries(other.demand.terms.away.iter().filter(|term| term.means(&self.0.pod, self.1)), all)
    }
}

impl Counter for Worth<'_> {
    fn weigh(&self, other: &PodInfo, all: &mut Entries) -> Weights {
        self.0.weigh(self.1, other, self.2).into_iter().map(|(term, weight)| (all.entry(&term.key), weight)).collect()
    }
}

impl Bulk for InterPodAffinity {
    fn masks(&self, view: &mut View<'_>) -> Vec<Mask> {
        let (pod, snapshot) = (view.pod, view.snapshot);
        let (terms, namespaces) = (&pod.demand.terms, &snapshot.namespaces);
        let mut masks = Vec::new();
        if !terms.near.is_empty() {
            let keys = || {
                Entries::of(terms.near.iter().map(|term| term.key.clone()).collect::<std::collections::BTreeSet<_>>())
            };
            let tallies = &mut view.memory.of::<NearTallies>().0;
            if tallies.all().is_empty() {
                *tallies = Tallies::new(keys());
            }
            tallies.follow(snapshot, view.topologies, &Near(pod, namespaces));
            let is_nowhere = tallies.all().iter().all(|tally| tally.sum == 0);
            let is_first = is_nowhere && terms.near.iter().all(|term| term.means(&pod.pod, namespaces));
            masks.extend(tallies.all().iter().map(|tally| near_mask(tally, is_first)));
        }
        if !terms.away.is_empty() {
            let tallies = &mut view.memory.of::<AwayTallies>().0;
            tallies.follow(snapshot, view.topologies, &Away(pod, namespaces));
            masks.extend(away_masks(tallies, REASON_ANTI_AFFINITY));
        }
        if snapshot.has_anti_affinity() {
            let tallies = &mut view.memory.of::<ExistingTallies>().0;
            tallies.follow(snapshot, view.topologies, &Existing(pod, namespaces));
            masks.extend(away_masks(tallies, REASON_EXISTING));
        }
        masks
    }

    fn score(&self, view: &mut View<'_>, feasible: &[usize], weight: i64, totals: &mut [i64]) {
        if !self.has_wishes(view.pod, view.snapshot) {
            return;
        }
        let tallies = &mut view.memory.of::<WorthTallies>().0;
        tallies.follow(view.snapshot, view.topologies, &Worth(self, view.pod, &view.snapshot.namespaces));
        if tallies.all().iter().all(|tally| tally.counts.iter().all(|count| *count == 0)) {
            return;
        }
        let mut raw = vec![0; feasible.len()];
        for tally in tallies.all() {
            for (score, place) in raw.iter_mut().zip(feasible) {
                *score += i64::from(tally.counts[tally.domains.of_place[*place] as usize]);
            }
        }
        normalize(&mut raw);
        totals.iter_mut().zip(&raw).for_each(|(total, score)| *total += weight * score);
    }
}

/// Where there is company; for the first of its kind, wherever it has a domain.
fn near_mask(tally: &Tally, is_first: bool) -> Mask {
    let held = &tally.counts[..tally.domains.len];
    let mut verdicts: Vec<u8> = held.iter().map(|count| u8::from(!is_first && *count <= 0)).collect();
    verdicts.push(1);
    let answers = vec![Rejection::unresolvable(REASON_AFFINITY)];
    Mask { domains: Arc::clone(&tally.domains), verdicts, answers }
}

/// Where there is nobody to be away from.
fn away_masks(tallies: &Tallies, reason: &'static str) -> impl Iterator<Item = Mask> {
    tallies.all().iter().filter(|tally| tally.sum > 0).map(move |tally| Mask {
        domains: Arc::clone(&tally.domains),
        // The count for nodes without the label is always 0.
        verdicts: tally.counts.iter().map(|count| u8::from(*count > 0)).collect(),
        answers: vec![Rejection::unschedulable(reason)],
    })
}
