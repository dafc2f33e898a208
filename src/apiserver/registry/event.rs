//! Events. Source: `pkg/registry/core/event/strategy.go`, `pkg/apis/core/validation/events.go`.

use crate::apiserver::field::Errors;
use crate::model::Meta;
use crate::model::core::Event;

use super::Strategy;

/// Longest note. Source: `NoteLengthLimit`.
const MESSAGE_MAX: usize = 1024;

impl Strategy for Event {
    fn validate(&self, errors: &mut Errors) {
        let involved = self.involved_object.namespace.as_deref().unwrap_or_default();
        let expected = if involved.is_empty() { "default" } else { involved };
        if self.metadata.namespace() != expected && !(involved.is_empty() && self.metadata.namespace() == "kube-system")
        {
            errors.invalid("involvedObject.namespace", involved, "does not match event.namespace");
        }
        if self.event_time.is_some() && self.message.as_ref().is_some_and(|message| message.len() > MESSAGE_MAX) {
            errors.too_long("message", MESSAGE_MAX);
        }
    }
}
