//! What all sandboxes of a machine share: its agenda, disk, memory, volumes and the numbers it gives out.

use std::collections::BTreeMap;
use std::sync::Arc;

use super::process::HostPid;
use crate::engine::{Agenda, SimTime};
use crate::machine::cri::{ExecId, MachineConfig, MachineEvent, PullId, SandboxId, SocketId};
use crate::machine::fs::{Directory, Disk, Volumes, host};

/// What a machine has written down to do later.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Wake {
    /// A process wanted to go on; only the newest wish counts.
    Process(SandboxId, HostPid, u32),
    /// A request has been worked on for long enough.
    Answer(SandboxId, SocketId),
    /// A pull is over.
    Pull(PullId),
    /// An exec has taken too long.
    ExecTimeout(SandboxId, ExecId),
}

/// What sandboxes share.
#[derive(Clone, Debug)]
pub struct Shared {
    /// The machine's name.
    pub name: Arc<str>,
    /// What comes later.
    pub agenda: Agenda<Wake>,
    /// What the outside has not been told yet.
    pub events: Vec<MachineEvent>,
    /// Volumes known here.
    pub volumes: Volumes,
    /// The machine's own files.
    pub host: Directory,
    /// Its disk.
    pub disk: Disk,
    /// Its processors.
    pub processors: u64,
    /// Memory in bytes.
    pub memory_capacity: u64,
    /// Memory in use by containers.
    pub memory_used: u64,
    /// Ports taken in the machine's own network namespace.
    pub host_ports: BTreeMap<u16, (SandboxId, HostPid)>,
    /// The last number given out.
    last_number: u64,
    last_pid: u32,
}

impl Shared {
    /// The shared part of an idle machine; `first_number` separates its ids from those of other machines.
    #[must_use]
    pub fn new(config: &MachineConfig, first_number: u64) -> Self {
        Self {
            name: Arc::clone(&config.name),
            processors: config.cpu_milli.div_ceil(1_000),
            agenda: Agenda::new(),
            events: Vec::new(),
            volumes: Volumes::new(),
            host: host::files(&config.name),
            disk: Disk { capacity: config.disk_bytes, used: 0 },
            memory_capacity: config.memory_bytes,
            memory_used: 0,
            host_ports: BTreeMap::new(),
            last_number: first_number,
            last_pid: 0,
        }
    }

    /// A number never given out before on this machine.
    pub fn number(&mut self) -> u64 {
        self.last_number += 1;
        self.last_number
    }

    /// A process number of the machine's own namespace.
    pub fn host_pid(&mut self) -> HostPid {
        self.last_pid += 1;
        HostPid(self.last_pid)
    }

    /// Writes something down for later.
    pub fn wake_at(&mut self, at: SimTime, wake: Wake) {
        self.agenda.push(at, wake);
    }
}
