//! `kubectl auth`: who am I, and what may I do?

mod can_i;
mod rules;
mod whoami;

pub use can_i::{CAN_I_FLAGS, can_i};
pub use whoami::{WHOAMI_FLAGS, whoami};
