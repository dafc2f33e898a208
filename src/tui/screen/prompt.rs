//! The kubectl prompt: a pane below the cluster, with history, completion and output that streams.

use ratatui::buffer::Buffer;
use ratatui::layout::{Position, Rect};
use ratatui::text::{Line, Span};

use super::editor::Editor;
use super::{Cover, Screen, ScreenName};
use crate::session::Session;
use crate::tui::action::Action;
use crate::tui::ask::{Ask, EditOf};
use crate::tui::complete;
use crate::tui::console::{Answer, Console};
use crate::tui::look::Look;
use crate::tui::theme::Meaning;
use crate::tui::widget::input::Input;
use crate::tui::widget::{pane, scroll, text};

/// What stands before the line.
const PROMPT: &str = "kubectl ";
/// At most so many lines of output are laid out: the rest is far above.
const OUTPUT_MAX: usize = 2_000;

/// The prompt.
pub struct Prompt {
    input: Input,
    /// How far back in the history; 0 is the line being typed.
    back: usize,
    draft: String,
    /// How many lines above the end.
    up: usize,
    offers: Vec<String>,
}

impl Prompt {
    /// A prompt with something typed already.
    #[must_use]
    pub fn new(line: &str) -> Self {
        Self { input: Input::of(line), back: 0, draft: String::new(), up: 0, offers: Vec::new() }
    }

    fn recall(&mut self, back: usize, console: &Console) {
        let history = console.history();
        if self.back == 0 {
            self.draft = self.input.text();
        }
        self.back = back.min(history.len());
        let line = if self.back == 0 { self.draft.as_str() } else { history[self.back - 1] };
        self.input = Input::of(line);
    }

    fn complete(&mut self, look: &Look<'_>) {
        let before = self.input.before();
        let (begun, offers) = complete::offers(&before, look);
        let common = complete::common(&offers);
        if common.len() > begun.len() {
            self.input.insert(&common[begun.len()..]);
            if offers.len() == 1 && !common.ends_with(['/', '=']) {
                self.input.insert(" ");
            }
            self.offers.clear();
        } else {
            self.offers = if offers.len() > 1 { offers } else { Vec::new() };
        }
    }

    fn run(&mut self, look: &Look<'_>) -> Vec<Ask> {
        let typed = self.input.text();
        let line = typed.trim().to_owned();
        (self.input, self.back, self.up) = (Input::default(), 0, 0);
        self.offers.clear();
        let Some(session) = look.session() else { return vec![Ask::Close] };
        let mut words = line.split_whitespace();
        match (words.next(), words.next()) {
            (None, _) => vec![Ask::Nothing],
            (Some("clear"), None) => vec![Ask::Clear],
            (Some("exit" | "quit"), None) => vec![Ask::Close],
            (Some("ls"), None) => vec![Ask::Answered(line.clone(), files(session))],
            (Some("cat"), Some(name)) => vec![Ask::Answered(line.clone(), cat(session, name))],
            (Some("vi" | "vim" | "nano"), Some(name)) => {
                let text = session.files().get(name).cloned().unwrap_or_default();
                let editor = Editor::new(EditOf::File(name.to_owned()), &text, look.theme);
                vec![Ask::Answered(line.clone(), String::new()), Ask::Open(Box::new(editor))]
            }
            _ => vec![Ask::Kubectl(line.strip_prefix(PROMPT).unwrap_or(&line).trim_start().to_owned())],
        }
    }
}

fn files(session: &Session) -> String {
    session.files().keys().map(|name| format!("{name}\n")).collect()
}

fn cat(session: &Session, name: &str) -> String {
    session.files().get(name).cloned().unwrap_or_else(|| format!("cat: {name}: No such file or directory\n"))
}

/// The lines said so far with their answers, broken to the width.
fn output(look: &Look<'_>, columns: usize) -> Vec<Line<'static>> {
    let Some(play) = look.play else { return Vec::new() };
    let mut lines = Vec::new();
    for spoken in play.console.shown() {
        let is_local = matches!(spoken.answer, Answer::Text(_));
        let said = &spoken.line;
        let head = if is_local { "" } else { PROMPT };
        let head = format!("$ {head}");
        let room = columns.saturating_sub(text::width(&head));
        for (row, part) in broken(said, room).into_iter().enumerate() {
            let before = if row == 0 { head.clone() } else { " ".repeat(text::width(&head)) };
            lines.push(text::spans(vec![(before, look.style(Meaning::Muted)), (part, look.style(Meaning::Accent))]));
        }
        let (answer, is_running, failed) = match &spoken.answer {
            Answer::Text(text) | Answer::Undone(text) => (text.as_str(), false, false),
            Answer::Invocation(number) => match play.session.cluster().invocation(*number) {
                Some(running) => {
                    let code = running.exit_code();
                    (running.output(), code.is_none(), code.is_some_and(|code| code != 0))
                }
                None => ("", true, false),
            },
        };
        let meaning = if failed { Meaning::Warning } else { Meaning::Text };
        for line in answer.lines() {
            lines.extend(broken(line, columns).into_iter().map(|part| text::line(part, look.style(meaning))));
        }
        if is_running {
            lines.push(text::line(look.text("prompt-running"), look.style(Meaning::Busy)));
        }
        let over = lines.len().saturating_sub(OUTPUT_MAX);
        lines.drain(..over);
    }
    lines
}

/// A line of output in lines of at most `columns`: broken between words where it can be.
fn broken(line: &str, columns: usize) -> Vec<String> {
    if text::width(line) <= columns { vec![line.to_owned()] } else { text::wrap(line, columns.max(8)) }
}

/// How many lines the last answer has, with the line that asked for it.
fn last_answer(look: &Look<'_>, columns: usize) -> usize {
    let Some(play) = look.play else { return 0 };
    let answer = play.console.shown().last().map(|spoken| match &spoken.answer {
        Answer::Text(text) | Answer::Undone(text) => text.as_str(),
        Answer::Invocation(number) => play.session.cluster().invocation(*number).map_or("", |running| running.output()),
    });
    answer
        .map_or(0, |answer| 1 + answer.lines().take(OUTPUT_MAX).map(|line| broken(line, columns).len()).sum::<usize>())
}

impl Screen for Prompt {
    fn name(&self) -> ScreenName {
        ScreenName::Prompt
    }

    fn title(&self, look: &Look<'_>) -> String {
        look.text("key-prompt")
    }

    /// As tall as the last answer needs, between two fifths and three quarters of the screen.
    fn cover(&self, look: &Look<'_>) -> Cover {
        let body = look.body.height;
        let (least, most) = ((body * 2 / 5).max(8), body * 3 / 4);
        let columns = usize::from(look.body.width).saturating_sub(3);
        let lines = u16::try_from(last_answer(look, columns)).unwrap_or(u16::MAX);
        Cover::Bottom(lines.saturating_add(3).clamp(least, most.max(least)))
    }

    fn update(&mut self, action: &Action, look: &Look<'_>) -> Vec<Ask> {
        let Some(play) = look.play else { return vec![Ask::Close] };
        if !matches!(action, Action::Complete) {
            self.offers.clear();
        }
        match action {
            Action::Enter => return self.run(look),
            Action::Back => return vec![Ask::Close],
            Action::Interrupt if play.console.running(&play.session).is_none() => {
                if self.input.text().is_empty() {
                    return vec![Ask::Close];
                }
                self.input = Input::default();
            }
            Action::Interrupt => return vec![Ask::Interrupt],
            Action::Up => self.recall(self.back + 1, &play.console),
            Action::Down => self.recall(self.back.saturating_sub(1), &play.console),
            Action::PageUp => self.up += usize::from(look.body.height).saturating_sub(4),
            Action::PageDown => self.up = self.up.saturating_sub(usize::from(look.body.height).saturating_sub(4)),
            Action::Complete => self.complete(look),
            Action::Wide => return vec![Ask::Clear],
            Action::Key(key) => {
                self.input.key(key);
            }
            Action::Paste(pasted) => self.input.insert(pasted),
            _ => {}
        }
        vec![Ask::Nothing]
    }

    fn draw(&self, look: &Look<'_>, area: Rect, buffer: &mut Buffer) {
        let namespace = look.cluster().map_or("", |cluster| cluster.namespace());
        let caption = format!("kubectl  ({namespace})");
        let inside = pane::popup(buffer, area, look.theme, &caption);
        let room = Rect { height: inside.height.saturating_sub(1), ..inside };
        let mut lines = output(look, usize::from(room.width).saturating_sub(1));
        if lines.is_empty() {
            let hint = text::wrap(&look.text("prompt-empty"), usize::from(room.width).saturating_sub(2));
            lines.extend(hint.into_iter().map(|line| text::line(line, look.style(Meaning::Muted))));
        }
        if !self.offers.is_empty() {
            let offered = text::wrap(&self.offers.join("  "), usize::from(room.width).saturating_sub(1));
            lines.extend(offered.into_iter().map(|line| text::line(line, look.style(Meaning::Key))));
        }
        let height = usize::from(room.height);
        let last = lines.len().saturating_sub(height);
        let top = last.saturating_sub(self.up.min(last));
        text::put_lines(buffer, room, &lines[top..]);
        scroll::bar(buffer, room, look.theme, top, lines.len());
        let row = Rect { y: inside.bottom().saturating_sub(1), height: 1, ..inside };
        let (shown, _) = self.input.window(usize::from(row.width).saturating_sub(PROMPT.len() + 3));
        let line = Line::from(vec![
            Span::styled("$ ", look.style(Meaning::Key)),
            Span::styled(PROMPT, look.style(Meaning::Muted)),
            Span::styled(shown, look.style(Meaning::Input)),
        ]);
        text::put(buffer, row, 0, &line);
    }

    fn cursor(&self, _look: &Look<'_>, area: Rect) -> Option<Position> {
        let inside = pane::inside(area);
        let (_, column) = self.input.window(usize::from(inside.width).saturating_sub(PROMPT.len() + 3));
        let column = 2 + PROMPT.len() + column;
        Some(Position::new(inside.x + column as u16, inside.bottom().saturating_sub(1)))
    }
}
