//! The plan: where each thing of the topology stands on a sheet as wide as the screen and as long as it needs to be.

use std::sync::Arc;

use ratatui::layout::Rect;

use crate::model::{Kind, ObjectKey, Pod, Resource};
use crate::session::{Cluster, ComponentName};
use crate::tui::action::Action;
use crate::tui::look::Look;
use crate::tui::mark;
use crate::tui::theme::Meaning;

/// A box of a machine is at least so wide.
const BOX_WIDTH_MIN: u16 = 25;
/// At most so many Pods have a line of their own in a box; beyond it each is a sign.
const LINES_MAX: usize = 8;
/// With more machines than this every Pod is a sign.
const MACHINES_WITH_LINES_MAX: usize = 60;
/// With more Pods than this only machines can be chosen.
const PODS_CHOSEN_MAX: usize = 4_000;

/// Something that can be chosen.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Thing {
    /// A component of a master.
    Component {
        /// Which machine.
        node: Arc<str>,
        /// Which component.
        component: ComponentName,
    },
    /// A machine.
    Machine(Arc<str>),
    /// A Pod.
    Pod(ObjectKey),
}

/// How the Pods of a box are shown.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Detail {
    /// A line each.
    Lines,
    /// A sign each.
    Signs,
}

/// A box: a machine, or the Pods that no machine has.
pub struct Crate<'a> {
    /// The machine; empty for Pods without one.
    pub name: Arc<str>,
    /// Its Pods.
    pub pods: &'a [Arc<Pod>],
    /// Where it stands on the sheet.
    pub area: Rect,
    /// How its Pods are shown.
    pub detail: Detail,
}

/// Where each thing stands.
pub struct Plan<'a> {
    /// The rows of masters: name and area.
    pub masters: Vec<(Arc<str>, Rect)>,
    /// The boxes.
    pub boxes: Vec<Crate<'a>>,
    /// What can be chosen, from top to bottom.
    pub things: Vec<(Thing, Rect)>,
    /// The first Pod that is not as it should be.
    in_need: Option<Thing>,
    /// How long the sheet is.
    pub height: u16,
}

/// The components of a master in the order of their columns, and the share of the width each begins at, in percent.
pub const COMPONENTS: [ComponentName; 4] = [
    ComponentName::Etcd,
    ComponentName::KubeApiserver,
    ComponentName::KubeScheduler,
    ComponentName::KubeControllerManager,
];

impl<'a> Plan<'a> {
    /// The plan of what is looked at, on a sheet of this width.
    #[must_use]
    pub fn new(look: &Look<'a>, width: u16) -> Self {
        let mut plan = Self { masters: Vec::new(), boxes: Vec::new(), things: Vec::new(), in_need: None, height: 0 };
        let Some(play) = look.play else { return plan };
        let cluster = play.session.cluster();
        plan.add_masters(cluster, width);
        let waiting = play.facts.pods_on("", cluster);
        let waiting = if waiting.iter().any(|pod| !pod.is_terminal()) { waiting } else { &[] };
        if !waiting.is_empty() {
            let lines = waiting.len().min(LINES_MAX) as u16;
            let area = Rect::new(0, plan.height, width, lines + 2);
            let detail = if waiting.len() > LINES_MAX { Detail::Signs } else { Detail::Lines };
            plan.boxes.push(Crate { name: "".into(), pods: waiting, area, detail });
            plan.height += lines + 2;
        }
        plan.add_machines(look, cluster, width);
        plan.add_pods(look);
        plan
    }

    fn add_masters(&mut self, cluster: &Cluster, width: u16) {
        for master in cluster.masters() {
            let area = Rect::new(0, self.height, width, 1);
            for (index, component) in COMPONENTS.into_iter().enumerate() {
                let cell = component_cell(area, index);
                self.things.push((Thing::Component { node: Arc::clone(&master.name), component }, cell));
            }
            self.masters.push((Arc::clone(&master.name), area));
            self.height += 1;
        }
        self.height += 1;
    }

    fn add_machines(&mut self, look: &Look<'a>, cluster: &'a Cluster, width: u16) {
        let Some(play) = look.play else { return };
        let is_master = |name: &str| cluster.masters().iter().any(|master| &*master.name == name);
        let pods = |name: &str| play.facts.pods_on(name, cluster);
        let shown: Vec<&Arc<str>> = cluster
            .workers()
            .iter()
            .map(|worker| &worker.name)
            .filter(|name| !is_master(name) || pods(name).iter().any(|pod| !mark::is_static(pod)))
            .collect();
        let columns = (width / BOX_WIDTH_MIN).clamp(1, (shown.len() as u16).clamp(1, 6));
        let edge = |column: u16| (u32::from(column) * u32::from(width) / u32::from(columns)) as u16;
        let box_width = width / columns;
        let all_lines = shown.len() <= MACHINES_WITH_LINES_MAX;
        for row in shown.chunks(usize::from(columns)) {
            let has_lines = all_lines && row.iter().all(|name| pods(name).len() <= LINES_MAX);
            let detail = if has_lines { Detail::Lines } else { Detail::Signs };
            let size = |name: &&Arc<str>| match detail {
                Detail::Lines => pods(name).len() as u16,
                Detail::Signs => (pods(name).len() as u16 * 2).div_ceil(box_width.saturating_sub(2).max(2)),
            };
            let inner = 1 + row.iter().map(size).max().unwrap_or(0).max(1);
            for (column, name) in (0..).zip(row) {
                let area = Rect::new(edge(column), self.height, edge(column + 1) - edge(column), inner + 2);
                self.boxes.push(Crate { name: Arc::clone(name), pods: pods(name), area, detail });
            }
            self.height = self.height.saturating_add(inner + 2);
        }
    }

    fn add_pods(&mut self, look: &Look<'_>) {
        let with_pods = look.objects(Kind::Pod).len() <= PODS_CHOSEN_MAX;
        for held in &self.boxes {
            if !held.name.is_empty() {
                self.things.push((Thing::Machine(Arc::clone(&held.name)), Rect { height: 1, ..held.area }));
            }
            let pods = held.pods.iter().enumerate().filter(|_| with_pods);
            for (index, pod) in pods {
                if let Some(cell) = held.cell(index) {
                    let key = ObjectKey::new(
                        Kind::Pod,
                        Pod::meta(pod).namespace.clone().unwrap_or_default(),
                        Pod::meta(pod).name.clone().unwrap_or_default(),
                    );
                    if self.in_need.is_none() && mark::pod(pod).1 != Meaning::Good {
                        self.in_need = Some(Thing::Pod(key.clone()));
                    }
                    self.things.push((Thing::Pod(key), cell));
                }
            }
        }
    }

    /// What is chosen: as long as it is there, what someone chose; else the Pod that needs a look most.
    #[must_use]
    pub fn chosen<'p>(&'p self, chosen: Option<&'p Thing>) -> Option<&'p Thing> {
        chosen.filter(|thing| self.area_of(thing).is_some()).or_else(|| self.first())
    }

    fn first(&self) -> Option<&Thing> {
        let is_pod = |(thing, _): &&(Thing, Rect)| matches!(thing, Thing::Pod(_));
        let in_need = self.in_need.as_ref().and_then(|key| self.things.iter().find(|(thing, _)| thing == key));
        let pod = in_need.or_else(|| self.things.iter().find(is_pod));
        pod.or(self.things.first()).map(|(thing, _)| thing)
    }

    fn area_of(&self, thing: &Thing) -> Option<Rect> {
        self.things.iter().find(|(held, _)| held == thing).map(|(_, area)| *area)
    }

    /// The thing at a place of the sheet.
    #[must_use]
    pub fn at(&self, column: u16, row: u16) -> Option<&Thing> {
        let place = (column, row).into();
        self.things.iter().find(|(_, area)| area.contains(place)).map(|(thing, _)| thing)
    }

    /// The first row on screen, so that the chosen thing can be seen.
    #[must_use]
    pub fn top(&self, chosen: Option<&Thing>, height: u16) -> u16 {
        let last = self.height.saturating_sub(height);
        let Some(area) = chosen.and_then(|thing| self.area_of(thing)) else { return 0 };
        if area.y + 3 < height { 0 } else { area.y.saturating_sub(height / 2).min(last) }
    }

    /// The thing one gets to from the chosen one; `None` when the action moves nothing.
    #[must_use]
    pub fn moved(&self, chosen: Option<&Thing>, action: &Action) -> Option<Thing> {
        let chosen = self.chosen(chosen);
        let here = chosen.and_then(|thing| self.area_of(thing))?;
        match action {
            Action::Top => self.things.first().map(|(thing, _)| thing.clone()),
            Action::Bottom => self.things.last().map(|(thing, _)| thing.clone()),
            Action::PageDown | Action::PageUp => {
                self.machine_beside(here, *action == Action::PageDown).or(chosen.cloned())
            }
            Action::Up | Action::Down | Action::Left | Action::Right => self.nearest(here, action).or(chosen.cloned()),
            _ => None,
        }
    }

    /// The next or last machine in reading order.
    fn machine_beside(&self, here: Rect, is_next: bool) -> Option<Thing> {
        let place = |area: &Rect| (area.y, area.x);
        let mut machines = self.things.iter().filter(|(thing, _)| matches!(thing, Thing::Machine(_)));
        let found = if is_next {
            machines.find(|(_, area)| place(area) > place(&here))
        } else {
            machines.rfind(|(_, area)| place(area) < place(&here))
        };
        found.map(|(thing, _)| thing.clone())
    }

    /// The nearest thing in a direction; what lies straight ahead is nearer than what lies aside.
    fn nearest(&self, here: Rect, action: &Action) -> Option<Thing> {
        let gap = |a: (u16, u16), b: (u16, u16)| u32::from(b.0.saturating_sub(a.1).max(a.0.saturating_sub(b.1)));
        let columns = |area: &Rect| (area.x, area.right());
        let cost = |area: &Rect| {
            let (up, left) = (area.y < here.y, area.x < here.x);
            let (down, right) = (area.y > here.y, area.x > here.x);
            let across = gap(columns(&here), columns(area));
            let along = u32::from(area.y.abs_diff(here.y));
            match action {
                Action::Up if up => Some(along + across * 8),
                Action::Down if down => Some(along + across * 8),
                Action::Left if left => Some(u32::from(here.x.abs_diff(area.x)) + along * 20),
                Action::Right if right => Some(u32::from(here.x.abs_diff(area.x)) + along * 20),
                _ => None,
            }
        };
        let costs = self.things.iter().filter_map(|(thing, area)| cost(area).map(|cost| (cost, thing)));
        costs.min_by_key(|(cost, _)| *cost).map(|(_, thing)| thing.clone())
    }
}

impl Crate<'_> {
    /// Where the Pod of this number stands on the sheet.
    #[must_use]
    pub fn cell(&self, index: usize) -> Option<Rect> {
        let (x, width) = (self.area.x + 1, self.area.width.saturating_sub(2));
        // A machine has its resources in the first line.
        let y = self.area.y + if self.name.is_empty() { 1 } else { 2 };
        let cell = match self.detail {
            Detail::Lines => Rect::new(x, y + index as u16, width, 1),
            Detail::Signs => {
                let per_row = usize::from(width / 2).max(1);
                Rect::new(x + (index % per_row) as u16 * 2, y + (index / per_row) as u16, 2, 1)
            }
        };
        (cell.y < self.area.bottom() - 1).then_some(cell)
    }
}

/// Where the component of this number stands in the row of its master.
#[must_use]
pub fn component_cell(row: Rect, index: usize) -> Rect {
    const STARTS: [u16; 5] = [11, 20, 33, 47, 62];
    let scale =
        |start: u16| if row.width >= 62 { start } else { (u32::from(start) * u32::from(row.width) / 62) as u16 };
    let (start, end) = (scale(STARTS[index]), scale(STARTS[index + 1]));
    Rect::new(row.x + start, row.y, end - start, 1)
}
