//! The way of a connection: which rule takes it, over which machines it goes, and where it ends. What is sent and what is
//! only traced go by the same way.

use std::net::{IpAddr, SocketAddr};
use std::sync::Arc;

use crate::engine::Stream;
use crate::network::Route;

use super::world::Cluster;

/// How far a connection comes.
#[derive(Clone, Debug)]
pub(super) struct Way {
    /// What the rules of kube-proxy made of it.
    pub(super) route: Route,
    /// Where it ends.
    pub(super) end: End,
}

/// Where a way ends.
#[derive(Clone, Debug)]
pub(super) enum End {
    /// At a machine that has, or had, this address.
    Arrives(usize, SocketAddr),
    /// Refused by a rule.
    Refused,
    /// No machine has the address or its range.
    NoRoute(IpAddr),
    /// A rule drops it.
    Dropped,
    /// This machine has no power.
    Off(Arc<str>),
    /// The wires between these two are cut.
    CutOff(Arc<str>, Arc<str>),
}

impl Cluster {
    /// The way from a machine to an address. A Service takes one more number from `random`, nothing else changes.
    pub(super) fn way(&self, node: &str, from: Option<IpAddr>, to: SocketAddr, random: &mut Stream) -> Way {
        let route = self.network.1.route(node, from, to, self.now, random);
        let end = match &route {
            Route::NoEndpoints(_) => End::Refused,
            Route::NoLocalEndpoints(_) | Route::NoSuchPort(_) => End::Dropped,
            Route::To { to: chosen, .. } => self.end_of(node, to, *chosen),
        };
        Way { route, end }
    }

    fn end_of(&self, node: &str, asked: SocketAddr, chosen: SocketAddr) -> End {
        let Some(worker) = self.worker_with(chosen.ip()) else { return End::NoRoute(chosen.ip()) };
        // A node port leads over the machine that was asked.
        let over = self.network.1.node_with(asked.ip()).filter(|_| asked != chosen);
        let mut last: Arc<str> = node.into();
        for next in over.into_iter().chain([&self.workers[worker].name]) {
            if !self.reaches(&last, next) {
                return End::CutOff(last, Arc::clone(next));
            }
            if !self.is_on(next) {
                return End::Off(Arc::clone(next));
            }
            last = Arc::clone(next);
        }
        End::Arrives(worker, chosen)
    }
}
