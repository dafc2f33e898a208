//! The arguments of the program, as `podlab help` shows them.

use std::net::SocketAddr;
use std::path::PathBuf;

use clap::{Args, Parser, Subcommand, ValueEnum};

use crate::cluster::Addon;
use crate::engine::SimDuration;
use crate::session::Language;
use crate::wire::serving::Speed;

/// A Kubernetes cluster in your terminal that you may break.
#[derive(Debug, Parser)]
#[command(name = "podlab", version, max_term_width = 100, disable_help_subcommand = false)]
pub struct Arguments {
    /// What to do; without a command the app opens at home.
    #[command(subcommand)]
    pub command: Option<Command>,
    /// Language of the app: en, zh-Hant, zh-Hans.
    #[arg(long, global = true, value_name = "LANG", value_parser = language)]
    pub lang: Option<Language>,
}

/// What the program can do.
#[derive(Debug, Subcommand)]
pub enum Command {
    /// Play a scenario in the app
    Play(Play),
    /// Run a scenario without the app: one line per event; exit code 0 only when every goal is reached
    Run(Run),
    /// List the scenarios that come with podlab
    List(List),
    /// Check scenario files: format, expressions, manifests, texts
    Lint(Paths),
    /// Prove that scenarios work: unsolved at the start, solved by every solution, wrong answers caught
    Test(Paths),
    /// Print the JSON Schema of the scenario format, for editors
    Schema,
    /// Run one kubectl command in a scenario's cluster and print what it prints
    Kubectl(Kubectl),
    /// Trace one request hop by hop: names, rules, machines, the socket, and where it dies
    Trace(Trace),
    /// Answer the Kubernetes API, so that the real kubectl can be used
    Serve(Serve),
    /// Save a screen of the app as a picture or text
    Shot(Shot),
    /// Tell what is modelled as in Kubernetes, what is simplified, and what is only stored
    Fidelity(List),
    /// Measure: nodes and Pods from apply to all Running
    Bench(Bench),
    /// Print the completion script of a shell
    Completions {
        /// Which shell.
        shell: clap_complete::Shell,
    },
}

/// Arguments of `play`.
#[derive(Debug, Args)]
pub struct Play {
    /// A scenario that comes with podlab, or a file.
    pub scenario: String,
    /// The seed of everything random.
    #[arg(long, default_value_t = 1)]
    pub seed: u64,
    /// How fast time runs: 1 is real time, 10 is ten times as fast.
    #[arg(long, default_value_t = 1.0)]
    pub speed: f64,
    /// Answer the Kubernetes API beside the screen, for the real kubectl (the key K does the same).
    #[arg(long)]
    pub serve: bool,
}

/// Arguments of `run`.
#[derive(Debug, Args)]
pub struct Run {
    /// A scenario that comes with podlab, or a file.
    pub scenario: String,
    /// The seed of everything random.
    #[arg(long, default_value_t = 1)]
    pub seed: u64,
    /// Stop after this much simulated time, counted from the learner's arrival.
    #[arg(long, default_value = "10m", value_parser = duration)]
    pub until: SimDuration,
    /// Do what this solution (or wrong answer) of the scenario says.
    #[arg(long, value_name = "NAME", conflicts_with = "script")]
    pub solution: Option<String>,
    /// Do what this file says, a command per line: kubectl …, wait 30s, fault …
    #[arg(long = "do", value_name = "FILE")]
    pub script: Option<PathBuf>,
    /// How to print.
    #[arg(short, long, value_enum, default_value_t = Format::Text)]
    pub output: Format,
}

/// Arguments of `list` and `fidelity`.
#[derive(Debug, Args)]
pub struct List {
    /// How to print.
    #[arg(short, long, value_enum, default_value_t = Format::Text)]
    pub output: Format,
}

/// Arguments of `lint` and `test`.
#[derive(Debug, Args)]
pub struct Paths {
    /// Files or folders; the scenarios that come with podlab when there are none.
    pub paths: Vec<PathBuf>,
    /// How to print.
    #[arg(short, long, value_enum, default_value_t = Format::Text)]
    pub output: Format,
}

/// Arguments of `kubectl`.
#[derive(Debug, Args)]
pub struct Kubectl {
    /// The cluster of this scenario; an empty cluster of three nodes when absent.
    #[arg(long = "in", value_name = "NAME|FILE")]
    pub scenario: Option<String>,
    /// Simulated time that passes before the command.
    #[arg(long, default_value = "0s", value_parser = duration)]
    pub at: SimDuration,
    /// The seed of everything random.
    #[arg(long, default_value_t = 1)]
    pub seed: u64,
    /// The command, behind `--`.
    #[arg(last = true, required = true)]
    pub line: Vec<String>,
}

/// Arguments of `trace`.
#[derive(Debug, Args)]
pub struct Trace {
    /// The cluster of this scenario; an empty cluster of three nodes when absent.
    #[arg(long = "in", value_name = "NAME|FILE")]
    pub scenario: Option<String>,
    /// Who asks: pod/NAME or node/NAME.
    #[arg(long, value_name = "pod/NAME|node/NAME")]
    pub from: String,
    /// The namespace of the Pod that asks.
    #[arg(short, long, default_value = "default")]
    pub namespace: String,
    /// A kubectl command to run before; may be given several times.
    #[arg(long, value_name = "COMMAND")]
    pub after: Vec<String>,
    /// Simulated time that passes before the trace, after the commands.
    #[arg(long, default_value = "0s", value_parser = duration)]
    pub at: SimDuration,
    /// The seed of everything random.
    #[arg(long, default_value_t = 1)]
    pub seed: u64,
    /// For people or for programs.
    #[arg(short, long, value_enum, default_value_t = Format::Text)]
    pub output: Format,
    /// What is asked: a URL such as `http://web`, or NAME:PORT, ADDRESS:PORT.
    pub target: String,
}

/// Arguments of `shot`.
#[derive(Debug, Args)]
pub struct Shot {
    /// A scenario that comes with podlab, or a file; the home screen when absent.
    pub scenario: Option<String>,
    /// Simulated time that passes before the keys are typed.
    #[arg(long, default_value = "0s", value_parser = duration)]
    pub at: SimDuration,
    /// Keys to type, separated by spaces: letters, enter, esc, tab, up, down, ctrl-d, f1, `wait:5s`, and "text in quotes".
    #[arg(long, default_value = "")]
    pub keys: String,
    /// Columns and rows.
    #[arg(long, default_value = "120x36", value_parser = size)]
    pub size: (u16, u16),
    /// The seed of everything random.
    #[arg(long, default_value_t = 1)]
    pub seed: u64,
    /// Where to: .svg, .png or .txt.
    #[arg(short, long, value_name = "FILE")]
    pub output: PathBuf,
}

/// Arguments of `serve`.
#[derive(Debug, Args)]
pub struct Serve {
    /// A scenario that comes with podlab, or a file; a bare cluster when absent.
    pub scenario: Option<String>,
    /// How many nodes a bare cluster has.
    #[arg(long, default_value_t = 3, conflicts_with_all = ["scenario", "cluster"])]
    pub nodes: u32,
    /// Processors of each node.
    #[arg(long, default_value = "4", conflicts_with_all = ["scenario", "cluster"])]
    pub node_cpu: String,
    /// Memory of each node.
    #[arg(long, default_value = "8Gi", conflicts_with_all = ["scenario", "cluster"])]
    pub node_memory: String,
    /// How many Pods each node takes.
    #[arg(long, default_value = "110", conflicts_with_all = ["scenario", "cluster"])]
    pub node_pods: String,
    /// A file that lists the nodes: `nodes: [{name: node, count: 3, cpu: "4", memory: 8Gi}]`.
    #[arg(long, value_name = "FILE", conflicts_with = "scenario")]
    pub cluster: Option<PathBuf>,
    /// How many masters: 1, 3 or 5.
    #[arg(long, default_value_t = 1, conflicts_with = "scenario")]
    pub control_planes: u32,
    /// What to install beside Kubernetes: `metrics-server`. Can be given more than once.
    #[arg(long = "addon", value_name = "NAME", value_parser = addon, conflicts_with = "scenario")]
    pub addons: Vec<Addon>,
    /// Where to write the kubeconfig; a file in the user's runtime folder when absent.
    #[arg(long, value_name = "PATH")]
    pub kubeconfig: Option<PathBuf>,
    /// Where to listen; a free port on loopback when absent. Every request needs the token or certificate of the kubeconfig.
    #[arg(long, value_name = "ADDRESS:PORT")]
    pub listen: Option<SocketAddr>,
    /// How fast time runs: 1 is real time; `max` runs as fast as requests arrive, and stands still between them.
    #[arg(long, default_value = "1", value_parser = Speed::parse)]
    pub speed: Speed,
    /// The seed of everything random.
    #[arg(long, default_value_t = 1)]
    pub seed: u64,
}

/// Arguments of `bench`.
#[derive(Debug, Args)]
pub struct Bench {
    /// How many nodes (4 CPU, 32Gi, 110 Pods each).
    #[arg(long, default_value_t = 100)]
    pub nodes: u32,
    /// How many Pods (100m, 500Mi each), by Deployments of up to 1,000.
    #[arg(long, default_value_t = 3_000)]
    pub pods: u32,
    /// How many masters.
    #[arg(long, default_value_t = 1)]
    pub control_planes: u32,
    /// How to print.
    #[arg(short, long, value_enum, default_value_t = Format::Text)]
    pub output: Format,
}

/// For people or for programs.
#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
pub enum Format {
    /// For people.
    Text,
    /// For programs.
    Json,
}

/// An add-on by its name.
fn addon(text: &str) -> Result<Addon, String> {
    match text {
        "metrics-server" => Ok(Addon::MetricsServer),
        "heapster" => Ok(Addon::Heapster),
        "heapster-standalone" => Ok(Addon::HeapsterStandalone),
        _ => Err("use metrics-server, heapster or heapster-standalone".to_owned()),
    }
}

fn duration(text: &str) -> Result<SimDuration, String> {
    SimDuration::parse(text).ok_or_else(|| "write it like 500ms, 30s or 10m".to_owned())
}

fn language(text: &str) -> Result<Language, String> {
    let known = Language::ALL.into_iter().find(|language| language.tag().eq_ignore_ascii_case(text));
    known.ok_or_else(|| "use en, zh-Hant or zh-Hans".to_owned())
}

fn size(text: &str) -> Result<(u16, u16), String> {
    let parsed = text.split_once('x').and_then(|(columns, rows)| Some((columns.parse().ok()?, rows.parse().ok()?)));
    parsed.filter(|(columns, rows)| *columns >= 20 && *rows >= 6).ok_or_else(|| "write it like 120x36".to_owned())
}
