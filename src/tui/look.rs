//! What a screen may look at while it draws or decides: everything by reference, nothing to change.

use ratatui::layout::Rect;
use ratatui::style::Style;

use crate::engine::SimTime;
use crate::model::{Kind, Object};
use crate::scenario::Language;
use crate::session::{Cluster, Session};

use super::locale::Locale;
use super::play::Play;
use super::shelf::Shelf;
use super::theme::{Meaning, Theme};

/// What a screen may look at.
#[derive(Clone, Copy)]
pub struct Look<'a> {
    /// Colours and characters.
    pub theme: Theme,
    /// Texts.
    pub locale: &'a Locale,
    /// Scenarios and progress.
    pub shelf: &'a Shelf,
    /// The session being played, and what goes with it.
    pub play: Option<&'a Play>,
    /// Where the screen in front is drawn.
    pub body: Rect,
}

impl<'a> Look<'a> {
    /// The session.
    #[must_use]
    pub fn session(&self) -> Option<&'a Session> {
        self.play.map(|play| &play.session)
    }

    /// The cluster, at the instant that is being looked at.
    #[must_use]
    pub fn cluster(&self) -> Option<&'a Cluster> {
        self.play.map(|play| play.session.cluster())
    }

    /// The objects of a kind, by namespace and name.
    #[must_use]
    pub fn objects(&self, kind: Kind) -> &'a [Object] {
        self.play.map_or(&[], |play| play.facts.objects(kind, play.session.cluster()))
    }

    /// The instant that is being looked at.
    #[must_use]
    pub fn now(&self) -> SimTime {
        self.play.map_or(SimTime::ZERO, |play| play.session.now())
    }

    /// The language.
    #[must_use]
    pub fn language(&self) -> Language {
        self.locale.language()
    }

    /// The style of a meaning.
    #[must_use]
    pub fn style(&self, meaning: Meaning) -> Style {
        self.theme.style(meaning)
    }

    /// A text of the locale.
    #[must_use]
    pub fn text(&self, id: &str) -> String {
        self.locale.text(id)
    }

    /// An instant as the learner counts: from the arrival, `+1:23.456`; `-` before it.
    #[must_use]
    pub fn clock(&self, at: SimTime) -> String {
        clock(at, self.session().map_or(SimTime::ZERO, Session::arrived_at))
    }
}

/// `1:23.456` from `zero` on, `-0:12.000` before it.
#[must_use]
pub fn clock(at: SimTime, zero: SimTime) -> String {
    let (sign, span) = if at < zero { ("-", zero.since(at)) } else { ("", at.since(zero)) };
    let (seconds, millis) = (span.as_secs(), span.as_millis() % 1_000);
    let (hours, minutes, seconds) = (seconds / 3_600, seconds / 60 % 60, seconds % 60);
    if hours > 0 {
        format!("{sign}{hours}:{minutes:02}:{seconds:02}.{millis:03}")
    } else {
        format!("{sign}{minutes}:{seconds:02}.{millis:03}")
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_clock_counts_from_the_arrival() {
        let arrival = SimTime::from_secs(55);
        assert_eq!(clock(SimTime::from_secs(138), arrival), "1:23.000");
        assert_eq!(clock(SimTime::from_secs(43), arrival), "-0:12.000");
    }
}
