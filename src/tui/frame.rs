//! A frame: the bars, the screens that can be seen, each where it belongs.

use ratatui::buffer::Buffer;
use ratatui::layout::{Position, Rect};

use super::app::App;
use super::look::Look;
use super::screen::{Cover, Screen};
use super::theme::Meaning;
use super::widget::{footer, text, time_bar, top_bar};

impl App {
    pub(super) fn look(&self) -> Look<'_> {
        let body = self.body();
        Look { theme: self.theme, locale: &self.locale, shelf: &self.shelf, play: self.play.as_ref(), body }
    }

    pub(super) fn look_at(&self, screen: &dyn Screen) -> Look<'_> {
        let look = self.look();
        Look { body: covered(look.body, screen.cover(&look)), ..look }
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
        let first = self.stack.iter().rposition(|screen| screen.cover(&look) == Cover::Whole).unwrap_or(0);
        // What is behind a pane at the bottom moves up, so that both can be read.
        let bottom =
            self.stack.last().map(|screen| screen.cover(&look)).filter(|cover| matches!(cover, Cover::Bottom(_)));
        let taken = bottom.map_or(0, |cover| covered(look.body, cover).height);
        let left = Rect { height: look.body.height - taken, ..look.body };
        let mut cursor = None;
        for screen in &self.stack[first..] {
            let cover = screen.cover(&look);
            let body = if matches!(cover, Cover::Bottom(_)) { look.body } else { left };
            let area = covered(body, cover);
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
            (Some(said), _) => {
                buffer.set_style(line, look.style(Meaning::Bar));
                let shown =
                    format!("{} {}", look.theme.sign(said.meaning), said.text.lines().next().unwrap_or_default());
                text::put_at(buffer, line, (1, 0), &shown, look.style(said.meaning));
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
            let width = (body.width * width / 100).max(70.min(body.width));
            let height = (body.height * height / 100).max(12.min(body.height));
            Rect { x: body.x + (body.width - width) / 2, y: body.y + (body.height - height) / 2, width, height }
        }
        Cover::Bottom(rows) => {
            let height = rows.min(body.height);
            Rect { y: body.bottom() - height, height, ..body }
        }
        Cover::Line => Rect { y: body.bottom().saturating_sub(1), height: body.height.min(1), ..body },
    }
}
