//! The kubelet of one node: takes in what reaches it and hands it to the duty it belongs to.
//!
//! Models the sync loop of `pkg/kubelet/kubelet.go`.

use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;

use crate::client::{Ctx, ExecOptions, Incoming, Informer, LogOptions, Recorder, StreamChunk};
use crate::engine::{CauseId, SimDuration, SimTime};
use crate::machine::{Machine, MachineEvent, SandboxId};
use crate::model::core::Node;
use crate::model::{Kind, Meta, Pod};

use super::admission;
use super::config::KubeletConfig;
use super::host::Host;
use super::ipam::Ipam;
use super::node_lease::NodeLease;
use super::node_status::NodeAgent;
use super::object_cache::ObjectCache;
use super::pleg::Pleg;
use super::pod_worker::{PodWorker, Source, Stage};
use super::recovery;
use super::shared::{Owners, PodNumber, Scope, Shared};
use super::static_pods;
use super::streams::{self, Said, StreamId, Streams};

/// Numbers of the informers.
const PODS: u16 = 0;
const SERVICES: u16 = 1;
const NODE: u16 = 2;
/// The look of the lifecycle generator is at a moment of each node's own within the second.
const SECOND: SimDuration = SimDuration::from_millis(999);

/// One node's agent.
#[derive(Clone, Debug)]
pub struct Kubelet {
    pub(super) shared: Shared,
    pods: Informer,
    pub(super) workers: BTreeMap<PodNumber, PodWorker>,
    numbers: BTreeMap<Arc<str>, PodNumber>,
    next_number: PodNumber,
    pub(super) node: NodeAgent,
    pub(super) lease: NodeLease,
}

impl Kubelet {
    /// A kubelet that has not begun.
    #[must_use]
    pub fn new(config: impl Into<Arc<KubeletConfig>>) -> Self {
        let config = config.into();
        let node = Arc::clone(&config.node);
        let shared = Shared {
            config,
            recorder: Recorder::new("kubelet"),
            ipam: Ipam::default(),
            services: Informer::new(SERVICES, Kind::Service),
            node: Informer::new(NODE, Kind::Node).with_fields(format!("metadata.name={node}")),
            objects: ObjectCache::default(),
            calls: BTreeMap::new(),
            owners: Owners::default(),
            pleg: Pleg::default(),
            streams: Streams::default(),
            resizes: BTreeSet::new(),
            disks_changed: false,
            network_error: None,
        };
        Self {
            shared,
            pods: Informer::new(PODS, Kind::Pod).with_fields(format!("spec.nodeName={node}")),
            workers: BTreeMap::new(),
            numbers: BTreeMap::new(),
            next_number: 0,
            node: NodeAgent::default(),
            lease: NodeLease::default(),
        }
    }

    /// The name of its Node.
    #[must_use]
    pub fn node_name(&self) -> &Arc<str> {
        &self.shared.config.node
    }

    /// The workers of its Pods, for those who look.
    pub fn workers(&self) -> impl Iterator<Item = &PodWorker> {
        self.workers.values()
    }

    /// The process begins. It knows nothing; what the machine still runs is taken over when the Pod is seen.
    pub fn start(&mut self, host: &mut Host<'_>, ctx: &mut Ctx<'_>) {
        self.pods.start(ctx);
        let mut scope = scope(&mut self.shared, host, ctx);
        let phase = scope.ctx.random.between(SimDuration::ZERO, SECOND);
        scope.shared.pleg.set_phase(phase);
        scope.shared.services.start(scope.ctx);
        scope.shared.node.start(scope.ctx);
        self.node.start(&mut scope);
        self.lease.start(&mut scope);
        for manifest in Arc::clone(&self.shared.config).static_pods.clone() {
            self.add_static(&manifest, host, ctx);
        }
    }

    /// Something reached it.
    pub fn handle(&mut self, incoming: Incoming, host: &mut Host<'_>, ctx: &mut Ctx<'_>) {
        self.take(incoming, host, ctx);
        self.try_resizes(host, ctx);
    }

    fn take(&mut self, incoming: Incoming, host: &mut Host<'_>, ctx: &mut Ctx<'_>) {
        if self.pods.expects(&incoming) {
            for delta in self.pods.handle(incoming, ctx) {
                ctx.cause = delta.cause;
                if let Some(pod) = delta.object().get::<Pod>() {
                    self.on_pod(pod, delta.is_removal(), host, ctx);
                }
            }
            return;
        }
        if self.shared.services.expects(&incoming) {
            self.shared.services.handle(incoming, ctx);
            return;
        }
        if self.shared.node.expects(&incoming) {
            self.on_node(incoming, host, ctx);
            return;
        }
        if self.shared.objects.expects(&incoming) {
            self.on_objects(incoming, host, ctx);
            return;
        }
        match incoming {
            Incoming::Response { ticket, outcome } => self.on_outcome(ticket, &outcome, host, ctx),
            Incoming::Timer(timer) => self.on_timer(timer, host, ctx),
            Incoming::Watch { .. } | Incoming::WatchClosed { .. } | Incoming::Stream { .. } => {}
        }
    }

    /// Things happened on its machine.
    pub fn on_machine(&mut self, events: Vec<MachineEvent>, host: &mut Host<'_>, ctx: &mut Ctx<'_>) {
        host.volumes.exchange(host.machine);
        for event in events {
            ctx.cause = event.cause;
            self.on_happening(&event.what, host, ctx);
        }
        self.try_resizes(host, ctx);
    }

    /// The log of a container.
    ///
    /// # Errors
    /// The words of the kubelet, such as `container "c" in pod "p" is waiting to start: ContainerCreating`.
    pub fn logs(
        &self,
        namespace: &str,
        pod: &str,
        options: &LogOptions,
        machine: &Machine,
        now: SimTime,
    ) -> Result<String, String> {
        streams::logs(self.find(namespace, pod)?, options, machine, now)
    }

    /// Begins to follow the log of a container: returns what is there, the rest comes out of
    /// [`take_streams`](Self::take_streams).
    ///
    /// # Errors
    /// As [`logs`](Self::logs).
    pub fn follow(
        &mut self,
        stream: StreamId,
        namespace: &str,
        pod: &str,
        options: &LogOptions,
        host: &mut Host<'_>,
        ctx: &mut Ctx<'_>,
    ) -> Result<String, String> {
        let worker = self.find(namespace, pod)?.clone();
        streams::follow(&worker, stream, options, &mut scope(&mut self.shared, host, ctx))
    }

    /// Begins a command in a container; its output comes out of [`take_streams`](Self::take_streams).
    ///
    /// # Errors
    /// The words of the kubelet when it cannot even begin.
    pub fn exec(
        &mut self,
        stream: StreamId,
        namespace: &str,
        pod: &str,
        options: &ExecOptions,
        host: &mut Host<'_>,
        ctx: &mut Ctx<'_>,
    ) -> Result<(), String> {
        let worker = self.find(namespace, pod)?.clone();
        host.volumes.exchange(host.machine);
        streams::exec(&worker, stream, options, &mut scope(&mut self.shared, host, ctx))
    }

    /// Takes what has come of streams: pieces of logs, outputs of commands.
    pub fn take_streams(&mut self) -> Vec<(StreamId, Result<StreamChunk, String>)> {
        self.shared.streams.take()
    }

    /// Whether a command could be begun in a container.
    ///
    /// # Errors
    /// As [`exec`](Self::exec).
    pub fn can_exec(&self, namespace: &str, pod: &str, options: &ExecOptions, machine: &Machine) -> Result<(), String> {
        streams::ready(self.find(namespace, pod)?, options, machine).map(|_| ())
    }

    /// Attaches to a container; its output comes out of [`take_streams`](Self::take_streams).
    ///
    /// # Errors
    /// The words of the kubelet when there is nothing to attach to.
    pub fn attach(
        &mut self,
        stream: StreamId,
        namespace: &str,
        pod: &str,
        options: &ExecOptions,
        host: &mut Host<'_>,
        ctx: &mut Ctx<'_>,
    ) -> Result<(), String> {
        let worker = self.find(namespace, pod)?.clone();
        streams::attach(&worker, stream, options, &mut scope(&mut self.shared, host, ctx))
    }

    /// The sandbox whose ports are forwarded.
    ///
    /// # Errors
    /// The words of the kubelet when the Pod has none.
    pub fn forward(&self, namespace: &str, pod: &str) -> Result<SandboxId, String> {
        let home = self.find(namespace, pod)?.home;
        home.map(|home| home.id).ok_or_else(|| format!("pod not found (\"{pod}_{namespace}\")"))
    }

    /// Someone says something to a stream.
    pub fn speak(&mut self, stream: StreamId, said: &Said, host: &mut Host<'_>, ctx: &mut Ctx<'_>) {
        streams::speak(stream, said, &mut scope(&mut self.shared, host, ctx));
    }

    /// Breaks the network plugin with its own words, or mends it.
    pub fn set_network_error(&mut self, error: Option<Arc<str>>, host: &mut Host<'_>, ctx: &mut Ctx<'_>) {
        self.shared.network_error = error;
        self.node.report(&mut scope(&mut self.shared, host, ctx));
    }

    fn find(&self, namespace: &str, name: &str) -> Result<&PodWorker, String> {
        let is_it = |worker: &&PodWorker| {
            worker.pod.metadata.namespace() == namespace && worker.pod.metadata.name() == name && !worker.is_gone
        };
        self.workers.values().find(is_it).ok_or_else(|| format!("pod '{name}.{namespace}' not found"))
    }

    /// Lets a duty work on one Pod, and forgets the Pod when that was the last of it.
    pub(super) fn with_worker<R>(
        &mut self,
        number: PodNumber,
        host: &mut Host<'_>,
        ctx: &mut Ctx<'_>,
        act: impl FnOnce(&mut PodWorker, &mut Scope<'_, '_>) -> R,
    ) -> Option<R> {
        let worker = self.workers.get_mut(&number)?;
        let mut scope = scope(&mut self.shared, host, ctx);
        let result = act(worker, &mut scope);
        if worker.is_forgettable() {
            worker.forget(&mut scope);
            if let Some(worker) = self.workers.remove(&number) {
                self.numbers.remove(worker.pod.metadata.uid());
            }
        }
        if std::mem::take(&mut scope.shared.disks_changed) {
            let mounted = self.workers.values().flat_map(|worker| worker.volumes.mounted.values());
            let devices = mounted.filter_map(|mounted| mounted.device.as_ref().map(ToString::to_string));
            self.node.set_volumes_in_use(devices, &mut scope);
        }
        Some(result)
    }

    fn on_pod(&mut self, pod: &Arc<Pod>, is_gone: bool, host: &mut Host<'_>, ctx: &mut Ctx<'_>) {
        if static_pods::is_mirror(pod) {
            self.on_mirror(pod, is_gone, host, ctx);
            return;
        }
        let cause = ctx.cause;
        match self.numbers.get(pod.metadata.uid()).copied() {
            Some(number) if is_gone => {
                self.with_worker(number, host, ctx, PodWorker::vanish);
            }
            Some(number) => {
                self.with_worker(number, host, ctx, |worker, scope| worker.update(Arc::clone(pod), cause, scope));
            }
            None if is_gone => {}
            None => self.add(Arc::clone(pod), Source::Api, host, ctx),
        }
    }

    /// A Pod that the kubelet has not seen before.
    fn add(&mut self, pod: Arc<Pod>, source: Source, host: &mut Host<'_>, ctx: &mut Ctx<'_>) {
        let number = self.next_number;
        self.next_number += 1;
        let cause = ctx.record("sync pod", format!("pods/{}/{}", pod.metadata.namespace(), pod.metadata.name()), "");
        // Who has been told that a Pod has ended may count on its place. Source: `filterOutInactivePods`.
        let has_ended =
            |other: &PodWorker| matches!(other.report.status.phase.as_deref(), Some("Succeeded" | "Failed"));
        let others = self.workers.values().filter(|other| other.stage != Stage::Terminated && !has_ended(other));
        let mut worker = PodWorker::new(number, Arc::clone(&pod), source, ctx.now, cause);
        let mut scope = scope(&mut self.shared, host, ctx);
        let is_known = recovery::take_over(&mut worker, &mut scope);
        if worker.resize.wanted.is_some() {
            scope.shared.resizes.insert(number);
        }
        let refusal = match is_known || pod.is_terminal() || pod.metadata.deletion_timestamp.is_some() {
            true => None,
            false => admission::admit(&worker, others, &scope).err(),
        };
        self.numbers.insert(pod.metadata.uid().into(), number);
        self.workers.insert(number, worker);
        self.with_worker(number, host, ctx, |worker, scope| match refusal {
            Some(refusal) => worker.refuse(&refusal, scope),
            None if worker.pod.metadata.deletion_timestamp.is_some() => worker.terminate(scope),
            None => worker.sync(scope),
        });
    }

    fn add_static(&mut self, manifest: &Pod, host: &mut Host<'_>, ctx: &mut Ctx<'_>) {
        let pod = static_pods::from_file(manifest, &scope(&mut self.shared, host, ctx));
        self.add(pod, Source::File { mirror: None, is_asked: false }, host, ctx);
    }

    /// The files of static Pods are now these: new ones are run, those without a file are stopped.
    pub fn set_static_pods(&mut self, manifests: &[Arc<Pod>], host: &mut Host<'_>, ctx: &mut Ctx<'_>) {
        let wanted: Vec<Arc<Pod>> = {
            let scope = scope(&mut self.shared, host, ctx);
            manifests.iter().map(|manifest| static_pods::from_file(manifest, &scope)).collect()
        };
        let is_wanted = |uid: &str| wanted.iter().any(|pod| pod.metadata.uid() == uid);
        let is_file = |worker: &&PodWorker| matches!(worker.source, Source::File { .. });
        let gone: Vec<PodNumber> = self
            .workers
            .values()
            .filter(is_file)
            .filter(|worker| !is_wanted(worker.pod.metadata.uid()))
            .map(|worker| worker.number)
            .collect();
        for number in gone {
            self.with_worker(number, host, ctx, static_pods::remove);
        }
        for pod in wanted {
            if !self.numbers.contains_key(pod.metadata.uid()) {
                self.add(pod, Source::File { mirror: None, is_asked: false }, host, ctx);
            }
        }
    }

    fn on_mirror(&mut self, pod: &Arc<Pod>, is_gone: bool, host: &mut Host<'_>, ctx: &mut Ctx<'_>) {
        let is_it = |worker: &&PodWorker| {
            matches!(worker.source, Source::File { .. })
                && worker.pod.metadata.name() == pod.metadata.name()
                && worker.pod.metadata.namespace() == pod.metadata.namespace()
        };
        let Some(number) = self.workers.values().find(is_it).map(|worker| worker.number) else { return };
        let mirror = Some(Arc::clone(pod)).filter(|_| !is_gone);
        self.with_worker(number, host, ctx, |worker, scope| static_pods::on_mirror(worker, mirror, scope));
    }

    fn on_node(&mut self, incoming: Incoming, host: &mut Host<'_>, ctx: &mut Ctx<'_>) {
        let deltas = self.shared.node.handle(incoming, ctx);
        for delta in deltas {
            let node = delta.new.as_ref().and_then(|object| object.get::<Node>());
            ctx.cause = delta.cause;
            self.node.on_node(node, &mut scope(&mut self.shared, host, ctx));
            // Attached disks are told by the Node; static Pods wait for it.
            let numbers: Vec<PodNumber> =
                self.workers.values().filter(|worker| worker.waits_for_node()).map(|worker| worker.number).collect();
            for number in numbers {
                self.with_worker(number, host, ctx, |worker, scope| worker.node_changed(scope));
            }
        }
    }

    fn on_objects(&mut self, incoming: Incoming, host: &mut Host<'_>, ctx: &mut Ctx<'_>) {
        let (deltas, numbers) = self.shared.objects.handle(incoming, ctx);
        ctx.cause = deltas.first().map_or(CauseId::NONE, |delta| delta.cause);
        for number in numbers {
            self.with_worker(number, host, ctx, |worker, scope| worker.on_object(scope));
        }
    }
}

/// The view of a duty while it works.
pub(super) fn scope<'a, 'c>(shared: &'a mut Shared, host: &'a mut Host<'_>, ctx: &'a mut Ctx<'c>) -> Scope<'a, 'c> {
    Scope { shared, machine: &mut *host.machine, volumes: &mut *host.volumes, ctx }
}
