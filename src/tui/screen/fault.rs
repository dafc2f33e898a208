//! The fault palette: what can be broken and mended now, narrowed down by `/`, with a preview of what will be hit.

use std::sync::Arc;

use ratatui::buffer::Buffer;
use ratatui::layout::Rect;
use ratatui::text::{Line, Span};

use super::filter::Filter;
use super::{Cover, Screen, ScreenName};
use crate::model::core::Node;
use crate::model::node::NodeExt;
use crate::model::{Kind, Meta, Object, Pod};
use crate::session::{Cluster, ComponentName, Fault};
use crate::tui::action::Action;
use crate::tui::ask::Ask;
use crate::tui::look::Look;
use crate::tui::theme::Meaning;
use crate::tui::widget::{pane, scroll, text};

/// A slow disk needs this long for one write: etcd's own warning begins at 100 ms.
const SLOW_DISK_MILLIS: u64 = 500;
/// What a write takes on a disk that is well.
const DISK_MILLIS: u64 = 2;

/// The palette.
pub struct Palette {
    cursor: usize,
    filter: String,
    /// What was chosen on the screen behind: its faults come first.
    target: Option<String>,
}

/// A fault that could be carried out now.
struct Offer {
    fault: Fault,
    target: String,
    mends: bool,
}

impl Palette {
    /// The palette, with what can be done to `target` at the top.
    #[must_use]
    pub fn new(target: Option<String>) -> Self {
        Self { cursor: 0, filter: String::new(), target }
    }

    fn offers(&self, look: &Look<'_>) -> Vec<Offer> {
        let Some(cluster) = look.cluster() else { return Vec::new() };
        let mut offers = Vec::new();
        machines(look, cluster, &mut offers);
        components(cluster, &mut offers);
        pods(look, &mut offers);
        let whole = [(Fault::RegistryDown, false), (Fault::RegistryUp, true)];
        offers.extend(whole.map(|(fault, mends)| Offer { fault, target: String::new(), mends }));
        let wanted = self.filter.to_lowercase();
        offers.retain(|offer| {
            let shown = format!("{} {}", look.text(caption(&offer.fault)), offer.target).to_lowercase();
            wanted.split_whitespace().all(|word| shown.contains(word))
        });
        let is_about =
            |offer: &Offer| self.target.as_ref().is_some_and(|target| offer.target.contains(target.as_str()));
        offers.sort_by_key(|offer| (!is_about(offer), rank(offer)));
        offers
    }
}

/// The id of what a fault is called.
#[must_use]
pub fn caption(fault: &Fault) -> &'static str {
    match fault {
        Fault::Heal => "fault-heal",
        Fault::NodeDown { .. } => "fault-node-down",
        Fault::NodeUp { .. } => "fault-node-up",
        Fault::Partition { .. } => "fault-partition",
        Fault::Cordon { .. } => "fault-cordon",
        Fault::Uncordon { .. } => "fault-uncordon",
        Fault::FillDisk { .. } => "fault-fill-disk",
        Fault::FreeDisk { .. } => "fault-free-disk",
        Fault::SlowDisk { millis, .. } if *millis > DISK_MILLIS => "fault-slow-disk",
        Fault::SlowDisk { .. } => "fault-quick-disk",
        Fault::StopComponent { .. } => "fault-stop",
        Fault::StartComponent { .. } => "fault-start",
        Fault::KillContainer { .. } => "fault-kill",
        Fault::DeletePod { .. } => "fault-delete-pod",
        Fault::RegistryDown => "fault-registry-down",
        Fault::RegistryUp => "fault-registry-up",
    }
}

/// What mends what is broken comes first, then what is broken most often; disks and registries last.
fn rank(offer: &Offer) -> u8 {
    match caption(&offer.fault) {
        "fault-heal" | "fault-node-up" | "fault-start" | "fault-uncordon" => 0,
        "fault-node-down" => 1,
        "fault-partition" => 2,
        "fault-stop" => 3,
        "fault-kill" => 4,
        "fault-delete-pod" => 5,
        "fault-cordon" => 6,
        _ => 7,
    }
}

fn machines(look: &Look<'_>, cluster: &Cluster, offers: &mut Vec<Offer>) {
    let masters = cluster.masters().iter().map(|master| Arc::clone(&master.name));
    let workers = cluster.workers().iter().map(|worker| Arc::clone(&worker.name));
    let mut names: Vec<Arc<str>> = masters.collect();
    names.extend(workers.filter(|name| !cluster.masters().iter().any(|master| master.name == *name)));
    let cut_off: Vec<String> = names.iter().filter(|name| cluster.is_cut_off(name)).map(ToString::to_string).collect();
    if !cut_off.is_empty() {
        offers.push(Offer { fault: Fault::Heal, target: cut_off.join(", "), mends: true });
    }
    for name in &names {
        let node = name.to_string();
        let mut push = |fault, mends| offers.push(Offer { fault, target: name.to_string(), mends });
        if cluster.is_on(name) {
            push(Fault::NodeDown { node: node.clone() }, false);
        } else {
            push(Fault::NodeUp { node: node.clone() }, true);
        }
        if !cluster.is_cut_off(name) {
            let nodes = cut_off.iter().cloned().chain([node.clone()]).collect();
            push(Fault::Partition { nodes }, false);
        }
        if cluster.worker(name).is_some() {
            let known = look.objects(Kind::Node).iter().filter_map(Object::get::<Node>);
            let is_cordoned =
                known.into_iter().any(|object| object.metadata.name() == &**name && object.is_unschedulable());
            if is_cordoned {
                push(Fault::Uncordon { node: node.clone() }, true);
            } else {
                push(Fault::Cordon { node: node.clone() }, false);
            }
            push(Fault::FillDisk { node: node.clone() }, false);
            push(Fault::FreeDisk { node: node.clone() }, true);
        }
        if cluster.masters().iter().any(|master| master.name == *name) {
            push(Fault::SlowDisk { node: node.clone(), millis: SLOW_DISK_MILLIS }, false);
            push(Fault::SlowDisk { node, millis: DISK_MILLIS }, true);
        }
    }
}

fn components(cluster: &Cluster, offers: &mut Vec<Offer>) {
    for state in cluster.components().into_iter().filter(|state| cluster.is_on(&state.node)) {
        let (component, node) = (state.component, Some(state.node.to_string()));
        let target = format!("{} on {}", ComponentName::as_str(component), state.node);
        offers.push(if state.is_up {
            Offer { fault: Fault::StopComponent { component, node }, target, mends: false }
        } else {
            Offer { fault: Fault::StartComponent { component, node }, target, mends: true }
        });
    }
}

fn pods(look: &Look<'_>, offers: &mut Vec<Offer>) {
    for pod in look.objects(Kind::Pod).iter().filter_map(Object::get::<Pod>) {
        let (namespace, name) = (pod.metadata.namespace().to_owned(), pod.metadata.name().to_owned());
        for status in pod.container_statuses() {
            let is_running = status.state.as_ref().is_some_and(|state| state.running.is_some());
            if is_running {
                let container = Some(status.name.clone());
                let target = format!("{namespace}/{name}/{}", status.name);
                let fault = Fault::KillContainer { namespace: namespace.clone(), pod: name.clone(), container };
                offers.push(Offer { fault, target, mends: false });
            }
        }
        let target = format!("{namespace}/{name}");
        offers.push(Offer { fault: Fault::DeletePod { namespace, pod: name }, target, mends: false });
    }
}

impl Screen for Palette {
    fn name(&self) -> ScreenName {
        ScreenName::Fault
    }

    fn title(&self, look: &Look<'_>) -> String {
        look.text("fault-title")
    }

    fn cover(&self, _look: &Look<'_>) -> Cover {
        Cover::Box { width: 70, height: 80 }
    }

    fn update(&mut self, action: &Action, look: &Look<'_>) -> Vec<Ask> {
        let offers = self.offers(look);
        if let Some(cursor) = scroll::moved(self.cursor, action, offers.len(), usize::from(look.body.height)) {
            self.cursor = cursor;
            return vec![Ask::Nothing];
        }
        match action {
            Action::Enter => match offers.into_iter().nth(self.cursor) {
                Some(offer) => vec![Ask::Close, Ask::Fault(offer.fault)],
                None => vec![Ask::Close],
            },
            Action::Filter => vec![Ask::Open(Box::new(Filter::new(&self.filter)))],
            Action::Fault => vec![Ask::Close],
            _ => Vec::new(),
        }
    }

    fn hear(&mut self, word: &str) {
        word.clone_into(&mut self.filter);
        self.cursor = 0;
    }

    fn draw(&self, look: &Look<'_>, area: Rect, buffer: &mut Buffer) {
        let sought = if self.filter.is_empty() { String::new() } else { format!("  /{}", self.filter) };
        let inside = pane::popup(buffer, area, look.theme, &format!("{}{sought}", self.title(look)));
        let offers = self.offers(look);
        let cursor = self.cursor.min(offers.len().saturating_sub(1));
        let list = Rect { height: inside.height.saturating_sub(3), ..inside };
        let first = scroll::first(cursor, offers.len(), usize::from(list.height));
        for (row, (index, offer)) in (0..list.height).zip(offers.iter().enumerate().skip(first)) {
            let (sign, meaning) = if offer.mends {
                (look.theme.sign(Meaning::Good), Meaning::Good)
            } else {
                (look.theme.pick("✂", "x"), Meaning::Warning)
            };
            let is_here = index == cursor;
            let style = look.style(if is_here { Meaning::Chosen } else { Meaning::Text });
            let pointer = if is_here { look.theme.sign(Meaning::Chosen) } else { " " };
            let line = Line::from(vec![
                Span::styled(format!("{pointer} "), style),
                Span::styled(format!("{sign} "), look.style(meaning)),
                Span::styled(text::fit(&look.text(caption(&offer.fault)), 28, look.theme.pick("…", "~")), style),
                Span::styled(offer.target.clone(), if is_here { style } else { look.style(Meaning::Muted) }),
            ]);
            text::put(buffer, list, row, &line);
        }
        scroll::bar(buffer, list, look.theme, first, offers.len());
        let (Some(offer), Some(cluster)) = (offers.get(cursor), look.cluster()) else { return };
        let below = Rect { y: list.bottom(), height: inside.height - list.height, ..inside };
        let rule = look.theme.pick("─", "-").repeat(usize::from(below.width));
        text::put_at(buffer, below, (0, 0), &rule, look.style(Meaning::Frame));
        let (said, meaning) = match cluster.preview(&offer.fault) {
            // What mends hits nothing.
            Ok(_) if offer.mends => return,
            Ok(hit) => (format!("{} {hit}", look.text("fault-hits")), Meaning::Warning),
            Err(error) => (error.to_string(), Meaning::Bad),
        };
        text::put_at(buffer, below, (1, 1), &said, look.style(meaning));
    }
}
