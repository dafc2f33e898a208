//! Makes one node's Pods real, and reports what happened.
//!
//! What comes in: Pods bound to the node (by watch), happenings on the machine, outcomes of requests, timers. What goes out:
//! calls of the container runtime, statuses of Pods and of the Node, a Lease, events. A [`Kubelet`] is a value; each call to it
//! gets the [`Host`] below it. Models `pkg/kubelet` of Kubernetes v1.36.
//!
//! **Invariants.** One worker per Pod, one thing at a time within it, stages never go backwards. Nothing is done periodically
//! for a Pod without probes: its worker sleeps until something happens. When the API cannot be reached containers run on, and
//! what could not be told is told later.
//!
//! **Not modelled.** gRPC probes, HTTPS (asked as HTTP), soft eviction, image garbage
//! collection, device plugins, CPU and topology managers, user namespaces, checkpointing.
//!
//! Reading order: [`kubelet`], [`dispatch`], [`pod_worker`], [`sync_pod`], [`volume_manager`], [`sandbox`], [`container_start`], [`image_pull`],
//! [`container_config`], [`mounts`], [`environment`], [`probe`], `probe_target`, [`kill`], [`termination`], [`pod_status`], [`conditions`], [`status_manager`],
//! [`node_status`], [`node_lease`], [`static_pods`], [`eviction`], [`resize`], [`streams`].

pub mod admission;
pub mod backoff;
pub mod cadvisor;
pub mod conditions;
pub mod config;
pub mod container_config;
pub mod container_start;
pub mod dispatch;
pub mod environment;
pub mod ephemeral;
pub mod eviction;
pub mod finding;
pub mod hook;
pub mod host;
pub mod image_pull;
pub mod ipam;
pub mod kill;
#[expect(clippy::module_inception, reason = "the kubelet is what the folder is about")]
pub mod kubelet;
pub mod mounts;
pub mod node_lease;
pub mod node_status;
pub mod object_cache;
pub mod pleg;
pub mod pod_status;
pub mod pod_worker;
pub mod probe;
mod probe_target;
pub mod pull_secrets;
pub mod qos;
pub mod recovery;
pub mod resize;
pub mod restart_policy;
pub mod sandbox;
pub mod service_env;
pub mod shared;
pub mod slot;
pub mod static_pods;
pub mod status_manager;
pub mod streams;
pub mod summary;
pub mod sync_pod;
pub mod termination;
pub mod termination_message;
pub mod volume_manager;

pub use cadvisor::{ContainerCounters, Counters, ResourceMetrics};
pub use config::{Delays, KubeletConfig, Limits, NodeInfo};
pub use host::Host;
pub use kubelet::Kubelet;
pub use streams::{Said, StreamId};
