//! Secrets: sizes, never contents.

use super::text::Text;
use crate::model::core::Secret;

pub(super) fn describe(text: &mut Text, secret: &Secret) {
    text.head(&secret.metadata);
    let type_ = secret.type_.as_deref().unwrap_or_default();
    text.line(0, format_args!("\nType:\t{type_}"));
    text.line(0, "\nData\n====");
    for (key, value) in secret.data.iter().flatten() {
        if key == "token" && type_ == "kubernetes.io/service-account-token" {
            text.field(0, key, String::from_utf8_lossy(&value.0));
        } else {
            text.field(0, key, format_args!("{} bytes", value.0.len()));
        }
    }
}
