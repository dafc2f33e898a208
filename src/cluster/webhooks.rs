//! Requests that API servers make themselves: to the Pods behind webhooks, over the network of the cluster.

use crate::apiserver::{Called, Outcall};
use crate::engine::SimDuration;
use crate::etcd::RequestId;
use crate::machine::cri::{HttpRequest, OutgoingResult};

use super::signal::Signal;
use super::traffic::{Hop, Origin};
use super::world::Cluster;

impl Cluster {
    /// A server asks a webhook. It goes straight to the endpoint that the server has picked.
    pub(super) fn call_webhook(&mut self, server: usize, call: Outcall) {
        let Outcall { request, number, to, path, body, cause } = call;
        let origin = Origin::Webhook(server, request, number);
        let Some(worker) = self.worker_with(to.ip()) else {
            let delay = SimDuration::from_micros(self.spec.delays.network);
            return self.return_to(origin, OutgoingResult::NoRoute, delay);
        };
        let (here, there) = (self.masters[server].name.clone(), self.workers[worker].name.clone());
        // What is lost on the way is missed when the patience of the server is over.
        if self.reaches(&here, &there) && self.workers[worker].is_on {
            let headers = vec![("content-type".to_owned(), "application/json".to_owned())];
            let request =
                HttpRequest { port: to.port(), method: "POST".into(), path: path.into(), headers, body, from: None };
            let arrive = Hop::Arrive { origin, worker, to, request: Some(request), cause };
            self.after(self.latency(&here, &there), Signal::Hop(Box::new(arrive)));
        }
    }

    /// What came of it reaches the server.
    pub(super) fn on_called(&mut self, server: usize, request: RequestId, number: u32, result: &OutgoingResult) {
        let called = match result {
            OutgoingResult::Http(response) => Called::Answered { status: response.status, body: response.body.clone() },
            OutgoingResult::Refused => Called::Refused,
            OutgoingResult::NoRoute => Called::NoRoute,
            _ => Called::Reset,
        };
        if self.masters[server].server_runs() {
            self.with_server(server, |server, ctx| server.on_called(request, number, called, ctx));
        }
    }
}
