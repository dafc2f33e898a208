//! Two futures side by side: the Pods and machines of each, and where they differ.

use std::collections::BTreeMap;

use ratatui::buffer::Buffer;
use ratatui::layout::Rect;
use ratatui::text::Line;

use super::{Screen, ScreenName};
use crate::model::core::Node;
use crate::model::{Kind, Meta, Object, ObjectKey, Pod};
use crate::printers::{cells, columns};
use crate::session::{Cluster, Session};
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

/// Kinds whose objects change all the time or say what others say better.
const PASSED_OVER: &[Kind] =
    &[Kind::Pod, Kind::Node, Kind::Event, Kind::Lease, Kind::EndpointSlice, Kind::ServiceAccount, Kind::Namespace];

/// An object as short as it can be told: Pods without their kind, the namespace only where it is not the usual one.
fn named(key: &ObjectKey, cluster: &Cluster) -> String {
    let kind = if key.kind == Kind::Pod { String::new() } else { format!("{}/", key.kind.info().singular) };
    let is_usual = key.namespace.is_empty() || *key.namespace == *cluster.namespace();
    let namespace = if is_usual { String::new() } else { format!("{}/", key.namespace) };
    format!("{kind}{namespace}{}", key.name)
}

/// What `kubectl get` says of an object, without its name and age.
fn row(object: &Object, cluster: &Cluster) -> String {
    let said = columns(object.kind()).iter().zip(cells(object, cluster.now()));
    let said = said.filter(|(column, _)| !column.wide && !["Name", "Age"].contains(&column.name));
    said.map(|(_, cell)| cell).collect::<Vec<_>>().join(" ")
}

/// What is compared: each Pod with its state and node, each machine, the requests lost, and what kubectl says of the rest.
fn states(cluster: &Cluster) -> States {
    let mut states = States::new();
    for pod in cluster.all::<Pod>().into_iter().filter(|pod| !mark::is_static(pod)) {
        let (status, meaning) = mark::pod(&pod);
        let node = if pod.node_name().is_empty() { String::new() } else { format!(" {}", pod.node_name()) };
        let key = ObjectKey::new(Kind::Pod, pod.metadata.namespace(), pod.metadata.name());
        states.insert(named(&key, cluster), (format!("{status}{node}"), meaning));
    }
    for node in cluster.all::<Node>() {
        states.insert(format!("node/{}", node.metadata.name()), mark::node(&node));
    }
    for kind in Kind::all().filter(|kind| !PASSED_OVER.contains(kind)) {
        for object in cluster.objects(kind) {
            states.insert(named(&object.key(), cluster), (row(&object, cluster), Meaning::Text));
        }
    }
    for load in cluster.loads() {
        let (sent, lost) = (load.total().total(), load.total().lost());
        let meaning = if lost == 0 { Meaning::Good } else { Meaning::Bad };
        states.insert(format!("load/{}", load.spec.name), (format!("{lost} of {sent} lost"), meaning));
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
        // Objects that are the same in both say nothing; Pods, machines and clients are shown all the same.
        let is_plain =
            |name: &String| here.get(name).or(there.get(name)).is_some_and(|(_, meaning)| *meaning == Meaning::Text);
        rows.retain(|(name, differ)| *differ || !is_plain(name));
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
        let more = look.theme.pick("…", "~");
        // At least half of the line belongs to the name.
        let state = text::cut(&state, usize::from(inside.width / 2).max(10), more);
        let state_width = text::width(&state) + 2;
        let room = usize::from(inside.width).saturating_sub(state_width + 4);
        let name_meaning = if *differ { Meaning::Text } else { Meaning::Muted };
        let line: Line<'_> = text::spans(vec![
            (format!("{sign} "), look.style(Meaning::Warning)),
            (text::fit(&text::squeeze(name, room, more), room, ""), look.style(name_meaning)),
            (
                format!(" {} {state}", if meaning == Meaning::Text { " " } else { look.theme.sign(meaning) }),
                look.style(meaning),
            ),
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
        let count = match look.play.and_then(|play| Some((play.session.cluster(), play.other.as_ref()?.cluster()))) {
            Some((here, there)) => Self::rows(&states(here), &states(there)).len(),
            None => 0,
        };
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
