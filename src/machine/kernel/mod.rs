//! The kernel of a machine, as its processes meet it: processes, signals, descriptors, pipes, sockets.
//!
//! A [`Kernel`] is borrowed for one sandbox and one instant; everything that lives on is in [`Sandbox`] and [`Shared`].
//! Processes run until each of them waits for something; what they wait for makes them ready again. Looking again
//! without need is harmless, so waking is generous and never forgets.

pub mod container;
pub mod descriptor;
pub mod exec;
pub mod exit;
pub mod line_editor;
pub mod process;
pub mod processor;
pub mod run;
pub mod sandbox;
pub mod shared;
pub mod signals;
pub mod sockets;
pub mod spawn;
pub mod terminal;

pub use container::Container;
pub use process::{Body, HostPid, Process};
pub use sandbox::Sandbox;
pub use shared::{Shared, Wake};

use crate::engine::{CauseId, SimTime};
use crate::machine::cri::{ContainerId, Happening, MachineEvent};
use crate::machine::fs::View;

/// One sandbox at one instant, with what it shares with the rest of the machine.
#[derive(Debug)]
pub struct Kernel<'m> {
    /// The present.
    pub now: SimTime,
    /// The sandbox.
    pub sandbox: &'m mut Sandbox,
    /// The rest of the machine.
    pub shared: &'m mut Shared,
}

impl Kernel<'_> {
    /// Tells the outside.
    pub fn emit(&mut self, cause: CauseId, what: Happening) {
        self.shared.events.push(MachineEvent { at: self.now, cause, what });
    }

    /// The files that a container sees, as `user`.
    pub fn view(&mut self, container: ContainerId, user: u32) -> Option<View<'_>> {
        self.sandbox.fill_pod_files();
        let container = self.sandbox.containers.get_mut(&container)?;
        Some(View {
            root: &mut container.root,
            layer_bytes: &mut container.layer_bytes,
            mounts: &container.config.mounts,
            read_only_root: container.config.read_only_root,
            pod_files: &mut self.sandbox.pod_files,
            volumes: &mut self.shared.volumes,
            host: &mut self.shared.host,
            disk: &mut self.shared.disk,
            user,
            now: self.now,
        })
    }
}
