//! Errands: what screens ask for, carried out on the session.

use std::sync::Arc;

use crate::engine::SimDuration;
use crate::scenario::{Act, Scenario};
use crate::session::Fault;

use super::app::App;
use super::ask::{Ask, EditOf, Edited};
use super::console::Answer;
use super::locale::Locale;
use super::screen::{self, ScreenName};
use super::theme::Meaning;

impl App {
    /// Does what a screen asked for.
    pub(super) fn carry_out(&mut self, ask: Ask) {
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
            Ask::Say(text) => self.say(text, Meaning::Accent),
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
            self.say(error.to_string(), Meaning::Bad);
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
        let name = format!("{} {}", self.locale.text(screen::fault::caption(&fault)), fault.target());
        match play.session.fault(fault) {
            Ok(()) => self.say(format!("{} {name}", self.locale.text("said-fault")), Meaning::Warning),
            Err(error) => self.say(error.to_string(), Meaning::Bad),
        }
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
                self.say(format!("{} {name}", self.locale.text("said-written")), Meaning::Good);
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
            self.say(error.to_string(), Meaning::Bad);
        }
    }
}
