//! A cluster behind a socket, and the real kubectl in front of it. `KUBECTL` names another kubectl than the one on the path.
//!
//! Where there is no kubectl these tests say so and pass, except where `PODLAB_NEEDS_KUBECTL` is set, as the gate does: there it is a failure.

#![expect(
    clippy::disallowed_methods,
    clippy::print_stderr,
    reason = "a server is tried from outside: with threads, real time and the surroundings of the machine"
)]

mod commands;
mod helm;
mod hostile;
mod library;
mod load;
mod same;
mod socket;
mod streams;
mod terminal;

use std::io::Write;
use std::net::SocketAddr;
use std::path::PathBuf;
use std::process::{Command, Stdio};
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::mpsc;
use std::thread::JoinHandle;
use std::time::{Duration, Instant};

use podlab::cluster::{ClusterSpec, NodePool};
use podlab::session::Session;
use podlab::wire::gate::{self, Door};
use podlab::wire::identity::Identity;
use podlab::wire::server::Server;
use podlab::wire::serving::{self, Speed};
use podlab::wire::{bare, kubeconfig};

/// What a command printed and how it ended.
#[derive(Debug)]
pub(super) struct Ran {
    pub(super) out: String,
    pub(super) code: i32,
}

/// A cluster that is being served.
pub(super) struct Served {
    pub(super) server: Option<Server>,
    pub(super) door: Door,
    pub(super) folder: tempfile::TempDir,
    kubectl: PathBuf,
    pub(super) identity: Identity,
    stop: Arc<AtomicBool>,
    runs: Option<JoinHandle<()>>,
}

/// The real kubectl; `None` where there is none.
pub(super) fn kubectl() -> Option<PathBuf> {
    let named = std::env::var_os("KUBECTL").map(PathBuf::from);
    let on_path = || {
        let folders = std::env::var_os("PATH")?;
        std::env::split_paths(&folders).map(|folder| folder.join("kubectl")).find(|path| path.is_file())
    };
    let found = named.or_else(on_path);
    if found.is_none() {
        assert!(
            std::env::var_os("PODLAB_NEEDS_KUBECTL").is_none(),
            "there is no kubectl; install one or name it with KUBECTL"
        );
        eprintln!("skipped: there is no kubectl; install one or name it with KUBECTL");
    }
    found
}

impl Served {
    /// A cluster of three nodes, born now.
    pub(super) fn start(kubectl: PathBuf) -> Self {
        let now = std::time::SystemTime::now().duration_since(std::time::UNIX_EPOCH).unwrap().as_secs();
        let born = podlab::model::time::Timestamp::from_second(i64::try_from(now).unwrap() - 25).unwrap();
        let spec = ClusterSpec {
            control_plane_nodes: false,
            nodes: vec![NodePool { count: 3, ..NodePool::default() }],
            born: Some(born.to_string()),
            ..ClusterSpec::default()
        };
        let mut session = Session::open(Arc::new(bare::scenario(&spec).unwrap()), 1).unwrap();
        let (door, mut gate) = gate::open();
        let identity = Identity::new([127, 0, 0, 1].into()).unwrap();
        let server = Server::start(SocketAddr::from(([127, 0, 0, 1], 0)), &identity, door.clone()).unwrap();
        let folder = tempfile::tempdir().unwrap();
        let url = format!("https://{}", server.address());
        kubeconfig::write(&folder.path().join("config"), &kubeconfig::text(&identity, &url)).unwrap();
        let stop = Arc::new(AtomicBool::new(false));
        let stopped = Arc::clone(&stop);
        let runs = std::thread::Builder::new().name("podlab-serving".to_owned());
        let runs = runs.spawn(move || serving::serve(&mut session, &mut gate, Speed::Times(1.0), &stopped)).unwrap();
        Self { server: Some(server), door, folder, kubectl, identity, stop, runs: Some(runs) }
    }

    /// Where it listens.
    pub(super) fn address(&self) -> SocketAddr {
        self.server.as_ref().unwrap().address()
    }

    /// Runs the real kubectl; both streams in one text.
    pub(super) fn run(&self, line: &str) -> Ran {
        self.run_with(line, "")
    }

    /// The same with something to read.
    pub(super) fn run_with(&self, line: &str, stdin: &str) -> Ran {
        self.spawn(&format!("\"$KUBECTL\" {line} 2>&1"), stdin)
    }

    /// The same after something that the shell does first.
    pub(super) fn run_after(&self, first: &str, line: &str) -> Ran {
        self.spawn(&format!("{first} \"$KUBECTL\" {line} 2>&1"), "")
    }

    /// What kubectl needs to find the cluster, and nothing of the person who runs the tests.
    pub(super) fn surroundings(&self) -> [(&'static str, PathBuf); 5] {
        [
            ("KUBECTL", self.kubectl.clone()),
            ("KUBECONFIG", self.folder.path().join("config")),
            ("HOME", self.folder.path().to_owned()),
            ("TZ", "UTC".into()),
            ("TERM", "xterm".into()),
        ]
    }

    fn spawn(&self, command: &str, stdin: &str) -> Ran {
        let mut child = Command::new("sh")
            .args(["-c", command])
            .envs(self.surroundings())
            .current_dir(self.folder.path())
            .stdin(Stdio::piped())
            .stdout(Stdio::piped())
            .spawn()
            .unwrap();
        let mut input = child.stdin.take().unwrap();
        // A command that reads nothing may be gone before everything is written.
        drop(input.write_all(stdin.as_bytes()));
        drop(input);
        let output = child.wait_with_output().unwrap();
        Ran { out: String::from_utf8_lossy(&output.stdout).into_owned(), code: output.status.code().unwrap_or(-1) }
    }

    /// Runs a command until what it prints holds `wanted`.
    pub(super) fn until(&self, line: &str, wanted: &str) -> String {
        let begun = Instant::now();
        loop {
            let ran = self.run(line);
            if ran.out.contains(wanted) {
                return ran.out;
            }
            assert!(begun.elapsed() < Duration::from_secs(60), "{line} never said {wanted:?}; last:\n{}", ran.out);
            std::thread::sleep(Duration::from_millis(200));
        }
    }

    /// Does something with the session, and waits for what comes of it.
    pub(super) fn with<T: Send + 'static>(&self, act: impl FnOnce(&mut Session) -> T + Send + 'static) -> T {
        let (sender, done) = mpsc::channel();
        self.door.act(move |session| drop(sender.send(act(session))));
        done.recv_timeout(Duration::from_secs(30)).unwrap()
    }

    /// Runs podlab's own kubectl in the same cluster.
    pub(super) fn own(&self, line: &str) -> Ran {
        let line = line.to_owned();
        let number = self.with(move |session| session.kubectl(&line));
        let begun = Instant::now();
        loop {
            let ended = self.with(move |session| {
                let running = session.cluster().invocation(number)?;
                Some(Ran { out: running.output().to_owned(), code: running.exit_code()? })
            });
            if let Some(ran) = ended {
                return ran;
            }
            assert!(begun.elapsed() < Duration::from_secs(60), "{number} does not end");
            std::thread::sleep(Duration::from_millis(20));
        }
    }
}

impl Drop for Served {
    fn drop(&mut self) {
        self.stop.store(true, Ordering::Relaxed);
        drop(self.server.take());
        if let Some(runs) = self.runs.take() {
            drop(runs.join());
        }
    }
}
