//! Taints and what tolerates them.
//!
//! Models `staging/src/k8s.io/component-helpers/scheduling/corev1/helpers.go`.

use k8s_openapi::api::core::v1::{Taint, Toleration};

/// Whether one of `tolerations` tolerates `taint`.
#[must_use]
pub fn is_tolerated(tolerations: &[Toleration], taint: &Taint) -> bool {
    tolerations.iter().any(|toleration| tolerates(toleration, taint))
}

/// Whether `toleration` tolerates `taint`: an empty effect stands for all effects, an empty key for all keys.
#[must_use]
pub fn tolerates(toleration: &Toleration, taint: &Taint) -> bool {
    let fits =
        |wanted: &Option<String>, held: &str| wanted.as_deref().is_none_or(|text| text.is_empty() || text == held);
    if !fits(&toleration.effect, &taint.effect) || !fits(&toleration.key, &taint.key) {
        return false;
    }
    match toleration.operator.as_deref() {
        None | Some("" | "Equal") => {
            toleration.value.as_deref().unwrap_or_default() == taint.value.as_deref().unwrap_or_default()
        }
        Some(operator) => operator == "Exists",
    }
}

/// `dedicated=db:NoSchedule`, as kubectl writes a taint.
#[must_use]
pub fn taint_text(taint: &Taint) -> String {
    match taint.value.as_deref() {
        None | Some("") => format!("{}:{}", taint.key, taint.effect),
        Some(value) => format!("{}={value}:{}", taint.key, taint.effect),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn toleration(key: &str, operator: &str, value: &str, effect: &str) -> Toleration {
        let text = |text: &str| Some(text.to_owned()).filter(|text| !text.is_empty());
        Toleration {
            key: text(key),
            operator: text(operator),
            value: text(value),
            effect: text(effect),
            toleration_seconds: None,
        }
    }

    #[test]
    fn key_value_and_effect_must_all_fit() {
        let taint =
            Taint { key: "team".into(), value: Some("db".into()), effect: "NoSchedule".into(), time_added: None };
        assert!(tolerates(&toleration("team", "", "db", ""), &taint));
        assert!(tolerates(&toleration("team", "Exists", "", "NoSchedule"), &taint));
        assert!(tolerates(&toleration("", "Exists", "", ""), &taint));
        assert!(!tolerates(&toleration("team", "Equal", "web", ""), &taint));
        assert!(!tolerates(&toleration("team", "Exists", "", "NoExecute"), &taint));
        assert_eq!(taint_text(&taint), "team=db:NoSchedule");
    }
}
