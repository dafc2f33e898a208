//! Calls to webhooks: sent, answered, or given up, and then the attempt that needed them once more.

use crate::apiserver::admission;
use crate::apiserver::admission::webhook::answer;
use crate::apiserver::admission::webhook::calls::Call;
use crate::apiserver::effect::{Called, Ctx, Effect, Outcall};
use crate::etcd::RequestId;

use super::ApiServer;
use super::pending::{Pending, Stage};
use super::timers::Timer;
use super::write;

impl ApiServer {
    /// Whether there are webhooks or policies.
    pub(super) fn is_extended(&mut self, ctx: &Ctx<'_>) -> bool {
        *self.has_extensions.get_or_insert_with(|| admission::has_extensions(ctx.store))
    }

    /// Makes the calls that an attempt has found out that it needs.
    pub(super) fn ask_webhooks(&mut self, mut pending: Pending, is_live: bool, ctx: &mut Ctx<'_>) {
        let mut open = Vec::new();
        for (number, call) in (0_u32..).zip(std::mem::take(&mut pending.calls.wanted)) {
            match &call.to {
                Ok(_) => open.push((number, call)),
                Err(why) => {
                    let said = Err(call.failed(why));
                    pending.calls.tell(call.question, said);
                }
            }
        }
        if open.is_empty() {
            return self.go_on(pending, is_live, ctx);
        }
        let cause = pending.inbound.cause;
        pending.stage = Stage::Calls { open: open.clone(), is_live };
        let request = self.keep(pending);
        for (number, call) in open {
            let Ok(to) = call.to else { continue };
            self.timers.insert((ctx.now + call.timeout, Timer::Call(request, number)));
            let body = call.body.to_string().into_bytes();
            ctx.effects.push(Effect::Call(Box::new(Outcall { request, number, to, path: call.path, body, cause })));
        }
    }

    /// A call has come to something.
    pub fn on_called(&mut self, id: RequestId, number: u32, called: Called, ctx: &mut Ctx<'_>) {
        self.on_call_over(id, number, ctx, |call| match (called, &call.to) {
            (Called::Answered { status, body }, _) => answer::read(status, &body, &call.uid),
            (Called::Refused, Ok(to)) => Err(call.failed(&format!("dial tcp {to}: connect: connection refused"))),
            (Called::NoRoute, Ok(to)) => Err(call.failed(&format!("dial tcp {to}: connect: no route to host"))),
            _ => Err(call.failed("EOF")),
        });
    }

    /// The patience with a webhook is over.
    pub(super) fn on_call_overdue(&mut self, id: RequestId, number: u32, ctx: &mut Ctx<'_>) {
        self.on_call_over(id, number, ctx, |call| Err(call.failed("context deadline exceeded")));
    }

    fn on_call_over(
        &mut self,
        id: RequestId,
        number: u32,
        ctx: &mut Ctx<'_>,
        said: impl FnOnce(&Call) -> Result<serde_json::Value, String>,
    ) {
        let Some(pending) = self.pending.get_mut(&id) else { return };
        let Stage::Calls { open, is_live } = &mut pending.stage else { return };
        let Some(place) = open.iter().position(|(one, _)| *one == number) else { return };
        let (_, call) = open.remove(place);
        let (is_done, is_live) = (open.is_empty(), *is_live);
        let said = said(&call);
        self.timers.retain(|(_, timer)| *timer != Timer::Call(id, number));
        pending.calls.tell(call.question, said);
        if is_done && let Some(pending) = self.take(id) {
            self.go_on(pending, is_live, ctx);
            self.end_collections(ctx);
        }
    }

    /// The attempt once more, now that it knows more.
    fn go_on(&mut self, mut pending: Pending, is_live: bool, ctx: &mut Ctx<'_>) {
        // Nothing has been tried that might have failed.
        pending.attempts -= 1;
        let known = write::current(&pending.inbound, ctx);
        self.attempt(pending, &known, is_live, ctx);
    }
}
