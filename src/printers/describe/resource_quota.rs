//! ResourceQuotas.

use super::text::Text;
use crate::model::core::ResourceQuota;
use crate::model::quantity::Quantity;
use crate::model::{Meta, metav1};

pub(super) fn describe(text: &mut Text, quota: &ResourceQuota) {
    text.field(0, "Name", quota.metadata.name());
    text.field(0, "Namespace", quota.metadata.namespace());
    rows(text, quota, 0, "----");
}

/// Scopes and resources, under a ruler of that length; inside a Namespace it is shorter.
pub(super) fn rows(text: &mut Text, quota: &ResourceQuota, level: usize, ruler: &str) {
    scopes(text, quota, level);
    text.line(level, "Resource\tUsed\tHard");
    text.line(level, format_args!("--------\t{ruler}\t{ruler}"));
    let status = quota.status.clone().unwrap_or_default();
    let used = status.used.unwrap_or_default();
    for (resource, hard) in status.hard.iter().flatten() {
        let used = used.get(resource).map_or_else(|| "0".to_owned(), |used| in_format_of(used, hard));
        text.line(level, format_args!("{resource}\t{used}\t{}", hard.0));
    }
}

/// What is used, in the family of suffixes in which the limit is written.
fn in_format_of(used: &metav1::WireQuantity, hard: &metav1::WireQuantity) -> String {
    match (Quantity::try_from(used), Quantity::try_from(hard)) {
        (Ok(amount), Ok(hard)) if amount.format() != hard.format() => {
            Quantity::from_value(amount.value()).with_format(hard.format()).to_string()
        }
        _ => used.0.clone(),
    }
}

fn scopes(text: &mut Text, quota: &ResourceQuota, level: usize) {
    let mut scopes = quota.spec.as_ref().and_then(|spec| spec.scopes.clone()).unwrap_or_default();
    if scopes.is_empty() {
        return;
    }
    scopes.sort();
    text.field(level, "Scopes", scopes.join(", "));
    let bullet = if level == 0 { " * " } else { "* " };
    for help in scopes.iter().filter_map(|scope| help(scope)) {
        text.line(level, format_args!("{bullet}{help}"));
    }
}

/// Source: `helpTextForResourceQuotaScope`.
fn help(scope: &str) -> Option<&'static str> {
    Some(match scope {
        "Terminating" => {
            "Matches all pods that have an active deadline. These pods have a limited lifespan on a node before being \
             actively terminated by the system."
        }
        "NotTerminating" => {
            "Matches all pods that do not have an active deadline. These pods usually include long running pods whose \
             container command is not expected to terminate."
        }
        "BestEffort" => {
            "Matches all pods that do not have resource requirements set. These pods have a best effort quality of service."
        }
        "NotBestEffort" => {
            "Matches all pods that have at least one resource requirement set. These pods have a burstable or guaranteed \
             quality of service."
        }
        _ => return None,
    })
}
