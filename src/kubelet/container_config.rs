//! What the kubelet tells the runtime about a container: command, variables, limits, user.
//!
//! Models `generateContainerConfig` in `pkg/kubelet/kuberuntime/kuberuntime_container.go`.

use crate::machine::ContainerConfig;
use crate::model::core::{Container, ResourceRequirements};
use crate::model::{Meta, Quantity};

use super::environment;
use super::pod_worker::PodWorker;
use super::qos;
use super::shared::Scope;

/// Why a container cannot be made.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum ConfigError {
    /// An object is still being read.
    Unknown,
    /// The text of `CreateContainerConfigError`.
    Wrong(String),
}

/// An amount in a container's resources, in the unit of `value`.
pub fn amount(list: Option<&ResourceRequirements>, is_limit: bool, name: &str) -> Option<Quantity> {
    let list = list?;
    let map = if is_limit { list.limits.as_ref() } else { list.requests.as_ref() };
    Quantity::parse(&map?.get(name)?.0).ok()
}

impl PodWorker {
    /// The configuration of a container as of now.
    ///
    /// # Errors
    /// When an object it names is missing or still being read, or when it may not run as the user it would run as.
    pub fn container_config(&mut self, slot: usize, scope: &mut Scope<'_, '_>) -> Result<ContainerConfig, ConfigError> {
        let pod = std::sync::Arc::clone(&self.pod);
        let spec = self.slots[slot].spec(&pod);
        let env = environment::of(self, spec, scope)?;
        let user = self.user(spec, scope)?;
        let resources = spec.resources.as_ref();
        let milli = |quantity: Quantity| quantity.milli_value().max(0) as u64;
        let context = spec.security_context.as_ref();
        let expand = |texts: &Option<Vec<String>>| {
            texts.iter().flatten().map(|text| environment::expand(text, &env)).collect::<Vec<_>>()
        };
        let attempt = match self.slots[slot].current {
            Some(_) => self.slots[slot].restarts(scope.machine) + 1,
            None => 0,
        };
        Ok(ContainerConfig {
            name: spec.name.as_str().into(),
            attempt,
            image: spec.image.as_deref().unwrap_or_default().into(),
            command: expand(&spec.command),
            args: expand(&spec.args),
            working_dir: spec.working_dir.clone().filter(|dir| !dir.is_empty()),
            user,
            mounts: self.mounts(spec, attempt, &env, scope)?,
            memory_limit: amount(resources, true, "memory").map(|limit| limit.value().max(0) as u64),
            cpu_limit_milli: amount(resources, true, "cpu").map(milli),
            cpu_request_milli: amount(resources, false, "cpu").map_or(0, milli),
            oom_score_adj: qos::oom_score_adj(&self.pod, spec, scope.machine.config().memory_bytes),
            read_only_root: context.is_some_and(|context| context.read_only_root_filesystem == Some(true)),
            stdin: spec.stdin == Some(true),
            stdin_once: spec.stdin_once == Some(true),
            tty: spec.tty == Some(true),
            target: self.target_of(&self.slots[slot]),
            termination_message_path: spec.termination_message_path.clone(),
            env,
        })
    }

    /// The numeric user, with the check of `runAsNonRoot` (`pkg/kubelet/kuberuntime/security_context.go`).
    fn user(&self, spec: &Container, scope: &Scope<'_, '_>) -> Result<Option<u32>, ConfigError> {
        let own = spec.security_context.as_ref();
        let of_pod = self.pod.spec.security_context.as_ref();
        let user = own.and_then(|own| own.run_as_user).or_else(|| of_pod.and_then(|pod| pod.run_as_user));
        let non_root = own.and_then(|own| own.run_as_non_root).or_else(|| of_pod.and_then(|pod| pod.run_as_non_root))
            == Some(true);
        let meta = &self.pod.metadata;
        let place =
            format!("(pod: \"{}_{}({})\", container: {})", meta.name(), meta.namespace(), meta.uid(), spec.name);
        let image_user = || {
            let image = spec.image.as_deref().unwrap_or_default();
            let info = scope.machine.image_status(image).ok().flatten();
            info.map(|info| info.user.split(':').next().unwrap_or_default().to_owned()).unwrap_or_default()
        };
        let wrong = |text: String| Err(ConfigError::Wrong(text));
        match (non_root, user) {
            (true, Some(0)) => wrong(format!("container's runAsUser breaks non-root policy {place}")),
            (true, None) => match image_user().as_str() {
                "" | "0" | "root" => wrong(format!("container has runAsNonRoot and image will run as root {place}")),
                name if name.parse::<u32>().is_err() => wrong(format!(
                    "container has runAsNonRoot and image has non-numeric user ({name}), cannot verify user is non-root {place}"
                )),
                _ => Ok(None),
            },
            (_, user) => Ok(user.and_then(|user| u32::try_from(user).ok())),
        }
    }
}
