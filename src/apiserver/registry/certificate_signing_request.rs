//! CertificateSigningRequests. Source: `pkg/registry/certificates/certificates/strategy.go`, `pkg/apis/certificates/validation`.
//!
//! Not modelled: the request itself is not parsed.

use serde_json::json;

use crate::apiserver::field::Errors;
use crate::engine::SimTime;
use crate::model::certificates::{CertificateSigningRequest, CertificateSigningRequestStatus};

use super::Strategy;

/// The shortest life that may be asked for. Source: `validateCertificateSigningRequest`.
const EXPIRATION_SECONDS_MIN: i32 = 600;

impl Strategy for CertificateSigningRequest {
    fn prepare_for_create(&mut self, _now: SimTime) {
        self.status = Some(CertificateSigningRequestStatus::default());
    }

    fn prepare_for_update(&mut self, old: &Self) {
        self.spec.clone_from(&old.spec);
        self.status.clone_from(&old.status);
    }

    fn take_status(&mut self, from: &Self) {
        self.status.clone_from(&from.status);
    }

    fn validate(&self, errors: &mut Errors) {
        let spec = &self.spec;
        if spec.request.0.is_empty() {
            let detail = "unable to parse bytes as PEM block";
            errors.invalid("spec.request", json!(spec.request), detail);
        }
        if spec.usages.as_ref().is_none_or(Vec::is_empty) {
            errors.required("spec.usages", "usages must be provided");
        }
        if spec.signer_name.is_empty() {
            errors.required("spec.signerName", "");
        } else if !spec.signer_name.contains('/') {
            let detail = "must be a fully qualified domain and path of the form 'example.com/signer-name'";
            errors.invalid("spec.signerName", spec.signer_name.as_str(), detail);
        }
        if let Some(seconds) = spec.expiration_seconds.filter(|seconds| *seconds < EXPIRATION_SECONDS_MIN) {
            errors.invalid(
                "spec.expirationSeconds",
                seconds,
                "may not specify a duration less than 600 seconds (10 minutes)",
            );
        }
    }
}
