//! The command line: `:` and the name of a kind or a view, completed while one types.

use ratatui::buffer::Buffer;
use ratatui::layout::{Position, Rect};
use ratatui::text::{Line, Span};
use ratatui::widgets::{Clear, Widget};

use super::{Cover, Screen, ScreenName};
use crate::model::{Kind, suggest};
use crate::tui::action::{Action, View};
use crate::tui::ask::Ask;
use crate::tui::look::Look;
use crate::tui::theme::Meaning;
use crate::tui::widget::input::Input;
use crate::tui::widget::text;

/// The line.
#[derive(Default)]
pub struct CommandLine {
    input: Input,
}

/// Every word that can be typed, in the order in which it is offered.
#[must_use]
pub fn words() -> Vec<String> {
    let views = View::all().filter(|view| !matches!(view, View::Table(_))).map(View::word);
    let kinds = Kind::all().map(Kind::plural).filter(|plural| !views.clone().any(|word| word == *plural));
    let mut words: Vec<String> = views.clone().chain(kinds).map(str::to_owned).collect();
    words.sort();
    words.extend(["home", "quit", "restart", "help"].map(str::to_owned));
    words
}

impl CommandLine {
    /// The words that begin with what was typed; short names count.
    fn offers(&self) -> Vec<String> {
        let typed = self.input.text().trim().to_lowercase();
        let by_short = Kind::from_word(&typed).map(|kind| kind.plural().to_owned());
        let begun = words().into_iter().filter(|word| word.starts_with(&typed));
        let mut offers: Vec<String> = by_short.into_iter().chain(begun).collect();
        offers.dedup();
        offers
    }

    fn run(&self, look: &Look<'_>) -> Vec<Ask> {
        let typed = self.input.text().trim().to_lowercase();
        let first = self.offers().into_iter().next();
        match typed.as_str() {
            "" => return vec![Ask::Close],
            "q" | "quit" => return vec![Ask::Quit],
            "home" => return vec![Ask::Leave],
            "restart" => return vec![Ask::Restart],
            "help" => return vec![Ask::Close, Ask::Open(Box::new(super::help::Help::new(ScreenName::Table)))],
            _ => {}
        }
        match View::from_word(&typed).or_else(|| first.as_deref().and_then(View::from_word)) {
            Some(view) => vec![Ask::View(view)],
            None => {
                let known = words();
                let close = suggest::closest(&typed, known.iter().map(String::as_str)).unwrap_or("pods");
                let said =
                    look.locale.with("said-no-view", &[("word", typed.into()), ("close", close.to_owned().into())]);
                vec![Ask::Close, Ask::Say(said)]
            }
        }
    }
}

impl Screen for CommandLine {
    fn name(&self) -> ScreenName {
        ScreenName::Command
    }

    fn title(&self, look: &Look<'_>) -> String {
        look.text("command-title")
    }

    fn cover(&self, _look: &Look<'_>) -> Cover {
        Cover::Line
    }

    fn update(&mut self, action: &Action, look: &Look<'_>) -> Vec<Ask> {
        match action {
            Action::Enter => return self.run(look),
            Action::Back | Action::Interrupt => return vec![Ask::Close],
            Action::Complete => {
                if let Some(offer) = self.offers().first() {
                    self.input = Input::of(offer);
                }
            }
            Action::Key(key) => {
                self.input.key(key);
            }
            Action::Paste(pasted) => self.input.insert(pasted),
            _ => {}
        }
        vec![Ask::Nothing]
    }

    fn draw(&self, look: &Look<'_>, area: Rect, buffer: &mut Buffer) {
        Clear.render(area, buffer);
        let typed = self.input.text();
        let mut line = Line::from(vec![
            Span::styled(": ", look.style(Meaning::Key)),
            Span::styled(typed.clone(), look.style(Meaning::Input)),
            Span::raw("   "),
        ]);
        for (number, offer) in self.offers().into_iter().enumerate() {
            let meaning = if number == 0 && !typed.is_empty() { Meaning::Accent } else { Meaning::Muted };
            line.push_span(Span::styled(format!("{offer}  "), look.style(meaning)));
        }
        text::put(buffer, area, 0, &line);
    }

    fn cursor(&self, _look: &Look<'_>, area: Rect) -> Option<Position> {
        let (_, column) = self.input.window(usize::from(area.width).saturating_sub(3));
        Some(Position::new(area.x + 2 + column as u16, area.y))
    }
}
