//! Widgets: pieces of screens without a state of their own.

pub mod footer;
pub mod gauge;
pub mod grid;
pub mod input;
pub mod pane;
pub mod scroll;
pub mod spark;
pub mod text;
pub mod time_bar;
pub mod time_line;
pub mod top_bar;
