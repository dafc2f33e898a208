//! Whole clusters: apply to all Running at two sizes, a lesson of ten minutes, a rewind.

use divan::Bencher;
use podlab::engine::SimDuration;
use podlab::scenario::catalog;
use podlab::session::Session;
use podlab::session::bench::Bench;

#[global_allocator]
static ALLOCATOR: mimalloc::MiMalloc = mimalloc::MiMalloc;

fn main() {
    divan::main();
}

/// Nodes and Pods, apply to all Running; booting is not counted.
#[divan::bench(args = [(100, 3_000), (1_000, 30_000)], sample_count = 3, sample_size = 1)]
fn apply_to_running(bencher: Bencher<'_, '_>, (nodes, pods): (u32, u32)) {
    bencher.with_inputs(|| Bench::new(nodes, 1).expect("a cluster of that size can be built")).bench_values(
        |mut bench| {
            bench.apply(pods);
            bench.run().expect("every Pod runs in the end");
            bench
        },
    );
}

/// Ten simulated minutes of a lesson with three masters and three nodes.
#[divan::bench(sample_count = 5, sample_size = 1)]
fn ten_minutes_of_a_lesson(bencher: Bencher<'_, '_>) {
    let open = || Session::open(catalog::sandbox().expect("the sandbox loads"), 1).expect("the sandbox opens");
    bencher.with_inputs(open).bench_values(|mut session| {
        session.kubectl("create deployment web --image=nginx --replicas=6");
        session.run_for(SimDuration::from_secs(600));
        session
    });
}

/// Looking back a minute in a session of ten.
#[divan::bench(sample_count = 5, sample_size = 1)]
fn rewind(bencher: Bencher<'_, '_>) {
    let play = || {
        let mut session = Session::open(catalog::sandbox().expect("the sandbox loads"), 1).expect("the sandbox opens");
        session.run_for(SimDuration::from_secs(600));
        session
    };
    bencher.with_inputs(play).bench_values(|mut session| {
        session.look_at(session.present().saturating_sub(SimDuration::from_secs(60)));
        session
    });
}
