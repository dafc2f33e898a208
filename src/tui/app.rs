//! The app: a stack of screens over a session. Keys go in, the session changes, a frame comes out.

use std::sync::Arc;

use crossterm::event::{Event, KeyCode, KeyEvent, KeyEventKind, MouseButton, MouseEvent, MouseEventKind};
use ratatui::layout::Rect;

use crate::scenario::Scenario;
use crate::session::{Session, SessionError};

use super::action::{Action, View};
use super::ask::{Ask, EditOf, TimeAsk};
use super::keymap;
use super::locale::Locale;
use super::news::{News, Said};
use super::outside::{Nowhere, Outside};
use super::play::Play;
use super::screen::{self, Screen, ScreenName};
use super::shelf::Shelf;
use super::theme::{Meaning, Theme};
use super::widget::top_bar;

/// The app.
pub struct App {
    pub(super) theme: Theme,
    pub(super) locale: Locale,
    pub(super) shelf: Shelf,
    pub(super) play: Option<Play>,
    /// Home at the bottom; behind it the view of the session; behind that what was opened from there.
    pub(super) stack: Vec<Box<dyn Screen>>,
    pub(super) view: Option<View>,
    /// What there is to say, until the next key.
    pub(super) said: Option<Said>,
    /// What the learner has been told of the lesson.
    pub(super) news: News,
    pub(super) start: Start,
    pub(super) area: Rect,
    /// The world outside, for those who want the real kubectl.
    pub(super) outside: Box<dyn Outside>,
    pub(super) wants_shell: bool,
    pub(super) is_over: bool,
    pub(super) is_dirty: bool,
}

/// How sessions begin.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Start {
    /// The seed.
    pub seed: u64,
    /// Thousandths of real time.
    pub speed: u64,
}

impl App {
    /// The app, at home.
    #[must_use]
    pub fn new(shelf: Shelf, theme: Theme, locale: Locale, start: Start) -> Self {
        let home = screen::home::Home::new(&shelf);
        Self {
            theme,
            locale,
            shelf,
            play: None,
            stack: vec![Box::new(home)],
            view: None,
            said: None,
            news: News::default(),
            start,
            area: Rect::new(0, 0, 80, 24),
            outside: Box::new(Nowhere),
            wants_shell: false,
            is_over: false,
            is_dirty: true,
        }
    }

    /// Opens a session and shows its lesson.
    ///
    /// # Errors
    /// When the scenario's cluster cannot be built.
    pub fn open(&mut self, scenario: Arc<Scenario>) -> Result<(), SessionError> {
        let mut session = Session::open(scenario, self.start.seed)?;
        session.pace_mut().set_speed(self.start.speed);
        self.join(session);
        Ok(())
    }

    /// Goes on with a session that was opened elsewhere.
    pub fn join(&mut self, session: Session) {
        self.outside.cut();
        self.news = News::of(session.lesson());
        self.play = Some(Play::new(session));
        self.is_dirty = true;
        self.show(View::Lesson);
    }

    /// The session being played.
    #[must_use]
    pub fn session(&self) -> Option<&Session> {
        self.play.as_ref().map(|play| &play.session)
    }

    /// The session being played, to run it up to an instant before anyone looks.
    pub fn session_mut(&mut self) -> Option<&mut Session> {
        self.is_dirty = true;
        self.play.as_mut().map(|play| &mut play.session)
    }

    /// Whether someone has left the app.
    #[must_use]
    pub fn is_over(&self) -> bool {
        self.is_over
    }

    /// Whether time runs, so that the loop must not sleep until the next key.
    #[must_use]
    pub fn is_running(&self) -> bool {
        self.play.as_ref().is_some_and(Play::is_running)
    }

    /// Whether anything has changed since this was asked last.
    pub fn take_dirty(&mut self) -> bool {
        std::mem::take(&mut self.is_dirty)
    }

    /// Takes in what the terminal says.
    pub fn on(&mut self, event: Event) {
        self.is_dirty = true;
        match event {
            Event::Key(key) if key.kind != KeyEventKind::Release => self.key(&key),
            Event::Paste(text) => self.act(&Action::Paste(text)),
            Event::Mouse(mouse) => self.mouse(mouse),
            Event::Resize(width, height) => self.area = Rect::new(0, 0, width, height),
            _ => {}
        }
        self.settle();
    }

    /// Lets time follow wall time.
    pub fn tick(&mut self, wall_micros: u64) {
        let Some(play) = self.play.as_mut().filter(|play| play.is_running()) else { return };
        play.tick(wall_micros);
        self.is_dirty = true;
        self.settle();
    }

    /// After anything may have changed: caches, progress, an editor that kubectl waits for.
    pub fn settle(&mut self) {
        let Some(play) = self.play.as_mut() else { return };
        play.refresh();
        let saved = if self.shelf.record(play.session.lesson()) { self.shelf.save() } else { Ok(()) };
        self.tell_news();
        if let Err(error) = saved {
            self.say(error.to_string(), Meaning::Bad);
        }
        self.open_editor();
    }

    /// Says in one line what has become of the lesson while something else is in front of the story.
    fn tell_news(&mut self) {
        let Some(play) = self.play.as_ref().filter(|play| !play.session.is_in_the_past()) else { return };
        let lesson = play.session.lesson();
        let news = self.news.since(lesson, &self.locale);
        let reads_story = self.stack.last().is_some_and(|screen| screen.name() == ScreenName::Lesson);
        if let Some(said) = news.filter(|_| !reads_story) {
            self.said = Some(said);
        }
    }

    /// Says something in one line, until the next key.
    pub(super) fn say(&mut self, text: String, meaning: Meaning) {
        self.said = Some(Said::passing(text, meaning));
    }

    fn open_editor(&mut self) {
        let Some(play) = self.play.as_ref() else { return };
        let Some(number) = play.console.last_invocation() else { return };
        let wanted = play.session.cluster().invocation(number).and_then(|running| running.editing());
        let is_open = self.stack.iter().any(|screen| screen.name() == ScreenName::Editor);
        if let Some(wanted) = wanted.filter(|_| !is_open) {
            let editor = screen::editor::Editor::new(EditOf::Invocation(number), wanted, self.theme);
            self.stack.push(Box::new(editor));
        }
    }

    fn key(&mut self, key: &KeyEvent) {
        let Some(name) = self.stack.last().map(|screen| screen.name()) else { return };
        // Who types goes on typing: news stays until a line is finished or the prompt is left.
        let is_letter = name.takes_text() && !matches!(key.code, KeyCode::Enter | KeyCode::Esc);
        self.said.take_if(|said| !(said.is_news && is_letter));
        if let Some(action) = keymap::action(name, key) {
            self.act(&action);
        }
    }

    fn mouse(&mut self, mouse: MouseEvent) {
        match mouse.kind {
            MouseEventKind::ScrollUp => self.act(&Action::Up),
            MouseEventKind::ScrollDown => self.act(&Action::Down),
            MouseEventKind::Down(MouseButton::Left) => self.click(mouse.column, mouse.row),
            _ => {}
        }
    }

    fn click(&mut self, column: u16, row: u16) {
        self.said = None;
        let is_view = self.stack.len() == 2 && self.play.is_some();
        let tab =
            (row == 1 && is_view).then(|| top_bar::view_at(&self.look(), self.view, self.area.width, column)).flatten();
        match tab {
            Some(view) => self.show(view),
            None => self.act(&Action::Click { column, row }),
        }
    }

    /// The screen in front decides first; what it leaves alone means the same everywhere.
    fn act(&mut self, action: &Action) {
        let Some(mut front) = self.stack.pop() else { return };
        let asks = front.update(action, &self.look_at(front.as_ref()));
        let name = front.name();
        self.stack.push(front);
        if asks.is_empty() {
            self.otherwise(action, name);
        }
        for ask in asks {
            self.carry_out(ask);
        }
    }

    fn otherwise(&mut self, action: &Action, name: ScreenName) {
        match action {
            Action::Interrupt => self.interrupt(),
            Action::Quit => self.quit(name),
            Action::Back if self.stack.len() > 2 || self.play.is_none() && self.stack.len() > 1 => {
                self.stack.pop();
            }
            Action::Back => self.time(&TimeAsk::Present),
            Action::Help => self.stack.push(Box::new(screen::help::Help::new(name))),
            Action::View(view) => self.show(*view),
            Action::Prompt => self.stack.push(Box::new(screen::prompt::Prompt::new(""))),
            Action::OwnShell => self.wants_shell = self.play.is_some(),
            Action::Serve => self.serve(),
            Action::Ending => self.show(View::Ending),
            Action::Command => self.stack.push(Box::new(screen::command::CommandLine::default())),
            Action::Fault => self.stack.push(Box::new(screen::fault::Palette::new(None))),
            _ => self.time_key(action),
        }
    }

    fn time_key(&mut self, action: &Action) {
        let ask = match action {
            Action::TogglePause => TimeAsk::Toggle,
            Action::StepEvent => TimeAsk::StepEvent,
            Action::StepSecond => TimeAsk::StepSecond,
            Action::Faster => TimeAsk::Faster,
            Action::Slower => TimeAsk::Slower,
            Action::ScrubBack => TimeAsk::Back,
            Action::ScrubForward => TimeAsk::Forward,
            Action::DeedBack => TimeAsk::BeforeDeed,
            Action::DeedForward => TimeAsk::AfterDeed,
            Action::Rewind => TimeAsk::Rewind,
            Action::Bookmark => TimeAsk::Bookmark,
            Action::Fork => TimeAsk::Fork,
            _ => return,
        };
        self.time(&ask);
    }

    pub(super) fn time(&mut self, ask: &TimeAsk) {
        let Some(play) = self.play.as_mut() else { return };
        // A second fork would lose the first: the key shows what there is.
        let has_other = play.other.is_some();
        let said = if *ask == TimeAsk::Fork && has_other { None } else { play.time(ask) };
        if matches!(ask, TimeAsk::Rewind | TimeAsk::Swap | TimeAsk::DropOther) {
            // What programs outside were told is no longer so.
            self.outside.cut();
        }
        if *ask == TimeAsk::Rewind {
            play.console.forget_undone(&play.session, &self.locale.text("prompt-undone"));
        }
        if *ask == TimeAsk::Fork {
            self.stack.push(Box::new(screen::compare::Compare::default()));
        }
        if *ask == TimeAsk::DropOther {
            self.stack.truncate(2);
        }
        if let Some(said) = said {
            self.say(self.locale.text(said), Meaning::Accent);
        }
    }

    pub(super) fn interrupt(&mut self) {
        let running = self.play.as_mut().and_then(|play| play.console.running(&play.session));
        match (running, self.play.as_mut()) {
            (Some(number), Some(play)) => play.session.interrupt(number),
            _ => self.confirm("confirm-quit", Ask::Quit),
        }
    }

    fn quit(&mut self, name: ScreenName) {
        let has_story = |play: &Play| !play.session.lesson().is_solved() && play.session.scenario().name() != "sandbox";
        match &self.play {
            _ if name == ScreenName::Home => self.is_over = true,
            Some(play) if has_story(play) => self.confirm("confirm-leave", Ask::Leave),
            _ => self.carry_out(Ask::Leave),
        }
    }

    fn confirm(&mut self, question: &str, ask: Ask) {
        let question = self.locale.text(question);
        self.stack.push(Box::new(screen::confirm::Confirm::new(question, ask)));
    }

    /// Shows a view instead of everything that is open.
    pub(super) fn show(&mut self, view: View) {
        self.view = Some(view);
        self.stack.truncate(1);
        self.stack.push(match view {
            View::Lesson => Box::new(screen::lesson::LessonScreen::default()),
            View::Topology => Box::new(screen::topology::Topology::default()),
            View::Table(kind) => Box::new(screen::table::Table::new(kind)),
            View::Events => Box::new(screen::events::Events::default()),
            View::Trace => Box::new(screen::trace::TraceScreen::default()),
            View::Scheduler => Box::new(screen::scheduler::SchedulerScreen::default()),
            View::Etcd => Box::new(screen::etcd::EtcdScreen::default()),
            View::Quota => Box::new(screen::quota::QuotaScreen::default()),
            View::Load => Box::new(screen::load::LoadScreen::default()),
            View::Usage => Box::new(screen::usage::UsageScreen::default()),
            View::Ending => Box::new(screen::ending::EndingScreen::default()),
        });
    }
}
