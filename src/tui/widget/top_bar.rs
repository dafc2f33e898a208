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
    let here = tab_of(view);
    let mut line = Line::default();
    for (tab, caption) in captions(look, view, area.width) {
        let style = if Some(tab) == here { look.style(Meaning::Chosen) } else { look.style(Meaning::Muted) };
        line.push_span(Span::styled(caption, style));
    }
    text::put(buffer, area, 0, &line);
}

/// The tab that stands for a view: every table is behind the same one.
fn tab_of(view: Option<View>) -> Option<View> {
    View::TABS.into_iter().find(|tab| match (tab, view) {
        (View::Table(_), Some(View::Table(_))) => true,
        (tab, view) => view == Some(*tab),
    })
}

/// The tabs with their captions, cut so that all of them fit.
fn captions(look: &Look<'_>, view: Option<View>, width: u16) -> Vec<(View, String)> {
    let name = |tab: View| match (tab, view) {
        (View::Table(_), Some(View::Table(kind))) | (View::Table(kind), _) => kind.plural().to_owned(),
        _ => look.text(tab.caption()),
    };
    let cut = |(most, tail): (usize, &str)| {
        let tabs = View::TABS.into_iter().enumerate();
        let caption = |(number, tab)| (tab, format!(" {} {}{tail}", number + 1, text::cut(&name(tab), most, "")));
        tabs.map(caption).collect::<Vec<_>>()
    };
    let fits = |tabs: &Vec<(View, String)>| {
        tabs.iter().map(|(_, caption)| text::width(caption)).sum::<usize>() <= usize::from(width)
    };
    // Blanks go first, then the ends of the longest names.
    let tries = [(24, " ")].into_iter().chain((1..=24).rev().map(|most| (most, "")));
    tries.map(cut).find(fits).unwrap_or_else(|| cut((0, "")))
}

/// The view whose caption is at a column of the second line.
#[must_use]
pub fn view_at(look: &Look<'_>, view: Option<View>, width: u16, column: u16) -> Option<View> {
    let mut x = 0;
    captions(look, view, width).into_iter().find_map(|(tab, caption)| {
        x += text::width(&caption) as u16;
        (column < x).then_some(tab)
    })
}
