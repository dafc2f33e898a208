//! One step: the next signal of the agenda, handled by the part it is for.

use crate::client::{Component, Ctx, Incoming};
use crate::engine::{CauseId, SimTime};

use super::actor::{ActorId, Role};
use super::signal::Signal;
use super::world::Cluster;

impl Cluster {
    /// Handles the next signal; says whether there was one.
    pub fn step(&mut self) -> bool {
        let Some((at, signal)) = self.agenda.pop() else { return false };
        self.now = at;
        self.steps += 1;
        match signal {
            Signal::Input(input) => self.accept(*input),
            Signal::EtcdMessage { from, to, message } => self.on_etcd_message(from, to, *message),
            Signal::EtcdWake(master) => self.on_etcd_wake(master),
            Signal::Request { server, life, inbound } => self.on_request(server, life, *inbound),
            Signal::Cancel { server, actor, ticket } => self.on_cancel(server, actor, ticket),
            Signal::ServerWake(server) => self.on_server_wake(server),
            Signal::Deliver { actor, life, cause, incoming } => self.on_deliver(actor, life, cause, *incoming),
            Signal::Start { actor, life } => self.on_start(actor, life),
            Signal::MachineWake(worker) => self.on_machine_wake(worker),
            Signal::Hop(hop) => self.on_hop(*hop),
            Signal::BalancerCheck => self.on_balancer_check(),
            Signal::Load(load) => self.on_load(load),
            Signal::Heapster(index) => self.on_heapster(index),
        }
        true
    }

    /// Handles every signal due up to `until`, which becomes the present.
    pub fn run_until(&mut self, until: SimTime) {
        while self.agenda.next_at().is_some_and(|at| at <= until) {
            self.step();
        }
        self.now = self.now.max(until);
    }

    fn on_deliver(&mut self, actor: ActorId, life: u32, cause: CauseId, incoming: Incoming) {
        let process = &self.actors[actor.0 as usize];
        if !process.is_up || process.life != life {
            return;
        }
        self.call(actor, cause, Some(incoming));
    }

    /// Starts a component (`incoming` is `None`) or tells it something, and carries out what it wants.
    pub(super) fn call(&mut self, id: ActorId, cause: CauseId, incoming: Option<Incoming>) {
        let role = self.actors[id.0 as usize].role;
        if let Role::MetricsServer(index) = role
            && !self.is_metrics_server_up(index)
        {
            return self.stop_actor(id);
        }
        let actor = &mut self.actors[id.0 as usize];
        let mut ctx = Ctx {
            now: self.now,
            cause,
            random: &mut actor.random,
            trace: &mut self.trace,
            identity: &actor.identity,
            desk: &mut actor.desk,
        };
        match role {
            Role::Scheduler(master) => tell(&mut self.masters[master].scheduler.1, incoming, &mut ctx),
            Role::ControllerManager(master) => tell(&mut self.masters[master].manager.1, incoming, &mut ctx),
            Role::Bootstrap => tell(&mut self.bootstrap, incoming, &mut ctx),
            Role::Network => tell(&mut self.network.1, incoming, &mut ctx),
            Role::Provisioner => tell(&mut self.provisioner.1, incoming, &mut ctx),
            Role::ApiServices => tell(&mut self.api_services, incoming, &mut ctx),
            Role::MetricsServer(index) => tell(&mut self.metrics_servers[index].server, incoming, &mut ctx),
            Role::Kubelet(worker) => return self.call_kubelet(worker, cause, incoming),
            Role::Kubectl(invocation) => return self.call_kubectl(invocation, incoming),
            Role::Outside => return self.call_outside(id, incoming),
        }
        self.carry_out(id);
        if let Role::MetricsServer(index) = role {
            self.make_round(index);
        }
    }
}

fn tell(component: &mut impl Component, incoming: Option<Incoming>, ctx: &mut Ctx<'_>) {
    match incoming {
        Some(incoming) => component.handle(incoming, ctx),
        None => component.start(ctx),
    }
}
