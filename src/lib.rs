//! podlab: a Kubernetes cluster in your terminal that you may break.
//!
//! This page is the architecture. A cluster is a value ([`cluster::Cluster`]) with one clock and one agenda; a run is
//! `(scenario, seed, inputs)` and nothing else, so it can be paused, stepped, rewound, forked and asked *why*.
//!
//! # How one change travels
//! ```text
//! kubectl line │ scenario step │ fault │ key          each an Input, journalled with its instant
//!        └────────► session ────► cluster.step()      one signal at a time, each with its cause
//!   kubectl ─► apiserver: authenticate · authorise · admit · default · validate
//!                └─► etcd: propose ─► Raft ─► revision n ─► watch cache ─► fan-out
//!                      ├─► controllers: informer ─► work queue ─► reconcile ─┐
//!                      ├─► scheduler: filter ─► score ─► bind ───────────────┤
//!                      ├─► kubelet: sync Pod ─► machine (processes) ─► status┤
//!                      ├─► network: endpoints ─► what each kube-proxy knows  │
//!                      └────────── all back through the API server ◄─────────┘
//!   every hop takes simulated time; every write, signal and exit records what caused it
//! ```
//!
//! # The folders, lowest layer first
//! A folder may name only what stands above it in this list; `tests/it/tidy.rs` holds the table.
//!
//! | folder | what it is |
//! |---|---|
//! | [`engine`] | a discrete-event engine that has never heard of Kubernetes |
//! | [`model`] | the API objects and what they mean; the only folder that names the wire types |
//! | [`etcd`] | keys, revisions, transactions, leases, and the Raft group that replicates them |
//! | [`printers`] | objects to table rows and `describe` text |
//! | [`apiserver`] | the only door to etcd |
//! | [`client`] | what every component holds: informer, work queue, recorder, lease lock |
//! | [`machine`] | the computer under the kubelet: processes, signals, files, images, a shell |
//! | [`scheduler`] [`controllers`] [`kubelet`] [`network`] [`storage`] [`monitoring`] | one file per plugin, controller, duty; they never import each other |
//! | [`kubectl`] | the kubectl verbs, as resumable programs |
//! | [`cluster`] | the composition root: boots the parts, carries signals, breaks things on purpose |
//! | [`scenario`] | lessons in YAML: load, lint, grade, test |
//! | [`session`] | the façade: one learner, one cluster, one journal |
//! | [`tui`] [`wire`] [`cli`] | faces: the terminal app, the Kubernetes API over HTTPS, the arguments |
//!
//! # What is never here
//! - No component calls another: they write objects, others notice by watch.
//! - No wall clock, thread, environment or hash order below `session`; `.clippy.toml` makes them compile errors.
//! - No screen changes anything: drawing takes `&Session`.

pub mod apiserver;
pub mod cli;
pub mod client;
pub mod cluster;
pub mod controllers;
pub mod engine;
pub mod etcd;
pub mod kubectl;
pub mod kubelet;
pub mod machine;
pub mod model;
pub mod monitoring;
pub mod network;
pub mod printers;
pub mod scenario;
pub mod scheduler;
pub mod session;
pub mod storage;
pub mod tui;
pub mod wire;
