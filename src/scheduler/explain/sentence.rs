//! Answers in sentences.

use std::fmt;
use std::sync::Arc;

use super::Counterfactual;

impl fmt::Display for Counterfactual {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::WithoutGates { gates } => {
                write!(f, "it would be looked at if its scheduling gates were removed: {}", gates.join(", "))
            }
            Self::RequestAtMost { node, amounts } => {
                let amounts: Vec<_> = amounts.iter().map(|(name, amount)| format!("{name} ≤ {amount}")).collect();
                write!(f, "it would fit {node} if it requested {}", amounts.join(" and "))
            }
            Self::Tolerating { taints, nodes } => {
                write!(f, "it would fit {} if it tolerated {}", list(nodes), taints.join(" and "))
            }
            Self::Uncordoned { node } => write!(f, "it would fit {node} if {node} were uncordoned"),
            Self::Labelled { node, labels } => {
                write!(f, "it would fit {node} if {node} had the label {}", labels.join(" and "))
            }
            Self::WithoutSelector { nodes } => {
                write!(f, "it would fit {} if it did not ask for labels of its node", list(nodes))
            }
            Self::MaxSkewAtLeast { key, skew, nodes } => {
                write!(f, "it would fit {} if its maxSkew over {key} were {skew} or more", list(nodes))
            }
            Self::WithoutPodAffinity { is_anti, key, nodes } => {
                let want = if *is_anti { "be away from other Pods" } else { "be near other Pods" };
                write!(f, "it would fit {} if it did not have to {want} ({key})", list(nodes))
            }
            Self::WithoutHostPorts { ports, nodes } => {
                let ports: Vec<_> = ports.iter().map(ToString::to_string).collect();
                write!(f, "it would fit {} if it did not want the host port {}", list(nodes), ports.join(" and "))
            }
            Self::AfterDeleting { pod, node } => write!(f, "it would fit {node} after deleting {pod}"),
            Self::PriorityAbove { priority, node, victims } => {
                let victims: Vec<Arc<str>> = victims.iter().map(|victim| victim.as_str().into()).collect();
                let victims = list(&victims);
                write!(f, "it would fit {node} if its priority were above {priority}: {victims} would have to go")
            }
            Self::WithClaimsBound { reason, nodes } => {
                write!(f, "it would fit {} if its claims were bound; now: {reason}", list(nodes))
            }
        }
    }
}

/// `node-1`, `node-1 and node-2`, `node-1, node-2 and 3 more`.
fn list(names: &[Arc<str>]) -> String {
    match names {
        [] => "no node".to_owned(),
        [only] => only.to_string(),
        [one, two] => format!("{one} and {two}"),
        [one, two, rest @ ..] => format!("{one}, {two} and {} more", rest.len()),
    }
}
