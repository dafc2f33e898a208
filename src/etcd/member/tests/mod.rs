//! Members under load and trouble, as their clients see them.

mod alone;
mod group;
mod leases;
mod quorum;
mod space;
