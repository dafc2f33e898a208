//! The objects that Pods of this node name: one watch per object, as long as a Pod needs it.
//!
//! Models `pkg/kubelet/util/manager/watch_based_manager.go`.

use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;

use crate::client::{Ctx, Delta, Incoming, Informer};
use crate::machine::Lookup;
use crate::model::{Kind, ObjectKey};

use super::shared::PodNumber;

/// Informers of a kubelet below this number are those of Pods, Services and its Node.
const FIRST_NUMBER: u16 = 16;

/// Watched objects.
#[derive(Clone, Debug, Default)]
pub struct ObjectCache {
    watched: BTreeMap<ObjectKey, Watched>,
    next_number: u16,
}

#[derive(Clone, Debug)]
struct Watched {
    informer: Informer,
    pods: BTreeSet<PodNumber>,
}

impl ObjectCache {
    /// What is known of an object that a Pod needs; begins to watch it if nobody does.
    pub fn lookup(&mut self, pod: PodNumber, kind: Kind, namespace: &str, name: &str, ctx: &mut Ctx<'_>) -> Lookup {
        let key = ObjectKey::new(kind, namespace, name);
        if let Some(watched) = self.watched.get_mut(&key) {
            watched.pods.insert(pod);
            return watched.lookup();
        }
        let number = FIRST_NUMBER + self.next_number % (u16::MAX - FIRST_NUMBER);
        self.next_number = self.next_number.wrapping_add(1);
        let selector = format!("metadata.name={name}");
        let mut informer = Informer::new(number, kind).in_namespace(Arc::from(namespace)).with_fields(selector);
        let cause = ctx.cause;
        informer.start(ctx);
        ctx.cause = cause;
        self.watched.insert(key, Watched { informer, pods: BTreeSet::from([pod]) });
        Lookup::Unknown
    }

    /// A Pod is gone: what only it needed is watched no longer.
    pub fn release(&mut self, pod: PodNumber, ctx: &mut Ctx<'_>) {
        self.watched.retain(|_, watched| {
            let needed = !watched.pods.remove(&pod) || !watched.pods.is_empty();
            if !needed {
                watched.informer.stop(ctx);
            }
            needed
        });
    }

    /// Whether this is for one of the watches.
    #[must_use]
    pub fn expects(&self, incoming: &Incoming) -> bool {
        self.watched.values().any(|watched| watched.informer.expects(incoming))
    }

    /// Takes in what it [`expects`](Self::expects); returns the Pods to which it matters.
    pub fn handle(&mut self, incoming: Incoming, ctx: &mut Ctx<'_>) -> (Vec<Delta>, BTreeSet<PodNumber>) {
        let Some(watched) = self.watched.values_mut().find(|watched| watched.informer.expects(&incoming)) else {
            return (Vec::new(), BTreeSet::new());
        };
        let was_known = watched.informer.has_synced();
        let deltas = watched.informer.handle(incoming, ctx);
        let news = !deltas.is_empty() || was_known != watched.informer.has_synced();
        (deltas, if news { watched.pods.clone() } else { BTreeSet::new() })
    }
}

impl Watched {
    fn lookup(&self) -> Lookup {
        match self.informer.store().iter().next() {
            Some(object) => Lookup::Found(object.clone()),
            None if self.informer.has_synced() => Lookup::Missing,
            None => Lookup::Unknown,
        }
    }
}
