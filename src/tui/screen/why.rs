//! Why: how things stand, what led to it, what would have to be different.

use ratatui::buffer::Buffer;
use ratatui::layout::Rect;
use ratatui::text::{Line, Span};

use super::{Cover, Screen, ScreenName};
use crate::engine::SimTime;
use crate::model::{Object, ObjectKey, Pod};
use crate::session::WhyLink;
use crate::session::why::why;
use crate::tui::action::Action;
use crate::tui::ask::{Ask, TimeAsk};
use crate::tui::look::Look;
use crate::tui::mark;
use crate::tui::theme::Meaning;
use crate::tui::widget::{pane, scroll, text};

/// The explanation of one object.
pub struct WhyScreen {
    key: ObjectKey,
    top: usize,
}

impl WhyScreen {
    /// Explains an object.
    #[must_use]
    pub fn new(key: ObjectKey) -> Self {
        Self { key, top: 0 }
    }

    fn lines(&self, look: &Look<'_>, columns: usize) -> Vec<Line<'static>> {
        let Some(cluster) = look.cluster() else { return Vec::new() };
        let why = why(cluster, &self.key);
        let object = cluster.object(&self.key);
        let pod = object.as_ref().and_then(Object::get::<Pod>);
        let of_others = if why.state.is_empty() { Meaning::Text } else { Meaning::Warning };
        let meaning = pod.map_or(of_others, |pod| mark::pod(pod).1);
        let status = pod.map(|pod| mark::pod(pod).0).unwrap_or_default();
        let mut lines = vec![Line::from(vec![
            Span::styled(format!("{} {}", look.theme.sign(meaning), self.key), look.style(Meaning::Accent)),
            Span::styled(format!("  {status}"), look.style(meaning)),
        ])];
        let says_nothing = why.state == status || pod.is_some_and(|pod| why.state == pod.phase());
        let state = if says_nothing { Vec::new() } else { text::wrap(&why.state, columns) };
        lines.extend(state.into_iter().map(|line| text::line(line, look.style(meaning))));
        if !why.counterfactuals.is_empty() {
            lines.push(Line::default());
            lines.push(text::line(look.text("why-if"), look.style(Meaning::Accent)));
            for sentence in &why.counterfactuals {
                for (row, part) in text::wrap(sentence, columns.saturating_sub(2)).into_iter().enumerate() {
                    let head = if row == 0 { look.theme.pick("• ", "* ") } else { "  " };
                    lines.push(text::line(format!("{head}{part}"), look.style(Meaning::Good)));
                }
            }
        }
        if !why.refusals.is_empty() {
            lines.push(Line::default());
            lines.push(text::line(look.text("why-refused"), look.style(Meaning::Accent)));
            for refusal in &why.refusals {
                for (row, part) in text::wrap(&refusal.sentence(), columns.saturating_sub(2)).into_iter().enumerate() {
                    let head = if row == 0 { look.theme.pick("• ", "* ") } else { "  " };
                    lines.push(text::line(format!("{head}{part}"), look.style(Meaning::Warning)));
                }
            }
        }
        if !why.signals.is_empty() {
            lines.push(Line::default());
            lines.push(text::line(look.text("why-signals"), look.style(Meaning::Accent)));
            for (at, sentence) in &why.signals {
                lines.extend(dated(look, look.theme.pick("↯", "!"), *at, sentence, columns));
            }
        }
        lines.push(Line::default());
        lines.push(text::line(look.text("why-chain"), look.style(Meaning::Accent)));
        if why.chain.is_empty() {
            lines.push(text::line(look.text("why-no-chain"), look.style(Meaning::Muted)));
        }
        let mut chain: Vec<&WhyLink> = why.chain.iter().collect();
        // The same thing said by the one who asked and the one who did it is said once.
        chain.dedup_by_key(|link| (look.clock(link.at), link.sentence()));
        for (number, link) in chain.iter().enumerate() {
            let joint = if number == 0 { look.theme.pick("●", "o") } else { look.theme.pick("↑", "^") };
            lines.extend(dated(look, joint, link.at, &link.sentence(), columns));
        }
        if let Some(root) = chain.last() {
            lines.push(text::line(look.text(origin(look, root)), look.style(Meaning::Muted)));
        }
        lines
    }
}

/// A sentence with the instant before it.
fn dated(look: &Look<'_>, joint: &str, at: SimTime, sentence: &str, columns: usize) -> Vec<Line<'static>> {
    let when = format!("{joint} {:>10}  ", look.clock(at));
    let indent = text::width(&when);
    let parts = text::wrap(sentence, columns.saturating_sub(indent)).into_iter().enumerate();
    let line = |(row, part)| {
        let head = if row == 0 { when.clone() } else { " ".repeat(indent) };
        text::spans(vec![(head, look.style(Meaning::Muted)), (part, look.style(Meaning::Text))])
    };
    parts.map(line).collect()
}

/// What began a chain, as an id of the locale.
fn origin(look: &Look<'_>, root: &WhyLink) -> &'static str {
    let arrival = look.session().map_or(SimTime::ZERO, crate::session::Session::arrived_at);
    match &*root.actor {
        // Nobody types what comes from a file of the scenario.
        "kubectl" if root.at < arrival || root.text.ends_with("apply -f -") => "why-root-scenario",
        "kubectl" => "why-root-typed",
        "fault" => "why-root-fault",
        _ => "why-root",
    }
}

impl Screen for WhyScreen {
    fn name(&self) -> ScreenName {
        ScreenName::Why
    }

    fn title(&self, look: &Look<'_>) -> String {
        format!("{} {}", look.text("key-why"), self.key)
    }

    fn cover(&self, _look: &Look<'_>) -> Cover {
        Cover::Box { width: 86, height: 86 }
    }

    fn update(&mut self, action: &Action, look: &Look<'_>) -> Vec<Ask> {
        let inside = pane::inside(look.body);
        let count = self.lines(look, usize::from(inside.width).saturating_sub(2)).len();
        if let Some(top) = scroll::scrolled(self.top, action, count, usize::from(inside.height)) {
            self.top = top;
            return vec![Ask::Nothing];
        }
        match action {
            // One looks at why; the way back in time is to the moment that began it.
            Action::Rewind if look.session().is_some_and(|session| !session.is_in_the_past()) => {
                let chain = look.cluster().map(|cluster| why(cluster, &self.key).chain).unwrap_or_default();
                chain.last().map_or_else(Vec::new, |link| vec![Ask::Time(TimeAsk::LookAt(link.at))])
            }
            _ => Vec::new(),
        }
    }

    fn draw(&self, look: &Look<'_>, area: Rect, buffer: &mut Buffer) {
        let inside = pane::popup(buffer, area, look.theme, &self.title(look));
        let lines = self.lines(look, usize::from(inside.width).saturating_sub(2));
        let top = self.top.min(lines.len().saturating_sub(usize::from(inside.height)));
        let room = Rect { x: inside.x + 1, width: inside.width.saturating_sub(2), ..inside };
        text::put_lines(buffer, room, &lines[top..]);
        scroll::bar(buffer, inside, look.theme, top, lines.len());
    }
}
