//! The gate: the one place where what comes in over sockets meets the session. Requests are put in as inputs, so that they are
//! journalled and have causes; what programs outside are told goes back to whoever waits for it.
//!
//! The session belongs to the thread that runs it; connections hold a [`Door`] and wait.

use std::collections::BTreeMap;
use std::sync::mpsc::{Receiver, RecvTimeoutError, Sender, channel};
use std::time::Duration;

use tokio::sync::{mpsc, oneshot};

use crate::apiserver::{Payload, Request};
use crate::session::{CallAnswer, Session, Told};

/// So much may wait for a slow reader before its connection is cut. Source: the API server ends a watch whose buffer is full too
/// (`cacher.forgetWatcher`); its buffers hold 10 to 1,000 events.
const BACKLOG_MAX: usize = 1_024;

/// What a connection wants.
enum Wish {
    Call { request: Box<Request>, answers: mpsc::Sender<Told>, number: oneshot::Sender<u64> },
    Hangup(u64),
    Look(Box<dyn FnOnce(&Session) + Send>),
    Do(Box<dyn FnOnce(&mut Session) + Send>),
}

/// What connections hold.
#[derive(Clone)]
pub struct Door {
    wishes: Sender<Wish>,
}

/// The session's side.
pub struct Gate {
    wishes: Receiver<Wish>,
    callers: BTreeMap<u64, mpsc::Sender<Told>>,
}

/// A request on its way; dropping it hangs up.
pub struct Call {
    number: u64,
    answers: mpsc::Receiver<Told>,
    is_over: bool,
    door: Door,
}

/// A door and its gate.
#[must_use]
pub fn open() -> (Door, Gate) {
    let (sender, wishes) = channel();
    (Door { wishes: sender }, Gate { wishes, callers: BTreeMap::new() })
}

impl Door {
    /// Sends a request; `None` when nobody runs the cluster any more.
    pub async fn call(&self, request: Request) -> Option<Call> {
        let (answers_in, answers) = mpsc::channel(BACKLOG_MAX);
        let (number_in, number) = oneshot::channel();
        let wish = Wish::Call { request: Box::new(request), answers: answers_in, number: number_in };
        self.wishes.send(wish).ok()?;
        let number = number.await.ok()?;
        Some(Call { number, answers, is_over: false, door: self.clone() })
    }

    /// Looks at the session.
    pub async fn look<T: Send + 'static>(&self, look: impl FnOnce(&Session) -> T + Send + 'static) -> Option<T> {
        let (sender, seen) = oneshot::channel();
        // Whoever asked may be gone by now; then nobody misses the answer.
        let look = Box::new(move |session: &Session| drop(sender.send(look(session))));
        self.wishes.send(Wish::Look(look)).ok()?;
        seen.await.ok()
    }

    /// Does something with the session: a fault, a file.
    pub fn act(&self, act: impl FnOnce(&mut Session) + Send + 'static) {
        // Without a session there is nothing to do it to.
        drop(self.wishes.send(Wish::Do(Box::new(act))));
    }
}

impl Call {
    /// The next thing that is told; `None` when there is no more, or the reader was too slow.
    pub async fn next(&mut self) -> Option<Told> {
        let told = self.answers.recv().await;
        self.is_over |= told.as_ref().is_none_or(is_last);
        told
    }

    /// The number by which the session knows it.
    #[must_use]
    pub fn number(&self) -> u64 {
        self.number
    }

    /// The door it came through.
    #[must_use]
    pub fn door(&self) -> &Door {
        &self.door
    }
}

impl Drop for Call {
    fn drop(&mut self) {
        if !self.is_over {
            // Without a session there is nothing left to hang up on.
            drop(self.door.wishes.send(Wish::Hangup(self.number)));
        }
    }
}

/// Whether nothing can follow.
fn is_last(told: &Told) -> bool {
    match &told.answer {
        CallAnswer::Outcome(Ok(response)) => match &response.payload {
            Payload::Watching => false,
            Payload::Stream(chunk) => chunk.exit_code.is_some(),
            _ => true,
        },
        CallAnswer::Outcome(Err(_)) | CallAnswer::WatchClosed(_) => true,
        CallAnswer::Watch(_) | CallAnswer::Forwarded { .. } => false,
        CallAnswer::Stream(chunk) => chunk.exit_code.is_some(),
    }
}

impl Gate {
    /// Grants every wish that waits, and hands out what was told. Says whether anything was granted.
    pub fn pump(&mut self, session: &mut Session) -> bool {
        let mut granted = false;
        while let Ok(wish) = self.wishes.try_recv() {
            self.grant(wish, session);
            granted = true;
        }
        self.hand_out(session);
        granted
    }

    /// Waits for a wish, at most as long as `patience`. `before` brings the session up to date just before it is granted.
    /// Says whether a door is still open somewhere.
    pub fn wait(&mut self, session: &mut Session, patience: Duration, before: impl FnOnce(&mut Session)) -> bool {
        match self.wishes.recv_timeout(patience) {
            Ok(wish) => {
                before(session);
                self.grant(wish, session);
                self.pump(session);
                true
            }
            Err(RecvTimeoutError::Timeout) => {
                before(session);
                self.hand_out(session);
                true
            }
            Err(RecvTimeoutError::Disconnected) => false,
        }
    }

    fn grant(&mut self, wish: Wish, session: &mut Session) {
        match wish {
            Wish::Call { request, answers, number } => {
                let call = session.call(*request);
                self.callers.insert(call, answers);
                if number.send(call).is_err() {
                    self.hang_up(call, session);
                }
            }
            Wish::Hangup(call) => self.hang_up(call, session),
            Wish::Look(look) => look(session),
            Wish::Do(act) => act(session),
        }
    }

    fn hand_out(&mut self, session: &mut Session) {
        for told in session.take_told() {
            let call = told.call;
            let Some(caller) = self.callers.get(&call) else { continue };
            let over = is_last(&told);
            match caller.try_send(told) {
                Ok(()) if over => drop(self.callers.remove(&call)),
                Ok(()) => {}
                // Gone, or too slow.
                Err(_) => self.hang_up(call, session),
            }
        }
    }

    fn hang_up(&mut self, call: u64, session: &mut Session) {
        if self.callers.remove(&call).is_some() {
            session.hang_up(call);
        }
    }

    /// Whether anyone waits for an answer or watches.
    #[must_use]
    pub fn has_callers(&self) -> bool {
        !self.callers.is_empty()
    }

    /// Refuses whatever waits: there is no session.
    pub fn refuse(&mut self) {
        while self.wishes.try_recv().is_ok() {}
        self.callers.clear();
    }

    /// Ends every connection, as after a rewind: what they were told never happened.
    pub fn cut(&mut self) {
        self.callers.clear();
    }
}
