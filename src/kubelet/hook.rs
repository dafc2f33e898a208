//! Lifecycle hooks: a command, an HTTP request or a pause, after the start or before the end of a container.
//!
//! Models `pkg/kubelet/lifecycle/handlers.go`. HTTPS is asked for as HTTP: certificates are not modelled here.

use crate::machine::{ExecConfig, ExecId, HttpRequest, SocketId, SocketOutcome};
use crate::model::core::{Container, LifecycleHandler};
use crate::model::metav1::IntOrString;

use super::pod_worker::{Activity, PodWorker, Stage, Step};
use super::shared::{Asker, Scope};

/// A hook under way.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum HookRun {
    /// A command.
    Exec(ExecId),
    /// A request.
    Http(SocketId),
    /// A pause.
    Sleep,
}

/// How a hook ended.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum HookResult {
    /// Well.
    Done,
    /// The command failed, or nobody answered.
    Failed,
}

impl HookResult {
    /// What a command's exit code means.
    #[must_use]
    pub fn of_exit(code: i32) -> Self {
        if code == 0 { Self::Done } else { Self::Failed }
    }

    /// What the end of a connection means.
    #[must_use]
    pub fn of_socket(outcome: &SocketOutcome) -> Self {
        match outcome {
            SocketOutcome::Answered(response) if response.status < 400 => Self::Done,
            SocketOutcome::Connected => Self::Done,
            _ => Self::Failed,
        }
    }
}

/// The number of a port that may be given by name.
#[must_use]
pub fn port_number(port: &IntOrString, container: &Container) -> Option<u16> {
    let number = match port {
        IntOrString::Int(number) => *number,
        IntOrString::String(name) => {
            let ports = container.ports.as_deref().unwrap_or_default();
            let named = ports.iter().find(|port| port.name.as_deref() == Some(name)).map(|port| port.container_port);
            named.or_else(|| name.parse().ok())?
        }
    };
    u16::try_from(number).ok().filter(|number| *number > 0)
}

impl PodWorker {
    /// Begins a hook; `None` when it cannot even begin: the container is gone, or the port has no number.
    pub fn begin_hook(
        &mut self,
        slot: usize,
        handler: &LifecycleHandler,
        scope: &mut Scope<'_, '_>,
    ) -> Option<HookRun> {
        let (now, cause) = (scope.now(), scope.cause());
        let asker = Asker::Hook(self.number, slot);
        let container = self.slots[slot].current?;
        if let Some(command) = &handler.exec {
            let argv = command.command.clone().unwrap_or_default();
            let exec = scope.machine.exec(now, container, ExecConfig { argv, ..ExecConfig::default() }, cause);
            scope.shared.owners.execs.insert(exec, asker);
            return Some(HookRun::Exec(exec));
        }
        if let Some(get) = &handler.http_get {
            let home = self.home?;
            let port = port_number(&get.port, self.slots[slot].spec(&self.pod))?;
            let path = get.path.clone().unwrap_or_else(|| "/".to_owned());
            let mut request = HttpRequest::get(port, &path);
            let headers = get.http_headers.as_deref().unwrap_or_default();
            request.headers = headers.iter().map(|header| (header.name.clone(), header.value.clone())).collect();
            let socket = scope.machine.http_request(now, home.id, request, cause);
            scope.shared.owners.sockets.insert(socket, asker);
            return Some(HookRun::Http(socket));
        }
        handler.sleep.as_ref().map(|_| HookRun::Sleep)
    }

    /// A hook has ended.
    pub fn on_hook(&mut self, slot: usize, run: HookRun, result: HookResult, scope: &mut Scope<'_, '_>) {
        if self.stage == Stage::Sync && self.activity == Activity::Container(slot, Step::Hook(run)) {
            match result {
                HookResult::Done => self.post_start_done(slot, scope),
                HookResult::Failed => self.post_start_failed(slot, scope),
            }
            return;
        }
        self.pre_stop_ended(slot, run, result, scope);
    }
}
