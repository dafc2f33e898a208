//! `kubectl debug`: a container with tools beside one that has none: in the Pod, in a copy of it, or on its node.
//!
//! Source: `kubectl/pkg/cmd/debug/{debug,profiles}.go`, the profile `general`. **Not modelled.** Other profiles, `--custom`, typing
//! into the container (what `-i` sends is what the command was given to read).

use serde_json::{Value, json};

use crate::apiserver::{Body, LogOptions, PatchType, Subresource, Verb};
use crate::engine::SimTime;
use crate::kubectl::failure::Failure;
use crate::kubectl::flags::Flags;
use crate::kubectl::record::Arrival;
use crate::kubectl::session::Session;
use crate::model::core::ContainerStatus;
use crate::model::{Kind, Meta, Object, ObjectKey, Pod};

use super::{attach, exec, pods_of};

/// Its flags.
pub const FLAGS: &[&str] = &[
    "c:container",
    ":image",
    ":image-pull-policy",
    ":target",
    ":copy-to",
    "!replace",
    "!same-node",
    "!share-processes",
    "+set-image",
    "+env",
    "!arguments-only",
    "!attach",
    "i!stdin",
    "t!tty",
    "q!quiet",
    ":profile",
    "!keep-labels",
    "!keep-annotations",
    "!keep-liveness",
    "!keep-readiness",
    "!keep-startup",
    "!keep-init-containers",
];

/// The letters of generated names. Source: `apimachinery/pkg/util/rand/rand.go`.
const LETTERS: &[u8] = b"bcdfghjklmnpqrstvwxz2456789";

/// Runs it.
///
/// # Errors
/// In kubectl's words.
pub fn run(session: &mut Session<'_>, flags: &Flags) -> Result<(), Failure> {
    let dash = flags.dash.unwrap_or(flags.args.len());
    let (words, command) = flags.args.split_at(dash);
    check(flags, words)?;
    let key = pods_of::key(session, &words[0])?;
    let object = session.get(&key)?;
    let container = Debugger { flags, command, suffix: suffix(session.now()) };
    let (pod, name) = match &object {
        Object::Node(node) => container.on_node(session, node.metadata.name())?,
        Object::Pod(pod) if !flags.text_or_empty("copy-to").is_empty() => container.in_copy(session, pod)?,
        Object::Pod(pod) => container.in_pod(session, pod)?,
        other => {
            let said = format!("\"{}\" not supported by debug", other.kind().name());
            return Err(Failure::text_of(said));
        }
    };
    let attaches = if flags.has("attach") { flags.yes("attach") } else { flags.yes("stdin") };
    if attaches && !name.is_empty() { attach_when_ready(session, flags, &pod, &name) } else { Ok(()) }
}

fn check(flags: &Flags, words: &[String]) -> Result<(), Failure> {
    let refused = |said: &str| Err(Failure::text_of(said));
    let copies = !flags.text_or_empty("copy-to").is_empty();
    if words.len() != 1 {
        return refused("NAME or filename is required for debug");
    }
    if flags.text_or_empty("image").is_empty() && !(copies && flags.has("set-image")) {
        return refused("you must specify --image or --set-image");
    }
    if flags.has("target") && copies {
        return refused("--target is incompatible with --copy-to. Use --share-processes instead.");
    }
    for one in ["replace", "same-node", "share-processes", "set-image"] {
        if flags.has(one) && !copies {
            return Err(Failure::text_of(format!("--{one} may only be used with --copy-to.")));
        }
    }
    if flags.yes("tty") && !flags.yes("stdin") {
        return refused("-i/--stdin is required for containers with -t/--tty=true");
    }
    match flags.text_or_empty("profile") {
        "" | "general" => Ok(()),
        other => Err(Failure::not_modelled(&format!("the profile {other} of kubectl debug"))),
    }
}

/// Five letters that another instant would not give.
fn suffix(now: SimTime) -> String {
    let mut number = now.as_micros().wrapping_mul(0x9e37_79b9_7f4a_7c15) >> 16;
    let mut letter = || {
        let index = number % LETTERS.len() as u64;
        number /= LETTERS.len() as u64;
        char::from(LETTERS[index as usize])
    };
    (0..5).map(|_| letter()).collect()
}

/// The container that is to be made.
struct Debugger<'a> {
    flags: &'a Flags,
    command: &'a [String],
    suffix: String,
}

impl Debugger<'_> {
    fn name(&self, session: &mut Session<'_>) -> String {
        let given = self.flags.text_or_empty("container");
        if !given.is_empty() {
            return given.to_owned();
        }
        let name = format!("debugger-{}", self.suffix);
        if !self.flags.yes("quiet") {
            session.line(&format!("Defaulting debug container name to {name}."));
        }
        name
    }

    fn container(&self, name: &str) -> Result<Value, Failure> {
        let mut container = json!({
            "name": name, "image": self.flags.text_or_empty("image"), "terminationMessagePolicy": "File",
            "resources": {},
        });
        for (flag, field) in [("stdin", "stdin"), ("tty", "tty")] {
            if self.flags.yes(flag) {
                container[field] = true.into();
            }
        }
        if let Some(policy) = self.flags.text("image-pull-policy").filter(|policy| !policy.is_empty()) {
            container["imagePullPolicy"] = policy.into();
        }
        if !self.command.is_empty() {
            container[if self.flags.yes("arguments-only") { "args" } else { "command" }] = json!(self.command);
        }
        let mut variables = Vec::new();
        for pair in self.flags.all("env").iter().flat_map(|pairs| pairs.split(',')) {
            let wrong = || Failure::text_of(format!("{pair} must be formatted as key=value"));
            let (key, value) = pair.split_once('=').ok_or_else(wrong)?;
            variables.push(json!({"name": key, "value": value}));
        }
        if !variables.is_empty() {
            container["env"] = variables.into();
        }
        Ok(container)
    }

    /// An ephemeral container of the Pod itself.
    fn in_pod(&self, session: &mut Session<'_>, pod: &Pod) -> Result<(ObjectKey, String), Failure> {
        let target = self.flags.text_or_empty("target");
        if !target.is_empty() && !self.flags.yes("quiet") {
            session.line(&format!(
                "Targeting container {target:?}. If you don't see processes from this container it may be because the container \
                 runtime doesn't support this feature."
            ));
        }
        let name = self.name(session);
        let mut container = self.container(&name)?;
        container["securityContext"] = json!({"capabilities": {"add": ["SYS_PTRACE"]}});
        if !target.is_empty() {
            container["targetContainerName"] = target.into();
        }
        let patch = json!({"spec": {"ephemeralContainers": [container]}});
        let request = session.request(Verb::Patch, Kind::Pod, pod.metadata.namespace()).named(pod.metadata.name());
        let request = request.part(Subresource::EphemeralContainers).body(Body::Patch(PatchType::Strategic, patch));
        session.call(request)?;
        Ok((key_of(pod), name))
    }

    /// A copy of the Pod with one container more, or with other images.
    fn in_copy(&self, session: &mut Session<'_>, pod: &Pod) -> Result<(ObjectKey, String), Failure> {
        let old = Object::from(pod.clone()).to_value();
        let copy = self.flags.text_or_empty("copy-to");
        let mut spec = old["spec"].clone();
        if let Some(fields) = spec.as_object_mut() {
            fields.remove("ephemeralContainers");
            if !self.flags.yes("same-node") {
                fields.remove("nodeName");
            }
        }
        self.set_images(&mut spec)?;
        let adds = !self.flags.text_or_empty("image").is_empty();
        // A container of that name is changed, otherwise one is added.
        let known = |name: &str| pod.spec.containers.iter().position(|one| one.name == name);
        let mut name = self.flags.text_or_empty("container").to_owned();
        if adds {
            match known(&name) {
                Some(index) => {
                    let wanted = self.container(&name)?;
                    for (field, value) in wanted.as_object().into_iter().flatten() {
                        spec["containers"][index][field] = value.clone();
                    }
                }
                None => {
                    name = self.name(session);
                    let mut container = self.container(&name)?;
                    container["securityContext"] = json!({"capabilities": {"add": ["SYS_PTRACE"]}});
                    spec["containers"].as_array_mut().into_iter().for_each(|all| all.push(container.clone()));
                }
            }
            self.without_probes(&mut spec);
        }
        if adds && (!self.flags.has("share-processes") || self.flags.yes("share-processes")) {
            spec["shareProcessNamespace"] = true.into();
        }
        let mut meta = json!({"name": copy, "namespace": pod.metadata.namespace()});
        for (field, flag) in [("labels", "keep-labels"), ("annotations", "keep-annotations")] {
            if (!adds || self.flags.yes(flag)) && !old["metadata"][field].is_null() {
                meta[field] = old["metadata"][field].clone();
            }
        }
        let manifest = json!({"apiVersion": "v1", "kind": "Pod", "metadata": meta, "spec": spec});
        let made = make(session, pod.metadata.namespace(), manifest)?;
        if self.flags.yes("replace") {
            let options = crate::apiserver::DeleteOptions { grace_period_seconds: Some(0), ..Default::default() };
            let request = session.request(Verb::Delete, Kind::Pod, pod.metadata.namespace());
            session.call(request.named(pod.metadata.name()).body(Body::Delete(options)))?;
        }
        Ok((made, name))
    }

    /// `--set-image=app=image`, or `*=image` for all.
    fn set_images(&self, spec: &mut Value) -> Result<(), Failure> {
        for pair in self.flags.all("set-image").iter().flat_map(|pairs| pairs.split(',')) {
            let wrong = || Failure::text_of(format!("{pair} must be formatted as key=value"));
            let (name, image) = pair.split_once('=').ok_or_else(wrong)?;
            for container in spec["containers"].as_array_mut().into_iter().flatten() {
                if name == "*" || container["name"] == name {
                    container["image"] = image.into();
                }
            }
        }
        Ok(())
    }

    /// The profile takes the probes away, so that nothing restarts what is looked at.
    fn without_probes(&self, spec: &mut Value) {
        for container in spec["containers"].as_array_mut().into_iter().flatten().filter_map(Value::as_object_mut) {
            for (probe, flag) in [
                ("livenessProbe", "keep-liveness"),
                ("readinessProbe", "keep-readiness"),
                ("startupProbe", "keep-startup"),
            ] {
                if !self.flags.yes(flag) {
                    container.remove(probe);
                }
            }
        }
    }

    /// A Pod in the namespaces of a node, with the node's files below `/host`.
    fn on_node(&self, session: &mut Session<'_>, node: &str) -> Result<(ObjectKey, String), Failure> {
        let given = self.flags.text_or_empty("container");
        let name = if given.is_empty() { "debugger" } else { given };
        let pod = format!("node-debugger-{node}-{}", self.suffix);
        if !self.flags.yes("quiet") {
            session.line(&format!("Creating debugging pod {pod} with container {name} on node {node}."));
        }
        let mut container = self.container(name)?;
        container["volumeMounts"] = json!([{"name": "host-root", "mountPath": "/host"}]);
        let namespace = session.namespace();
        let manifest = json!({
            "apiVersion": "v1", "kind": "Pod",
            "metadata": {"name": pod, "namespace": &*namespace, "labels": {"app.kubernetes.io/managed-by": "kubectl-debug"}},
            "spec": {
                "containers": [container], "nodeName": node, "restartPolicy": "Never", "tolerations": [{"operator": "Exists"}],
                "hostIPC": true, "hostNetwork": true, "hostPID": true,
                "volumes": [{"name": "host-root", "hostPath": {"path": "/"}}],
            },
        });
        Ok((make(session, &namespace, manifest)?, name.to_owned()))
    }
}

fn key_of(pod: &Pod) -> ObjectKey {
    ObjectKey::new(Kind::Pod, pod.metadata.namespace(), pod.metadata.name())
}

fn make(session: &mut Session<'_>, namespace: &str, manifest: Value) -> Result<ObjectKey, Failure> {
    let request = session.request(Verb::Create, Kind::Pod, namespace).body(Body::Manifest(manifest));
    let response = session.call(request)?;
    let object = response.object().ok_or_else(|| Failure::text_of("the server answered with no Pod"))?;
    Ok(object.key())
}

/// Waits until the container runs, and attaches to it; when it has ended already its log is what it said.
fn attach_when_ready(session: &mut Session<'_>, flags: &Flags, pod: &ObjectKey, name: &str) -> Result<(), Failure> {
    let fields = format!("metadata.name={}", pod.name);
    let watch = session.watch(Kind::Pod, &pod.namespace, ["", &fields], None)?;
    loop {
        let (_, arrival) = session.next(&[watch])?;
        let events = match &*arrival {
            Arrival::Events(events) => events.clone(),
            Arrival::Closed(_) => return Err(Failure::text_of("the watch of the Pod has ended")),
            _ => continue,
        };
        for event in events {
            let Some(pod) = event.object.get::<Pod>() else { continue };
            match state_of(pod, name).and_then(|status| status.state.as_ref()) {
                Some(state) if state.terminated.is_some() => return log(session, &event.object.key(), name),
                Some(state) if state.running.is_some() => return attach::to(session, flags, pod, name),
                _ => {}
            }
        }
    }
}

fn state_of<'p>(pod: &'p Pod, name: &str) -> Option<&'p ContainerStatus> {
    let lists = [&pod.status.container_statuses, &pod.status.ephemeral_container_statuses];
    lists.into_iter().flatten().flatten().find(|status| status.name == name)
}

/// All that the container has written.
fn log(session: &mut Session<'_>, pod: &ObjectKey, name: &str) -> Result<(), Failure> {
    let options = LogOptions { container: Some(name.into()), ..LogOptions::default() };
    let request = session.request(Verb::Get, Kind::Pod, &pod.namespace).named(pod.name.clone());
    let handle = session.send(request.part(Subresource::Log).body(Body::Log(options)));
    exec::follow(session, handle)
}
