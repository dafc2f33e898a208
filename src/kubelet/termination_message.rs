//! The last words of a container: its termination message file, or the end of its log.
//!
//! Models `getTerminationMessage` in `pkg/kubelet/kuberuntime/kuberuntime_container.go`.

use crate::machine::{ContainerStatus, Exit, Machine};
use crate::model::core::Container;

/// Of a log at the most so many lines and bytes are taken. Source: `pkg/kubelet/container/runtime.go`,
/// `MaxContainerTerminationMessageLogLines`, `…LogLength`.
const LOG_LINES_MAX: usize = 80;
const LOG_BYTES_MAX: usize = 2048;

/// What becomes of `terminated.message`.
#[must_use]
pub fn of(runtime: &ContainerStatus, exit: &Exit, spec: &Container, machine: &Machine) -> String {
    let mut text = machine.termination_message(runtime.id);
    let falls_back = spec.termination_message_policy.as_deref() == Some("FallbackToLogsOnError");
    if text.is_empty() && falls_back && exit.code != 0 {
        text = log_tail(runtime, machine);
    }
    match (exit.message.is_empty(), text.is_empty()) {
        (true, _) => text,
        (false, true) => exit.message.to_string(),
        (false, false) => format!("{}: {text}", exit.message),
    }
}

fn log_tail(runtime: &ContainerStatus, machine: &Machine) -> String {
    let mut lines = Vec::new();
    let mut bytes = 0;
    for line in machine.logs(runtime.id).rev().take(LOG_LINES_MAX) {
        bytes += line.text.len() + 1;
        if bytes > LOG_BYTES_MAX {
            break;
        }
        lines.push(format!("{}\n", line.text));
    }
    lines.reverse();
    lines.concat()
}
