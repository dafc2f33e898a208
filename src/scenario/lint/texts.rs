//! Texts: every language is complete, and hints do not give the answer away too soon.

use crate::scenario::command::Command;
use crate::scenario::spec::Hint;
use crate::scenario::text::{Language, Text};

use super::Lint;

/// The tiers of hints that must not contain a whole command of a solution.
const DISCREET_HINTS: usize = 2;
/// Shorter commands are too common to call a hint that names them a leak.
const LEAK_MIN: usize = 20;

impl Lint<'_> {
    /// Every text in every language, and the hints.
    pub(super) fn texts(&mut self) {
        let scenario = self.scenario;
        let spec = scenario.spec();
        self.text("/spec/title", &spec.title, true);
        self.text("/spec/summary", &spec.summary, false);
        self.text("/spec/debrief", &spec.debrief, false);
        if spec.debrief.is_empty() {
            let hint = "say what to take home and where to look at it once more".to_owned();
            self.warning("/spec", "there is no debrief", hint);
        }
        for (index, step) in spec.steps.iter().enumerate() {
            let at = format!("/spec/steps/{index}");
            self.text(&format!("{at}/say"), &step.say, true);
            if let Some(predict) = &step.predict {
                self.text(&format!("{at}/predict/ask"), &predict.ask, true);
                self.text(&format!("{at}/predict/because"), &predict.because, false);
                for (number, option) in predict.options.iter().enumerate() {
                    self.text(&format!("{at}/predict/options/{number}"), option, true);
                }
            }
            if let Some(goal) = &step.goal {
                self.text(&format!("{at}/goal/title"), &goal.title, true);
            }
            for (number, hint) in step.hints.iter().enumerate() {
                self.hint(&format!("{at}/hints/{number}"), number, hint);
            }
        }
        for (index, wrong) in spec.wrong.iter().enumerate() {
            self.text(&format!("/spec/wrong/{index}/because"), &wrong.because, true);
        }
    }

    fn hint(&mut self, at: &str, tier: usize, hint: &Hint) {
        let texts: Vec<(String, &Text)> = match hint {
            Hint::Plain(text) => vec![(at.to_owned(), text)],
            Hint::When { say, otherwise, .. } => {
                vec![(format!("{at}/say"), say), (format!("{at}/otherwise"), otherwise)]
            }
        };
        for (pointer, text) in texts {
            self.text(&pointer, text, true);
            if tier < DISCREET_HINTS {
                self.leak(&pointer, text);
            }
        }
    }

    fn leak(&mut self, at: &str, text: &Text) {
        let scenario = self.scenario;
        let lines = scenario.spec().solutions.iter().flat_map(|solution| &solution.run);
        for line in lines {
            let Ok(Command::Kubectl(line)) = Command::parse(line) else { continue };
            let changes =
                !["get", "describe", "logs", "events", "top", "explain"].iter().any(|verb| line.starts_with(verb));
            let leaks = Language::ALL.iter().any(|language| text.has(*language) && text.get(*language).contains(&line));
            if changes && leaks && line.len() >= LEAK_MIN {
                let hint = "the third hint may give the whole answer, the first two must not".to_owned();
                self.error(at, format!("this hint contains a whole command of a solution: {line}"), hint);
            }
        }
    }

    fn text(&mut self, at: &str, text: &Text, is_required: bool) {
        if text.is_empty() {
            if is_required {
                self.error(at, "a text is missing here", "write {en: …, zh-Hant: …}".to_owned());
            }
            return;
        }
        for tag in text.tags() {
            if !Language::ALL.iter().any(|language| language.tag() == tag) {
                let hint = "languages are en, zh-Hant and zh-Hans".to_owned();
                self.error(at, format!("\"{tag}\" is no language of podlab"), hint);
            }
        }
        // Simplified Chinese falls back to Traditional Chinese and may be left out.
        for language in [Language::English, Language::TraditionalChinese] {
            if !text.has(language) {
                let message = format!("the text lacks {language}");
                match language {
                    Language::English => self.error(at, message, None),
                    _ => self.warning(at, message, None),
                }
            } else if text.get(language).trim().is_empty() {
                self.error(at, format!("the {language} text is empty"), None);
            }
        }
    }
}
