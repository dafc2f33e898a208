//! Processor time as the kernel hands it out: what every container asked for, held within its limit and within the machine.
//!
//! Models `cpu.stat` of cgroup v2. Accounts are settled when somebody looks ([`Machine::settle_cpu`]), never by a clock: what was
//! asked for since the last look is granted up to the container's quota (`cpu.max`), and when the machine has not that much, in
//! proportion to the requests (`cpu.weight`). Everything is counted in microseconds.
//!
//! **Simplified.** A container that is throttled loses the time that it did not get; its requests are not answered later. All
//! containers are weighed in one row, not by quality of service and Pod first.

use std::collections::BTreeMap;

use super::Machine;
use crate::engine::SimTime;
use crate::machine::cri::ContainerId;
use crate::machine::kernel::{Body, Sandbox};

/// The weight of a container that requests nothing. Source: `MinShares` of `pkg/kubelet/cm`, 2 of 1024.
const WEIGHT_MIN: u64 = 2;

/// What was granted so far.
#[derive(Clone, Debug, Default)]
pub(super) struct CpuAccounts {
    settled_at: SimTime,
    containers: BTreeMap<ContainerId, Account>,
    /// All that the machine has ever granted.
    machine: u64,
}

#[derive(Clone, Copy, Debug, Default)]
struct Account {
    settled_at: SimTime,
    asked: u64,
    granted: u64,
}

/// A container that wants time.
struct Wish {
    id: ContainerId,
    micros: u64,
    weight: u64,
}

impl CpuAccounts {
    pub(super) fn forget(&mut self, id: ContainerId) {
        self.containers.remove(&id);
    }
}

impl Machine {
    /// Settles the accounts of all containers; cheap enough to be done whenever somebody reads them.
    pub fn settle_cpu(&mut self, now: SimTime) {
        let mut wishes = Vec::new();
        for sandbox in self.sandboxes.values() {
            let asked = asked(sandbox, now);
            for (id, asked) in asked {
                let Some(container) = sandbox.containers.get(&id) else { continue };
                let begun = container.started_at.unwrap_or(now);
                let fresh = Account { settled_at: begun, ..Account::default() };
                let account = self.cpu.containers.entry(id).or_insert(fresh);
                let passed = now.since(account.settled_at).as_micros();
                let mut micros = asked.saturating_sub(account.asked);
                if let Some(limit) = container.config.cpu_limit_milli {
                    micros = micros.min(share(passed, limit));
                }
                (account.asked, account.settled_at) = (account.asked.max(asked), now);
                wishes.push(Wish { id, micros, weight: container.config.cpu_request_milli.max(WEIGHT_MIN) });
            }
        }
        let passed = now.since(self.cpu.settled_at).as_micros();
        self.cpu.settled_at = now;
        for (id, micros) in grant(wishes, share(passed, self.config.cpu_milli)) {
            self.cpu.machine += micros;
            if let Some(account) = self.cpu.containers.get_mut(&id) {
                account.granted += micros;
            }
        }
    }

    /// Processor time that a container was granted, in microseconds, as of the last [`settle_cpu`](Self::settle_cpu).
    #[must_use]
    pub fn cpu_of(&self, id: ContainerId) -> u64 {
        self.cpu.containers.get(&id).map_or(0, |account| account.granted)
    }

    /// Processor time that was granted to all containers that ever ran here, in microseconds.
    #[must_use]
    pub fn cpu_of_all(&self) -> u64 {
        self.cpu.machine
    }

    /// The part of a cluster that a container is: `metrics-server`; `None` for ordinary programs, and while it does not run.
    #[must_use]
    pub fn component_of(&self, id: ContainerId) -> Option<&str> {
        let sandbox = self.sandboxes.get(self.containers.get(&id)?)?;
        let first = sandbox.containers.get(&id)?.init?;
        match &sandbox.processes.get(&first)?.body {
            Body::Program(program) => program.component(),
            _ => None,
        }
    }

    /// Tells the program of a container whether the component behind it is ready.
    pub fn set_component_ready(&mut self, now: SimTime, id: ContainerId, is_ready: bool) {
        let Some(sandbox) = self.containers.get(&id).copied() else { return };
        self.within(now, sandbox, |kernel| {
            let first = kernel.sandbox.containers.get(&id).and_then(|container| container.init);
            let process = first.and_then(|first| kernel.sandbox.processes.get_mut(&first));
            if let Some(Body::Program(program)) = process.map(|process| &mut process.body) {
                program.set_ready(is_ready);
            }
        });
    }

    /// What the component behind a container holds in memory, beside what its program does.
    pub fn set_component_memory(&mut self, now: SimTime, id: ContainerId, bytes: u64) {
        let Some(sandbox) = self.containers.get(&id).copied() else { return };
        self.within(now, sandbox, |kernel| {
            let first = kernel.sandbox.containers.get(&id).and_then(|container| container.init);
            let Some(process) = first.and_then(|first| kernel.sandbox.processes.get_mut(&first)) else { return };
            if let Body::Program(program) = &mut process.body {
                program.set_held(bytes);
            }
            let host = process.host;
            kernel.sandbox.make_ready(host);
        });
    }

    /// Writes a line of the component behind a container to its log.
    pub fn say(&mut self, now: SimTime, id: ContainerId, line: &str) {
        let Some(sandbox) = self.containers.get(&id).copied() else { return };
        self.within(now, sandbox, |kernel| {
            let first = kernel.sandbox.containers.get(&id).and_then(|container| container.init);
            if let Some(first) = first {
                crate::machine::program::write_line(first, 2, line, kernel);
            }
        });
    }
}

/// What the containers of a sandbox have asked for since they began.
fn asked(sandbox: &Sandbox, now: SimTime) -> BTreeMap<ContainerId, u64> {
    let begun = sandbox.containers.values().filter(|container| container.started_at.is_some());
    let mut asked: BTreeMap<_, _> = begun.map(|container| (container.id, container.cpu_ended)).collect();
    for process in sandbox.processes.values().filter(|process| process.is_alive()) {
        if let Some(asked) = process.container.and_then(|id| asked.get_mut(&id)) {
            *asked += process.cpu_spent(now, &sandbox.config.hostname);
        }
    }
    asked
}

/// So much of a time that has passed, in thousandths of a processor.
fn share(micros: u64, milli: u64) -> u64 {
    u64::try_from(u128::from(micros) * u128::from(milli) / 1_000).unwrap_or(u64::MAX)
}

/// Shares out what there is: who wants no more than its weight gives gets it, the rest is shared among the others.
fn grant(mut wishes: Vec<Wish>, mut left: u64) -> Vec<(ContainerId, u64)> {
    // In ascending order of want per weight; compared crosswise, without fractions.
    wishes.sort_by(|one, two| {
        let (one_side, two_side) =
            (u128::from(one.micros) * u128::from(two.weight), u128::from(two.micros) * u128::from(one.weight));
        one_side.cmp(&two_side).then(one.id.cmp(&two.id))
    });
    let mut weights: u64 = wishes.iter().map(|wish| wish.weight).sum();
    let mut granted = Vec::with_capacity(wishes.len());
    for wish in wishes {
        let fair = u64::try_from(u128::from(left) * u128::from(wish.weight) / u128::from(weights.max(1)));
        let micros = wish.micros.min(fair.unwrap_or(u64::MAX));
        left -= micros;
        weights -= wish.weight;
        granted.push((wish.id, micros));
    }
    granted
}

#[cfg(test)]
mod tests {
    use super::*;

    fn granted(wishes: &[(u64, u64)], left: u64) -> Vec<u64> {
        let wish =
            |(id, (micros, weight)): (u64, &(u64, u64))| Wish { id: ContainerId(id), micros: *micros, weight: *weight };
        let mut granted = grant((0..).zip(wishes).map(wish).collect(), left);
        granted.sort_unstable();
        granted.into_iter().map(|(_, micros)| micros).collect()
    }

    #[test]
    fn enough_for_all_is_given_to_all() {
        assert_eq!(granted(&[(300, 100), (200, 2)], 1_000), [300, 200]);
    }

    #[test]
    fn too_little_is_shared_by_requests_and_nobody_gets_more_than_it_wants() {
        assert_eq!(granted(&[(1_000, 300), (1_000, 100)], 400), [300, 100]);
        assert_eq!(granted(&[(50, 300), (1_000, 100), (1_000, 100)], 450), [50, 200, 200]);
    }
}
