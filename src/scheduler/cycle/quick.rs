//! The quick way to the same answer: verdicts and scores that are known, in flat arrays, and counts that follow the changes.

use std::ops::Range;
use std::sync::Arc;

use crate::engine::Stream;
use crate::scheduler::counts::{Mask, View};
use crate::scheduler::framework::profile::PreFilterResult;
use crate::scheduler::framework::{CycleState, Diagnosis, FitError, Pattern, PluginSet, Profile, Rejection, Seen};
use crate::scheduler::pod_info::PodInfo;
use crate::scheduler::snapshot::Snapshot;

use super::search::enough;
use super::shape::{FEASIBLE, Shape};
use super::{Algorithm, Placement, Unplaced, placement, score};

/// In larger clusters nothing is kept of the nodes that were looked at in vain before one was found.
const MAX_NODES_TOLD: usize = 1_000;

/// What plugins say beside the shape.
struct Wide {
    /// Masks, each with its plugin and the number of its first answer among all patterns.
    masks: Vec<(usize, Mask, usize)>,
    /// Filter plugins that must be asked about each node.
    asked: PluginSet,
    state: CycleState,
}

/// A search that went once around, or until it had enough.
struct Walk {
    feasible: Vec<usize>,
    /// What became of each place; only those that were looked at count. `None` where the shape alone decided.
    codes: Option<Vec<u16>>,
    examined: usize,
    start: usize,
    /// What asked plugins have said.
    answers: Vec<(usize, Rejection)>,
}

impl Algorithm {
    /// Chooses a node; `None` when this Pod must go the plain way.
    pub(super) fn schedule_quickly(
        &mut self,
        profile: &Profile,
        pod: &Arc<PodInfo>,
        snapshot: &Snapshot,
        random: &mut Stream,
    ) -> Option<Result<Placement, Unplaced>> {
        let is_nominated = !pod.nominated_node().is_empty() || snapshot.nomination_of(&pod.uid).is_some();
        if pod.demand.number == 0 || is_nominated {
            return None;
        }
        let (number, mut shape, mut memory) = self.remembered.take(profile, pod, snapshot);
        let mut topologies = std::mem::take(&mut self.remembered.topologies);
        let mut view = View { pod, snapshot, topologies: &mut topologies, memory: &mut memory };
        let outcome = self.with_shape(profile, &mut shape, &mut view, pod, random);
        if let Some(Err(Unplaced::Unfit(_, state))) = &outcome
            && !state.is_partial
        {
            self.remembered.current = Some(number);
        }
        self.remembered.topologies = topologies;
        self.remembered.put(pod, number, shape, memory);
        outcome
    }

    fn with_shape(
        &mut self,
        profile: &Profile,
        shape: &mut Shape,
        view: &mut View<'_>,
        pod: &Arc<PodInfo>,
        random: &mut Stream,
    ) -> Option<Result<Placement, Unplaced>> {
        if shape.is_plain {
            return None;
        }
        let snapshot = view.snapshot;
        shape.follow(profile, snapshot);
        let mut wide = wide(profile, shape, view)?;
        let walk = self.walk_quickly(profile, shape, &mut wide, view);
        let diagnosis = diagnosis(shape, &wide, &walk, snapshot.len());
        let feasible = walk.feasible;
        Some(match feasible[..] {
            [] => {
                let error = FitError { nodes: snapshot.len(), diagnosis };
                let mut state = wide.state;
                state.is_partial = !wide.masks.is_empty() || !wide.asked.is_empty();
                Err(Unplaced::Unfit(Box::new(error), state))
            }
            [only] => Ok(placement(snapshot, only, diagnosis, feasible)),
            _ => {
                let totals = self.room.totals(profile, shape, &mut wide.state, view, pod, &feasible);
                let winner = score::best(&feasible, &totals, random);
                Ok(Placement { totals, ..placement(snapshot, winner, diagnosis, feasible) })
            }
        })
    }

    fn walk_quickly(&mut self, profile: &Profile, shape: &Shape, wide: &mut Wide, view: &View<'_>) -> Walk {
        let nodes = view.snapshot.len();
        let wanted = enough(profile.percentage_of_nodes_to_score, nodes);
        let start = self.next_start % nodes;
        let mut feasible = std::mem::take(&mut self.room.feasible);
        feasible.reserve(wanted);
        let mut walk = Walk { feasible, codes: None, examined: 0, start, answers: Vec::new() };
        let places = (start..nodes).chain(0..start);
        if wide.masks.is_empty() && wide.asked.is_empty() {
            for place in places {
                walk.examined += 1;
                if shape.verdicts[place] == FEASIBLE {
                    walk.feasible.push(place);
                    if walk.feasible.len() == wanted {
                        break;
                    }
                }
            }
        } else {
            let mut codes = shape.verdicts.clone();
            for place in places {
                walk.examined += 1;
                if codes[place] == FEASIBLE {
                    codes[place] = wide.code(profile, shape, view, place, &mut walk.answers);
                }
                if codes[place] == FEASIBLE {
                    walk.feasible.push(place);
                    if walk.feasible.len() == wanted {
                        break;
                    }
                }
            }
            walk.codes = Some(codes);
        }
        self.next_start = (self.next_start + walk.examined) % nodes;
        walk
    }
}

impl Walk {
    /// The places that were looked at.
    fn ranges(&self, nodes: usize) -> [Range<usize>; 2] {
        let end = self.start + self.examined;
        [self.start..end.min(nodes), 0..end.saturating_sub(nodes)]
    }
}

impl Wide {
    /// What plugins beside the shape say of a node. Those that must be asked come before those with masks.
    fn code(
        &self,
        profile: &Profile,
        shape: &Shape,
        view: &View<'_>,
        place: usize,
        answers: &mut Vec<(usize, Rejection)>,
    ) -> u16 {
        if !self.asked.is_empty() {
            let masked: usize = self.masks.iter().map(|(_, mask, _)| mask.answers.len()).sum();
            let node = view.snapshot.at(place);
            if let Err(answer) = profile.filter_but(self.asked.complement(), &self.state, view.pod, node) {
                let number = answers.iter().position(|known| *known == answer).unwrap_or_else(|| {
                    answers.push(answer);
                    answers.len() - 1
                });
                return u16::try_from(shape.patterns.len() + masked + number).unwrap_or(FEASIBLE - 1);
            }
        }
        let mut verdicts = self.masks.iter().map(|(_, mask, first)| (mask.at(place), first));
        match verdicts.find(|(verdict, _)| *verdict != 0) {
            Some((verdict, first)) => u16::try_from(first + usize::from(verdict) - 1).unwrap_or(FEASIBLE - 1),
            None => FEASIBLE,
        }
    }
}

/// What plugins beside the shape have to say; `None` when the order in which they say it cannot be kept this way.
fn wide(profile: &Profile, shape: &Shape, view: &mut View<'_>) -> Option<Wide> {
    let bulk = profile.those(|plugin| plugin.as_bulk().is_some() && plugin.as_filter().is_some());
    let others =
        profile.those(|plugin| plugin.as_bulk().is_none() && plugin.as_filter().is_some_and(|point| !point.is_local()));
    let mut state = shape.state.clone();
    let mut asked = PluginSet::default();
    // Of the plugins that must be asked about each node, all look at volumes.
    if view.pod.demand.has_volumes {
        match profile.pre_filter_of(others, &mut state, view.pod, view.snapshot) {
            PreFilterResult::All => asked = others.intersection(state.skip_filter.complement()),
            PreFilterResult::Only(..) | PreFilterResult::Rejected(..) => return None,
        }
    }
    let mut masks = Vec::new();
    let mut first = shape.patterns.len();
    for (index, plugin) in profile.plugins().filter(|(index, _)| bulk.contains(*index)) {
        for mask in plugin.as_bulk().map(|point| point.masks(view)).unwrap_or_default() {
            let answers = mask.answers.len();
            masks.push((index, mask, first));
            first += answers;
        }
    }
    let is_plain = masks.is_empty() && asked.is_empty();
    let first_wide = masks.first().map(|(plugin, ..)| *plugin).into_iter().chain(asked.first()).min();
    let is_ordered = shape.last_local.zip(first_wide).is_none_or(|(local, wide)| local < wide)
        && asked.last().zip(masks.first()).is_none_or(|(asked, (plugin, ..))| asked < *plugin);
    let is_promised = !is_plain && view.snapshot.has_nominated() && view.snapshot.is_outranked(view.pod);
    (is_ordered && !is_promised).then_some(Wide { masks, asked, state })
}

/// Room to work in, kept between decisions: what is as long as the cluster is wide is not asked of the allocator each time,
/// which would hand out memory that was never touched.
#[derive(Debug, Default)]
pub(super) struct Room {
    feasible: Vec<usize>,
    totals: Vec<i64>,
    raw: Vec<i64>,
}

impl Clone for Room {
    fn clone(&self) -> Self {
        Self::default()
    }
}

impl Room {
    /// Takes back what a placement needs no longer.
    pub(super) fn take_back(&mut self, mut feasible: Vec<usize>, totals: Vec<i64>) {
        feasible.clear();
        (self.feasible, self.totals) = (feasible, totals);
    }

    /// The weighted sums.
    fn totals(
        &mut self,
        profile: &Profile,
        shape: &Shape,
        state: &mut CycleState,
        view: &mut View<'_>,
        pod: &Arc<PodInfo>,
        feasible: &[usize],
    ) -> Vec<i64> {
        let mut totals = std::mem::take(&mut self.totals);
        totals.clear();
        totals.extend(feasible.iter().map(|place| shape.fixed[*place]));
        let raw = &mut self.raw;
        for (index, plugin, weight) in profile.scorers() {
            let Some(point) = plugin.as_score() else { continue };
            if let Some(bulk) = plugin.as_bulk() {
                bulk.score(view, feasible, weight, &mut totals);
                continue;
            }
            raw.clear();
            if let Some(known) = shape.relative.iter().find(|one| one.plugin == index) {
                raw.extend(feasible.iter().map(|place| known.raw[*place]));
            } else if !point.is_local() && point.pre_score(state, pod, view.snapshot, feasible) {
                raw.extend(feasible.iter().map(|place| point.score(state, pod, view.snapshot.at(*place))));
            } else {
                continue;
            }
            point.normalize(state, raw);
            totals.iter_mut().zip(&*raw).for_each(|(total, score)| *total += weight * score);
        }
        totals
    }
}

fn diagnosis(shape: &Shape, wide: &Wide, walk: &Walk, nodes: usize) -> Diagnosis {
    let is_told = nodes <= MAX_NODES_TOLD || walk.feasible.is_empty();
    if walk.feasible.len() == walk.examined && !is_told {
        return Diagnosis { feasible: walk.feasible.len(), ..Diagnosis::default() };
    }
    let answers = wide.masks.iter().flat_map(|(plugin, mask, _)| mask.answers.iter().map(|one| (*plugin, one)));
    let known = shape.patterns.iter().map(|(plugin, rejection)| (*plugin, rejection));
    let asked = walk.answers.iter().map(|(plugin, rejection)| (*plugin, rejection));
    let all: Vec<(usize, &Rejection)> = known.chain(answers).chain(asked).collect();
    let codes = walk.codes.as_ref().unwrap_or(&shape.verdicts);
    let mut counts = vec![0; all.len()];
    let mut diagnosis = if is_told { Diagnosis::new(nodes) } else { Diagnosis::default() };
    for code in walk.ranges(nodes).into_iter().flat_map(|range| &codes[range]) {
        match *code {
            FEASIBLE => diagnosis.feasible += 1,
            code => counts[usize::from(code)] += 1,
        }
    }
    let mut seen = vec![Seen::NotExamined; all.len()];
    for (code, ((plugin, rejection), count)) in
        all.into_iter().zip(counts).enumerate().filter(|(_, (_, count))| *count > 0)
    {
        seen[code] = Seen::Rejected(u16::try_from(diagnosis.patterns.len()).unwrap_or(u16::MAX));
        diagnosis.rejected += count;
        diagnosis.rejected_by.insert(plugin);
        diagnosis.patterns.push(Pattern { plugin: Some(plugin), rejection: rejection.clone(), count });
    }
    if is_told {
        for place in walk.ranges(nodes).into_iter().flatten() {
            let code = codes[place];
            diagnosis.seen[place] = if code == FEASIBLE { Seen::Feasible } else { seen[usize::from(code)] };
        }
    }
    diagnosis
}
