//! A program of the catalogue as a server: which route answers, with what, and when.

use std::sync::Arc;

use super::template::Scope;
use super::{Program, write_line};
use crate::engine::SimDuration;
use crate::machine::cri::{HttpRequest, HttpResponse};
use crate::machine::image::spec::{ListenSpec, RouteSpec, parse_span};
use crate::machine::kernel::Kernel;
use crate::machine::kernel::process::HostPid;

/// What serving a file from memory takes.
const FILE_LATENCY: SimDuration = SimDuration::from_millis(1);

impl Program {
    /// Begins to answer a request: what will be said, and after how long. `None`: it never answers.
    pub fn serve(
        &mut self,
        host: HostPid,
        request: &HttpRequest,
        kernel: &mut Kernel<'_>,
    ) -> Option<(HttpResponse, SimDuration)> {
        let spec = Arc::clone(&self.spec);
        let port = |listen: &&ListenSpec| self.port(&listen.port, host, kernel) == Some(request.port);
        let listen = spec.listen.iter().find(port)?;
        self.requests += 1;
        self.in_flight += 1;
        self.cpu_spent += spec.cpu.per_request.0;
        let scope = Scope::of_process(host, kernel).with_request(request, self.requests);
        let path = request.path.split('?').next().unwrap_or_default();
        let matches = |route: &&RouteSpec| {
            let is_path = match route.path.strip_suffix('*') {
                Some(beginning) => path.starts_with(beginning),
                None => path == route.path,
            };
            is_path && route.method.as_ref().is_none_or(|method| **method == *request.method)
        };
        let (response, latency) = match (listen.routes.iter().find(matches), &listen.admission) {
            (Some(route), _) if self.hangs(route, &scope, kernel) => return None,
            (Some(route), _) => self.answer_route(route, &scope, kernel),
            (None, Some(rules)) if *request.method == *"POST" => {
                self.review(&scope.fill(rules), request, host, kernel)?
            }
            (None, _) => (document(listen, host, path, kernel), FILE_LATENCY),
        };
        if let Some(template) = &spec.request_log {
            let line = scope.with_status(response.status).fill(template);
            write_line(host, 1, &line, kernel);
        }
        kernel.sandbox.make_ready(host);
        // What it takes of the processor is spread over the time until the answer; most of that time is waiting.
        let cost = spec.cpu.per_request.0.as_micros();
        self.busy_each = cost * 1_000 / latency.as_micros().max(cost).max(1);
        Some((response, latency))
    }

    /// A request has been answered.
    pub fn served(&mut self) {
        self.in_flight = self.in_flight.saturating_sub(1);
    }

    /// Whether the program has locked itself up on this route.
    fn hangs(&self, route: &RouteSpec, scope: &Scope, kernel: &Kernel<'_>) -> bool {
        let after = route.hangs_after.as_ref().and_then(|after| parse_span(&scope.fill(&after.0)));
        after.is_some_and(|after| kernel.now.since(self.began_at) >= after)
    }

    fn answer_route(&mut self, route: &RouteSpec, scope: &Scope, kernel: &Kernel<'_>) -> (HttpResponse, SimDuration) {
        let age = kernel.now.since(self.began_at);
        let span = |text: &str| parse_span(&scope.fill(text));
        let is_early = span(&route.ready_after.0).is_some_and(|after| age < after);
        let is_unready = route.when_ready && !self.is_ready;
        let is_broken = route.fails_after.as_ref().and_then(|after| span(&after.0)).is_some_and(|after| age >= after);
        self.leaked += route.leaks.0;
        let status = match (is_early, is_broken) {
            (true, _) => 503,
            (_, true) => 500,
            _ if is_unready => 500,
            _ => scope.fill(&route.status.0).parse().unwrap_or(200),
        };
        let body = match status {
            503 if is_early => "not ready\n".to_owned(),
            500 if is_unready => "[-]metric-storage-ready failed: reason withheld\nreadyz check failed\n".to_owned(),
            500 if is_broken => "broken\n".to_owned(),
            _ => scope.fill(&route.body),
        };
        if let Some(code) = route.exit {
            self.end_after_answer(code, kernel.now);
        }
        let headers = route.headers.iter().map(|(name, value)| (name.clone(), scope.fill(value))).collect();
        (HttpResponse { status, headers, body: body.into_bytes().into() }, span(&route.latency.0).unwrap_or_default())
    }

    pub(super) fn end_after_answer(&mut self, code: i32, now: crate::engine::SimTime) {
        self.end = Some(super::End {
            code,
            earliest: now,
            latest: crate::engine::SimTime::MAX,
            drains: true,
            last_log: Vec::new(),
            log_to_stderr: true,
        });
    }
}

/// A file below the document root, or 404.
fn document(listen: &ListenSpec, host: HostPid, path: &str, kernel: &mut Kernel<'_>) -> HttpResponse {
    let missing = |text: &str| HttpResponse { status: 404, headers: Vec::new(), body: text.as_bytes().into() };
    let Some(root) = &listen.document_root else { return missing("404 page not found\n") };
    let not_found = "<html>\r\n<head><title>404 Not Found</title></head>\r\n<body>\r\n<center><h1>404 Not Found</h1></center>\r\n<hr><center>nginx</center>\r\n</body>\r\n</html>\r\n";
    let Some(process) = kernel.sandbox.processes.get(&host) else { return missing(not_found) };
    let (Some(container), user) = (process.container, process.user) else { return missing(not_found) };
    let Some(view) = kernel.view(container, user) else { return missing(not_found) };
    let index = if path.ends_with('/') { "index.html" } else { "" };
    match view.read(&format!("{root}/{path}{index}")) {
        Ok(bytes) => HttpResponse { status: 200, headers: Vec::new(), body: bytes.as_slice().into() },
        Err(_) => missing(not_found),
    }
}
