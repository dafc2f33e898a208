//! What plugins remember about Pods that ask for the same, and what they say of all nodes at once.

use std::any::{Any, TypeId};
use std::fmt;
use std::sync::Arc;

use crate::scheduler::framework::Rejection;
use crate::scheduler::pod_info::PodInfo;
use crate::scheduler::snapshot::Snapshot;

use super::domains::{Domains, Topologies};

/// One value per type, for one kind of Pod.
#[derive(Default)]
pub struct Memory(Vec<(TypeId, Box<dyn Any + Send + Sync>)>);

impl Memory {
    /// The value of this type; an empty one the first time.
    pub fn of<T: Any + Default + Send + Sync>(&mut self) -> &mut T {
        let id = TypeId::of::<T>();
        let index = self.0.iter().position(|(known, value)| *known == id && value.is::<T>()).unwrap_or_else(|| {
            self.0.push((id, Box::<T>::default()));
            self.0.len() - 1
        });
        self.0[index].1.downcast_mut().expect("the value was found by its type")
    }
}

impl fmt::Debug for Memory {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "Memory({} values)", self.0.len())
    }
}

/// What a plugin may look at when it speaks of all nodes at once.
pub struct View<'a> {
    /// The Pod.
    pub pod: &'a PodInfo,
    /// The cluster.
    pub snapshot: &'a Snapshot,
    /// How labels divide the nodes.
    pub topologies: &'a mut Topologies,
    /// What is remembered about Pods like this one.
    pub memory: &'a mut Memory,
}

/// What a plugin says of nodes by the domain they are in.
#[derive(Clone, Debug)]
pub struct Mask {
    /// How the nodes are divided.
    pub domains: Arc<Domains>,
    /// For each domain 0, or one more than the number of the answer; the last is for nodes without the label.
    pub verdicts: Vec<u8>,
    /// The answers.
    pub answers: Vec<Rejection>,
}

impl Mask {
    /// What is said of the node at a place, as in `verdicts`.
    #[must_use]
    pub fn at(&self, place: usize) -> u8 {
        self.verdicts[self.domains.of_place[place] as usize]
    }
}
