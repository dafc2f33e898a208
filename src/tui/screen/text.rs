//! Long texts: descriptions, manifests, logs. They are made anew from the cluster at every frame, so they live.

use ratatui::buffer::Buffer;
use ratatui::layout::Rect;
use ratatui::style::Modifier;
use ratatui::text::{Line, Span};

use super::filter::Filter;
use super::{Screen, ScreenName, on_object};
use crate::model::{Kind, Object, ObjectKey, yaml};
use crate::printers::describe::needs;
use crate::printers::{Related, describe, manifest};
use crate::tui::action::Action;
use crate::tui::ask::Ask;
use crate::tui::breaking::{Piece, wrap};
use crate::tui::look::Look;
use crate::tui::mark;
use crate::tui::markdown::paint_yaml;
use crate::tui::theme::Meaning;
use crate::tui::widget::{pane, scroll, text};

/// Where a text comes from.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Source {
    /// `kubectl describe`.
    Describe(ObjectKey),
    /// `kubectl get -o yaml`.
    Yaml(ObjectKey),
    /// `kubectl logs`.
    Logs {
        /// Of this Pod.
        pod: ObjectKey,
        /// Of the instance before the present one.
        is_previous: bool,
    },
}

/// A long text.
pub struct TextScreen {
    source: Source,
    top: usize,
    shift: usize,
    follows: bool,
    wraps: bool,
    found: String,
}

impl TextScreen {
    /// The text of a source, from its beginning; a log from its end.
    #[must_use]
    pub fn new(source: Source) -> Self {
        let follows = matches!(source, Source::Logs { .. });
        Self { source, top: 0, shift: 0, follows, wraps: follows, found: String::new() }
    }

    fn key(&self) -> &ObjectKey {
        match &self.source {
            Source::Describe(key) | Source::Yaml(key) | Source::Logs { pod: key, .. } => key,
        }
    }

    fn rows(&self, look: &Look<'_>, columns: usize) -> Vec<Vec<Piece>> {
        let rows = self.painted(look);
        if self.wraps { rows.iter().flat_map(|row| wrap(row, columns)).collect() } else { rows }
    }

    fn painted(&self, look: &Look<'_>) -> Vec<Vec<Piece>> {
        let Some(cluster) = look.cluster() else { return Vec::new() };
        let gone = || {
            vec![vec![(
                look.locale.with("text-gone", &[("object", self.key().to_string().into())]),
                look.style(Meaning::Warning),
            )]]
        };
        match &self.source {
            Source::Describe(key) => {
                cluster.object(key).map_or_else(gone, |object| paint_describe(&described(look, &object), look))
            }
            Source::Yaml(key) => cluster
                .object(key)
                .map_or_else(gone, |object| paint_yaml(&yaml::write(&manifest::value(&object)), look.theme)),
            Source::Logs { pod, is_previous } => {
                let style = |meaning| look.style(meaning);
                match cluster.logs(pod, *is_previous) {
                    Ok(log) if log.is_empty() => vec![vec![(look.text("text-no-log"), style(Meaning::Muted))]],
                    Ok(log) => log.lines().map(|line| vec![(line.to_owned(), style(Meaning::Text))]).collect(),
                    Err(why) => vec![vec![(why, style(Meaning::Warning))]],
                }
            }
        }
    }

    fn find(&mut self, rows: &[Vec<Piece>], from: usize) {
        let wanted = self.found.to_lowercase();
        let holds = |row: &Vec<Piece>| {
            row.iter().map(|(text, _)| text.as_str()).collect::<String>().to_lowercase().contains(&wanted)
        };
        let after = (from..rows.len()).find(|index| holds(&rows[*index]));
        if let Some(index) = after.or_else(|| rows.iter().position(holds)) {
            self.top = index;
            self.follows = false;
        }
    }
}

/// The description of an object, with what it needs to know of others.
#[must_use]
pub fn described(look: &Look<'_>, object: &Object) -> String {
    let mut kinds: Vec<Kind> = needs(object).iter().map(|need| need.kind).collect();
    kinds.dedup();
    let objects: Vec<Object> = kinds.into_iter().flat_map(|kind| look.objects(kind)).cloned().collect();
    describe(object, &Related { now: look.now(), objects: &objects, with_events: true })
}

/// Field names stand out; words that mean something have its colour.
fn paint_describe(text: &str, look: &Look<'_>) -> Vec<Vec<Piece>> {
    let paint = |line: &str| {
        let (name, rest) = match line.split_once(':') {
            Some((name, rest)) if rest.is_empty() || rest.starts_with(' ') => (name, Some(rest)),
            _ => ("", None),
        };
        let mut pieces = Vec::new();
        if rest.is_some() {
            pieces.push((format!("{name}:"), look.style(Meaning::Accent).remove_modifier(Modifier::BOLD)));
        }
        let value = rest.unwrap_or(line);
        let first = value.split_whitespace().next().unwrap_or_default();
        let meaning = match mark::word(first) {
            Meaning::Bad | Meaning::Warning => mark::word(first),
            other if rest.is_some() => other,
            _ => Meaning::Text,
        };
        pieces.push((value.to_owned(), look.style(meaning)));
        pieces
    };
    text.lines().map(paint).collect()
}

impl Screen for TextScreen {
    fn name(&self) -> ScreenName {
        ScreenName::Text
    }

    fn title(&self, look: &Look<'_>) -> String {
        let id = match &self.source {
            Source::Describe(_) => "text-describe",
            Source::Yaml(_) => "text-yaml",
            Source::Logs { is_previous: false, .. } => "text-logs",
            Source::Logs { is_previous: true, .. } => "text-previous",
        };
        format!("{} {}", look.text(id), self.key())
    }

    fn update(&mut self, action: &Action, look: &Look<'_>) -> Vec<Ask> {
        let inside = pane::inside(look.body);
        let rows = self.rows(look, usize::from(inside.width));
        let height = usize::from(inside.height);
        let here = if self.follows { rows.len().saturating_sub(height) } else { self.top };
        if let Some(top) = scroll::scrolled(here, action, rows.len(), height) {
            self.top = top;
            self.follows = *action == Action::Bottom;
            return vec![Ask::Nothing];
        }
        match action {
            Action::Left => self.shift = self.shift.saturating_sub(8),
            Action::Right => self.shift += 8,
            Action::Wrap => self.wraps = !self.wraps,
            Action::Follow => self.follows = !self.follows,
            Action::FindNext => self.find(&rows, here + 1),
            Action::Filter => return vec![Ask::Open(Box::new(Filter::new(&self.found)))],
            Action::Why => return on_object::asks(action, self.key(), look),
            _ => return Vec::new(),
        }
        vec![Ask::Nothing]
    }

    fn hear(&mut self, word: &str) {
        word.clone_into(&mut self.found);
    }

    fn draw(&self, look: &Look<'_>, area: Rect, buffer: &mut Buffer) {
        let inside = pane::frame(buffer, area, look.theme, &self.title(look), pane::Focus::Here);
        let rows = self.rows(look, usize::from(inside.width).saturating_sub(1));
        let height = usize::from(inside.height);
        let last = rows.len().saturating_sub(height);
        let found = self.found.to_lowercase();
        let is_found = |row: &[Piece]| {
            !found.is_empty()
                && row.iter().map(|(text, _)| text.as_str()).collect::<String>().to_lowercase().contains(&found)
        };
        // While something is searched, the text jumps to it by itself.
        let top = if self.follows { last } else { self.top.min(last) };
        for (number, row) in (0..inside.height).zip(rows.iter().skip(top)) {
            let mut skip = if self.wraps { 0 } else { self.shift };
            let mut line = Line::default();
            for (piece, style) in row {
                let shown: String = piece.chars().skip(skip).collect();
                skip = skip.saturating_sub(piece.chars().count());
                line.push_span(Span::styled(shown, *style));
            }
            text::put(buffer, inside, number, &line);
            if is_found(row) {
                let marked = Rect { y: inside.y + number, height: 1, ..inside };
                buffer.set_style(marked, look.style(Meaning::Chosen));
            }
        }
        scroll::bar(buffer, inside, look.theme, top, rows.len());
    }
}
