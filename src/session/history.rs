//! The history of a run, one mark per cause: what two runs are compared by.

use crate::cluster::Cluster;
use crate::engine::History;

/// Everything that happened in a cluster, in order.
#[must_use]
pub fn history(cluster: &Cluster) -> History {
    let mut history = History::new();
    for (id, cause) in cluster.trace().iter() {
        let parent = cause.parent.number();
        history.push(
            cause.at,
            format!("#{} <- #{parent} {} {} {} {}", id.number(), cause.actor, cause.verb, cause.object, cause.text),
        );
    }
    history
}
