//! A screen without a terminal: the real loop, driven by a list of keys.

use std::io;
use std::sync::Arc;
use std::time::Duration;

use crossterm::event::{Event, KeyCode, KeyEvent, KeyModifiers};
use ratatui::Terminal;
use ratatui::backend::TestBackend;
use ratatui::buffer::Buffer;

use crate::engine::SimDuration;
use crate::scenario::{Language, Scenario};

use super::app::App;
use super::run::{Hands, Next, Options, app, run};
use super::theme::Theme;

/// What is to be seen.
#[derive(Clone, Debug)]
pub struct Shot {
    /// The scenario; home when absent.
    pub scenario: Option<Arc<Scenario>>,
    /// How long after the learner's arrival.
    pub at: SimDuration,
    /// What is pressed then: see [`Keys::parse`].
    pub keys: String,
    /// Columns and rows.
    pub size: (u16, u16),
    /// The seed.
    pub seed: u64,
    /// The language.
    pub language: Language,
    /// Colours and characters.
    pub theme: Theme,
}

/// A screen that cannot be shown.
#[derive(Debug, thiserror::Error)]
pub enum ShotError {
    /// A word that is no key.
    #[error(
        "\"{word}\" is no key; write letters, words in quotes, or enter, esc, tab, space, up, down, left, right, pgup, pgdn, home, end, backspace, ctrl-x, wait:2s"
    )]
    Key {
        /// The word.
        word: String,
    },
    /// The session cannot be opened.
    #[error(transparent)]
    Io(#[from] io::Error),
}

/// Draws what `shot` wants to see.
///
/// # Errors
/// When a key does not exist or the scenario's cluster cannot be built.
pub fn shot(shot: Shot) -> Result<Buffer, ShotError> {
    let keys = Keys::parse(&shot.keys)?;
    let language = Some(shot.language);
    let options = Options { seed: shot.seed, speed: 1_000, language, progress: None, theme: shot.theme };
    let mut app = app(shot.scenario, options)?;
    if let Some(session) = app.session_mut() {
        session.run_for(shot.at);
        session.pace_mut().pause();
    }
    app.settle();
    show(&mut app, keys, shot.size).map_err(ShotError::Io)
}

/// Runs the loop of an app over keys and returns the last frame.
///
/// # Errors
/// Never: the backend is memory.
pub fn show(app: &mut App, keys: Keys, (width, height): (u16, u16)) -> io::Result<Buffer> {
    let mut terminal = Terminal::new(TestBackend::new(width, height)).map_err(io::Error::other)?;
    let mut hands = Script { keys: keys.0.into_iter(), elapsed: 0 };
    app.on(Event::Resize(width, height));
    run(app, &mut terminal, &mut hands)?;
    Ok(terminal.backend().buffer().clone())
}

/// A list of keys, and of spans to wait.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Keys(Vec<Stroke>);

#[derive(Clone, Debug, PartialEq, Eq)]
enum Stroke {
    Key(KeyEvent),
    Wait(SimDuration),
}

impl Keys {
    /// Reads `"g down enter ; 'get pods' enter wait:2s ctrl-c"`: names of keys, letters, texts in quotes, spans of wall time.
    ///
    /// # Errors
    /// With the word that is no key.
    pub fn parse(text: &str) -> Result<Self, ShotError> {
        let mut strokes = Vec::new();
        let mut rest = text.trim_start();
        while let Some(first) = rest.chars().next() {
            let (word, tail) = match first {
                '\'' | '"' if rest[1..].contains(first) => {
                    let (word, tail) = rest[1..].split_once(first).unwrap_or_default();
                    strokes.extend(word.chars().map(|letter| Stroke::Key(plain(KeyCode::Char(letter)))));
                    ("", tail)
                }
                _ => rest.split_once(char::is_whitespace).unwrap_or((rest, "")),
            };
            if !word.is_empty() {
                strokes.push(stroke(word).ok_or_else(|| ShotError::Key { word: word.to_owned() })?);
            }
            rest = tail.trim_start();
        }
        Ok(Self(strokes))
    }
}

fn plain(code: KeyCode) -> KeyEvent {
    KeyEvent::new(code, KeyModifiers::NONE)
}

fn stroke(word: &str) -> Option<Stroke> {
    if let Some(span) = word.strip_prefix("wait:") {
        return SimDuration::parse(span).map(Stroke::Wait);
    }
    if let Some(letter) = word.strip_prefix("ctrl-").and_then(single) {
        return Some(Stroke::Key(KeyEvent::new(KeyCode::Char(letter), KeyModifiers::CONTROL)));
    }
    let code = match word {
        "enter" => KeyCode::Enter,
        "esc" => KeyCode::Esc,
        "tab" => KeyCode::Tab,
        "space" => KeyCode::Char(' '),
        "up" => KeyCode::Up,
        "down" => KeyCode::Down,
        "left" => KeyCode::Left,
        "right" => KeyCode::Right,
        "pgup" => KeyCode::PageUp,
        "pgdn" => KeyCode::PageDown,
        "home" => KeyCode::Home,
        "end" => KeyCode::End,
        "backspace" => KeyCode::Backspace,
        "delete" => KeyCode::Delete,
        other => KeyCode::Char(single(other)?),
    };
    Some(Stroke::Key(plain(code)))
}

fn single(word: &str) -> Option<char> {
    let mut letters = word.chars();
    letters.next().filter(|_| letters.next().is_none())
}

/// Keys from a list; wall time goes by only where the list waits.
struct Script {
    keys: std::vec::IntoIter<Stroke>,
    elapsed: u64,
}

/// A frame's worth of waiting.
const STEP_MICROS: u64 = 50_000;

impl Hands for Script {
    fn next(&mut self, _patience: Option<Duration>) -> io::Result<Next> {
        let Some(stroke) = self.keys.as_slice().first().cloned() else { return Ok(Next::End) };
        match stroke {
            Stroke::Wait(span) if span > SimDuration::ZERO => {
                let step = span.as_micros().min(STEP_MICROS);
                self.elapsed += step;
                let left = SimDuration::from_micros(span.as_micros() - step);
                let rest: Vec<Stroke> = self.keys.as_slice()[1..].to_vec();
                self.keys = [Stroke::Wait(left)].into_iter().chain(rest).collect::<Vec<_>>().into_iter();
                Ok(Next::Nothing)
            }
            Stroke::Wait(_) => {
                self.keys.next();
                Ok(Next::Nothing)
            }
            Stroke::Key(key) => {
                self.keys.next();
                Ok(Next::Event(Event::Key(key)))
            }
        }
    }

    fn elapsed(&mut self) -> u64 {
        std::mem::take(&mut self.elapsed)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn keys_are_read_as_they_are_said() {
        let keys = Keys::parse("g ; 'get po' enter ctrl-c wait:2s").unwrap();
        assert_eq!(keys.0.len(), 11);
        assert_eq!(keys.0[9], Stroke::Key(KeyEvent::new(KeyCode::Char('c'), KeyModifiers::CONTROL)));
        assert_eq!(Keys::parse("entre").unwrap_err().to_string().split(';').next(), Some("\"entre\" is no key"));
    }
}
