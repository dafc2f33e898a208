//! The loop: a key comes in or time goes by, the app changes, a frame is drawn. Without keys and with time standing still it
//! sleeps.

use std::io;
use std::path::PathBuf;
use std::sync::Arc;
use std::time::{Duration, Instant};

use crossterm::event::{self, Event};
use ratatui::Terminal;
use ratatui::backend::Backend;

use crate::scenario::{Language, Scenario, catalog};

use super::app::{App, Start};
use super::locale::Locale;
use super::outside::{Outside, TURN};
use super::shelf::Shelf;
use super::terminal::{self, Screen};
use super::theme::Theme;

/// Time between two frames while time runs: thirty a second.
const FRAME: Duration = Duration::from_millis(33);
/// No frame lets more wall time go by than this: a machine that cannot keep up runs slower, and still answers keys.
const LAG_MAX_MICROS: u64 = 100_000;

/// How the app begins.
#[derive(Clone, Debug)]
pub struct Options {
    /// The seed of sessions.
    pub seed: u64,
    /// Thousandths of real time.
    pub speed: u64,
    /// The language; `None` takes the one used last.
    pub language: Option<Language>,
    /// Where progress is kept; `None` keeps none.
    pub progress: Option<PathBuf>,
    /// Colours and characters.
    pub theme: Theme,
}

/// What comes next.
#[derive(Debug)]
pub enum Next {
    /// The terminal says something.
    Event(Event),
    /// Nobody pressed anything.
    Nothing,
    /// Nobody ever will.
    End,
}

/// Where keys and wall time come from.
pub trait Hands {
    /// Waits for an event, at most as long as `patience`; for ever when there is none.
    ///
    /// # Errors
    /// When the terminal is gone.
    fn next(&mut self, patience: Option<Duration>) -> io::Result<Next>;

    /// Microseconds of wall time since this was asked last.
    fn elapsed(&mut self) -> u64;

    /// Does nothing for a while.
    fn rest(&mut self, _span: Duration) {}

    /// Gives the terminal to something else.
    ///
    /// # Errors
    /// When the terminal is gone.
    fn hand_over(&mut self) -> io::Result<()> {
        Ok(())
    }

    /// Takes it back.
    ///
    /// # Errors
    /// When the terminal is gone.
    fn take_back(&mut self) -> io::Result<()> {
        Ok(())
    }
}

/// Someone at a keyboard.
pub struct Keyboard {
    last: Instant,
}

impl Keyboard {
    /// Begins to count time.
    #[must_use]
    pub fn new() -> Self {
        Self { last: now() }
    }
}

impl Default for Keyboard {
    fn default() -> Self {
        Self::new()
    }
}

#[expect(clippy::disallowed_methods, reason = "the pace of frames is the one thing here that follows real time")]
fn now() -> Instant {
    Instant::now()
}

impl Hands for Keyboard {
    fn next(&mut self, patience: Option<Duration>) -> io::Result<Next> {
        match patience {
            Some(patience) if !event::poll(patience)? => Ok(Next::Nothing),
            _ => event::read().map(Next::Event),
        }
    }

    fn elapsed(&mut self) -> u64 {
        let now = now();
        let micros = now.duration_since(self.last).as_micros();
        self.last = now;
        u64::try_from(micros).unwrap_or(u64::MAX)
    }

    fn rest(&mut self, span: Duration) {
        std::thread::sleep(span);
    }

    fn hand_over(&mut self) -> io::Result<()> {
        terminal::give_back();
        Ok(())
    }

    fn take_back(&mut self) -> io::Result<()> {
        terminal::enter()
    }
}

/// Runs the app until someone leaves it or there is nothing more to come.
///
/// # Errors
/// When the terminal is gone.
pub fn run<B: Backend>(app: &mut App, terminal: &mut Terminal<B>, hands: &mut impl Hands) -> io::Result<()>
where
    B::Error: Send + Sync + 'static,
{
    while !app.is_over() {
        if app.take_dirty() {
            draw(app, terminal)?;
        }
        let patience = app.is_running().then_some(FRAME);
        // Programs outside do not wait for a frame, nor for a key.
        let patience = if app.is_serving() { Some(TURN) } else { patience };
        match hands.next(patience)? {
            Next::Event(event) => app.on(event),
            Next::Nothing => {}
            Next::End => break,
        }
        let elapsed = hands.elapsed();
        if patience.is_some() {
            app.tick(elapsed.min(LAG_MAX_MICROS));
        }
        app.pump();
        if app.take_wish_for_shell() {
            lend(app, terminal, hands)?;
        }
    }
    if app.take_dirty() && !app.is_over() {
        draw(app, terminal)?;
    }
    Ok(())
}

/// The learner's shell has the terminal until it ends; the cluster goes on meanwhile.
fn lend<B: Backend>(app: &mut App, terminal: &mut Terminal<B>, hands: &mut impl Hands) -> io::Result<()>
where
    B::Error: Send + Sync + 'static,
{
    hands.hand_over()?;
    app.run_shell(hands);
    hands.take_back()?;
    terminal.clear().map_err(io::Error::other)
}

fn draw<B: Backend>(app: &mut App, terminal: &mut Terminal<B>) -> io::Result<()>
where
    B::Error: Send + Sync + 'static,
{
    let drawn = terminal.draw(|frame| {
        let area = frame.area();
        if let Some(cursor) = app.draw(area, frame.buffer_mut()) {
            frame.set_cursor_position(cursor);
        }
    });
    drawn.map(|_| ()).map_err(io::Error::other)
}

/// The app on the terminal: at home, or in `scenario`.
///
/// # Errors
/// When there is no terminal, the progress cannot be read, or the scenario's cluster cannot be built.
pub fn play(
    scenario: Option<Arc<Scenario>>,
    options: Options,
    outside: Box<dyn Outside>,
    serve: bool,
) -> io::Result<()> {
    let mut app = app(scenario, options)?.with_outside(outside);
    if serve {
        app.serve();
    }
    let mut screen = Screen::take_over()?;
    run(&mut app, screen.terminal(), &mut Keyboard::new())
}

/// The app as `options` want it, before it has a terminal.
///
/// # Errors
/// When the progress cannot be read or the scenario's cluster cannot be built.
pub fn app(scenario: Option<Arc<Scenario>>, options: Options) -> io::Result<App> {
    let scenarios = catalog::all().map_err(io::Error::other)?;
    let shelf = Shelf::open(scenarios, options.progress).map_err(io::Error::other)?;
    let last = shelf.progress.language.as_deref().map(Language::from_tag);
    let locale = Locale::new(options.language.or(last).unwrap_or_default());
    let mut app = App::new(shelf, options.theme, locale, Start { seed: options.seed, speed: options.speed });
    if let Some(scenario) = scenario {
        app.open(scenario).map_err(io::Error::other)?;
        app.settle();
    }
    Ok(app)
}
