//! The lesson: the story with its goals and questions beside the living cluster.

use ratatui::buffer::Buffer;
use ratatui::layout::Rect;
use ratatui::text::Line;

use super::story::{self, Story};
use super::topology::Topology;
use super::{Screen, ScreenName};
use crate::scenario::Act;
use crate::tui::action::Action;
use crate::tui::ask::Ask;
use crate::tui::look::Look;
use crate::tui::widget::{pane, scroll, text};

/// From this width on both halves are shown.
const BOTH_HALVES_MIN: u16 = 100;

/// The lesson.
#[derive(Default)]
pub struct LessonScreen {
    half: Half,
    /// The first line of the story on screen, and how many lines there were then; `None` follows the present step, and so does
    /// a story that has more to tell meanwhile.
    top: Option<(usize, usize)>,
    option: usize,
    topology: Topology,
    /// The step that the scroll position belongs to.
    step: usize,
}

/// The half that the keys go to.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
enum Half {
    #[default]
    Story,
    Cluster,
}

impl LessonScreen {
    fn halves(&self, area: Rect) -> (Option<Rect>, Option<Rect>) {
        if area.width >= BOTH_HALVES_MIN {
            let story = Rect { width: area.width * 46 / 100, ..area };
            let cluster = Rect { x: story.right(), width: area.width - story.width, ..area };
            return (Some(story), Some(cluster));
        }
        match self.half {
            Half::Story => (Some(area), None),
            Half::Cluster => (None, Some(area)),
        }
    }

    fn story(&self, look: &Look<'_>, columns: usize) -> (Vec<Line<'static>>, usize) {
        look.session().map_or_else(Default::default, |session| {
            Story { look, lesson: session.lesson(), option: self.option, columns }.lines()
        })
    }

    fn scrolled_to(&self, count: usize) -> Option<usize> {
        self.top.filter(|(_, lines)| *lines == count).map(|(top, _)| top)
    }

    fn story_action(&mut self, action: &Action, look: &Look<'_>, area: Rect) -> Vec<Ask> {
        let Some(lesson) = look.session().map(crate::session::Session::lesson) else { return Vec::new() };
        if let Some(question) = lesson.question() {
            match action {
                Action::Up => self.option = self.option.saturating_sub(1),
                Action::Down => self.option = (self.option + 1).min(question.options.len().saturating_sub(1)),
                Action::Enter => {
                    self.top = None;
                    let option = std::mem::take(&mut self.option);
                    return vec![Ask::Lesson(Act::Answer(option))];
                }
                _ => {}
            }
            if matches!(action, Action::Up | Action::Down) {
                return vec![Ask::Nothing];
            }
        }
        let room = story_room(area);
        let (lines, start) = self.story(look, usize::from(room.width));
        let height = usize::from(room.height);
        let top = self.scrolled_to(lines.len()).unwrap_or(start).min(lines.len().saturating_sub(height));
        if let Some(top) = scroll::scrolled(top, action, lines.len(), height) {
            self.top = Some((top, lines.len()));
            return vec![Ask::Nothing];
        }
        match action {
            Action::Enter if lesson.is_solved() => vec![Ask::Leave],
            Action::Enter if lesson.awaits_reading() => vec![Ask::Lesson(Act::Advance)],
            Action::Enter => vec![Ask::Say(look.text("lesson-goal-first"))],
            _ => Vec::new(),
        }
    }
}

/// The room for the story: the last row says what to do now.
fn story_room(area: Rect) -> Rect {
    let inside = pane::inside(area);
    Rect { x: inside.x + 1, width: inside.width.saturating_sub(2), height: inside.height.saturating_sub(1), ..inside }
}

impl Screen for LessonScreen {
    fn name(&self) -> ScreenName {
        ScreenName::Lesson
    }

    fn title(&self, look: &Look<'_>) -> String {
        look.text("view-lesson")
    }

    fn update(&mut self, action: &Action, look: &Look<'_>) -> Vec<Ask> {
        let step = look.session().map_or(0, |session| session.lesson().current());
        if self.step != step {
            (self.step, self.top) = (step, None);
        }
        let (story, cluster) = self.halves(look.body);
        match action {
            Action::NextPane => {
                self.half = if self.half == Half::Story { Half::Cluster } else { Half::Story };
                return vec![Ask::Nothing];
            }
            Action::Hint => {
                let left = look.session().map_or(0, |session| session.lesson().hints_left());
                self.top = None;
                let ask = if left > 0 { Ask::Lesson(Act::Hint) } else { Ask::Say(look.text("lesson-no-hints")) };
                return vec![ask];
            }
            Action::Click { column, row } => {
                let is_in = |area: Option<Rect>| area.is_some_and(|area| area.contains((*column, *row).into()));
                self.half = if is_in(story) { Half::Story } else { Half::Cluster };
            }
            _ => {}
        }
        match (self.half, story, cluster) {
            (Half::Story, Some(area), cluster) => {
                let asks = self.story_action(action, look, area);
                // The keys of objects mean what is chosen in the cluster, wherever one reads.
                let only_looks = matches!(
                    action,
                    Action::Why
                        | Action::Describe
                        | Action::Yaml
                        | Action::Logs
                        | Action::PreviousLogs
                        | Action::OwnerTree
                        | Action::Decision
                );
                if only_looks { self.topology.act(action, look, cluster.unwrap_or(look.body)) } else { asks }
            }
            (_, _, Some(area)) => self.topology.act(action, look, area),
            _ => Vec::new(),
        }
    }

    fn draw(&self, look: &Look<'_>, area: Rect, buffer: &mut Buffer) {
        let (story, cluster) = self.halves(area);
        let focus = |half: Half| if self.half == half { pane::Focus::Here } else { pane::Focus::Elsewhere };
        if let Some(area) = story {
            let Some(lesson) = look.session().map(crate::session::Session::lesson) else { return };
            let caption = format!("{} {}", look.text("lesson-story"), story::signs(look, lesson));
            let inside = pane::frame(buffer, area, look.theme, &caption, focus(Half::Story));
            let room = story_room(area);
            let (lines, start) = self.story(look, usize::from(room.width));
            let last = lines.len().saturating_sub(usize::from(room.height));
            // A scroll position belongs to the step it was reached in.
            let top =
                self.scrolled_to(lines.len()).filter(|_| self.step == lesson.current()).unwrap_or(start).min(last);
            text::put_lines(buffer, room, &lines[top..]);
            scroll::bar(buffer, inside, look.theme, top, lines.len());
            let now = Rect { y: inside.bottom().saturating_sub(1), height: 1, ..room };
            text::put(buffer, now, 0, &story::prompt(look, lesson, self.half == Half::Story));
        }
        if let Some(area) = cluster {
            self.topology.draw_in(look, area, focus(Half::Cluster), buffer);
        }
    }
}
