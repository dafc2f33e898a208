//! Load: the clients, what became of their requests, second by second.

use ratatui::buffer::Buffer;
use ratatui::layout::Rect;
use ratatui::text::{Line, Span};

use super::{Screen, ScreenName};
use crate::session::{Load, LoadStats, Outcome};
use crate::tui::action::Action;
use crate::tui::ask::Ask;
use crate::tui::look::Look;
use crate::tui::theme::Meaning;
use crate::tui::widget::{pane, scroll, spark, text};

/// How tall one client is drawn.
const ROWS: u16 = 8;

/// The clients.
#[derive(Default)]
pub struct LoadScreen {
    cursor: usize,
}

fn counts(look: &Look<'_>, caption: &str, stats: LoadStats) -> Line<'static> {
    let mut line = Line::from(Span::styled(text::fit(caption, 16, ""), look.style(Meaning::Muted)));
    for outcome in Outcome::ALL {
        let count = stats.of(outcome);
        let meaning = match (outcome, count) {
            (Outcome::Ok, _) => Meaning::Good,
            (_, 0) => Meaning::Muted,
            _ => Meaning::Bad,
        };
        line.push_span(Span::styled(format!("{} {count}  ", outcome.as_str()), look.style(meaning)));
    }
    line
}

fn draw_client(look: &Look<'_>, load: &Load, area: Rect, focus: pane::Focus, buffer: &mut Buffer) {
    let spec = &load.spec;
    let caption = format!("{}  http://{}:{}{}  {}/s", spec.name, spec.host, spec.port, spec.path, spec.rate);
    let inside = pane::frame(buffer, area, look.theme, &caption, focus);
    let columns = usize::from(inside.width).saturating_sub(2);
    let now = look.now().as_secs();
    let from = now.saturating_sub(columns as u64);
    let mut good = vec![0; columns];
    let mut lost = vec![0; columns];
    for (second, stats) in load.seconds().rev().take_while(|(second, _)| *second >= from) {
        // The present second is at the right edge.
        let ago = usize::try_from(now.saturating_sub(second)).unwrap_or(usize::MAX);
        if let Some(column) = columns.checked_sub(ago.saturating_add(1)) {
            good[column] = stats.of(Outcome::Ok);
            lost[column] = stats.lost();
        }
    }
    let most = u64::from(spec.rate.max(1));
    let good_signs = spark::signs(look.theme, &good, most);
    let lost_signs = spark::signs(look.theme, &lost, most);
    text::put_at(buffer, inside, (1, 0), &good_signs.concat(), look.style(Meaning::Good));
    text::put_at(buffer, inside, (1, 1), &lost_signs.concat(), look.style(Meaning::Bad));
    let arrived = look.session().map(crate::session::Session::arrived_at).unwrap_or_default();
    let rows = Rect { x: inside.x + 1, width: inside.width.saturating_sub(2), ..inside };
    text::put(buffer, rows, 2, &counts(look, &look.text("load-since"), load.since(arrived)));
    text::put(buffer, rows, 3, &counts(look, &look.text("load-total"), load.total()));
    let millis = |percent| load.percentile(percent).map_or_else(|| "-".to_owned(), |millis| format!("<{millis}ms"));
    let mut line = format!("p50 {}  p99 {}  {} {}", millis(50), millis(99), look.text("load-open"), load.in_flight());
    if let Some((at, outcome)) = load.last_failure() {
        line.push_str(&format!("  {} {} {}", look.text("load-last"), outcome.as_str(), look.clock(at)));
    }
    text::put_at(buffer, rows, (0, 4), &line, look.style(Meaning::Muted));
}

impl Screen for LoadScreen {
    fn name(&self) -> ScreenName {
        ScreenName::Load
    }

    fn title(&self, look: &Look<'_>) -> String {
        look.text("view-load")
    }

    fn update(&mut self, action: &Action, look: &Look<'_>) -> Vec<Ask> {
        let count = look.cluster().map_or(0, |cluster| cluster.loads().len());
        let action = if *action == Action::Cycle { &Action::Down } else { action };
        match scroll::moved(self.cursor, action, count, 3) {
            Some(cursor) => {
                self.cursor = cursor;
                vec![Ask::Nothing]
            }
            None => Vec::new(),
        }
    }

    fn draw(&self, look: &Look<'_>, area: Rect, buffer: &mut Buffer) {
        let loads = look.cluster().map_or(&[][..], |cluster| cluster.loads());
        if loads.is_empty() {
            let inside = pane::frame(buffer, area, look.theme, &look.text("view-load"), pane::Focus::Here);
            for (row, line) in
                (1..).zip(text::wrap(&look.text("load-none"), usize::from(inside.width).saturating_sub(4)))
            {
                text::put_at(buffer, inside, (2, row), &line, look.style(Meaning::Muted));
            }
            return;
        }
        let shown = usize::from((area.height / ROWS).max(1));
        let first = scroll::first(self.cursor, loads.len(), shown);
        for (row, (index, load)) in (0..).zip(loads.iter().enumerate().skip(first).take(shown)) {
            let y = area.y + row * ROWS;
            let client = Rect { y, height: ROWS.min(area.bottom() - y), ..area };
            let focus = if index == self.cursor { pane::Focus::Here } else { pane::Focus::Elsewhere };
            draw_client(look, load, client, focus, buffer);
        }
    }
}
