//! The screens, one file each. A screen is a state, what it asks for when something was pressed, and how it looks.

use ratatui::buffer::Buffer;
use ratatui::layout::{Position, Rect};

use super::action::Action;
use super::ask::Ask;
use super::look::Look;

pub mod command;
pub mod compare;
pub mod confirm;
pub mod editor;
pub mod ending;
pub mod etcd;
pub mod events;
pub mod fault;
pub mod filter;
pub mod help;
pub mod home;
pub mod inside;
pub mod lesson;
pub mod load;
pub mod namespaces;
pub mod on_object;
pub mod prompt;
pub mod quota;
pub mod scheduler;
pub mod story;
pub mod table;
pub mod text;
pub mod topology;
pub mod trace;
pub mod tree;
pub mod usage;
pub mod why;

/// The screens, as the keymap names them.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[expect(missing_docs, reason = "each variant is the screen in the file of that name")]
pub enum ScreenName {
    Home,
    Lesson,
    Topology,
    Table,
    Text,
    Events,
    Trace,
    Scheduler,
    Etcd,
    Quota,
    Load,
    Usage,
    Ending,
    Inside,
    Fault,
    Why,
    Help,
    Tree,
    Compare,
    Confirm,
    Namespaces,
    Prompt,
    Command,
    Filter,
    Editor,
}

impl ScreenName {
    /// Every screen.
    pub const ALL: [Self; 25] = [
        Self::Home,
        Self::Lesson,
        Self::Topology,
        Self::Table,
        Self::Text,
        Self::Events,
        Self::Trace,
        Self::Scheduler,
        Self::Etcd,
        Self::Quota,
        Self::Load,
        Self::Usage,
        Self::Ending,
        Self::Inside,
        Self::Fault,
        Self::Why,
        Self::Help,
        Self::Tree,
        Self::Compare,
        Self::Confirm,
        Self::Namespaces,
        Self::Prompt,
        Self::Command,
        Self::Filter,
        Self::Editor,
    ];

    /// Whether letters are typed here.
    #[must_use]
    pub fn takes_text(self) -> bool {
        matches!(self, Self::Prompt | Self::Command | Self::Filter | Self::Editor)
    }
}

/// How much of what is behind it a screen covers.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Cover {
    /// All of it.
    Whole,
    /// A box in the middle, of this share of the width and height in percent.
    Box {
        /// Percent of the width.
        width: u16,
        /// Percent of the height.
        height: u16,
    },
    /// So many rows at the bottom; what is behind moves up.
    Bottom(u16),
    /// One line at the bottom.
    Line,
}

/// A screen.
pub trait Screen {
    /// Which one.
    fn name(&self) -> ScreenName;

    /// What the path at the top calls it.
    fn title(&self, look: &Look<'_>) -> String;

    /// How much it covers.
    fn cover(&self, _look: &Look<'_>) -> Cover {
        Cover::Whole
    }

    /// What it asks for when someone wants something.
    fn update(&mut self, action: &Action, look: &Look<'_>) -> Vec<Ask>;

    /// Takes in what was typed on a screen in front.
    fn hear(&mut self, _word: &str) {}

    /// Draws itself.
    fn draw(&self, look: &Look<'_>, area: Rect, buffer: &mut Buffer);

    /// Where the text cursor is.
    fn cursor(&self, _look: &Look<'_>, _area: Rect) -> Option<Position> {
        None
    }
}
