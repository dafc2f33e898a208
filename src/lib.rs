//! podlab: a Kubernetes cluster in your terminal that you may break.
pub mod apiserver;
pub mod client;
pub mod cluster;
pub mod controllers;
pub mod engine;
pub mod etcd;
pub mod kubectl;
pub mod kubelet;
pub mod machine;
pub mod model;
pub mod network;
pub mod printers;
pub mod scenario;
pub mod scheduler;
pub mod storage;
pub mod tui;
