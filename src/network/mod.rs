//! Addresses, Services and names: why a request reaches a Pod or does not.
//!
//! [`Network`] is what kube-proxy and the cluster's DNS know, told through watches like everyone else. Every node has a
//! kube-proxy that programs a change of endpoints after a delay of its own, so for a moment some nodes still send requests
//! to a Pod that is gone. [`Load`] sends requests at a rate and counts what became of each.
//!
//! **Not modelled yet.** CoreDNS as Pods (names are answered by the network itself at the address of `kube-dns`), tunnels
//! and MTU, NetworkPolicy, Ingress, UDP, and the rules of kube-proxy one by one: only what they choose.
//!
//! Reading order: [`endpoint`], [`service_table`], [`network`], [`proxy`], [`dns`], [`load`], [`departure`].

pub mod departure;
pub mod dns;
pub mod endpoint;
pub mod load;
#[expect(clippy::module_inception, reason = "the network is the noun of this folder")]
pub mod network;
pub mod proxy;
pub mod service_table;

pub use departure::Departure;
pub use endpoint::Endpoint;
pub use load::{Load, LoadSpec, LoadStats, Outcome};
pub use network::{CLUSTER_DNS, CLUSTER_DOMAIN, Network};
pub use proxy::Route;
