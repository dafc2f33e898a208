//! RuntimeClasses. Source: `pkg/apis/node/validation/validation.go`.

use crate::apiserver::field::Errors;
use crate::model::names;
use crate::model::node_api::RuntimeClass;

use super::Strategy;

impl Strategy for RuntimeClass {
    fn validate(&self, errors: &mut Errors) {
        errors.all_invalid("handler", &self.handler, names::dns1123_label(&self.handler));
    }

    fn validate_update(&self, old: &Self, errors: &mut Errors) {
        if self.handler != old.handler {
            errors.invalid("handler", self.handler.as_str(), "field is immutable");
        }
    }
}
