//! Node selector terms: which nodes a Pod, a volume or a class may use.
//!
//! Models `staging/src/k8s.io/component-helpers/scheduling/corev1/nodeaffinity/nodeaffinity.go`.

use k8s_openapi::api::core::v1::{NodeSelectorRequirement, NodeSelectorTerm};

use super::selector::{Labels, Operator, Requirement};

/// Terms of which one must match. No term at all matches no node.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct NodeTerms(Vec<Term>);

/// One term: all its conditions must hold. A term without any condition matches nothing.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
struct Term {
    labels: Vec<Requirement>,
    names: Vec<(Operator, Vec<String>)>,
    /// A condition that cannot be read makes the whole term match nothing.
    is_valid: bool,
}

impl NodeTerms {
    /// Reads terms once, so that matching many nodes is quick.
    #[must_use]
    pub fn new<'a>(terms: impl IntoIterator<Item = &'a NodeSelectorTerm>) -> Self {
        Self(terms.into_iter().map(Term::new).collect())
    }

    /// Whether a node of this name with these labels is meant.
    #[must_use]
    pub fn matches(&self, name: &str, labels: &Labels) -> bool {
        self.0.iter().any(|term| term.matches(name, labels))
    }

    /// The nodes that are named outright, when every term names some: nothing else can match. A term with two lists that
    /// have no name in common makes a conflict and adds none.
    #[must_use]
    pub fn named(&self) -> Option<Vec<String>> {
        let mut all = Vec::new();
        for term in &self.0 {
            let mut lists = term.names.iter().filter(|(operator, _)| *operator == Operator::In).map(|(_, names)| names);
            let mut names = lists.next()?.clone();
            for other in lists {
                names.retain(|name| other.contains(name));
            }
            all.extend(names);
        }
        (!self.0.is_empty()).then_some(all)
    }
}

impl Term {
    fn new(term: &NodeSelectorTerm) -> Self {
        let mut read = Self { is_valid: true, ..Self::default() };
        for expression in term.match_expressions.iter().flatten() {
            match requirement(expression) {
                Some(requirement) => read.labels.push(requirement),
                None => read.is_valid = false,
            }
        }
        for field in term.match_fields.iter().flatten() {
            match operator(&field.operator) {
                Some(operator @ (Operator::In | Operator::NotIn)) if field.key == "metadata.name" => {
                    read.names.push((operator, field.values.clone().unwrap_or_default()));
                }
                _ => read.is_valid = false,
            }
        }
        read.is_valid &= !(read.labels.is_empty() && read.names.is_empty());
        read
    }

    fn matches(&self, name: &str, labels: &Labels) -> bool {
        let named = |(operator, names): &(Operator, Vec<String>)| {
            names.iter().any(|one| one == name) == (*operator == Operator::In)
        };
        self.is_valid && self.labels.iter().all(|one| one.matches(labels)) && self.names.iter().all(named)
    }
}

fn requirement(expression: &NodeSelectorRequirement) -> Option<Requirement> {
    let values = expression.values.clone().unwrap_or_default();
    Requirement::new(&expression.key, operator(&expression.operator)?, values).ok()
}

fn operator(name: &str) -> Option<Operator> {
    Some(match name {
        "In" => Operator::In,
        "NotIn" => Operator::NotIn,
        "Exists" => Operator::Exists,
        "DoesNotExist" => Operator::DoesNotExist,
        "Gt" => Operator::GreaterThan,
        "Lt" => Operator::LessThan,
        _ => return None,
    })
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::{Value, json};

    fn terms(value: Value) -> NodeTerms {
        let terms: Vec<NodeSelectorTerm> = serde_json::from_value(value).unwrap();
        NodeTerms::new(&terms)
    }

    #[test]
    fn one_term_must_match_with_all_its_conditions() {
        let labels: Labels = [("zone".to_owned(), "a".to_owned()), ("cores".to_owned(), "8".to_owned())].into();
        let zone = |zone: &str| json!({"key": "zone", "operator": "In", "values": [zone]});
        let cores = json!({"key": "cores", "operator": "Gt", "values": ["4"]});
        assert!(
            terms(json!([{"matchExpressions": [zone("b")]}, {"matchExpressions": [zone("a"), cores]}]))
                .matches("n", &labels)
        );
        assert!(!terms(json!([{"matchExpressions": [zone("b"), cores]}])).matches("n", &labels));
        assert!(!terms(json!([])).matches("n", &labels));
        assert!(!terms(json!([{}])).matches("n", &labels));
    }

    #[test]
    fn nodes_can_be_named() {
        let named = terms(json!([{"matchFields": [{"key": "metadata.name", "operator": "In", "values": ["node-1"]}]}]));
        assert!(named.matches("node-1", &Labels::new()) && !named.matches("node-2", &Labels::new()));
        assert_eq!(named.named(), Some(vec!["node-1".to_owned()]));
        assert_eq!(terms(json!([{"matchExpressions": [{"key": "a", "operator": "Exists"}]}])).named(), None);
    }
}
