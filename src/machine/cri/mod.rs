//! The container runtime interface: what the kubelet asks of its machine, and what the machine tells back.
//!
//! Models the CRI (`k8s.io/cri-api/pkg/apis/runtime/v1`) as containerd answers it. The calls themselves are methods of
//! [`Machine`](super::Machine); this folder holds their words. Calls take effect at once; what takes time comes back later
//! as a [`MachineEvent`]. Every call that can change a process carries a cause, and events carry it back.

pub mod container;
pub mod error;
pub mod event;
pub mod fate;
pub mod id;
pub mod image;
pub mod sandbox;
pub mod socket;

pub use container::*;
pub use error::*;
pub use event::*;
pub use fate::*;
pub use id::*;
pub use image::*;
pub use sandbox::*;
pub use socket::*;
