//! The wire: the Kubernetes API over HTTPS, so that the real kubectl, k9s, helm and client libraries find a cluster.
//!
//! What comes in: HTTP on loopback. What goes out: requests to the session, each an input with a cause, and what they were
//! answered. The session stays on the thread that runs it; the sockets live on threads of their own and meet it at the
//! [`gate`] only.
//!
//! **Invariants.** Nothing is answered without authentication. Nothing listens beyond loopback unless told so. Everything
//! that changes the cluster goes through the journal, so that it can be rewound and replayed.
//!
//! Reading order: [`gate`], [`identity`], [`kubeconfig`], [`server`], [`handler`], [`path`], [`query`], [`body`], [`accept`],
//! [`rendering`], [`reply`], [`upgrade`], [`console`], [`forward`], [`framing`],
//! [`spdy`], [`http1`], [`documents`], [`health`], [`component_status`], [`proxy`], [`node_proxy`], [`serving`].

pub mod accept;
pub mod bare;
pub mod body;
pub mod component_status;
pub mod console;
pub mod discovery;
pub mod documents;
pub mod forward;
pub mod framing;
pub mod gate;
pub mod handler;
pub mod health;
pub mod http1;
pub mod identity;
pub mod kubeconfig;
pub mod node_proxy;
pub mod openapi;
pub mod path;
pub mod protobuf;
pub mod proxy;
pub mod query;
pub mod rendering;
pub mod reply;
pub mod server;
pub mod serving;
pub mod spdy;
pub mod upgrade;
pub mod users;
