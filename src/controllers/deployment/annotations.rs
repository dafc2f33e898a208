//! The annotations by which a Deployment and its ReplicaSets remember revisions and sizes.
//!
//! Models `pkg/controller/deployment/util/deployment_util.go`, `SetNewReplicaSetAnnotations`.

use crate::model::Meta;
use crate::model::apps::{Deployment, ReplicaSet};

use super::bounds;

/// The revision of a rollout.
pub const REVISION: &str = "deployment.kubernetes.io/revision";
/// Revisions that the same template had before.
pub const REVISION_HISTORY: &str = "deployment.kubernetes.io/revision-history";
/// What the Deployment asked for when the ReplicaSet was scaled last.
pub const DESIRED_REPLICAS: &str = "deployment.kubernetes.io/desired-replicas";
/// What it allowed at the most.
pub const MAX_REPLICAS: &str = "deployment.kubernetes.io/max-replicas";
/// Annotations of the Deployment that its ReplicaSets do not take over.
const NOT_COPIED: &[&str] = &[
    "kubectl.kubernetes.io/last-applied-configuration",
    REVISION,
    REVISION_HISTORY,
    DESIRED_REPLICAS,
    MAX_REPLICAS,
    "deprecated.deployment.rollback.to",
];
/// So many characters of history are kept. Source: `deployment/sync.go`, `maxRevHistoryLengthInChars`.
const HISTORY_LIMIT: usize = 2000;

/// The revision that a ReplicaSet carries; 0 for none.
#[must_use]
pub fn revision(rs: &ReplicaSet) -> i64 {
    rs.metadata.annotation(REVISION).and_then(|text| text.parse().ok()).unwrap_or(0)
}

/// A number that a ReplicaSet carries.
#[must_use]
pub fn number(rs: &ReplicaSet, key: &str) -> Option<i32> {
    rs.metadata.annotation(key)?.parse().ok()
}

/// The revision of the newest of `old`, plus one.
pub fn next_revision<'a>(old: impl Iterator<Item = &'a ReplicaSet>) -> i64 {
    old.map(revision).max().unwrap_or(0) + 1
}

/// Gives the ReplicaSet of the present template its annotations; `exists` unless it is just being made. Tells whether
/// anything changed.
pub fn annotate_new(deployment: &Deployment, rs: &mut ReplicaSet, new_revision: i64, exists: bool) -> bool {
    let mut changed = false;
    let present = deployment.metadata.annotations.iter().flatten();
    for (key, value) in present.filter(|(key, _)| !NOT_COPIED.contains(&key.as_str())) {
        changed |= set(rs, key, value);
    }
    let before = rs.metadata.annotation(REVISION).map(str::to_owned);
    // A revision only rises: a lower one would be a cache that lags behind.
    if revision(rs) < new_revision {
        changed |= set(rs, REVISION, &new_revision.to_string());
        if let Some(before) = before {
            let history = rs.metadata.annotation(REVISION_HISTORY).unwrap_or_default();
            let history = lengthened(history, &before);
            set(rs, REVISION_HISTORY, &history);
        }
    }
    if !exists {
        changed |= set_sizes(deployment, rs);
    }
    changed
}

/// Writes down the size asked for and allowed. Tells whether that is new.
pub fn set_sizes(deployment: &Deployment, rs: &mut ReplicaSet) -> bool {
    let replicas = bounds::replicas(deployment);
    let desired = set(rs, DESIRED_REPLICAS, &replicas.to_string());
    set(rs, MAX_REPLICAS, &(replicas + bounds::max_surge(deployment)).to_string()) || desired
}

fn set(rs: &mut ReplicaSet, key: &str, value: &str) -> bool {
    let annotations = rs.metadata.annotations.get_or_insert_default();
    annotations.insert(key.to_owned(), value.to_owned()).as_deref() != Some(value)
}

/// The history with one more revision at its end, cut at its beginning when it grows too long.
fn lengthened(history: &str, revision: &str) -> String {
    if history.is_empty() {
        return revision.to_owned();
    }
    let mut rest = history;
    while rest.len() + revision.len() + 1 > HISTORY_LIMIT {
        let Some((_, shorter)) = rest.split_once(',') else { return revision.to_owned() };
        rest = shorter;
    }
    format!("{rest},{revision}")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_template_that_comes_back_keeps_the_history_of_its_revisions() {
        let mut deployment = Deployment::default();
        deployment.metadata.annotations = Some([("team".to_owned(), "blue".to_owned())].into());
        let mut rs = ReplicaSet::default();
        assert!(annotate_new(&deployment, &mut rs, 1, false));
        assert!(!annotate_new(&deployment, &mut rs, 1, true));
        assert!(annotate_new(&deployment, &mut rs, 3, true));
        assert!(annotate_new(&deployment, &mut rs, 5, true));
        assert!(!annotate_new(&deployment, &mut rs, 4, true));
        let shown: Vec<_> =
            rs.metadata.annotations.iter().flatten().map(|(key, value)| format!("{key}={value}")).collect();
        assert_eq!(
            shown,
            [
                "deployment.kubernetes.io/desired-replicas=1",
                "deployment.kubernetes.io/max-replicas=2",
                "deployment.kubernetes.io/revision=5",
                "deployment.kubernetes.io/revision-history=1,3",
                "team=blue"
            ]
        );
    }
}
