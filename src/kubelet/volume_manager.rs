//! The volume manager: every volume that a container mounts is there before the first container starts, and is taken away after
//! the last one ended.
//!
//! Models `pkg/kubelet/volumemanager/` and the retry times of `pkg/volume/util/operationexecutor`.

use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;

use crate::client::{Ctx, EventType};
use crate::engine::{SimDuration, SimTime, VecMap};
use crate::machine::{Lookup, Mounted, VolumeError, VolumeHandle, VolumeObjects, VolumePlugins, VolumeRequest};
use crate::model::{Kind, Pod};

use super::object_cache::ObjectCache;
use super::pod_worker::{Activity, PodWorker, Stage};
use super::shared::{PodNumber, Scope};

/// First and longest wait after an operation failed. Source: `pkg/util/goroutinemap/exponentialbackoff`.
const RETRY_FIRST: SimDuration = SimDuration::from_millis(500);
const RETRY_LONGEST: SimDuration = SimDuration::from_secs(122);
/// Files follow their ConfigMap when the Pod is synchronised next: at the latest after so long. Source: `syncFrequency`.
const REFRESH_LONGEST: SimDuration = SimDuration::from_secs(60);

/// The volumes of one Pod.
#[derive(Clone, Debug, Default)]
pub struct PodVolumes {
    /// Those that are there, by their name in the Pod.
    pub mounted: VecMap<Arc<str>, Mounted>,
    /// Copies for containers that mount by `subPath`.
    pub copies: Vec<VolumeHandle>,
    failures: BTreeMap<Arc<str>, (SimDuration, SimTime)>,
    refresh_at: Option<SimTime>,
}

/// The objects of the cache, as a Pod sees them.
struct Objects<'a, 'c> {
    pod: PodNumber,
    cache: &'a mut ObjectCache,
    ctx: &'a mut Ctx<'c>,
}

impl VolumeObjects for Objects<'_, '_> {
    fn lookup(&mut self, kind: Kind, namespace: &str, name: &str) -> Lookup {
        self.cache.lookup(self.pod, kind, namespace, name, self.ctx)
    }
}

impl PodWorker {
    /// Begins to mount what is not there; goes on at once when everything is.
    pub fn begin_mount(&mut self, scope: &mut Scope<'_, '_>) {
        if self.missing_volumes().is_empty() {
            self.mounted(scope);
            return;
        }
        self.activity = Activity::Mounting;
        let takes = scope.shared.config.delays.mount;
        self.step_after(takes, scope);
    }

    /// Volumes that a container mounts and that are not there.
    fn missing_volumes(&self) -> Vec<usize> {
        let Some(volumes) = self.pod.spec.volumes.as_deref().filter(|volumes| !volumes.is_empty()) else {
            return Vec::new();
        };
        let wanted = mounted_names(&self.pod);
        let is_missing = |name: &str| wanted.contains(name) && !self.volumes.mounted.contains_key(name);
        (0..volumes.len()).filter(|index| is_missing(&volumes[*index].name)).collect()
    }

    /// Tries to mount what is not there.
    pub fn try_mount(&mut self, scope: &mut Scope<'_, '_>) {
        let pod = Arc::clone(&self.pod);
        let volumes = pod.spec.volumes.as_deref().unwrap_or_default();
        let mut refused = Vec::new();
        for index in self.missing_volumes() {
            let volume = &volumes[index];
            let name: Arc<str> = volume.name.as_str().into();
            if self.volumes.failures.get(&name).is_some_and(|(_, again_at)| *again_at > scope.now()) {
                continue;
            }
            match with_plugins(self.number, &pod, index, scope, |plugins, request, objects, machine| {
                plugins.set_up(request, objects, machine)
            }) {
                Ok(mounted) => {
                    scope.ctx.record("mount volume", self.path(), pod.volume_name(&volume.name));
                    scope.shared.disks_changed |= mounted.device.is_some();
                    self.volumes.mounted.insert(name, mounted);
                }
                Err(VolumeError::Wait) => {}
                Err(VolumeError::Process(error)) => refused.push((pod.volume_name(&volume.name).to_owned(), error)),
                Err(error) => self.mount_failed(name, &error, scope),
            }
        }
        if !refused.is_empty() {
            self.volumes_refused(&refused, scope);
        } else if self.missing_volumes().is_empty() {
            self.volumes.failures.clear();
            self.activity = Activity::Idle;
            self.mounted(scope);
        }
    }

    /// Volumes that cannot be understood: the synchronisation fails.
    fn volumes_refused(&mut self, refused: &[(String, String)], scope: &mut Scope<'_, '_>) {
        let pod = Arc::clone(&self.pod);
        let volumes = pod.spec.volumes.as_deref().unwrap_or_default();
        let missing = self.missing_volumes();
        let unmounted =
            missing.iter().map(|index| pod.volume_name(&volumes[*index].name)).collect::<Vec<_>>().join(" ");
        let names = refused.iter().map(|(name, _)| name.as_str()).collect::<Vec<_>>().join(" ");
        let errors: Vec<_> = refused.iter().map(|(_, error)| error.as_str()).collect();
        let errors = if errors.len() > 1 { format!("[{}]", errors.join(", ")) } else { errors.concat() };
        let message = format!(
            "Unable to attach or mount volumes: unmounted volumes=[{unmounted}], unattached volumes=[], failed to process volumes=[{names}]: {errors}"
        );
        scope.pod_event(&self.pod, EventType::Warning, "FailedMount", message);
        self.retry(scope);
        self.finish_sync(scope);
    }

    fn mount_failed(&mut self, name: Arc<str>, error: &VolumeError, scope: &mut Scope<'_, '_>) {
        match error {
            VolumeError::Operation(operation, volume, error) => {
                let volume = self.pod.volume_name(volume);
                let message = format!("{operation} failed for volume \"{volume}\" : {error}");
                scope.ctx.record("mount failed", self.path(), message.as_str());
                scope.pod_event(&self.pod, EventType::Warning, "FailedMount", message);
            }
            VolumeError::NotModelled(note) => {
                scope.pod_event(&self.pod, EventType::Warning, "NotModelled", format!("podlab: {note}"));
            }
            VolumeError::Wait | VolumeError::Process(_) => {}
        }
        let entry = self.volumes.failures.entry(name).or_insert((SimDuration::ZERO, SimTime::ZERO));
        let wait = if entry.0 == SimDuration::ZERO { RETRY_FIRST } else { (entry.0 * 2).min(RETRY_LONGEST) };
        let at = scope.now() + wait;
        *entry = (wait, at);
        scope.wake(self.number, at);
    }

    /// Time has passed: retries and refreshes that are due.
    pub fn volumes_due(&mut self, scope: &mut Scope<'_, '_>) {
        let now = scope.now();
        let is_retry_due = self.volumes.failures.values().any(|(_, at)| *at <= now);
        if self.stage == Stage::Sync && self.activity == Activity::Mounting && is_retry_due && self.step_at.is_none() {
            self.try_mount(scope);
        }
        if self.volumes.refresh_at.take_if(|at| *at <= now).is_some() {
            self.refresh_now(scope);
        }
    }

    /// An object behind a live volume has changed: its files follow within a minute.
    pub fn refresh_volumes(&mut self, scope: &mut Scope<'_, '_>) {
        let has_live = self.volumes.mounted.values().any(|mounted| mounted.is_live);
        if has_live && self.volumes.refresh_at.is_none() {
            let wait = scope.ctx.random.between(SimDuration::from_secs(1), REFRESH_LONGEST);
            let at = scope.now() + wait;
            self.volumes.refresh_at = Some(at);
            scope.wake(self.number, at);
        }
    }

    /// Labels or annotations have changed, and the Pod is synchronised at once.
    pub fn refresh_downward(&mut self, scope: &mut Scope<'_, '_>) {
        if self.volumes.mounted.values().any(|mounted| mounted.is_live) {
            self.refresh_now(scope);
        }
    }

    fn refresh_now(&mut self, scope: &mut Scope<'_, '_>) {
        let pod = Arc::clone(&self.pod);
        let volumes = pod.spec.volumes.as_deref().unwrap_or_default();
        for (index, volume) in volumes.iter().enumerate() {
            if self.volumes.mounted.get(volume.name.as_str()).is_some_and(|mounted| mounted.is_live) {
                with_plugins(self.number, &pod, index, scope, |plugins, request, objects, machine| {
                    plugins.refresh(request, objects, machine);
                });
            }
        }
    }

    /// Takes the volumes away.
    pub fn unmount(&mut self, scope: &mut Scope<'_, '_>) {
        for mounted in std::mem::take(&mut self.volumes.mounted).into_values() {
            scope.shared.disks_changed |= mounted.device.is_some();
            scope.volumes.tear_down(&mounted, scope.machine);
        }
        for copy in std::mem::take(&mut self.volumes.copies) {
            scope.machine.detach_volume(&copy);
        }
        self.volumes.failures.clear();
    }
}

fn with_plugins<R>(
    number: PodNumber,
    pod: &Pod,
    volume: usize,
    scope: &mut Scope<'_, '_>,
    act: impl FnOnce(&mut dyn VolumePlugins, &VolumeRequest<'_>, &mut dyn VolumeObjects, &mut crate::machine::Machine) -> R,
) -> R {
    let node = scope.node().map(Arc::clone);
    let volume = &pod.spec.volumes.as_deref().unwrap_or_default()[volume];
    let request = VolumeRequest { now: scope.now(), pod, volume, node: node.as_deref() };
    let mut objects = Objects { pod: number, cache: &mut scope.shared.objects, ctx: scope.ctx };
    act(scope.volumes, &request, &mut objects, scope.machine)
}

/// Names of volumes that at least one container mounts.
fn mounted_names(pod: &Pod) -> BTreeSet<&str> {
    let inits = pod.spec.init_containers.as_deref().unwrap_or_default();
    let all = inits.iter().chain(&pod.spec.containers);
    all.flat_map(|container| container.volume_mounts.as_deref().unwrap_or_default())
        .map(|mount| mount.name.as_str())
        .collect()
}
