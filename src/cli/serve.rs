//! `podlab serve`: the API of a cluster for the real kubectl.

use std::io::{BufRead, Write};
use std::net::{IpAddr, SocketAddr};
use std::path::Path;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};

use crate::cluster::{ClusterSpec, NodePool};
use crate::model::time;
use crate::scenario::{Command as ScriptCommand, Scenario};
use crate::session::{Session, SessionError};
use crate::wire::gate::Door;
use crate::wire::identity::Identity;
use crate::wire::server::Server;
use crate::wire::{bare, gate, kubeconfig, serving};

use super::args;
use super::failure::Failure;
use super::{sources, surroundings};

/// How long before the present a bare cluster is born, so that it has come up when it is first asked.
const BOOT_SECONDS: i64 = 25;

/// Serves until it is told to stop.
///
/// # Errors
/// When there is no such scenario, the cluster cannot be built, the address cannot be had or the kubeconfig not be written.
pub fn serve(args: &args::Serve, out: &mut dyn Write) -> Result<u8, Failure> {
    let scenario = scenario(args)?;
    let mut session = Session::open(scenario, args.seed).map_err(|error: SessionError| Failure::input(error))?;
    // There is no screen here on which to look back, and what old checkpoints hold grows with every write.
    session.keep_no_checkpoints();
    let address = args.listen.unwrap_or_else(|| SocketAddr::from(([127, 0, 0, 1], 0)));
    let identity = Identity::new(address.ip()).map_err(Failure::input)?;
    let (door, mut gate) = gate::open();
    let server = Server::start(address, &identity, door.clone()).map_err(|error| {
        Failure::input(format!("cannot listen at {address}: {error}; give another address with --listen"))
    })?;
    let path = args.kubeconfig.clone().unwrap_or_else(surroundings::kubeconfig_file);
    let url = format!("https://{}", reachable(server.address()));
    kubeconfig::write(&path, &kubeconfig::text(&identity, &url)).map_err(|error| {
        Failure::input(format!("cannot write {}: {error}; give another path with --kubeconfig", path.display()))
    })?;
    // `ready` comes first: whoever waits for that line may read no further.
    writeln!(out, "ready")?;
    writeln!(out, "export KUBECONFIG={}", shell_word(&path))?;
    out.flush()?;
    let stop = Arc::new(AtomicBool::new(false));
    stop_on_signal(&stop)?;
    read_faults(door);
    serving::serve(&mut session, &mut gate, args.speed, &stop);
    Ok(0)
}

fn scenario(args: &args::Serve) -> Result<Arc<Scenario>, Failure> {
    if let Some(name) = &args.scenario {
        return sources::scenario(name).map(born_now);
    }
    let mut spec = ClusterSpec {
        control_planes: args.control_planes,
        control_plane_nodes: false,
        nodes: vec![pool(args)],
        born: Some(birth()),
        addons: args.addons.clone(),
        ..ClusterSpec::default()
    };
    if let Some(path) = &args.cluster {
        let name = path.display().to_string();
        let text =
            std::fs::read_to_string(path).map_err(|error| Failure::input(format!("cannot read {name}: {error}")))?;
        let (nodes, addons) = bare::read(&name, &text).map_err(Failure::input)?;
        spec.nodes = nodes;
        spec.addons.extend(addons);
    }
    spec.check().map_err(Failure::input)?;
    bare::scenario(&spec).map(Arc::new).map_err(Failure::input)
}

/// A scenario that does not say when it plays, plays now.
fn born_now(scenario: Arc<Scenario>) -> Arc<Scenario> {
    if scenario.spec().cluster.born.is_some() {
        return scenario;
    }
    let mut scenario = Scenario::clone(&scenario);
    Arc::make_mut(&mut scenario.file).spec.cluster.born = Some(birth());
    Arc::new(scenario)
}

fn pool(args: &args::Serve) -> NodePool {
    let images = bare::IMAGES.map(str::to_owned).to_vec();
    let mut pool = NodePool { count: args.nodes, images, ..NodePool::default() };
    // One node of a bare cluster is node-1 too.
    for (resource, amount) in [("cpu", &args.node_cpu), ("memory", &args.node_memory), ("pods", &args.node_pods)] {
        pool.allocatable.insert(resource.to_owned(), amount.clone());
    }
    pool
}

/// Real time in the simulated calendar, so that ages that clients compute are right.
#[expect(
    clippy::disallowed_methods,
    reason = "the birth of a served cluster is an input of the run, taken from the clock once"
)]
fn birth() -> String {
    let now = time::Timestamp::now().as_second() - BOOT_SECONDS;
    time::Timestamp::from_second(now).unwrap_or_default().to_string()
}

/// The address as a client on this machine reaches it.
fn reachable(address: SocketAddr) -> SocketAddr {
    let loopback =
        if address.is_ipv4() { IpAddr::from([127, 0, 0, 1]) } else { IpAddr::from(std::net::Ipv6Addr::LOCALHOST) };
    if address.ip().is_unspecified() { SocketAddr::new(loopback, address.port()) } else { address }
}

fn shell_word(path: &Path) -> String {
    let text = path.display().to_string();
    let is_plain = text.bytes().all(|byte| byte.is_ascii_alphanumeric() || b"-_./".contains(&byte));
    if is_plain { text } else { format!("'{}'", text.replace('\'', "'\\''")) }
}

/// SIGTERM, SIGINT and the end of the terminal stop the server.
fn stop_on_signal(stop: &Arc<AtomicBool>) -> Result<(), Failure> {
    use tokio::signal::unix::{SignalKind, signal};
    let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build()?;
    let stop = Arc::clone(stop);
    spawn("podlab-signals", move || {
        runtime.block_on(async {
            let (Ok(mut term), Ok(mut int)) = (signal(SignalKind::terminate()), signal(SignalKind::interrupt())) else {
                return;
            };
            tokio::select! { _ = term.recv() => {}, _ = int.recv() => {} }
            stop.store(true, Ordering::Relaxed);
        });
    })
}

/// Faults come in as lines: `node-down node-1`.
fn read_faults(door: Door) {
    let read = move || {
        for line in std::io::stdin().lock().lines().map_while(Result::ok) {
            let line = line.trim().to_owned();
            if !line.is_empty() {
                door.act(move |session| break_something(session, &line));
            }
        }
    };
    // Without that thread faults cannot be given; everything else works.
    drop(spawn("podlab-faults", read));
}

#[expect(clippy::print_stderr, reason = "a line that cannot be carried out is answered where errors go")]
fn break_something(session: &mut Session, line: &str) {
    // Whoever drives a cluster from outside means the kubelet by `node-down`; `NodeDown` takes the power away.
    let spoken = line.split_once(' ').map_or_else(
        || line.to_owned(),
        |(word, rest)| match word {
            "node-down" => format!("StopComponent kubelet {rest}"),
            "node-up" => format!("StartComponent kubelet {rest}"),
            _ => line.to_owned(),
        },
    );
    let outcome = ScriptCommand::parse(&format!("fault {spoken}")).and_then(|command| match command {
        ScriptCommand::Fault(fault) => session.fault(fault).map_err(|error| error.to_string()),
        _ => Err("not a fault".to_owned()),
    });
    if let Err(error) = outcome {
        eprintln!("error: {line}: {error}");
    }
}

fn spawn(name: &str, run: impl FnOnce() + Send + 'static) -> Result<(), Failure> {
    std::thread::Builder::new().name(name.to_owned()).spawn(run)?;
    Ok(())
}
