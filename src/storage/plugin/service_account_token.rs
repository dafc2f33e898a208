//! The token of a service account, projected into a Pod.
//!
//! **Not modelled:** the signature. The token carries the claims that a real one would, and says in its header that nobody
//! signed it; it is made on the node instead of by the API's token request.

use base64::Engine as _;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use serde_json::{Value, json};

use crate::machine::VolumeRequest;
use crate::model::core::ServiceAccountTokenProjection;
use crate::model::{Meta, time};

/// Who issues tokens, and for whom they are by default. Source: kubeadm's `--service-account-issuer`.
const ISSUER: &str = "https://kubernetes.default.svc.cluster.local";
/// Source: `pkg/serviceaccount/claims.go` and the admission plugin: 3607 s.
const LIFETIME: i64 = 3607;

/// The token for a Pod.
#[must_use]
pub fn of(request: &VolumeRequest<'_>, source: &ServiceAccountTokenProjection) -> String {
    let meta = &request.pod.metadata;
    let namespace = meta.namespace();
    let account = request.pod.spec.service_account_name.as_deref().filter(|name| !name.is_empty()).unwrap_or("default");
    let issued = time::timestamp(request.now).as_second();
    let audience = source.audience.as_deref().filter(|audience| !audience.is_empty()).unwrap_or(ISSUER);
    let claims = json!({
        "aud": [audience],
        "exp": issued + source.expiration_seconds.unwrap_or(LIFETIME),
        "iat": issued,
        "nbf": issued,
        "iss": ISSUER,
        "kubernetes.io": {
            "namespace": namespace,
            "pod": {"name": meta.name(), "uid": meta.uid()},
            "serviceaccount": {"name": account},
        },
        "sub": format!("system:serviceaccount:{namespace}:{account}"),
    });
    let part = |value: &Value| URL_SAFE_NO_PAD.encode(value.to_string());
    format!("{}.{}.", part(&json!({"alg": "none", "typ": "JWT"})), part(&claims))
}
