//! A text in several languages, as scenarios write it: `{en: …, zh-Hant: …}` or just a string in English.

use std::collections::BTreeMap;
use std::fmt;

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

/// The languages that podlab speaks.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize, JsonSchema)]
pub enum Language {
    /// English.
    #[default]
    #[serde(rename = "en")]
    English,
    /// Traditional Chinese.
    #[serde(rename = "zh-Hant")]
    TraditionalChinese,
    /// Simplified Chinese.
    #[serde(rename = "zh-Hans")]
    SimplifiedChinese,
}

impl Language {
    /// All of them.
    pub const ALL: [Self; 3] = [Self::English, Self::TraditionalChinese, Self::SimplifiedChinese];

    /// `en`, `zh-Hant`, `zh-Hans`.
    #[must_use]
    pub fn tag(self) -> &'static str {
        match self {
            Self::English => "en",
            Self::TraditionalChinese => "zh-Hant",
            Self::SimplifiedChinese => "zh-Hans",
        }
    }

    /// The language that a tag or a POSIX locale names: `zh-TW`, `zh_HK.UTF-8`, `zh`, `en_GB`; English for any other.
    #[must_use]
    pub fn from_tag(tag: &str) -> Self {
        let tag = tag.to_ascii_lowercase().replace('_', "-");
        if !tag.starts_with("zh") {
            return Self::English;
        }
        let traditional = ["hant", "tw", "hk", "mo"].iter().any(|part| tag.contains(part));
        if traditional { Self::TraditionalChinese } else { Self::SimplifiedChinese }
    }
}

impl fmt::Display for Language {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.pad(self.tag())
    }
}

/// A text in one or more languages.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(untagged)]
pub enum Text {
    /// None.
    #[default]
    #[serde(skip)]
    Empty,
    /// In English only.
    Plain(String),
    /// By language tag.
    ByLanguage(BTreeMap<String, String>),
}

impl Text {
    /// The text in `language`; Traditional and Simplified Chinese stand in for each other, English for both.
    #[must_use]
    pub fn get(&self, language: Language) -> &str {
        match self {
            Self::Empty => "",
            Self::Plain(text) => text,
            Self::ByLanguage(texts) => {
                let stand_in = match language {
                    Language::English => "en",
                    Language::TraditionalChinese => "zh-Hans",
                    Language::SimplifiedChinese => "zh-Hant",
                };
                [language.tag(), stand_in, "en"].iter().find_map(|tag| texts.get(*tag)).map_or("", String::as_str)
            }
        }
    }

    /// Whether the text exists in `language` itself.
    #[must_use]
    pub fn has(&self, language: Language) -> bool {
        match self {
            Self::Empty => false,
            Self::Plain(_) => language == Language::English,
            Self::ByLanguage(texts) => texts.contains_key(language.tag()),
        }
    }

    /// Whether there is no text at all.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        matches!(self, Self::Empty)
    }

    /// The texts by language tag.
    #[must_use]
    pub fn tags(&self) -> Vec<&str> {
        match self {
            Self::Empty => Vec::new(),
            Self::Plain(_) => vec!["en"],
            Self::ByLanguage(texts) => texts.keys().map(String::as_str).collect(),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_text_falls_back_to_what_can_be_read() {
        let text: Text = serde_json::from_value(serde_json::json!({"en": "node", "zh-Hant": "節點"})).unwrap();
        assert_eq!(text.get(Language::SimplifiedChinese), "節點");
        assert_eq!(text.get(Language::English), "node");
        assert!(!text.has(Language::SimplifiedChinese));
    }

    #[test]
    fn locales_name_a_language() {
        let language = |tag| Language::from_tag(tag);
        assert_eq!(language("zh_TW.UTF-8"), Language::TraditionalChinese);
        assert_eq!(language("zh-CN"), Language::SimplifiedChinese);
        assert_eq!(language("C.UTF-8"), Language::English);
    }
}
