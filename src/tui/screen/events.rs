//! The timeline of events: what `kubectl get events` would show, in the order in which it happened.

use ratatui::buffer::Buffer;
use ratatui::layout::Rect;

use super::filter::Filter;
use super::{Screen, ScreenName, on_object};
use crate::engine::SimTime;
use crate::model::core::Event;
use crate::model::{Kind, Meta, ObjectKey, Resource, time};
use crate::tui::action::Action;
use crate::tui::ask::{Ask, TimeAsk};
use crate::tui::look::Look;
use crate::tui::mark;
use crate::tui::theme::Meaning;
use crate::tui::widget::grid::{Cell, Grid};
use crate::tui::widget::{pane, scroll, text};

/// The column that says who told of an event, and how wide the screen must be to have it: names of objects come first.
const SOURCE: usize = 4;
const WITH_SOURCE_MIN: u16 = 100;

/// The timeline; it follows the newest event until one moves away from it.
#[derive(Default)]
pub struct Events {
    /// `None` follows the end.
    cursor: Option<usize>,
    filter: String,
}

impl Events {
    fn events<'a>(&self, look: &Look<'a>) -> Vec<&'a Event> {
        let wanted = self.filter.to_lowercase();
        let holds = |text: Option<&str>| text.is_some_and(|text| text.to_lowercase().contains(&wanted));
        let passes = |event: &&Event| {
            wanted.is_empty()
                || holds(event.reason.as_deref())
                || holds(event.message.as_deref())
                || holds(event.involved_object.name.as_deref())
                || holds(event.type_.as_deref())
        };
        let mut events: Vec<&Event> =
            look.objects(Kind::Event).iter().filter_map(Event::of).map(|event| &**event).filter(passes).collect();
        // Their own times are whole seconds; the order in which they were written down is the order in which they happened.
        events.sort_by_key(|event| event.metadata.revision());
        events
    }

    fn row(look: &Look<'_>, event: &Event) -> Vec<Cell> {
        let kind = event.type_.as_deref().unwrap_or_default();
        let meaning = mark::word(kind);
        let about = about(event).map(|key| key.to_string()).unwrap_or_default();
        let count = event.count.filter(|count| *count > 1).map(|count| format!("x{count}")).unwrap_or_default();
        let source =
            event.source.as_ref().and_then(|source| source.component.clone()).filter(|source| !source.is_empty());
        let source = source.or_else(|| event.reporting_component.clone()).unwrap_or_default();
        vec![
            (look.clock(seen_at(look, event)), look.style(Meaning::Muted)),
            (format!("{} {}", look.theme.sign(meaning), event.reason.clone().unwrap_or_default()), look.style(meaning)),
            (about, look.style(Meaning::Text)),
            (count, look.style(Meaning::Busy)),
            (source, look.style(Meaning::Muted)),
            (event.message.clone().unwrap_or_default().replace('\n', " "), look.style(Meaning::Text)),
        ]
    }
}

/// When an event was written down last: to the millisecond where the trace remembers it, else as the event itself says.
fn seen_at(look: &Look<'_>, event: &Event) -> SimTime {
    let key = ObjectKey::new(Kind::Event, event.metadata.namespace(), event.metadata.name());
    let cluster = look.cluster();
    let cause = cluster.and_then(|cluster| cluster.trace().get(cluster.last_cause(&key)?));
    cause.map_or_else(|| last_seen(event), |cause| cause.at)
}

fn last_seen(event: &Event) -> SimTime {
    let series = event.series.as_ref().and_then(|series| series.last_observed_time.as_ref()).map(|at| at.0);
    let at = series.or(event.last_timestamp.as_ref().map(|at| at.0)).or(event.event_time.as_ref().map(|at| at.0));
    at.map_or_else(|| event.metadata.created_at(), time::sim_time)
}

/// The object that an event is about.
fn about(event: &Event) -> Option<ObjectKey> {
    let about = &event.involved_object;
    let kind = Kind::from_word(&about.kind.as_deref()?.to_lowercase())?;
    let namespace = if kind.is_namespaced() { about.namespace.clone().unwrap_or_default() } else { String::new() };
    Some(ObjectKey::new(kind, namespace, about.name.clone().unwrap_or_default()))
}

impl Screen for Events {
    fn name(&self) -> ScreenName {
        ScreenName::Events
    }

    fn title(&self, look: &Look<'_>) -> String {
        look.text("view-events")
    }

    fn update(&mut self, action: &Action, look: &Look<'_>) -> Vec<Ask> {
        let events = self.events(look);
        let last = events.len().saturating_sub(1);
        let here = self.cursor.unwrap_or(last).min(last);
        if let Some(cursor) = scroll::moved(here, action, events.len(), usize::from(look.body.height) / 2) {
            self.cursor = (cursor < last).then_some(cursor);
            return vec![Ask::Nothing];
        }
        match action {
            Action::Filter => vec![Ask::Open(Box::new(Filter::new(&self.filter)))],
            // The first r looks at the moment of the event, the next one makes it the present.
            Action::Rewind if look.session().is_some_and(|session| !session.is_in_the_past()) => {
                events.get(here).map_or_else(Vec::new, |event| vec![Ask::Time(TimeAsk::LookAt(seen_at(look, event)))])
            }
            _ => {
                let key = events.get(here).and_then(|event| about(event));
                key.map_or_else(Vec::new, |key| on_object::asks(action, &key, look))
            }
        }
    }

    fn hear(&mut self, word: &str) {
        word.clone_into(&mut self.filter);
        self.cursor = None;
    }

    fn draw(&self, look: &Look<'_>, area: Rect, buffer: &mut Buffer) {
        let events = self.events(look);
        let message_rows = 4.min(area.height / 4);
        let list = Rect { height: area.height - message_rows, ..area };
        let caption = if self.filter.is_empty() { String::new() } else { format!("  /{}", self.filter) };
        let caption = format!("{}[{}]{caption}", look.text("view-events"), events.len());
        let inside = pane::frame(buffer, list, look.theme, &caption, pane::Focus::Here);
        let height = usize::from(inside.height).saturating_sub(1);
        let last = events.len().saturating_sub(1);
        let cursor = self.cursor.unwrap_or(last).min(last);
        let first = scroll::first(cursor, events.len(), height);
        let mut rows: Vec<Vec<Cell>> =
            events.iter().skip(first).take(height).map(|event| Self::row(look, event)).collect();
        let captions =
            ["events-time", "events-reason", "events-object", "events-count", "events-from", "events-message"];
        let mut captions: Vec<String> = captions.iter().map(|id| look.text(id)).collect();
        if inside.width < WITH_SOURCE_MIN {
            captions.remove(SOURCE);
            rows.iter_mut().for_each(|row| drop(row.remove(SOURCE)));
        }
        let chosen = (!events.is_empty()).then_some(cursor - first);
        Grid { captions: &captions, rows: &rows, chosen, shift: 0, keep: 1 }.draw(look.theme, inside, buffer);
        scroll::bar(buffer, inside, look.theme, first, events.len());
        let below = Rect { y: list.bottom(), height: message_rows, ..area };
        if let Some(event) = events.get(cursor) {
            let message = event.message.as_deref().unwrap_or_default();
            for (row, line) in (0..).zip(text::wrap(message, usize::from(below.width).saturating_sub(2))) {
                text::put_at(buffer, below, (1, row), &line, look.style(Meaning::Text));
            }
        } else {
            text::put_at(buffer, inside, (2, 2), &look.text("events-none"), look.style(Meaning::Muted));
        }
    }
}
