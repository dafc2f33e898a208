//! Ids of what the runtime made: 64 hexadecimal digits to people, numbers inside.

use std::fmt;
use std::sync::Arc;

macro_rules! id {
    ($(#[$doc:meta])* $name:ident) => {
        $(#[$doc])*
        #[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
        pub struct $name(pub u64);

        /// 64 hexadecimal digits, as containerd names things.
        impl fmt::Display for $name {
            fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                f.write_str(&hexadecimal(self.0))
            }
        }
    };
}

id!(
    /// A Pod sandbox: the network namespace and the processes that share it.
    SandboxId
);

id!(
    /// One instance of a container; a restart makes a new one.
    ContainerId
);

id!(
    /// A pull under way.
    PullId
);

id!(
    /// A command run inside a container by `exec`.
    ExecId
);

id!(
    /// A connection from outside into a sandbox.
    SocketId
);

id!(
    /// A request from a process to the world outside its sandbox.
    OutgoingId
);

/// The same number gives the same digits; neighbours look unrelated (splitmix64).
fn hexadecimal(number: u64) -> String {
    let mut state = number;
    let mut word = || {
        state = state.wrapping_add(0x9e37_79b9_7f4a_7c15);
        let mixed = (state ^ (state >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
        let mixed = (mixed ^ (mixed >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
        mixed ^ (mixed >> 31)
    };
    format!("{:016x}{:016x}{:016x}{:016x}", word(), word(), word(), word())
}

/// The name of a volume that containers mount, unique per machine; for a PVC the name of its PersistentVolume.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct VolumeHandle(pub Arc<str>);

impl VolumeHandle {
    /// The volume called `name`.
    #[must_use]
    pub fn new(name: &str) -> Self {
        Self(name.into())
    }
}
