//! What a screen asks for. Screens never do anything themselves: [`App`](super::App) does.

use std::sync::Arc;

use crate::engine::SimTime;
use crate::scenario::{Act, Scenario};
use crate::session::Fault;

use super::action::View;
use super::screen::Screen;

/// What a screen asks for.
pub enum Ask {
    /// Put a screen in front of this one.
    Open(Box<dyn Screen>),
    /// Go back to the screen behind.
    Close,
    /// Go back, and tell the screen behind what was typed.
    CloseWith(String),
    /// Tell the screen behind what has been typed so far.
    Tell(String),
    /// Show a view instead of everything that is open.
    View(View),
    /// Play a scenario.
    Play(Arc<Scenario>),
    /// Play the same scenario from the start.
    Restart,
    /// Leave the session, back home.
    Leave,
    /// Leave the app.
    Quit,
    /// Run a kubectl line in the prompt, where its output can be seen.
    Kubectl(String),
    /// Keep a line of the prompt that it answered by itself, and the answer.
    Answered(String, String),
    /// Hide what was said at the prompt so far.
    Clear,
    /// Break or mend something.
    Fault(Fault),
    /// Change how time goes.
    Time(TimeAsk),
    /// Do something with the lesson.
    Lesson(Act),
    /// Ctrl-C to the kubectl that is running.
    Interrupt,
    /// An edit is over; `None` when it was given up.
    Edited(Edited),
    /// Speak the next language.
    NextLanguage,
    /// Say something in one line.
    Say(String),
    /// Nothing: the key was understood, and what it changed is the screen's own.
    Nothing,
}

/// What was edited.
pub struct Edited {
    /// For whom.
    pub of: EditOf,
    /// The text; `None` when the edit was given up.
    pub text: Option<String>,
}

/// For whom something is edited.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum EditOf {
    /// For a kubectl that waits.
    Invocation(u64),
    /// For a file of the learner.
    File(String),
}

/// What someone wants of time.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum TimeAsk {
    /// Stop it or let it go.
    Toggle,
    /// On to the next thing that happens.
    StepEvent,
    /// On by a second.
    StepSecond,
    /// Faster.
    Faster,
    /// Slower.
    Slower,
    /// Look at an earlier instant.
    Back,
    /// Look at a later instant.
    Forward,
    /// Look at the instant before the last thing that was done.
    BeforeDeed,
    /// Look at the instant before the next thing that was done.
    AfterDeed,
    /// Look at that instant.
    LookAt(SimTime),
    /// Back to the present.
    Present,
    /// What came later never happened.
    Rewind,
    /// Remember this instant.
    Bookmark,
    /// Two futures from here on.
    Fork,
    /// The other future.
    Swap,
    /// Give the other future up.
    DropOther,
}
