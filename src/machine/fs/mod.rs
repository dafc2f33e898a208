//! Files in memory: trees that are shared until someone writes, volumes, and what a container sees of both.
//!
//! A container's root is a clone of its image's tree; writing copies the folders on the way and nothing else, so a
//! thousand containers of one image cost one image. **Not modelled.** Hard links, sockets and named pipes, extended
//! attributes, locks.

pub mod change;
pub mod errno;
pub mod host;
pub mod path;
pub mod tree;
pub mod view;
pub mod volume;

pub use errno::Errno;
pub use tree::{Content, Directory, File, Meta, Node};
pub use view::{Disk, View};
pub use volume::{Volume, Volumes};
