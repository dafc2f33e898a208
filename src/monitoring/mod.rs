//! Add-ons that watch a cluster: the metrics server, and the availability of the API groups that such add-ons serve.
//!
//! What comes in: counters that kubelets tell, requests that an API server hands on. What goes out: NodeMetrics and PodMetrics, the
//! condition `Available` of APIServices. Nothing here runs in a cluster that has no such add-on, but one watch of APIServices.
//!
//! Reading order: [`points`], [`metrics_server`], [`heapster`], [`api_services`].

pub mod api_services;
pub mod heapster;
pub mod metrics_server;
pub mod points;

pub use api_services::ApiServices;
pub use heapster::Heapster;
pub use metrics_server::MetricsServer;
pub use points::{Batch, Point};
