//! The composition root: boots the parts, carries what they say to each other, breaks things on purpose.
//!
//! [`Cluster`] is a value: a checkpoint is a clone. [`Cluster::step`] handles exactly one signal of the agenda, and every
//! signal carries what caused it. Nothing here decides anything that a part of Kubernetes decides.
//!
//! Reading order: [`spec`], [`world`], [`signal`], [`boot`], [`bootstrap`], [`step`], [`transport`], [`etcd_link`], [`node_link`],
//! [`traffic`], [`trace`], `webhooks`, [`invocations`], [`outside`], [`fault`], [`break_things`](mod@break_things), [`view`],
//! [`explain`].

pub mod actor;
mod addon;
mod aggregation;
pub mod balancer;
pub mod boot;
pub mod bootstrap;
pub mod break_things;
pub mod etcd_link;
pub mod explain;
pub mod fault;
mod heapster;
pub mod input;
pub mod invocations;
pub mod master;
pub mod node_link;
pub mod outside;
pub mod signal;
pub mod spec;
mod static_pods;
pub mod step;
pub mod streams;
pub mod trace;
pub mod traffic;
pub mod transport;
pub mod view;
mod way;
mod webhooks;
pub mod worker;
pub mod world;

pub use actor::{Actor, ActorId, Role};
pub use addon::Addon;
pub use fault::{ComponentName, Fault, FaultError};
pub use input::{ForwardedRequest, Input};
pub use master::Master;
pub use spec::{ClusterSpec, Delays, NodePool, SpecError};
pub use worker::Worker;
pub use world::Cluster;
