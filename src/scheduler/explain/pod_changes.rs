//! What would have to be different about the Pod.

use std::cell::RefCell;
use std::sync::Arc;

use crate::model::Pod;
use crate::model::core::{PodAffinityTerm, Taint, Toleration};
use crate::model::quantity::Quantity;
use crate::model::toleration::taint_text;
use crate::scheduler::framework::{Diagnosis, Stage};
use crate::scheduler::node_info::NodeInfo;
use crate::scheduler::plugins::node_resources_fit::shortages;
use crate::scheduler::plugins::node_unschedulable::TAINT_KEY;
use crate::scheduler::plugins::taint_toleration::untolerated;
use crate::scheduler::preemption::preempt;

use super::Counterfactual;
use super::question::Question;

/// Greater differences are not tried: whoever bears so many does without the constraint.
const MAX_SKEW: i32 = 32;
/// Of so many nodes at most it is tried who would have to go.
const MAX_TRIED: usize = 100;
/// The greatest priority that a user's class can have. Source: `pkg/apis/scheduling/types.go`.
const HIGHEST_PRIORITY: i32 = 1_000_000_000;

/// How much would have to be given up, on which node, and what would be left of each resource.
type Offer = (i64, Arc<str>, Vec<(String, i64)>);

impl Question<'_> {
    /// The node where the least would have to be given up; only what falls short there is named.
    pub(super) fn smaller(&self) -> Option<Counterfactual> {
        let offers = self.snapshot.nodes().filter_map(|node| self.smaller_on(node));
        let (_, node, amounts) = offers.min_by_key(|(given_up, ..)| *given_up)?;
        let shown = amounts.into_iter().map(|(name, amount)| {
            let text = amount_text(&name, amount);
            (name, text)
        });
        Some(Counterfactual::RequestAtMost { node, amounts: shown.collect() })
    }

    /// How much would have to be given up on this node, in thousandths of what was asked for.
    fn smaller_on(&self, node: &Arc<NodeInfo>) -> Option<Offer> {
        let (mut smaller, mut amounts, mut given_up) = ((**self.pod).clone(), Vec::new(), 0);
        let demand = Arc::make_mut(&mut smaller.demand);
        for shortage in shortages(self.pod, node) {
            if shortage.free <= 0 {
                return None;
            }
            let wanted = self.pod.demand.requests.amount(shortage.resource);
            given_up += (i128::from(wanted - shortage.free) * 1_000 / i128::from(wanted.max(1))) as i64;
            demand.requests.set(shortage.resource, shortage.free);
            amounts.push((shortage.resource.to_owned(), shortage.free));
        }
        (!amounts.is_empty() && self.takes(&smaller, node)).then(|| (given_up, Arc::clone(&node.name), amounts))
    }

    /// For each set of taints that keeps the Pod from some node, and nothing else does.
    pub(super) fn tolerant(&self) -> Vec<Counterfactual> {
        let not_cordon = |taint: &&Taint| taint.key != TAINT_KEY;
        let sets = self.snapshot.nodes().map(|node| untolerated(self.pod, node).filter(not_cordon).cloned().collect());
        let mut distinct: Vec<Vec<Taint>> = Vec::new();
        for set in sets.filter(|set: &Vec<Taint>| !set.is_empty()) {
            if !distinct.contains(&set) {
                distinct.push(set);
            }
        }
        let tried = distinct.into_iter().map(|taints| {
            let tolerations = taints.iter().map(toleration_of);
            let tolerant = self.changed(|pod| {
                pod.spec_mut().tolerations.get_or_insert_default().extend(tolerations);
            });
            let nodes = self.everywhere(&tolerant);
            Counterfactual::Tolerating { taints: taints.iter().map(taint_text).collect(), nodes }
        });
        tried.filter(|one| !matches!(one, Counterfactual::Tolerating { nodes, .. } if nodes.is_empty())).collect()
    }

    pub(super) fn without_selector(&self) -> Option<Counterfactual> {
        let spec = &self.pod.pod.spec;
        let has_affinity = spec.affinity.as_ref().is_some_and(|affinity| affinity.node_affinity.is_some());
        let has_selector = spec.node_selector.as_ref().is_some_and(|selector| !selector.is_empty());
        if !has_affinity && !has_selector {
            return None;
        }
        let nodes = self.everywhere(&self.changed(|pod| {
            let spec = pod.spec_mut();
            spec.node_selector = None;
            if let Some(affinity) = &mut spec.affinity {
                affinity.node_affinity = None;
            }
        }));
        (!nodes.is_empty()).then_some(Counterfactual::WithoutSelector { nodes })
    }

    /// For each constraint that must hold: the least difference that would let the Pod in.
    pub(super) fn skewed(&self) -> Vec<Counterfactual> {
        let constraints = self.pod.pod.spec.topology_spread_constraints.iter().flatten().enumerate();
        let hard = constraints.filter(|(_, one)| one.when_unsatisfiable == "DoNotSchedule");
        let tried = hard.filter_map(|(index, one)| {
            let with = |skew: i32| {
                self.everywhere(&self.changed(|pod| {
                    if let Some(all) = &mut pod.spec_mut().topology_spread_constraints {
                        all[index].max_skew = skew;
                    }
                }))
            };
            if with(MAX_SKEW).is_empty() {
                return None;
            }
            let skew = (one.max_skew + 1..=MAX_SKEW).find(|skew| !with(*skew).is_empty())?;
            Some(Counterfactual::MaxSkewAtLeast { key: one.topology_key.clone(), skew, nodes: with(skew) })
        });
        tried.collect()
    }

    /// For each term that must hold, of affinity and of anti-affinity.
    pub(super) fn without_pod_affinity(&self) -> Vec<Counterfactual> {
        let count =
            |is_anti: bool| required_terms(&mut (*self.pod.pod).clone(), is_anti).map_or(0, |terms| terms.len());
        let terms =
            [false, true].into_iter().flat_map(|is_anti| (0..count(is_anti)).map(move |index| (is_anti, index)));
        let tried = terms.filter_map(|(is_anti, index)| {
            let mut key = String::new();
            let nodes = self.everywhere(&self.changed(|pod| {
                if let Some(terms) = required_terms(pod, is_anti) {
                    key = terms.remove(index).topology_key;
                }
            }));
            (!nodes.is_empty()).then_some(Counterfactual::WithoutPodAffinity { is_anti, key, nodes })
        });
        tried.collect()
    }

    pub(super) fn without_host_ports(&self) -> Option<Counterfactual> {
        let ports: Vec<i32> = self.pod.demand.host_ports.iter().map(|port| port.port).collect();
        if ports.is_empty() {
            return None;
        }
        let nodes = self.everywhere(&self.changed(|pod| {
            for port in pod.spec_mut().containers.iter_mut().flat_map(|container| container.ports.iter_mut().flatten())
            {
                port.host_port = None;
            }
        }));
        (!nodes.is_empty()).then_some(Counterfactual::WithoutHostPorts { ports, nodes })
    }

    /// Who would go if the Pod were more important than anyone; that it be more important than those is enough.
    pub(super) fn more_important(&self) -> Option<Counterfactual> {
        if self.pod.pod.spec.preemption_policy.as_deref() == Some("Never") || self.pod.priority() >= HIGHEST_PRIORITY {
            return None;
        }
        let mighty = Arc::new(self.changed(|pod| {
            pod.spec_mut().priority = Some(HIGHEST_PRIORITY);
            pod.status_mut().nominated_node_name = None;
        }));
        let mut diagnosis = Diagnosis::new(self.snapshot.len());
        let mut tried = 0;
        for (place, node) in self.snapshot.nodes().enumerate() {
            let answer = self.profile.filter_with_nominated(&self.asked().state, &mighty, node, self.snapshot);
            if let Err((plugin, rejection)) = answer
                && tried < MAX_TRIED
                && !node.pods.is_empty()
            {
                diagnosis.reject(place, Some(plugin), rejection);
                tried += 1;
            }
        }
        let dry_runs = RefCell::default();
        let stage = Stage {
            profile: self.profile,
            state: &self.asked().state,
            pod: &mighty,
            snapshot: self.snapshot,
            diagnosis: &diagnosis,
            offset: 0,
            dry_runs: Some(&dry_runs),
        };
        let candidate = preempt(&stage, |nodes| nodes).ok()?;
        let priority = candidate.victims.iter().map(|victim| victim.priority()).max()?;
        let victims = candidate.victims.iter().map(|victim| victim.full_name()).collect();
        (priority >= self.pod.priority()).then_some(Counterfactual::PriorityAbove {
            priority,
            node: candidate.node,
            victims,
        })
    }
}

fn required_terms(pod: &mut Pod, is_anti: bool) -> Option<&mut Vec<PodAffinityTerm>> {
    let affinity = pod.spec_mut().affinity.as_mut()?;
    match is_anti {
        true => affinity.pod_anti_affinity.as_mut()?.required_during_scheduling_ignored_during_execution.as_mut(),
        false => affinity.pod_affinity.as_mut()?.required_during_scheduling_ignored_during_execution.as_mut(),
    }
}

fn toleration_of(taint: &Taint) -> Toleration {
    Toleration {
        key: Some(taint.key.clone()),
        operator: Some("Equal".into()),
        value: taint.value.clone(),
        effect: Some(taint.effect.clone()),
        ..Toleration::default()
    }
}

/// An amount as one would write it in a manifest.
fn amount_text(resource: &str, amount: i64) -> String {
    match resource {
        "cpu" => Quantity::from_milli(amount).to_string(),
        "memory" | "ephemeral-storage" => Quantity::from_bytes(amount).to_string(),
        _ => amount.to_string(),
    }
}
