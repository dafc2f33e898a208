//! What the end of a command or a connection means for a probe, in the prober's own words.
//!
//! Models `pkg/probe/{exec,http,tcp,grpc}`.

use crate::machine::{Happening, SocketOutcome};

use super::pod_worker::PodWorker;
use super::probe::{Finding, ProbeKind};

/// Output beyond this is cut. Source: `pkg/probe/exec/exec.go`, `maxReadLength`.
const OUTPUT_MAX: usize = 10 << 10;

/// What a happening tells a probe; `None` when it tells it nothing.
#[must_use]
pub fn of(worker: &PodWorker, slot: usize, kind: ProbeKind, happening: &Happening) -> Option<Finding> {
    Some(match happening {
        Happening::ExecFinished { exit_code: 0, .. } => Finding::Success,
        Happening::ExecFinished { output, .. } => Finding::Failure(text(output)),
        Happening::ExecTimedOut { .. } => {
            let (command, timeout) = worker.probe_command(slot, kind);
            Finding::Failure(format!("command timed out: \"{command}\" timed out after {timeout}"))
        }
        Happening::ExecFailed { error, .. } => Finding::Errored(format!("rpc error: code = Unknown desc = {error}")),
        Happening::SocketDone { outcome, .. } => of_socket(worker, slot, kind, outcome)?,
        _ => return None,
    })
}

fn of_socket(worker: &PodWorker, slot: usize, kind: ProbeKind, outcome: &SocketOutcome) -> Option<Finding> {
    let spec = worker.slots[slot].spec(&worker.pod);
    let probes = [spec.startup_probe.as_ref(), spec.liveness_probe.as_ref(), spec.readiness_probe.as_ref()];
    if probes[kind as usize].is_some_and(|probe| probe.grpc.is_some()) {
        return of_grpc(outcome);
    }
    let is_http = probes[kind as usize].is_some_and(|probe| probe.http_get.is_some());
    let address = worker.probe_address(slot, kind);
    let failure = |words: String| match is_http {
        true => Finding::Failure(format!("Get \"{}\": {words}", worker.probe_url(slot, kind))),
        false => Finding::Failure(words),
    };
    Some(match outcome {
        SocketOutcome::Connected => Finding::Success,
        SocketOutcome::Answered(response) if (200..400).contains(&response.status) => Finding::Success,
        SocketOutcome::Answered(response) => {
            Finding::Failure(format!("HTTP probe failed with statuscode: {}", response.status))
        }
        SocketOutcome::Refused => failure(format!("dial tcp {address}: connect: connection refused")),
        SocketOutcome::Reset => failure(format!("read tcp {address}: read: connection reset by peer")),
        // Nothing comes back: the probe's own time-out ends it.
        SocketOutcome::Unreachable => return None,
    })
}

/// The answer of `grpc.health.v1.Health`: the state stands in the body; a program that is not ready answers 503.
fn of_grpc(outcome: &SocketOutcome) -> Option<Finding> {
    let unhealthy = |state: &str| Finding::Failure(format!("service unhealthy (responded with {state:?})"));
    match outcome {
        SocketOutcome::Answered(response) if response.status == 503 => Some(unhealthy("NOT_SERVING")),
        SocketOutcome::Answered(response) => Some(match String::from_utf8_lossy(&response.body).trim() {
            "SERVING" if response.status == 200 => Finding::Success,
            state @ ("NOT_SERVING" | "UNKNOWN" | "SERVICE_UNKNOWN") => unhealthy(state),
            _ => Finding::Failure(
                "error: this server does not implement the grpc health protocol (grpc.health.v1.Health): unknown service \
                 grpc.health.v1.Health"
                    .to_owned(),
            ),
        }),
        // The dialer tries again and again until the probe's own time-out.
        _ => None,
    }
}

fn text(output: &[u8]) -> String {
    String::from_utf8_lossy(&output[..output.len().min(OUTPUT_MAX)]).into_owned()
}
