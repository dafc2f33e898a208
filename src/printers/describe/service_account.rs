//! ServiceAccounts.

use super::text::Text;
use crate::model::core::ServiceAccount;

pub(super) fn describe(text: &mut Text, account: &ServiceAccount) {
    text.head(&account.metadata);
    let secrets = account.image_pull_secrets.iter().flatten();
    let names: Vec<&str> = secrets.map(|secret| secret.name.as_str()).collect();
    if names.is_empty() {
        text.field(0, "Image pull secrets", "<none>");
    }
    for (index, name) in names.into_iter().enumerate() {
        let header = if index == 0 { "Image pull secrets:" } else { "                   " };
        text.line(0, format_args!("{header}\t{name}"));
    }
}
