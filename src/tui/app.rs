//! The app: a stack of screens over a session. Keys go in, the session changes, a frame comes out.

use std::sync::Arc;

use crossterm::event::{Event, KeyEvent, KeyEventKind, MouseButton, MouseEvent, MouseEventKind};
use ratatui::buffer::Buffer;
use ratatui::layout::{Position, Rect};

use crate::engine::SimDuration;
use crate::scenario::{Act, Scenario};
use crate::session::{Fault, Session, SessionError};

use super::action::{Action, View};
use super::ask::{Ask, EditOf, Edited, TimeAsk};
use super::console::Answer;
use super::keymap;
use super::locale::Locale;
use super::look::Look;
use super::play::Play;
use super::screen::{self, Cover, Screen, ScreenName};
use super::shelf::Shelf;
use super::theme::{Meaning, Theme};
use super::widget::{footer, text, time_bar, top_bar};

/// The app.
pub struct App {
    theme: Theme,
    locale: Locale,
    shelf: Shelf,
    play: Option<Play>,
    /// Home at the bottom; behind it the view of the session; behind that what was opened from there.
    stack: Vec<Box<dyn Screen>>,
    view: Option<View>,
    /// What there is to say, until the next key.
    said: Option<(String, Meaning)>,
    start: Start,
    area: Rect,
    is_over: bool,
    is_dirty: bool,
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
            start,
            area: Rect::new(0, 0, 80, 24),
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
        if self.shelf.record(play.session.lesson()) {
            let solved = play.session.lesson().is_solved() && !play.session.scenario().spec().steps.is_empty();
            if solved && self.view != Some(View::Lesson) {
                self.said = Some((self.locale.text("said-solved"), Meaning::Good));
            }
            if let Err(error) = self.shelf.save() {
                self.said = Some((error.to_string(), Meaning::Bad));
            }
        }
        self.open_editor();
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
        self.said = None;
        let Some(name) = self.stack.last().map(|screen| screen.name()) else { return };
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
            Action::Rewind => TimeAsk::Rewind,
            Action::Bookmark => TimeAsk::Bookmark,
            Action::Fork => TimeAsk::Fork,
            _ => return,
        };
        self.time(&ask);
    }

    fn time(&mut self, ask: &TimeAsk) {
        let Some(play) = self.play.as_mut() else { return };
        // A second fork would lose the first: the key shows what there is.
        let has_other = play.other.is_some();
        let said = if *ask == TimeAsk::Fork && has_other { None } else { play.time(ask) };
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
            self.said = Some((self.locale.text(said), Meaning::Accent));
        }
    }

    fn interrupt(&mut self) {
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
    fn show(&mut self, view: View) {
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
        });
    }

    fn carry_out(&mut self, ask: Ask) {
        match ask {
            Ask::Open(screen) => self.stack.push(screen),
            Ask::Close => {
                self.stack.pop();
            }
            Ask::CloseWith(word) => {
                self.stack.pop();
                self.tell(&word, 1);
            }
            Ask::Tell(word) => self.tell(&word, 2),
            Ask::View(view) => self.show(view),
            Ask::Play(scenario) => self.begin(scenario),
            Ask::Restart => {
                if let Some(scenario) = self.session().map(|session| Arc::clone(session.scenario())) {
                    self.begin(scenario);
                }
            }
            Ask::Leave => self.leave(),
            Ask::Quit => self.is_over = true,
            Ask::Kubectl(line) => self.kubectl(&line),
            Ask::Fault(fault) => self.fault(fault),
            Ask::Time(ask) => self.time(&ask),
            Ask::Lesson(act) => self.lesson(act),
            Ask::Interrupt => self.interrupt(),
            Ask::Edited(edited) => self.edited(edited),
            Ask::NextLanguage => self.next_language(),
            Ask::Say(text) => self.said = Some((text, Meaning::Accent)),
            Ask::Answered(line, text) => {
                if let Some(play) = self.play.as_mut() {
                    play.console.push(&line, Answer::Text(text));
                }
            }
            Ask::Clear => {
                if let Some(play) = self.play.as_mut() {
                    play.console.clear();
                }
            }
            Ask::Nothing => {}
        }
    }

    /// Tells the screen that stands `depth` from the front what was typed.
    fn tell(&mut self, word: &str, depth: usize) {
        if let Some(index) = self.stack.len().checked_sub(depth) {
            self.stack[index].hear(word);
        }
    }

    fn begin(&mut self, scenario: Arc<Scenario>) {
        if let Err(error) = self.open(scenario) {
            self.said = Some((error.to_string(), Meaning::Bad));
        }
    }

    fn leave(&mut self) {
        self.play = None;
        self.view = None;
        let home = screen::home::Home::new(&self.shelf);
        self.stack = vec![Box::new(home)];
    }

    /// Runs a line where its output can be seen.
    fn kubectl(&mut self, line: &str) {
        let Some(play) = self.play.as_mut() else { return };
        let number = play.session.kubectl(line);
        play.console.push(line, Answer::Invocation(number));
        if self.stack.last().is_none_or(|screen| screen.name() != ScreenName::Prompt) {
            self.stack.push(Box::new(screen::prompt::Prompt::new("")));
        }
    }

    fn fault(&mut self, fault: Fault) {
        let Some(play) = self.play.as_mut() else { return };
        let name = format!("{} {}", fault.name(), fault.target());
        self.said = Some(match play.session.fault(fault) {
            Ok(()) => (format!("{} {name}", self.locale.text("said-fault")), Meaning::Warning),
            Err(error) => (error.to_string(), Meaning::Bad),
        });
    }

    fn lesson(&mut self, act: Act) {
        let Some(play) = self.play.as_mut() else { return };
        play.session.act(act);
    }

    fn edited(&mut self, edited: Edited) {
        self.stack.retain(|screen| screen.name() != ScreenName::Editor);
        let Some(play) = self.play.as_mut() else { return };
        match (edited.of, edited.text) {
            (EditOf::Invocation(number), text) => {
                play.session.edited(number, text);
                // kubectl hears of it before anyone asks again whether it waits for an editor.
                play.session.run_for(SimDuration::from_micros(1));
            }
            (EditOf::File(name), Some(text)) => {
                play.session.write_file(&name, &text);
                self.said = Some((format!("{} {name}", self.locale.text("said-written")), Meaning::Good));
            }
            (EditOf::File(_), None) => {}
        }
    }

    fn next_language(&mut self) {
        let all = crate::scenario::Language::ALL;
        let here = all.iter().position(|language| *language == self.locale.language()).unwrap_or(0);
        let next = all[(here + 1) % all.len()];
        self.locale = Locale::new(next);
        self.shelf.progress.language = Some(next.tag().to_owned());
        if let Err(error) = self.shelf.save() {
            self.said = Some((error.to_string(), Meaning::Bad));
        }
    }

    fn look(&self) -> Look<'_> {
        let body = self.body();
        Look { theme: self.theme, locale: &self.locale, shelf: &self.shelf, play: self.play.as_ref(), body }
    }

    fn look_at(&self, screen: &dyn Screen) -> Look<'_> {
        let look = self.look();
        Look { body: covered(look.body, screen.cover()), ..look }
    }

    /// Where screens are drawn: without the bars.
    fn body(&self) -> Rect {
        let (top, bottom) = if self.play.is_some() { (2, 2) } else { (0, 1) };
        let height = self.area.height.saturating_sub(top + bottom);
        Rect { y: self.area.y + top, height, ..self.area }
    }

    /// Draws everything; returns where the text cursor is.
    pub fn draw(&mut self, area: Rect, buffer: &mut Buffer) -> Option<Position> {
        self.area = area;
        self.frame(buffer)
    }

    fn frame(&self, buffer: &mut Buffer) -> Option<Position> {
        if self.area.width < 20 || self.area.height < 8 {
            buffer.set_stringn(
                self.area.x,
                self.area.y,
                "80x24, please",
                usize::from(self.area.width),
                self.theme.style(Meaning::Warning),
            );
            return None;
        }
        let look = self.look();
        let first = self.stack.iter().rposition(|screen| screen.cover() == Cover::Whole).unwrap_or(0);
        let mut cursor = None;
        for screen in &self.stack[first..] {
            let area = covered(look.body, screen.cover());
            let look = Look { body: area, ..look };
            screen.draw(&look, area, buffer);
            cursor = screen.cursor(&look, area);
        }
        self.bars(&look, buffer);
        cursor
    }

    fn bars(&self, look: &Look<'_>, buffer: &mut Buffer) {
        let area = self.area;
        if let Some(session) = self.session() {
            let mut path = vec![session.scenario().spec().title.get(look.language()).to_owned()];
            path.extend(self.stack.iter().skip(1).map(|screen| screen.title(look)));
            top_bar::draw(look, &path, self.view, Rect { height: 2, ..area }, buffer);
            time_bar::draw(look, Rect { y: area.bottom() - 2, height: 1, ..area }, buffer);
        }
        let line = Rect { y: area.bottom() - 1, height: 1, ..area };
        match (&self.said, self.stack.last()) {
            (Some((said, meaning)), _) => {
                buffer.set_style(line, look.style(Meaning::Bar));
                let shown = said.lines().next().unwrap_or_default();
                text::put_at(buffer, line, (1, 0), shown, look.style(*meaning));
            }
            (None, Some(screen)) => footer::draw(look, screen.name(), line, buffer),
            (None, None) => {}
        }
    }
}

/// Where a screen is drawn.
fn covered(body: Rect, cover: Cover) -> Rect {
    match cover {
        Cover::Whole => body,
        // On a small screen a large box is the whole screen: its frame would cost what it leaves to be seen.
        Cover::Box { width, .. } if width > 80 && body.width < 100 => body,
        Cover::Box { width, height } => {
            let width = (body.width * width / 100).max(60.min(body.width));
            let height = (body.height * height / 100).max(12.min(body.height));
            Rect { x: body.x + (body.width - width) / 2, y: body.y + (body.height - height) / 2, width, height }
        }
        Cover::Bottom(share) => {
            let height = (body.height * share / 100).max(8.min(body.height));
            Rect { y: body.bottom() - height, height, ..body }
        }
        Cover::Line => Rect { y: body.bottom().saturating_sub(1), height: body.height.min(1), ..body },
    }
}
