//! Screens: they draw what a session shows and turn keys into inputs.
//!
//! What comes in: key presses, and a [`Session`](crate::session::Session) to look at. What goes out: cells on a terminal,
//! and [`Ask`]s that [`App`] carries out on the session. A screen is a state, an `update` that answers an action with what it
//! asks for, and a `draw` that takes `&self`: any instant of the past can be drawn.
//!
//! **Invariants.** Screens own no truth and never touch the cluster. Keys become actions in one table, [`keymap`]. Nothing is
//! told by colour alone. Whatever happens, the terminal is given back.
//!
//! Reading order: [`run`], [`app`], [`errand`], [`frame`], [`action`], [`mod@keymap`], [`ask`], [`look`], [`mod@play`], [`screen`], [`widget`], then
//! what they stand on: [`facts`], [`console`], [`shelf`], [`news`], [`outside`], [`mark`], [`markdown`], [`breaking`], [`locale`], [`theme`], [`terminal`],
//! [`shot`](mod@shot), [`picture`].

pub mod action;
pub mod app;
pub mod ask;
pub mod breaking;
pub mod complete;
pub mod console;
pub mod errand;
pub mod facts;
pub mod frame;
pub mod keymap;
pub mod locale;
pub mod look;
pub mod mark;
pub mod markdown;
pub mod markdown_table;
pub mod news;
pub mod outside;
pub mod picture;
pub mod play;
pub mod run;
pub mod screen;
pub mod shelf;
pub mod shot;
pub mod terminal;
pub mod theme;
pub mod widget;

pub use app::App;
pub use ask::Ask;
pub use run::{Options, play};
pub use shot::{Shot, ShotError, shot};

#[cfg(test)]
mod tests;
