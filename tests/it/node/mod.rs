//! A kubelet on a real machine: what it writes, and when. The texts are those of the recordings of a real node.

mod failures;
mod harness;
mod hooks;
mod life;
mod probes;
mod volumes;
