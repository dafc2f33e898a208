//! Two futures side by side: the Pods and machines of each, and where they differ.

use std::collections::BTreeMap;

use ratatui::buffer::Buffer;
use ratatui::layout::Rect;
use ratatui::text::Line;

use super::{Screen, ScreenName};
use crate::model::core::Node;
use crate::model::{Meta, Pod};
use crate::session::{Cluster, Outcome, Session};
use crate::tui::action::Action;
use crate::tui::ask::{Ask, TimeAsk};
use crate::tui::look::Look;
use crate::tui::mark;
use crate::tui::theme::Meaning;
use crate::tui::widget::{pane, scroll, text};

/// The comparison.
#[derive(Default)]
pub struct Compare {
    top: usize,
}

type States = BTreeMap<String, (String, Meaning)>;

/// What is compared: each Pod with its state and node, each machine, the requests lost.
fn states(cluster: &Cluster) -> States {
    let mut states = States::new();
    for pod in cluster.all::<Pod>().into_iter().filter(|pod| !mark::is_static(pod)) {
        let (status, meaning) = mark::pod(&pod);
        let node = if pod.node_name().is_empty() { String::new() } else { format!(" @ {}", pod.node_name()) };
        let name = format!("pod/{}/{}", pod.metadata.namespace(), pod.metadata.name());
        states.insert(name, (format!("{status}{node}"), meaning));
    }
    for node in cluster.all::<Node>() {
        states.insert(format!("node/{}", node.metadata.name()), mark::node(&node));
    }
    for load in cluster.loads() {
        let (sent, lost) = (load.total().total(), load.total().lost());
        let meaning = if lost == 0 { Meaning::Good } else { Meaning::Bad };
        let good = load.total().of(Outcome::Ok);
        states.insert(format!("load/{}", load.spec.name), (format!("{good}/{sent} ok, {lost} lost"), meaning));
    }
    states
}

impl Compare {
    /// The rows: those that differ first.
    fn rows(here: &States, there: &States) -> Vec<(String, bool)> {
        let mut names: Vec<&String> = here.keys().chain(there.keys()).collect();
        names.sort();
        names.dedup();
        let mut rows: Vec<(String, bool)> = names
            .into_iter()
            .map(|name| {
                let differ = here.get(name).map(|(state, _)| state) != there.get(name).map(|(state, _)| state);
                (name.clone(), differ)
            })
            .collect();
        rows.sort_by_key(|(_, differ)| !differ);
        rows
    }
}

fn column(
    look: &Look<'_>,
    caption: &str,
    (rows, own): (&[(String, bool)], &States),
    (top, focus): (usize, pane::Focus),
    area: Rect,
    buffer: &mut Buffer,
) {
    let inside = pane::frame(buffer, area, look.theme, caption, focus);
    for (row, (name, differ)) in (0..inside.height).zip(rows.iter().skip(top)) {
        let (state, meaning) = own.get(name).cloned().unwrap_or_else(|| (look.text("compare-absent"), Meaning::Gone));
        let sign = if *differ { look.theme.pick("≠", "!") } else { " " };
        let state_width = text::width(&state) + 2;
        let room = usize::from(inside.width).saturating_sub(state_width + 4);
        let more = look.theme.pick("…", "~");
        let name_meaning = if *differ { Meaning::Text } else { Meaning::Muted };
        let line: Line<'_> = text::spans(vec![
            (format!("{sign} "), look.style(Meaning::Warning)),
            (text::fit(&text::squeeze(name, room, more), room, ""), look.style(name_meaning)),
            (format!(" {} {state}", look.theme.sign(meaning)), look.style(meaning)),
        ]);
        text::put(buffer, inside, row, &line);
    }
}

impl Screen for Compare {
    fn name(&self) -> ScreenName {
        ScreenName::Compare
    }

    fn title(&self, look: &Look<'_>) -> String {
        look.text("compare-title")
    }

    fn update(&mut self, action: &Action, look: &Look<'_>) -> Vec<Ask> {
        let count = look.cluster().map_or(0, |cluster| states(cluster).len());
        if let Some(top) = scroll::scrolled(self.top, action, count, usize::from(look.body.height).saturating_sub(4)) {
            self.top = top;
            return vec![Ask::Nothing];
        }
        match action {
            Action::Swap => vec![Ask::Time(TimeAsk::Swap)],
            Action::Drop => vec![Ask::Time(TimeAsk::DropOther)],
            _ => Vec::new(),
        }
    }

    fn draw(&self, look: &Look<'_>, area: Rect, buffer: &mut Buffer) {
        let Some(play) = look.play else { return };
        let Some(other) = &play.other else { return };
        let (here, there) = (states(play.session.cluster()), states(other.cluster()));
        let rows = Self::rows(&here, &there);
        let differ = rows.iter().filter(|(_, differ)| *differ).count();
        let said = look.locale.with("compare-count", &[("count", differ.into())]);
        text::put_at(buffer, area, (1, 0), &said, look.style(Meaning::Accent));
        let area = Rect { y: area.y + 1, height: area.height.saturating_sub(1), ..area };
        let top = self.top.min(rows.len().saturating_sub(usize::from(area.height).saturating_sub(2)));
        let left = Rect { width: area.width / 2, ..area };
        let right = Rect { x: left.right(), width: area.width - left.width, ..area };
        let caption = |name: &str, session: &Session| format!("{name}  {}", look.clock(session.now()));
        let (a, b) = (
            caption("A", if play.is_fork { other } else { &play.session }),
            caption("B", if play.is_fork { &play.session } else { other }),
        );
        let (state_a, state_b) = if play.is_fork { (&there, &here) } else { (&here, &there) };
        let focus = |is_here: bool| if is_here { pane::Focus::Here } else { pane::Focus::Elsewhere };
        column(look, &a, (&rows, state_a), (top, focus(!play.is_fork)), left, buffer);
        column(look, &b, (&rows, state_b), (top, focus(play.is_fork)), right, buffer);
    }
}
