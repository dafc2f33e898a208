//! The owner tree: who was made by whom, from the one at the top down to the Pods.

use ratatui::buffer::Buffer;
use ratatui::layout::Rect;
use ratatui::text::{Line, Span};

use super::{Screen, ScreenName, on_object};
use crate::model::{Kind, Meta, Object, ObjectKey, Pod};
use crate::tui::action::Action;
use crate::tui::ask::Ask;
use crate::tui::look::Look;
use crate::tui::mark;
use crate::tui::theme::Meaning;
use crate::tui::widget::{pane, scroll, text};

/// No tree of owners is deeper.
const DEPTH_MAX: usize = 8;
/// Kinds that own others or are owned.
const KINDS: [Kind; 6] =
    [Kind::Deployment, Kind::ReplicaSet, Kind::Pod, Kind::Service, Kind::EndpointSlice, Kind::PersistentVolumeClaim];

/// The tree around one object.
pub struct Tree {
    key: ObjectKey,
    cursor: Option<usize>,
}

/// A line of the tree.
struct Item<'a> {
    depth: usize,
    object: &'a Object,
}

impl Tree {
    /// The tree that `key` belongs to.
    #[must_use]
    pub fn new(key: ObjectKey) -> Self {
        Self { key, cursor: None }
    }

    fn items<'a>(&self, look: &Look<'a>) -> Vec<Item<'a>> {
        let all: Vec<&Object> = KINDS.into_iter().flat_map(|kind| look.objects(kind)).collect();
        let Some(mut root) = look.objects(self.key.kind).iter().find(|object| object.key() == self.key) else {
            return Vec::new();
        };
        for _ in 0..DEPTH_MAX {
            let Some(owner) = root.meta().owners().first() else { break };
            let Some(above) = all.iter().find(|object| object.meta().uid() == owner.uid) else { break };
            root = above;
        }
        let mut items = Vec::new();
        grow(root, 0, &all, &mut items);
        items
    }

    fn cursor(&self, items: &[Item<'_>]) -> usize {
        let own = || items.iter().position(|item| item.object.key() == self.key).unwrap_or(0);
        self.cursor.unwrap_or_else(own).min(items.len().saturating_sub(1))
    }
}

fn grow<'a>(object: &'a Object, depth: usize, all: &[&'a Object], items: &mut Vec<Item<'a>>) {
    items.push(Item { depth, object });
    if depth >= DEPTH_MAX {
        return;
    }
    let uid = object.meta().uid();
    for child in all.iter().filter(|child| child.meta().owners().iter().any(|owner| owner.uid == uid)) {
        grow(child, depth + 1, all, items);
    }
}

fn state(object: &Object) -> (String, Meaning) {
    match object {
        Object::Pod(pod) => mark::pod(pod),
        Object::ReplicaSet(set) => {
            let wanted = set.spec.as_ref().and_then(|spec| spec.replicas).unwrap_or(0);
            ready(set.status.as_ref().and_then(|status| status.ready_replicas).unwrap_or(0), wanted)
        }
        Object::Deployment(deployment) => {
            let wanted = deployment.spec.as_ref().and_then(|spec| spec.replicas).unwrap_or(0);
            ready(deployment.status.as_ref().and_then(|status| status.ready_replicas).unwrap_or(0), wanted)
        }
        _ => (String::new(), Meaning::Text),
    }
}

fn ready(ready: i32, wanted: i32) -> (String, Meaning) {
    let meaning = match (ready, wanted) {
        (0, 0) => Meaning::Gone,
        (ready, wanted) if ready >= wanted => Meaning::Good,
        _ => Meaning::Busy,
    };
    (format!("{ready}/{wanted}"), meaning)
}

impl Screen for Tree {
    fn name(&self) -> ScreenName {
        ScreenName::Tree
    }

    fn title(&self, look: &Look<'_>) -> String {
        format!("{} {}", look.text("key-tree"), self.key)
    }

    fn update(&mut self, action: &Action, look: &Look<'_>) -> Vec<Ask> {
        let items = self.items(look);
        let here = self.cursor(&items);
        if let Some(cursor) = scroll::moved(here, action, items.len(), 10) {
            self.cursor = Some(cursor);
            return vec![Ask::Nothing];
        }
        items.get(here).map_or_else(Vec::new, |item| on_object::asks(action, &item.object.key(), look))
    }

    fn draw(&self, look: &Look<'_>, area: Rect, buffer: &mut Buffer) {
        let inside = pane::frame(buffer, area, look.theme, &self.title(look), pane::Focus::Here);
        let items = self.items(look);
        let cursor = self.cursor(&items);
        let first = scroll::first(cursor, items.len(), usize::from(inside.height));
        for (row, (index, item)) in (0..inside.height).zip(items.iter().enumerate().skip(first)) {
            let (state, meaning) = state(item.object);
            let style = look.style(if index == cursor { Meaning::Chosen } else { Meaning::Text });
            let joint = if item.depth == 0 { "" } else { look.theme.pick("└─ ", "`- ") };
            let node = item.object.get::<Pod>().map(|pod| pod.node_name().to_owned()).unwrap_or_default();
            let line = Line::from(vec![
                Span::raw(" ".repeat(item.depth.saturating_sub(1) * 3 + 1)),
                Span::styled(joint, look.style(Meaning::Frame)),
                Span::styled(format!("{} ", item.object.kind()), look.style(Meaning::Key)),
                Span::styled(item.object.name().to_owned(), style),
                Span::styled(format!("  {} {state}", look.theme.sign(meaning)), look.style(meaning)),
                Span::styled(format!("  {node}"), look.style(Meaning::Muted)),
            ]);
            text::put(buffer, inside, row, &line);
        }
        if items.is_empty() {
            let gone = look.locale.with("text-gone", &[("object", self.key.to_string().into())]);
            text::put_at(buffer, inside, (1, 0), &gone, look.style(Meaning::Warning));
        }
        scroll::bar(buffer, inside, look.theme, first, items.len());
    }
}
