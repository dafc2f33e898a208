//! The topology: masters with their components, machines with their Pods as living cells, Pods that no machine has.

use ratatui::buffer::Buffer;
use ratatui::layout::Rect;

use super::fault::Palette;
use super::{Screen, ScreenName, on_object};
use crate::model::{Kind, ObjectKey};
use crate::session::ComponentName;
use crate::tui::action::Action;
use crate::tui::ask::Ask;
use crate::tui::look::Look;
use crate::tui::widget::pane;

pub mod draw;
pub mod plan;

use plan::{Plan, Thing};

/// The topology, and which thing of it is chosen.
#[derive(Default)]
pub struct Topology {
    chosen: Option<Thing>,
}

impl Topology {
    /// Draws it into an area with a frame around.
    pub fn draw_in(&self, look: &Look<'_>, area: Rect, focus: pane::Focus, buffer: &mut Buffer) {
        let inside = pane::frame(buffer, area, look.theme, &look.text("view-topology"), focus);
        let plan = Plan::new(look, inside.width);
        let chosen = plan.chosen(self.chosen.as_ref()).filter(|_| focus == pane::Focus::Here);
        draw::draw(look, &plan, chosen, plan.top(chosen, inside.height), inside, buffer);
    }

    /// What an action asks for, with the topology drawn at `area`.
    pub fn act(&mut self, action: &Action, look: &Look<'_>, area: Rect) -> Vec<Ask> {
        let inside = pane::inside(area);
        let plan = Plan::new(look, inside.width);
        if let Action::Click { column, row } = action {
            let top = plan.top(self.chosen.as_ref(), inside.height);
            let is_inside = inside.contains((*column, *row).into());
            let here = is_inside.then(|| plan.at(column - inside.x, row - inside.y + top)).flatten();
            if let Some(thing) = here {
                self.chosen = Some(thing.clone());
                return vec![Ask::Nothing];
            }
            return Vec::new();
        }
        if let Some(next) = plan.moved(self.chosen.as_ref(), action) {
            self.chosen = Some(next);
            return vec![Ask::Nothing];
        }
        let Some(chosen) = plan.chosen(self.chosen.as_ref()) else { return Vec::new() };
        if *action == Action::Fault {
            return vec![Ask::Open(Box::new(Palette::new(Some(chosen.target()))))];
        }
        chosen.key().map_or_else(Vec::new, |key| on_object::asks(action, &key, look))
    }
}

impl Thing {
    /// The object behind it: a Pod, a Node; for a component the Lease or machine it stands on.
    fn key(&self) -> Option<ObjectKey> {
        match self {
            Self::Pod(key) => Some(key.clone()),
            Self::Machine(name) => Some(ObjectKey::new(Kind::Node, "", &**name)),
            Self::Component { component, .. } => match component {
                ComponentName::KubeScheduler | ComponentName::KubeControllerManager => {
                    Some(ObjectKey::new(Kind::Lease, "kube-system", component.as_str()))
                }
                _ => None,
            },
        }
    }

    /// What the fault palette begins with.
    fn target(&self) -> String {
        match self {
            Self::Pod(key) => key.name.to_string(),
            Self::Machine(name) => name.to_string(),
            Self::Component { node, component } => format!("{} on {node}", component.as_str()),
        }
    }
}

impl Screen for Topology {
    fn name(&self) -> ScreenName {
        ScreenName::Topology
    }

    fn title(&self, look: &Look<'_>) -> String {
        look.text("view-topology")
    }

    fn update(&mut self, action: &Action, look: &Look<'_>) -> Vec<Ask> {
        let action = if *action == Action::NextPane { &Action::PageDown } else { action };
        self.act(action, look, look.body)
    }

    fn draw(&self, look: &Look<'_>, area: Rect, buffer: &mut Buffer) {
        self.draw_in(look, area, pane::Focus::Here, buffer);
    }
}
