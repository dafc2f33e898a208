//! Which objects a list or a watch is about: namespace, labels, fields.

use std::sync::Arc;

use crate::model::{FieldSelector, Kind, Meta, Object, Selector};

use super::fields;
use super::request::Request;
use super::status::Status;

/// What a list or a watch selects.
#[derive(Clone, Debug)]
pub(super) struct Selection {
    kind: Kind,
    namespace: Arc<str>,
    labels: Selector,
    fields: FieldSelector,
}

impl Selection {
    /// What `request` selects; a name in the request is a field selector too.
    ///
    /// # Errors
    /// 400 in the words of the parsers.
    pub(super) fn of(request: &Request) -> Result<Self, Box<Status>> {
        let refused = |error: String| Box::new(Status::bad_request(error));
        let labels = match request.options.label_selector.as_deref() {
            None | Some("") => Selector::everything(),
            Some(text) => Selector::parse(text).map_err(|error| refused(error.to_string()))?,
        };
        let mut fields = FieldSelector::default();
        if let Some(text) = request.options.field_selector.as_deref().filter(|text| !text.is_empty()) {
            fields = FieldSelector::parse(text).map_err(|error| refused(error.to_string()))?;
            fields.check(fields::supported(request.kind)).map_err(|error| refused(error.to_string()))?;
        }
        if !request.name.is_empty() {
            let text = format!("metadata.name={}", request.name);
            fields = FieldSelector::parse(&text).map_err(|error| refused(error.to_string()))?;
        }
        Ok(Self { kind: request.kind, namespace: Arc::clone(&request.namespace), labels, fields })
    }

    /// The kind.
    #[must_use]
    pub(super) fn kind(&self) -> Kind {
        self.kind
    }

    /// The namespace; empty for all.
    #[must_use]
    pub(super) fn namespace(&self) -> &Arc<str> {
        &self.namespace
    }

    /// The value that a field must have, if one is asked for.
    #[must_use]
    pub(super) fn required(&self, field: &str) -> Option<&str> {
        self.fields.required_value(field)
    }

    /// Whether every object of the namespace is meant.
    #[must_use]
    pub(super) fn is_everything(&self) -> bool {
        self.labels.is_empty() && self.fields.is_empty()
    }

    /// Whether this object, of the right kind, is meant.
    #[must_use]
    pub(super) fn matches(&self, object: &Object) -> bool {
        (self.namespace.is_empty() || *self.namespace == *object.namespace())
            && (self.labels.is_empty() || self.labels.matches(object.meta().label_map()))
            && (self.fields.is_empty() || self.fields.matches(|field| fields::value(object, field)))
    }
}
