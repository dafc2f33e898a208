//! The message trace: who wrote what to whom. Enter goes up to what caused the chosen line.

use ratatui::buffer::Buffer;
use ratatui::layout::Rect;
use ratatui::text::{Line, Span};

use super::filter::Filter;
use super::{Screen, ScreenName, on_object};
use crate::engine::{Cause, CauseId};
use crate::model::ObjectKey;
use crate::tui::action::Action;
use crate::tui::ask::Ask;
use crate::tui::look::Look;
use crate::tui::theme::Meaning;
use crate::tui::widget::grid::{Cell, Grid};
use crate::tui::widget::{pane, scroll, text};

/// At most so many lines pass a filter: older ones are left out.
const FOUND_MAX: usize = 2_000;
/// Lines for the chain below the list.
const CHAIN_ROWS: u16 = 6;

/// The trace; it follows the newest line until one moves away from it.
#[derive(Default)]
pub struct TraceScreen {
    /// `None` follows the end.
    chosen: Option<CauseId>,
    filter: String,
    heartbeats: Heartbeats,
}

/// Whether the renewals of leases are shown: they are most of what is written in a quiet cluster.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
enum Heartbeats {
    #[default]
    Hidden,
    Shown,
}

impl TraceScreen {
    /// The lines that pass the filter, the newest last.
    fn lines<'a>(&self, look: &Look<'a>) -> Vec<(CauseId, &'a Cause)> {
        let Some(cluster) = look.cluster() else { return Vec::new() };
        let wanted = self.filter.to_lowercase();
        let passes = |cause: &Cause| {
            if self.heartbeats == Heartbeats::Hidden && cause.verb == "update" && cause.object.starts_with("leases/") {
                return false;
            }
            wanted.is_empty()
                || [&*cause.actor, cause.verb, &*cause.object, &*cause.text]
                    .iter()
                    .any(|part| part.to_lowercase().contains(&wanted))
        };
        let newest = cluster.trace().iter().rev().filter(|(_, cause)| passes(cause)).take(FOUND_MAX);
        let mut lines: Vec<_> = newest.collect();
        lines.reverse();
        lines
    }

    fn cursor(&self, lines: &[(CauseId, &Cause)]) -> usize {
        let last = lines.len().saturating_sub(1);
        self.chosen.map_or(last, |chosen| lines.partition_point(|(id, _)| *id < chosen).min(last))
    }
}

fn row(look: &Look<'_>, id: CauseId, cause: &Cause) -> Vec<Cell> {
    vec![
        (look.clock(cause.at), look.style(Meaning::Muted)),
        (format!("#{}", id.number()), look.style(Meaning::Muted)),
        (cause.actor.to_string(), look.style(actor_meaning(&cause.actor))),
        (cause.verb.to_owned(), look.style(Meaning::Key)),
        (cause.object.to_string(), look.style(Meaning::Text)),
        (cause.text.replace('\n', " "), look.style(Meaning::Muted)),
    ]
}

/// People and what breaks stand out from the machinery.
fn actor_meaning(actor: &str) -> Meaning {
    match actor {
        "fault" => Meaning::Bad,
        "kubectl" | "learner" => Meaning::Key,
        _ => Meaning::Accent,
    }
}

impl Screen for TraceScreen {
    fn name(&self) -> ScreenName {
        ScreenName::Trace
    }

    fn title(&self, look: &Look<'_>) -> String {
        look.text("view-trace")
    }

    fn update(&mut self, action: &Action, look: &Look<'_>) -> Vec<Ask> {
        let lines = self.lines(look);
        let cursor = self.cursor(&lines);
        if let Some(moved) = scroll::moved(cursor, action, lines.len(), usize::from(look.body.height) / 2) {
            self.chosen = (moved + 1 < lines.len()).then(|| lines.get(moved).map(|(id, _)| *id)).flatten();
            return vec![Ask::Nothing];
        }
        let Some((_, cause)) = lines.get(cursor) else { return Vec::new() };
        match action {
            Action::Enter => {
                if !cause.parent.is_some() {
                    return vec![Ask::Say(look.text("trace-root"))];
                }
                // What caused it may not pass the filter; it is shown all the same.
                self.filter.clear();
                self.heartbeats = Heartbeats::Shown;
                self.chosen = Some(cause.parent);
                vec![Ask::Nothing]
            }
            Action::Wide => {
                let is_hidden = self.heartbeats == Heartbeats::Hidden;
                self.heartbeats = if is_hidden { Heartbeats::Shown } else { Heartbeats::Hidden };
                vec![Ask::Nothing]
            }
            Action::Filter => vec![Ask::Open(Box::new(Filter::new(&self.filter)))],
            _ => ObjectKey::from_path(&cause.object).map_or_else(Vec::new, |key| on_object::asks(action, &key, look)),
        }
    }

    fn hear(&mut self, word: &str) {
        word.clone_into(&mut self.filter);
        self.chosen = None;
    }

    fn draw(&self, look: &Look<'_>, area: Rect, buffer: &mut Buffer) {
        let lines = self.lines(look);
        let cursor = self.cursor(&lines);
        let below_height = CHAIN_ROWS.min(area.height / 3);
        let list = Rect { height: area.height - below_height, ..area };
        let caption = if self.filter.is_empty() { String::new() } else { format!("  /{}", self.filter) };
        let total = look.cluster().map_or(0, |cluster| cluster.trace().len());
        let caption = format!("{}[{total}]{caption}", look.text("view-trace"));
        let inside = pane::frame(buffer, list, look.theme, &caption, pane::Focus::Here);
        let height = usize::from(inside.height).saturating_sub(1);
        let first = scroll::first(cursor, lines.len(), height);
        let rows: Vec<Vec<Cell>> =
            lines.iter().skip(first).take(height).map(|(id, cause)| row(look, *id, cause)).collect();
        let captions = ["events-time", "trace-number", "trace-who", "trace-did", "events-object", "trace-how"];
        let captions = captions.map(|id| look.text(id));
        let chosen = (!lines.is_empty()).then_some(cursor - first);
        Grid { captions: &captions, rows: &rows, chosen, shift: 0, keep: 4 }.draw(look.theme, inside, buffer);
        scroll::bar(buffer, inside, look.theme, first, lines.len());
        let below = Rect { y: list.bottom(), height: below_height, ..area };
        if let (Some((id, _)), Some(cluster)) = (lines.get(cursor), look.cluster()) {
            draw_chain(look, cluster.trace().chain(*id), below, buffer);
        }
    }
}

/// The causes of the chosen line, each one step further to the right.
fn draw_chain<'c>(look: &Look<'_>, chain: impl Iterator<Item = (CauseId, &'c Cause)>, area: Rect, buffer: &mut Buffer) {
    text::put_at(buffer, area, (1, 0), &look.text("trace-because"), look.style(Meaning::Accent));
    for (row, (id, cause)) in (1..area.height).zip(chain.skip(1)) {
        let indent = usize::from(row) * 2 - 1;
        let line = Line::from(vec![
            Span::raw(" ".repeat(indent)),
            Span::styled(format!("{} #{} ", look.theme.pick("└", "`"), id.number()), look.style(Meaning::Muted)),
            Span::styled(format!("{} ", cause.actor), look.style(actor_meaning(&cause.actor))),
            Span::styled(format!("{} {} ", cause.verb, cause.object), look.style(Meaning::Text)),
            Span::styled(cause.text.to_string(), look.style(Meaning::Muted)),
        ]);
        text::put(buffer, area, row, &line);
    }
}
