//! Home: the tracks with their scenarios, how far one has come, and what to press.

use std::sync::Arc;

use ratatui::buffer::Buffer;
use ratatui::layout::Rect;
use ratatui::text::{Line, Span};

use super::{Screen, ScreenName};
use crate::model::KUBERNETES_VERSION;
use crate::scenario::Scenario;
use crate::tui::action::Action;
use crate::tui::ask::Ask;
use crate::tui::look::Look;
use crate::tui::shelf::Shelf;
use crate::tui::theme::Meaning;
use crate::tui::widget::{pane, scroll, text};

/// With fewer rows than this the banner is one line.
const BANNER_ROWS_MIN: u16 = 26;
/// The stars of a level.
const LEVEL_MAX: usize = 5;

const BANNER: [&str; 3] = ["█▀█ █▀█ █▀▄ █   █▀█ █▀▄", "█▀▀ █ █ █ █ █   █▀█ █▀▄", "▀   ▀▀▀ ▀▀  ▀▀▀ ▀ ▀ ▀▀ "];

/// Home, and which scenario is chosen.
pub struct Home {
    cursor: usize,
}

/// A line of the list.
enum Row<'s> {
    Track(&'s str, usize, usize),
    Scenario(&'s Arc<Scenario>),
}

impl Home {
    /// Home, with the next unsolved scenario chosen.
    #[must_use]
    pub fn new(shelf: &Shelf) -> Self {
        let ordered = ordered(shelf);
        let cursor = ordered.iter().position(|scenario| !shelf.is_solved(scenario.name())).unwrap_or(0);
        Self { cursor }
    }

    fn rows<'s>(shelf: &'s Shelf) -> Vec<Row<'s>> {
        let mut rows = Vec::new();
        for track in shelf.tracks() {
            let solved =
                track.scenarios.iter().filter(|index| shelf.is_solved(shelf.scenarios[**index].name())).count();
            rows.push(Row::Track(track.name, solved, track.scenarios.len()));
            rows.extend(track.scenarios.iter().map(|index| Row::Scenario(&shelf.scenarios[*index])));
        }
        rows
    }

    fn banner(look: &Look<'_>, area: Rect, buffer: &mut Buffer) -> u16 {
        let tagline = look.text("home-tagline");
        let version = format!("Kubernetes {KUBERNETES_VERSION}");
        if area.height < BANNER_ROWS_MIN || look.theme.glyphs == crate::tui::theme::Glyphs::Ascii {
            let line = Line::from(vec![
                Span::styled(" podlab ", look.style(Meaning::Accent)),
                Span::styled(format!(" {tagline} "), look.style(Meaning::Text)),
                Span::styled(format!(" {version}"), look.style(Meaning::Muted)),
            ]);
            text::put(buffer, area, 0, &line);
            return 1;
        }
        for (row, line) in (1..).zip(BANNER) {
            text::put_at(buffer, area, (2, row), line, look.style(Meaning::Accent));
        }
        text::put_at(buffer, area, (28, 1), &tagline, look.style(Meaning::Text));
        text::put_at(buffer, area, (28, 2), &look.text("home-promise"), look.style(Meaning::Muted));
        text::put_at(buffer, area, (28, 3), &version, look.style(Meaning::Muted));
        5
    }

    fn draw_list(&self, look: &Look<'_>, area: Rect, buffer: &mut Buffer) {
        let inside = pane::frame(buffer, area, look.theme, &look.text("home-scenarios"), pane::Focus::Here);
        let rows = Self::rows(look.shelf);
        let mut number = 0;
        let numbered: Vec<(Option<usize>, Row<'_>)> = rows
            .into_iter()
            .map(|row| match row {
                Row::Scenario(_) => {
                    number += 1;
                    (Some(number - 1), row)
                }
                Row::Track(..) => (None, row),
            })
            .collect();
        let here = numbered.iter().position(|(index, _)| *index == Some(self.cursor)).unwrap_or(0);
        let first = scroll::first(here, numbered.len(), usize::from(inside.height));
        for (row, (index, item)) in (0..inside.height).zip(numbered.iter().skip(first)) {
            match item {
                Row::Track(name, solved, count) => {
                    let line = Line::from(vec![
                        Span::styled(track_title(look, name), look.style(Meaning::Accent)),
                        Span::styled(format!("  {solved}/{count}"), look.style(Meaning::Muted)),
                    ]);
                    text::put(buffer, inside, row, &line);
                }
                Row::Scenario(scenario) => {
                    draw_scenario(look, scenario, *index == Some(self.cursor), row, inside, buffer)
                }
            }
        }
        if numbered.is_empty() {
            text::put_at(buffer, inside, (1, 1), &look.text("home-empty"), look.style(Meaning::Muted));
        }
        scroll::bar(buffer, inside, look.theme, first, numbered.len());
    }

    fn draw_about(&self, look: &Look<'_>, area: Rect, buffer: &mut Buffer) {
        let scenarios = ordered(look.shelf);
        let Some(scenario) = scenarios.get(self.cursor) else { return };
        let title = scenario.spec().title.get(look.language());
        let inside = pane::frame(buffer, area, look.theme, title, pane::Focus::Elsewhere);
        let columns = usize::from(inside.width).saturating_sub(2);
        let mut lines: Vec<Line<'static>> = text::wrap(scenario.spec().summary.get(look.language()), columns)
            .into_iter()
            .map(|line| text::line(line, look.style(Meaning::Text)))
            .collect();
        lines.push(Line::default());
        let spec = &scenario.spec().cluster;
        let machines: u32 = spec.nodes.iter().map(|pool| pool.count).sum();
        let cluster = look.locale.with(
            "home-cluster",
            &[("masters", i64::from(spec.control_planes).into()), ("nodes", i64::from(machines).into())],
        );
        lines.push(text::line(cluster, look.style(Meaning::Muted)));
        let steps = look.locale.with("home-steps", &[("steps", scenario.spec().steps.len().into())]);
        lines.push(text::line(steps, look.style(Meaning::Muted)));
        if !scenario.spec().maps.is_empty() {
            let maps = text::wrap(&scenario.spec().maps.join(", "), columns);
            lines.extend(maps.into_iter().map(|line| text::line(line, look.style(Meaning::Muted))));
        }
        if let Some(record) = look.shelf.progress.scenarios.get(scenario.name()).filter(|record| record.is_solved) {
            let best = record.best_seconds.unwrap_or(0);
            let time = format!("{}:{:02}", best / 60, best % 60);
            let solved = look.locale.with("home-solved", &[("time", time.into()), ("hints", record.hints.into())]);
            lines.push(text::line(solved, look.style(Meaning::Good)));
        }
        let padded = Rect { x: inside.x + 1, width: inside.width.saturating_sub(2), ..inside };
        text::put_lines(buffer, padded, &lines);
    }
}

/// The scenarios in the order in which the list shows them.
fn ordered(shelf: &Shelf) -> Vec<&Arc<Scenario>> {
    shelf.tracks().iter().flat_map(|track| track.scenarios.clone()).map(|index| &shelf.scenarios[index]).collect()
}

/// A track by the locale's name for it, or else its own.
fn track_title(look: &Look<'_>, name: &str) -> String {
    let id = format!("track-{name}");
    let title = look.text(&id);
    if title == id { name.to_owned() } else { title }
}

fn draw_scenario(look: &Look<'_>, scenario: &Scenario, is_chosen: bool, row: u16, area: Rect, buffer: &mut Buffer) {
    let is_solved = look.shelf.is_solved(scenario.name());
    let level: usize = scenario.label("level").and_then(|level| level.parse().ok()).unwrap_or(1).min(LEVEL_MAX);
    let stars =
        format!("{}{}", look.theme.pick("★", "*").repeat(level), look.theme.pick("☆", ".").repeat(LEVEL_MAX - level));
    let minutes = format!("{:>3} min", scenario.spec().minutes);
    let tail = format!("{stars} {minutes} ");
    let room = usize::from(area.width).saturating_sub(text::width(&tail) + 7);
    let title = text::fit(scenario.spec().title.get(look.language()), room, look.theme.pick("…", "~"));
    let (sign, meaning) = match (is_solved, is_chosen) {
        (true, _) => (look.theme.sign(Meaning::Good), Meaning::Good),
        (false, _) => (look.theme.pick("○", "-"), Meaning::Muted),
    };
    let base = if is_chosen { look.style(Meaning::Chosen) } else { look.style(Meaning::Text) };
    if is_chosen {
        let line = Rect { y: area.y + row, height: 1, ..area };
        buffer.set_style(line, look.style(Meaning::Chosen));
    }
    let pointer = if is_chosen { look.theme.sign(Meaning::Chosen) } else { " " };
    let line = Line::from(vec![
        Span::styled(format!(" {pointer} "), base),
        Span::styled(format!("{sign} "), if is_chosen { base } else { look.style(meaning) }),
        Span::styled(title, base),
        Span::styled(format!(" {stars}"), if is_chosen { base } else { look.style(Meaning::Busy) }),
        Span::styled(format!(" {minutes}"), if is_chosen { base } else { look.style(Meaning::Muted) }),
    ]);
    text::put(buffer, area, row, &line);
}

impl Screen for Home {
    fn name(&self) -> ScreenName {
        ScreenName::Home
    }

    fn title(&self, look: &Look<'_>) -> String {
        look.text("home-title")
    }

    fn update(&mut self, action: &Action, look: &Look<'_>) -> Vec<Ask> {
        let scenarios = ordered(look.shelf);
        if let Some(cursor) = scroll::moved(self.cursor, action, scenarios.len(), usize::from(look.body.height) / 2) {
            self.cursor = cursor;
            return vec![Ask::Nothing];
        }
        match action {
            Action::Enter | Action::Right => match scenarios.get(self.cursor) {
                Some(scenario) => vec![Ask::Play(Arc::clone(scenario))],
                None => vec![Ask::Nothing],
            },
            Action::Sandbox => match Shelf::sandbox() {
                Ok(sandbox) => vec![Ask::Play(sandbox)],
                Err(error) => vec![Ask::Say(error.to_string())],
            },
            Action::Language => vec![Ask::NextLanguage],
            _ => Vec::new(),
        }
    }

    fn draw(&self, look: &Look<'_>, area: Rect, buffer: &mut Buffer) {
        let used = Self::banner(look, area, buffer);
        let rest = Rect { y: area.y + used, height: area.height.saturating_sub(used), ..area };
        let welcome = Rect { y: rest.bottom().saturating_sub(1), height: 1, ..rest };
        let rest = Rect { height: rest.height.saturating_sub(1), ..rest };
        if area.width >= 100 {
            let list = Rect { width: area.width * 3 / 5, ..rest };
            self.draw_list(look, list, buffer);
            self.draw_about(look, Rect { x: list.right(), width: area.width - list.width, ..rest }, buffer);
        } else {
            let about = 6.min(rest.height / 3);
            let list = Rect { height: rest.height - about, ..rest };
            self.draw_list(look, list, buffer);
            self.draw_about(look, Rect { y: list.bottom(), height: about, ..rest }, buffer);
        }
        text::put_at(buffer, welcome, (1, 0), &look.text("home-welcome"), look.style(Meaning::Key));
    }
}
