//! Hands outcomes, timers and happenings to the duty that waits for them.

use crate::client::{Ctx, EventType, Outcome, Ticket, Timer};
use crate::engine::CauseId;
use crate::machine::Happening;

use super::eviction;
use super::finding;
use super::hook::{HookResult, HookRun};
use super::host::Host;
use super::kubelet::{Kubelet, scope};
use super::probe;
use super::shared::{Asker, Call, purpose};
use super::static_pods;
use super::streams::{self, StreamId};

impl Kubelet {
    pub(super) fn on_outcome(&mut self, ticket: Ticket, outcome: &Outcome, host: &mut Host<'_>, ctx: &mut Ctx<'_>) {
        let Some(call) = self.shared.calls.remove(&ticket) else { return };
        match call {
            Call::Node => self.node.on_outcome(outcome, &mut scope(&mut self.shared, host, ctx)),
            Call::Lease => self.lease.on_outcome(outcome, &mut scope(&mut self.shared, host, ctx)),
            Call::Status(number) => {
                self.with_worker(number, host, ctx, |worker, scope| worker.on_status_outcome(outcome, scope));
            }
            Call::Delete(number) => {
                self.with_worker(number, host, ctx, |worker, scope| worker.on_delete_outcome(outcome, scope));
            }
            Call::Mirror(number) => {
                self.with_worker(number, host, ctx, |worker, scope| static_pods::on_outcome(worker, outcome, scope));
            }
        }
    }

    pub(super) fn on_timer(&mut self, timer: Timer, host: &mut Host<'_>, ctx: &mut Ctx<'_>) {
        match timer.purpose {
            purpose::POD => {
                self.with_worker(timer.number, host, ctx, |worker, scope| {
                    scope.ctx.cause = worker.cause;
                    worker.on_wake(scope);
                });
            }
            purpose::PLEG => {
                for (number, cause) in self.shared.pleg.relist() {
                    ctx.cause = cause;
                    self.with_worker(number, host, ctx, |worker, scope| worker.sync(scope));
                }
            }
            purpose::PROBE => {
                if let Some((number, slot, kind)) = probe::of_timer(timer.number) {
                    ctx.cause = CauseId::NONE;
                    self.with_worker(number, host, ctx, |worker, scope| worker.on_probe_timer(slot, kind, scope));
                }
            }
            purpose::LEASE => {
                let mut scope = scope(&mut self.shared, host, ctx);
                self.lease.on_timer(&mut scope);
                self.node.look(&mut scope);
                self.relieve(host, ctx);
            }
            purpose::NODE_STATUS => self.node.on_timer(timer.number, &mut scope(&mut self.shared, host, ctx)),
            purpose::FOLLOW => {
                streams::on_follow_timer(StreamId(timer.number), &mut scope(&mut self.shared, host, ctx));
            }
            _ => {}
        }
    }

    /// Evicts a Pod when memory or disk run short.
    fn relieve(&mut self, host: &mut Host<'_>, ctx: &mut Ctx<'_>) {
        let mut scope = scope(&mut self.shared, host, ctx);
        let Some((number, ending)) = eviction::look(&mut self.node, &self.workers, &mut scope) else { return };
        self.with_worker(number, host, ctx, |worker, scope| eviction::evict(worker, ending, scope));
    }

    pub(super) fn on_happening(&mut self, happening: &Happening, host: &mut Host<'_>, ctx: &mut Ctx<'_>) {
        let owners = &mut self.shared.owners;
        match happening {
            Happening::ImagePulled { pull, .. } | Happening::ImagePullFailed { pull, .. } => {
                let Some(number) = owners.pulls.remove(pull) else { return };
                self.with_worker(number, host, ctx, |worker, scope| worker.on_pull(happening, scope));
            }
            Happening::ContainerExited { container, exit } => {
                let Some(number) = owners.containers.get(container).copied() else { return };
                self.with_worker(number, host, ctx, |worker, scope| {
                    let text = format!("exit code {} ({})", exit.code, exit.reason.as_str());
                    scope.ctx.record("container exited", worker.path(), text);
                    worker.on_exit(*container, scope);
                });
            }
            Happening::ExecOutput { exec, .. } => {
                if let Some(Asker::Session(stream)) = owners.execs.get(exec).copied() {
                    self.shared.streams.on_exec(stream, happening);
                }
            }
            Happening::ExecFinished { exec, .. }
            | Happening::ExecFailed { exec, .. }
            | Happening::ExecTimedOut { exec, .. } => {
                let Some(asker) = owners.execs.remove(exec) else { return };
                let result = match happening {
                    Happening::ExecFinished { exit_code, .. } => HookResult::of_exit(*exit_code),
                    _ => HookResult::Failed,
                };
                self.answer(asker, HookRun::Exec(*exec), result, happening, host, ctx);
            }
            Happening::SocketDone { socket, outcome, .. } => {
                let Some(asker) = owners.sockets.remove(socket) else { return };
                let result = HookResult::of_socket(outcome);
                self.answer(asker, HookRun::Http(*socket), result, happening, host, ctx);
            }
            Happening::SystemOom { process, .. } => {
                let message = format!("System OOM encountered, victim process: {process}, pid: 1");
                let mut scope = scope(&mut self.shared, host, ctx);
                scope.node_event(EventType::Warning, "SystemOOM", message);
            }
            Happening::NotModelled { container, note } => {
                let Some(number) = owners.containers.get(container).copied() else { return };
                self.with_worker(number, host, ctx, |worker, scope| worker.note_not_modelled(*container, note, scope));
            }
            Happening::ContainerStarted { .. } | Happening::Outgoing { .. } | Happening::Listening { .. } => {}
        }
    }

    /// Hands the end of a command or a connection to whoever began it.
    fn answer(
        &mut self,
        asker: Asker,
        run: HookRun,
        result: HookResult,
        happening: &Happening,
        host: &mut Host<'_>,
        ctx: &mut Ctx<'_>,
    ) {
        match asker {
            Asker::Probe(number, slot, kind) => {
                self.with_worker(number, host, ctx, |worker, scope| {
                    if let Some(found) = finding::of(worker, slot, kind, happening) {
                        worker.on_finding(slot, kind, found, scope);
                    }
                });
            }
            Asker::Hook(number, slot) => {
                self.with_worker(number, host, ctx, |worker, scope| worker.on_hook(slot, run, result, scope));
            }
            Asker::Session(stream) => self.shared.streams.on_exec(stream, happening),
        }
    }
}
