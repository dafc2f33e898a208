//! A kubelet on a real machine: what it writes, and when.

mod harness;
mod life;
