//! What is wrong with the fields of an object, in the words of `apimachinery/pkg/util/validation/field/errors.go`.

use std::fmt::Display;

use serde_json::Value;

use crate::model::Kind;

use super::status::{Details, FieldCause, Reason, Status};

/// Faults of one object, in the order in which they were found.
#[derive(Clone, Debug, Default)]
pub(super) struct Errors {
    causes: Vec<FieldCause>,
}

impl Errors {
    /// Whether no fault was found.
    #[must_use]
    pub(super) fn is_empty(&self) -> bool {
        self.causes.is_empty()
    }

    /// `spec.containers: Required value: …`.
    pub(super) fn required(&mut self, field: impl Display, detail: &str) {
        self.add("FieldValueRequired", field, with_detail("Required value", detail));
    }

    /// `spec.replicas: Invalid value: -1: …`.
    pub(super) fn invalid(&mut self, field: impl Display, value: impl Into<Value>, detail: impl Display) {
        let message = format!("Invalid value: {}: {detail}", value.into());
        self.add("FieldValueInvalid", field, message);
    }

    /// One `Invalid value` for each of `messages`.
    pub(super) fn all_invalid(&mut self, field: impl Display, value: &str, messages: Vec<String>) {
        for message in messages {
            self.invalid(&field, value, message);
        }
    }

    /// `spec.restartPolicy: Unsupported value: "x": supported values: …`.
    pub(super) fn unsupported(&mut self, field: impl Display, value: &str, supported: &[&str]) {
        self.unsupported_value(field, &value.into(), supported);
    }

    /// The same of a value that is no text.
    pub(super) fn unsupported_value(&mut self, field: impl Display, value: &Value, supported: &[&str]) {
        let quoted: Vec<_> = supported.iter().map(|one| format!("\"{one}\"")).collect();
        let message = format!("Unsupported value: {value}: supported values: {}", quoted.join(", "));
        self.add("FieldValueNotSupported", field, message);
    }

    /// `spec.containers[1].name: Duplicate value: "app"`.
    pub(super) fn duplicate(&mut self, field: impl Display, value: impl Into<Value>) {
        self.add("FieldValueDuplicate", field, format!("Duplicate value: {}", value.into()));
    }

    /// `spec.containers[0].volumeMounts[0].name: Not found: "b"`.
    pub(super) fn not_found(&mut self, field: impl Display, value: &str) {
        self.add("FieldValueNotFound", field, format!("Not found: {}", Value::from(value)));
    }

    /// `spec: Forbidden: …`.
    pub(super) fn forbidden(&mut self, field: impl Display, detail: &str) {
        self.add("FieldValueForbidden", field, with_detail("Forbidden", detail));
    }

    /// `data: Too long: may not be more than 1048576 bytes`.
    pub(super) fn too_long(&mut self, field: impl Display, bytes_max: usize) {
        self.add("FieldValueTooLong", field, format!("Too long: may not be more than {bytes_max} bytes"));
    }

    /// `spec.list: Too many: 5: must have at most 3 items`.
    pub(super) fn too_many(&mut self, field: impl Display, count: i64, max: i64) {
        self.add("FieldValueTooMany", field, format!("Too many: {count}: must have at most {max} items"));
    }

    fn add(&mut self, reason: &str, field: impl Display, message: String) {
        let cause = FieldCause { reason: reason.to_owned(), message, field: field.to_string() };
        // `ErrorList.ToAggregate` leaves duplicates out.
        if !self.causes.contains(&cause) {
            self.causes.push(cause);
        }
    }

    /// 422: `Pod "web" is invalid: …`.
    #[must_use]
    pub(super) fn into_status(self, kind: Kind, name: &str) -> Status {
        let info = kind.info();
        let group_kind =
            if info.group.is_empty() { info.name.to_owned() } else { format!("{}.{}", info.name, info.group) };
        let mut status = self.into_invalid(&group_kind, name);
        if let Some(details) = &mut status.details {
            details.group = info.group.to_owned();
            details.kind = info.name.to_owned();
        }
        status
    }

    /// 422 about something that is no object, as a patch.
    #[must_use]
    pub(super) fn into_invalid(self, group_kind: &str, name: &str) -> Status {
        let texts: Vec<_> = self.causes.iter().map(|cause| format!("{}: {}", cause.field, cause.message)).collect();
        let what = match &texts[..] {
            [only] => only.clone(),
            _ => format!("[{}]", texts.join(", ")),
        };
        let mut status = Status::new(422, Reason::Invalid, format!("{group_kind} \"{name}\" is invalid: {what}"));
        status.details = Some(Box::new(Details { name: name.to_owned(), causes: self.causes, ..Details::default() }));
        status
    }
}

fn with_detail(type_: &str, detail: &str) -> String {
    if detail.is_empty() { type_.to_owned() } else { format!("{type_}: {detail}") }
}
