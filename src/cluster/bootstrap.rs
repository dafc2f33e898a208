//! The objects that every cluster begins with: a post-start hook of kube-apiserver writes them, through the same door as
//! everyone.

use std::collections::BTreeMap;
use std::net::IpAddr;

use crate::apiserver::{Reason, Ticket, Verb, bootstrap_objects};
use crate::client::{Component, Ctx, Incoming, Timer};
use crate::engine::SimDuration;
use crate::model::Object;

/// How long the hook waits before it tries again. Source: the RBAC and scheduling hooks of kube-apiserver poll every second.
const RETRY: SimDuration = SimDuration::from_secs(1);

/// Writes the objects that every cluster begins with.
#[derive(Clone, Debug, Default)]
pub struct Bootstrap {
    /// Where the API servers listen.
    servers: Vec<IpAddr>,
    /// What the add-ons of the cluster consist of.
    addons: Vec<Object>,
    asked: BTreeMap<Ticket, Object>,
    failed: Vec<Object>,
}

impl Bootstrap {
    /// The hook of a cluster whose API servers listen at these addresses and that has these add-ons.
    #[must_use]
    pub fn new(servers: Vec<IpAddr>, addons: Vec<Object>) -> Self {
        Self { servers, addons, ..Self::default() }
    }

    fn create(&mut self, object: Object, ctx: &mut Ctx<'_>) {
        let request = ctx.request_with(Verb::Create, object.clone());
        self.asked.insert(ctx.send(request), object);
    }
}

impl Component for Bootstrap {
    fn start(&mut self, ctx: &mut Ctx<'_>) {
        for object in bootstrap_objects(&self.servers).into_iter().chain(std::mem::take(&mut self.addons)) {
            self.create(object, ctx);
        }
    }

    fn handle(&mut self, incoming: Incoming, ctx: &mut Ctx<'_>) {
        match incoming {
            Incoming::Response { ticket, outcome } => {
                let Some(object) = self.asked.remove(&ticket) else { return };
                if outcome.is_err_and(|status| !status.is(Reason::AlreadyExists)) {
                    if self.failed.is_empty() {
                        ctx.timer(RETRY, Timer::new(0, 0));
                    }
                    self.failed.push(object);
                }
            }
            Incoming::Timer(_) => {
                for object in std::mem::take(&mut self.failed) {
                    self.create(object, ctx);
                }
            }
            _ => {}
        }
    }
}
