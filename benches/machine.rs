//! The machines alone: 30,000 containers on 1,000 of them start and come to rest, without a kubelet or an API.

use std::sync::Arc;

use divan::Bencher;
use divan::counter::ItemsCount;
use podlab::engine::{CauseId, SimTime};
use podlab::machine::{Catalogue, ContainerConfig, Machine, MachineConfig, SandboxConfig};

#[global_allocator]
static ALLOCATOR: mimalloc::MiMalloc = mimalloc::MiMalloc;

const MACHINES: usize = 1_000;
const CONTAINERS: usize = 30;

fn main() {
    divan::main();
}

fn machines() -> Vec<Machine> {
    let catalogue = Arc::new(Catalogue::built_in().expect("the catalogue loads"));
    let machine = |number| Machine::new(MachineConfig::worker(&format!("node-{number}")), Arc::clone(&catalogue));
    (0..MACHINES).map(machine).collect()
}

fn start(machine: &mut Machine) {
    let sandbox = machine.run_sandbox(SimTime::ZERO, SandboxConfig::default(), CauseId::NONE).expect("it is on");
    let config = ContainerConfig { image: "nginx:1.27".into(), ..ContainerConfig::default() };
    let id = machine.create_container(SimTime::ZERO, sandbox, config, CauseId::NONE).expect("the image is there");
    machine.start_container(SimTime::ZERO, id, CauseId::NONE).expect("it was just made");
}

/// Thirty nginx on each machine.
#[divan::bench(sample_count = 5, sample_size = 1)]
fn start_containers(bencher: Bencher<'_, '_>) {
    bencher.counter(ItemsCount::new(MACHINES * CONTAINERS)).with_inputs(machines).bench_values(|mut machines| {
        for machine in &mut machines {
            machine.preload_image("nginx:1.27").expect("the catalogue has it");
            (0..CONTAINERS).for_each(|_| start(machine));
            machine.advance(SimTime::from_secs(1));
            assert_eq!(machine.next_at(), None, "a machine comes to rest");
        }
        machines
    });
}
