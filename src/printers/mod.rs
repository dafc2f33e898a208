//! Objects to rows, text and manifests, shared by the app, kubectl and the wire.
//!
//! A [`table`] row and a [`mod@describe`] text are what `kubectl get` and `kubectl describe` print of an object; a
//! [`manifest`] is its `-o yaml` and `-o json`. All of them are functions of objects and the present instant.
//!
//! Reading order: [`tabwriter`], [`table`], [`pod_status`], [`mod@describe`], [`manifest`], [`date`].

pub mod date;
pub mod describe;
pub mod manifest;
pub mod pod_status;
pub mod table;
pub mod tabwriter;

pub use describe::{Need, Related, describe};
pub use pod_status::PodSummary;
pub use table::{Column, cells, columns};
