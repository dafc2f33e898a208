//! The world outside the app: the Kubernetes API beside the screen, and the learner's own shell with the real kubectl in it.
//!
//! The app knows neither sockets nor processes: whoever starts it hands in an [`Outside`] that does.

use std::path::{Path, PathBuf};
use std::time::Duration;

use crate::session::Session;

use super::app::App;
use super::run::Hands;
use super::theme::Meaning;

/// How often the outside is looked after while nothing else happens.
pub const TURN: Duration = Duration::from_millis(10);

/// What the app needs of the world outside.
pub trait Outside {
    /// Begins to answer the API, if it does not yet. Returns where the kubeconfig is.
    ///
    /// # Errors
    /// Why nothing can be answered, for people.
    fn open(&mut self) -> Result<PathBuf, String>;

    /// Where the kubeconfig is, once the API is answered.
    fn kubeconfig(&self) -> Option<&Path>;

    /// Takes in what came over the sockets, and sends back what was answered. Without a session everything is refused.
    /// Says whether anything was asked.
    fn pump(&mut self, session: Option<&mut Session>) -> bool;

    /// Ends every watch and stream: the world that they told of is gone.
    fn cut(&mut self);

    /// Starts the learner's shell, which finds the kubeconfig, behind a line of `greeting`.
    ///
    /// # Errors
    /// Why there is none, for people.
    fn shell(&mut self, greeting: &str) -> Result<Box<dyn Errand>, String>;
}

/// Something that has the terminal for a while.
pub trait Errand {
    /// Whether it has ended.
    fn is_over(&mut self) -> bool;
}

/// Nothing outside: tests, pictures.
#[derive(Clone, Copy, Debug, Default)]
pub struct Nowhere;

impl Outside for Nowhere {
    fn open(&mut self) -> Result<PathBuf, String> {
        Err("there is no world outside of a picture".to_owned())
    }

    fn kubeconfig(&self) -> Option<&Path> {
        None
    }

    fn pump(&mut self, _: Option<&mut Session>) -> bool {
        false
    }

    fn cut(&mut self) {}

    fn shell(&mut self, _: &str) -> Result<Box<dyn Errand>, String> {
        Err("there is no shell in a picture".to_owned())
    }
}

impl App {
    /// The same app with a world outside.
    #[must_use]
    pub fn with_outside(mut self, outside: Box<dyn Outside>) -> Self {
        self.outside = outside;
        self
    }

    /// Whether programs outside may ask at any moment.
    #[must_use]
    pub fn is_serving(&self) -> bool {
        self.outside.kubeconfig().is_some()
    }

    /// Begins to answer the API, and says how it is reached.
    pub fn serve(&mut self) {
        match self.outside.open() {
            Ok(path) => {
                let path = path.display().to_string();
                self.say(self.locale.with("said-serving", &[("path", path.into())]), Meaning::Good);
            }
            Err(error) => self.say(error, Meaning::Bad),
        }
    }

    /// Takes in what came from outside.
    pub fn pump(&mut self) {
        if self.outside.kubeconfig().is_none() {
            return;
        }
        let session = self.play.as_mut().map(|play| &mut play.session);
        if self.outside.pump(session) {
            self.is_dirty = true;
            self.settle();
        }
    }

    /// Whether someone asked for a shell.
    pub(super) fn take_wish_for_shell(&mut self) -> bool {
        std::mem::take(&mut self.wants_shell)
    }

    /// Runs the learner's shell to its end.
    pub(super) fn run_shell(&mut self, hands: &mut impl Hands) {
        let greeting = self.locale.text("shell-greeting");
        match self.outside.open().and_then(|_| self.outside.shell(&greeting)) {
            Ok(mut errand) => self.wait_for(errand.as_mut(), hands),
            Err(error) => self.say(error, Meaning::Bad),
        }
    }

    /// Lets time run and answers the API until the errand is over.
    fn wait_for(&mut self, errand: &mut dyn Errand, hands: &mut impl Hands) {
        while !errand.is_over() {
            hands.rest(TURN);
            self.tick(hands.elapsed());
            self.pump();
        }
        self.is_dirty = true;
    }
}
