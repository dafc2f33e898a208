//! Kinds of which the server checks little more than names, metadata and the types of their fields; and the reviews, which
//! are answered and never stored.

use crate::apiserver::field::Errors;
use crate::engine::SimTime;
use crate::model::apiregistration::APIService;
use crate::model::apps::ControllerRevision;
use crate::model::authentication::{SelfSubjectReview, TokenReview};
use crate::model::authorization::{
    LocalSubjectAccessReview, SelfSubjectAccessReview, SelfSubjectRulesReview, SubjectAccessReview,
};

use super::Strategy;

impl Strategy for ControllerRevision {
    fn validate(&self, errors: &mut Errors) {
        if self.data.is_none() {
            errors.required("data", "data is mandatory");
        }
        if self.revision < 0 {
            errors.invalid("revision", self.revision, "must be greater than or equal to 0");
        }
    }

    fn validate_update(&self, old: &Self, errors: &mut Errors) {
        if self.data != old.data {
            errors.invalid("data", serde_json::json!(self.data), "field is immutable");
        }
    }
}

impl Strategy for APIService {
    has_status!();
}

impl Strategy for SelfSubjectReview {}
impl Strategy for TokenReview {}
impl Strategy for LocalSubjectAccessReview {}
impl Strategy for SelfSubjectAccessReview {}
impl Strategy for SelfSubjectRulesReview {}
impl Strategy for SubjectAccessReview {}
