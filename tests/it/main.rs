//! The whole driven from outside. One binary; a module per kind of question, each listed here with what belongs in it.
#![expect(clippy::unwrap_used, reason = "a failed unwrap is a failed test")]

/// Admission: webhooks and policies in a whole cluster.
mod admission;
/// The cluster as a whole.
mod cluster;
/// The controller manager against an API server, with stand-ins for scheduler and kubelets.
mod controllers;
/// Masters that die.
mod ha;
/// Several API servers whose steps happen in any order.
mod interleaving;
/// What must hold whatever happens, looked at after every write.
mod invariants;
/// The prompt, from command lines to texts.
mod kubectl;
/// Every scenario against its solutions and wrong answers.
mod lessons;
/// Metrics, from the container to the autoscaler.
mod metrics;
/// One node: a kubelet, its machine and its volumes, against a hand-made API.
mod node;
/// README: its commands, run.
mod readme;
/// Scheduling by what is really used.
mod real_use;
/// The same run twice; looking back; rewinding.
mod replay;
/// In-place resize of Pods.
mod resize;
/// The legacy `kubectl rolling-update`.
mod rolling_update;
/// Claims and disks in a whole cluster.
mod storage;
/// The app in a terminal of its own, which is given back.
mod terminal;
/// House rules: the layer table, file sizes, first lines. Nothing about behaviour.
mod tidy;
/// One request, hop by hop, against a model of its own.
mod trace;
/// The Kubernetes API over HTTPS, asked by the real kubectl.
mod wire;
/// Every workload controller in a whole cluster, where each may do only what its role says.
mod workloads;
