//! The options of a write as a client gives them, in the URL or in the body of a deletion.
//!
//! Source: `apimachinery/pkg/apis/meta/v1/validation/validation.go`, `Validate{Create,Update,Patch,Delete}Options`.

use super::field::Errors;
use super::request::Verb;
use super::status::Status;

/// The longest name of a field manager. Source: `FieldManagerMaxLength`.
const MANAGER_LENGTH_MAX: usize = 128;
/// In the order in which upstream lists them.
const VALIDATIONS: [&str; 4] = ["", "Ignore", "Strict", "Warn"];
const POLICIES: [&str; 4] = ["Foreground", "Background", "Orphan", "nil"];

/// What was given, unread.
#[derive(Clone, Debug, Default)]
pub struct WriteOptions<'a> {
    /// `fieldManager`.
    pub field_manager: &'a str,
    /// Every `dryRun`.
    pub dry_run: Vec<&'a str>,
    /// `fieldValidation`.
    pub field_validation: &'a str,
    /// `propagationPolicy`, of a deletion.
    pub propagation: Option<&'a str>,
    /// Whether a deletion says `orphanDependents` too.
    pub says_orphan: bool,
}

impl WriteOptions<'_> {
    /// Whether this is what a write may be told.
    ///
    /// # Errors
    /// 422 about `CreateOptions`, `UpdateOptions`, `PatchOptions` or `DeleteOptions`.
    pub fn check(&self, verb: Verb) -> Result<(), Box<Status>> {
        let mut errors = Errors::default();
        let name = match verb {
            Verb::Create => "CreateOptions",
            Verb::Update => "UpdateOptions",
            Verb::Patch => "PatchOptions",
            Verb::Delete | Verb::DeleteCollection => "DeleteOptions",
            Verb::Get | Verb::List | Verb::Watch => return Ok(()),
        };
        if name == "DeleteOptions" {
            self.check_propagation(&mut errors);
            self.check_dry_run(&mut errors);
        } else {
            self.check_manager(&mut errors);
            self.check_dry_run(&mut errors);
            if !VALIDATIONS.contains(&self.field_validation) {
                errors.unsupported("fieldValidation", self.field_validation, &VALIDATIONS);
            }
        }
        if errors.is_empty() {
            return Ok(());
        }
        Err(Box::new(errors.into_invalid(&format!("{name}.meta.k8s.io"), "")))
    }

    fn check_propagation(&self, errors: &mut Errors) {
        let Some(policy) = self.propagation else { return };
        if self.says_orphan {
            errors.invalid("propagationPolicy", policy, "orphanDependents and deletionPropagation cannot be both set");
        }
        if !POLICIES[..3].contains(&policy) {
            errors.unsupported("propagationPolicy", policy, &POLICIES);
        }
    }

    fn check_dry_run(&self, errors: &mut Errors) {
        if self.dry_run.iter().any(|one| *one != "All") {
            errors.unsupported_value("dryRun", &self.dry_run[..].into(), &["All"]);
        }
    }

    fn check_manager(&self, errors: &mut Errors) {
        if self.field_manager.len() > MANAGER_LENGTH_MAX {
            errors.too_long("fieldManager", MANAGER_LENGTH_MAX);
        }
        for (at, letter) in self.field_manager.char_indices().filter(|(_, letter)| letter.is_control()) {
            let detail = format!("invalid character U+{:04X} (at position {at})", u32::from(letter));
            errors.invalid("fieldManager", self.field_manager, detail);
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn refusal(verb: Verb, options: &WriteOptions<'_>) -> String {
        options.check(verb).unwrap_err().message.clone()
    }

    #[test]
    fn wrong_options_are_refused_in_the_servers_words() {
        let options = WriteOptions { dry_run: vec!["yes"], field_validation: "strict", ..WriteOptions::default() };
        insta::assert_snapshot!(refusal(Verb::Create, &options), @r#"CreateOptions.meta.k8s.io "" is invalid: [dryRun: Unsupported value: ["yes"]: supported values: "All", fieldValidation: Unsupported value: "strict": supported values: "", "Ignore", "Strict", "Warn"]"#);
        let options = WriteOptions { propagation: Some("Never"), ..WriteOptions::default() };
        insta::assert_snapshot!(refusal(Verb::Delete, &options), @r#"DeleteOptions.meta.k8s.io "" is invalid: propagationPolicy: Unsupported value: "Never": supported values: "Foreground", "Background", "Orphan", "nil""#);
        let options = WriteOptions { field_manager: "a\u{7}", ..WriteOptions::default() };
        insta::assert_snapshot!(refusal(Verb::Update, &options), @r#"UpdateOptions.meta.k8s.io "" is invalid: fieldManager: Invalid value: "a\u0007": invalid character U+0007 (at position 1)"#);
        assert!(options.check(Verb::Get).is_ok());
    }
}
