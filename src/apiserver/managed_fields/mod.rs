//! Who manages which fields of an object: `metadata.managedFields`, and server-side apply, which rests on it.
//!
//! Source: `apimachinery/pkg/util/managedfields`.
//!
//! **How it is kept.** Upstream works out the sets of fields at every write. Components write objects by the hundred
//! thousand, and hardly anybody looks at who managed what, so podlab keeps notes instead: who wrote when, and what stood
//! there before ([`Ownership`]). The sets are worked out of the notes when someone asks: a client that wants
//! `managedFields`, or an apply. Versions of an object that a note refers to are shared with the object or with each other,
//! so a note costs some hundred bytes and no time to speak of. The outcome is that of upstream, with one exception: of several
//! writes by one manager in a row only the first and the last state are compared, so a field that it changed and changed
//! back is not counted as its own. (Informers get objects without the sets, as those of kube-scheduler and
//! kube-controller-manager trim them.)
//!
//! Reading order: `manager`, `update`, `apply`, `conflict`, `ownership`, `snapshot`.

mod apply;
mod conflict;
mod manager;
mod ownership;
mod snapshot;
mod update;

pub(super) use apply::{Application, apply};
pub(super) use manager::{Given, Managers};
pub use ownership::Ownership;
pub(super) use ownership::Writer;
