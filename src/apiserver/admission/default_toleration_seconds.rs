//! DefaultTolerationSeconds: a Pod stays five minutes on a node that is not ready or unreachable, if it says nothing else.
//!
//! Source: `plugin/pkg/admission/defaulttolerationseconds/admission.go`.

use crate::model::Pod;
use crate::model::core::Toleration;

const TAINTS: [&str; 2] = ["node.kubernetes.io/not-ready", "node.kubernetes.io/unreachable"];
/// `--default-not-ready-toleration-seconds`, `--default-unreachable-toleration-seconds`.
const SECONDS: i64 = 300;

pub(super) fn admit(pod: &mut Pod) {
    for taint in TAINTS {
        let tolerates = |one: &Toleration| {
            let key = one.key.as_deref().unwrap_or_default();
            let effect = one.effect.as_deref().unwrap_or_default();
            (key == taint || key.is_empty()) && matches!(effect, "NoExecute" | "")
        };
        if pod.spec.tolerations.iter().flatten().any(tolerates) {
            continue;
        }
        pod.spec_mut().tolerations.get_or_insert_default().push(Toleration {
            key: Some(taint.into()),
            operator: Some("Exists".into()),
            effect: Some("NoExecute".into()),
            toleration_seconds: Some(SECONDS),
            ..Toleration::default()
        });
    }
}
