//! The table of a kind: what `kubectl get` prints, alive, with the keys of k9s.

use ratatui::buffer::Buffer;
use ratatui::layout::Rect;
use ratatui::text::{Line, Span};

use super::filter::Filter;
use super::namespaces::Namespaces;
use super::{Screen, ScreenName, on_object};
use crate::model::{Kind, Object, ObjectKey};
use crate::printers::{cells, columns};
use crate::tui::action::Action;
use crate::tui::ask::Ask;
use crate::tui::look::Look;
use crate::tui::mark;
use crate::tui::theme::Meaning;
use crate::tui::widget::grid::{Cell, Grid};
use crate::tui::widget::{pane, scroll, text};

/// The table of a kind.
pub struct Table {
    kind: Kind,
    /// `None` before anyone chose: the namespace of the context.
    namespace: Option<String>,
    filter: String,
    cursor: usize,
    shift: usize,
    /// The column sorted by; `None` for namespace and name.
    sort: Option<usize>,
    is_reversed: bool,
    is_wide: bool,
    waits_for: Waits,
}

/// What the screen in front is for.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Waits {
    Filter,
    Namespace,
}

impl Table {
    /// All objects of a kind, in every namespace.
    #[must_use]
    pub fn new(kind: Kind) -> Self {
        let namespace = Some(String::new());
        Self {
            kind,
            namespace,
            filter: String::new(),
            cursor: 0,
            shift: 0,
            sort: None,
            is_reversed: false,
            is_wide: false,
            waits_for: Waits::Filter,
        }
    }

    fn namespace<'s>(&'s self, look: &Look<'s>) -> &'s str {
        self.namespace.as_deref().unwrap_or_else(|| look.cluster().map_or("", |cluster| cluster.namespace()))
    }

    fn shows_namespace(&self, look: &Look<'_>) -> bool {
        self.kind.is_namespaced() && self.namespace(look).is_empty()
    }

    /// The objects that pass the filter, in order.
    fn objects<'a>(&self, look: &Look<'a>) -> Vec<&'a Object> {
        let namespace =
            self.namespace.as_deref().unwrap_or_else(|| look.cluster().map_or("", |cluster| cluster.namespace()));
        let now = look.now();
        let wanted = self.filter.to_lowercase();
        let passes = |object: &&Object| {
            let is_near = namespace.is_empty() || !self.kind.is_namespaced() || object.namespace() == namespace;
            let is_found = || {
                let own = [object.name(), object.namespace()].iter().any(|text| text.to_lowercase().contains(&wanted));
                own || cells(object, now).iter().any(|cell| cell.to_lowercase().contains(&wanted))
            };
            is_near && (wanted.is_empty() || is_found())
        };
        let mut objects: Vec<&Object> = look.objects(self.kind).iter().filter(passes).collect();
        if let Some(column) = self.sort {
            objects.sort_by_cached_key(|object| sort_key(object, column, look));
        }
        if self.is_reversed {
            objects.reverse();
        }
        objects
    }

    fn row(&self, object: &Object, look: &Look<'_>) -> Vec<Cell> {
        let all = cells(object, look.now());
        let shown = columns(self.kind).iter().zip(all).filter(|(column, _)| self.is_wide || !column.wide);
        let mut row: Vec<Cell> = Vec::new();
        if self.shows_namespace(look) {
            row.push((object.namespace().to_owned(), look.style(Meaning::Muted)));
        }
        let whole = whole_meaning(object);
        for (column, cell) in shown {
            let meaning = match column.name {
                "Name" => {
                    if whole == Meaning::Bad {
                        Meaning::Bad
                    } else {
                        Meaning::Text
                    }
                }
                "Status" | "Type" | "Reason" => whole_or(whole, &cell),
                "Age" => Meaning::Muted,
                _ => Meaning::Text,
            };
            let cell = if column.name == "Status" { format!("{} {cell}", look.theme.sign(meaning)) } else { cell };
            row.push((cell, look.style(meaning)));
        }
        row
    }

    fn captions(&self, look: &Look<'_>) -> Vec<String> {
        let sorted = |index: usize, name: &str| {
            let sign = if self.is_reversed { look.theme.pick("↓", "v") } else { look.theme.pick("↑", "^") };
            if self.sort == Some(index) { format!("{}{sign}", name.to_uppercase()) } else { name.to_uppercase() }
        };
        let named = columns(self.kind).iter().enumerate().filter(|(_, column)| self.is_wide || !column.wide);
        let own = named.map(|(index, column)| sorted(index, column.name));
        let namespace = self.shows_namespace(look).then(|| "NAMESPACE".to_owned());
        namespace.into_iter().chain(own).collect()
    }
}

/// Numbers sort as numbers, ages as times, everything else as text.
fn sort_key(object: &Object, column: usize, look: &Look<'_>) -> (u64, String) {
    let is_age = columns(object.kind()).get(column).is_some_and(|column| column.name == "Age");
    if is_age {
        use crate::model::Meta;
        return (u64::MAX - object.meta().created_at().as_micros(), String::new());
    }
    let cell = cells(object, look.now()).get(column).cloned().unwrap_or_default();
    let digits: String = cell.chars().take_while(char::is_ascii_digit).collect();
    (digits.parse().unwrap_or(0), cell)
}

fn whole_meaning(object: &Object) -> Meaning {
    match object {
        Object::Pod(pod) => mark::pod(pod).1,
        Object::Node(node) => mark::node(node).1,
        Object::Event(event) => mark::word(event.type_.as_deref().unwrap_or_default()),
        _ => Meaning::Text,
    }
}

fn whole_or(whole: Meaning, cell: &str) -> Meaning {
    if whole == Meaning::Text { mark::word(cell) } else { whole }
}

impl Screen for Table {
    fn name(&self) -> ScreenName {
        ScreenName::Table
    }

    fn title(&self, _look: &Look<'_>) -> String {
        self.kind.plural().to_owned()
    }

    fn update(&mut self, action: &Action, look: &Look<'_>) -> Vec<Ask> {
        let objects = self.objects(look);
        let page = usize::from(look.body.height).saturating_sub(3);
        if let Some(cursor) = scroll::moved(self.cursor, action, objects.len(), page) {
            self.cursor = cursor;
            return vec![Ask::Nothing];
        }
        match action {
            Action::Left => self.shift = self.shift.saturating_sub(1),
            Action::Right => self.shift = (self.shift + 1).min(columns(self.kind).len().saturating_sub(2)),
            Action::Wide => self.is_wide = !self.is_wide,
            Action::SortReverse => self.is_reversed = !self.is_reversed,
            Action::Sort => {
                let next = self.sort.map_or(0, |column| column + 1);
                self.sort = (next < columns(self.kind).len()).then_some(next);
            }
            Action::AllNamespaces => {
                let is_all = self.namespace.as_deref() == Some("");
                self.namespace = if is_all { None } else { Some(String::new()) };
            }
            Action::Namespace => {
                self.waits_for = Waits::Namespace;
                return vec![Ask::Open(Box::new(Namespaces::default()))];
            }
            Action::Filter => {
                self.waits_for = Waits::Filter;
                return vec![Ask::Open(Box::new(Filter::new(&self.filter)))];
            }
            Action::Click { row, .. } => {
                let inside = pane::inside(look.body);
                let first = scroll::first(self.cursor, objects.len(), usize::from(inside.height).saturating_sub(1));
                if *row > inside.y && *row < inside.bottom() {
                    self.cursor = (first + usize::from(*row - inside.y - 1)).min(objects.len().saturating_sub(1));
                }
            }
            _ => {
                let key: Option<ObjectKey> =
                    objects.get(self.cursor.min(objects.len().saturating_sub(1))).map(|object| object.key());
                return key.map_or_else(Vec::new, |key| on_object::asks(action, &key, look));
            }
        }
        vec![Ask::Nothing]
    }

    fn hear(&mut self, word: &str) {
        match self.waits_for {
            Waits::Filter => word.clone_into(&mut self.filter),
            Waits::Namespace => self.namespace = Some(word.to_owned()),
        }
        self.cursor = 0;
    }

    fn draw(&self, look: &Look<'_>, area: Rect, buffer: &mut Buffer) {
        let objects = self.objects(look);
        let mut caption =
            vec![Span::styled(format!("{}[{}]", self.kind.plural(), objects.len()), look.style(Meaning::Accent))];
        if self.kind.is_namespaced() {
            let namespace = self.namespace(look);
            let shown = if namespace.is_empty() { look.text("table-all") } else { namespace.to_owned() };
            caption.push(Span::styled(format!("  {shown}"), look.style(Meaning::Muted)));
        }
        if !self.filter.is_empty() {
            caption.push(Span::styled(format!("  /{}", self.filter), look.style(Meaning::Key)));
        }
        let inside = pane::framed(buffer, area, look.theme, &Line::from(caption), look.style(Meaning::FocusFrame));
        let height = usize::from(inside.height).saturating_sub(1);
        let cursor = self.cursor.min(objects.len().saturating_sub(1));
        let first = scroll::first(cursor, objects.len(), height);
        let rows: Vec<Vec<Cell>> =
            objects.iter().skip(first).take(height).map(|object| self.row(object, look)).collect();
        let captions = self.captions(look);
        let keep = usize::from(self.shows_namespace(look));
        let chosen = (!objects.is_empty()).then_some(cursor - first);
        Grid { captions: &captions, rows: &rows, chosen, shift: self.shift, keep }.draw(look.theme, inside, buffer);
        if objects.is_empty() {
            text::put_at(buffer, inside, (2, 2), &look.text("table-empty"), look.style(Meaning::Muted));
        }
        scroll::bar(buffer, inside, look.theme, first, objects.len());
    }
}
