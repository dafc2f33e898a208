//! Starting one container: image, configuration, container, process, postStart hook.
//!
//! Models `startContainer` in `pkg/kubelet/kuberuntime/kuberuntime_container.go`.

use std::sync::Arc;

use crate::client::EventType;
use crate::machine::ContainerId;

use super::container_config::ConfigError;
use super::hook::HookRun;
use super::image_pull::Image;
use super::pod_worker::{Activity, PodWorker, Step};
use super::pull_secrets;
use super::shared::Scope;

impl PodWorker {
    /// Begins to start a container; returns whether the worker is busy with it now.
    pub fn begin_container(&mut self, slot: usize, scope: &mut Scope<'_, '_>) -> bool {
        if !pull_secrets::are_known(self.number, &self.pod, scope) {
            self.activity = Activity::Container(slot, Step::Credentials);
            return true;
        }
        match self.ensure_image(slot, scope) {
            Image::Present => {
                self.begin_create(slot, scope);
                true
            }
            Image::Pulling => true,
            Image::Failed => false,
        }
    }

    /// The image is there: the container is made next.
    pub fn begin_create(&mut self, slot: usize, scope: &mut Scope<'_, '_>) {
        self.activity = Activity::Container(slot, Step::Creating);
        let takes = scope.shared.config.delays.create;
        self.step_after(takes, scope);
    }

    /// Makes the container.
    pub fn create_container(&mut self, slot: usize, scope: &mut Scope<'_, '_>) {
        let Some(home) = self.home else {
            self.container_failed(scope);
            return;
        };
        let config = match self.container_config(slot, scope) {
            Ok(config) => config,
            Err(ConfigError::Unknown) => {
                self.activity = Activity::Container(slot, Step::Reading);
                return;
            }
            Err(ConfigError::Wrong(message)) => {
                self.note_failure(slot, "CreateContainerConfigError", &message, scope);
                self.container_failed(scope);
                return;
            }
        };
        let (now, cause) = (scope.now(), scope.cause());
        match scope.machine.create_container(now, home.id, config, cause) {
            Ok(id) => self.container_created(slot, id, scope),
            Err(error) => {
                self.note_failure(slot, "CreateContainerError", &error.to_string(), scope);
                self.container_failed(scope);
            }
        }
    }

    /// The container is made: the instance before the last one is forgotten, the process is started next.
    fn container_created(&mut self, slot: usize, id: ContainerId, scope: &mut Scope<'_, '_>) {
        let (now, cause) = (scope.now(), scope.cause());
        let field = self.slots[slot].field_path(&self.pod);
        let state = &mut self.slots[slot];
        let oldest = std::mem::replace(&mut state.last, state.current.replace(id));
        state.is_started = false;
        state.is_ready = false;
        state.actual = None;
        if let Some(oldest) = oldest {
            scope.machine.remove_container(now, oldest, cause);
            scope.shared.owners.containers.remove(&oldest);
        }
        scope.shared.owners.containers.insert(id, self.number);
        scope.field_event(&self.pod, field, EventType::Normal, "Created", "Container created");
        self.activity = Activity::Container(slot, Step::Starting(id));
        let takes = scope.shared.config.delays.start;
        self.step_after(takes, scope);
    }

    /// Starts the process.
    pub fn start_process(&mut self, slot: usize, id: ContainerId, scope: &mut Scope<'_, '_>) {
        let now = scope.now();
        let image = self.slots[slot].spec(&self.pod).image.clone().unwrap_or_default();
        let cause = scope.ctx.record("start container", self.container_path(slot), image);
        let result = scope.machine.start_container(now, id, cause);
        scope.shared.pleg.mark(self.number, scope.ctx);
        if let Err(error) = result {
            self.note_failure(slot, "RunContainerError", &error.to_string(), scope);
            self.container_failed(scope);
            return;
        }
        let field = self.slots[slot].field_path(&self.pod);
        scope.field_event(&self.pod, field, EventType::Normal, "Started", "Container started");
        self.slots[slot].reason = None;
        self.arm_probes(slot, scope);
        self.begin_post_start(slot, scope);
    }

    fn begin_post_start(&mut self, slot: usize, scope: &mut Scope<'_, '_>) {
        let pod = Arc::clone(&self.pod);
        let handler = self.slots[slot].spec(&pod).lifecycle.as_ref().and_then(|hooks| hooks.post_start.as_ref());
        let Some(handler) = handler else {
            self.post_start_done(slot, scope);
            return;
        };
        scope.ctx.record("run postStart", self.container_path(slot), "");
        let began = self.begin_hook(slot, handler, scope);
        let Some(run) = began else {
            self.post_start_failed(slot, scope);
            return;
        };
        self.activity = Activity::Container(slot, Step::Hook(run));
        if run == HookRun::Sleep {
            let seconds = handler.sleep.as_ref().map_or(0, |sleep| sleep.seconds.max(0) as u64);
            self.step_after(crate::engine::SimDuration::from_secs(seconds), scope);
        }
    }

    /// The container runs and its hook, if any, is done.
    pub fn post_start_done(&mut self, _slot: usize, scope: &mut Scope<'_, '_>) {
        self.activity = Activity::Idle;
        self.start_next(scope);
    }

    /// The hook failed: the container is stopped, and started anew as its policy has it.
    pub fn post_start_failed(&mut self, slot: usize, scope: &mut Scope<'_, '_>) {
        let field = self.slots[slot].field_path(&self.pod);
        scope.field_event(&self.pod, field, EventType::Warning, "FailedPostStartHook", "PostStartHook failed");
        self.fail(slot, "PostStartHookError", "PostStartHook failed");
        let grace = self.own_grace();
        self.begin_kill(slot, "FailedPostStartHook", grace, scope);
        self.retry(scope);
        self.container_failed(scope);
    }
}
