//! The computer under the kubelet: processes, signals, files, images, memory, and the container runtime over them.
//!
//! What comes in: calls of the runtime ([`cri`]) with the instant and the cause of each, and the passing of time
//! ([`Machine::advance`]). What goes out: [`MachineEvent`]s. A container runs *programs*: either shell scripts,
//! interpreted for real in virtual time ([`shell`]), or programs of the image catalogue, described as data ([`image`]).
//! Models Linux with cgroup v2 and containerd 2.x (<https://kubernetes.io/docs/concepts/containers/cri/>).
//!
//! **Invariants.** A machine is a value: a clone is a checkpoint, and nothing in it is a thread or a clock. It knows
//! nothing of Pods beyond what a CRI runtime is told. An idle machine has nothing on its agenda. What is shared by all
//! machines (catalogue, image layers) is behind `Arc`; file trees are copied on write.
//!
//! **Not modelled.** Instruction-level CPU, raw terminals, job control, ptrace, capabilities, seccomp, user namespaces, swap.
//! A command that podlab does not know fails as in a shell (`not found`, 127) and says so in a
//! [`Happening::NotModelled`].
//!
//! Reading order: [`cri`], [`csi`], [`signal`], [`image`], [`fs`], [`kernel`], [`program`], [`shell`], [`command`], [`runtime`].

pub mod command;
pub mod cri;
pub mod csi;
pub mod fs;
pub mod image;
pub mod kernel;
pub mod program;
pub mod runtime;
pub mod shell;
pub mod signal;

pub use cri::*;
pub use csi::{Claim, Lookup, Mounted, VolumeError, VolumeObjects, VolumePlugins, VolumeRequest};
pub use image::Catalogue;
pub use runtime::Machine;
pub use runtime::obituary::Obituary;
pub use signal::Signal;
