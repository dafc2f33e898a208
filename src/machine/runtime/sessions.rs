//! Calls about people who are connected with a container: attaching, typing, leaving.

use super::Machine;
use crate::engine::{CauseId, SimTime};
use crate::machine::cri::{ContainerId, ContainerState, ExecId, RuntimeError};

impl Machine {
    /// Attaches to the standard streams of a running container, from now on. What it writes comes as
    /// [`Happening::ExecOutput`](crate::machine::Happening::ExecOutput); when it ends,
    /// [`Happening::ExecFinished`](crate::machine::Happening::ExecFinished) follows.
    ///
    /// # Errors
    /// [`RuntimeError::NotFound`], [`RuntimeError::WrongState`], [`RuntimeError::Down`].
    pub fn attach(
        &mut self,
        now: SimTime,
        id: ContainerId,
        takes_input: bool,
        cause: CauseId,
    ) -> Result<ExecId, RuntimeError> {
        self.catch_up(now);
        let sandbox = self.home(id)?;
        if self.container(id).is_none_or(|container| container.state != ContainerState::Running) {
            return Err(RuntimeError::WrongState("CONTAINER_EXITED"));
        }
        let exec = ExecId(self.number());
        self.execs.insert(exec, sandbox);
        self.within(now, sandbox, |kernel| kernel.begin_attach(exec, id, takes_input, cause));
        Ok(exec)
    }

    /// Someone types into a live exec or an attached container.
    pub fn feed(&mut self, now: SimTime, exec: ExecId, bytes: &[u8], cause: CauseId) {
        self.catch_up(now);
        if let Some(sandbox) = self.execs.get(&exec).copied() {
            self.within(now, sandbox, |kernel| kernel.feed(exec, bytes, cause));
        }
    }

    /// Nothing more will be typed.
    pub fn end_input(&mut self, now: SimTime, exec: ExecId) {
        self.catch_up(now);
        if let Some(sandbox) = self.execs.get(&exec).copied() {
            self.within(now, sandbox, |kernel| kernel.end_input(exec));
        }
    }

    /// The window of a person has another size: columns, rows.
    pub fn resize(&mut self, now: SimTime, exec: ExecId, size: (u16, u16), cause: CauseId) {
        self.catch_up(now);
        if let Some(sandbox) = self.execs.get(&exec).copied() {
            self.within(now, sandbox, |kernel| kernel.resize(exec, size, cause));
        }
    }

    /// The person has gone.
    pub fn hang_up(&mut self, now: SimTime, exec: ExecId, cause: CauseId) {
        self.catch_up(now);
        if let Some(sandbox) = self.execs.get(&exec).copied() {
            self.within(now, sandbox, |kernel| kernel.hang_up(exec, cause));
        }
    }
}
