//! A session as the app holds it: the session itself, the other future it is compared with, the console, the caches.

use crate::engine::SimDuration;
use crate::session::Session;

use super::ask::TimeAsk;
use super::console::Console;
use super::facts::Facts;

/// How far `[` and `]` go at least.
const SCRUB_MIN: SimDuration = SimDuration::from_secs(1);
/// `[` and `]` cross the whole run in so many steps.
const SCRUB_STEPS: u64 = 60;

/// A session as the app holds it.
pub struct Play {
    /// The session.
    pub session: Session,
    /// The future that was left at the last fork.
    pub other: Option<Session>,
    /// Whether the session in front is the one that was forked off.
    pub is_fork: bool,
    /// What was typed at the prompt.
    pub console: Console,
    /// Lists of objects.
    pub facts: Facts,
    epoch: u64,
}

impl Play {
    /// A session that was just opened.
    #[must_use]
    pub fn new(session: Session) -> Self {
        let console = Console::default();
        let mut play = Self { session, other: None, is_fork: false, console, facts: Facts::default(), epoch: 1 };
        play.refresh();
        play
    }

    /// Brings the caches up to date.
    pub fn refresh(&mut self) {
        self.facts.refresh(&self.session, self.epoch);
    }

    /// Whether time runs.
    #[must_use]
    pub fn is_running(&self) -> bool {
        !self.session.pace().is_paused() && !self.session.is_in_the_past()
    }

    /// Lets time follow wall time, in both futures; says whether anything happened.
    pub fn tick(&mut self, wall_micros: u64) -> bool {
        let happened = self.session.tick(wall_micros);
        if let Some(other) = self.other.as_mut().filter(|other| other.present() < self.session.present()) {
            other.run_until(self.session.present());
        }
        happened
    }

    /// Does what someone wants of time. Says what there is to say about it, as an id of the locale.
    pub fn time(&mut self, ask: &TimeAsk) -> Option<&'static str> {
        match ask {
            TimeAsk::Toggle => {
                self.session.look_at_present();
                self.session.pace_mut().toggle();
            }
            TimeAsk::StepEvent | TimeAsk::StepSecond => {
                self.session.look_at_present();
                self.session.pace_mut().pause();
                match ask {
                    TimeAsk::StepEvent => self.session.step_event(),
                    _ => self.session.run_for(SimDuration::from_secs(1)),
                }
                self.tick(0);
            }
            TimeAsk::Faster => self.session.pace_mut().faster(),
            TimeAsk::Slower => self.session.pace_mut().slower(),
            TimeAsk::Back => self.scrub_back(),
            TimeAsk::Forward => {
                let at = self.session.now() + self.scrub_width();
                self.session.look_at(at);
            }
            TimeAsk::BeforeDeed => {
                let now = self.session.now();
                let at = self.session.deeds().filter(|at| *at < now).last();
                self.session.pace_mut().pause();
                self.session.look_at(at.unwrap_or(self.session.arrived_at()));
            }
            TimeAsk::AfterDeed => {
                let now = self.session.now();
                let at = self.session.deeds().find(|at| *at > now);
                self.session.look_at(at.unwrap_or(self.session.present()));
            }
            TimeAsk::LookAt(at) => {
                self.session.pace_mut().pause();
                self.session.look_at(*at);
            }
            TimeAsk::Present => self.session.look_at_present(),
            TimeAsk::Bookmark => {
                let name = format!("{}", self.session.bookmarks().len() + 1);
                self.session.bookmark(&name);
                return Some("said-bookmark");
            }
            TimeAsk::Rewind => return Some(self.rewind()),
            TimeAsk::Fork => return Some(self.fork()),
            TimeAsk::Swap => return self.swap(),
            TimeAsk::DropOther => {
                self.is_fork = false;
                return self.other.take().map(|_| "said-dropped");
            }
        }
        None
    }

    /// Time stands still while one looks at the past: whoever comes back finds the present where it was left.
    fn scrub_back(&mut self) {
        self.session.pace_mut().pause();
        let at = self.session.now().saturating_sub(self.scrub_width());
        self.session.look_at(at);
    }

    fn scrub_width(&self) -> SimDuration {
        let whole = self.session.present().since(self.session.arrived_at());
        let step = whole / SCRUB_STEPS;
        if step < SCRUB_MIN { SCRUB_MIN } else { SimDuration::from_secs(step.as_secs()) }
    }

    fn rewind(&mut self) -> &'static str {
        if !self.session.is_in_the_past() {
            return "said-rewind-where";
        }
        self.session.rewind(self.session.now());
        self.epoch += 1;
        "said-rewound"
    }

    fn fork(&mut self) -> &'static str {
        let fork = self.session.fork();
        self.session.look_at_present();
        self.other = Some(std::mem::replace(&mut self.session, fork));
        self.is_fork = true;
        self.epoch += 1;
        "said-forked"
    }

    fn swap(&mut self) -> Option<&'static str> {
        let other = self.other.as_mut()?;
        other.look_at_present();
        std::mem::swap(&mut self.session, other);
        self.session.look_at_present();
        // Both go on at the pace of the one that was in front.
        *self.session.pace_mut() = *other.pace();
        self.is_fork = !self.is_fork;
        self.epoch += 1;
        Some("said-swapped")
    }
}
