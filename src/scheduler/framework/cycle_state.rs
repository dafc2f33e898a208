//! What plugins tell themselves from one extension point to the next within one scheduling cycle.
//!
//! Models `pkg/scheduler/framework/cycle_state.go`.

use std::any::{Any, TypeId};
use std::sync::Arc;

use super::profile::PluginSet;

/// One value per type; copying it copies pointers, as preemption does for every node it tries.
#[derive(Clone, Default)]
pub struct CycleState {
    values: Vec<(TypeId, Arc<dyn Any + Send + Sync>)>,
    /// Plugins with nothing to filter for this Pod.
    pub skip_filter: PluginSet,
    /// Plugins with nothing to score for this Pod.
    pub skip_score: PluginSet,
    /// Whether some plugins spoke for all nodes at once and left nothing here.
    pub is_partial: bool,
}

impl CycleState {
    /// Puts a value down, in place of one of the same type.
    pub fn write<T: Any + Send + Sync>(&mut self, value: T) {
        let id = TypeId::of::<T>();
        let value: Arc<dyn Any + Send + Sync> = Arc::new(value);
        match self.values.iter_mut().find(|(known, _)| *known == id) {
            Some(entry) => entry.1 = value,
            None => self.values.push((id, value)),
        }
    }

    /// The value of this type.
    #[must_use]
    pub fn read<T: Any + Send + Sync>(&self) -> Option<&T> {
        let id = TypeId::of::<T>();
        self.values.iter().find(|(known, _)| *known == id).and_then(|(_, value)| value.downcast_ref())
    }
}

impl std::fmt::Debug for CycleState {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "CycleState({} values)", self.values.len())
    }
}
