//! The process that looks after podlab's disks: provisioning and attaching, over one set of caches.
//!
//! Stands for the external provisioner and attacher that run beside a CSI driver. Upstream the attach/detach loop runs inside
//! kube-controller-manager; its events keep that name.

use crate::client::{Caches, Component, Controller, Ctx, Delta, Incoming, Runner, Timer};
use crate::model::Kind;

use super::attach_detach::AttachDetach;
use super::provisioning::Provisioning;

/// The process.
#[derive(Clone)]
pub struct Provisioner {
    caches: Caches,
    runners: Vec<Runner>,
}

impl Default for Provisioner {
    fn default() -> Self {
        Self::new()
    }
}

impl Provisioner {
    /// A process that has not begun.
    #[must_use]
    pub fn new() -> Self {
        let controllers: [Box<dyn Controller>; 2] = [Box::new(Provisioning), Box::new(AttachDetach::default())];
        let mut kinds: Vec<Kind> = controllers.iter().flat_map(|one| one.watches()).copied().collect();
        kinds.sort_unstable();
        kinds.dedup();
        let runners = (0..).zip(controllers).map(|(number, one)| Runner::new(number, one).with_account()).collect();
        Self { caches: Caches::of(kinds), runners }
    }

    fn work(&mut self, deltas: &[Delta], ctx: &mut Ctx<'_>) {
        for runner in &mut self.runners {
            deltas.iter().for_each(|delta| runner.on_delta(delta, &self.caches, ctx.now));
            if self.caches.have_synced() {
                runner.work(&self.caches, ctx);
            }
        }
    }

    fn on_timer(&mut self, timer: Timer, ctx: &mut Ctx<'_>) {
        if let Some(runner) = self.runners.iter_mut().find(|runner| runner.expects_timer(timer)) {
            runner.on_timer(timer, &self.caches, ctx);
            self.work(&[], ctx);
        }
    }
}

impl Component for Provisioner {
    fn start(&mut self, ctx: &mut Ctx<'_>) {
        self.caches.informers_mut().for_each(|informer| informer.start(ctx));
        self.runners.iter_mut().for_each(|runner| runner.start(ctx));
    }

    fn handle(&mut self, incoming: Incoming, ctx: &mut Ctx<'_>) {
        let informer = self.caches.informers_mut().find(|informer| informer.expects(&incoming));
        if let Some(informer) = informer {
            let deltas = informer.handle(incoming, ctx);
            self.work(&deltas, ctx);
            return;
        }
        match incoming {
            Incoming::Response { ticket, outcome } => {
                if let Some(runner) = self.runners.iter_mut().find(|runner| runner.expects(ticket)) {
                    runner.on_outcome(ticket, &outcome, ctx);
                    self.work(&[], ctx);
                }
            }
            Incoming::Timer(timer) => self.on_timer(timer, ctx),
            Incoming::Watch { .. } | Incoming::WatchClosed { .. } | Incoming::Stream { .. } => {}
        }
    }
}
