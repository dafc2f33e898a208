//! Terms of affinity between Pods, read once: which Pods are meant, and what counts as the same place.
//!
//! Models `AffinityTerm` of `pkg/scheduler/framework/types.go`.

use std::collections::BTreeMap;

use crate::model::core::{PodAffinityTerm, WeightedPodAffinityTerm};
use crate::model::metav1::{LabelSelector, LabelSelectorRequirement};
use crate::model::selector::Labels;
use crate::model::{Meta, Pod, Selector};

use crate::scheduler::namespaces::Namespaces;

/// One term.
#[derive(Clone, Debug)]
pub struct Term {
    /// The label of nodes whose value names the place.
    pub key: String,
    /// Of which labels the meant Pods are.
    pub selector: Selector,
    namespaces: Vec<String>,
    namespace_selector: Selector,
}

/// All terms of a Pod.
#[derive(Clone, Debug, Default)]
pub struct PodTerms {
    /// It must be near to Pods that all of these mean.
    pub near: Vec<Term>,
    /// It must be away from Pods that any of these means.
    pub away: Vec<Term>,
    /// It likes to be near to these, or with a negative weight away from them.
    pub preferred: Vec<(i32, Term)>,
}

impl Term {
    fn new(term: &PodAffinityTerm, pod: &Pod) -> Self {
        let mut namespaces = term.namespaces.clone().unwrap_or_default();
        if namespaces.is_empty() && term.namespace_selector.is_none() {
            namespaces.push(pod.metadata.namespace().to_owned());
        }
        let labels = pod.metadata.label_map();
        let mut typed = term.label_selector.clone();
        if let Some(typed) = &mut typed {
            require(typed, term.match_label_keys.as_deref(), "In", labels);
            require(typed, term.mismatch_label_keys.as_deref(), "NotIn", labels);
        }
        let read = |typed: Option<&LabelSelector>| Selector::from_typed(typed).unwrap_or_else(|_| Selector::nothing());
        Self {
            key: term.topology_key.clone(),
            selector: read(typed.as_ref()),
            namespaces,
            namespace_selector: read(term.namespace_selector.as_ref()),
        }
    }

    /// Whether a Pod is meant.
    #[must_use]
    pub fn means(&self, pod: &Pod, namespaces: &Namespaces) -> bool {
        let namespace = pod.metadata.namespace();
        let is_there = self.namespaces.iter().any(|one| one == namespace)
            || self.namespace_selector.matches(namespaces.labels(namespace));
        is_there && self.selector.matches(pod.metadata.label_map())
    }

    /// Whether a Pod may be meant: a selector of namespaces may mean any.
    #[must_use]
    pub fn may_mean(&self, pod: &Pod, namespaces: &Namespaces) -> bool {
        let selects_namespaces = !self.namespace_selector.requirements().is_empty();
        (selects_namespaces && self.selector.matches(pod.metadata.label_map())) || self.means(pod, namespaces)
    }
}

impl PodTerms {
    pub(super) fn of(pod: &Pod) -> Self {
        let affinity = pod.spec.affinity.as_ref();
        let near = affinity.and_then(|affinity| affinity.pod_affinity.as_ref());
        let away = affinity.and_then(|affinity| affinity.pod_anti_affinity.as_ref());
        let required = |terms: Option<&Vec<PodAffinityTerm>>| {
            terms.into_iter().flatten().map(|term| Term::new(term, pod)).collect()
        };
        let weighted = |terms: Option<&Vec<WeightedPodAffinityTerm>>, sign: i32| {
            let read = |one: &WeightedPodAffinityTerm| (sign * one.weight, Term::new(&one.pod_affinity_term, pod));
            terms.into_iter().flatten().map(read).collect::<Vec<_>>()
        };
        let mut preferred =
            weighted(near.and_then(|one| one.preferred_during_scheduling_ignored_during_execution.as_ref()), 1);
        preferred.extend(weighted(
            away.and_then(|one| one.preferred_during_scheduling_ignored_during_execution.as_ref()),
            -1,
        ));
        Self {
            near: required(near.and_then(|one| one.required_during_scheduling_ignored_during_execution.as_ref())),
            away: required(away.and_then(|one| one.required_during_scheduling_ignored_during_execution.as_ref())),
            preferred,
        }
    }

    /// Whether there is none.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.near.is_empty() && self.away.is_empty() && self.preferred.is_empty()
    }
}

/// Adds what the Pod's own labels say to a selector. Source: feature MatchLabelKeysInPodAffinity; upstream does it when the
/// Pod is created.
fn require(typed: &mut LabelSelector, keys: Option<&[String]>, operator: &str, labels: &BTreeMap<String, String>) {
    let own = |labels: &Labels, key: &String| {
        let values = Some(vec![labels.get(key)?.clone()]);
        Some(LabelSelectorRequirement { key: key.clone(), operator: operator.to_owned(), values })
    };
    let added = keys.unwrap_or_default().iter().filter_map(|key| own(labels, key));
    let expressions = typed.match_expressions.get_or_insert_default();
    for one in added {
        if !expressions.contains(&one) {
            expressions.push(one);
        }
    }
}
