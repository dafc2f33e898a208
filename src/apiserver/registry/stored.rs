//! Kinds of which the server checks little more than names, metadata and the types of their fields.

use crate::apiserver::field::Errors;
use crate::engine::SimTime;
use crate::model::apiregistration::APIService;
use crate::model::apps::ControllerRevision;

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
