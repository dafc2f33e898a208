//! What would have to be different about the nodes.

use std::sync::Arc;

use crate::model::core::NodeSelectorRequirement;
use crate::scheduler::node_info::NodeInfo;
use crate::scheduler::plugins::node_unschedulable::TAINT_KEY;
use crate::scheduler::pod_info::PodInfo;

use super::Counterfactual;
use super::question::Question;

/// Of each kind of answer so many are enough.
const MAX_ANSWERS: usize = 10;
/// On so many nodes at most it is tried whose going would help.
const MAX_TRIED: usize = 200;

impl Question<'_> {
    pub(super) fn uncordoned(&self) -> Vec<Counterfactual> {
        let helped = self.snapshot.nodes().filter(|node| node.is_unschedulable).filter(|node| self.fits_open(node));
        helped.take(MAX_ANSWERS).map(|node| Counterfactual::Uncordoned { node: Arc::clone(&node.name) }).collect()
    }

    fn fits_open(&self, node: &Arc<NodeInfo>) -> bool {
        let Some(object) = &node.node else { return false };
        let mut open = (**object).clone();
        if let Some(spec) = &mut open.spec {
            spec.unschedulable = None;
            spec.taints.get_or_insert_default().retain(|taint| taint.key != TAINT_KEY);
        }
        let mut info = (**node).clone();
        info.set_node(Arc::new(open));
        self.fits(&info)
    }

    pub(super) fn labelled(&self) -> Vec<Counterfactual> {
        let wanted = self.wanted_labels();
        if wanted.is_empty() {
            return Vec::new();
        }
        self.snapshot.nodes().filter_map(|node| self.labelled_node(node, &wanted)).take(MAX_ANSWERS).collect()
    }

    fn labelled_node(&self, node: &Arc<NodeInfo>, wanted: &[(String, String)]) -> Option<Counterfactual> {
        let object = node.node.as_ref()?;
        let is_lacking = |(key, value): &&(String, String)| node.labels().get(key) != Some(value);
        let lacking: Vec<&(String, String)> = wanted.iter().filter(is_lacking).collect();
        if lacking.is_empty() {
            return None;
        }
        let mut labelled = (**object).clone();
        labelled.metadata.labels.get_or_insert_default().extend(lacking.iter().map(|one| (*one).clone()));
        let mut info = (**node).clone();
        info.set_node(Arc::new(labelled));
        let labels = lacking.iter().map(|(key, value)| format!("{key}={value}")).collect();
        self.fits(&info).then(|| Counterfactual::Labelled { node: Arc::clone(&node.name), labels })
    }

    /// Labels that the selector asks for, or the first term of the required affinity with the first value of each list.
    fn wanted_labels(&self) -> Vec<(String, String)> {
        let spec = &self.pod.pod.spec;
        let mut wanted: Vec<(String, String)> =
            spec.node_selector.iter().flatten().map(|(key, value)| (key.clone(), value.clone())).collect();
        let affinity = spec.affinity.as_ref().and_then(|affinity| affinity.node_affinity.as_ref());
        let required = affinity.and_then(|one| one.required_during_scheduling_ignored_during_execution.as_ref());
        let term = required.and_then(|required| required.node_selector_terms.first());
        wanted.extend(term.and_then(|term| term.match_expressions.as_ref()).into_iter().flatten().filter_map(label_of));
        wanted
    }

    /// On each node the smallest single Pod whose going would be enough.
    pub(super) fn after_deleting(&self) -> Vec<Counterfactual> {
        let nodes = self.snapshot.nodes().filter(|node| !node.pods.is_empty()).take(MAX_TRIED);
        nodes.filter_map(|node| self.after_deleting_on(node)).take(MAX_ANSWERS).collect()
    }

    fn after_deleting_on(&self, node: &Arc<NodeInfo>) -> Option<Counterfactual> {
        let mut candidates: Vec<&Arc<PodInfo>> = node.pods.iter().collect();
        candidates.sort_by_key(|pod| (pod.demand.requests.milli_cpu, pod.demand.requests.memory, pod.full_name()));
        let pod = candidates.iter().find(|other| self.fits_without(other, node))?;
        Some(Counterfactual::AfterDeleting { pod: pod.full_name(), node: Arc::clone(&node.name) })
    }
}

fn label_of(expression: &NodeSelectorRequirement) -> Option<(String, String)> {
    let value = match expression.operator.as_str() {
        "In" => expression.values.as_ref()?.first()?.clone(),
        "Exists" => String::new(),
        _ => return None,
    };
    Some((expression.key.clone(), value))
}
