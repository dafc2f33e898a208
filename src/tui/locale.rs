//! The app's own texts in three languages, from `assets/locales/*.ftl` (Fluent).

use fluent_bundle::concurrent::FluentBundle;
use fluent_bundle::{FluentArgs, FluentResource, FluentValue};
use unic_langid::LanguageIdentifier;

use crate::scenario::Language;

const ENGLISH: &str = include_str!("../../assets/locales/en.ftl");
const TRADITIONAL_CHINESE: &str = include_str!("../../assets/locales/zh-Hant.ftl");
const SIMPLIFIED_CHINESE: &str = include_str!("../../assets/locales/zh-Hans.ftl");

/// The texts of one language, with English behind it.
pub struct Locale {
    language: Language,
    bundles: Vec<FluentBundle<FluentResource>>,
}

impl Locale {
    /// The texts of `language`.
    #[must_use]
    pub fn new(language: Language) -> Self {
        let mut bundles = vec![bundle(language)];
        if language != Language::English {
            bundles.push(bundle(Language::English));
        }
        Self { language, bundles }
    }

    /// The language.
    #[must_use]
    pub fn language(&self) -> Language {
        self.language
    }

    /// The text of `id`; the id itself when there is none, which a test rules out.
    #[must_use]
    pub fn text(&self, id: &str) -> String {
        self.format(id, None)
    }

    /// The text of `id` with values in it.
    #[must_use]
    pub fn with(&self, id: &str, values: &[(&'static str, FluentValue<'_>)]) -> String {
        let mut args = FluentArgs::new();
        for (name, value) in values {
            args.set(*name, value.clone());
        }
        self.format(id, Some(&args))
    }

    fn format(&self, id: &str, args: Option<&FluentArgs<'_>>) -> String {
        for bundle in &self.bundles {
            if let Some(pattern) = bundle.get_message(id).and_then(|message| message.value()) {
                // A text with a fault in it is shown as far as it goes; the test of the locales finds it.
                return bundle.format_pattern(pattern, args, &mut Vec::new()).into_owned();
            }
        }
        id.to_owned()
    }
}

fn source(language: Language) -> &'static str {
    match language {
        Language::English => ENGLISH,
        Language::TraditionalChinese => TRADITIONAL_CHINESE,
        Language::SimplifiedChinese => SIMPLIFIED_CHINESE,
    }
}

fn bundle(language: Language) -> FluentBundle<FluentResource> {
    let identifier: Option<LanguageIdentifier> = language.tag().parse().ok();
    let mut bundle = FluentBundle::new_concurrent(identifier.into_iter().collect());
    // Terminals show the marks that would isolate left-to-right text.
    bundle.set_use_isolating(false);
    let resource = FluentResource::try_new(source(language).to_owned()).unwrap_or_else(|(resource, _)| resource);
    bundle.add_resource_overriding(resource);
    bundle
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::collections::BTreeSet;

    fn ids(language: Language) -> BTreeSet<&'static str> {
        let is_id = |line: &&str| line.starts_with(|first: char| first.is_ascii_lowercase());
        source(language).lines().filter(is_id).filter_map(|line| line.split(" =").next()).collect()
    }

    #[test]
    fn every_text_exists_in_every_language() {
        for language in [Language::TraditionalChinese, Language::SimplifiedChinese] {
            let missing: Vec<_> = ids(Language::English).symmetric_difference(&ids(language)).copied().collect();
            assert_eq!(missing, Vec::<&str>::new(), "{language}");
        }
    }

    #[test]
    fn every_file_is_without_faults() {
        for language in Language::ALL {
            assert!(FluentResource::try_new(source(language).to_owned()).is_ok(), "{language}");
        }
    }
}
