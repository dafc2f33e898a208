//! `kubectl rollout`: how a Deployment, DaemonSet or StatefulSet comes from one template to the next.

mod controller_revision;
mod history;
mod pause;
mod restart;
mod revision;
mod status;
mod undo;

pub use history::{FLAGS as HISTORY_FLAGS, run as history};
pub use pause::{pause, resume};
pub use restart::{FLAGS, run as restart};
pub use status::{FLAGS as STATUS_FLAGS, run as status};
pub use undo::{FLAGS as UNDO_FLAGS, run as undo};
