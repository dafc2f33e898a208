//! What nodes and Pods use: a line over the last minutes for each.

use ratatui::buffer::Buffer;
use ratatui::layout::Rect;
use ratatui::text::Line;

use super::inside::InsideScreen;
use super::{Screen, ScreenName, on_object};
use crate::model::core::Node;
use crate::model::metav1::WireQuantity;
use crate::model::{Kind, Meta, ObjectKey, Pod, Quantity, Resource};
use crate::session::{Sample, Session};
use crate::tui::action::Action;
use crate::tui::ask::Ask;
use crate::tui::look::Look;
use crate::tui::theme::Meaning;
use crate::tui::widget::{pane, scroll, spark, text};

/// The width of a name, and of a number.
const NAME: usize = 26;
const NUMBER: usize = 8;

/// The use of everything.
#[derive(Default)]
pub struct UsageScreen {
    cursor: usize,
}

/// A node or a Pod, what it used over time, and how much there is.
struct Row {
    key: ObjectKey,
    samples: Vec<Sample>,
    most: (u64, u64),
}

fn milli(quantity: Option<&WireQuantity>) -> u64 {
    let read = quantity.and_then(|wire| Quantity::try_from(wire).ok());
    read.map_or(0, |quantity| u64::try_from(quantity.milli_value()).unwrap_or(0))
}

fn nodes(look: &Look<'_>, session: &Session) -> Vec<Row> {
    let row = |node: &Node| {
        let capacity = node.status.as_ref().and_then(|status| status.capacity.as_ref());
        let of = |name: &str| milli(capacity.and_then(|capacity| capacity.get(name)));
        Row {
            key: ObjectKey::new(Kind::Node, "", node.metadata.name()),
            samples: session.usage().of_node(node.metadata.name(), session.now()),
            most: (of("cpu"), of("memory") / 1_000),
        }
    };
    look.objects(Kind::Node).iter().filter_map(Node::of).map(|node| row(node)).collect()
}

/// Pods, the one that uses most memory first.
fn pods(look: &Look<'_>, session: &Session) -> Vec<Row> {
    let mut rows: Vec<Row> = Vec::new();
    for pod in look.objects(Kind::Pod).iter().filter_map(Pod::of) {
        let (namespace, name) = (pod.metadata.namespace(), pod.metadata.name());
        let mut samples: Vec<Sample> = Vec::new();
        for container in pod.container_statuses() {
            for sample in session.usage().of_container(namespace, name, &container.name, session.now()) {
                match samples.iter_mut().find(|sum| sum.at == sample.at) {
                    Some(sum) => (sum.cpu, sum.memory) = (sum.cpu + sample.cpu, sum.memory + sample.memory),
                    None => samples.push(sample),
                }
            }
        }
        if !samples.is_empty() {
            rows.push(Row { key: ObjectKey::new(Kind::Pod, namespace, name), samples, most: (0, 0) });
        }
    }
    rows.sort_by_key(|row| std::cmp::Reverse(row.samples.last().map(|last| (last.memory, last.cpu))));
    rows
}

fn rows(look: &Look<'_>) -> Vec<Row> {
    let Some(session) = look.session() else { return Vec::new() };
    let mut rows = nodes(look, session);
    rows.extend(pods(look, session));
    rows
}

fn line(look: &Look<'_>, row: &Row, is_chosen: bool, width: usize) -> Line<'static> {
    let more = look.theme.pick("…", "~");
    let name = if row.key.kind == Kind::Node { format!("node/{}", row.key.name) } else { row.key.name.to_string() };
    let room = (width.saturating_sub(3 + NAME + 2 * (NUMBER + 2)) / 2).max(4);
    let drawn = |value: fn(&Sample) -> u64, most: u64| {
        let values: Vec<u64> = row.samples.iter().map(value).collect();
        let most = most.max(values.iter().copied().max().unwrap_or(0));
        let signs = spark::signs(look.theme, &values[values.len().saturating_sub(room)..], most);
        text::fit(&signs.concat(), room, "")
    };
    let last = row.samples.last().copied().unwrap_or_default();
    let style = look.style(if is_chosen { Meaning::Chosen } else { Meaning::Text });
    let sign = if is_chosen { look.theme.sign(Meaning::Chosen) } else { " " };
    text::spans(vec![
        (format!("{sign} {} ", text::fit(&text::squeeze(&name, NAME, more), NAME, "")), style),
        (format!("{:>NUMBER$} ", format!("{}m", last.cpu)), look.style(Meaning::Text)),
        (drawn(|sample| sample.cpu, row.most.0), look.style(Meaning::Accent)),
        (format!(" {:>NUMBER$} ", format!("{}Mi", last.memory >> 20)), look.style(Meaning::Text)),
        (drawn(|sample| sample.memory, row.most.1), look.style(Meaning::Good)),
    ])
}

impl Screen for UsageScreen {
    fn name(&self) -> ScreenName {
        ScreenName::Usage
    }

    fn title(&self, look: &Look<'_>) -> String {
        look.text("view-usage")
    }

    fn update(&mut self, action: &Action, look: &Look<'_>) -> Vec<Ask> {
        let rows = rows(look);
        if let Some(cursor) = scroll::moved(self.cursor, action, rows.len(), usize::from(look.body.height) / 2) {
            self.cursor = cursor;
            return vec![Ask::Nothing];
        }
        let Some(row) = rows.get(self.cursor) else { return Vec::new() };
        match action {
            Action::Enter if row.key.kind == Kind::Pod => vec![Ask::Open(Box::new(InsideScreen::of(row.key.clone())))],
            _ => on_object::asks(action, &row.key, look),
        }
    }

    fn draw(&self, look: &Look<'_>, area: Rect, buffer: &mut Buffer) {
        let inside = pane::frame(buffer, area, look.theme, &look.text("view-usage"), pane::Focus::Here);
        let rows = rows(look);
        let said = look.text("usage-caption");
        text::put_at(buffer, inside, (2, 0), &said, look.style(Meaning::Muted));
        let list = Rect { y: inside.y + 1, height: inside.height.saturating_sub(1), ..inside };
        let height = usize::from(list.height);
        let first = scroll::first(self.cursor, rows.len(), height);
        for (number, (index, row)) in (0..).zip(rows.iter().enumerate().skip(first).take(height)) {
            text::put(buffer, list, number, &line(look, row, index == self.cursor, usize::from(list.width)));
        }
        scroll::bar(buffer, list, look.theme, first, rows.len());
    }
}
