//! One file per kind of volume: what it becomes on a node.

pub mod claim;
pub mod empty_dir;
pub mod files;
pub mod host_path;
pub mod nfs;
pub mod payload;
pub mod service_account_token;
