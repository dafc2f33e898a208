//! podlab: a Kubernetes cluster in your terminal that you may break.
pub mod engine;
pub mod etcd;
pub mod model;
pub mod printers;
