//! The controller manager against a real API server: what it makes of objects, in the words that it leaves behind.

mod garbage;
mod lab;
mod nodes;
mod services;
mod volumes;
mod workloads;
