//! The bar at the top: where one is, and the views with their numbers.

use ratatui::buffer::Buffer;
use ratatui::layout::Rect;
use ratatui::style::Modifier;
use ratatui::text::{Line, Span};

use super::text;
use crate::tui::action::View;
use crate::tui::look::Look;
use crate::tui::theme::Meaning;

/// Draws the path of screens into the first line and the views into the second.
pub fn draw(look: &Look<'_>, path: &[String], view: Option<View>, area: Rect, buffer: &mut Buffer) {
    buffer.set_style(Rect { height: area.height.min(1), ..area }, look.style(Meaning::Bar));
    let mut line = Line::from(Span::styled(" podlab ", look.style(Meaning::Accent).add_modifier(Modifier::REVERSED)));
    for (number, part) in path.iter().enumerate() {
        let last = number + 1 == path.len();
        line.push_span(Span::styled(look.theme.pick(" › ", " > "), look.style(Meaning::Muted)));
        line.push_span(Span::styled(part.clone(), look.style(if last { Meaning::Text } else { Meaning::Muted })));
    }
    text::put(buffer, area, 0, &line);
    health(look, area, buffer);
    if area.height > 1 {
        views(look, view, Rect { y: area.y + 1, height: 1, ..area }, buffer);
    }
}

/// At the right: what is wrong with the cluster as a whole, which no view should hide.
fn health(look: &Look<'_>, area: Rect, buffer: &mut Buffer) {
    let Some(cluster) = look.cluster() else { return };
    let down = cluster.components().iter().filter(|component| !component.is_up).count();
    let has_leader = cluster.masters().iter().any(|master| master.etcd_runs() && master.etcd.is_leader());
    let (id, meaning) = match (has_leader, down) {
        (false, _) => ("health-no-quorum", Meaning::Bad),
        (true, 0) => return,
        (true, _) => ("health-down", Meaning::Warning),
    };
    let said = look.locale.with(id, &[("count", down.into())]);
    let shown = format!(" {} {said} ", look.theme.sign(meaning));
    let column = area.width.saturating_sub(text::width(&shown) as u16);
    text::put_at(buffer, area, (column, 0), &shown, look.style(meaning));
}

fn views(look: &Look<'_>, view: Option<View>, area: Rect, buffer: &mut Buffer) {
    let is_here = |tab: View| match (tab, view) {
        (View::Table(_), Some(View::Table(_))) => true,
        (tab, view) => view == Some(tab),
    };
    let whole = |with: bool| {
        let mut line = Line::default();
        for (number, tab) in View::TABS.into_iter().enumerate() {
            let caption = match (tab, view) {
                (View::Table(_), Some(View::Table(kind))) => kind.plural().to_owned(),
                (View::Table(kind), _) => kind.plural().to_owned(),
                _ => look.text(tab.caption()),
            };
            let shown =
                if with || is_here(tab) { format!("{} {caption}", number + 1) } else { format!("{}", number + 1) };
            let style = if is_here(tab) { look.style(Meaning::Chosen) } else { look.style(Meaning::Muted) };
            line.push_span(Span::styled(format!(" {shown} "), style));
        }
        line
    };
    let long = whole(true);
    let line = if long.width() <= usize::from(area.width) { long } else { whole(false) };
    text::put(buffer, area, 0, &line);
}

/// The view whose caption is at a column of the second line.
#[must_use]
pub fn view_at(look: &Look<'_>, column: u16) -> Option<View> {
    let mut x = 0;
    View::TABS.into_iter().enumerate().find_map(|(number, tab)| {
        let caption = match tab {
            View::Table(kind) => kind.plural().to_owned(),
            _ => look.text(tab.caption()),
        };
        x += text::width(&format!(" {} {caption} ", number + 1)) as u16;
        (column < x).then_some(tab)
    })
}
