//! kube-controller-manager: one process, one set of caches, all controllers, one leader among several instances.
//!
//! Models `cmd/kube-controller-manager/app/controllermanager.go`. **Not modelled:** the client-side limit of requests per
//! second (`--kube-api-qps`).

use crate::client::{Caches, Component, Controller, Ctx, Delta, Election, Elector, Incoming, Runner, Ticket, Timer};
use crate::engine::CauseId;
use crate::model::Kind;

use super::options::Options;

/// The lease and the event source of the process.
const NAME: &str = "kube-controller-manager";

/// One instance of kube-controller-manager.
#[derive(Clone)]
pub struct ControllerManager {
    caches: Caches,
    runners: Vec<Runner>,
    elector: Option<Elector>,
}

impl ControllerManager {
    /// An instance with all controllers.
    #[must_use]
    pub fn new(options: &Options) -> Self {
        Self::with(super::all(options))
    }

    /// An instance with these controllers only.
    #[must_use]
    pub fn with(controllers: Vec<Box<dyn Controller>>) -> Self {
        let mut kinds: Vec<Kind> = controllers.iter().flat_map(|one| one.watches()).copied().collect();
        kinds.sort_unstable();
        kinds.dedup();
        let runners = (0..).zip(controllers).map(|(number, one)| Runner::new(number, one).with_account()).collect();
        Self { caches: Caches::of(kinds), runners, elector: None }
    }

    /// Whether this instance leads.
    #[must_use]
    pub fn leads(&self) -> bool {
        self.elector.as_ref().is_some_and(Elector::leads)
    }

    /// Its identity in the election, `<host>_<uuid>`; empty before it started.
    #[must_use]
    pub fn identity(&self) -> &str {
        self.elector.as_ref().map_or("", Elector::identity)
    }

    /// What it knows, for screens and explanations.
    #[must_use]
    pub fn caches(&self) -> &Caches {
        &self.caches
    }

    /// Its controllers, each with its queue.
    #[must_use]
    pub fn runners(&self) -> &[Runner] {
        &self.runners
    }

    fn on_election(&mut self, incoming: Incoming, ctx: &mut Ctx<'_>) {
        let election = self.elector.as_mut().map(|elector| elector.handle(incoming, ctx));
        match election {
            Some(Election::Won) => self.lead(ctx),
            Some(Election::Lost) => ctx.exit("leaderelection lost"),
            _ => {}
        }
    }

    /// Takes up work: everything in the caches is new to the controllers.
    fn lead(&mut self, ctx: &mut Ctx<'_>) {
        for runner in &mut self.runners {
            runner.start(ctx);
        }
        let known: Vec<Delta> = self
            .caches
            .stores()
            .flat_map(|store| store.iter())
            .map(|object| Delta { old: None, new: Some(object.clone()), cause: CauseId::NONE })
            .collect();
        self.spread(&known, ctx);
        self.work(ctx);
    }

    /// Tells the controllers what changed.
    fn spread(&mut self, deltas: &[Delta], ctx: &Ctx<'_>) {
        for delta in deltas {
            for runner in &mut self.runners {
                runner.on_delta(delta, &self.caches, ctx.now);
            }
        }
    }

    /// Lets controllers work; nobody works on half-filled caches.
    fn work(&mut self, ctx: &mut Ctx<'_>) {
        if self.leads() && self.caches.have_synced() {
            for runner in &mut self.runners {
                runner.work(&self.caches, ctx);
            }
        }
    }

    fn on_informer(&mut self, incoming: Incoming, ctx: &mut Ctx<'_>) {
        let Some(informer) = self.caches.informers_mut().find(|informer| informer.expects(&incoming)) else { return };
        let deltas = informer.handle(incoming, ctx);
        if self.leads() {
            self.spread(&deltas, ctx);
            self.work(ctx);
        }
    }

    fn on_response(&mut self, ticket: Ticket, incoming: Incoming, ctx: &mut Ctx<'_>) {
        let Some(runner) = self.runners.iter_mut().find(|runner| runner.expects(ticket)) else {
            self.on_informer(incoming, ctx);
            return;
        };
        if let Incoming::Response { outcome, .. } = incoming {
            runner.on_outcome(ticket, &outcome, ctx);
            runner.work(&self.caches, ctx);
        }
    }

    fn on_timer(&mut self, timer: Timer, ctx: &mut Ctx<'_>) {
        if let Some(runner) = self.runners.iter_mut().find(|runner| runner.expects_timer(timer)) {
            runner.on_timer(timer, &self.caches, ctx);
            self.work(ctx);
        } else {
            self.on_informer(Incoming::Timer(timer), ctx);
        }
    }
}

impl Component for ControllerManager {
    fn start(&mut self, ctx: &mut Ctx<'_>) {
        let identity = format!("{}_{}", ctx.identity.host, ctx.random.uuid());
        let mut elector = Elector::new(NAME, identity, NAME);
        elector.start(ctx);
        self.elector = Some(elector);
        for informer in self.caches.informers_mut() {
            informer.start(ctx);
        }
    }

    fn handle(&mut self, incoming: Incoming, ctx: &mut Ctx<'_>) {
        if self.elector.as_ref().is_some_and(|elector| elector.expects(&incoming)) {
            self.on_election(incoming, ctx);
            return;
        }
        match incoming {
            Incoming::Response { ticket, .. } => self.on_response(ticket, incoming, ctx),
            Incoming::Timer(timer) => self.on_timer(timer, ctx),
            _ => self.on_informer(incoming, ctx),
        }
    }
}
